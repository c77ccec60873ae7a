/*
 * The main of every FastCGI program: a supervisor that owns the socket and
 * keeps worker processes, each of which serves one request at a time.
 *
 *   program [-hnV] [-f conf] [-s socket] [-u user] [-w workers]
 *
 * The socket is -s, or one inherited: descriptor 0, or the first of systemd's
 * socket activation. SIGTERM and SIGINT stop after the requests in hand;
 * SIGHUP replaces program and configuration without a failed request.
 */
#ifndef MIRAI_RPC_POOL_H
#define MIRAI_RPC_POOL_H

#include "rpc/req.h"

struct pool_program {
	const char *name; /* "mirai-api" */
	/*
	 * In the parent, once, before any worker: what all share (compiled
	 * templates, tables). May be NULL. -1 stops the start.
	 */
	int (*load)(const struct conf *conf);
	/* In each worker: fills db, cache, store, ident. -1 ends the worker. */
	int (*open)(struct req_env *env);
	/* Answers one request. */
	void (*serve)(struct req *r);
	/* In a worker after its last request: ends what open() made besides
	 * db, cache and store. May be NULL. */
	void (*close)(struct req_env *env);
	/* In a worker that has been idle for a while; gives back. May be NULL. */
	void (*idle)(struct req_env *env);
	/* A child beside the workers that runs until killed. May be NULL. */
	void (*aside)(struct req_env *env);
	/*
	 * In each worker in place of open() and serve(): takes connections
	 * from fd until SIGTERM, which is blocked, comes. Its exit status. May
	 * be NULL.
	 */
	int (*run)(const struct conf *conf, int fd);
	int workers; /* default number; 0: rpc.workers */
};

/* How many workers there are to be; from load() on. */
size_t pool_workers(void);

/* Returns the exit status. */
int pool_main(int argc, char **argv, const struct pool_program *program);

#endif

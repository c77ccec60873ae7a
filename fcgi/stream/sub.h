/*
 * The life of a stream: opened by what a checker found, told of events, kept
 * alive, ended once.
 */
#ifndef MIRAI_STREAM_SUB_H
#define MIRAI_STREAM_SUB_H

#include "board.h"

/* What streams need of the loop. */
struct sub_loop {
	const struct req_env *env;
	struct timers *timers;
	size_t limit;	 /* of streams in this process */
	int64_t beat_ms; /* between keep-alives */
	/* Asks a checker; false: none runs. */
	bool (*ask)(struct conn *c, enum wire_kind kind, const void *p,
	    size_t len, const void *more, size_t morelen);
};

/* Once, before the rest. */
void sub_start(const struct sub_loop *loop);

/* A checker's answer to the request of c: its stream, or a refusal. */
void sub_open(struct conn *c, const struct wire_opened *o, const char *head,
    size_t len);

/* A checker's answer about the session; lost: there is none. */
void sub_checked(struct conn *c, const struct wire_checked *checked);
void sub_check_lost(struct conn *c);

/* A checker's answer with what was missed; lost: there is none. */
void sub_replayed(struct conn *c, const char *p, size_t len);
void sub_replay_lost(struct conn *c);

/* Its timer has come. */
void sub_due(struct conn *c);

/* An event for every stream of that person. */
void sub_event(const char *user, struct say_event *e);

/* Everything before may have been missed: load it anew. */
void sub_resync_all(void);

/* A key of the cache is stale; streams of such callers are looked at. */
void sub_revoked(const char *key, size_t len);

/* Ends all. */
void sub_stop_all(void);

/* The connection is gone: takes its stream off the board, and frees it. */
void sub_closed(struct conn *c);
void sub_free(struct sub *s);

#endif

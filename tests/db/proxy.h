/*
 * A proxy between libpq and PostgreSQL that counts round trips and cuts or
 * stalls connections where a test says so. One thread, Unix sockets only.
 */
#ifndef MIRAI_TESTS_DB_PROXY_H
#define MIRAI_TESTS_DB_PROXY_H

#include <sys/socket.h>
#include <sys/un.h>

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROXY_PAIRS 8

enum proxy_mode {
	PROXY_FORWARD = 0,
	PROXY_CUT,	  /* closes what is open, then forwards again */
	PROXY_CUT_ANSWER, /* passes the next request on, then cuts */
	PROXY_STALL	  /* answers are held back */
};

struct proxy_pair {
	int client;
	int server;
	bool asking; /* the last bytes went to the server */
};

struct proxy {
	char dir[40];	  /* what a connection string's host says */
	char target[100]; /* path of the server's socket */
	int fd;
	pthread_t thread;
	struct proxy_pair pairs[PROXY_PAIRS];
	_Atomic int mode;
	_Atomic int trips; /* times a client began to ask */
	_Atomic int accepted;
	_Atomic int open;
	_Atomic bool stop;
};

static inline int
proxy_socket(const char *path, bool server)
{
	struct sockaddr_un sun;
	int fd, rc;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	rc = server ? bind(fd, (struct sockaddr *)&sun, sizeof(sun))
		    : connect(fd, (struct sockaddr *)&sun, sizeof(sun));
	if (rc == 0 && server)
		rc = listen(fd, 16);
	if (rc == 0)
		return fd;
	close(fd);
	return -1;
}

static inline void
proxy_drop(struct proxy *x, struct proxy_pair *p)
{
	close(p->client);
	close(p->server);
	p->client = p->server = -1;
	x->open--;
}

static inline void
proxy_accept(struct proxy *x)
{
	struct proxy_pair *p;
	int fd;

	fd = accept(x->fd, NULL, NULL);
	for (p = x->pairs; p < x->pairs + PROXY_PAIRS; p++) {
		if (p->client != -1)
			continue;
		p->client = fd;
		p->server = proxy_socket(x->target, false);
		p->asking = false;
		x->open++;
		x->accepted++;
		return;
	}
	close(fd);
}

static inline void
proxy_move(struct proxy *x, struct proxy_pair *p, bool to_server)
{
	char buf[65536];
	ssize_t n;

	n = read(to_server ? p->client : p->server, buf, sizeof(buf));
	if (n <= 0) {
		proxy_drop(x, p);
		return;
	}
	if (to_server && !p->asking)
		x->trips++;
	p->asking = to_server;
	if (send(to_server ? p->server : p->client, buf, (size_t)n,
		MSG_NOSIGNAL) != n)
		proxy_drop(x, p);
}

static inline void
proxy_ready(struct proxy *x, struct proxy_pair *p, const struct pollfd *fds)
{
	/* The server first: its last words are no use to who asks on. */
	if (fds[1].revents != 0 && x->mode == PROXY_CUT_ANSWER && p->asking) {
		x->mode = PROXY_FORWARD;
		proxy_drop(x, p);
	} else if (fds[1].revents != 0)
		proxy_move(x, p, false);
	else if (fds[0].revents != 0)
		proxy_move(x, p, true);
}

static inline void
proxy_cut(struct proxy *x)
{
	size_t i;

	for (i = 0; i < PROXY_PAIRS; i++)
		if (x->pairs[i].client != -1)
			proxy_drop(x, &x->pairs[i]);
	x->mode = PROXY_FORWARD;
}

static inline void *
proxy_main(void *arg)
{
	struct proxy *x = arg;
	struct pollfd fds[1 + PROXY_PAIRS * 2];
	size_t i;

	while (!x->stop) {
		memset(fds, 0, sizeof(fds));
		fds[0].fd = x->fd;
		fds[0].events = POLLIN;
		for (i = 0; i < PROXY_PAIRS; i++) {
			fds[1 + i * 2].fd = x->pairs[i].client;
			fds[1 + i * 2].events = POLLIN;
			fds[2 + i * 2].fd =
			    x->mode == PROXY_STALL ? -1 : x->pairs[i].server;
			fds[2 + i * 2].events = POLLIN;
		}
		poll(fds, 1 + PROXY_PAIRS * 2, 5);
		if (x->mode == PROXY_CUT)
			proxy_cut(x);
		for (i = 0; i < PROXY_PAIRS; i++)
			if (x->pairs[i].client != -1 &&
			    fds[1 + i * 2].fd == x->pairs[i].client)
				proxy_ready(x, &x->pairs[i], &fds[1 + i * 2]);
		if (fds[0].revents != 0)
			proxy_accept(x);
	}
	return NULL;
}

/* Listens in a new directory; host is the server's. */
static inline void
proxy_start(struct proxy *x, const char *host)
{
	char path[100];
	size_t i;

	memset(x, 0, sizeof(*x));
	snprintf(x->dir, sizeof(x->dir), "/tmp/mirai-proxy.XXXXXX");
	if (mkdtemp(x->dir) == NULL)
		abort();
	snprintf(path, sizeof(path), "%s/.s.PGSQL.5432", x->dir);
	snprintf(x->target, sizeof(x->target), "%s/.s.PGSQL.5432", host);
	x->fd = proxy_socket(path, true);
	for (i = 0; i < PROXY_PAIRS; i++)
		x->pairs[i].client = x->pairs[i].server = -1;
	if (x->fd == -1 || pthread_create(&x->thread, NULL, proxy_main, x) != 0)
		abort();
}

static inline void
proxy_stop(struct proxy *x)
{
	char path[100];

	x->stop = true;
	pthread_join(x->thread, NULL);
	proxy_cut(x);
	close(x->fd);
	snprintf(path, sizeof(path), "%s/.s.PGSQL.5432", x->dir);
	unlink(path);
	rmdir(x->dir);
}

/* Waits until all that the server has closed is closed for clients, too. */
static inline void
proxy_wait_closed(struct proxy *x)
{
	while (x->open > 0)
		usleep(1000);
}

/* Cuts what is open, and waits until that has happened. */
static inline void
proxy_cut_now(struct proxy *x)
{
	x->mode = PROXY_CUT;
	while (x->mode == PROXY_CUT)
		usleep(1000);
}

#endif

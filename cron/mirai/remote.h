/*
 * A running instance, as the commands that work on one see it: where it is and
 * who signs in.
 */
#ifndef MIRAI_CRON_REMOTE_H
#define MIRAI_CRON_REMOTE_H

#include "base/arena.h"
#include "rpc/client.h"

struct remote {
	const char *url;   /* --url, else $MIRAI_URL, else localhost:8080 */
	const char *email; /* --email, else $MIRAI_EMAIL */
	const char *token; /* $MIRAI_TOKEN: no sign-in needed */
	struct client *client;
};

/* The defaults of the environment. */
void remote_init(struct remote *m);

/*
 * Connects and signs in: with the token, else with the password of
 * $MIRAI_PASSWORD, else with one asked for on the terminal. 0, or -1 after one
 * line on standard error.
 */
int remote_open(struct remote *m, struct arena *a) MUST_CHECK;
void remote_close(struct remote *m);

/* A call whose failure is told in one line on standard error: then -1. */
int remote_call(struct remote *m, struct arena *a, const char *path,
    const struct pb_desc *d_in, const void *in, const struct pb_desc *d_out,
    void *out) MUST_CHECK;

/* That line, of a call to path. */
void remote_warn(const char *path, enum code code, const char *error);

/* A password typed without echo, in a; NULL without a terminal. */
char *remote_ask_password(struct arena *a, const char *prompt);

#endif

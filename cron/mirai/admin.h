/*
 * What the administrator's commands hold: configuration, both databases, and
 * the name under which deeds are audited.
 */
#ifndef MIRAI_CRON_ADMIN_H
#define MIRAI_CRON_ADMIN_H

#include "base/conf.h"
#include "db/db.h"
#include "identity/identity.h"

struct admin {
	struct conf *conf;
	struct arena *mem;
	struct db *app;	      /* as a worker */
	struct db *identities; /* as the identity service */
	const char *actor;    /* "operator:root" */
};

/* path NULL: the default. 0, or -1 after one line on standard error. */
int admin_open(struct admin *m, const char *path) MUST_CHECK;
void admin_close(struct admin *m);

/*
 * The identity of an address. CODE_OK, CODE_NOT_FOUND, or CODE_UNAVAILABLE
 * (told on standard error).
 */
enum code admin_find_identity(struct admin *m, const char *email,
    struct identity *out);

/*
 * The password of $MIRAI_PASSWORD, else typed twice on a terminal, else made
 * up: then *made is set and the caller shows it once. NULL: told why not.
 */
const char *admin_password(struct admin *m, bool *made);

/* Makes an identity; its id in out. 0, or -1 after one line. */
int admin_create_identity(struct admin *m, const char *email,
    const char *first_name, const char *last_name, const char *password,
    char out[STR_UUID_LEN + 1]) MUST_CHECK;

/* Takes back an identity that was made for nothing. */
void admin_drop_identity(struct admin *m, const char *id);

#endif

/*
 * The identity service at an administrator's desk: its settings, its database
 * and a visit that nobody sent, for the commands of "mirai identity".
 */
#ifndef MIRAI_CRON_DESK_H
#define MIRAI_CRON_DESK_H

#include "admin.h"
#include "identity/visit.h"

struct desk {
	struct conf *conf;
	struct arena *mem; /* of the whole command */
	struct db *db;
	const char *actor;  /* "operator:root" */
	struct admin admin; /* zeroed unless a company is asked for */
	struct idp *p;
	struct req_env env;
	struct visit c; /* of the step in hand; memory is c.mem */
};

/*
 * company: what company commands hold is opened too. 0, or -1 after one line
 * on standard error.
 */
int desk_open(struct desk *d, const char *conf, bool company) MUST_CHECK;
void desk_close(struct desk *d);

/* Drops what the last step made; the next begins. */
void desk_next(struct desk *d);

/*
 * The identity of an id, or of an address or other identifier, as the
 * administrator's routes show it. NULL after one line on standard error.
 */
const struct json *desk_find(struct desk *d, const char *who);

/*
 * Ends the open transaction; 0, or -1 after one line when it failed or code
 * was not CODE_OK.
 */
int desk_end(struct desk *d, enum code code) MUST_CHECK;

#endif

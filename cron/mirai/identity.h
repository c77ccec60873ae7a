/*
 * The commands of "mirai identity": what they are given, and the files that
 * hold them.
 */
#ifndef MIRAI_CRON_IDENTITY_H
#define MIRAI_CRON_IDENTITY_H

#include "desk.h"

struct identity_opts {
	const char *conf;
	const char *company;
	const char *after;
	const char *before;
	int64_t limit;
	int64_t days;
	bool json;
	bool credentials;
	bool skip;
	bool dry;
};

/* A command on its operands; the exit status. */
typedef int identity_verb(struct desk *d, const struct identity_opts *o,
    int argc, char **argv);

/* roster.c: looking */
identity_verb roster_list, roster_show, roster_audit;

/* deed.c: changing */
identity_verb deed_release_mfa, deed_require_mfa, deed_reseal, deed_reset_mfa,
    deed_revoke_sessions, deed_unlock;

/* people.c: moving */
identity_verb people_export, people_import;

/* An object of one number or text per line of output, or a line of text. */
void identity_say(const struct identity_opts *o, const struct json *line,
    const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif

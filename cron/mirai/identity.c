/*
 * mirai identity: who can sign in, for an administrator of the identity
 * service. Every deed is in its audit trail, in the name of the system's user.
 */
#include "identity.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"

#define LIMIT 1000000000

static const char identity_usage[] =
    "usage: mirai identity list [-f CONF] [--json] [--after ID] [--limit N]\n"
    "       mirai identity show [-f CONF] [--json] WHO\n"
    "       mirai identity audit [-f CONF] [--json] [--before N] [--limit N]\n"
    "           [WHO]\n"
    "       mirai identity export [-f CONF] [--with-credentials] [WHO ...]\n"
    "       mirai identity import [-f CONF] [--json] [--skip-existing]\n"
    "           [--dry-run] FILE\n"
    "       mirai identity unlock [-f CONF] [--json] WHO\n"
    "       mirai identity revoke-sessions [-f CONF] [--json] WHO\n"
    "       mirai identity reset-mfa [-f CONF] [--json] WHO\n"
    "       mirai identity require-mfa [-f CONF] [--json] [--days N]\n"
    "           --company COMPANY | WHO ...\n"
    "       mirai identity release-mfa [-f CONF] [--json]\n"
    "           --company COMPANY | WHO ...\n"
    "       mirai identity reseal [-f CONF] [--json] [--dry-run]\n"
    "WHO is an id, an address or another identifier.\n";

/* Operands: from least to most, -1: any number. */
static const struct verb {
	const char *name;
	identity_verb *run;
	int least;
	int most;
} verbs[] = {
	{ "audit", roster_audit, 0, 1 },
	{ "export", people_export, 0, -1 },
	{ "import", people_import, 1, 1 },
	{ "list", roster_list, 0, 0 },
	{ "release-mfa", deed_release_mfa, 0, -1 },
	{ "require-mfa", deed_require_mfa, 0, -1 },
	{ "reseal", deed_reseal, 0, 0 },
	{ "reset-mfa", deed_reset_mfa, 1, 1 },
	{ "revoke-sessions", deed_revoke_sessions, 1, 1 },
	{ "show", roster_show, 1, 1 },
	{ "unlock", deed_unlock, 1, 1 },
};

void
identity_say(const struct identity_opts *o, const struct json *line,
    const char *fmt, ...)
{
	struct arena *a;
	va_list ap;

	if (!o->json) {
		va_start(ap, fmt);
		vprintf(fmt, ap);
		va_end(ap);
		putchar('\n');
		return;
	}
	a = arena_new();
	puts(json_string(a, line, JSON_COMPACT));
	arena_free(a);
}

static int
read_options(struct identity_opts *o, int argc, char **argv)
{
	const struct cmd_option options[] = {
		{ .name = "after", .text = &o->after },
		{ .name = "before", .text = &o->before },
		{ .name = "company", .text = &o->company },
		{ .name = "days", .number = &o->days, .max = 7 },
		{ .name = "dry-run", .flag = &o->dry },
		{ .name = "f", .text = &o->conf },
		{ .name = "json", .flag = &o->json },
		{ .name = "limit", .number = &o->limit, .max = LIMIT },
		{ .name = "skip-existing", .flag = &o->skip },
		{ .name = "with-credentials", .flag = &o->credentials },
		{ .name = NULL },
	};

	o->limit = LIMIT;
	o->days = 7;
	return cmd_options(argc, argv, identity_usage, options);
}

static bool
operands_ok(const struct verb *v, const struct identity_opts *o, int n)
{
	bool many = v->run == deed_require_mfa || v->run == deed_release_mfa;

	if (many && (n == 0) == (o->company == NULL))
		return false;
	if (!many && o->company != NULL)
		return false;
	return n >= v->least && (v->most == -1 || n <= v->most);
}

int
cmd_identity(int argc, char **argv)
{
	struct identity_opts o = { 0 };
	const struct verb *v = verbs;
	struct desk d;
	size_t i;
	int ret;

	for (i = 0; argc > 1 && i < NITEMS(verbs); i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			break;
	if (argc < 2 || i == NITEMS(verbs) ||
	    read_options(&o, argc - 1, argv + 1) == -1)
		return cmd_help(argc, argv, identity_usage);
	v += i;
	argc -= 1 + optind;
	argv += 1 + optind;
	if (!operands_ok(v, &o, argc))
		return cmd_usage(identity_usage);
	if (desk_open(&d, o.conf, o.company != NULL) == -1)
		return 1;
	ret = v->run(&d, &o, argc, argv);
	desk_close(&d);
	if (fflush(stdout) == EOF || ferror(stdout)) {
		perror("mirai: standard output");
		return 1;
	}
	return ret;
}

/*
 * mirai cleanup: what mirai-cleanup does every hour, now.
 */
#include "cmd.h"

#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "admin.h"
#include "net/json.h"
#include "net/stripe.h"
#include "service/cleanup.h"
#include "service/provision_admin.h"

struct cleanup_opts {
	const char *conf;
	bool dry;
	bool json;
};

static const char cleanup_usage[] =
    "usage: mirai cleanup [-n] [-f CONF] [--json]\n";

static void
say(void *arg, const char *what, int64_t n)
{
	const struct cleanup_opts *o = arg;
	struct arena *a;
	struct json *j;

	if (!o->json) {
		printf("%6lld  %s\n", (long long)n, what);
		return;
	}
	a = arena_new();
	j = json_new_object(a);
	json_put_text(j, "what", what);
	json_put_int(j, "rows", n);
	printf("%s\n", json_string(a, j, JSON_COMPACT));
	arena_free(a);
}

static int
run(struct admin *m, struct cleanup_opts *o)
{
	struct provision_env e = { .conf = m->conf, .db = m->app };
	enum code code;

	if (!o->dry &&
	    provision_audit(m->app, "cleanup.run", "{}", m->actor) != CODE_OK) {
		admin_database_failed();
		return 1;
	}
	e.stripe = stripe_open(m->conf);
	code = cleanup_run(&e, m->mem, o->dry, say, o);
	stripe_close(e.stripe);
	if (code == CODE_OK)
		return 0;
	warnx("the database or the payment provider does not answer;"
	      " the log says which");
	return 1;
}

int
cmd_cleanup(int argc, char **argv)
{
	struct cleanup_opts o = { 0 };
	const struct cmd_option options[] = {
		{ .name = "f", .text = &o.conf },
		{ .name = "json", .flag = &o.json },
		{ .name = "n", .flag = &o.dry },
		{ .name = NULL },
	};
	struct admin m;
	int ret;

	if (cmd_options(argc, argv, cleanup_usage, options) == -1 ||
	    optind != argc)
		return cmd_help(argc, argv, cleanup_usage);
	if (admin_open_app(&m, o.conf) == -1)
		return 1;
	ret = run(&m, &o);
	admin_close(&m);
	return ret;
}

/*
 * mirai ai: companies' keys sealed anew after a change of encryption.keys,
 * their monthly limit and their use. Shows no key.
 */
#include "cmd.h"

#include <err.h>
#include <stdio.h>
#include <string.h>

#include "admin.h"
#include "net/json.h"
#include "service/ai_operator.h"

struct ai_opts {
	const char *conf;
	bool dry;
	bool json;
};

static const char ai_usage[] =
    "usage: mirai ai limit [-f CONF] COMPANY TOKENS|none\n"
    "       mirai ai rotate [-n] [-f CONF]\n"
    "       mirai ai usage [-f CONF] [--json] COMPANY\n";

/* --- rotate ------------------------------------------------------------------ */

/* The keys of the configuration; NULL after one line. */
static struct sealed *
open_keys(struct admin *m)
{
	const char *why = NULL;
	struct sealed *keys;

	keys = sealed_new(conf_list(m->conf, "encryption.keys"), &why);
	if (keys == NULL)
		warnx("encryption.keys: %s", why == NULL ? "not set" : why);
	return keys;
}

static int
rotate_all(struct admin *m, const struct sealed *keys, struct ai_rotation *s)
{
	struct arena *a = arena_new();
	enum code code = CODE_OK;
	size_t i;

	arena_set_wipe(a);
	while (code == CODE_OK && !s->over) {
		code = ai_operator_rotate(m->app, a, keys, m->actor, s);
		for (i = 0; code == CODE_OK && i < s->nlost_tenants; i++)
			warnx("tenant %s: no key of encryption.keys opens its"
			      " AI key",
			    s->lost_tenants[i]);
		arena_reset(a);
	}
	db_use(m->app, m->mem);
	arena_free(a);
	if (code == CODE_OK)
		return 0;
	admin_database_failed();
	return -1;
}

static int
ai_rotate(struct admin *m, void *opts, int argc, char **argv)
{
	const struct ai_opts *o = opts;
	struct ai_rotation s = { .dry = o->dry };
	struct sealed *keys;
	int rc;

	(void)argv;
	if (argc != 0)
		return cmd_usage(ai_usage);
	if ((keys = open_keys(m)) == NULL)
		return 1;
	rc = rotate_all(m, keys, &s);
	sealed_free(keys);
	if (rc == -1)
		return 1;
	printf("%lld keys, %lld %s, %lld lost\n", (long long)s.seen,
	    (long long)s.stale, o->dry ? "to be sealed anew" : "sealed anew",
	    (long long)s.lost);
	return s.lost > 0 ? 1 : 0;
}

/* --- limit and use ----------------------------------------------------------- */

static int
ai_limit(struct admin *m, void *opts, int argc, char **argv)
{
	struct operator_company c;
	int64_t tokens = -1;

	(void)opts; /* none of its own */
	if (argc != 2)
		return cmd_usage(ai_usage);
	if (strcmp(argv[1], "none") != 0 &&
	    !str_to_i64(argv[1], 0, INT64_MAX, &tokens)) {
		warnx("%s: no number of tokens, and not none", argv[1]);
		return 2;
	}
	if (admin_find_company(m, argv[0], &c) == -1)
		return 1;
	if (ai_operator_limit(m->app, m->mem, c.tenant_id, tokens, m->actor) !=
	    CODE_OK) {
		admin_database_failed();
		return 1;
	}
	if (tokens == -1)
		printf("%s has no monthly limit\n", c.name);
	else
		printf("%s has %lld tokens a month\n", c.name,
		    (long long)tokens);
	return 0;
}

static void
print_usage(const struct ai_operator_usage *u)
{
	const struct ai_operator_kind *k;

	for (k = u->kinds; k < u->kinds + u->nkinds; k++)
		printf("%-16s  %12lld tokens  %6lld jobs\n", k->kind,
		    (long long)k->tokens, (long long)k->jobs);
	printf("this month        %12lld tokens", (long long)u->month);
	if (u->limit >= 0)
		printf(" of %lld", (long long)u->limit);
	printf("\nin all            %12lld tokens\n", (long long)u->total);
}

static void
print_json(struct admin *m, const struct ai_operator_usage *u)
{
	struct json *j = json_new_object(m->mem), *list, *one;
	const struct ai_operator_kind *k;

	json_put_int(j, "total_tokens", u->total);
	json_put_int(j, "month_tokens", u->month);
	if (u->limit >= 0)
		json_put_int(j, "monthly_limit", u->limit);
	list = json_put_list(j, "month_by_type");
	for (k = u->kinds; k < u->kinds + u->nkinds; k++) {
		one = json_add_object(list);
		json_put_text(one, "type", k->kind);
		json_put_int(one, "tokens", k->tokens);
		json_put_int(one, "jobs", k->jobs);
	}
	printf("%s\n", json_string(m->mem, j, JSON_COMPACT));
}

static int
ai_use(struct admin *m, void *opts, int argc, char **argv)
{
	const struct ai_opts *o = opts;
	struct ai_operator_usage u;
	struct operator_company c;

	if (argc != 1)
		return cmd_usage(ai_usage);
	if (admin_find_company(m, argv[0], &c) == -1)
		return 1;
	if (ai_operator_usage(m->app, m->mem, c.tenant_id, &u) != CODE_OK) {
		admin_database_failed();
		return 1;
	}
	if (o->json)
		print_json(m, &u);
	else
		print_usage(&u);
	return 0;
}

static const struct admin_verb verbs[] = {
	{ "limit", ai_limit },
	{ "rotate", ai_rotate },
	{ "usage", ai_use },
	{ NULL, NULL },
};

static int
read_options(void *opts, int argc, char **argv)
{
	struct ai_opts *o = opts;
	const struct cmd_option options[] = {
		{ .name = "f", .text = &o->conf },
		{ .name = "json", .flag = &o->json },
		{ .name = "n", .flag = &o->dry },
		{ .name = NULL },
	};

	return cmd_options(argc, argv, ai_usage, options);
}

static const struct admin_family family = {
	.usage = ai_usage,
	.verbs = verbs,
	.read = read_options,
	.open = admin_open_app,
};

int
cmd_ai(int argc, char **argv)
{
	struct ai_opts o = { 0 };

	return admin_run(&family, &o, &o.conf, argc, argv);
}

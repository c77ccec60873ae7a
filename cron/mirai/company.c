/*
 * mirai company: makes companies and shows them. The first admin's login is
 * made with the company; if that fails, the login is taken back.
 */
#include "cmd.h"

#include <err.h>
#include <stdio.h>
#include <string.h>

#include "admin.h"
#include "net/json.h"
#include "service/field.h"
#include "service/operator.h"
#include "service/provision.h"

struct company_opts {
	const char *conf;
	const char *name;
	const char *industry;
	const char *team_size;
	const char *plan;
	const char *email;
	const char *first_name;
	const char *last_name;
	const char *status;
	int64_t seats; /* -1: not asked for */
	bool json;
};

static const char company_usage[] =
    "usage: mirai company create [-f CONF] --name NAME --email ADDRESS\n"
    "           --first-name NAME --last-name NAME [--industry TEXT]\n"
    "           [--team-size TEXT] [--plan starter|pro|enterprise]"
    " [--seats N] [--json]\n"
    "       mirai company list [-f CONF] [--json]\n"
    "       mirai company plan [-f CONF] [--plan starter|pro|enterprise]\n"
    "           [--status none|active|past_due|canceled] [--seats N] COMPANY\n"
    "       mirai company suspend|activate [-f CONF] COMPANY\n";

static int
check_plan(const char *plan)
{
	if (str_eq(plan, "starter") || str_eq(plan, "pro") ||
	    str_eq(plan, "enterprise"))
		return 0;
	warnx("--plan: starter, pro or enterprise");
	return -1;
}

static int
check_create(struct company_opts *o, struct arena *a)
{
	if (str_is_empty(o->name) || str_is_empty(o->email) ||
	    str_is_empty(o->first_name) || str_is_empty(o->last_name)) {
		warnx("--name, --email, --first-name and --last-name are"
		      " required");
		return -1;
	}
	if (field_line_clean(a, o->name, 1, 200) == NULL) {
		warnx("--name: 1 to 200 characters in one line");
		return -1;
	}
	if ((o->email = field_email_clean(a, o->email)) == NULL) {
		warnx("--email: not an e-mail address");
		return -1;
	}
	if (field_line_clean(a, o->industry, 0, 100) == NULL ||
	    field_line_clean(a, o->team_size, 0, 50) == NULL) {
		warnx("--industry has at most 100 characters, --team-size 50");
		return -1;
	}
	if (o->plan == NULL)
		o->plan = "pro";
	return check_plan(o->plan);
}

static void
tell_made(const struct company_opts *o, struct arena *a,
    const struct provision_made *made, const char *password)
{
	struct json *j;

	if (!o->json) {
		printf("Company   %s (%s)\nTenant    %s\nUser      %s\n",
		    o->name, made->company_id, made->slug, o->email);
		if (password != NULL)
			printf("Password  %s\n", password);
		return;
	}
	j = json_new_object(a);
	json_put_text(j, "company_id", made->company_id);
	json_put_text(j, "tenant_id", made->tenant_id);
	json_put_text(j, "slug", made->slug);
	json_put_text(j, "user_id", made->user_id);
	json_put_text(j, "email", o->email);
	json_put_text(j, "password", password);
	printf("%s\n", json_string(a, j, JSON_COMPACT));
}

static int
company_create(struct admin *m, void *opts, int argc, char **argv)
{
	struct company_opts *o = opts;
	struct provision_company in = { 0 };
	struct admin_identity first;
	struct provision_made made;
	enum code code;

	(void)argv;
	if (argc != 0)
		return cmd_usage(company_usage);
	if (check_create(o, m->mem) == -1 ||
	    admin_need_identity(m, o->email, o->first_name, o->last_name,
		&first) == -1)
		return 1;
	in.name = str_trim(m->mem, o->name);
	in.industry = o->industry;
	in.team_size = o->team_size;
	in.plan = o->plan;
	in.status = "active";
	in.seats = o->seats == -1 ? 0 : (int32_t)o->seats;
	in.identity_id = first.id;
	in.actor = m->actor;
	code = provision_company(m->app, m->mem, &in, &made);
	if (code == CODE_OK) {
		tell_made(o, m->mem, &made, first.password);
		return 0;
	}
	if (first.created)
		admin_drop_identity(m, first.id);
	if (code == CODE_ALREADY_EXISTS)
		warnx("this person belongs to a company already");
	else
		admin_database_failed();
	return 1;
}

static int
company_list(struct admin *m, void *opts, int argc, char **argv)
{
	struct company_opts *o = opts;
	struct operator_company *c;
	struct json *j;
	size_t i, n;

	(void)argv;
	if (argc != 0)
		return cmd_usage(company_usage);
	if (operator_companies(m->app, m->mem, &c, &n) != CODE_OK) {
		admin_database_failed();
		return 1;
	}
	for (i = 0; i < n; i++) {
		if (!o->json) {
			printf("%s  %-10s  %-9s  %4lld  %-28s  %s\n", c[i].id,
			    c[i].plan, c[i].status, (long long)c[i].users,
			    c[i].slug, c[i].name);
			continue;
		}
		j = json_new_object(m->mem);
		json_put_text(j, "id", c[i].id);
		json_put_text(j, "tenant_id", c[i].tenant_id);
		json_put_text(j, "slug", c[i].slug);
		json_put_text(j, "name", c[i].name);
		json_put_text(j, "plan", c[i].plan);
		json_put_text(j, "status", c[i].status);
		json_put_int(j, "users", c[i].users);
		printf("%s\n", json_string(m->mem, j, JSON_COMPACT));
	}
	return 0;
}

static int
set_status(struct admin *m, int argc, char **argv, const char *status)
{
	struct operator_company c;

	if (argc != 1)
		return cmd_usage(company_usage);
	if (admin_find_company(m, argv[0], &c) == -1)
		return 1;
	if (operator_set_status(m->app, &c, status, m->actor) != CODE_OK) {
		admin_database_failed();
		return 1;
	}
	printf("%s is %s; sessions notice within a minute\n", c.name, status);
	return 0;
}

static int
check_contract(const struct company_opts *o)
{
	const char *const known[] = { "none", "active", "past_due", "canceled",
		NULL };

	if (o->plan == NULL && o->status == NULL && o->seats == -1) {
		warnx("one of --plan, --status and --seats is required");
		return -1;
	}
	if (o->status != NULL && !str_is_listed(known, o->status)) {
		warnx("--status: none, active, past_due or canceled");
		return -1;
	}
	return o->plan == NULL ? 0 : check_plan(o->plan);
}

static int
company_plan(struct admin *m, void *opts, int argc, char **argv)
{
	struct company_opts *o = opts;
	struct operator_company c;

	if (argc != 1)
		return cmd_usage(company_usage);
	if (check_contract(o) == -1 || admin_find_company(m, argv[0], &c) == -1)
		return 1;
	if (operator_set_plan(m->app, m->mem, &c, o->plan, o->status, o->seats,
		m->actor) != CODE_OK) {
		admin_database_failed();
		return 1;
	}
	printf("%s was changed\n", c.name);
	return 0;
}

static int
company_suspend(struct admin *m, void *opts, int argc, char **argv)
{
	(void)opts; /* no options */
	return set_status(m, argc, argv, "suspended");
}

static int
company_activate(struct admin *m, void *opts, int argc, char **argv)
{
	(void)opts; /* no options */
	return set_status(m, argc, argv, "active");
}

static const struct admin_verb verbs[] = {
	{ "activate", company_activate },
	{ "create", company_create },
	{ "list", company_list },
	{ "plan", company_plan },
	{ "suspend", company_suspend },
	{ NULL, NULL },
};

static int
read_options(void *opts, int argc, char **argv)
{
	struct company_opts *o = opts;
	const struct cmd_option options[] = {
		{ .name = "f", .text = &o->conf },
		{ .name = "email", .text = &o->email },
		{ .name = "first-name", .text = &o->first_name },
		{ .name = "industry", .text = &o->industry },
		{ .name = "json", .flag = &o->json },
		{ .name = "last-name", .text = &o->last_name },
		{ .name = "name", .text = &o->name },
		{ .name = "plan", .text = &o->plan },
		{ .name = "seats", .number = &o->seats, .max = 1000000 },
		{ .name = "status", .text = &o->status },
		{ .name = "team-size", .text = &o->team_size },
		{ .name = NULL },
	};

	return cmd_options(argc, argv, company_usage, options);
}

static const struct admin_family family = {
	.usage = company_usage,
	.verbs = verbs,
	.read = read_options,
	.open = admin_open,
};

int
cmd_company(int argc, char **argv)
{
	struct company_opts o = { .seats = -1,
		.industry = "",
		.team_size = "" };

	return admin_run(&family, &o, &o.conf, argc, argv);
}

/*
 * mirai user: the people of companies, for an administrator. Every deed is
 * audited. A password is never an argument: the process list would show it.
 */
#include "cmd.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin.h"
#include "net/json.h"
#include "service/field.h"
#include "service/operator.h"

struct user_opts {
	const char *conf;
	const char *company;
	const char *first_name;
	const char *last_name;
	const char *role;
	bool json;
};

static const char user_usage[] =
    "usage: mirai user list [-f CONF] [--company COMPANY] [--json]\n"
    "       mirai user create [-f CONF] --company COMPANY --first-name NAME\n"
    "           --last-name NAME [--role admin|instructor|sme] ADDRESS\n"
    "       mirai user role [-f CONF] --role admin|instructor|sme ADDRESS\n"
    "       mirai user remove [-f CONF] ADDRESS\n"
    "       mirai user password [-f CONF] ADDRESS\n";

static bool
role_ok(const char *role)
{
	return str_eq(role, "admin") || str_eq(role, "instructor") ||
	    str_eq(role, "sme");
}

static int
find_identity(struct admin *m, const char *email, struct ident_person *out)
{
	const char *clean = field_email_clean(m->mem, email);
	enum code code;

	if (clean == NULL) {
		warnx("%s: not an e-mail address", email);
		return -1;
	}
	code = admin_find_identity(m, clean, out);
	if (code == CODE_NOT_FOUND)
		warnx("%s: nobody has this address", email);
	return code == CODE_OK ? 0 : -1;
}

static int
find_user(struct admin *m, const char *email, struct ident_person *who,
    struct operator_user *u)
{
	enum code code;

	if (find_identity(m, email, who) == -1)
		return -1;
	code = operator_find_user(m->app, m->mem, who->identity_id, u);
	if (code == CODE_NOT_FOUND)
		warnx("%s: belongs to no company", email);
	else if (code != CODE_OK)
		admin_database_failed();
	return code == CODE_OK ? 0 : -1;
}

static void
print_user(struct admin *m, const struct user_opts *o,
    const struct operator_user *u, const struct ident_person *who)
{
	struct json *j;

	if (!o->json) {
		printf("%s  %-10s  %-32s  %s\n", u->id, u->role,
		    who == NULL ? "(no identity)" : who->email, u->company);
		return;
	}
	j = json_new_object(m->mem);
	json_put_text(j, "id", u->id);
	json_put_text(j, "identity_id", u->identity_id);
	json_put_text(j, "company_id", u->company_id);
	json_put_text(j, "company", u->company);
	json_put_text(j, "role", u->role);
	if (who != NULL) {
		json_put_text(j, "email", who->email);
		json_put_text(j, "first_name", who->first_name);
		json_put_text(j, "last_name", who->last_name);
	}
	printf("%s\n", json_string(m->mem, j, JSON_COMPACT));
}

static int
by_id(const void *x, const void *y)
{
	const struct ident_person *p = x, *q = y;

	return strcmp(p->identity_id, q->identity_id);
}

/* The person behind a user, of those that were found and sorted. */
static const struct ident_person *
person_of(const struct operator_user *u, const struct ident_person *people,
    size_t n)
{
	struct ident_person key = { 0 };

	if (!str_uuid_canon(u->identity_id, key.identity_id))
		return NULL;
	return bsearch(&key, people, n, sizeof(*people), by_id);
}

static int
user_list(struct admin *m, void *opts, int argc, char **argv)
{
	struct user_opts *o = opts;
	struct operator_company c = { 0 };
	struct ident_person *people;
	struct operator_user *u;
	const char **ids;
	size_t i, n, npeople;

	(void)argv;
	if (argc != 0)
		return cmd_usage(user_usage);
	if (o->company != NULL && admin_find_company(m, o->company, &c) == -1)
		return 1;
	if (operator_users(m->app, m->mem, c.id, &u, &n) != CODE_OK) {
		admin_database_failed();
		return 1;
	}
	ids = arena_calloc(m->mem, n + 1, sizeof(*ids));
	for (i = 0; i < n; i++)
		ids[i] = u[i].identity_id;
	if (directory_people(m->people, m->mem, ids, n, &people, &npeople) !=
	    CODE_OK) {
		admin_identity_failed();
		return 1;
	}
	qsort(people, npeople, sizeof(*people), by_id);
	for (i = 0; i < n; i++)
		print_user(m, o, &u[i], person_of(&u[i], people, npeople));
	return 0;
}

static int
user_create(struct admin *m, void *opts, int argc, char **argv)
{
	struct user_opts *o = opts;
	const char *role = o->role == NULL ? "sme" : o->role;
	struct operator_company c;
	struct admin_identity who;
	const char *email;
	enum code code;

	if (argc != 1 || o->company == NULL || !role_ok(role))
		return cmd_usage(user_usage);
	if ((email = field_email_clean(m->mem, argv[0])) == NULL) {
		warnx("%s: not an e-mail address", argv[0]);
		return 1;
	}
	if (admin_find_company(m, o->company, &c) == -1 ||
	    admin_need_identity(m, email, o->first_name, o->last_name, &who) ==
		-1)
		return 1;
	code = operator_add_user(m->app, m->mem, &c, who.id, role, m->actor);
	if (code != CODE_OK) {
		if (who.created)
			admin_drop_identity(m, who.id);
		if (code == CODE_ALREADY_EXISTS)
			warnx("%s: belongs to a company already", email);
		else
			admin_database_failed();
		return 1;
	}
	printf("User      %s, %s of %s\n", email, role, c.name);
	if (who.password != NULL)
		printf("Password  %s\n", who.password);
	return 0;
}

/* The line for a failed change of a user. */
static int
change_failed(const char *email, enum code code)
{
	if (code == CODE_FAILED_PRECONDITION)
		warnx("%s is the only admin of the company", email);
	else
		admin_database_failed();
	return 1;
}

static int
user_role(struct admin *m, void *opts, int argc, char **argv)
{
	struct user_opts *o = opts;
	struct operator_user u;
	struct ident_person who;
	enum code code;

	if (argc != 1 || !role_ok(o->role))
		return cmd_usage(user_usage);
	if (find_user(m, argv[0], &who, &u) == -1)
		return 1;
	code = operator_set_role(m->app, m->mem, &u, o->role, m->actor);
	if (code != CODE_OK)
		return change_failed(argv[0], code);
	printf("%s is now %s\n", argv[0], o->role);
	return 0;
}

/* Ends the sessions of an identity; a failure is told, not fatal. */
static void
end_sessions(struct admin *m, const char *id)
{
	if (directory_end_sessions(m->people, m->mem, id) != CODE_OK)
		warnx("the sessions could not be ended");
}

static int
user_remove(struct admin *m, void *opts, int argc, char **argv)
{
	struct operator_user u;
	struct ident_person who;
	enum code code;

	(void)opts; /* no options */
	if (argc != 1)
		return cmd_usage(user_usage);
	if (find_user(m, argv[0], &who, &u) == -1)
		return 1;
	code = operator_remove_user(m->app, m->mem, &u, m->actor);
	if (code != CODE_OK)
		return change_failed(argv[0], code);
	end_sessions(m, who.identity_id);
	printf("%s was removed from %s\n", argv[0], u.company);
	return 0;
}

static int
user_password(struct admin *m, void *opts, int argc, char **argv)
{
	const char *password, *why = NULL;
	struct ident_person who;
	bool made;
	enum code code;

	(void)opts; /* no options */
	if (argc != 1)
		return cmd_usage(user_usage);
	if (find_identity(m, argv[0], &who) == -1 ||
	    (password = admin_password(m, &made)) == NULL)
		return 1;
	code = directory_set_password(m->people, m->mem, &who, password, &why);
	if (code != CODE_OK) {
		if (why != NULL &&
		    (code == CODE_INVALID_ARGUMENT || code == CODE_NOT_FOUND))
			warnx("%s", why);
		else
			admin_identity_failed();
		return 1;
	}
	end_sessions(m, who.identity_id);
	if (made)
		printf("Password  %s\n", password);
	return 0;
}

static const struct admin_verb verbs[] = {
	{ "create", user_create },
	{ "list", user_list },
	{ "password", user_password },
	{ "remove", user_remove },
	{ "role", user_role },
	{ NULL, NULL },
};

static int
read_options(void *opts, int argc, char **argv)
{
	struct user_opts *o = opts;
	const struct cmd_option options[] = {
		{ .name = "company", .text = &o->company },
		{ .name = "f", .text = &o->conf },
		{ .name = "first-name", .text = &o->first_name },
		{ .name = "json", .flag = &o->json },
		{ .name = "last-name", .text = &o->last_name },
		{ .name = "role", .text = &o->role },
		{ .name = NULL },
	};

	return cmd_options(argc, argv, user_usage, options);
}

static const struct admin_family family = {
	.usage = user_usage,
	.verbs = verbs,
	.read = read_options,
	.open = admin_open,
};

int
cmd_user(int argc, char **argv)
{
	struct user_opts o = { 0 };

	return admin_run(&family, &o, &o.conf, argc, argv);
}

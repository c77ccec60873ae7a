/*
 * Shared by the commands that work on the databases directly, and so are for
 * those who may read the configuration.
 */
#include "admin.h"

#include <err.h>
#include <getopt.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "db/migrate.h"
#include "net/crypt.h"
#include "remote.h"

static const char *
need_url(struct admin *m, const char *key)
{
	const char *url = conf_text(m->conf, key);

	if (url == NULL)
		warnx("%s is not set; see mirai.conf(5)", key);
	return url;
}

int
admin_open_app(struct admin *m, const char *path)
{
	const struct passwd *pw = getpwuid(getuid());
	const char *app;

	memset(m, 0, sizeof(*m));
	if ((m->conf = conf_load(path)) == NULL)
		return -1;
	m->mem = arena_new();
	m->actor = arena_printf(m->mem, "operator:%s",
	    pw == NULL ? "unknown" : pw->pw_name);
	if ((app = need_url(m, "database.worker_url")) == NULL) {
		admin_close(m);
		return -1;
	}
	m->app = db_open(app, "mirai");
	db_use(m->app, m->mem);
	if (migrate_require(m->app, MIGRATE_APP) == -1) {
		admin_close(m);
		return -1;
	}
	db_use(m->app, m->mem);
	return 0;
}

int
admin_open(struct admin *m, const char *path)
{
	if (admin_open_app(m, path) == -1)
		return -1;
	m->people = directory_open(m->conf, m->mem, m->actor);
	if (m->people == NULL) {
		admin_close(m);
		return -1;
	}
	db_use(m->app, m->mem);
	return 0;
}

void
admin_close(struct admin *m)
{
	db_close(m->app);
	directory_close(m->people);
	arena_free(m->mem);
	conf_free(m->conf);
	memset(m, 0, sizeof(*m));
}

int
admin_run(const struct admin_family *f, void *opts, const char *const *conf,
    int argc, char **argv)
{
	const struct admin_verb *v = f->verbs;
	struct admin m;
	int ret;

	while (argc > 1 && v->name != NULL && strcmp(argv[1], v->name) != 0)
		v++;
	if (argc < 2 || v->name == NULL ||
	    f->read(opts, argc - 1, argv + 1) == -1)
		return cmd_help(argc, argv, f->usage);
	if (f->open(&m, *conf) == -1)
		return 1;
	ret = v->run(&m, opts, argc - 1 - optind, argv + 1 + optind);
	admin_close(&m);
	return ret;
}

enum code
admin_find_identity(struct admin *m, const char *email,
    struct ident_person *out)
{
	enum code code;

	code = directory_find(m->people, m->mem, email, out);
	if (code != CODE_OK && code != CODE_NOT_FOUND)
		admin_identity_failed();
	return code;
}

const char *
admin_password(struct admin *m, bool *made)
{
	const char *password = getenv("MIRAI_PASSWORD");
	const char *again;

	*made = false;
	if (!str_is_empty(password))
		return password;
	if (!isatty(STDIN_FILENO)) {
		*made = true;
		return arena_printf(m->mem, "%s-%s-%s9A",
		    crypt_token(m->mem, 5), crypt_token(m->mem, 5),
		    crypt_token(m->mem, 5));
	}
	password = remote_ask_password(m->mem, "New password: ");
	again = remote_ask_password(m->mem, "Again: ");
	if (password == NULL || !str_eq(password, again)) {
		warnx("the two passwords differ");
		return NULL;
	}
	return password;
}

void
admin_database_failed(void)
{
	warnx("the database refused or does not answer; the log says why");
}

void
admin_identity_failed(void)
{
	warnx("the identity service refused or does not answer; the log says"
	      " why");
}

/* 0 and the new identity's id, or -1 after one line. */
static int
create_identity(struct admin *m, const char *email, const char *first_name,
    const char *last_name, const char *password, char id[STR_UUID_LEN + 1])
{
	const struct identity_person person = {
		.email = email,
		.first_name = first_name,
		.last_name = last_name,
		.password = password,
		.verified = true,
	};
	const char *why = NULL;
	enum code code;

	code = directory_create(m->people, m->mem, &person, id, &why);
	if (code == CODE_OK)
		return 0;
	if (code == CODE_ALREADY_EXISTS)
		warnx("%s: somebody has this address already", email);
	else if (code == CODE_INVALID_ARGUMENT && why != NULL)
		warnx("%s", why);
	else
		admin_identity_failed();
	return -1;
}

int
admin_need_identity(struct admin *m, const char *email, const char *first_name,
    const char *last_name, struct admin_identity *out)
{
	struct ident_person found;
	const char *password;
	bool made;
	enum code code;

	memset(out, 0, sizeof(*out));
	code = admin_find_identity(m, email, &found);
	if (code == CODE_OK) {
		memcpy(out->id, found.identity_id, sizeof(out->id));
		return 0;
	}
	if (code != CODE_NOT_FOUND)
		return -1;
	if (str_is_empty(first_name) || str_is_empty(last_name)) {
		warnx("--first-name and --last-name are required");
		return -1;
	}
	if ((password = admin_password(m, &made)) == NULL ||
	    create_identity(m, email, first_name, last_name, password,
		out->id) == -1)
		return -1;
	out->created = true;
	out->password = made ? password : NULL;
	return 0;
}

int
admin_find_company(struct admin *m, const char *which,
    struct operator_company *out)
{
	enum code code;

	code = operator_find_company(m->app, m->mem, which, out);
	if (code == CODE_OK)
		return 0;
	if (code == CODE_NOT_FOUND)
		warnx("%s: no such company", which);
	else if (code == CODE_ABORTED)
		warnx("%s: several companies have this name; use the slug",
		    which);
	else
		admin_database_failed();
	return -1;
}

void
admin_drop_identity(struct admin *m, const char *id)
{
	if (directory_remove(m->people, m->mem, id) != CODE_OK)
		warnx("identity %s is left without a user; remove it", id);
}

/*
 * Shared by "mirai company" and "mirai user". Works on the databases directly,
 * so it is for those who may read the configuration.
 */
#include "admin.h"

#include <err.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/migrate.h"
#include "identity/idp.h"
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
admin_open(struct admin *m, const char *path)
{
	const struct passwd *pw = getpwuid(getuid());
	const char *app, *identities;

	memset(m, 0, sizeof(*m));
	if ((m->conf = conf_load(path)) == NULL)
		return -1;
	m->mem = arena_new();
	m->actor = arena_printf(m->mem, "operator:%s",
	    pw == NULL ? "unknown" : pw->pw_name);
	app = need_url(m, "database.worker_url");
	identities = need_url(m, "identity.database.url");
	if (app == NULL || identities == NULL) {
		admin_close(m);
		return -1;
	}
	m->app = db_open(app, "mirai");
	m->identities = db_open(identities, "mirai");
	db_use(m->app, m->mem);
	if (migrate_require(m->app, MIGRATE_APP) == -1 ||
	    migrate_require(m->identities, MIGRATE_IDENTITY) == -1) {
		admin_close(m);
		return -1;
	}
	db_use(m->app, m->mem);
	db_use(m->identities, m->mem);
	return 0;
}

void
admin_close(struct admin *m)
{
	db_close(m->app);
	db_close(m->identities);
	arena_free(m->mem);
	conf_free(m->conf);
	memset(m, 0, sizeof(*m));
}

enum code
admin_find_identity(struct admin *m, const char *email, struct identity *out)
{
	const struct db_scope scope = { 0 };
	enum code code;

	db_begin(m->identities, DB_TX_READ, &scope);
	code = db_end(m->identities,
	    identity_find_email(m->identities, m->mem,
		conf_text(m->conf, "url.auth"), email, out));
	if (code != CODE_OK && code != CODE_NOT_FOUND)
		admin_database_failed();
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

/* 0 and the new identity's id, or -1 after one line. */
static int
create_identity(struct admin *m, const char *email, const char *first_name,
    const char *last_name, const char *password, char id[STR_UUID_LEN + 1])
{
	const struct crypt_cost cost = idp_cost(m->conf);
	const struct identity_person person = {
		.email = email,
		.first_name = first_name,
		.last_name = last_name,
		.password = password,
		.actor = m->actor,
	};
	const char *why = NULL;
	enum code code;

	code = identity_create(m->identities, m->mem, &cost, &person, id, &why);
	if (code == CODE_OK)
		return 0;
	if (code == CODE_ALREADY_EXISTS)
		warnx("%s: somebody has this address already", email);
	else if (why != NULL)
		warnx("%s", why);
	else
		admin_database_failed();
	return -1;
}

int
admin_need_identity(struct admin *m, const char *email, const char *first_name,
    const char *last_name, struct admin_identity *out)
{
	struct identity found;
	const char *password;
	bool made;
	enum code code;

	memset(out, 0, sizeof(*out));
	code = admin_find_identity(m, email, &found);
	if (code == CODE_OK) {
		memcpy(out->id, found.id, sizeof(out->id));
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
	const struct db_scope scope = { 0 };
	enum code code;

	db_begin(m->identities, DB_TX_WRITE, &scope);
	code = db_end(m->identities, identity_delete(m->identities, id));
	if (code != CODE_OK)
		warnx("identity %s is left without a user; remove it", id);
}

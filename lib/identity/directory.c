/*
 * Two tables of functions, one per mode; what a password must be is the same
 * in both.
 */
#include "identity/directory.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "db/migrate.h"
#include "identity/ident.h"
#include "identity/idp.h"
#include "identity/kratos_admin.h"
#include "identity/nfc.h"
#include "identity/session.h"
#include "identity/trail.h"

struct way {
	enum code (*find)(struct directory *d, struct arena *a,
	    const char *email, struct ident_person *out);
	enum code (*people)(struct directory *d, struct arena *a,
	    const char *const *ids, size_t n, struct ident_person *out,
	    size_t *nout);
	enum code (*create)(struct directory *d, struct arena *a,
	    const struct identity_person *in, char id[STR_UUID_LEN + 1],
	    const char **why);
	enum code (*set_password)(struct directory *d, struct arena *a,
	    const struct ident_person *who, const char *password,
	    const char **why);
	enum code (
	    *remove)(struct directory *d, struct arena *a, const char *id);
	enum code (*end_sessions)(struct directory *d, struct arena *a,
	    const char *id);
};

struct directory {
	const struct way *way;
	const char *actor;
	struct db *db; /* of one, */
	struct crypt_cost cost;
	struct kratos *kratos; /* or of the other */
};

/* --- the identity database ------------------------------------------------- */

static void
read_person(const struct identity *i, struct ident_person *out)
{
	memcpy(out->identity_id, i->id, sizeof(out->identity_id));
	out->email = i->email;
	out->first_name = i->first_name;
	out->last_name = i->last_name;
}

static enum code
sql_find(struct directory *d, struct arena *a, const char *email,
    struct ident_person *out)
{
	const struct db_scope scope = { 0 };
	struct identity found;
	enum code code;

	db_begin(d->db, DB_TX_READ, &scope);
	code = db_end(d->db, identity_find_email(d->db, a, "", email, &found));
	if (code == CODE_OK)
		read_person(&found, out);
	return code == CODE_NOT_FOUND ? code
	    : code == CODE_OK	      ? CODE_OK
				      : CODE_UNAVAILABLE;
}

static enum code
sql_people(struct directory *d, struct arena *a, const char *const *ids,
    size_t n, struct ident_person *out, size_t *nout)
{
	const struct db_scope scope = { 0 };
	enum code code = CODE_OK;
	struct identity one;
	size_t i;

	db_begin(d->db, DB_TX_READ, &scope);
	for (i = 0; i < n && (code == CODE_OK || code == CODE_NOT_FOUND); i++) {
		code = identity_get(d->db, a, "", ids[i], &one);
		if (code == CODE_OK)
			read_person(&one, &out[(*nout)++]);
	}
	return db_end(d->db, code == CODE_NOT_FOUND ? CODE_OK : code) == CODE_OK
	    ? CODE_OK
	    : CODE_UNAVAILABLE;
}

static enum code
sql_create(struct directory *d, struct arena *a,
    const struct identity_person *in, char id[STR_UUID_LEN + 1],
    const char **why)
{
	struct identity_person person = *in;

	person.actor = d->actor;
	return identity_create(d->db, a, &d->cost, &person, id, why);
}

static enum code
sql_set_password(struct directory *d, struct arena *a,
    const struct ident_person *who, const char *password, const char **why)
{
	return identity_change_password(d->db, a, &d->cost, who->identity_id,
	    password, d->actor, why);
}

static enum code
sql_remove(struct directory *d, struct arena *a, const char *id)
{
	const struct db_scope scope = { 0 };

	(void)a; /* nothing is read */
	db_begin(d->db, DB_TX_WRITE, &scope);
	return db_end(d->db, identity_delete(d->db, id));
}

static enum code
sql_end_sessions(struct directory *d, struct arena *a, const char *id)
{
	const struct db_scope scope = { 0 };
	const char **hashes;
	size_t i, n = 0;
	enum code code;

	db_begin(d->db, DB_TX_WRITE, &scope);
	code = session_revoke_all(d->db, a, id, NULL, &hashes, &n);
	for (i = 0; code == CODE_OK && i < n; i++)
		session_notify(d->db, a, hashes[i]);
	if (code == CODE_OK)
		code = trail_by(d->db, "session.revoke_all", d->actor, id);
	return db_end(d->db, code);
}

static const struct way sql_way = {
	.find = sql_find,
	.people = sql_people,
	.create = sql_create,
	.set_password = sql_set_password,
	.remove = sql_remove,
	.end_sessions = sql_end_sessions,
};

/* --- a Kratos -------------------------------------------------------------- */

static enum code
http_find(struct directory *d, struct arena *a, const char *email,
    struct ident_person *out)
{
	return kratos_admin_find(d->kratos, a, email, out);
}

static enum code
http_people(struct directory *d, struct arena *a, const char *const *ids,
    size_t n, struct ident_person *out, size_t *nout)
{
	struct ident_person *list;
	enum code code;

	code = kratos_admin_list(d->kratos, a, ids, n, &list, nout);
	if (code == CODE_OK && *nout > 0)
		memcpy(out, list, *nout * sizeof(*out));
	return code;
}

static enum code
http_create(struct directory *d, struct arena *a,
    const struct identity_person *in, char id[STR_UUID_LEN + 1],
    const char **why)
{
	struct kratos_admin_new new = { .origin = "command_id" };
	char origin[STR_UUID_LEN + 1];
	struct ident_person made;
	enum code code;

	if ((new.traits = identity_check(a, in, why)) == NULL)
		return CODE_INVALID_ARGUMENT;
	str_uuid_new(origin);
	new.email = nfc_identifier(a, in->email);
	new.password = in->password;
	new.hash = in->hash;
	new.origin_id = origin;
	*why = "the Kratos does not take this person; its log says why";
	code = kratos_admin_create(d->kratos, a, &new, &made);
	if (code == CODE_OK)
		memcpy(id, made.identity_id, sizeof(made.identity_id));
	return code;
}

static enum code
http_set_password(struct directory *d, struct arena *a,
    const struct ident_person *who, const char *password, const char **why)
{
	const struct identity_person person = {
		.email = who->email,
		.first_name = who->first_name,
		.last_name = who->last_name,
		.password = password,
	};

	if (!identity_password_ok(a, &person, why))
		return CODE_INVALID_ARGUMENT;
	return kratos_admin_set_password(d->kratos, a, who->identity_id,
	    password);
}

static enum code
http_remove(struct directory *d, struct arena *a, const char *id)
{
	return kratos_admin_remove(d->kratos, a, id);
}

static enum code
http_end_sessions(struct directory *d, struct arena *a, const char *id)
{
	return kratos_admin_revoke_sessions(d->kratos, a, id);
}

static const struct way http_way = {
	.find = http_find,
	.people = http_people,
	.create = http_create,
	.set_password = http_set_password,
	.remove = http_remove,
	.end_sessions = http_end_sessions,
};

/* --- either ---------------------------------------------------------------- */

static int
open_database(struct directory *d, const struct conf *conf, struct arena *a)
{
	const char *url = conf_text(conf, "identity.database.url");

	if (url == NULL) {
		log_error("identity.database.url is not set");
		return -1;
	}
	d->way = &sql_way;
	d->cost = idp_cost(conf);
	d->db = db_open(url, "mirai");
	db_use(d->db, a);
	if (migrate_require(d->db, MIGRATE_IDENTITY) == -1)
		return -1;
	db_use(d->db, a);
	return 0;
}

struct directory *
directory_open(const struct conf *conf, struct arena *a, const char *actor)
{
	struct directory *d;
	int rc;

	if (ident_check(conf) == -1)
		return NULL;
	d = xcalloc(1, sizeof(*d));
	d->actor = actor;
	if (ident_is_external(conf)) {
		d->way = &http_way;
		rc = (d->kratos = kratos_open(conf)) == NULL ? -1 : 0;
	} else {
		rc = open_database(d, conf, a);
	}
	if (rc == 0)
		return d;
	directory_close(d);
	return NULL;
}

void
directory_close(struct directory *d)
{
	if (d == NULL)
		return;
	db_close(d->db);
	kratos_close(d->kratos);
	free(d);
}

void
directory_idle(struct directory *d, int64_t idle_ms)
{
	if (d != NULL && d->db != NULL)
		db_idle(d->db, idle_ms);
}

enum code
directory_find(struct directory *d, struct arena *a, const char *email,
    struct ident_person *out)
{
	memset(out, 0, sizeof(*out));
	return d->way->find(d, a, email, out);
}

enum code
directory_people(struct directory *d, struct arena *a, const char *const *ids,
    size_t n, struct ident_person **out, size_t *nout)
{
	*out = arena_calloc(a, n + 1, sizeof(**out));
	*nout = 0;
	return d->way->people(d, a, ids, n, *out, nout);
}

enum code
directory_create(struct directory *d, struct arena *a,
    const struct identity_person *in, char id[STR_UUID_LEN + 1],
    const char **why)
{
	*why = NULL;
	return d->way->create(d, a, in, id, why);
}

enum code
directory_set_password(struct directory *d, struct arena *a,
    const struct ident_person *who, const char *password, const char **why)
{
	*why = NULL;
	return d->way->set_password(d, a, who, password, why);
}

enum code
directory_remove(struct directory *d, struct arena *a, const char *id)
{
	return d->way->remove(d, a, id);
}

enum code
directory_end_sessions(struct directory *d, struct arena *a, const char *id)
{
	return d->way->end_sessions(d, a, id);
}

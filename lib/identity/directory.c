/*
 * Two tables of functions, one per mode; what a password must be is the same
 * in both.
 */
#include "identity/directory.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xmalloc.h"
#include "db/migrate.h"
#include "identity/ident.h"
#include "identity/idp.h"
#include "identity/kratos_admin.h"
#include "identity/level.h"
#include "identity/nfc.h"
#include "identity/policy.h"
#include "identity/session.h"
#include "identity/trail.h"

#define WAIT_MS ((int64_t)10000) /* accounts.md 13; hashing is not counted */
#define US	INT64_C(1000000)

struct way {
	enum code (*find)(struct directory *d, struct arena *a,
	    const char *email, struct ident_person *out);
	enum code (*account)(struct directory *d, struct arena *a,
	    const char *email, struct directory_account *out);
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
	enum code (*log_in)(struct directory *d, struct arena *a,
	    const struct directory_login *in, const char **token);
};

struct directory {
	const struct way *way;
	const char *actor;
	struct db *db; /* of one, */
	struct crypt_cost cost;
	bool highest_aal;
	int64_t session_us;
	int64_t idle_us;
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

static void
begin(struct directory *d, struct arena *a, enum db_tx tx)
{
	struct db_scope scope = { 0 };

	scope.deadline_ms = clock_mono_ms() + WAIT_MS;
	db_use(d->db, a);
	db_begin(d->db, tx, &scope);
}

/* Found, not found, or no answer: the three things a reader may hear. */
static enum code
end_reading(struct directory *d, enum code code)
{
	code = db_end(d->db, code);
	return code == CODE_OK || code == CODE_NOT_FOUND ? code
							 : CODE_UNAVAILABLE;
}

static enum code
sql_find(struct directory *d, struct arena *a, const char *email,
    struct ident_person *out)
{
	struct identity found;
	enum code code;

	begin(d, a, DB_TX_READ);
	code = end_reading(d, identity_find_email(d->db, a, "", email, &found));
	if (code == CODE_OK)
		read_person(&found, out);
	return code;
}

/* Whether an identity proved an address that is in normal form. */
static bool
has_verified(const struct identity *i, const char *email)
{
	const struct json *list, *v;
	size_t n;

	list = json_get_list(i->json, "verifiable_addresses");
	for (n = 0; n < json_count(list); n++) {
		v = json_at(list, n);
		if (str_eq(json_get_text(v, "value", ""), email) &&
		    json_get_bool(v, "verified", false))
			return true;
	}
	return false;
}

static enum code
sql_account(struct directory *d, struct arena *a, const char *email,
    struct directory_account *out)
{
	struct identity found;
	enum code code;

	begin(d, a, DB_TX_READ);
	code = identity_find_email(d->db, a, "", email, &found);
	if (code == CODE_OK)
		code =
		    identity_metadata_admin(d->db, a, found.id, &out->metadata);
	if ((code = end_reading(d, code)) != CODE_OK)
		return code;
	read_person(&found, &out->person);
	out->verified = has_verified(&found, nfc_identifier(a, email));
	return CODE_OK;
}

static enum code
sql_people(struct directory *d, struct arena *a, const char *const *ids,
    size_t n, struct ident_person *out, size_t *nout)
{
	enum code code = CODE_OK;
	struct identity one;
	size_t i;

	begin(d, a, DB_TX_READ);
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
	db_use(d->db, a);
	return identity_create(d->db, a, &d->cost, &person, id, why);
}

static enum code
sql_set_password(struct directory *d, struct arena *a,
    const struct ident_person *who, const char *password, const char **why)
{
	db_use(d->db, a);
	return identity_change_password(d->db, a, &d->cost, who->identity_id,
	    password, d->actor, why);
}

static enum code
sql_remove(struct directory *d, struct arena *a, const char *id)
{
	enum code code;

	begin(d, a, DB_TX_WRITE);
	code = identity_delete(d->db, id);
	if (code == CODE_OK)
		code = trail_by(d->db, "identity.delete", d->actor, id);
	return db_end(d->db, code == CODE_NOT_FOUND ? CODE_OK : code);
}

static enum code
sql_end_sessions(struct directory *d, struct arena *a, const char *id)
{
	const char **hashes;
	size_t i, n = 0;
	enum code code;

	begin(d, a, DB_TX_WRITE);
	code = session_revoke_all(d->db, a, id, NULL, &hashes, &n);
	for (i = 0; code == CODE_OK && i < n; i++)
		session_notify(d->db, a, hashes[i]);
	if (code == CODE_OK)
		code = trail_by(d->db, "session.revoke_all", d->actor, id);
	return db_end(d->db, code);
}

/* Whose password it is; outside a transaction, since hashing takes long. */
static enum code
prove(struct directory *d, struct arena *a, const struct directory_login *in,
    struct identity *who)
{
	struct identity_password cred = { 0 };
	bool right;
	enum code code;

	begin(d, a, DB_TX_READ);
	code = identity_find_password(d->db, a, in->email, &cred);
	if (code == CODE_OK)
		code = identity_get(d->db, a, "", cred.identity_id, who);
	if ((code = end_reading(d, code)) != CODE_OK)
		return code == CODE_NOT_FOUND ? CODE_UNAUTHENTICATED : code;
	right = cred.active && cred.hash != NULL &&
	    strlen(in->password) <= POLICY_MAX_BYTES &&
	    crypt_password_verify(cred.raw ? in->password
					   : nfc_text(a, in->password),
		cred.hash, &d->cost, NULL);
	return right ? CODE_OK : CODE_UNAUTHENTICATED;
}

static enum code
issue(struct directory *d, struct arena *a, const struct directory_login *in,
    const struct identity *who, const char **token)
{
	const struct session_new session = {
		.identity_id = who->id,
		.carrier = SESSION_TOKEN,
		.proof.method = "password",
		.life_us = d->session_us,
		.idle_us = d->idle_us,
		.ip = in->ip,
		.user_agent = in->user_agent,
	};
	struct trail_event event = {
		.action = "session.issue",
		.actor = "self",
		.identity_id = who->id,
		.ip = in->ip,
		.user_agent = in->user_agent,
	};
	char id[STR_UUID_LEN + 1];
	enum code code;

	begin(d, a, DB_TX_WRITE);
	code = session_issue(d->db, a, &session, id, token);
	event.session_id = id;
	if (code == CODE_OK)
		code = trail_write(d->db, &event);
	return db_end(d->db, code) == CODE_OK ? CODE_OK : CODE_UNAVAILABLE;
}

static enum code
sql_log_in(struct directory *d, struct arena *a,
    const struct directory_login *in, const char **token)
{
	struct level_facts facts = { .aal = LEVEL_FIRST };
	struct identity who;
	enum level level;
	enum code code;

	if ((code = prove(d, a, in, &who)) != CODE_OK)
		return code;
	facts.available_aal = who.available_aal;
	facts.second_factor_after = who.second_factor_after;
	level = level_of(d->highest_aal, &facts);
	if (level != LEVEL_ENOUGH && level != LEVEL_INVITED)
		return CODE_PERMISSION_DENIED;
	return issue(d, a, in, &who, token);
}

static const struct way sql_way = {
	.find = sql_find,
	.account = sql_account,
	.people = sql_people,
	.create = sql_create,
	.set_password = sql_set_password,
	.remove = sql_remove,
	.end_sessions = sql_end_sessions,
	.log_in = sql_log_in,
};

/* --- a Kratos -------------------------------------------------------------- */

static enum code
http_find(struct directory *d, struct arena *a, const char *email,
    struct ident_person *out)
{
	return kratos_admin_find(d->kratos, a, email, out);
}

static enum code
http_account(struct directory *d, struct arena *a, const char *email,
    struct directory_account *out)
{
	struct kratos_admin_about about;
	enum code code;

	code = kratos_admin_find_about(d->kratos, a, email, &about);
	if (code != CODE_OK)
		return code;
	out->person = about.person;
	out->verified = about.verified;
	out->metadata = about.metadata_admin;
	return CODE_OK;
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
	struct kratos_admin_new new = { .origin = in->origin,
		.origin_id = in->origin_id,
		.verified = in->verified };
	char origin[STR_UUID_LEN + 1];
	struct ident_person made;
	enum code code;

	if ((new.traits = identity_check(a, in, why)) == NULL)
		return CODE_INVALID_ARGUMENT;
	if (in->origin == NULL) {
		str_uuid_new(origin);
		new.origin = "command_id";
		new.origin_id = origin;
	}
	new.email = nfc_identifier(a, in->email);
	new.password = in->password;
	new.hash = in->hash;
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

static enum code
http_log_in(struct directory *d, struct arena *a,
    const struct directory_login *in, const char **token)
{
	struct kratos_login login;
	const char *why;
	enum code code;

	code =
	    kratos_log_in(d->kratos, a, in->email, in->password, &login, &why);
	if (code == CODE_OK)
		*token = login.token;
	return code;
}

static const struct way http_way = {
	.find = http_find,
	.account = http_account,
	.people = http_people,
	.create = http_create,
	.set_password = http_set_password,
	.remove = http_remove,
	.end_sessions = http_end_sessions,
	.log_in = http_log_in,
};

/* --- either ---------------------------------------------------------------- */

static int
use_database(struct directory *d, const struct conf *conf)
{
	const char *url = conf_text(conf, "identity.database.url");

	if (url == NULL) {
		log_error("identity.database.url is not set");
		return -1;
	}
	d->way = &sql_way;
	d->cost = idp_cost(conf);
	d->highest_aal =
	    !str_eq(conf_text(conf, "session.required_aal"), LEVEL_FIRST);
	d->session_us = conf_int(conf, "session.lifespan") * US;
	d->idle_us = conf_int(conf, "session.idle_timeout") * US;
	d->db = db_open(url, "mirai");
	return 0;
}

static int
use_kratos(struct directory *d, const struct conf *conf)
{
	d->way = &http_way;
	return (d->kratos = kratos_open(conf)) == NULL ? -1 : 0;
}

struct directory *
directory_serve(const struct conf *conf, const char *actor)
{
	struct directory *d;
	int rc;

	if (ident_check(conf) == -1)
		return NULL;
	d = xcalloc(1, sizeof(*d));
	d->actor = actor;
	rc = ident_is_external(conf) ? use_kratos(d, conf)
				     : use_database(d, conf);
	if (rc == 0)
		return d;
	directory_close(d);
	return NULL;
}

struct directory *
directory_open(const struct conf *conf, struct arena *a, const char *actor)
{
	struct directory *d = directory_serve(conf, actor);

	if (d == NULL || d->db == NULL)
		return d;
	db_use(d->db, a);
	if (migrate_require(d->db, MIGRATE_IDENTITY) == 0)
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
directory_account(struct directory *d, struct arena *a, const char *email,
    struct directory_account *out)
{
	memset(out, 0, sizeof(*out));
	return d->way->account(d, a, email, out);
}

bool
directory_made_for(const struct directory_account *account, const char *origin,
    const char *origin_id)
{
	return str_eq(json_get_text(account->metadata, origin, NULL),
	    origin_id);
}

/*
 * Who was made by a call whose answer got lost, or by one before it. Nobody
 * there at all is an outage: whether that call still comes through is open.
 */
static enum code
find_made(struct directory *d, struct arena *a,
    const struct identity_person *in, char id[STR_UUID_LEN + 1])
{
	struct directory_account found;
	enum code code;

	code = directory_account(d, a, in->email, &found);
	if (code == CODE_NOT_FOUND)
		return CODE_UNAVAILABLE;
	if (code != CODE_OK)
		return code;
	if (!directory_made_for(&found, in->origin, in->origin_id))
		return CODE_ALREADY_EXISTS;
	memcpy(id, found.person.identity_id, STR_UUID_LEN + 1);
	return CODE_OK;
}

enum code
directory_create(struct directory *d, struct arena *a,
    const struct identity_person *in, char id[STR_UUID_LEN + 1],
    const char **why)
{
	enum code code;

	*why = NULL;
	code = d->way->create(d, a, in, id, why);
	if (code == CODE_OK || code == CODE_INVALID_ARGUMENT)
		return code;
	if (code != CODE_ALREADY_EXISTS)
		code = CODE_UNAVAILABLE;
	return in->origin == NULL ? code : find_made(d, a, in, id);
}

bool
directory_hashes(const struct directory *d)
{
	return d->kratos != NULL;
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

enum code
directory_log_in(struct directory *d, struct arena *a,
    const struct directory_login *in, const char **token)
{
	return d->way->log_in(d, a, in, token);
}

/*
 * One indexed statement per question, on the reader's views. A token that is
 * not well-formed is answered without asking the database.
 */
#include "identity/embedded.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "identity/level.h"
#include "identity/nfc.h"
#include "identity/session.h"

enum query {
	Q_BY_TOKEN,
	Q_BY_COOKIE,
	Q_PEOPLE,
	Q_FIND,
	Q_REVOKE,
	Q_USED,
	Q__MAX
};

#define SESSION_COLUMNS                                            \
	"s.id, s.identity_id, s.email, s.first_name, s.last_name," \
	" s.email_verified, s.expires_at, s.aal, s.available_aal," \
	" s.second_factor_after, s.idle_at"

const struct db_query ident_embedded_queries[] = {
	[Q_BY_TOKEN] = {
	    .name = "ident_by_token",
	    .nargs = 1, /* hash */
	    .sql = "SELECT " SESSION_COLUMNS " FROM live_sessions s"
		   " WHERE s.token_hash = decode($1, 'hex')",
	},
	[Q_BY_COOKIE] = {
	    .name = "ident_by_cookie",
	    .nargs = 1, /* hash */
	    .sql = "SELECT " SESSION_COLUMNS " FROM live_sessions s"
		   " WHERE s.cookie_hash = decode($1, 'hex')",
	},
	[Q_PEOPLE] = {
	    .name = "ident_people",
	    .nargs = 1, /* ids */
	    .sql = "SELECT p.id, p.email, p.first_name, p.last_name"
		   " FROM people p WHERE p.id = ANY ($1::uuid[])",
	},
	[Q_FIND] = {
	    .name = "ident_find",
	    .nargs = 1, /* identifier */
	    .sql = "SELECT p.id, p.email, p.first_name, p.last_name"
		   " FROM people p WHERE p.id = person_by_email($1)",
	},
	[Q_REVOKE] = {
	    .name = "ident_revoke",
	    .nargs = 1, /* identity */
	    .sql = "SELECT credential_hash"
		   " FROM revoke_sessions($1::uuid, NULL)",
	},
	[Q_USED] = {
	    .name = "ident_used",
	    .nargs = 2, /* session, microseconds */
	    .sql = "SELECT session_used($1::uuid, $2::bigint)",
	},
	[Q__MAX] = { 0 },
};

struct embedded {
	struct ident ident;
	struct db *db;
	bool highest_aal;
	int64_t idle_us;
};

/* Runs a read of its own; NULL after a failure, logged by db. */
static struct db_rows *
ask(struct embedded *e, struct arena *a, const struct db_query *q,
    const char *arg)
{
	struct db_scope scope = { 0 };
	struct db_rows *rows;

	db_use(e->db, a);
	db_begin(e->db, DB_TX_READ, &scope);
	rows = db_last(e->db, q, DB_ARGS(arg));
	if (db_end(e->db, rows == NULL ? CODE_UNAVAILABLE : CODE_OK) != CODE_OK)
		return NULL;
	return rows;
}

/* Whether the session was proven as far as it must be. */
static bool
is_enough(const struct embedded *e, const struct db_rows *rows)
{
	struct level_facts facts = { 0 };
	enum level level;

	facts.aal = db_text(rows, 7);
	facts.available_aal = db_text(rows, 8);
	if (!db_null(rows, 9))
		facts.second_factor_after = db_time(rows, 9);
	level = level_of(e->highest_aal, &facts);
	return level == LEVEL_ENOUGH || level == LEVEL_INVITED;
}

static void
read_session(const struct db_rows *rows, struct ident_session *out)
{
	str_uuid_canon(db_text(rows, 0), out->session_id);
	str_uuid_canon(db_text(rows, 1), out->identity_id);
	out->email = db_text(rows, 2);
	out->first_name = db_text(rows, 3);
	out->last_name = db_text(rows, 4);
	out->email_verified = db_bool(rows, 5);
	out->expires_at = db_time(rows, 6);
}

/* Unnoted, a use is noted the next time: no reason to turn anybody away. */
static void
note_use(struct embedded *e, struct arena *a, const struct db_rows *rows)
{
	int64_t idle_at = db_null(rows, 10) ? 0 : db_time(rows, 10);
	struct db_scope scope = { 0 };
	const struct db_rows *done;

	if (!session_is_worn(idle_at, e->idle_us))
		return;
	db_begin(e->db, DB_TX_WRITE, &scope);
	done = db_last(e->db, &ident_embedded_queries[Q_USED],
	    DB_ARGS(db_text(rows, 0), db_arg_int(a, e->idle_us)));
	if (db_end(e->db, done == NULL ? CODE_UNAVAILABLE : CODE_OK) != CODE_OK)
		log_warn("session: its use was not noted");
}

static enum code
whoami_by(struct embedded *e, struct arena *a, enum session_carrier carrier,
    const char *secret, struct ident_session *out)
{
	enum query q = carrier == SESSION_TOKEN ? Q_BY_TOKEN : Q_BY_COOKIE;
	struct db_rows *rows;
	const char *hash;

	if ((hash = session_hash(a, carrier, secret)) == NULL)
		return CODE_UNAUTHENTICATED;
	rows = ask(e, a, &ident_embedded_queries[q], hash);
	if (rows == NULL)
		return CODE_UNAVAILABLE;
	if (!db_next(rows))
		return CODE_UNAUTHENTICATED;
	if (!is_enough(e, rows))
		return CODE_PERMISSION_DENIED;
	read_session(rows, out);
	note_use(e, a, rows);
	return CODE_OK;
}

static enum code
embedded_whoami(void *ctx, struct arena *a, const char *token,
    const char *cookie, struct ident_session *out)
{
	enum code code = CODE_UNAUTHENTICATED;

	memset(out, 0, sizeof(*out));
	if (token != NULL)
		code = whoami_by(ctx, a, SESSION_TOKEN, token, out);
	if (code == CODE_UNAUTHENTICATED && cookie != NULL)
		code = whoami_by(ctx, a, SESSION_COOKIE, cookie, out);
	return code;
}

static void
read_person(const struct db_rows *rows, struct ident_person *out)
{
	str_uuid_canon(db_text(rows, 0), out->identity_id);
	out->email = db_text(rows, 1);
	out->first_name = db_text(rows, 2);
	out->last_name = db_text(rows, 3);
}

static enum code
embedded_people(void *ctx, struct arena *a, const char *const *ids, size_t n,
    struct ident_person **out, size_t *nout)
{
	struct ident_person *list;
	struct db_rows *rows;
	size_t have = 0;

	rows = ask(ctx, a, &ident_embedded_queries[Q_PEOPLE],
	    db_arg_array(a, ids, n));
	if (rows == NULL)
		return CODE_UNAVAILABLE;
	list = arena_calloc(a, db_count(rows) + 1, sizeof(*list));
	while (db_next(rows))
		read_person(rows, &list[have++]);
	*out = list;
	*nout = have;
	return CODE_OK;
}

static enum code
embedded_find_email(void *ctx, struct arena *a, const char *email,
    struct ident_person *out)
{
	struct db_rows *rows;

	memset(out, 0, sizeof(*out));
	rows = ask(ctx, a, &ident_embedded_queries[Q_FIND],
	    nfc_identifier(a, email));
	if (rows == NULL)
		return CODE_UNAVAILABLE;
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	read_person(rows, out);
	return CODE_OK;
}

static enum code
embedded_revoke_sessions(void *ctx, const char *identity_id)
{
	struct embedded *e = ctx;
	struct db_scope scope = { 0 };
	struct arena *a = arena_new();
	struct db_rows *rows;
	enum code code;

	db_use(e->db, a);
	db_begin(e->db, DB_TX_WRITE, &scope);
	rows = db_run(e->db, &ident_embedded_queries[Q_REVOKE],
	    DB_ARGS(identity_id));
	while (rows != NULL && db_next(rows))
		session_notify(e->db, a, db_text(rows, 0));
	code = db_end(e->db, rows == NULL ? CODE_UNAVAILABLE : CODE_OK);
	arena_free(a);
	return code;
}

struct ident *
ident_embedded_open(const struct conf *conf)
{
	const char *url = conf_text(conf, "identity.reader_url");
	struct embedded *e;

	e = xcalloc(1, sizeof(*e));
	e->db = db_open(url == NULL ? "" : url, "mirai-who");
	e->highest_aal =
	    strcmp(conf_text(conf, "session.required_aal"), "aal1") != 0;
	e->idle_us = conf_int(conf, "session.idle_timeout") * 1000000;
	e->ident.ctx = e;
	e->ident.whoami = embedded_whoami;
	e->ident.people = embedded_people;
	e->ident.find_email = embedded_find_email;
	e->ident.revoke_sessions = embedded_revoke_sessions;
	return &e->ident;
}

void
ident_embedded_close(struct ident *ident)
{
	struct embedded *e;

	if (ident == NULL)
		return;
	e = ident->ctx;
	db_close(e->db);
	free(e);
}

void
ident_embedded_idle(struct ident *ident, int64_t idle_ms)
{
	struct embedded *e = ident->ctx;

	db_idle(e->db, idle_ms);
}

/*
 * Rows of sessions and what is shown of them. A credential is looked up by its
 * SHA-256 in its own column, so a cookie is never good as a token.
 */
#include "identity/session.h"

#include <string.h>

#include "base/clock.h"
#include "db/cache.h"
#include "net/crypt.h"

#define TOKEN_CHARS  32
#define COOKIE_CHARS 43
#define STEP_US	     INT64_C(60000000) /* uses are noted that far apart */

#define SESSION_LIVES                       \
	"s.active AND s.expires_at > now()" \
	" AND (s.idle_at IS NULL OR s.idle_at > now())"

#define SESSION_COLUMNS                                                    \
	IDENTITY_COLUMNS                                                   \
	", s.id, coalesce(encode(s.token_hash, 'hex'),"                    \
	" encode(s.cookie_hash, 'hex')), s.token_hash IS NOT NULL, s.aal," \
	" s.methods::text, s.issued_at, s.authenticated_at, s.expires_at," \
	" " SESSION_LIVES " AND i.state = 'active',"                       \
	" (SELECT json_agg(json_build_object('id', d.id,"                  \
	" 'ip_address', coalesce(d.ip_address, ''),"                       \
	" 'user_agent', coalesce(d.user_agent, ''),"                       \
	" 'location', coalesce(d.location, '')) ORDER BY d.created_at)"    \
	" FROM session_devices d WHERE d.session_id = s.id)::text,"        \
	" s.idle_at"
#define SESSION_TABLES \
	" FROM sessions s JOIN identities i ON i.id = s.identity_id"

/* Active or not, as the argument says; NULL: both. */
#define SESSION_IS(arg)                                                   \
	"(" arg "::boolean IS NULL OR " arg "::boolean = (" SESSION_LIVES \
	" AND i.state = 'active'))"

enum query {
	Q_ISSUE,
	Q_BY_TOKEN,
	Q_BY_COOKIE,
	Q_GET,
	Q_LIST,
	Q_COUNT,
	Q_PROVE,
	Q_ADD_PROOF,
	Q_USED,
	Q_EXTEND,
	Q_SEARCH,
	Q_SEARCH_OF,
	Q_SEARCH_COUNT,
	Q_REVOKE,
	Q_REVOKE_ALL,
	Q__MAX
};

const struct db_query session_queries[] = {
	[Q_ISSUE] = {
	    .name = "session_issue",
	    /* id, identity, token, cookie, methods, life, ip, agent, aal, idle */
	    .nargs = 10,
	    .sql = "WITH made AS (INSERT INTO sessions (id, identity_id,"
		   " token_hash, cookie_hash, methods, expires_at, aal,"
		   " idle_at)"
		   " VALUES ($1, $2, decode($3, 'hex'), decode($4, 'hex'),"
		   " $5, now() + $6::bigint * interval '1 microsecond', $9,"
		   " CASE WHEN $10::bigint > 0 THEN"
		   " now() + $10::bigint * interval '1 microsecond' END)"
		   " RETURNING id)"
		   " INSERT INTO session_devices"
		   " (session_id, ip_address, user_agent)"
		   " SELECT id, $7, $8 FROM made",
	},
	[Q_BY_TOKEN] = {
	    .name = "session_by_token",
	    .nargs = 1, /* hash */
	    .sql = "SELECT " SESSION_COLUMNS SESSION_TABLES
		   " WHERE s.token_hash = decode($1, 'hex')",
	},
	[Q_BY_COOKIE] = {
	    .name = "session_by_cookie",
	    .nargs = 1, /* hash */
	    .sql = "SELECT " SESSION_COLUMNS SESSION_TABLES
		   " WHERE s.cookie_hash = decode($1, 'hex')",
	},
	[Q_GET] = {
	    .name = "session_get",
	    .nargs = 1, /* id */
	    .sql = "SELECT " SESSION_COLUMNS SESSION_TABLES
		   " WHERE s.id = $1",
	},
	[Q_LIST] = {
	    .name = "session_list",
	    .nargs = 4, /* identity, but, offset, limit */
	    .sql = "SELECT " SESSION_COLUMNS SESSION_TABLES
		   " WHERE s.identity_id = $1 AND " SESSION_LIVES
		   " AND s.id IS DISTINCT FROM $2::uuid"
		   " ORDER BY s.issued_at DESC, s.id"
		   " OFFSET $3::bigint LIMIT $4::bigint",
	},
	[Q_COUNT] = {
	    .name = "session_count",
	    .nargs = 2, /* identity, but */
	    .sql = "SELECT count(*) FROM sessions s"
		   " WHERE s.identity_id = $1 AND " SESSION_LIVES
		   " AND s.id IS DISTINCT FROM $2::uuid",
	},
	[Q_SEARCH] = {
	    .name = "session_search",
	    .nargs = 3, /* active, after, limit */
	    .sql = "SELECT " SESSION_COLUMNS SESSION_TABLES
		   " WHERE " SESSION_IS("$1") " AND ($2::uuid IS NULL"
		   " OR (s.issued_at, s.id) < (SELECT o.issued_at, o.id"
		   " FROM sessions o WHERE o.id = $2::uuid))"
		   " ORDER BY s.issued_at DESC, s.id DESC LIMIT $3::bigint",
	},
	[Q_SEARCH_OF] = {
	    .name = "session_search_of",
	    .nargs = 4, /* identity, active, offset, limit */
	    .sql = "SELECT " SESSION_COLUMNS SESSION_TABLES
		   " WHERE s.identity_id = $1 AND " SESSION_IS("$2")
		   " ORDER BY s.issued_at DESC, s.id DESC"
		   " OFFSET $3::bigint LIMIT $4::bigint",
	},
	[Q_SEARCH_COUNT] = {
	    .name = "session_search_count",
	    .nargs = 2, /* identity, active */
	    .sql = "SELECT count(*)" SESSION_TABLES
		   " WHERE s.identity_id = $1 AND " SESSION_IS("$2"),
	},
	[Q_PROVE] = {
	    .name = "session_prove",
	    .nargs = 3, /* id, methods, aal */
	    .sql = "UPDATE sessions SET authenticated_at = now(),"
		   " methods = methods || $2::jsonb,"
		   " aal = greatest(aal, $3) WHERE id = $1",
	},
	[Q_ADD_PROOF] = {
	    .name = "session_add_proof",
	    .nargs = 3, /* id, methods, aal */
	    .sql = "UPDATE sessions SET methods = methods || $2::jsonb,"
		   " aal = greatest(aal, $3) WHERE id = $1",
	},
	[Q_USED] = {
	    .name = "session_used",
	    .nargs = 2, /* id, microseconds */
	    .sql = "SELECT session_used($1::uuid, $2::bigint)",
	},
	[Q_EXTEND] = {
	    .name = "session_extend",
	    .nargs = 2, /* id, microseconds */
	    .sql = "UPDATE sessions SET expires_at ="
		   " now() + $2::bigint * interval '1 microsecond'"
		   " WHERE id = $1 AND active",
	},
	[Q_REVOKE] = {
	    .name = "session_revoke",
	    .nargs = 2, /* id, identity */
	    .sql = "UPDATE sessions SET active = false, revoked_at = now()"
		   " WHERE id = $1 AND identity_id = $2 AND active"
		   " RETURNING encode(coalesce(token_hash, cookie_hash),"
		   " 'hex')",
	},
	[Q_REVOKE_ALL] = {
	    .name = "session_revoke_all",
	    .nargs = 2, /* identity, but */
	    .sql = "SELECT credential_hash"
		   " FROM revoke_sessions($1::uuid, $2::uuid)",
	},
	[Q__MAX] = { 0 },
};

/* --- secrets --------------------------------------------------------------- */

static bool
is_alnum(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!((s[i] >= '0' && s[i] <= '9') ||
			(s[i] >= 'A' && s[i] <= 'Z') ||
			(s[i] >= 'a' && s[i] <= 'z')))
			return false;
	return s[n] == '\0';
}

const char *
session_hash(struct arena *a, enum session_carrier carrier, const char *secret)
{
	const size_t skip = strlen(SESSION_TOKEN_PREFIX);
	const char *text = secret;
	size_t n = COOKIE_CHARS;

	if (secret == NULL)
		return NULL;
	if (carrier == SESSION_TOKEN) {
		if (!str_starts(secret, SESSION_TOKEN_PREFIX))
			return NULL;
		text += skip;
		n = TOKEN_CHARS;
	}
	if (!is_alnum(text, strnlen(text, n)) || strlen(text) != n)
		return NULL;
	return crypt_sha256_hex(a, secret, strlen(secret));
}

/* 32 alphanumerics out of an HMAC under one secret. */
static const char *
logout_token(struct arena *a, const char *secret, const char *session_id)
{
	static const char set[] = "0123456789"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz";
	uint8_t mac[CRYPT_SHA256_LEN];
	const char *text = arena_printf(a, "logout:%s", session_id);
	char *out;
	size_t i;

	crypt_hmac_sha256(secret, strlen(secret), text, strlen(text), mac);
	out = arena_alloc(a, sizeof(mac) + 1);
	for (i = 0; i < sizeof(mac); i++)
		out[i] = set[mac[i] % 62];
	out[sizeof(mac)] = '\0';
	return arena_printf(a, SESSION_LOGOUT_PREFIX "%s", out);
}

const char *
session_logout_token(struct arena *a, const char *const *secrets,
    const char *session_id)
{
	return logout_token(a, secrets[0], session_id);
}

bool
session_logout_ok(struct arena *a, const char *const *secrets,
    const char *session_id, const char *token)
{
	bool ok = false;
	size_t i;

	for (i = 0; secrets[i] != NULL; i++)
		ok |= crypt_equal_str(token,
		    logout_token(a, secrets[i], session_id));
	return ok;
}

/* --- rows ------------------------------------------------------------------ */

static const char *
proof_aal(const struct session_proof *proof)
{
	return proof->aal == NULL ? "aal1" : proof->aal;
}

static const char *
proof_json(struct arena *a, const struct session_proof *proof)
{
	struct json *list = json_new_list(a), *o = json_add_object(list);

	json_put_text(o, "method", proof->method);
	json_put_text(o, "aal", proof_aal(proof));
	json_put_text(o, "provider", proof->provider);
	json_put_text(o, "completed_at", clock_rfc3339(a, clock_now_us()));
	return json_string(a, list, JSON_COMPACT);
}

enum code
session_issue(struct db *db, struct arena *a, const struct session_new *in,
    char id[STR_UUID_LEN + 1], const char **secret)
{
	bool token = in->carrier == SESSION_TOKEN;
	char made[STR_UUID_LEN + 1];
	const char *clear, *hash;

	str_uuid_new(made);
	clear = token ? arena_printf(a, SESSION_TOKEN_PREFIX "%s",
			    crypt_token(a, TOKEN_CHARS))
		      : crypt_token(a, COOKIE_CHARS);
	hash = session_hash(a, in->carrier, clear);
	if (db_run(db, &session_queries[Q_ISSUE],
		DB_ARGS(made, in->identity_id, token ? hash : NULL,
		    token ? NULL : hash, proof_json(a, &in->proof),
		    db_arg_int(a, in->life_us), in->ip, in->user_agent,
		    proof_aal(&in->proof), db_arg_int(a, in->idle_us))) == NULL)
		return identity_fault(db);
	memcpy(id, made, sizeof(made));
	*secret = clear;
	return CODE_OK;
}

/* A json column, or an empty list. */
static const struct json *
list_column(struct arena *a, const struct db_rows *rows, unsigned col)
{
	const char *text = db_text(rows, col);
	const struct json *j;

	j = json_parse(a, text, strlen(text), NULL, NULL);
	return j == NULL ? json_new_list(a) : j;
}

static void
read_session(struct arena *a, const struct db_rows *rows, const char *base_url,
    struct session *out)
{
	const unsigned col = IDENTITY_NCOLUMNS;
	struct json *o = json_new_object(a);

	memset(out, 0, sizeof(*out));
	identity_read(a, rows, 0, base_url, &out->identity);
	str_uuid_canon(db_text(rows, col), out->id);
	out->hash = db_text(rows, col + 1);
	out->carrier = db_bool(rows, col + 2) ? SESSION_TOKEN : SESSION_COOKIE;
	out->aal = db_text(rows, col + 3);
	out->authenticated_at = db_time(rows, col + 6);
	out->expires_at = db_time(rows, col + 7);
	out->active = db_bool(rows, col + 8);
	out->idle_at = db_null(rows, col + 10) ? 0 : db_time(rows, col + 10);

	json_put_text(o, "id", out->id);
	json_put_bool(o, "active", out->active);
	json_put_text(o, "expires_at", clock_rfc3339(a, out->expires_at));
	json_put_text(o, "authenticated_at",
	    clock_rfc3339(a, out->authenticated_at));
	json_put_text(o, "authenticator_assurance_level", out->aal);
	json_put(o, "authentication_methods", list_column(a, rows, col + 4));
	json_put_text(o, "issued_at", clock_rfc3339(a, db_time(rows, col + 5)));
	json_put(o, "identity", out->identity.json);
	json_put(o, "devices", list_column(a, rows, col + 9));
	out->json = o;
}

static enum code
one_session(struct db *db, struct arena *a, const char *base_url,
    struct db_rows *rows, struct session *out)
{
	if (rows == NULL)
		return identity_fault(db);
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	read_session(a, rows, base_url, out);
	return CODE_OK;
}

enum code
session_find(struct db *db, struct arena *a, const char *base_url,
    enum session_carrier carrier, const char *hash, struct session *out)
{
	enum query q = carrier == SESSION_TOKEN ? Q_BY_TOKEN : Q_BY_COOKIE;

	return one_session(db, a, base_url,
	    db_run(db, &session_queries[q], DB_ARGS(hash)), out);
}

enum code
session_find_last(struct db *db, struct arena *a, const char *base_url,
    enum session_carrier carrier, const char *hash, struct session *out)
{
	enum query q = carrier == SESSION_TOKEN ? Q_BY_TOKEN : Q_BY_COOKIE;

	return one_session(db, a, base_url,
	    db_last(db, &session_queries[q], DB_ARGS(hash)), out);
}

enum code
session_get(struct db *db, struct arena *a, const char *base_url,
    const char *id, struct session *out)
{
	return one_session(db, a, base_url,
	    db_run(db, &session_queries[Q_GET], DB_ARGS(id)), out);
}

static enum code
count_sessions(struct db *db, const char *identity_id, const char *but,
    int64_t *total)
{
	struct db_rows *rows;

	rows = db_run(db, &session_queries[Q_COUNT], DB_ARGS(identity_id, but));
	if (rows == NULL || !db_next(rows))
		return identity_fault(db);
	*total = db_int(rows, 0);
	return CODE_OK;
}

enum code
session_list(struct db *db, struct arena *a, const char *base_url,
    const char *identity_id, const char *but, int64_t offset, int64_t limit,
    struct session **out, size_t *nout, int64_t *total)
{
	struct db_rows *rows;
	struct session *list;
	size_t n = 0;

	rows = db_run(db, &session_queries[Q_LIST],
	    DB_ARGS(identity_id, but, db_arg_int(a, offset),
		db_arg_int(a, limit)));
	if (rows == NULL)
		return identity_fault(db);
	list = arena_calloc(a, db_count(rows) + 1, sizeof(*list));
	while (db_next(rows))
		read_session(a, rows, base_url, &list[n++]);
	*out = list;
	*nout = n;
	return count_sessions(db, identity_id, but, total);
}

static const char *
active_arg(int active)
{
	if (active < 0)
		return NULL;
	return active == 0 ? "false" : "true";
}

static enum code
count_found(struct db *db, const struct session_filter *f, int64_t *total)
{
	struct db_rows *rows;

	if (total == NULL || f->identity_id == NULL)
		return CODE_OK;
	rows = db_run(db, &session_queries[Q_SEARCH_COUNT],
	    DB_ARGS(f->identity_id, active_arg(f->active)));
	if (rows == NULL || !db_next(rows))
		return identity_fault(db);
	*total = db_int(rows, 0);
	return CODE_OK;
}

enum code
session_search(struct db *db, struct arena *a, const char *base_url,
    const struct session_filter *f, struct session **out, size_t *nout,
    int64_t *total)
{
	const char *active = active_arg(f->active);
	struct db_rows *rows;

	if (f->identity_id != NULL)
		rows = db_run(db, &session_queries[Q_SEARCH_OF],
		    DB_ARGS(f->identity_id, active, db_arg_int(a, f->offset),
			db_arg_int(a, f->limit)));
	else
		rows = db_run(db, &session_queries[Q_SEARCH],
		    DB_ARGS(active, f->after, db_arg_int(a, f->limit)));
	if (rows == NULL)
		return identity_fault(db);
	*out = arena_calloc(a, db_count(rows) + 1, sizeof(**out));
	*nout = 0;
	while (db_next(rows))
		read_session(a, rows, base_url, &(*out)[(*nout)++]);
	return count_found(db, f, total);
}

static enum code
note_proof(struct db *db, struct arena *a, enum query q, const char *id,
    const struct session_proof *proof)
{
	if (db_run(db, &session_queries[q],
		DB_ARGS(id, proof_json(a, proof), proof_aal(proof))) == NULL)
		return identity_fault(db);
	return CODE_OK;
}

enum code
session_prove(struct db *db, struct arena *a, const char *id,
    const struct session_proof *proof)
{
	return note_proof(db, a, Q_PROVE, id, proof);
}

enum code
session_add_proof(struct db *db, struct arena *a, const char *id,
    const struct session_proof *proof)
{
	return note_proof(db, a, Q_ADD_PROOF, id, proof);
}

bool
session_is_worn(int64_t idle_at, int64_t idle_us)
{
	int64_t step = idle_us / 4;

	if (idle_us == 0)
		return idle_at != 0;
	if (step > STEP_US)
		step = STEP_US;
	return idle_at < clock_now_us() + idle_us - step;
}

enum code
session_used(struct db *db, struct arena *a, const char *id, int64_t idle_us)
{
	if (db_run(db, &session_queries[Q_USED],
		DB_ARGS(id, db_arg_int(a, idle_us))) == NULL)
		return identity_fault(db);
	return CODE_OK;
}

enum code
session_extend(struct db *db, struct arena *a, const char *id, int64_t life_us)
{
	if (db_run(db, &session_queries[Q_EXTEND],
		DB_ARGS(id, db_arg_int(a, life_us))) == NULL)
		return identity_fault(db);
	return CODE_OK;
}

enum code
session_revoke(struct db *db, struct arena *a, const char *id,
    const char *identity_id, const char **hash)
{
	struct db_rows *rows;

	rows = db_run(db, &session_queries[Q_REVOKE], DB_ARGS(id, identity_id));
	if (rows == NULL)
		return identity_fault(db);
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	*hash = arena_strdup(a, db_text(rows, 0));
	return CODE_OK;
}

enum code
session_revoke_all(struct db *db, struct arena *a, const char *identity_id,
    const char *but, const char ***hashes, size_t *nhashes)
{
	struct db_rows *rows;
	const char **list;
	size_t n = 0;

	rows = db_run(db, &session_queries[Q_REVOKE_ALL],
	    DB_ARGS(identity_id, but));
	if (rows == NULL)
		return identity_fault(db);
	list = arena_calloc(a, db_count(rows) + 1, sizeof(*list));
	while (db_next(rows))
		list[n++] = db_text(rows, 0);
	*hashes = list;
	*nhashes = n;
	return CODE_OK;
}

void
session_notify(struct db *db, struct arena *a, const char *hash)
{
	db_notify(db, "mirai_cache",
	    cache_message(a, NULL, arena_printf(a, "session:%s", hash), false));
}

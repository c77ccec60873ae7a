/*
 * Who holds this credential. A positive answer lives at most 30 s and never
 * past the session's end; negative ones are not kept. What is kept counts only
 * while the cache's generations of session, identity and user are those it was
 * read under, so a revocation reaches every process at its next request.
 */
#include "rpc/caller.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/cache.h"
#include "db/db.h"
#include "net/crypt.h"
#include "net/json.h"
#include "rpc/address.h"

#define TOKEN_COOKIE   "ory_session_token"
#define BROWSER_COOKIE "ory_kratos_session"
#define SESSION_MS     30000
#define USER_MS	       3600000
#define STATUS_MS      60000
#define FRONT_SLOTS    64
#define MAX_FAILED     60 /* a minute and address */
#define SHA_HEX	       (2 * CRYPT_SHA256_LEN)

enum query {
	Q_USER,
	Q__MAX
};

extern const struct db_query caller_queries[];

const struct db_query caller_queries[] = {
	[Q_USER] = {
	    .name = "caller_user",
	    .nargs = 1, /* identity */
	    .sql = "SELECT user_id, tenant_id, company_id, role, tenant_status"
		   " FROM user_by_identity($1)",
	},
	[Q__MAX] = { 0 },
};

/* What a caller shows; kept answers count for the same carrier only. */
struct credential {
	const char *token;  /* exactly one */
	const char *cookie; /* of the two */
	bool by_cookie;	    /* the browser sent it by itself */
	char sha[SHA_HEX + 1];
};

/* What must not have changed since something was kept. */
struct seen {
	int64_t session;
	int64_t identity;
	int64_t user;
};

/* A caller kept in the process; texts are the slot's own. */
struct slot {
	char sha[SHA_HEX + 1];
	bool token;
	struct seen seen;
	int64_t until_ms;
	struct who who;
};

static struct slot slots[FRONT_SLOTS];

char *
caller_session_key(struct arena *a, const char *sha256)
{
	return arena_printf(a, "session:%s", sha256);
}

char *
caller_identity_key(struct arena *a, const char *identity_id)
{
	return arena_printf(a, "identity:%s", identity_id);
}

char *
caller_user_key(struct arena *a, const char *identity_id)
{
	return arena_printf(a, "user:tenant:%s", identity_id);
}

/* --- the credential -------------------------------------------------------- */

static const char *
bearer(const struct req *r)
{
	const char *s = req_header(r, "authorization");

	if (s == NULL || strncasecmp(s, "Bearer ", 7) != 0)
		return NULL;
	s += 7;
	while (*s == ' ')
		s++;
	return *s == '\0' ? NULL : s;
}

static void
set_credential(struct req *r, struct credential *c, const char *s,
    bool is_token, bool by_cookie)
{
	c->token = is_token ? s : NULL;
	c->cookie = is_token ? NULL : s;
	c->by_cookie = by_cookie;
	memcpy(c->sha, crypt_sha256_hex(r->mem, s, strlen(s)), sizeof(c->sha));
}

/*
 * Order of accounts.md 1.3: a header that a script set beats a cookie, and a
 * rejected token cookie gives the browser's cookie one chance. Returns how
 * many of out are to be tried.
 */
static size_t
find_credentials(struct req *r, struct credential out[2])
{
	const char *token, *browser;
	size_t n = 0;

	token = bearer(r);
	if (token == NULL)
		token = req_header(r, "x-session-token");
	if (!str_is_empty(token)) {
		set_credential(r, &out[0], token, true, false);
		return 1;
	}
	token = req_cookie(r, TOKEN_COOKIE);
	browser = req_cookie(r, BROWSER_COOKIE);
	if (!str_is_empty(token))
		set_credential(r, &out[n++], token, true, true);
	if (!str_is_empty(browser))
		set_credential(r, &out[n++], browser, false, true);
	return n;
}

/* --- memory of the process ------------------------------------------------- */

static void
look(struct req *r, const char *sha, const char *identity, struct seen *out)
{
	struct cache *cache = r->env->cache;

	out->session =
	    cache_generation(cache, NULL, caller_session_key(r->mem, sha));
	out->identity = cache_generation(cache, NULL,
	    caller_identity_key(r->mem, identity));
	out->user =
	    cache_generation(cache, NULL, caller_user_key(r->mem, identity));
}

static bool
same(const struct seen *x, const struct seen *y)
{
	return x->session == y->session && x->identity == y->identity &&
	    x->user == y->user && x->session != -1 && x->identity != -1 &&
	    x->user != -1;
}

static struct slot *
slot_of(const char *sha)
{
	char first[9];

	memcpy(first, sha, 8);
	first[8] = '\0';
	return &slots[strtoul(first, NULL, 16) % FRONT_SLOTS];
}

static void
copy_texts(struct arena *a, struct who *w)
{
	w->email = arena_strdup(a, w->email);
	w->first_name = arena_strdup(a, w->first_name);
	w->last_name = arena_strdup(a, w->last_name);
}

static bool
recall(struct req *r, const struct credential *c)
{
	struct slot *s = slot_of(c->sha);
	struct seen now;

	if (strcmp(s->sha, c->sha) != 0 || s->token != (c->token != NULL) ||
	    clock_mono_ms() >= s->until_ms ||
	    clock_now_us() >= s->who.expires_at)
		return false;
	look(r, c->sha, s->who.identity_id, &now);
	if (!same(&now, &s->seen))
		return false;
	r->who = s->who;
	r->who.by_cookie = c->by_cookie;
	memcpy(r->who.credential, c->sha, sizeof(c->sha));
	copy_texts(r->mem, &r->who);
	return true;
}

/* free() takes no const, and the texts of a slot are from xstrdup(). */
static void
drop_text(const char *s)
{
	free((void *)(uintptr_t)s);
}

static void
remember(struct req *r, const struct credential *c, const struct seen *seen,
    int64_t checked_ms)
{
	struct slot *s = slot_of(c->sha);

	if (seen->session == -1)
		return;
	drop_text(s->who.email);
	drop_text(s->who.first_name);
	drop_text(s->who.last_name);
	memcpy(s->sha, c->sha, sizeof(s->sha));
	s->token = c->token != NULL;
	s->seen = *seen;
	s->until_ms =
	    clock_mono_ms() + SESSION_MS - (clock_now_us() / 1000 - checked_ms);
	s->who = r->who;
	s->who.email = xstrdup(r->who.email);
	s->who.first_name = xstrdup(r->who.first_name);
	s->who.last_name = xstrdup(r->who.last_name);
}

/* --- the session ----------------------------------------------------------- */

static const char *
text(const char *s)
{
	return s == NULL ? "" : s;
}

static void
take_session(struct req *r, const struct ident_session *s)
{
	struct who *w = &r->who;

	memcpy(w->identity_id, s->identity_id, sizeof(w->identity_id));
	memcpy(w->session_id, s->session_id, sizeof(w->session_id));
	w->email = text(s->email);
	w->first_name = text(s->first_name);
	w->last_name = text(s->last_name);
	w->expires_at = s->expires_at;
}

static void
keep_session(struct req *r, const struct credential *c, int64_t gen,
    int64_t identity_gen, int64_t checked_ms)
{
	struct json *o = json_new_object(r->mem);
	const struct who *w = &r->who;
	const char *s;

	json_put_text(o, "identity_id", w->identity_id);
	json_put_text(o, "session_id", w->session_id);
	json_put_text(o, "email", w->email);
	json_put_text(o, "first_name", w->first_name);
	json_put_text(o, "last_name", w->last_name);
	json_put_int(o, "expires_at", w->expires_at);
	json_put_int(o, "checked_at", checked_ms);
	json_put_int(o, "generation", identity_gen);
	json_put_bool(o, "token", c->token != NULL);
	s = json_string(r->mem, o, JSON_COMPACT);
	cache_put(r->env->cache, NULL, caller_session_key(r->mem, c->sha), gen,
	    s, strlen(s), SESSION_MS);
}

/* The host's cache knows it, and nothing was revoked since. */
static bool
cached_session(struct req *r, const struct credential *c, int64_t *checked_ms)
{
	struct ident_session s = { 0 };
	struct cache_entry e;
	const struct json *j;
	const char *id;

	if (!cache_get(r->env->cache, r->mem, NULL,
		caller_session_key(r->mem, c->sha), &e))
		return false;
	j = json_parse(r->mem, e.data, e.len, NULL, NULL);
	id = json_get_text(j, "identity_id", "");
	if (!str_uuid_canon(id, s.identity_id) ||
	    !str_uuid_canon(json_get_text(j, "session_id", ""), s.session_id))
		return false;
	s.email = json_get_text(j, "email", "");
	s.first_name = json_get_text(j, "first_name", "");
	s.last_name = json_get_text(j, "last_name", "");
	s.expires_at = json_get_int(j, "expires_at", 0, INT64_MAX, 0);
	*checked_ms = json_get_int(j, "checked_at", 0, INT64_MAX, 0);
	if (json_get_bool(j, "token", false) != (c->token != NULL) ||
	    clock_now_us() >= s.expires_at ||
	    clock_now_us() / 1000 - *checked_ms >= SESSION_MS ||
	    cache_generation(r->env->cache, NULL,
		caller_identity_key(r->mem, id)) !=
		json_get_int(j, "generation", INT64_MIN, INT64_MAX, -1))
		return false;
	take_session(r, &s);
	return true;
}

static enum code
no_session(struct req *r)
{
	return req_fail_reason(r, CODE_UNAUTHENTICATED, "AUTH_UNAUTHORIZED",
	    "authentication required");
}

static enum code
load_session(struct req *r, const struct credential *c, int64_t *checked_ms)
{
	const struct ident *id = r->env->ident;
	struct ident_session s = { 0 };
	int64_t gen, identity_gen, any;
	enum code code;

	if (cached_session(r, c, checked_ms))
		return CODE_OK;
	if (id == NULL)
		return no_session(r);
	gen = cache_generation(r->env->cache, NULL,
	    caller_session_key(r->mem, c->sha));
	any = cache_generation(r->env->cache, NULL, CALLER_ANY_IDENTITY);
	*checked_ms = clock_now_us() / 1000;
	code = id->whoami(id->ctx, r->mem, c->token, c->cookie, &s);
	if (code == CODE_UNAVAILABLE)
		return req_fail_reason(r, code, "EXTERNAL_SERVICE_ERROR",
		    "the identity service does not answer");
	if (code == CODE_PERMISSION_DENIED)
		return code;
	if (code != CODE_OK || clock_now_us() >= s.expires_at)
		return no_session(r);
	take_session(r, &s);
	identity_gen = cache_generation(r->env->cache, NULL,
	    caller_identity_key(r->mem, s.identity_id));
	/* Whose sessions were ended meanwhile is not known: do not keep it. */
	if (cache_generation(r->env->cache, NULL, CALLER_ANY_IDENTITY) != any)
		*checked_ms = 0;
	else
		keep_session(r, c, gen, identity_gen, *checked_ms);
	return CODE_OK;
}

/* --- the user row ---------------------------------------------------------- */

/* Legacy names count as what they became (accounts.md 1.5). */
static enum role
role_of(const char *name)
{
	if (strcmp(name, "admin") == 0 || strcmp(name, "owner") == 0)
		return ROLE_ADMIN;
	if (strcmp(name, "instructor") == 0)
		return ROLE_INSTRUCTOR;
	return ROLE_SME;
}

static void
take_user(struct req *r, const char *user, const char *tenant,
    const char *company, const char *role, const char *status)
{
	struct who *w = &r->who;

	if (!str_uuid_canon(user, w->user_id) ||
	    !str_uuid_canon(tenant, w->tenant_id)) {
		w->user_id[0] = w->tenant_id[0] = '\0';
		return;
	}
	if (!str_uuid_canon(company, w->company_id))
		w->company_id[0] = '\0';
	w->role = role_of(role);
	w->suspended = strcmp(status, "suspended") == 0;
}

/*
 * The mapping lives an hour, the tenant's status a minute: what is taken from
 * here may stay in the process for SESSION_MS more.
 */
static bool
cached_user(struct req *r)
{
	struct cache_entry e;
	const struct json *j;

	if (!cache_get(r->env->cache, r->mem, NULL,
		caller_user_key(r->mem, r->who.identity_id), &e) ||
	    clock_now_us() / 1000 - e.written_ms >= STATUS_MS - SESSION_MS)
		return false;
	j = json_parse(r->mem, e.data, e.len, NULL, NULL);
	take_user(r, json_get_text(j, "user_id", ""),
	    json_get_text(j, "tenant_id", ""),
	    json_get_text(j, "company_id", ""), json_get_text(j, "role", ""),
	    json_get_text(j, "status", ""));
	return r->who.user_id[0] != '\0';
}

static void
keep_user(struct req *r, const struct db_rows *rows, int64_t gen)
{
	struct json *o = json_new_object(r->mem);
	const char *s;

	json_put_text(o, "tenant_id", db_text(rows, 1));
	json_put_text(o, "user_id", db_text(rows, 0));
	json_put_text(o, "company_id", db_text(rows, 2));
	json_put_text(o, "role", db_text(rows, 3));
	json_put_text(o, "status", db_text(rows, 4));
	s = json_string(r->mem, o, JSON_COMPACT);
	cache_put(r->env->cache, NULL,
	    caller_user_key(r->mem, r->who.identity_id), gen, s, strlen(s),
	    USER_MS);
}

static enum code
load_user(struct req *r)
{
	struct db_scope scope = { .deadline_ms = r->deadline_ms };
	struct db_rows *rows;
	int64_t gen;

	if (r->db == NULL || cached_user(r))
		return CODE_OK;
	gen = cache_generation(r->env->cache, NULL,
	    caller_user_key(r->mem, r->who.identity_id));
	db_use(r->db, r->mem);
	db_begin(r->db, DB_TX_READ, &scope);
	rows = db_last(r->db, &caller_queries[Q_USER],
	    DB_ARGS(r->who.identity_id));
	if (db_end(r->db, rows == NULL ? CODE_INTERNAL : CODE_OK) != CODE_OK)
		return req_fail_db(r);
	if (!db_next(rows))
		return CODE_OK;
	take_user(r, db_text(rows, 0), db_text(rows, 1), db_text(rows, 2),
	    db_text(rows, 3), db_text(rows, 4));
	keep_user(r, rows, gen);
	return CODE_OK;
}

static enum code
load(struct req *r, const struct credential *c)
{
	struct seen before, after;
	int64_t checked_ms = 0;
	enum code code;

	look(r, c->sha, "", &before);
	if ((code = load_session(r, c, &checked_ms)) != CODE_OK)
		return code;
	look(r, c->sha, r->who.identity_id, &after);
	/* What changes while the user row is read makes it stale. */
	if ((code = load_user(r)) != CODE_OK)
		return code;
	if (before.session == after.session)
		remember(r, c, &after, checked_ms);
	return CODE_OK;
}

/*
 * A credential was shown and is none. Only failures count and only they are
 * refused: nobody is kept out because of a neighbour.
 */
static enum code
failed(struct req *r)
{
	const char *key;
	int wait_s;

	if (str_is_empty(r->remote))
		return CODE_UNAUTHENTICATED;
	key =
	    arena_printf(r->mem, "session %s", address_unit(r->mem, r->remote));
	if ((wait_s = cache_rate(r->env->cache, key, MAX_FAILED,
		 RATE_MINUTE)) == 0)
		return CODE_UNAUTHENTICATED;
	return req_fail_retry(r, CODE_RESOURCE_EXHAUSTED, "RATE_LIMITED",
	    wait_s,
	    "too many requests without a valid session; try again later");
}

/* There is a session, but a second factor is due. */
static enum code
level_low(struct req *r)
{
	(void)req_fail_reason(r, CODE_UNAUTHENTICATED, "AUTH_SESSION_EXPIRED",
	    "authentication required");
	return CODE_PERMISSION_DENIED;
}

enum code
caller_load(struct req *r)
{
	struct credential c[2];
	enum code code = CODE_OK;
	bool low = false;
	size_t i, n;

	if (r->who.identity_id[0] != '\0')
		return CODE_OK;
	n = find_credentials(r, c);
	for (i = 0; i < n; i++) {
		if (recall(r, &c[i]))
			return CODE_OK;
		code = load(r, &c[i]);
		r->who.by_cookie = c[i].by_cookie;
		memcpy(r->who.credential, c[i].sha, sizeof(c[i].sha));
		if (code == CODE_OK)
			return CODE_OK;
		memset(&r->who, 0, sizeof(r->who));
		if (code == CODE_PERMISSION_DENIED)
			low = true;
		else if (code != CODE_UNAUTHENTICATED)
			return code;
	}
	if (low)
		return level_low(r);
	return n > 0 ? failed(r) : no_session(r);
}

/*
 * Who writes for a tenant. One function decides, from one row, for all: a
 * program that calls and one that only asks see the same. Keys are opened into
 * memory that is wiped, handed to the link and forgotten here; they are in no
 * message and in no log line.
 */
#include "service/ai_choice.h"

#include <string.h>

#include "base/log.h"
#include "db/db.h"
#include "net/crypt.h"
#include "net/outside.h"
#include "net/sealed.h"
#include "rpc/tx.h"
#include "service/ai_reserve.h"
#include "service/ai_usage.h"

#define URL_MOST 500

#define STATE_COLUMNS                                                        \
	"s.provider, s.model, s.base_url, COALESCE(s.has_key, false),"       \
	" s.updated_at IS NOT NULL, s.monthly_token_limit, " AI_USAGE_MONTH( \
	    "$1")
#define STATE_FROM                                             \
	" FROM (SELECT 1) one LEFT JOIN tenant_ai_settings s " \
	"ON s.tenant_id = $1"

enum query {
	Q_STATE,
	Q_ROW,
	Q__MAX
};

extern const struct db_query ai_choice_queries[];

const struct db_query ai_choice_queries[] = {
	[Q_STATE] = {
	    .name = "ai_choice_state",
	    .nargs = 1, /* tenant */
	    .sql = "SELECT " STATE_COLUMNS STATE_FROM,
	},
	[Q_ROW] = {
	    .name = "ai_choice_row",
	    .nargs = 1, /* tenant */
	    .sql = "SELECT " STATE_COLUMNS ", replace(encode("
		   "s.encrypted_api_key, 'base64'), E'\\n', ''),"
		   " s.key_provider, s.key_base_url" STATE_FROM,
	},
	[Q__MAX] = { 0 },
};

/* --- the decision ------------------------------------------------------------ */

/* What the tenant has; texts NULL or "" for the installation's. */
struct row {
	const struct provider *named; /* NULL: it has not chosen */
	const char *model;
	const char *url;
	bool has_key; /* for what is chosen */
	struct ai_budget budget;
	/* Only of Q_ROW. */
	const char *sealed;
	const char *key_provider;
	const char *key_url;
};

/* Whose key goes along. */
enum key_of {
	KEY_NONE = 0,
	KEY_TENANT,
	KEY_HOST
};

struct decision {
	const struct provider *provider;
	const char *model; /* NULL: the installation's */
	const char *url;
	enum key_of key;
	bool missing; /* the installation's has no key, and needs one */
};

/* The tenant's choice, if it can be used. */
static bool
decide_own(const struct conf *conf, const struct row *row, struct decision *d)
{
	const struct provider *p = row->named;
	bool own_url = !str_is_empty(row->url);

	if (p == NULL)
		return false;
	*d = (struct decision){ .provider = p };
	if (p->wire == NULL)
		return true;
	if (!row->has_key && !own_url) {
		d->key = KEY_HOST;
		return !str_is_empty(provider_key(conf, p));
	}
	d->key = row->has_key ? KEY_TENANT : KEY_NONE;
	d->model = row->model;
	d->url = row->url;
	return row->has_key || !provider_needs_key(p);
}

static const struct provider *
host_provider(const struct conf *conf)
{
	const char *name = conf_text(conf, "ai.provider");
	const struct provider *p;
	size_t i;

	if (!str_is_empty(name))
		return provider_find(name);
	for (i = 0; (p = provider_at(i)) != NULL; i++)
		if (p->wire != NULL && !str_is_empty(provider_key(conf, p)))
			return p;
	return provider_find("extractive");
}

static struct decision
decide(const struct conf *conf, const struct row *row)
{
	struct decision d;

	if (decide_own(conf, row, &d))
		return d;
	d = (struct decision){ .provider = host_provider(conf),
		.key = KEY_HOST };
	d.missing = provider_needs_key(d.provider) &&
	    str_is_empty(provider_key(conf, d.provider));
	return d;
}

static bool
is_reached(const struct decision *d, const struct ai_budget *b)
{
	return d->provider->wire != NULL && b->limit >= 0 &&
	    b->used >= b->limit;
}

/* --- configuration ----------------------------------------------------------- */

int
ai_choice_check(const struct conf *conf)
{
	const char *name = conf_text(conf, "ai.provider"), *bad;
	struct arena *a;
	int rc = 0;

	if (!str_is_empty(name) && provider_find(name) == NULL) {
		log_error("ai.provider: %s: no such provider", name);
		return -1;
	}
	a = arena_new();
	if (outside_new(a, conf_list(conf, "ai.allow_private"), &bad) == NULL) {
		log_error("ai.allow_private: %s: no address and no network",
		    bad);
		rc = -1;
	}
	arena_free(a);
	return rc;
}

/* A host, and nothing that could mean another one or carry a secret. */
const char *
ai_choice_url_rule(const struct conf *conf, const char *url)
{
	bool plain = str_starts(url, "http://");
	const char *host = url + strlen(plain ? "http://" : "https://"), *s;

	if (strlen(url) > URL_MOST)
		return "must have at most 500 characters";
	if (!plain && !str_starts(url, "https://"))
		return "must begin with https://";
	if (plain && *conf_list(conf, "ai.allow_private") == NULL)
		return "must begin with https://";
	for (s = url; *s != '\0'; s++)
		if (*s <= ' ' || *s > '~' || strchr("\\\"<>^`{|}", *s) != NULL)
			return "must have no spaces and no special characters";
	if (strpbrk(url, "?#@") != NULL)
		return "must have no user, query or fragment";
	if (host[strspn(host, "[]:.")] == '\0' || *host == '/' || *host == ':')
		return "must name a host";
	return NULL;
}

/* --- the row ----------------------------------------------------------------- */

static bool
read_row(struct db_rows *rows, struct row *row)
{
	if (rows == NULL || !db_next(rows))
		return false;
	/* A row that only counts names nobody. */
	row->named = db_bool(rows, 4) ? provider_find(db_text(rows, 0)) : NULL;
	row->model = db_text_null(rows, 1);
	row->url = db_text_null(rows, 2);
	row->has_key = db_bool(rows, 3);
	row->budget.limit = db_null(rows, 5) ? -1 : db_int(rows, 5);
	row->budget.used = db_int(rows, 6);
	return true;
}

/* In a transaction of its own. */
static enum code
load(struct req *r, struct row *row)
{
	struct db_rows *rows;
	bool ok;

	db_use(r->db, r->mem);
	tx_begin(r, DB_TX_READ);
	rows = db_last(r->db, &ai_choice_queries[Q_ROW],
	    DB_ARGS(r->who.tenant_id));
	if ((ok = read_row(rows, row))) {
		row->sealed = db_text(rows, 7);
		row->key_provider = db_text(rows, 8);
		row->key_url = db_text(rows, 9);
	}
	if (db_end(r->db, ok ? CODE_OK : CODE_INTERNAL) != CODE_OK)
		return req_fail_db(r);
	return CODE_OK;
}

/* --- a choice ---------------------------------------------------------------- */

struct ai_choice {
	struct req *r;
	struct decision d;
	struct row row;
	const char *holder;	    /* of what it reserves */
	struct provider_link *link; /* NULL: works here, or closed */
	const struct outside *allowed;
	bool plain; /* http: listed addresses only */
};

/* The tenant names the address, so it must be none of our own network. */
static bool
may_connect(void *arg, const struct sockaddr *to)
{
	const struct ai_choice *c = arg;

	return outside_is_listed(c->allowed, to) ||
	    (!c->plain && outside_is_public(to));
}

/* The stored key in a, which wipes it; NULL when it cannot be opened. */
static const char *
open_key(struct req *r, struct arena *a, const struct row *row)
{
	struct sealed *keys;
	const char *key = NULL, *why;
	uint8_t *blob;
	size_t len;

	keys = sealed_new(conf_list(r->env->conf, "encryption.keys"), &why);
	blob = crypt_unbase64(r->mem, row->sealed, strlen(row->sealed), &len);
	if (keys != NULL && blob != NULL)
		key = sealed_open(keys, a, r->who.tenant_id, blob, len, &len);
	sealed_free(keys);
	if (key == NULL)
		log_error("the AI key of tenant %s cannot be opened"
			  " (encryption.keys)",
		    r->who.tenant_id);
	return key;
}

static void
open_link(struct ai_choice *c, const char *key)
{
	const struct conf *conf = c->r->env->conf;
	const char *cache = conf_text(conf, "cache.path");
	struct provider_setup setup;

	provider_configure(&setup, conf, c->d.provider, key);
	if (!str_is_empty(c->d.model))
		setup.model = c->d.model;
	if (!str_is_empty(c->d.url)) {
		setup.url = c->d.url;
		setup.may_connect = may_connect;
		setup.connect_arg = c;
		c->plain = !str_starts(c->d.url, "https://");
	}
	/* Sealed with a key that is gone, it is not called without. */
	setup.needs_key = c->d.key == KEY_TENANT;
	if (!str_is_empty(cache))
		setup.bucket = arena_printf(c->r->mem, "%s-ai", cache);
	c->link = provider_open(&setup);
}

static void
close_deferred(void *p)
{
	ai_choice_close(p);
}

/* key: of a trial; NULL: as decided. */
static struct ai_choice *
make(struct req *r, const struct decision *d, const struct row *row,
    const char *key)
{
	struct ai_choice *c = arena_zalloc(r->mem, sizeof(*c));
	struct arena *secret = arena_new();
	const char *bad;

	arena_set_wipe(secret);
	*c = (struct ai_choice){ .r = r, .d = *d, .row = *row };
	c->allowed = outside_new(r->mem,
	    conf_list(r->env->conf, "ai.allow_private"), &bad);
	if (d->key == KEY_HOST)
		key = provider_key(r->env->conf, d->provider);
	else if (d->key == KEY_TENANT && key == NULL)
		key = open_key(r, secret, row);
	if (d->provider->wire != NULL && c->allowed != NULL) {
		open_link(c, key);
		arena_defer(r->mem, close_deferred, c);
	}
	arena_free(secret);
	return c;
}

enum code
ai_choice_open(struct req *r, const char *holder, struct ai_choice **out)
{
	struct decision d;
	struct row row;
	enum code code;

	if ((code = load(r, &row)) != CODE_OK)
		return code;
	d = decide(r->env->conf, &row);
	*out = make(r, &d, &row, NULL);
	(*out)->holder = holder;
	return CODE_OK;
}

void
ai_choice_close(struct ai_choice *c)
{
	if (c == NULL)
		return;
	provider_close(c->link);
	c->link = NULL;
}

void
ai_choice_run(const struct ai_choice *c, struct provider_run *run)
{
	run->provider = c->d.provider;
	run->link = c->link;
}

enum provider_leave
ai_choice_may_spend(struct ai_choice *c, const struct provider_cost *cost)
{
	return ai_reserve_take(c->r, c->holder, cost, &c->row.budget);
}

/* --- a trial ----------------------------------------------------------------- */

/* The trial with what is stored in place of what it leaves out. */
static struct decision
decide_trial(const struct ai_trial *t, const struct row *row)
{
	struct decision d = { .provider = t->provider,
		.model = t->model,
		.url = t->url,
		.key = KEY_TENANT };

	if (d.provider == NULL)
		d.provider =
		    row->named != NULL ? row->named : provider_find("gemini");
	if (d.provider == row->named) {
		d.model = d.model != NULL ? d.model : row->model;
		d.url = d.url != NULL ? d.url : row->url;
	}
	return d;
}

/* Whether the stored key was given for that provider and address. */
static bool
is_kept_for(const struct row *row, const struct decision *d)
{
	return !str_is_empty(row->sealed) &&
	    str_eq(row->key_provider, d->provider->name) &&
	    str_eq(row->key_url, d->url == NULL ? "" : d->url);
}

enum code
ai_choice_try(struct req *r, const struct ai_trial *t, struct ai_choice **out)
{
	struct decision d;
	struct row row;
	enum code code;
	bool keyless;

	*out = NULL;
	if ((code = load(r, &row)) != CODE_OK)
		return code;
	d = decide_trial(t, &row);
	keyless = d.provider->wire == NULL ||
	    (!str_is_empty(d.url) && !provider_needs_key(d.provider));
	if (t->key == NULL && !is_kept_for(&row, &d)) {
		if (!keyless)
			return CODE_OK;
		d.key = KEY_NONE;
	}
	*out = make(r, &d, &row, t->key);
	return CODE_OK;
}

/* --- a state ----------------------------------------------------------------- */

enum code
ai_choice_state(struct req *r, struct ai_state *out)
{
	struct decision d;
	struct row row;

	if (!read_row(db_run(r->db, &ai_choice_queries[Q_STATE],
			  DB_ARGS(r->who.tenant_id)),
		&row))
		return req_fail_db(r);
	d = decide(r->env->conf, &row);
	*out = (struct ai_state){ .provider = d.missing ? NULL : d.provider,
		.own = d.key == KEY_TENANT || !str_is_empty(d.url),
		.limit = row.budget.limit,
		.used = row.budget.used,
		.limit_reached = is_reached(&d, &row.budget) };
	return CODE_OK;
}

enum code
ai_choice_require(struct req *r, struct ai_state *out)
{
	struct ai_state state;
	enum code code;

	if ((code = ai_choice_state(r, &state)) != CODE_OK)
		return code;
	if (out != NULL)
		*out = state;
	if (state.provider == NULL)
		return ai_choice_fail(r, PROVIDER_NO_KEY);
	if (state.limit_reached)
		return ai_choice_fail(r, PROVIDER_LIMIT);
	return CODE_OK;
}

/* --- failures ---------------------------------------------------------------- */

static const struct {
	enum code code;
	const char *reason;
} failures[PROVIDER__MAX] = {
	[PROVIDER_DONE] = { CODE_INTERNAL, "INTERNAL_ERROR" }, /* is none */
	[PROVIDER_CANCELLED] = { CODE_CANCELED, "EXTERNAL_SERVICE_ERROR" },
	[PROVIDER_UNAVAILABLE] = { CODE_UNAVAILABLE, "EXTERNAL_SERVICE_ERROR" },
	[PROVIDER_BUSY] = { CODE_UNAVAILABLE, "EXTERNAL_SERVICE_ERROR" },
	[PROVIDER_TRUNCATED] = { CODE_UNAVAILABLE, "EXTERNAL_SERVICE_ERROR" },
	[PROVIDER_MALFORMED] = { CODE_UNAVAILABLE, "EXTERNAL_SERVICE_ERROR" },
	[PROVIDER_NO_KEY] = { CODE_INVALID_ARGUMENT, "AI_KEY_MISSING" },
	[PROVIDER_KEY] = { CODE_INVALID_ARGUMENT, "AI_KEY_REJECTED" },
	[PROVIDER_REFUSED] = { CODE_INVALID_ARGUMENT, "AI_REFUSED" },
	[PROVIDER_SAFETY] = { CODE_INVALID_ARGUMENT, "AI_REFUSED" },
	[PROVIDER_LIMIT] = { CODE_PERMISSION_DENIED, "AI_LIMIT_REACHED" },
	[PROVIDER_EMPTY] = { CODE_INVALID_ARGUMENT, "AI_REFUSED" },
	[PROVIDER_UNABLE] = { CODE_INVALID_ARGUMENT, "AI_REFUSED" },
};

enum code
ai_choice_fail(struct req *r, enum provider_end end)
{
	return req_fail_reason(r, failures[end].code, failures[end].reason,
	    "%s", provider_end_text(end));
}

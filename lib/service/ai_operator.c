/*
 * The operator's statements about AI. Each change carries its audit row. Runs
 * with superadmin visibility, hence only for a worker's role; a key is opened
 * and sealed in memory and shown to nobody.
 */
#include "service/ai_operator.h"

#include <string.h>

#include "net/crypt.h"
#include "service/ai_usage.h"

#define BATCH 50

/* The row of the CTE "done" (tenant_id) in the audit log. */
#define AUDIT(action, details)                                           \
	" INSERT INTO audit_log (tenant_id, action, target_type,"        \
	" target_id, details) SELECT tenant_id, '" action "', 'tenant'," \
	" tenant_id, jsonb_build_object(" details ") FROM done"

#define KEYS                                                             \
	"SELECT tenant_id, replace(encode(encrypted_api_key, 'base64')," \
	" E'\\n', '') FROM tenant_ai_settings"                           \
	" WHERE encrypted_api_key IS NOT NULL AND tenant_id > $1::uuid"  \
	" ORDER BY tenant_id LIMIT 50"

#define NO_TENANT "00000000-0000-0000-0000-000000000000"

enum query {
	Q_LOOK,
	Q_LOCK,
	Q_SEAL,
	Q_LIMIT,
	Q_USAGE,
	Q_KINDS,
	Q__MAX
};

extern const struct db_query ai_operator_queries[];

const struct db_query ai_operator_queries[] = {
	[Q_LOOK] = {
	    .name = "ai_operator_look",
	    .nargs = 1, /* tenant */
	    .sql = KEYS,
	},
	/* What a company changes meanwhile waits, or is seen as changed. */
	[Q_LOCK] = {
	    .name = "ai_operator_lock",
	    .nargs = 1, /* tenant */
	    .sql = KEYS " FOR UPDATE",
	},
	[Q_SEAL] = {
	    .name = "ai_operator_seal",
	    .nargs = 3, /* tenant, sealed key, actor */
	    .sql = "WITH done AS (UPDATE tenant_ai_settings"
		   " SET encrypted_api_key = decode($2, 'base64')"
		   " WHERE tenant_id = $1::uuid RETURNING tenant_id)"
		   AUDIT("ai.key.rotate", "'by', $3::text"),
	},
	[Q_LIMIT] = {
	    .name = "ai_operator_limit",
	    .nargs = 3, /* tenant, tokens or NULL, actor */
	    .sql = "WITH done AS (INSERT INTO tenant_ai_settings"
		   " (tenant_id, monthly_token_limit) VALUES ($1, $2::bigint)"
		   " ON CONFLICT (tenant_id) DO UPDATE SET"
		   " monthly_token_limit = EXCLUDED.monthly_token_limit"
		   " RETURNING tenant_id)"
		   AUDIT("ai.limit", "'by', $3::text, 'tokens', $2::bigint"),
	},
	[Q_USAGE] = {
	    .name = "ai_operator_usage",
	    .nargs = 1, /* tenant */
	    .sql = "SELECT s.total_tokens_used, s.monthly_token_limit, "
		   AI_USAGE_MONTH("$1::uuid")
		   " FROM (SELECT 1) one LEFT JOIN tenant_ai_settings s"
		   " ON s.tenant_id = $1::uuid",
	},
	[Q_KINDS] = {
	    .name = "ai_operator_kinds",
	    .nargs = 1, /* tenant */
	    .sql = "SELECT kind, sum(tokens)::bigint, sum(jobs)::bigint"
		   " FROM ai_usage WHERE tenant_id = $1::uuid AND day >="
		   " date_trunc('month', now() AT TIME ZONE 'UTC')::date"
		   " GROUP BY kind ORDER BY 2 DESC, kind",
	},
	[Q__MAX] = { 0 },
};

static const struct db_scope everything = { .superadmin = true };

/* --- keys -------------------------------------------------------------------- */

struct rotation {
	struct db *db;
	struct arena *a;
	const struct sealed *keys;
	const char *actor;
	struct ai_rotation *s;
};

static void
note_lost(struct rotation *w, const char *tenant)
{
	w->s->lost++;
	w->s->lost_tenants[w->s->nlost_tenants++] = tenant;
}

static void
seal_anew(struct rotation *w, const char *tenant, const char *key, size_t len)
{
	uint8_t *blob;

	blob = sealed_close(w->keys, w->a, tenant, key, len, &len);
	db_queue(w->db, &ai_operator_queries[Q_SEAL],
	    DB_ARGS(tenant, crypt_base64(w->a, blob, len), w->actor));
}

static void
rotate_one(struct rotation *w, const char *tenant, const char *text)
{
	uint8_t *blob;
	size_t len, keylen = 0;
	const char *key = NULL;

	w->s->seen++;
	blob = crypt_unbase64(w->a, text, strlen(text), &len);
	if (blob != NULL)
		key = sealed_open(w->keys, w->a, tenant, blob, len, &keylen);
	if (key == NULL) {
		note_lost(w, tenant);
		return;
	}
	if (!sealed_is_stale(w->keys, blob, len))
		return;
	w->s->stale++;
	if (!w->s->dry)
		seal_anew(w, tenant, key, keylen);
}

enum code
ai_operator_rotate(struct db *db, struct arena *a, const struct sealed *keys,
    const char *actor, struct ai_rotation *s)
{
	struct rotation w = { db, a, keys, actor, s };
	struct db_rows *rows;

	s->lost_tenants = arena_calloc(a, BATCH, sizeof(*s->lost_tenants));
	s->nlost_tenants = 0;
	db_use(db, a);
	db_begin(db, s->dry ? DB_TX_READ : DB_TX_WRITE, &everything);
	rows = db_run(db, &ai_operator_queries[s->dry ? Q_LOOK : Q_LOCK],
	    DB_ARGS(s->after[0] == '\0' ? NO_TENANT : s->after));
	while (rows != NULL && db_next(rows)) {
		rotate_one(&w, db_text(rows, 0), db_text(rows, 1));
		memcpy(s->after, db_text(rows, 0), sizeof(s->after));
	}
	s->over = rows != NULL && db_count(rows) < BATCH;
	return db_end(db, rows == NULL ? CODE_UNAVAILABLE : CODE_OK);
}

/* --- limit and use ----------------------------------------------------------- */

enum code
ai_operator_limit(struct db *db, struct arena *a, const char *tenant_id,
    int64_t tokens, const char *actor)
{
	const char *n = tokens < 0 ? NULL : db_arg_int(a, tokens);
	struct db_rows *rows;

	db_use(db, a);
	db_begin(db, DB_TX_WRITE, &everything);
	rows = db_last(db, &ai_operator_queries[Q_LIMIT],
	    DB_ARGS(tenant_id, n, actor));
	return db_end(db, rows == NULL ? CODE_UNAVAILABLE : CODE_OK);
}

static bool
read_usage(struct db_rows *rows, struct ai_operator_usage *out)
{
	if (rows == NULL || !db_next(rows))
		return false;
	out->total = db_int(rows, 0);
	out->limit = db_null(rows, 1) ? -1 : db_int(rows, 1);
	out->month = db_int(rows, 2);
	return true;
}

static bool
read_kinds(struct arena *a, struct db_rows *rows, struct ai_operator_usage *out)
{
	struct ai_operator_kind *k;

	if (rows == NULL)
		return false;
	out->kinds = arena_calloc(a, db_count(rows), sizeof(*out->kinds));
	for (out->nkinds = 0; db_next(rows); out->nkinds++) {
		k = &out->kinds[out->nkinds];
		k->kind = db_text(rows, 0);
		k->tokens = db_int(rows, 1);
		k->jobs = db_int(rows, 2);
	}
	return true;
}

enum code
ai_operator_usage(struct db *db, struct arena *a, const char *tenant_id,
    struct ai_operator_usage *out)
{
	bool ok;

	db_use(db, a);
	db_begin(db, DB_TX_READ, &everything);
	ok = read_usage(db_run(db, &ai_operator_queries[Q_USAGE],
			    DB_ARGS(tenant_id)),
		 out) &&
	    read_kinds(a,
		db_run(db, &ai_operator_queries[Q_KINDS], DB_ARGS(tenant_id)),
		out);
	return db_end(db, ok ? CODE_OK : CODE_UNAVAILABLE);
}

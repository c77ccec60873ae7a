/*
 * Keys are a caller's own. What is compared is the request message in its
 * binary form, which is the same whatever codec and compression carried it.
 * Only answers to calls that succeeded are kept: a failed one may be tried
 * again under its key.
 */
#include "rpc/idempotency.h"

#include <string.h>

#include "net/crypt.h"

#define HEADER	"Idempotency-Key"
#define MAX_KEY 255

enum query {
	Q_LOCK,
	Q_FIND,
	Q_KEEP,
	Q__MAX
};

extern const struct db_query idempotency_queries[];

const struct db_query idempotency_queries[] = {
	[Q_LOCK] = {
	    .name = "idempotency_lock",
	    .nargs = 2, /* user, key */
	    /* Until the transaction ends; users' ids are unique everywhere. */
	    .sql = "SELECT pg_advisory_xact_lock(hashtextextended("
		   "'mirai_idempotency ' || $1::text || $2::text, 0))",
	},
	[Q_FIND] = {
	    .name = "idempotency_find",
	    .nargs = 4, /* tenant, user, key, seconds */
	    .sql = "SELECT method, encode(message_sha256, 'hex'),"
		   " translate(encode(answer, 'base64'), E'\n', '')"
		   " FROM idempotency_keys WHERE tenant_id = $1::uuid"
		   " AND user_id = $2::uuid AND key = $3"
		   " AND created_at > now() - $4::int * interval '1 second'",
	},
	[Q_KEEP] = {
	    .name = "idempotency_keep",
	    /* tenant, user, key, method, hash, answer */
	    .nargs = 6,
	    .sql = "INSERT INTO idempotency_keys (tenant_id, user_id, key,"
		   " method, message_sha256, answer)"
		   " VALUES ($1::uuid, $2::uuid, $3, $4, decode($5, 'hex'),"
		   " decode($6, 'base64'))"
		   " ON CONFLICT (tenant_id, user_id, key) DO UPDATE"
		   " SET method = EXCLUDED.method,"
		   " message_sha256 = EXCLUDED.message_sha256,"
		   " answer = EXCLUDED.answer,"
		   " created_at = EXCLUDED.created_at",
	},
	[Q__MAX] = { 0 },
};

static bool
is_key(const char *s)
{
	size_t n;

	for (n = 0; s[n] != '\0'; n++)
		if (s[n] < 0x20 || s[n] > 0x7e)
			return false;
	return n >= 1 && n <= MAX_KEY;
}

enum code
idempotency_key(struct req *r, const struct rpc_method *m, const char **key)
{
	const char *s;

	*key = NULL;
	if (m->tx != DB_TX_WRITE || r->db == NULL ||
	    (s = req_header(r, "idempotency-key")) == NULL ||
	    r->who.user_id[0] == '\0')
		return CODE_OK;
	if (!is_key(s))
		return req_fail_field(r, HEADER,
		    "takes 1 to %d printable ASCII characters", MAX_KEY);
	*key = s;
	return CODE_OK;
}

static const char *
hash_message(struct req *r, const struct rpc_method *m, const void *in)
{
	struct buf *b = buf_new(r->mem);

	pb_encode(b, m->in, in);
	return crypt_sha256_hex(r->mem, b->data, b->len);
}

/* The stored answer, if any, once no other request works under the key. */
static struct db_rows *
find(struct req *r, const char *key)
{
	/* Two statements: the second must see what the lock waited for. */
	db_queue(r->db, &idempotency_queries[Q_LOCK],
	    DB_ARGS(r->who.user_id, key));
	return db_run(r->db, &idempotency_queries[Q_FIND],
	    DB_ARGS(r->who.tenant_id, r->who.user_id, key,
		db_arg_int(r->mem, IDEMPOTENCY_SECONDS)));
}

static enum code
repeat(struct req *r, const struct rpc_method *m, const struct db_rows *rows,
    const char *hash, void *out)
{
	const struct pb_limits limits = { 0 };
	struct pb_error err;
	const char *text;
	uint8_t *p;
	size_t len;

	if (strcmp(db_text(rows, 0), m->path) != 0 ||
	    strcmp(db_text(rows, 1), hash) != 0)
		return req_fail_field(r, HEADER,
		    "was used with another request");
	text = db_text(rows, 2);
	p = crypt_unbase64(r->mem, text, strlen(text), &len);
	if (p == NULL ||
	    pb_decode(r->mem, m->out, p, len, &limits, out, &err) != CODE_OK)
		return req_fail(r, CODE_INTERNAL,
		    "a stored answer cannot be read");
	req_set_header(r, "idempotent-replayed", "true");
	return CODE_OK;
}

static void
keep(struct req *r, const struct rpc_method *m, const char *key,
    const char *hash, const void *out)
{
	struct buf *b = buf_new(r->mem);

	pb_encode(b, m->out, out);
	db_queue(r->db, &idempotency_queries[Q_KEEP],
	    DB_ARGS(r->who.tenant_id, r->who.user_id, key, m->path, hash,
		crypt_base64(r->mem, b->data, b->len)));
}

enum code
idempotency_call(struct req *r, const struct rpc_method *m, const char *key,
    const void *in, void *out)
{
	const char *hash = hash_message(r, m, in);
	struct db_rows *rows;
	enum code code;

	if ((rows = find(r, key)) == NULL)
		return req_fail_db(r);
	if (db_next(rows))
		return repeat(r, m, rows, hash, out);
	db_hold(r->db);
	if ((code = m->call(r, in, out)) == CODE_OK)
		keep(r, m, key, hash, out);
	return code;
}

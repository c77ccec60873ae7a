/*
 * A row holds the HMAC of flow, address and code. The row of the flow is
 * locked first, so submits and resends of one flow come one after the other,
 * and each submit is counted before anything is compared.
 */
#include "identity/onetime.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "identity/identity.h"
#include "net/crypt.h"

#define MILLION	  1000000U
#define UNBIASED  (UINT32_MAX - UINT32_MAX % MILLION)
#define TOKEN_LEN 48

enum query {
	Q_LOCK,
	Q_VOID,
	Q_INSERT,
	Q_COUNT,
	Q_LIVE,
	Q_USE,
	Q__MAX
};

const struct db_query onetime_queries[] = {
	[Q_LOCK] = {
	    .name = "onetime_lock",
	    .nargs = 1, /* flow */
	    .sql = "SELECT state FROM flows WHERE id = $1 FOR UPDATE",
	},
	[Q_VOID] = {
	    .name = "onetime_void",
	    .nargs = 1, /* flow */
	    .sql = "DELETE FROM onetime_codes WHERE flow_id = $1"
		   " AND used_at IS NULL",
	},
	[Q_INSERT] = {
	    .name = "onetime_insert",
	    .nargs = 5, /* flow, identity, address, hash, expires */
	    .sql = "INSERT INTO onetime_codes"
		   " (flow_id, identity_id, address, hash, expires_at)"
		   " VALUES ($1, $2, $3, decode($4, 'hex'), $5)",
	},
	[Q_COUNT] = {
	    .name = "onetime_count",
	    .nargs = 2, /* flow, most */
	    .sql = "UPDATE flows SET submits = submits + 1"
		   " WHERE id = $1 AND submits < $2::integer"
		   " AND state <> 'passed_challenge'",
	},
	[Q_LIVE] = {
	    .name = "onetime_live",
	    .nargs = 1, /* flow */
	    .sql = "SELECT id, address, identity_id, encode(hash, 'hex')"
		   " FROM onetime_codes WHERE flow_id = $1"
		   " AND used_at IS NULL AND expires_at > now()",
	},
	[Q_USE] = {
	    .name = "onetime_use",
	    .nargs = 1, /* id */
	    .sql = "UPDATE onetime_codes SET used_at = now()"
		   " WHERE id = $1 AND used_at IS NULL AND expires_at > now()",
	},
	[Q__MAX] = { 0 },
};

/* Six digits, each number as likely as any other. */
static const char *
new_digits(struct arena *a)
{
	uint32_t n;

	do
		crypt_random(&n, sizeof(n));
	while (n >= UNBIASED);
	return arena_printf(a, "%06u", (unsigned)(n % MILLION));
}

/* What is kept of a code, in hex. */
static const char *
hash_of(struct arena *a, const char *secret, const char *flow_id,
    const char *address, const char *code)
{
	uint8_t mac[CRYPT_SHA256_LEN];
	const char *text;

	text = arena_printf(a, "mirai one-time code v1\n%s\n%s\n%s", flow_id,
	    address, code);
	crypt_hmac_sha256(secret, strlen(secret), text, strlen(text), mac);
	return str_hex(a, mac, sizeof(mac));
}

/* CODE_FAILED_PRECONDITION: completed. */
static enum code
lock_flow(struct db *db, const char *flow_id)
{
	struct db_rows *rows;

	rows = db_run(db, &onetime_queries[Q_LOCK], DB_ARGS(flow_id));
	if (rows == NULL)
		return identity_fault(db);
	if (!db_next(rows) || strcmp(db_text(rows, 0), "passed_challenge") == 0)
		return CODE_FAILED_PRECONDITION;
	return CODE_OK;
}

enum code
onetime_issue(struct db *db, struct arena *a, const char *const *secrets,
    const struct onetime_new *in, const char **secret)
{
	enum code code;

	if ((code = lock_flow(db, in->flow_id)) != CODE_OK)
		return code;
	*secret = in->link ? crypt_token(a, TOKEN_LEN) : new_digits(a);
	db_queue(db, &onetime_queries[Q_VOID], DB_ARGS(in->flow_id));
	if (db_run(db, &onetime_queries[Q_INSERT],
		DB_ARGS(in->flow_id, in->identity_id, in->address,
		    hash_of(a, secrets[0], in->flow_id, in->address, *secret),
		    db_arg_time(a, clock_now_us() + in->life_us))) == NULL)
		return identity_fault(db);
	return CODE_OK;
}

/* Whether one of the secrets makes hash of what was given. */
static bool
is_right(struct arena *a, const char *const *secrets, const char *flow_id,
    const char *address, const char *given, const char *hash)
{
	bool right = false;
	size_t i;

	for (i = 0; secrets[i] != NULL; i++)
		if (crypt_equal_str(hash,
			hash_of(a, secrets[i], flow_id, address, given)))
			right = true;
	return right;
}

/* The flow is locked from here on. */
static enum code
count_submit(struct db *db, struct arena *a, const char *flow_id)
{
	struct db_rows *rows;
	enum code code;

	if ((code = lock_flow(db, flow_id)) != CODE_OK)
		return code;
	rows = db_run(db, &onetime_queries[Q_COUNT],
	    DB_ARGS(flow_id, db_arg_int(a, ONETIME_MAX_SUBMITS)));
	if (rows == NULL)
		return identity_fault(db);
	return db_affected(rows) == 0 ? CODE_RESOURCE_EXHAUSTED : CODE_OK;
}

enum code
onetime_use(struct db *db, struct arena *a, const char *const *secrets,
    const char *flow_id, const char *given, struct onetime_proof *out)
{
	struct db_rows *rows, *used;
	enum code code;

	if ((code = count_submit(db, a, flow_id)) != CODE_OK)
		return code;
	rows = db_run(db, &onetime_queries[Q_LIVE], DB_ARGS(flow_id));
	if (rows == NULL)
		return identity_fault(db);
	if (!db_next(rows) ||
	    !is_right(a, secrets, flow_id, db_text(rows, 1), given,
		db_text(rows, 3)))
		return CODE_NOT_FOUND;
	used = db_run(db, &onetime_queries[Q_USE], DB_ARGS(db_text(rows, 0)));
	if (used == NULL)
		return identity_fault(db);
	out->address = db_text(rows, 1);
	out->identity_id = db_text_null(rows, 2);
	return db_affected(used) == 0 ? CODE_NOT_FOUND : CODE_OK;
}

/*
 * Changed traits, and those that wait. The last change counts: a change made
 * while another waits puts it aside.
 */
#include "identity/profile.h"

#include <string.h>

#include "identity/courier.h"
#include "rpc/auth.h"

enum query {
	Q_WAIT,
	Q_WAITS,
	Q_TAKE,
	Q_FORGET,
	Q__MAX
};

const struct db_query profile_queries[] = {
	[Q_WAIT] = {
	    .name = "profile_wait",
	    .nargs = 4, /* identity, address, traits, microseconds */
	    .sql = "INSERT INTO pending_traits"
		   " (identity_id, address, traits, expires_at)"
		   " VALUES ($1, $2, $3,"
		   " now() + $4::bigint * interval '1 microsecond')"
		   " ON CONFLICT (identity_id) DO UPDATE SET"
		   " address = EXCLUDED.address, traits = EXCLUDED.traits,"
		   " expires_at = EXCLUDED.expires_at, created_at = now()",
	},
	[Q_WAITS] = {
	    .name = "profile_waits",
	    .nargs = 2, /* identity, address */
	    .sql = "SELECT 1 FROM pending_traits WHERE identity_id = $1"
		   " AND address = $2 AND expires_at > now()",
	},
	[Q_TAKE] = {
	    .name = "profile_take",
	    .nargs = 2, /* identity, address */
	    .sql = "DELETE FROM pending_traits WHERE identity_id = $1"
		   " AND address = $2 AND expires_at > now()"
		   " RETURNING traits::text",
	},
	[Q_FORGET] = {
	    .name = "profile_forget",
	    .nargs = 1, /* identity */
	    .sql = "DELETE FROM pending_traits WHERE identity_id = $1",
	},
	[Q__MAX] = { 0 },
};

/* Those addresses that are theirs no more are told so. */
static enum code
tell_former(struct visit *c, const char *identity_id,
    const struct traits_moves *moves)
{
	struct json *data = json_new_object(c->mem);
	struct courier_mail mail = { .type = "verifiable_address_changed" };
	enum code code = CODE_OK;
	size_t i;

	json_put_text(data, "NewAddress", moves->added[0]);
	mail.data = data;
	mail.identity_id = identity_id;
	for (i = 0; code == CODE_OK && moves->gone[i] != NULL; i++) {
		mail.to = moves->gone[i];
		code = courier_queue(c->db, c->mem, c->p->secrets, &mail);
		if (code == CODE_INVALID_ARGUMENT)
			code = CODE_OK; /* no mail ever reached it */
	}
	return code;
}

enum code
profile_forget(struct visit *c, const char *identity_id)
{
	if (db_run(c->db, &profile_queries[Q_FORGET], DB_ARGS(identity_id)) ==
	    NULL)
		return identity_fault(c->db);
	return CODE_OK;
}

enum code
profile_change(struct visit *c, const char *identity_id,
    const struct json *traits, struct traits_moves *moves)
{
	struct identity who;
	enum code code;

	code = identity_get(c->db, c->mem, c->p->base_url, identity_id, &who);
	if (code != CODE_OK)
		return code;
	visit_use_schema(c, who.schema_id);
	code = traits_set(c->db, c->mem, c->schema, identity_id, traits, moves);
	if (code == CODE_OK)
		code = profile_forget(c, identity_id);
	if (code == CODE_OK)
		code = tell_former(c, identity_id, moves);
	if (code == CODE_OK)
		auth_forget_sessions(c->r, identity_id);
	return code;
}

enum code
profile_wait(struct visit *c, const char *identity_id,
    const struct json *traits, const char *address)
{
	if (db_run(c->db, &profile_queries[Q_WAIT],
		DB_ARGS(identity_id, address,
		    json_string(c->mem, traits, JSON_COMPACT),
		    db_arg_int(c->mem, c->p->code_us))) == NULL)
		return identity_fault(c->db);
	return CODE_OK;
}

/* The row of a statement about what waits for address. */
static enum code
one_row(struct visit *c, enum query q, const char *identity_id,
    const char *address, struct db_rows **rows)
{
	*rows =
	    db_run(c->db, &profile_queries[q], DB_ARGS(identity_id, address));
	if (*rows == NULL)
		return identity_fault(c->db);
	return db_next(*rows) ? CODE_OK : CODE_NOT_FOUND;
}

enum code
profile_waits(struct visit *c, const char *identity_id, const char *address)
{
	struct db_rows *rows;

	return one_row(c, Q_WAITS, identity_id, address, &rows);
}

enum code
profile_proven(struct visit *c, const char *identity_id, const char *address)
{
	struct traits_moves moves;
	const struct json *traits;
	struct db_rows *rows;
	const char *text;
	enum code code;

	code = one_row(c, Q_TAKE, identity_id, address, &rows);
	if (code != CODE_OK)
		return code;
	text = db_text(rows, 0);
	traits = json_parse(c->mem, text, strlen(text), NULL, NULL);
	return profile_change(c, identity_id, traits, &moves);
}

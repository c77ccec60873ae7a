/*
 * What second factors share. Which types count is also in the trigger that
 * keeps identities.available_aal.
 */
#include "identity/factor.h"

#include <string.h>

#include "base/clock.h"
#include "db/cache.h"
#include "identity/courier.h"
#include "identity/level.h"
#include "identity/trail.h"
#include "rpc/auth.h"
#include "rpc/caller.h"

#define TYPES "('totp', 'lookup_secret', 'webauthn')"

enum query {
	Q_HOLD,
	Q_OTHERS,
	Q_DEMAND,
	Q_DEMAND_END,
	Q_RESET,
	Q__MAX
};

const struct db_query factor_queries[] = {
	[Q_HOLD] = {
	    .name = "factor_hold",
	    .nargs = 1, /* identity */
	    .sql = "SELECT 1 FROM identities WHERE id = $1 FOR UPDATE",
	},
	[Q_OTHERS] = {
	    .name = "factor_others",
	    .nargs = 2, /* identity, but */
	    .sql = "SELECT count(*) FROM credentials WHERE identity_id = $1"
		   " AND type IN " TYPES " AND type <> $2",
	},
	[Q_DEMAND] = {
	    .name = "factor_demand",
	    .nargs = 2, /* identity, days */
	    .sql = "UPDATE identities SET second_factor_after ="
		   " least(second_factor_after,"
		   " now() + $2::integer * interval '1 day') WHERE id = $1",
	},
	[Q_DEMAND_END] = {
	    .name = "factor_demand_end",
	    .nargs = 1, /* identity */
	    .sql = "UPDATE identities SET second_factor_after = NULL"
		   " WHERE id = $1",
	},
	[Q_RESET] = {
	    .name = "factor_reset",
	    .nargs = 1, /* identity */
	    .sql = "WITH gone AS (DELETE FROM credentials"
		   " WHERE identity_id = $1 AND type IN " TYPES
		   " RETURNING 1)"
		   " SELECT (SELECT count(*) FROM gone) FROM identities"
		   " WHERE id = $1",
	},
	[Q__MAX] = { 0 },
};

/* --- settings -------------------------------------------------------------- */

/* An address that no mail can go to gets none. */
static enum code
tell_owner(struct visit *c, const struct factor_change *change)
{
	const struct identity *who = &c->session->identity;
	struct json *data = json_new_object(c->mem);
	struct courier_mail m = { 0 };
	enum code code;

	json_put_text(data, "Factor", change->name);
	json_put_text(data, "At", clock_rfc3339(c->mem, clock_now_us()));
	m.type = change->method != NULL ? "authenticator_key_added"
					: "authenticator_key_removed";
	m.to = who->email;
	m.identity_id = who->id;
	m.data = data;
	code = courier_queue(c->db, c->mem, c->p->secrets, &m);
	return code == CODE_INVALID_ARGUMENT ? CODE_OK : code;
}

enum code
factor_changed(struct visit *c, const struct factor_change *change)
{
	struct session_proof proof = { .method = change->method,
		.aal = change->aal };
	enum code code;

	code = tell_owner(c, change);
	if (code == CODE_OK && change->method != NULL)
		code = session_add_proof(c->db, c->mem, c->session->id, &proof);
	if (code == CODE_OK)
		auth_forget_sessions(c->r, c->session->identity.id);
	return code;
}

enum code
factor_may_go(struct visit *c, const char *type, bool *may)
{
	struct db_rows *rows;

	*may = c->session->identity.second_factor_after == 0;
	if (*may)
		return CODE_OK;
	/* Of two that go at once, the second sees what the first left. */
	db_queue(c->db, &factor_queries[Q_HOLD],
	    DB_ARGS(c->session->identity.id));
	rows = db_run(c->db, &factor_queries[Q_OTHERS],
	    DB_ARGS(c->session->identity.id, type));
	if (rows == NULL || !db_next(rows))
		return identity_fault(c->db);
	*may = db_int(rows, 0) > 0;
	return CODE_OK;
}

void
factor_say_due(struct visit *c, struct flow *f)
{
	enum level level = level_of_session(c, c->session);
	const char *date;

	if (level != LEVEL_INVITED && level != LEVEL_ENROL)
		return;
	date = clock_rfc3339(c->mem, c->session->identity.second_factor_after);
	f->active = "totp"; /* pages open where factors are set up */
	ui_say(f->ui, UI_FACTOR_DUE, "due",
	    arena_strndup(c->mem, date, strcspn(date, "T")));
}

/* --- administration -------------------------------------------------------- */

/* Every host: what is cached of this identity's sessions may have changed. */
static void
notify(struct db *db, struct arena *a, const char *identity_id)
{
	db_notify(db, "mirai_cache",
	    cache_message(a, NULL, caller_identity_key(a, identity_id), false));
	db_notify(db, "mirai_cache",
	    cache_message(a, NULL, CALLER_ANY_IDENTITY, false));
}

static enum code
changed(struct db *db, struct arena *a, const struct db_rows *rows,
    const char *action, const char *identity_id, const char *actor)
{
	if (rows == NULL)
		return identity_fault(db);
	if (db_affected(rows) == 0)
		return CODE_NOT_FOUND;
	notify(db, a, identity_id);
	return trail_by(db, action, actor, identity_id);
}

enum code
factor_demand(struct db *db, struct arena *a, const char *identity_id, int days,
    const char *actor)
{
	if (days < 0 || days > FACTOR_MAX_DAYS)
		return CODE_INVALID_ARGUMENT;
	return changed(db, a,
	    db_run(db, &factor_queries[Q_DEMAND],
		DB_ARGS(identity_id, db_arg_int(a, days))),
	    "factor.demand", identity_id, actor);
}

enum code
factor_demand_end(struct db *db, struct arena *a, const char *identity_id,
    const char *actor)
{
	return changed(db, a,
	    db_run(db, &factor_queries[Q_DEMAND_END], DB_ARGS(identity_id)),
	    "factor.demand_end", identity_id, actor);
}

enum code
factor_reset(struct db *db, struct arena *a, const char *identity_id,
    const char *actor, int64_t *n)
{
	struct db_rows *rows;

	rows = db_run(db, &factor_queries[Q_RESET], DB_ARGS(identity_id));
	if (rows == NULL)
		return identity_fault(db);
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	*n = db_int(rows, 0);
	notify(db, a, identity_id);
	return trail_by(db, "factor.reset", actor, identity_id);
}

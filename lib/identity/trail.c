/*
 * Writes the audit trail. The table refuses updates and deletes itself.
 */
#include "identity/trail.h"

#include "base/str.h"
#include "identity/identity.h"

enum query {
	Q_WRITE,
	Q_LIST,
	Q__MAX
};

const struct db_query trail_queries[] = {
	[Q_WRITE] = {
	    .name = "trail_write",
	    .nargs = 7, /* action, result, actor, identity, session, ip, agent */
	    .sql = "INSERT INTO audit (action, result, actor, identity_id,"
		   " session_id, ip_address, user_agent)"
		   " VALUES ($1, $2, $3, $4, $5, $6, $7)",
	},
	[Q_LIST] = {
	    .name = "trail_list",
	    .nargs = 3, /* identity, before, limit */
	    .sql = "SELECT id, at, action, result, actor, identity_id,"
		   " session_id, ip_address, user_agent FROM audit"
		   " WHERE ($1::uuid IS NULL OR identity_id = $1::uuid)"
		   " AND ($2::bigint = 0 OR id < $2::bigint)"
		   " ORDER BY id DESC LIMIT $3::bigint",
	},
	[Q__MAX] = { 0 },
};

enum code
trail_write(struct db *db, const struct trail_event *e)
{
	if (db_run(db, &trail_queries[Q_WRITE],
		DB_ARGS(e->action, e->result == NULL ? "ok" : e->result,
		    e->actor == NULL ? "self" : e->actor, e->identity_id,
		    e->session_id, e->ip, e->user_agent)) == NULL)
		return identity_fault(db);
	return CODE_OK;
}

enum code
trail_by(struct db *db, const char *action, const char *actor,
    const char *identity_id)
{
	struct trail_event e = { .action = action };

	e.actor = actor == NULL ? "administrator" : actor;
	e.identity_id = identity_id;
	return trail_write(db, &e);
}

static void
read_row(const struct db_rows *rows, struct trail_row *out)
{
	out->id = db_int(rows, 0);
	out->at = db_time(rows, 1);
	out->event.action = db_text(rows, 2);
	out->event.result = db_text(rows, 3);
	out->event.actor = db_text(rows, 4);
	out->event.identity_id = db_text_null(rows, 5);
	out->event.session_id = db_text_null(rows, 6);
	out->event.ip = db_text_null(rows, 7);
	out->event.user_agent = db_text_null(rows, 8);
}

enum code
trail_list(struct db *db, struct arena *a, const char *identity_id,
    int64_t before, int64_t limit, struct trail_row **out, size_t *n)
{
	struct db_rows *rows;

	rows = db_run(db, &trail_queries[Q_LIST],
	    DB_ARGS(identity_id, db_arg_int(a, before), db_arg_int(a, limit)));
	if (rows == NULL)
		return identity_fault(db);
	*out = arena_calloc(a, db_count(rows), sizeof(**out));
	for (*n = 0; db_next(rows); (*n)++)
		read_row(rows, &(*out)[*n]);
	return CODE_OK;
}

/*
 * Writes the audit trail. The table refuses updates and deletes itself.
 */
#include "identity/trail.h"

#include "base/str.h"
#include "identity/identity.h"

enum query {
	Q_WRITE,
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

/*
 * A device is known by its signed cookie, or else by its user agent: one that
 * the audit trail has with a session of this account, for the trail outlives
 * the sessions.
 */
#include "identity/alert.h"

#include "base/clock.h"
#include "identity/courier.h"
#include "identity/device.h"
#include "identity/self.h"

enum query {
	Q_SEEN,
	Q__MAX
};

const struct db_query alert_queries[] = {
	[Q_SEEN] = {
	    .name = "alert_seen",
	    .nargs = 2, /* identity, user agent */
	    .sql = "SELECT count(*) > 0,"
		   " coalesce(bool_or(user_agent IS NOT DISTINCT FROM $2::text),"
		   " false)"
		   " FROM audit WHERE identity_id = $1::uuid AND actor = 'self'"
		   " AND action = 'session.issue' AND result = 'ok'",
	},
	[Q__MAX] = { 0 },
};

static bool
has_cookie(struct visit *c, const struct identity *who, const char *as)
{
	return device_of(c, who->email) != NULL ||
	    (as != NULL && device_of(c, as) != NULL);
}

static enum code
queue(struct visit *c, const struct identity *who)
{
	const char *agent = visit_agent(c);
	struct courier_mail mail = { .type = "new_device",
		.to = who->email,
		.identity_id = who->id };
	struct json *data = json_new_object(c->mem);
	enum code code;

	json_put_text(data, "Device",
	    str_is_empty(agent) ? "an unknown device" : agent);
	json_put_text(data, "IPAddress", c->r->remote);
	json_put_text(data, "At", self_when(c->mem, clock_now_us()));
	mail.data = data;
	code = courier_queue(c->db, c->mem, c->p->secrets, &mail);
	return code == CODE_INVALID_ARGUMENT ? CODE_OK : code;
}

enum code
alert_sign_in(struct visit *c, const struct identity *who, const char *as)
{
	struct db_rows *rows;

	if (!c->p->new_device_alerts || has_cookie(c, who, as))
		return CODE_OK;
	rows = db_run(c->db, &alert_queries[Q_SEEN],
	    DB_ARGS(who->id, visit_agent(c)));
	if (rows == NULL)
		return identity_fault(c->db);
	if (!db_next(rows) || !db_bool(rows, 0) || db_bool(rows, 1))
		return CODE_OK;
	return queue(c, who);
}

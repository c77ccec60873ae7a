/*
 * The way back from a payment. The session only decides which page thanks;
 * what was paid for is the webhook's business, which may come later. An
 * address with a checkout id in it proves nothing about who opens it.
 */
#include "service/checkout.h"

#include "db/db.h"
#include "net/stripe.h"
#include "rpc/resp.h"
#include "rpc/site.h"
#include "service/ratelimit.h"

enum query {
	Q_HAS_ADMIN,
	Q__MAX
};

extern const struct db_query checkout_queries[];

const struct db_query checkout_queries[] = {
	[Q_HAS_ADMIN] = {
	    .name = "checkout_has_admin",
	    .nargs = 1, /* company */
	    .sql = "SELECT 1 FROM users WHERE company_id = $1::uuid"
		   " AND role IN ('admin', 'owner') AND removed_at IS NULL"
		   " LIMIT 1",
	},
	[Q__MAX] = { 0 },
};

/* Looks across tenants, since nobody is signed in; it learns but whether. */
static enum code
has_admin(struct req *r, const char *company_id, bool *out)
{
	struct db_scope scope = { .superadmin = true,
		.deadline_ms = r->deadline_ms };
	char id[STR_UUID_LEN + 1];
	struct db_rows *rows;

	*out = false;
	if (!str_uuid_canon(company_id, id))
		return CODE_OK;
	db_use(r->db, r->mem);
	db_begin(r->db, DB_TX_READ, &scope);
	rows = db_last(r->db, &checkout_queries[Q_HAS_ADMIN], DB_ARGS(id));
	if (db_end(r->db, rows == NULL ? CODE_UNAVAILABLE : CODE_OK) != CODE_OK)
		return CODE_UNAVAILABLE;
	*out = db_next(rows);
	return CODE_OK;
}

/* The word of the address to sign in at; NULL: all is well. */
static const char *
error_of(struct req *r, const char *id, struct stripe_session *session)
{
	bool known = false;

	if (str_is_empty(id))
		return "missing_session";
	if (!stripe_is_session_id(id) || r->env->stripe == NULL)
		return "invalid_session";
	/* Anybody may ask, and each time the payment provider is asked. */
	if (ratelimit_take(r, RATELIMIT_RETURN, NULL) != CODE_OK) {
		req_unfail(r);
		return "checkout_failed";
	}
	stripe_until(r->env->stripe, r->deadline_ms);
	if (stripe_get_session(r->env->stripe, r->mem, id, session) != CODE_OK)
		return "invalid_session";
	if (session->company_id[0] == '\0')
		return session->registration_id[0] == '\0' ? "invalid_session"
							   : NULL;
	if (has_admin(r, session->company_id, &known) != CODE_OK)
		return "checkout_failed";
	return known ? NULL : "user_not_found";
}

void
checkout_return(struct req *r)
{
	struct site site = site_find(r->mem, r->env->conf, r->host);
	struct stripe_session session = { .company_id = "" };
	const char *error;
	char *to;

	error = error_of(r, req_query(r, "session_id"), &session);
	if (error != NULL)
		to = arena_printf(r->mem, "%s/auth/login?error=%s", site.app,
		    error);
	else if (session.company_id[0] == '\0')
		to = arena_printf(r->mem, "%s/?checkout=success",
		    site.marketing);
	else
		to = arena_printf(r->mem, "%s/dashboard?checkout=success",
		    site.app);
	resp_redirect(r, 303, to);
}

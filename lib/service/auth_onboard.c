/*
 * Onboard: tenant and company for somebody who has an account and no company
 * yet. One transaction makes all of it; the unique index over the identity of
 * active users makes a second click harmless (spec accounts.md 3.4).
 */
#include "mirai/v1/auth.rpc.h"

#include "rpc/auth.h"
#include "service/auth.h"
#include "service/billing.h"
#include "service/ratelimit.h"

static enum code
onboarded(struct req *r)
{
	return req_fail_reason(r, CODE_ALREADY_EXISTS, "USER_ALREADY_ONBOARDED",
	    "you belong to a company already");
}

static enum code
forget_caller(struct db *db, struct arena *a, void *arg,
    const struct provision_made *made)
{
	struct req *r = arg;

	(void)db, (void)a, (void)made;
	auth_forget_identity(r, r->who.identity_id);
	return CODE_OK;
}

/* Without payment the company may work at once; else it has to buy first. */
static enum code
make_company(struct req *r, const struct auth_company *in,
    struct provision_made *made)
{
	const bool paid = r->env->stripe != NULL;
	const struct provision_company company = {
		.name = in->name,
		.industry = in->industry,
		.team_size = in->team_size,
		.plan = paid ? "starter" : in->plan->name,
		.status = paid ? "none" : "active",
		.seats = paid ? 0 : (int32_t)in->seats,
		.identity_id = r->who.identity_id,
		.actor = "AuthService/Onboard",
		.also = forget_caller,
		.arg = r,
	};
	enum code code;

	code = provision_company(r->db, r->mem, &company, made);
	if (code == CODE_ALREADY_EXISTS)
		return onboarded(r);
	return code == CODE_OK ? CODE_OK : req_fail_db(r);
}

/* A failure does not fail the call: paying can be begun later. */
static void
begin_checkout(struct req *r, const struct auth_company *in,
    const struct provision_made *made, struct pb_onboard_response *out)
{
	const char *app = conf_text(r->env->conf, "url.app");
	const struct billing_checkout checkout = {
		.tenant_id = made->tenant_id,
		.company_id = made->company_id,
		.email = r->who.email,
		.plan = in->plan,
		.seats = in->seats,
		.success = arena_printf(r->mem,
		    "%s/dashboard?onboarding=complete", app),
		.canceled = arena_printf(r->mem,
		    "%s/onboarding?checkout=canceled", app),
	};

	if (billing_checkout(r, &checkout, &out->checkout_url) != CODE_OK) {
		out->checkout_url = NULL;
		req_unfail(r);
	}
}

enum code
auth_onboard(struct req *r, const struct pb_onboard_request *in,
    struct pb_onboard_response *out)
{
	const struct auth_company_fields fields = {
		.company_name = in->company_name,
		.industry = in->industry,
		.team_size = in->team_size,
		.plan = in->plan,
		.seat_count = in->has_seat_count ? in->seat_count : 0,
	};
	struct provision_made made;
	struct auth_company company;
	enum code code;

	if ((code = auth_check_open(r)) != CODE_OK)
		return code;
	if (r->who.company_id[0] != '\0')
		return onboarded(r);
	if ((code = auth_check_company(r, &fields, &company)) != CODE_OK ||
	    (code = ratelimit_take(r, RATELIMIT_ONBOARD, NULL)) != CODE_OK ||
	    (code = make_company(r, &company, &made)) != CODE_OK ||
	    (code = auth_read_made(r, &made, &out->user, &out->company)) !=
		CODE_OK)
		return code;
	out->user->email = r->who.email;
	out->user->first_name = r->who.first_name;
	out->user->last_name = r->who.last_name;
	if (r->env->stripe != NULL)
		begin_checkout(r, &company, &made, out);
	return CODE_OK;
}

/*
 * Routes, and what is common to their answers: cross-origin headers.
 * Administrator's paths are unknown here, whoever asks.
 */
#include "identity/public.h"

#include <string.h>

#include "identity/about.h"
#include "identity/account.h"
#include "identity/route.h"
#include "identity/oidc_callback.h"
#include "identity/self_login.h"
#include "identity/self_logout.h"
#include "identity/self_recovery.h"
#include "identity/self_registration.h"
#include "identity/self_settings.h"
#include "identity/self_verification.h"
#include "identity/visit.h"
#include "identity/webauthn.h"
#include "identity/whoami.h"
#include "rpc/resp.h"

#define SELF "/self-service/"

static const struct route routes[] = {
	{ "*", "/sessions/whoami", whoami_show },
	{ "GET", SELF "login/browser", self_login_browser },
	{ "GET", SELF "login/api", self_login_api },
	{ "GET", SELF "login/flows", self_login_flows },
	{ "POST", SELF "login", self_login_submit },
	{ "GET", SELF "registration/browser", self_registration_browser },
	{ "GET", SELF "registration/api", self_registration_api },
	{ "GET", SELF "registration/flows", self_registration_flows },
	{ "POST", SELF "registration", self_registration_submit },
	{ "GET", SELF "recovery/browser", self_recovery_browser },
	{ "GET", SELF "recovery/api", self_recovery_api },
	{ "GET", SELF "recovery/flows", self_recovery_flows },
	{ "GET", SELF "recovery", self_recovery_open },
	{ "POST", SELF "recovery", self_recovery_submit },
	{ "GET", SELF "verification/browser", self_verification_browser },
	{ "GET", SELF "verification/api", self_verification_api },
	{ "GET", SELF "verification/flows", self_verification_flows },
	{ "GET", SELF "verification", self_verification_open },
	{ "POST", SELF "verification", self_verification_submit },
	{ "GET", SELF "settings/browser", self_settings_browser },
	{ "GET", SELF "settings/api", self_settings_api },
	{ "GET", SELF "settings/flows", self_settings_flows },
	{ "GET", SELF "settings", self_settings_resume },
	{ "POST", SELF "settings", self_settings_submit },
	{ "GET", "/.well-known/change-password",
	    self_settings_change_password },
	{ "GET", SELF "account/export", account_export },
	{ "GET", SELF "logout/browser", self_logout_browser },
	{ "DELETE", SELF "logout/api", self_logout_api },
	{ "POST", SELF "logout/api", self_logout_api },
	{ "GET", SELF "logout", self_logout_submit },
	{ "GET", SELF "errors", self_logout_error },
	{ "GET", "/sessions", whoami_list },
	{ "DELETE", "/sessions", whoami_end_others },
	{ "GET", SELF "methods/oidc/callback/{provider}", oidc_callback_get },
	{ "POST", SELF "methods/oidc/callback/{provider}", oidc_callback_post },
	{ "GET", "/sessions/token-exchange", whoami_exchange },
	{ "DELETE", "/sessions/{id}", whoami_end_one },
	{ "GET", "/.well-known/ory/webauthn.js", webauthn_serve_script },
	{ "GET", "/health/alive", about_alive },
	{ "GET", "/health/ready", about_ready },
	{ "GET", "/version", about_version },
	{ "GET", "/schemas", about_schemas },
	{ "GET", "/schemas/{id}", about_schema },
};

/* Whether the request comes from a page of a listed origin. */
static bool
allow_origin(struct visit *c)
{
	struct req *r = c->r;
	const char *origin = req_header(r, "origin");

	resp_header(r, "vary", "Origin");
	if (origin == NULL || !visit_knows_origin(c, origin))
		return false;
	resp_header(r, "access-control-allow-origin", origin);
	resp_header(r, "access-control-allow-credentials", "true");
	resp_header(r, "access-control-expose-headers", "Content-Type");
	return true;
}

static void
answer_preflight(struct visit *c)
{
	resp_header(c->r, "access-control-allow-methods",
	    "POST, GET, PUT, PATCH, DELETE");
	resp_header(c->r, "access-control-allow-headers",
	    "Authorization, Content-Type, X-Session-Token, X-CSRF-Token");
	resp_header(c->r, "access-control-max-age", "7200");
	visit_empty(c, 204);
}

void
public_serve(const struct idp *p, struct req *r)
{
	struct visit *c = route_visit(p, r);

	if (allow_origin(c) && strcmp(r->method, "OPTIONS") == 0) {
		answer_preflight(c);
		return;
	}
	route_serve(c, routes, NITEMS(routes));
}

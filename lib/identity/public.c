/*
 * Routes, and what is common to their answers: cross-origin headers, 404 and
 * 405. Administrator's paths are unknown here, whoever asks.
 */
#include "identity/public.h"

#include <string.h>

#include "identity/about.h"
#include "identity/self_login.h"
#include "identity/self_logout.h"
#include "identity/self_registration.h"
#include "identity/self_settings.h"
#include "identity/visit.h"
#include "identity/whoami.h"
#include "rpc/cors.h"
#include "rpc/resp.h"

/* "GET" also answers HEAD, "*" any method; a path ending in "/" all below. */
struct route {
	const char *method;
	const char *path;
	void (*serve)(struct visit *c);
};

#define SELF "/self-service/"

/* Exact paths stand before those they would match below. */
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
	{ "GET", SELF "settings/browser", self_settings_browser },
	{ "GET", SELF "settings/api", self_settings_api },
	{ "GET", SELF "settings/flows", self_settings_flows },
	{ "POST", SELF "settings", self_settings_submit },
	{ "GET", SELF "logout/browser", self_logout_browser },
	{ "DELETE", SELF "logout/api", self_logout_api },
	{ "POST", SELF "logout/api", self_logout_api },
	{ "GET", SELF "logout", self_logout_submit },
	{ "GET", SELF "errors", self_logout_error },
	{ "GET", "/sessions", whoami_list },
	{ "DELETE", "/sessions", whoami_end_others },
	{ "GET", "/sessions/token-exchange", whoami_exchange },
	{ "DELETE", "/sessions/", whoami_end_one },
	{ "GET", "/health/alive", about_alive },
	{ "GET", "/health/ready", about_ready },
	{ "GET", "/version", about_version },
	{ "GET", "/schemas", about_schemas },
	{ "GET", "/schemas/", about_schema },
};

static bool
path_matches(const struct route *route, const char *path)
{
	size_t len = strlen(route->path);

	if (route->path[len - 1] != '/')
		return strcmp(route->path, path) == 0;
	return strncmp(route->path, path, len) == 0 && path[len] != '\0' &&
	    strchr(path + len, '/') == NULL;
}

static bool
method_matches(const struct route *route, const char *method)
{
	return strcmp(route->method, "*") == 0 ||
	    strcmp(route->method, method) == 0 ||
	    (strcmp(route->method, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

/* The methods path knows, for Allow; NULL: the path is unknown. */
static const char *
allowed_methods(struct arena *a, const char *path)
{
	const char *list = NULL;
	size_t i;

	for (i = 0; i < NITEMS(routes); i++) {
		if (!path_matches(&routes[i], path))
			continue;
		list = arena_printf(a, "%s%s%s%s", list == NULL ? "" : list,
		    list == NULL ? "" : ", ", routes[i].method,
		    strcmp(routes[i].method, "GET") == 0 ? ", HEAD" : "");
	}
	return list;
}

static void
refuse_route(struct visit *c)
{
	const char *allow = allowed_methods(c->mem, c->r->path);

	c->json_only = true;
	if (allow == NULL) {
		visit_refuse_simple(c, 404, NULL,
		    "There is nothing at this address.");
		return;
	}
	resp_header(c->r, "allow", allow);
	visit_refuse_simple(c, 405, NULL,
	    "This address does not know the method.");
}

/* Whether the request comes from a page of a listed origin. */
static bool
allow_origin(struct req *r)
{
	const char *origin = req_header(r, "origin");

	resp_header(r, "vary", "Origin");
	if (origin == NULL || !cors_listed(r->env->conf, origin))
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
	struct visit *c = arena_zalloc(r->mem, sizeof(*c));
	size_t i;

	c->p = p;
	c->r = r;
	c->mem = r->mem;
	c->db = r->db;
	db_use(c->db, c->mem);
	arena_set_wipe(c->mem);
	if (allow_origin(r) && strcmp(r->method, "OPTIONS") == 0) {
		answer_preflight(c);
		return;
	}
	for (i = 0; i < NITEMS(routes); i++) {
		if (path_matches(&routes[i], r->path) &&
		    method_matches(&routes[i], r->method)) {
			routes[i].serve(c);
			return;
		}
	}
	refuse_route(c);
}

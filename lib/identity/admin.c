/*
 * Who may ask, and which function answers. A caller proves to be an
 * administrator by a secret, by a certificate that the web server verified, or
 * by having come through a Unix socket; the check comes before the routes, so
 * that strangers learn nothing of them.
 */
#include "identity/admin.h"

#include <string.h>

#include "base/log.h"
#include "identity/about.h"
#include "identity/admin_bulk.h"
#include "identity/admin_courier.h"
#include "identity/admin_credential.h"
#include "identity/admin_identity.h"
#include "identity/admin_metrics.h"
#include "identity/admin_recovery.h"
#include "identity/admin_session.h"
#include "identity/route.h"
#include "net/crypt.h"
#include "rpc/resp.h"

#define MIN_SECRET 16
#define IDENTITY   "/admin/identities/{id}"

static const struct route routes[] = {
	{ "GET", "/health/alive", about_alive },
	{ "GET", "/health/ready", about_ready },
	{ "GET", "/version", about_version },
	{ "GET", "/schemas", about_schemas },
	{ "GET", "/schemas/{id}", about_schema },
	{ "GET", "/admin/health/alive", about_alive },
	{ "GET", "/admin/health/ready", about_ready },
	{ "GET", "/admin/version", about_version },
	{ "GET", "/admin/identities", admin_identity_list },
	{ "POST", "/admin/identities", admin_identity_create },
	{ "PATCH", "/admin/identities", admin_bulk_create },
	{ "GET", "/admin/identities/by/external/{id}",
	    admin_identity_by_external },
	{ "GET", IDENTITY, admin_identity_get },
	{ "PUT", IDENTITY, admin_identity_put },
	{ "PATCH", IDENTITY, admin_identity_patch },
	{ "DELETE", IDENTITY, admin_identity_delete },
	{ "DELETE", IDENTITY "/credentials/{type}", admin_credential_drop },
	{ "GET", IDENTITY "/sessions", admin_session_list_of },
	{ "DELETE", IDENTITY "/sessions", admin_session_end_all_of },
	{ "GET", "/admin/sessions", admin_session_list },
	{ "POST", "/admin/sessions", admin_session_post },
	{ "GET", "/admin/sessions/{id}", admin_session_get },
	{ "DELETE", "/admin/sessions/{id}", admin_session_end },
	{ "PATCH", "/admin/sessions/{id}/extend", admin_session_extend },
	{ "POST", "/admin/recovery/code", admin_recovery_code },
	{ "POST", "/admin/recovery/link", admin_recovery_link },
	{ "GET", "/admin/courier/messages", admin_courier_list },
	{ "GET", "/admin/metrics/prometheus", admin_metrics_show },
	{ "GET", "/admin/courier/messages/{id}", admin_courier_get },
};

/* --- who asks -------------------------------------------------------------- */

int
admin_check(const struct conf *conf)
{
	const char *const *secrets = conf_list(conf, "identity.admin.secrets");
	size_t i;

	for (i = 0; secrets[i] != NULL; i++) {
		if (strlen(secrets[i]) < MIN_SECRET) {
			log_error("identity.admin.secrets: shorter than %d "
				  "bytes",
			    MIN_SECRET);
			return -1;
		}
	}
	if (i == 0 && !conf_bool(conf, "identity.admin.open") &&
	    !conf_bool(conf, "identity.admin.client_certificates")) {
		log_error("identity.admin.secrets: not set");
		return -1;
	}
	return 0;
}

/* Equal or not in a time that says nothing of length or content. */
static bool
is_secret(const char *given, const char *secret)
{
	uint8_t x[CRYPT_SHA256_LEN], y[CRYPT_SHA256_LEN];

	crypt_sha256(given, strlen(given), x);
	crypt_sha256(secret, strlen(secret), y);
	return crypt_equal(x, sizeof(x), y, sizeof(y));
}

/* "admin: secret 1" by the Authorization header; NULL: no such secret. */
static const char *
by_secret(struct visit *c, const struct conf *conf)
{
	const char *const *secrets = conf_list(conf, "identity.admin.secrets");
	const char *given = visit_bearer(c), *actor = NULL;
	size_t i;

	if (given == NULL)
		return NULL;
	for (i = 0; secrets[i] != NULL; i++)
		if (is_secret(given, secrets[i]))
			actor =
			    arena_printf(c->mem, "admin: secret %zu", i + 1);
	return actor;
}

/* "admin: certificate NAME" by what the web server says of the connection. */
static const char *
by_certificate(struct visit *c, const struct conf *conf)
{
	const char *name;

	if (!conf_bool(conf, "identity.admin.client_certificates") ||
	    !str_eq(req_var(c->r, "SSL_CLIENT_VERIFY"), "SUCCESS"))
		return NULL;
	name = req_var(c->r, "SSL_CLIENT_S_DN_CN");
	return arena_printf(c->mem, "admin: certificate %s",
	    name == NULL ? "" : name);
}

/*
 * A client of a Unix socket has the socket's path for an address. Any other
 * came over a network, whoever it is.
 */
static const char *
by_socket(struct visit *c, const struct conf *conf)
{
	const char *addr = req_var(c->r, "REMOTE_ADDR");

	if (!conf_bool(conf, "identity.admin.open") || addr == NULL ||
	    (*addr != '/' && strcmp(addr, "unix:") != 0))
		return NULL;
	return "admin: socket";
}

/* False: answered 401. */
static bool
is_admin(struct visit *c)
{
	const struct conf *conf = c->r->env->conf;

	c->json_only = true;
	if ((c->actor = by_secret(c, conf)) != NULL ||
	    (c->actor = by_certificate(c, conf)) != NULL ||
	    (c->actor = by_socket(c, conf)) != NULL)
		return true;
	resp_header(c->r, "www-authenticate", "Bearer realm=\"admin\"");
	visit_refuse_simple(c, 401, NULL,
	    "This address wants the secret of an administrator.");
	return false;
}

static bool
is_open_path(const char *path)
{
	return strcmp(path, "/admin") != 0 && !str_starts(path, "/admin/");
}

void
admin_serve(const struct idp *p, struct req *r)
{
	struct visit *c = route_visit(p, r);

	if (is_open_path(r->path) || is_admin(c))
		route_serve(c, routes, NITEMS(routes));
}

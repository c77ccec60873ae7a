/*
 * Cross-origin rules. The list is exact; a wildcard is never answered.
 */
#include "rpc/cors.h"

#include <string.h>

#include "rpc/resp.h"

#define METHODS "POST, GET"
#define MAX_AGE "7200"
#define VARY_PREFLIGHT \
	"Origin, Access-Control-Request-Method, Access-Control-Request-Headers"

static const char allow_headers[] =
    "Accept, Accept-Encoding, Authorization, Connect-Accept-Encoding, "
    "Connect-Content-Encoding, Connect-Protocol-Version, Connect-Timeout-Ms, "
    "Content-Encoding, Content-Type, Grpc-Accept-Encoding, Grpc-Encoding, "
    "Grpc-Timeout, Idempotency-Key, X-Grpc-Web, X-Request-Id, "
    "X-Session-Token, X-User-Agent";

static const char expose_headers[] =
    "Connect-Content-Encoding, Content-Encoding, Grpc-Message, Grpc-Status, "
    "Grpc-Status-Details-Bin, Mirai-Error-Code, Mirai-Next, Retry-After, "
    "X-Request-Id";

/* A configured origin may end in a slash, as URLs do. */
static bool
same_origin(const char *entry, const char *origin)
{
	size_t len = strlen(entry);

	if (len > 0 && entry[len - 1] == '/')
		len--;
	return strlen(origin) == len && strncmp(entry, origin, len) == 0;
}

bool
cors_listed(const struct conf *conf, const char *origin)
{
	const char *const *list = conf_list(conf, "allowed_origin");
	const char *app;

	if (*list == NULL) {
		app = conf_text(conf, "url.app");
		return app != NULL && same_origin(app, origin);
	}
	return cors_in(list, origin);
}

bool
cors_in(const char *const *list, const char *origin)
{
	for (; *list != NULL; list++) {
		if (same_origin(*list, origin))
			return true;
	}
	return false;
}

static bool
allow_origin(struct req *r)
{
	const char *origin = req_header(r, "origin");

	if (origin == NULL || !cors_listed(r->env->conf, origin))
		return false;
	resp_header(r, "Access-Control-Allow-Origin", origin);
	resp_header(r, "Access-Control-Allow-Credentials", "true");
	return true;
}

/* Trailers of unary answers are headers that scripts may read only by name. */
static const char *
exposed(struct req *r)
{
	const struct req_meta *m;
	const char *list = expose_headers;

	for (m = r->meta; m != NULL; m = m->next)
		list = arena_printf(r->mem, "%s, %s%s", list,
		    m->trailer ? "Trailer-" : "", m->name);
	return list;
}

void
cors_apply(struct req *r)
{
	resp_header(r, "Vary", "Origin");
	if (allow_origin(r))
		resp_header(r, "Access-Control-Expose-Headers", exposed(r));
}

void
cors_preflight(struct req *r)
{
	resp_header(r, "Vary", VARY_PREFLIGHT);
	if (allow_origin(r)) {
		resp_header(r, "Access-Control-Allow-Methods", METHODS);
		resp_header(r, "Access-Control-Allow-Headers", allow_headers);
		resp_header(r, "Access-Control-Max-Age", MAX_AGE);
	}
	resp_send(r, 204, NULL, NULL, 0);
}

/*
 * Form types never get here (415), and every other type needs a preflight,
 * so the origin is what is left to look at.
 */
enum code
cors_check_cookie(struct req *r)
{
	const char *origin = req_header(r, "origin");
	const char *site = req_header(r, "sec-fetch-site");

	if (site != NULL && strcmp(site, "same-origin") == 0)
		return CODE_OK;
	if (origin != NULL ? cors_listed(r->env->conf, origin)
			   : site == NULL || strcmp(site, "none") == 0)
		return CODE_OK;
	return req_fail_reason(r, CODE_PERMISSION_DENIED, "AUTH_FORBIDDEN",
	    "the page that made this call may not use the session");
}

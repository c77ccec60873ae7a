/*
 * Browsers do WebAuthn in secure contexts only, for names and not for
 * addresses; what they would refuse is said at the start, or not offered when
 * nobody asked for it.
 */
#include "identity/rp.h"

#include <string.h>

#include "base/log.h"
#include "base/str.h"

/* "https://X.example:81/y" gives "https://x.example:81". */
static const char *
origin_of(struct arena *a, const char *url)
{
	const char *p = strstr(url, "://");

	p = p == NULL ? url : p + 3;
	return str_lower(a,
	    arena_strndup(a, url, (size_t)(p - url) + strcspn(p, "/?#")));
}

static const char *
host_of(struct arena *a, const char *url)
{
	const char *p = strstr(url, "://");

	p = p == NULL ? url : p + 3;
	return str_lower(a, arena_strndup(a, p, strcspn(p, ":/?#")));
}

static bool
is_local(const char *host)
{
	return strcmp(host, "localhost") == 0 || str_ends(host, ".localhost");
}

/* A name, with a letter in its last label: not an address. */
static bool
is_name(const char *host)
{
	const char *last = strrchr(host, '.');

	last = last == NULL ? host : last + 1;
	return last[strspn(last, "0123456789")] != '\0' &&
	    host[strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789.-")] ==
	    '\0';
}

/* Whether a page of this origin could ask a browser at all. */
static bool
is_able(struct arena *a, const char *origin)
{
	const char *host = host_of(a, origin);

	return is_name(host) &&
	    (str_starts(origin, "https://") || is_local(host));
}

/* Whether host is id or lies below it; nothing lies below "localhost". */
static bool
covers(const char *id, const char *host)
{
	size_t n = strlen(id), len = strlen(host);

	if (strcmp(id, host) == 0)
		return true;
	return strchr(id, '.') != NULL && len > n && host[len - n - 1] == '.' &&
	    strcmp(host + len - n, id) == 0;
}

static const char *const *
origin_list(struct arena *a, const struct conf *conf)
{
	const char *const *given = conf_list(conf, "identity.webauthn.origins");
	const char **list;
	size_t n, i;

	for (n = 0; given[n] != NULL; n++)
		continue;
	list = arena_calloc(a, n + 2, sizeof(*list));
	if (n == 0)
		list[0] = origin_of(a, conf_text(conf, "url.app"));
	for (i = 0; i < n; i++)
		list[i] = str_lower(a, given[i]);
	return list;
}

static int
check_origins(struct arena *a, const struct rp *rp)
{
	size_t i;

	for (i = 0; rp->origins[i] != NULL; i++) {
		if (strcmp(rp->origins[i], origin_of(a, rp->origins[i])) != 0 ||
		    strstr(rp->origins[i], "://") == NULL ||
		    !is_able(a, rp->origins[i])) {
			log_error("identity.webauthn.origins: no https origin");
			return -1;
		}
		if (!covers(rp->id, host_of(a, rp->origins[i]))) {
			log_error("identity.webauthn.rp_id: does not cover "
				  "every origin");
			return -1;
		}
	}
	return 0;
}

int
rp_open(struct arena *a, const struct conf *conf, struct rp *out)
{
	const char *id = conf_text(conf, "identity.webauthn.rp_id");
	const char *app = conf_text(conf, "url.app");
	bool asked = !str_is_empty(id) ||
	    conf_list(conf, "identity.webauthn.origins")[0] != NULL;

	out->webauthn = conf_bool(conf, "identity.webauthn");
	out->passkey = conf_bool(conf, "identity.passkey");
	out->passkey_aal2 = conf_bool(conf, "identity.passkey.aal2");
	out->name =
	    arena_strdup(a, conf_text(conf, "identity.webauthn.rp_name"));
	out->origins = origin_list(a, conf);
	out->id = str_is_empty(id) ? host_of(a, app) : str_lower(a, id);
	if (asked)
		return check_origins(a, out);
	if (!is_able(a, out->origins[0]))
		out->id = NULL;
	return 0;
}

bool
rp_of(struct arena *a, const struct rp *rp, const char *url, struct rp *out)
{
	const char *origin = origin_of(a, url);
	const char **own;
	size_t i;

	*out = *rp;
	if (rp->id != NULL) {
		for (i = 0; rp->origins[i] != NULL; i++)
			if (strcmp(rp->origins[i], origin) == 0)
				return true;
	}
	if (!is_able(a, origin))
		return false;
	own = arena_calloc(a, 2, sizeof(*own));
	own[0] = origin;
	out->origins = own;
	out->id = host_of(a, url);
	return true;
}

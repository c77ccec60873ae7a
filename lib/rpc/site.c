/*
 * Hosts are compared as a whole, letter case aside; nothing is derived from a
 * Host header that the configuration does not know.
 */
#include "rpc/site.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"

struct part_name {
	const char *prefix; /* below a parent domain */
	enum site_part part;
};

static const struct part_name part_names[] = {
	{ "app.", SITE_APP },
	{ "get.", SITE_MARKETING },
	{ "api.", SITE_API },
	{ "auth.", SITE_AUTH },
};

char *
site_authority(struct arena *a, const char *url)
{
	const char *p;

	p = strstr(url, "://");
	p = p == NULL ? url : p + 3;
	return arena_strndup(a, p, strcspn(p, "/?#"));
}

static bool
same_host(struct arena *a, const char *url, const char *host)
{
	return str_ieq(site_authority(a, url), host);
}

/* Which of the site's own addresses the host is. */
static enum site_part
own_part(struct arena *a, const struct site *s, const char *host)
{
	if (str_eq(s->app, s->marketing))
		return same_host(a, s->api, host) && !str_eq(s->api, s->app)
		    ? SITE_API
		    : SITE_SINGLE;
	if (same_host(a, s->app, host))
		return SITE_APP;
	if (same_host(a, s->marketing, host))
		return SITE_MARKETING;
	if (same_host(a, s->api, host))
		return SITE_API;
	return same_host(a, s->auth, host) ? SITE_AUTH : SITE_APP;
}

/* The four hosts below a parent domain, when host is one of them. */
static bool
below_domain(struct arena *a, const char *domain, const char *scheme,
    const char *host, struct site *s)
{
	size_t i;

	for (i = 0; i < NITEMS(part_names); i++)
		if (str_ieq(arena_printf(a, "%s%s", part_names[i].prefix,
				domain),
			host))
			break;
	if (i == NITEMS(part_names))
		return false;
	s->part = part_names[i].part;
	s->app = arena_printf(a, "%sapp.%s", scheme, domain);
	s->marketing = arena_printf(a, "%sget.%s", scheme, domain);
	s->api = arena_printf(a, "%sapi.%s", scheme, domain);
	s->auth = arena_printf(a, "%sauth.%s", scheme, domain);
	s->alias = true;
	s->cookie_domain = arena_strndup(a, domain, strcspn(domain, ":"));
	return true;
}

struct site
site_find(struct arena *a, const struct conf *conf, const char *host)
{
	const char *const *domains;
	const char *scheme;
	struct site s = { 0 };

	s.app = conf_text(conf, "url.app");
	scheme = str_starts(s.app, "https://") ? "https://" : "http://";
	for (domains = conf_list(conf, "url.domains"); *domains != NULL;
	     domains++)
		if (below_domain(a, *domains, scheme, host, &s))
			return s;
	s.marketing = conf_text(conf, "url.marketing");
	if (str_is_empty(s.marketing))
		s.marketing = s.app;
	s.api = conf_text(conf, "url.api");
	s.auth = conf_text(conf, "url.auth");
	s.part = own_part(a, &s, host);
	s.cookie_domain = conf_text(conf, "cookie.domain");
	return s;
}

/* The address lies at base, on a path boundary. */
static bool
lies_at(const char *url, const char *base)
{
	size_t n;

	n = strlen(base);
	return strncasecmp(url, base, n) == 0 &&
	    (url[n] == '\0' || strchr("/?#", url[n]) != NULL);
}

bool
site_owns(const struct site *s, const char *url)
{
	const char *p;

	for (p = url; *p != '\0'; p++)
		if ((unsigned char)*p <= 0x20 || *p == 0x7f || *p == '\\')
			return false;
	if (url[0] == '/')
		return url[1] != '/';
	return lies_at(url, s->app) || lies_at(url, s->marketing);
}

/*
 * Which host was asked, and the addresses of its sisters. One installation
 * answers for the hosts of url.app, url.marketing, url.api and url.auth, and
 * for get., app., api. and auth. of each name in url.domains. When all four
 * addresses are one, the host plays every part.
 */
#ifndef MIRAI_RPC_SITE_H
#define MIRAI_RPC_SITE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/conf.h"

enum site_part {
	SITE_SINGLE, /* every part, and any host nobody named */
	SITE_APP,
	SITE_MARKETING,
	SITE_API,
	SITE_AUTH
};

/* Addresses without trailing slash; equal ones are equal strings. */
struct site {
	enum site_part part;
	const char *app;
	const char *marketing;
	const char *api;
	const char *auth;
	bool alias; /* not the configured hosts, but of url.domains */
	const char *cookie_domain; /* what all four share; NULL: host-only */
};

/* The site that answers for a Host header; strings are in a or conf's. */
struct site site_find(struct arena *a, const struct conf *conf,
    const char *host);

/* Host and port of an address, in a: "https://x.org:81/y" is "x.org:81". */
char *site_authority(struct arena *a, const char *url);

/*
 * Whether a return address is ours: a path of the host that was asked
 * ("/..."), or an address of the application or marketing host.
 */
bool site_owns(const struct site *s, const char *url);

#endif

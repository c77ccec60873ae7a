/*
 * Calls to providers, and what they publish, kept per process: metadata and
 * keys for an hour, keys anew when one is not known.
 */
#ifndef MIRAI_IDENTITY_OIDC_FETCH_H
#define MIRAI_IDENTITY_OIDC_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "identity/oidc_config.h"
#include "net/json.h"

struct oidc_fetch;

struct oidc_fetch *oidc_fetch_open(const struct oidc_config *config);
void oidc_fetch_close(struct oidc_fetch *f);

/* One request; bearer and form may be NULL. */
struct oidc_fetch_call {
	const struct oidc_provider *provider;
	const char *url;
	const char *form;   /* urlencoded: makes it a POST */
	const char *header; /* "authorization: ..." */
	int64_t until_ms;   /* clock_mono_ms() scale */
};

/* The answer of a 200, JSON of any kind, in a. NULL: failed, logged. */
const struct json *oidc_fetch_json(struct oidc_fetch *f, struct arena *a,
    const struct oidc_fetch_call *call);

/*
 * What the provider publishes of itself, checked to be of its issuer; {} for
 * one without discovery. Borrowed until the next call for this provider.
 */
const struct json *oidc_fetch_metadata(struct oidc_fetch *f,
    const struct oidc_provider *p, int64_t until_ms);

/*
 * Its keys. anew: a key was not among them; they are fetched again unless that
 * happened just now: NULL then.
 */
const struct json *oidc_fetch_keys(struct oidc_fetch *f,
    const struct oidc_provider *p, const char *url, bool anew,
    int64_t until_ms);

#endif

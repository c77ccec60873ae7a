/*
 * Each document has an arena of its own and is replaced whole. One that cannot
 * be fetched anew goes on being used for a day.
 */
#include "identity/oidc_fetch.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "net/http.h"

#define FRESH_MS     INT64_C(3600000)
#define STALE_MS     INT64_C(86400000)
#define RETRY_MS     INT64_C(30000)
#define MAX_ANSWER   ((size_t)256 * 1024)
#define ANSWER_DEPTH 16

struct document {
	struct arena *mem; /* NULL: never fetched */
	const struct json *json;
	int64_t fetched_ms;
	int64_t anew_ms; /* when it was last fetched for an unknown key */
};

struct oidc_fetch {
	const struct oidc_config *config;
	struct http *http;
	struct document *metadata; /* one of each per provider */
	struct document *keys;
};

/* What may_connect() is told. */
struct gate_keeper {
	const struct oidc_config *config;
	bool plain; /* http: listed addresses only */
};

struct oidc_fetch *
oidc_fetch_open(const struct oidc_config *config)
{
	struct oidc_fetch *f = xcalloc(1, sizeof(*f));

	f->config = config;
	f->metadata = xcalloc(config->nproviders + 1, sizeof(*f->metadata));
	f->keys = xcalloc(config->nproviders + 1, sizeof(*f->keys));
	return f;
}

void
oidc_fetch_close(struct oidc_fetch *f)
{
	size_t i;

	if (f == NULL)
		return;
	for (i = 0; i < f->config->nproviders; i++) {
		arena_free(f->metadata[i].mem);
		arena_free(f->keys[i].mem);
	}
	free(f->metadata);
	free(f->keys);
	http_close(f->http);
	free(f);
}

/* --- one call -------------------------------------------------------------- */

static bool
may_connect(void *arg, const struct sockaddr *to)
{
	const struct gate_keeper *k = arg;

	return outside_is_listed(k->config->allowed, to) ||
	    (!k->plain && outside_is_public(to));
}

static int64_t
time_left(const struct oidc_fetch *f, int64_t until_ms)
{
	int64_t left = until_ms - clock_mono_ms();

	return left < f->config->timeout_ms ? left : f->config->timeout_ms;
}

static const struct json *
failed(const struct oidc_fetch_call *call, const char *why)
{
	log_warn("sign-in provider %s: %s", call->provider->id, why);
	return NULL;
}

/* The answer's body, if it is a 200 with JSON. */
static const struct json *
read_answer(struct arena *a, const struct oidc_fetch_call *call,
    const struct http_answer *answer)
{
	static const struct json_limits limits = { MAX_ANSWER, ANSWER_DEPTH };
	const struct json *j;

	if (answer->status != 200)
		return failed(call,
		    arena_printf(a, "answered %d", answer->status));
	j = json_parse(a, answer->body, answer->len, &limits, NULL);
	return j == NULL ? failed(call, "answered no JSON") : j;
}

const struct json *
oidc_fetch_json(struct oidc_fetch *f, struct arena *a,
    const struct oidc_fetch_call *call)
{
	struct gate_keeper keeper = { f->config,
		!str_starts(call->url, "https://") };
	const char *headers[5] = { "accept: application/json",
		"user-agent: mirai", call->header };
	struct http_call out = { .url = call->url,
		.headers = headers,
		.max = MAX_ANSWER,
		.may_connect = may_connect,
		.connect_arg = &keeper };
	struct http_answer answer;
	const char *why;

	if (call->form != NULL) {
		out.body = call->form;
		out.bodylen = strlen(call->form);
	}
	if ((out.timeout_ms = time_left(f, call->until_ms)) <= 0)
		return failed(call, "no time is left to ask");
	if (f->http == NULL && (f->http = http_open()) == NULL)
		return failed(call, "no connection could be made");
	if (http_do(f->http, a, &out, &answer, &why) == -1)
		return failed(call, why);
	return read_answer(a, call, &answer);
}

/* --- documents ------------------------------------------------------------- */

/* Fetches doc; false: it is as it was. */
static bool
renew(struct oidc_fetch *f, struct document *doc, const struct oidc_provider *p,
    const char *url,
    bool (*check)(const struct oidc_provider *p, const struct json *j),
    int64_t until_ms)
{
	struct oidc_fetch_call call = { .provider = p,
		.url = url,
		.until_ms = until_ms };
	struct arena *mem = arena_new();
	const struct json *j = oidc_fetch_json(f, mem, &call);

	if (j == NULL || !check(p, j)) {
		arena_free(mem);
		return false;
	}
	arena_free(doc->mem);
	doc->mem = mem;
	doc->json = j;
	doc->fetched_ms = clock_mono_ms();
	return true;
}

static bool
is_younger(const struct document *doc, int64_t ms)
{
	return doc->mem != NULL && clock_mono_ms() - doc->fetched_ms < ms;
}

/* Microsoft's common endpoint stands for the issuers of all directories. */
static bool
is_template(const struct oidc_provider *p, const char *issuer)
{
	const char *hole = strstr(issuer, "{tenantid}");
	size_t head = hole == NULL ? 0 : (size_t)(hole - issuer);
	const char *rest;

	if (p->kind != OIDC_MICROSOFT || hole == NULL ||
	    strncmp(p->issuer, issuer, head) != 0)
		return false;
	rest = p->issuer + head;
	return strcmp(rest + strcspn(rest, "/"), hole + 10) == 0;
}

static bool
check_metadata(const struct oidc_provider *p, const struct json *j)
{
	const char *issuer = json_get_text(j, "issuer", "");

	if (json_error(j) == NULL &&
	    (strcmp(issuer, p->issuer) == 0 || is_template(p, issuer)))
		return true;
	log_warn("sign-in provider %s: its metadata are of another issuer",
	    p->id);
	return false;
}

static bool
check_keys(const struct oidc_provider *p, const struct json *j)
{
	if (json_count(json_get_list(j, "keys")) > 0)
		return true;
	log_warn("sign-in provider %s: it publishes no keys", p->id);
	return false;
}

/* ".../.well-known/openid-configuration" */
static const char *
metadata_url(struct arena *a, const struct oidc_provider *p)
{
	return arena_printf(a, "%s%s.well-known/openid-configuration",
	    p->issuer, str_ends(p->issuer, "/") ? "" : "/");
}

const struct json *
oidc_fetch_metadata(struct oidc_fetch *f, const struct oidc_provider *p,
    int64_t until_ms)
{
	struct document *doc = &f->metadata[p->index];
	struct arena *a;

	if (is_younger(doc, FRESH_MS))
		return doc->json;
	a = arena_new();
	if (p->kind == OIDC_GITHUB ||
	    (p->auth_url != NULL && p->token_url != NULL &&
		p->jwks_url != NULL)) {
		arena_free(doc->mem);
		doc->mem = arena_new();
		doc->json = json_new_object(doc->mem);
		doc->fetched_ms = clock_mono_ms();
	} else
		(void)renew(f, doc, p, metadata_url(a, p), check_metadata,
		    until_ms); /* an older one will do */
	arena_free(a);
	return is_younger(doc, STALE_MS) ? doc->json : NULL;
}

const struct json *
oidc_fetch_keys(struct oidc_fetch *f, const struct oidc_provider *p,
    const char *url, bool anew, int64_t until_ms)
{
	struct document *doc = &f->keys[p->index];
	int64_t now = clock_mono_ms();

	if (anew) {
		if (doc->anew_ms != 0 && now - doc->anew_ms < RETRY_MS)
			return NULL;
		doc->anew_ms = now;
		return renew(f, doc, p, url, check_keys, until_ms) ? doc->json
								   : NULL;
	}
	if (!is_younger(doc, FRESH_MS))
		(void)renew(f, doc, p, url, check_keys,
		    until_ms); /* older ones will do */
	return is_younger(doc, STALE_MS) ? doc->json : NULL;
}

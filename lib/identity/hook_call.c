/*
 * The request of a web hook and what its status means. Errors name host and
 * number, never the key or the body.
 */
#include "identity/hook_call.h"

#include <string.h>

#include "base/str.h"
#include "net/crypt.h"

#define ANSWER_MAX ((size_t)64 * 1024)

/* What may_connect() is told. */
struct keeper {
	const struct hook_config *config;
	bool plain; /* http: listed addresses only */
};

static bool
may_connect(void *arg, const struct sockaddr *to)
{
	const struct keeper *k = arg;

	return outside_is_listed(k->config->allowed, to) ||
	    (!k->plain && outside_is_public(to));
}

/* The header that says who calls; NULL: none. */
static const char *
credential(struct arena *a, const struct web_hook *w)
{
	const char *pair;

	switch (w->auth) {
	case HOOK_AUTH_BASIC:
		pair = arena_printf(a, "%s:%s", w->user, w->password);
		return arena_printf(a, "Authorization: Basic %s",
		    crypt_base64(a, pair, strlen(pair)));
	case HOOK_AUTH_KEY:
		return w->cookie
		    ? arena_printf(a, "Cookie: %s=%s", w->name, w->value)
		    : arena_printf(a, "%s: %s", w->name, w->value);
	case HOOK_AUTH_NONE:
		break;
	}
	return NULL;
}

static enum hook_end
end_of(int status)
{
	if (status >= 200 && status < 300)
		return HOOK_DONE;
	return status >= 500 || status == 408 || status == 425 || status == 429
	    ? HOOK_AGAIN
	    : HOOK_REFUSED;
}

enum hook_end
hook_call(struct http *h, struct arena *a, const struct hook_config *config,
    const struct web_hook *w, const char *id, const char *body,
    int64_t timeout_ms, struct http_answer *answer, const char **error)
{
	struct keeper keeper = { config, !str_starts(w->url, "https://") };
	const char *headers[] = { "Content-Type: application/json",
		"Accept: application/json", "User-Agent: mirai",
		arena_printf(a, "Idempotency-Key: %s", id), credential(a, w),
		NULL };
	struct http_call call = { .url = w->url,
		.headers = headers,
		.body = body,
		.bodylen = strlen(body),
		.timeout_ms = timeout_ms,
		.max = ANSWER_MAX,
		.may_connect = may_connect,
		.connect_arg = &keeper };

	if (http_do(h, a, &call, answer, error) == -1)
		return HOOK_AGAIN;
	*error = arena_printf(a, "answered %d", answer->status);
	return end_of(answer->status);
}

/*
 * One try to deliver a web hook: a POST that follows no redirect and reaches no
 * private address unless that is listed.
 */
#ifndef MIRAI_IDENTITY_HOOK_CALL_H
#define MIRAI_IDENTITY_HOOK_CALL_H

#include "identity/hook_config.h"
#include "net/http.h"

#define HOOK_TRIES 4 /* the first one, and three more */

enum hook_end {
	HOOK_DONE = 0, /* 2xx */
	HOOK_AGAIN,    /* no answer, 408, 425, 429 or 5xx */
	HOOK_REFUSED   /* any other answer */
};

/*
 * Delivers body. id is the same for every try: its Idempotency-Key. Unless
 * done, *error says why, in a; the answer of HOOK_DONE and HOOK_REFUSED is in
 * *answer.
 */
enum hook_end hook_call(struct http *h, struct arena *a,
    const struct hook_config *config, const struct web_hook *w, const char *id,
    const char *body, int64_t timeout_ms, struct http_answer *answer,
    const char **error) MUST_CHECK;

#endif

/*
 * A password is hashed in normal form C, and an imported hash is held against
 * the bytes as typed, since that is what it was made of.
 */
#include "identity/password.h"

#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "identity/metrics.h"
#include "identity/nfc.h"
#include "identity/policy.h"

#define QUEUE_MS 2000

static void
wipe_text(void *p)
{
	crypt_wipe(p, strlen(p));
}

/* Text of ours that a library handed out as const: nobody reads it again. */
static void
wipe_const(const void *p, size_t len)
{
	crypt_wipe((void *)(uintptr_t)p, len);
}

const char *
password_take(struct visit *c, const struct json *body, const char *key)
{
	const char *text = json_get_text(body, key, "");
	char *copy = arena_strdup(c->mem, text);

	wipe_const(text, strlen(text));
	if (c->r->body != NULL)
		wipe_const(c->r->body, c->r->bodylen);
	arena_defer(c->mem, wipe_text, copy);
	return copy;
}

static char *
normal(struct visit *c, const char *password)
{
	char *s = nfc_text(c->mem, password);

	arena_defer(c->mem, wipe_text, s);
	return s;
}

/*
 * Waits for a hash to be free; what was waited for a worker counts too. -1:
 * two seconds have passed.
 */
static int
enter(struct visit *c)
{
	int64_t left = QUEUE_MS - c->r->queued_ms, begun = clock_mono_us();
	int rc = -1;

	metrics_wait_begin();
	if (left > 0)
		rc = gate_enter(c->p->gate,
		    left < QUEUE_MS ? (int)left : QUEUE_MS);
	metrics_wait_end();
	if (rc == -1)
		metrics_count(METRICS_HASH_BUSY);
	metrics_observe(METRICS_HASH_WAIT, clock_mono_us() - begun);
	return rc;
}

enum code
password_verify(struct visit *c, const char *password,
    const struct identity_password *cred, bool *right, const char **rehash)
{
	const char *hash = c->p->dummy_hash, *plain = normal(c, password);
	bool known, stale;

	known = cred != NULL && cred->hash != NULL &&
	    strlen(password) <= POLICY_MAX_BYTES;
	if (known)
		hash = cred->hash;
	if (enter(c) == -1)
		return CODE_UNAVAILABLE;
	*rehash = NULL;
	*right = crypt_password_verify(known && cred->raw ? password : plain,
		     hash, &c->p->cost, &stale) &&
	    known;
	if (*right && stale)
		*rehash = crypt_password_hash(c->mem, plain, &c->p->cost);
	gate_leave(c->p->gate);
	return CODE_OK;
}

enum code
password_hash(struct visit *c, const char *password, const char **hash)
{
	const char *plain = normal(c, password);

	if (enter(c) == -1)
		return CODE_UNAVAILABLE;
	*hash = crypt_password_hash(c->mem, plain, &c->p->cost);
	gate_leave(c->p->gate);
	return CODE_OK;
}

/* Whether it is not known from breaches; else says so. */
static bool
is_unbreached(struct visit *c, const char *password, struct ui *ui)
{
	switch (breach_check(c->p->breach, c->mem, password)) {
	case BREACH_FINE:
		return true;
	case BREACH_KNOWN:
		ui_say_at(ui, "password", UI_PASSWORD_LEAKED, NULL, NULL);
		break;
	case BREACH_UNKNOWN:
		ui_say(ui, UI_SYSTEM, "reason",
		    "The password could not be checked. Please try again.");
		break;
	}
	return false;
}

bool
password_policy(struct visit *c, const char *password,
    const char *const *personal, struct ui *ui)
{
	switch (policy_check(c->mem, password, personal)) {
	case POLICY_FINE:
		return is_unbreached(c, password, ui);
	case POLICY_SHORT:
		ui_say_at(ui, "password", UI_PASSWORD_SHORT, "min_length", "8");
		break;
	case POLICY_LONG:
		ui_say_at(ui, "password", UI_PASSWORD_LONG, "max_length",
		    "1024");
		break;
	case POLICY_SIMILAR:
		ui_say_at(ui, "password", UI_PASSWORD_SIMILAR, NULL, NULL);
		break;
	case POLICY_COMMON:
		ui_say_at(ui, "password", UI_PASSWORD_LEAKED, NULL, NULL);
		break;
	}
	return false;
}

void
password_refuse_busy(struct visit *c)
{
	visit_refuse(c,
	    &(struct problem){
		.status = 503,
		.reason = "Too many people sign in at this moment. Please try "
			  "again.",
		.retry_after = 2,
	    });
}

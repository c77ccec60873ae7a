/*
 * Hooks: what happens besides when a self-service flow begins or ends (spec
 * identity.md, section 21; mirai-hooks(5)). Read and checked before the
 * workers start. What has a setting of its own is no hook.
 */
#ifndef MIRAI_IDENTITY_HOOK_CONFIG_H
#define MIRAI_IDENTITY_HOOK_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/conf.h"
#include "net/json.h"
#include "net/outside.h"

#define HOOK_FLOWS 5 /* = FLOW__MAX, in its order */

enum hook_moment {
	HOOK_BEFORE = 0, /* the flow begins */
	HOOK_AFTER	 /* a method completed it */
};

enum hook_kind {
	HOOK_WEB = 0,
	HOOK_REQUIRE_VERIFIED,	/* require_verified_address */
	HOOK_SHOW_VERIFICATION, /* show_verification_ui */
	HOOK_REVOKE,		/* revoke_active_sessions */
	HOOK__MAX
};

enum hook_auth {
	HOOK_AUTH_NONE = 0,
	HOOK_AUTH_BASIC,
	HOOK_AUTH_KEY
};

/* One file below identity.hooks.dir. */
struct web_hook {
	const char *id;
	const char *url;
	const struct json *body; /* template: hook_body.h */
	enum hook_auth auth;
	const char *user; /* of basic */
	const char *password;
	const char *name; /* of the key */
	const char *value;
	bool cookie; /* the key is a cookie, no header */
	bool parse;  /* the answer decides; else it is queued */
	int64_t timeout_ms;
	struct web_hook *next;
};

/* One entry of identity.hooks.FLOW. */
struct hook_entry {
	enum hook_kind kind;
	enum hook_moment moment;
	const char *method;	    /* NULL: any */
	const struct web_hook *web; /* of HOOK_WEB */
	struct hook_entry *next;
};

struct hook_config {
	struct hook_entry *flows[HOOK_FLOWS]; /* in the order they are listed */
	struct web_hook *hooks;
	const struct outside *allowed; /* private addresses, may be called */
	bool private;		       /* there are some */
	size_t waiting; /* workers that may wait for answers at once */
};

/* In a; NULL after one logged line that names the setting, or file and line. */
struct hook_config *hook_config_load(struct arena *a, const struct conf *conf);

/* NULL: no such web hook. */
const struct web_hook *hook_config_find(const struct hook_config *c,
    const char *id);

/* Whether the method completing a flow of that kind has this hook. */
bool hook_config_has(const struct hook_config *c, size_t flow,
    enum hook_kind kind, const char *method);

/* Whether e is for this moment and method (NULL: none). */
bool hook_entry_is(const struct hook_entry *e, enum hook_moment moment,
    const char *method);

#endif

/*
 * Running the hooks of self-service flows (spec identity.md, section 21). A
 * web hook whose answer decides is asked before anything is stored; the others
 * are queued in the transaction of what they tell.
 */
#ifndef MIRAI_IDENTITY_HOOK_H
#define MIRAI_IDENTITY_HOOK_H

#include "identity/flow.h"
#include "identity/hook_config.h"

struct hooks;

/* In a; NULL after one logged line. workers processes will share it. */
struct hooks *hook_open(struct arena *a, const struct conf *conf,
    size_t workers);
void hook_close(struct hooks *h);

/* Whom and what a hook is about; members that are NULL are not known yet. */
struct hook_about {
	const char *method;
	const char *identity_id; /* for the audit trail */
	const struct json *identity;
	const struct json *session;
};

/* Whether a flow of this kind that the method completed has this hook. */
bool hook_has(const struct visit *c, enum flow_kind kind, enum hook_kind hook,
    const char *method);

/*
 * Asks the web hooks that may refuse, in their order. False: one did, or did
 * not answer: the open transaction, if there is one, is rolled back, and the
 * request answered with the form and what the hook says.
 */
bool hook_ask(struct visit *c, struct flow *f, enum hook_moment moment,
    const struct hook_about *about) MUST_CHECK;

/* In the open transaction, queues those that are only told. */
enum code hook_tell(struct visit *c, const struct flow *f,
    enum hook_moment moment, const struct hook_about *about) MUST_CHECK;

/*
 * What comes with the end of a flow, in its open transaction: ends the
 * person's sessions but one (NULL: all) if that is a hook, and hook_tell()s.
 */
enum code hook_finish(struct visit *c, const struct flow *f,
    const struct hook_about *about, const char *but) MUST_CHECK;

#endif

/*
 * Account settings (spec identity.md, section 13): the frame around the
 * methods that change what is known of somebody who is signed in.
 */
#ifndef MIRAI_IDENTITY_SELF_SETTINGS_H
#define MIRAI_IDENTITY_SELF_SETTINGS_H

#include "identity/flow.h"

void self_settings_browser(struct visit *c);
void self_settings_api(struct visit *c);
void self_settings_flows(struct visit *c);
void self_settings_submit(struct visit *c);
void self_settings_resume(struct visit *c);	     /* GET of the same path */
void self_settings_change_password(struct visit *c); /* well-known URL */

/* As self_draw(). */
enum code self_settings_draw(struct visit *c, struct flow *f);

/*
 * Whether the caller, whose session was looked up, may read and submit f (T-1).
 * False: answered.
 */
bool self_settings_may_use(struct visit *c, struct flow *f);

/*
 * Whether the sign-in of a submit is fresh enough to change what one signs in
 * with (T-3). False: answered with the way to prove oneself again,
 * from where a browser comes back with body, kept meanwhile. Call it before
 * any transaction of the change, and before body is wiped.
 */
bool self_settings_privileged(struct visit *c, struct flow *f,
    const struct json *body);

/* The same of a GET that tells secrets of its own. False: answered. */
bool self_settings_may_download(struct visit *c);

/*
 * The end of a method, in the open transaction of its change; code is how that
 * went. Writes action into the audit trail, draws the form anew with the
 * news that all is saved, commits and answers.
 */
void self_settings_done(struct visit *c, struct flow *f, const char *action,
    enum code code);

/* The same with other news than that all is saved. */
struct settings_end {
	const char *action;
	enum ui_id said; /* 0: UI_SAVED */
	const char *key; /* of its context, with the value; NULL: none */
	const char *value;
	const char *url; /* where browsers go; NULL: as ever */
};
void self_settings_end(struct visit *c, struct flow *f,
    const struct settings_end *end, enum code code);

/* The flow after a change, for scripts; a browser's goes on to url. */
void self_settings_answer(struct visit *c, struct flow *f, const char *url);

#endif

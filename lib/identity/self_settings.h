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

/* As self_draw(). */
enum code self_settings_draw(struct visit *c, struct flow *f);

/*
 * Whether the session is fresh enough to change what one signs in with (T-3).
 * False: answered with the way to prove oneself again. Call it before any
 * transaction of the change.
 */
bool self_settings_privileged(struct visit *c, struct flow *f,
    const struct json *body);

/*
 * The end of a method, in the open transaction of its change; code is how that
 * went. Writes action into the audit trail, draws the form anew with the
 * news that all is saved, commits and answers.
 */
void self_settings_done(struct visit *c, struct flow *f, const char *action,
    enum code code);

#endif

/*
 * Signing in (spec identity.md, section 9): the frame around the methods that
 * prove who somebody is.
 */
#ifndef MIRAI_IDENTITY_SELF_LOGIN_H
#define MIRAI_IDENTITY_SELF_LOGIN_H

#include "identity/flow.h"

void self_login_browser(struct visit *c);
void self_login_api(struct visit *c);
void self_login_flows(struct visit *c);
void self_login_submit(struct visit *c);

/* As self_draw(). */
enum code self_login_draw(struct visit *c, struct flow *f);

/*
 * For methods that ask who signs in: the identifier's node, once. On a refresh
 * it is hidden and fixed to the person who is signed in.
 */
void self_login_add_identifier(struct visit *c, struct flow *f);

/* What was submitted there, trimmed; "" if nothing. */
const char *self_login_identifier(struct visit *c, const struct json *body);

/*
 * The end of a method: somebody is proven to be identity_id. Signs in, renews
 * or raises the session, and answers. No transaction is open.
 */
void self_login_complete(struct visit *c, struct flow *f,
    const char *identity_id, const struct session_proof *proof);

/*
 * The other end: wrong, for whatever reason, said as id at the form; with its
 * row in the audit trail. identity_id NULL: unknown.
 */
void self_login_refuse(struct visit *c, struct flow *f, enum ui_id id,
    const char *identity_id);

/* The same, said at the node of that name. */
void self_login_refuse_at(struct visit *c, struct flow *f, const char *node,
    enum ui_id id, const char *identity_id);

/*
 * 200 with a token and its session, without identity where a second factor is
 * still to be proven (L-5).
 */
void self_login_answer_token(struct visit *c, const struct session *s,
    const char *secret);

#endif

/*
 * What all self-service flows share: how they begin, are read, are submitted
 * and end (spec identity.md 3, 4, 9, 10).
 */
#ifndef MIRAI_IDENTITY_SELF_H
#define MIRAI_IDENTITY_SELF_H

#include "identity/flow.h"

/*
 * Checks what every start has in common, the session looked up: return_to,
 * foreign challenges, and that nobody is signed in unless again is set. False:
 * answered.
 */
bool self_may_start(struct visit *c, enum flow_kind kind, bool api, bool again);

/* A new flow with the query's return_to and the like. */
struct flow *self_new(struct visit *c, enum flow_kind kind, bool api);

/*
 * Adds the form of f to f->ui, in the open transaction; what was said there
 * before stays.
 */
enum code self_draw(struct visit *c, struct flow *f) MUST_CHECK;

/* Draws f anew, in a transaction of its own. False: failed, answered. */
bool self_redraw(struct visit *c, struct flow *f);

/* Draws a new flow, stores it and answers with it. */
void self_start(struct visit *c, struct flow *f);

/* GET .../flows?id= */
void self_read(struct visit *c, enum flow_kind kind);

/*
 * The flow that the query names, and the caller's session; an expired one is
 * replaced by a new one. False: answered. No transaction is open afterwards.
 */
bool self_load(struct visit *c, enum flow_kind kind, struct flow **f);

/*
 * The beginning of a submit: the flow, the session, the body, the CSRF check,
 * return_to; an expired flow is replaced by a new one. False: answered. No
 * transaction is open afterwards.
 */
bool self_submit(struct visit *c, enum flow_kind kind, struct flow **f,
    const struct json **body);

/* The body of a request as an object; NULL: refused already. */
const struct json *self_read_body(struct visit *c);

/*
 * A submit of someone who is signed in already: browsers go on, scripts and
 * API clients are told.
 */
void self_refuse_signed_in(struct visit *c);

/* Whether a submit holds the button or box of that name. */
bool self_is_set(const struct json *body, const char *name);

/* A button that submits: name "method" unless another is given. */
void self_add_submit(struct flow *f, const char *group, const char *name,
    const char *value, enum ui_id label);

/* Shows the flow again, with what is wrong said in its ui: 400. */
void self_again(struct visit *c, const struct flow *f);

/*
 * Whether one more mail may go to address, in the open transaction, which
 * counts it. False: answered, and the transaction is over.
 */
bool self_may_send(struct visit *c, struct flow *f, const char *address);

/* The account is disabled: 401 in JSON, or the page of errors. */
void self_refuse_disabled(struct visit *c, const char *identity_id);

/* 422: scripts have to send the browser to url themselves. */
void self_refuse_here(struct visit *c, const char *reason, const char *url);

/* Over a limit: 429, or the form with 4900001 for browsers. */
void self_limited(struct visit *c, struct flow *f, int seconds);

/*
 * A new flow in place of one that is of no use any more, saying id: shown at
 * once to scripts, its page to browsers. No transaction is open.
 */
void self_restart(struct visit *c, const struct flow *old, enum ui_id id);

/*
 * The same where 200 would mean success: scripts are told 410 and its id.
 */
void self_replace(struct visit *c, const struct flow *old, enum ui_id id);

/* The same for one that expired (L-7); scripts are told 410 and its id. */
void self_replace_expired(struct visit *c, const struct flow *old);

/* Stores the flow and shows it: status for JSON, its page for browsers. */
void self_show(struct visit *c, const struct flow *f, int status);

/* As self_show(), as the end of the open transaction. */
void self_show_end(struct visit *c, const struct flow *f, int status);

/* Where a browser goes when f is done. */
const char *self_done_url(struct visit *c, const struct flow *f);

/* continue_with of one item: redirect_browser_to. */
void self_put_redirect(struct json *o, const char *url);

/*
 * A new session after a proof: in the open transaction, with its row in the
 * audit trail. *secret is the token or cookie value.
 */
enum code self_issue(struct visit *c, const struct flow *f,
    const char *identity_id, const struct session_proof *proof,
    struct session *out, const char **secret);

/*
 * In the open transaction, ends the sessions of the person who is signed in
 * but one (NULL: all); n (may be NULL) is how many.
 */
enum code self_end_sessions(struct visit *c, const char *but, size_t *n);

/* The same of whoever has this id. */
enum code self_end_sessions_of(struct visit *c, const char *identity_id,
    const char *but, size_t *n);

/*
 * In the open transaction, queues a mail to the person who is signed in. One
 * without an address gets none.
 */
enum code self_mail(struct visit *c, const char *type, const struct json *data);

/* "5 December 2026", and "5 December 2026, 14:05 UTC", for people. */
const char *self_date(struct arena *a, int64_t us);
const char *self_when(struct arena *a, int64_t us);

/* A row of the audit trail about this call. */
enum code self_trail(struct visit *c, const char *action, const char *result,
    const char *identity_id, const char *session_id);

#endif

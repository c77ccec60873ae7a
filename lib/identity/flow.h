/*
 * Self-service flows: one row each, a state machine's memory between two
 * requests (spec identity.md, section 4).
 */
#ifndef MIRAI_IDENTITY_FLOW_H
#define MIRAI_IDENTITY_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "identity/visit.h"
#include "identity/ui.h"

enum flow_kind {
	FLOW_LOGIN = 0,
	FLOW_REGISTRATION,
	FLOW_RECOVERY,
	FLOW_VERIFICATION,
	FLOW_SETTINGS,
	FLOW__MAX
};

#define FLOW_CHOOSE  "choose_method"
#define FLOW_SENT    "sent_email"
#define FLOW_PASSED  "passed_challenge"
#define FLOW_SHOW    "show_form" /* of settings */
#define FLOW_SUCCESS "success"

/* A browser is here in place of the app that began an API flow. */
struct flow_handoff {
	const char *init; /* SHA-256 of the app's exchange code, hex */
	const char *code; /* for the app, once its session is kept */
};

struct flow {
	char id[STR_UUID_LEN + 1];
	enum flow_kind kind;
	bool api;
	bool expired;
	bool refresh;
	const char *state;
	const char *active; /* NULL before the first submit */
	const char *request_url;
	const char *return_to; /* NULL: none */
	const char *csrf;      /* "" for API flows */
	const char *requested_aal;
	const char *identity_id;      /* NULL: any; a refresh is one person's */
	const char *organization_id;  /* NULL: none */
	const char *exchange_code;    /* only right after it was made */
	struct flow_handoff *handoff; /* NULL: the caller is whose flow it is */
	/*
	 * What its methods keep between two requests, each below its name; never
	 * shown. Secrets in it are sealed.
	 */
	struct json *internal;
	const struct json *typed; /* the submit that is drawn again, or NULL */
	const struct json *identity; /* of settings: whose they are, to show */
	const char *attempt;  /* who a guessed submit wants to be, or NULL */
	bool attempts_failed; /* some failed before: forgotten on success */
	struct json *continue_with; /* NULL: not part of this answer */
	struct ui *ui;
	int64_t issued_at;
	int64_t expires_at;
	int64_t created_at;
	int64_t updated_at;
};

/* "login" */
const char *flow_name(enum flow_kind kind);

/* The message of an expired flow of this kind. */
enum ui_id flow_expired_id(enum flow_kind kind);

/* The text typed into the node of that name, to be put back; NULL: none. */
const char *flow_typed(const struct flow *f, const char *name);

/* A new flow with an empty form, not stored yet; in c->mem. */
struct flow *flow_new(struct visit *c, enum flow_kind kind, bool api);

/*
 * What opens the secret nodes of a form of this kind (flow_name()), for
 * ui_load(): the caller's session; for the forms that come without one, the
 * CSRF cookie of the browser (NULL: none).
 */
const char *const *flow_keys(struct arena *a, const char *kind,
    const char *const *session, const char *csrf);

/* Inside the open transaction. */
enum code flow_insert(struct visit *c, const struct flow *f);
enum code flow_save(struct visit *c, const struct flow *f);
enum code flow_load(struct visit *c, enum flow_kind kind, const char *id,
    struct flow **out); /* CODE_NOT_FOUND */

/*
 * A link in a mail is opened in whichever browser: flow_adopt() lets this one
 * go on with f beside those before, and flow_csrf() is the token f is held
 * against: of this browser if it may, else of the one before.
 */
void flow_adopt(struct visit *c, struct flow *f);
const char *flow_csrf(struct visit *c, const struct flow *f);

/* The flow as JSON, the CSRF token of its form masked anew. */
struct json *flow_json(struct visit *c, const struct flow *f);

/* The page that shows it. */
const char *flow_page(struct visit *c, const struct flow *f);

/* Where a flow of this kind and type begins. */
const char *flow_start_url(struct visit *c, enum flow_kind kind, bool api);

/*
 * For cron: deletes at most 100 rows of each kind that ended over a week ago
 * (error records, exchanges and tries: a day; what was parked or pending: at
 * once); returns how many, -1 when the database failed.
 */
int64_t flow_sweep(struct db *db, struct arena *a);

extern const struct db_query flow_queries[];

#endif

/*
 * Recovery flows. A right code proves the address and gives a session of the
 * first level, never more; the settings flow it leads to knows that it came
 * from here, so that a new password ends all other sessions.
 */
#include "identity/self_recovery.h"

#include "base/clock.h"
#include "identity/csrf.h"
#include "identity/hook.h"
#include "identity/mailed.h"
#include "identity/self.h"

#define MINUTE_US INT64_C(60000000)

enum query {
	Q_ADDRESS,
	Q_STILL,
	Q__MAX
};

const struct db_query self_recovery_queries[] = {
	[Q_ADDRESS] = {
	    .name = "self_recovery_address",
	    .nargs = 1, /* identity */
	    .sql = "SELECT r.value FROM identities i"
		   " LEFT JOIN recovery_addresses r ON r.identity_id = i.id"
		   " WHERE i.id = $1 ORDER BY r.created_at, r.id LIMIT 1",
	},
	[Q_STILL] = {
	    .name = "self_recovery_still",
	    .nargs = 2, /* identity, address */
	    .sql = "SELECT 1 FROM recovery_addresses WHERE identity_id = $1"
		   " AND via = 'email' AND value = $2 FOR SHARE",
	},
	[Q__MAX] = { 0 },
};

void
self_recovery_browser(struct visit *c)
{
	mailed_start(c, FLOW_RECOVERY, false);
}

void
self_recovery_api(struct visit *c)
{
	mailed_start(c, FLOW_RECOVERY, true);
}

void
self_recovery_flows(struct visit *c)
{
	self_read(c, FLOW_RECOVERY);
}

void
self_recovery_open(struct visit *c)
{
	mailed_open(c, FLOW_RECOVERY);
}

void
self_recovery_submit(struct visit *c)
{
	mailed_submit(c, FLOW_RECOVERY);
}

/* --- recovered ------------------------------------------------------------- */

/* The settings flow of who was recovered, in the open transaction. */
static enum code
begin_settings(struct visit *c, const struct flow *f, struct flow **out)
{
	struct flow *s = flow_new(c, FLOW_SETTINGS, f->api);
	enum code code;

	s->request_url = f->request_url;
	s->return_to = f->return_to;
	s->identity_id = c->session->identity.id;
	s->identity = c->session->identity.json;
	json_put_bool(s->internal, "recovered", true);
	code = self_draw(c, s);
	ui_say(s->ui, UI_RECOVERED, "privilegedSessionExpiresInMinutes",
	    arena_printf(c->mem, "%lld",
		(long long)(c->p->privileged_us / MINUTE_US)));
	*out = s;
	return code == CODE_OK ? flow_insert(c, s) : code;
}

/* The hooks of a recovery that is stored. */
static enum code
finish(struct visit *c, const struct flow *f, const char *identity_id,
    const struct session *s)
{
	const struct hook_about about = { f->active, identity_id,
		s->identity.json, s->json };

	return hook_finish(c, f, &about, s->id);
}

/* The rows of a recovery: session, address, flows. */
static enum code
write_rows(struct visit *c, struct flow *f, const struct onetime_proof *proof,
    const char **secret, struct flow **settings)
{
	bool link = str_eq(f->active, "link");
	const struct session_proof how = {
		.method = link ? "link_recovery" : "code_recovery",
	};
	struct session *s = arena_zalloc(c->mem, sizeof(*s));
	enum code code;

	code = mailed_verify(c, proof->identity_id, proof->address);
	if (code != CODE_OK && code != CODE_NOT_FOUND)
		return code; /* an address need not be verifiable, too */
	code = self_trail(c, "recovery", NULL, proof->identity_id, NULL);
	if (code == CODE_OK)
		code = self_issue(c, f, proof->identity_id, &how, s, secret);
	if (code == CODE_OK)
		code = finish(c, f, proof->identity_id, s);
	if (code != CODE_OK)
		return code;
	if (!f->api)
		csrf_rotate(c);
	c->session = s;
	f->state = FLOW_PASSED;
	f->ui = ui_new(c->mem);
	code = begin_settings(c, f, settings);
	return code == CODE_OK ? flow_save(c, f) : code;
}

static void
put_items(struct visit *c, struct flow *f, const struct flow *settings,
    const char *secret)
{
	struct json *item, *o;

	f->continue_with = json_new_list(c->mem);
	if (f->api) {
		item = json_add_object(f->continue_with);
		json_put_text(item, "action", "set_ory_session_token");
		json_put_text(item, "ory_session_token", secret);
	}
	item = json_add_object(f->continue_with);
	json_put_text(item, "action", "show_settings_ui");
	o = json_put_object(item, "flow");
	json_put_text(o, "id", settings->id);
	json_put_text(o, "url", flow_page(c, settings));
}

static void
answer(struct visit *c, struct flow *f, const struct flow *settings,
    const char *secret)
{
	const char *url = flow_page(c, settings);

	if (json_get_bool(f->internal, "skip_settings", false) &&
	    (url = self_done_url(c, f)) == NULL)
		return;
	if (!f->api)
		visit_set_session(c, secret);
	if (!f->api && !visit_is_json(c)) {
		visit_redirect(c, url);
		return;
	}
	if (c->p->continue_with) {
		put_items(c, f, settings, secret);
		visit_json(c, 200, flow_json(c, f));
		return;
	}
	self_refuse_here(c,
	    "The account is recovered. Please go on in the browser.", url);
}

/* CODE_NOT_FOUND: the address left its owner after the mail. */
static enum code
find_owner(struct visit *c, const struct onetime_proof *proof,
    struct identity *who)
{
	struct db_rows *rows;

	rows = db_run(c->db, &self_recovery_queries[Q_STILL],
	    DB_ARGS(proof->identity_id, proof->address));
	if (rows == NULL)
		return identity_fault(c->db);
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	return identity_get(c->db, c->mem, c->p->base_url, proof->identity_id,
	    who);
}

void
self_recovery_passed(struct visit *c, struct flow *f,
    const struct onetime_proof *proof)
{
	struct hook_about about = { .method = f->active,
		.identity_id = proof->identity_id };
	struct flow *settings = NULL;
	struct identity who;
	const char *secret = NULL;
	enum code code;

	code = find_owner(c, proof, &who);
	if (code == CODE_NOT_FOUND) {
		mailed_refuse(c, f);
		return;
	}
	if (code == CODE_OK && !who.active) {
		if (visit_end(c, CODE_OK)) /* the code is used up */
			self_refuse_disabled(c, proof->identity_id);
		return;
	}
	about.identity = who.json;
	if (code == CODE_OK && !hook_ask(c, f, HOOK_AFTER, &about))
		return;
	if (code == CODE_OK)
		code = write_rows(c, f, proof, &secret, &settings);
	if (visit_end(c, code))
		answer(c, f, settings, secret);
}

/* --- by an administrator --------------------------------------------------- */

static enum code
find_address(struct visit *c, const char *identity_id, const char **address)
{
	struct db_rows *rows;

	if (!str_is_uuid(identity_id))
		return CODE_NOT_FOUND;
	rows = db_run(c->db, &self_recovery_queries[Q_ADDRESS],
	    DB_ARGS(identity_id));
	if (rows == NULL)
		return identity_fault(c->db);
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	*address = db_text_null(rows, 0);
	return *address == NULL ? CODE_FAILED_PRECONDITION : CODE_OK;
}

enum code
self_recovery_grant(struct visit *c, const char *identity_id,
    const char *return_to, int64_t life_us, bool link,
    struct self_recovery_grant *out)
{
	struct flow *f = flow_new(c, FLOW_RECOVERY, true);
	const char *address, *secret = NULL;
	enum code code;

	f->api = false; /* without a cookie for the administrator */
	f->return_to = return_to;
	f->expires_at = f->issued_at + life_us;
	json_put_bool(f->internal, "open", true);
	code = find_address(c, identity_id, &address);
	if (code == CODE_OK)
		code = flow_insert(c, f);
	if (code == CODE_OK)
		code = mailed_issue(c, f, address, identity_id, life_us, link,
		    &secret);
	if (code == CODE_OK)
		code = flow_save(c, f);
	if (code != CODE_OK)
		return code;
	out->link = mailed_url(c, f, link, link ? secret : NULL);
	out->code = link ? NULL : secret;
	out->expires_at = f->expires_at;
	return CODE_OK;
}

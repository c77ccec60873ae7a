/*
 * Verification flows. The proof is the code alone: no session is needed or
 * made, and whoever has the code owns the address.
 */
#include "identity/self_verification.h"

#include "identity/hook.h"
#include "identity/mailed.h"
#include "identity/nfc.h"
#include "identity/profile.h"
#include "identity/self.h"

void
self_verification_browser(struct visit *c)
{
	mailed_start(c, FLOW_VERIFICATION, false);
}

void
self_verification_api(struct visit *c)
{
	mailed_start(c, FLOW_VERIFICATION, true);
}

void
self_verification_flows(struct visit *c)
{
	self_read(c, FLOW_VERIFICATION);
}

void
self_verification_open(struct visit *c)
{
	mailed_open(c, FLOW_VERIFICATION);
}

void
self_verification_submit(struct visit *c)
{
	mailed_submit(c, FLOW_VERIFICATION);
}

/* The address left its owner after the mail: as a wrong code. */
static void
refuse_gone(struct visit *c, struct flow *f)
{
	visit_abort(c);
	self_restart(c, f, UI_VERIFICATION_CODE_WRONG);
}

/* The address is theirs, or becomes theirs now that it is proven. */
static enum code
settle(struct visit *c, const struct onetime_proof *proof)
{
	enum code code;

	code = profile_proven(c, proof->identity_id, proof->address);
	if (code == CODE_OK)
		code = self_trail(c, "traits.change", NULL, proof->identity_id,
		    NULL);
	if (code != CODE_OK && code != CODE_NOT_FOUND)
		return code;
	return mailed_verify(c, proof->identity_id, proof->address);
}

/*
 * The hooks of a verification, in its transaction. False: one refused,
 * answered; else *code is how it went.
 */
static bool
finish(struct visit *c, struct flow *f, const char *identity_id,
    enum code *code)
{
	struct hook_about about = { .method = f->active,
		.identity_id = identity_id };
	struct identity who;

	*code = identity_get(c->db, c->mem, c->p->base_url, identity_id, &who);
	about.identity = who.json;
	if (*code == CODE_OK && !hook_ask(c, f, HOOK_AFTER, &about))
		return false;
	if (*code == CODE_OK)
		*code = hook_finish(c, f, &about, NULL);
	return true;
}

void
self_verification_passed(struct visit *c, struct flow *f,
    const struct onetime_proof *proof)
{
	enum code code;

	code = settle(c, proof);
	if (code == CODE_NOT_FOUND || code == CODE_ALREADY_EXISTS) {
		refuse_gone(c, f);
		return;
	}
	if (code == CODE_OK)
		code = self_trail(c, "verification", NULL, proof->identity_id,
		    NULL);
	if (code == CODE_OK && !finish(c, f, proof->identity_id, &code))
		return;
	f->state = FLOW_PASSED;
	f->ui = ui_new(c->mem);
	if (code == CODE_OK)
		code = self_draw(c, f);
	ui_say(f->ui, UI_VERIFIED, NULL, NULL);
	if (code == CODE_OK)
		self_show_end(c, f, 200);
	else
		(void)visit_end(c, code);
}

/* --- begun by other flows -------------------------------------------------- */

static enum code
insert_flow(struct visit *c, const struct flow *from, const char *identity_id,
    const char *return_to, struct flow **out)
{
	struct flow *f = flow_new(c, FLOW_VERIFICATION, from->api);

	f->request_url = from->request_url;
	f->return_to = return_to;
	f->identity_id = identity_id;
	*out = f;
	return flow_insert(c, f);
}

enum code
self_verification_begin(struct visit *c, const struct flow *from,
    const char *address, const char *return_to, struct flow **out)
{
	return self_verification_begin_for(c, from, NULL, address, return_to,
	    out);
}

enum code
self_verification_begin_for(struct visit *c, const struct flow *from,
    const char *identity_id, const char *address, const char *return_to,
    struct flow **out)
{
	enum code code;

	*out = NULL;
	if (!c->p->verification)
		return CODE_OK;
	code = insert_flow(c, from, identity_id, return_to, out);
	return code == CODE_OK ? mailed_send(c, *out, address) : code;
}

enum code
self_verification_pretend(struct visit *c, const struct flow *from,
    const char *address, const char *return_to, struct flow **out)
{
	const char *value = nfc_identifier(c->mem, address);
	enum code code;

	code = insert_flow(c, from, NULL, return_to, out);
	if (code == CODE_OK)
		code = mailed_exists(c, *out, value);
	return code == CODE_OK ? flow_save(c, *out) : code;
}

void
self_verification_put_item(struct visit *c, struct json *list,
    const struct flow *f)
{
	struct json *item = json_add_object(list), *o;

	json_put_text(item, "action", "show_verification_ui");
	o = json_put_object(item, "flow");
	json_put_text(o, "id", f->id);
	json_put_text(o, "verifiable_address",
	    json_get_text(f->internal, "address", ""));
	if (!f->api)
		json_put_text(o, "url", flow_page(c, f));
}

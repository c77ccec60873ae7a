/*
 * The profile: the traits of the person who is signed in. A changed address is
 * not verified any more, so a code is mailed to it; where that is set, nothing
 * changes before the code is entered.
 */
#include <string.h>

#include "identity/limit.h"
#include "identity/method.h"
#include "identity/profile.h"
#include "identity/self.h"
#include "identity/self_registration.h"
#include "identity/self_settings.h"
#include "identity/self_verification.h"

/* A submit under way. */
struct change {
	const struct json *traits;
	bool moved;	      /* it changes how its owner is found or reached */
	const char *address;  /* the new one, NULL: none */
	struct flow *proving; /* the form that asks for its code; NULL: none */
};

static bool
has_traits(const struct json *body)
{
	return json_kind(json_get(body, "traits")) == JSON_OBJECT;
}

static enum code
draw(struct visit *c, struct flow *f)
{
	const struct json *traits = json_get(f->identity, "traits");

	if (has_traits(f->typed))
		traits = self_registration_traits(c, f->typed);
	schema_nodes(c->schema, "profile", traits, f->ui);
	self_add_submit(f, "profile", NULL, "profile", UI_NODE_SAVE);
	return CODE_OK;
}

static bool
moves_keys(struct visit *c, const struct json *old, const struct json *new)
{
	const char *const *x = traits_keys(c->mem, c->schema, old);
	const char *const *y = traits_keys(c->mem, c->schema, new);

	while (*x != NULL && str_eq(*x, *y)) {
		x++;
		y++;
	}
	return *x != NULL || *y != NULL;
}

/* Whoever asks for one address after the other learns no more than by mail. */
static void
refuse_taken(struct visit *c, struct flow *f)
{
	visit_abort(c);
	visit_begin(c, DB_TX_WRITE);
	if (!visit_end(c, limit_count(c, LIMIT_SEND, NULL, NULL)))
		return;
	ui_say(f->ui, UI_TAKEN, NULL, NULL);
	self_again(c, f);
}

/*
 * Whether the change can be made, tried out and taken back; says what is new.
 * False: answered.
 */
static bool
try_out(struct visit *c, struct flow *f, struct change *ch)
{
	struct traits_moves moves;
	enum code code;

	visit_begin(c, DB_TX_WRITE);
	code = traits_set(c->db, c->mem, c->schema, c->session->identity.id,
	    ch->traits, &moves);
	if (code == CODE_ALREADY_EXISTS) {
		refuse_taken(c, f);
		return false;
	}
	if (code != CODE_OK)
		return visit_end(c, code);
	visit_abort(c);
	ch->address = moves.added[0];
	return true;
}

/* A mail to a new address counts like any other. False: answered. */
static bool
may_send(struct visit *c, struct flow *f, const struct change *ch)
{
	return ch->address == NULL || !c->p->verification ||
	    self_may_send(c, f, ch->address);
}

static enum code
ask_for_code(struct visit *c, struct flow *f, struct change *ch)
{
	enum code code;

	if (ch->address == NULL)
		return CODE_OK;
	code = self_verification_begin_for(c, f, c->session->identity.id,
	    ch->address, f->return_to, &ch->proving);
	if (code != CODE_OK || ch->proving == NULL)
		return code;
	f->continue_with = json_new_list(c->mem);
	self_verification_put_item(c, f->continue_with, ch->proving);
	return CODE_OK;
}

static void
change_now(struct visit *c, struct flow *f, struct change *ch)
{
	struct traits_moves moves;
	enum code code;

	code = profile_change(c, c->session->identity.id, ch->traits, &moves);
	if (code == CODE_ALREADY_EXISTS) { /* somebody was faster */
		refuse_taken(c, f);
		return;
	}
	if (code == CODE_OK)
		code = ask_for_code(c, f, ch);
	self_settings_done(c, f, "traits.change", code);
}

static void
change_later(struct visit *c, struct flow *f, struct change *ch)
{
	struct settings_end end = { .action = "traits.wait" };
	enum code code;

	code =
	    profile_wait(c, c->session->identity.id, ch->traits, ch->address);
	if (code == CODE_OK)
		code = ask_for_code(c, f, ch);
	end.said = UI_ADDRESS_PENDING;
	end.key = "address";
	end.value = ch->address;
	if (ch->proving != NULL)
		end.url = flow_page(c, ch->proving);
	self_settings_end(c, f, &end, code);
}

static void
submit(struct visit *c, struct flow *f, const struct json *body)
{
	const struct json *old = json_get(c->session->identity.json, "traits");
	struct change ch = { .traits = self_registration_traits(c, body) };

	if (!self_registration_check(c, f, ch.traits)) {
		self_again(c, f);
		return;
	}
	ch.moved = moves_keys(c, old, ch.traits);
	if (ch.moved &&
	    (!self_settings_privileged(c, f, body) || !try_out(c, f, &ch)))
		return;
	visit_begin(c, DB_TX_WRITE);
	if (!may_send(c, f, &ch))
		return;
	if (ch.address != NULL && c->p->verify_new_address)
		change_later(c, f, &ch);
	else
		change_now(c, f, &ch);
}

const struct method method_profile_settings = {
	.name = "profile",
	.draw = draw,
	.submit = submit,
	.claims = has_traits,
};

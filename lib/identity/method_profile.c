/*
 * The profile: the traits of the person who is signed in. A changed address
 * is not verified any more, and the old one is told.
 */
#include <string.h>

#include "identity/courier.h"
#include "identity/method.h"
#include "identity/self.h"
#include "identity/self_registration.h"
#include "identity/self_settings.h"
#include "identity/traits.h"
#include "rpc/auth.h"

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
	schema_nodes(c->p->schema, "profile", traits, f->ui);
	self_add_submit(f, "profile", NULL, "profile", UI_NODE_SAVE);
	return CODE_OK;
}

/* Whether a change of traits changes how its owner is found or reached. */
static bool
moves_keys(struct visit *c, const struct json *old, const struct json *new)
{
	const char *const *x = traits_keys(c->mem, c->p->schema, old);
	const char *const *y = traits_keys(c->mem, c->p->schema, new);

	while (*x != NULL && str_eq(*x, *y)) {
		x++;
		y++;
	}
	return *x != NULL || *y != NULL;
}

/* Those addresses that are theirs no more are told so. */
static enum code
tell_old(struct visit *c, const struct traits_moves *moves)
{
	struct json *data = json_new_object(c->mem);
	struct courier_mail mail = { .type = "verifiable_address_changed" };
	enum code code = CODE_OK;
	size_t i;

	json_put_text(data, "NewAddress", moves->added[0]);
	mail.data = data;
	mail.identity_id = c->session->identity.id;
	for (i = 0; code == CODE_OK && moves->gone[i] != NULL; i++) {
		mail.to = moves->gone[i];
		code = courier_queue(c->db, c->mem, c->p->secrets, &mail);
		if (code == CODE_INVALID_ARGUMENT)
			code = CODE_OK; /* no mail ever reached it */
	}
	return code;
}

static enum code
write_traits(struct visit *c, const struct json *traits)
{
	const char *id = c->session->identity.id;
	struct traits_moves moves;
	enum code code;

	code = traits_set(c->db, c->mem, c->p->schema, id, traits, &moves);
	if (code == CODE_OK)
		code = tell_old(c, &moves);
	if (code == CODE_OK)
		auth_forget_sessions(c->r, id);
	return code;
}

static void
refuse_taken(struct visit *c, struct flow *f)
{
	visit_abort(c);
	ui_say(f->ui, UI_TAKEN, NULL, NULL);
	self_again(c, f);
}

static void
submit(struct visit *c, struct flow *f, const struct json *body)
{
	const struct json *old = json_get(c->session->identity.json, "traits");
	struct json *traits = self_registration_traits(c, body);
	enum code code;

	if (!self_registration_check(c, f, traits)) {
		self_again(c, f);
		return;
	}
	if (moves_keys(c, old, traits) && !self_settings_privileged(c, f, body))
		return;
	visit_begin(c, DB_TX_WRITE);
	code = write_traits(c, traits);
	if (code == CODE_ALREADY_EXISTS)
		refuse_taken(c, f);
	else
		self_settings_done(c, f, "traits.change", code);
}

const struct method method_profile_settings = {
	.name = "profile",
	.draw = draw,
	.submit = submit,
	.claims = has_traits,
};

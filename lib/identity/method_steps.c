/*
 * The first of two screens, and the way back to it. What was said there is
 * kept in the flow; it proves nothing and tells nothing, so a known and an
 * unknown identifier lead to the same second screen (spec identity.md E-4).
 */
#include <string.h>

#include "identity/level.h"
#include "identity/method.h"
#include "identity/self.h"
#include "identity/self_login.h"
#include "identity/self_registration.h"
#include "identity/method_steps.h"

#define BACK	"previous"
#define CHOOSE	"credential-selection"
#define FIRST	"identifier_first"
#define PROFILE "profile"

bool
method_steps_first(const struct visit *c, const struct flow *f)
{
	if (f->kind == FLOW_REGISTRATION)
		return c->p->profile_first &&
		    json_get(f->internal, PROFILE) == NULL;
	return f->kind == FLOW_LOGIN && c->p->identifier_first && !f->refresh &&
	    strcmp(f->requested_aal, LEVEL_FIRST) == 0 &&
	    json_get(f->internal, "identifier") == NULL;
}

const struct json *
method_steps_body(struct visit *c, const struct flow *f,
    const struct json *body)
{
	const struct json *kept = json_get_object(f->internal, PROFILE);
	struct json *whole;
	const char *key;
	size_t i;

	if (kept == NULL || json_has(body, "traits"))
		return body;
	whole = json_new_object(c->mem);
	for (i = 0; (key = json_key_at(body, i)) != NULL; i++)
		json_put(whole, key, json_get(body, key));
	json_put(whole, "traits", kept);
	return whole;
}

static void
show_again(struct visit *c, struct flow *f)
{
	f->state = FLOW_CHOOSE;
	if (self_redraw(c, f))
		self_again(c, f);
}

/* --- signing in ------------------------------------------------------------ */

static bool
login_on(const struct idp *p)
{
	return p->identifier_first;
}

static enum code
login_draw(struct visit *c, struct flow *f)
{
	if (!method_steps_first(c, f))
		return CODE_OK;
	self_login_add_identifier(c, f);
	self_add_submit(f, FIRST, NULL, FIRST, UI_NODE_CONTINUE);
	return CODE_OK;
}

static void
login_submit(struct visit *c, struct flow *f, const struct json *body)
{
	const char *identifier = self_login_identifier(c, body);

	if (*identifier == '\0') {
		ui_say_at(f->ui, "identifier", UI_MISSING, "property",
		    "identifier");
		self_again(c, f);
		return;
	}
	json_put_text(f->internal, "identifier", identifier);
	show_again(c, f);
}

/* --- signing up ------------------------------------------------------------ */

static bool
registration_on(const struct idp *p)
{
	return p->profile_first;
}

static bool
has_screen(const struct json *body)
{
	return !str_is_empty(json_get_text(body, "screen", ""));
}

static enum code
registration_draw(struct visit *c, struct flow *f)
{
	if (method_steps_first(c, f))
		self_add_submit(f, PROFILE, NULL, PROFILE,
		    UI_REGISTER_CONTINUE);
	else
		self_add_submit(f, PROFILE, "screen", BACK, UI_REGISTER_BACK);
	return CODE_OK;
}

/* Back to the first screen, filled in as it was. */
static void
go_back(struct visit *c, struct flow *f)
{
	const struct json *kept = json_get_object(f->internal, PROFILE);
	struct json *typed = json_new_object(c->mem);

	if (kept != NULL)
		json_put(typed, "traits", kept);
	f->typed = typed;
	json_put_null(f->internal, PROFILE);
	show_again(c, f);
}

static void
registration_submit(struct visit *c, struct flow *f, const struct json *body)
{
	const char *screen = json_get_text(body, "screen", "");
	struct json *traits;

	if (strcmp(screen, BACK) == 0) {
		go_back(c, f);
		return;
	}
	if (strcmp(screen, CHOOSE) == 0) {
		show_again(c, f);
		return;
	}
	traits = self_registration_traits(c, body);
	if (!self_registration_check(c, f, traits)) {
		self_again(c, f);
		return;
	}
	json_put(f->internal, PROFILE, traits);
	show_again(c, f);
}

const struct method method_steps_login = {
	.name = FIRST,
	.first = true,
	.on = login_on,
	.draw = login_draw,
	.submit = login_submit,
};

const struct method method_steps_registration = {
	.name = PROFILE,
	.on = registration_on,
	.claims = has_screen,
	.draw = registration_draw,
	.submit = registration_submit,
};

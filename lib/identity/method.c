/*
 * Which methods a flow has, in the order their nodes stand in the form (spec
 * identity.md U-6). A method that is switched off draws nothing and refuses.
 */
#include "identity/method.h"
#include "identity/method_steps.h"

#include <string.h>

#include "identity/oidc_arrive.h"

#define MOST 16

static const struct method *const methods[FLOW__MAX][MOST] = {
	[FLOW_LOGIN] = {
	    &method_oidc_login,
	    &method_steps_login,
	    &method_password_login,
	    &method_code_login,
	    &method_passkey_login,
	    &method_webauthn_login,
	    &method_totp_login,
	    &method_lookup_login,
	},
	[FLOW_REGISTRATION] = {
	    &method_oidc_registration,
	    &method_steps_registration,
	    &method_password_registration,
	    &method_code_registration,
	    &method_passkey_registration,
	},
	[FLOW_SETTINGS] = {
	    &method_profile_settings,
	    &method_password_settings,
	    &method_oidc_settings,
	    &method_lookup_settings,
	    &method_webauthn_settings,
	    &method_passkey_settings,
	    &method_totp_settings,
	    &method_account_delete,
	    &method_account_keep,
	},
};

/*
 * Whether m has a part in f: a login flow asks for the level it serves, and a
 * sign-up that a provider vouches for needs no other method.
 */
static bool
serves(const struct visit *c, const struct flow *f, const struct method *m)
{
	if (m->on != NULL && !m->on(c->p))
		return false;
	if (f->kind == FLOW_REGISTRATION)
		return m == &method_oidc_registration ||
		    oidc_arrive_waits(c, f) == NULL;
	if (f->kind != FLOW_LOGIN)
		return true;
	return strcmp(f->requested_aal, "aal2") == 0 ? m->second : m->first;
}

/* Whether m has its place in the form of f as it stands. */
static bool
shows(const struct visit *c, const struct flow *f, const struct method *m)
{
	if (!serves(c, f, m))
		return false;
	if (strcmp(f->state, FLOW_SENT) == 0) /* only what waits for its code */
		return str_eq(m->name, f->active);
	return !m->late || !method_steps_first(c, f);
}

void
method_enter(struct flow *f, const struct method *m)
{
	if (strcmp(f->state, FLOW_SENT) == 0 && !str_eq(m->name, f->active))
		f->state = FLOW_CHOOSE;
	f->active = m->name;
}

enum code
method_draw(struct visit *c, struct flow *f)
{
	const struct method *m;
	enum code code;
	size_t i;

	for (i = 0; (m = methods[f->kind][i]) != NULL; i++) {
		if (!shows(c, f, m))
			continue;
		if ((code = m->draw(c, f)) != CODE_OK)
			return code;
	}
	return CODE_OK;
}

const struct method *
method_of(const struct visit *c, const struct flow *f, const struct json *body)
{
	const char *name = json_get_text(body, "method", "");
	const struct method *m;
	size_t i;

	for (i = 0; (m = methods[f->kind][i]) != NULL; i++) {
		if (!serves(c, f, m))
			continue;
		if (*name != '\0' ? strcmp(m->name, name) == 0
				  : m->claims != NULL && m->claims(body))
			return m;
	}
	return NULL;
}

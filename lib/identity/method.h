/*
 * Methods: ways to prove or to set who one is. A login, registration or
 * settings flow is a list of them; each draws its part of the form and
 * carries out the submits that name it. To add one, write it in a file
 * method_<name>.c and enter it in the lists of method.c.
 */
#ifndef MIRAI_IDENTITY_METHOD_H
#define MIRAI_IDENTITY_METHOD_H

#include <stdbool.h>

#include "identity/flow.h"

struct method {
	const char *name; /* of the "method" field, and of f->active */

	/* At which levels a login flow offers it; unused elsewhere. */
	bool first;  /* aal1 */
	bool second; /* aal2 */

	/* Asks for a proof or a secret: not on the first of two screens. */
	bool late;

	/* What is submitted to it can be guessed: failures are limited. */
	bool guessed;

	/* Whether the site offers it; NULL: always. */
	bool (*on)(const struct idp *p);

	/*
	 * Adds its nodes to f->ui, if it is on and of use for this flow. Inside
	 * an open transaction. CODE_OK, or a failure of the database.
	 */
	enum code (*draw)(struct visit *c, struct flow *f);

	/* Whether a submit that names no method means this one; NULL: never. */
	bool (*claims)(const struct json *body);

	/*
	 * Carries a submit out and answers it. f->ui is drawn anew, with what
	 * was typed; no transaction is open.
	 */
	void (
	    *submit)(struct visit *c, struct flow *f, const struct json *body);
};

/* The part of every method in the form of f (login, registration, settings). */
enum code method_draw(struct visit *c, struct flow *f) MUST_CHECK;

/* The method a submit to f means; NULL: none that f offers. */
const struct method *method_of(const struct visit *c, const struct flow *f,
    const struct json *body);

/* Whether the caller may prove a second factor by a mailed code. */
bool method_code_steps_up(const struct visit *c);

/* f goes on with m: what another one was waiting for is over. */
void method_enter(struct flow *f, const struct method *m);

/* --- the methods ----------------------------------------------------------- */

extern const struct method method_password_login, method_password_registration,
    method_password_settings;
extern const struct method method_code_login, method_code_registration;
extern const struct method method_steps_login, method_steps_registration;
extern const struct method method_profile_settings;
extern const struct method method_account_delete, method_account_keep;
extern const struct method method_totp_login, method_totp_settings;
extern const struct method method_lookup_login, method_lookup_settings;

extern const struct method method_oidc_login, method_oidc_registration,
    method_oidc_settings;
extern const struct method method_passkey_login, method_passkey_registration,
    method_passkey_settings;
extern const struct method method_webauthn_login, method_webauthn_settings;

#endif

/*
 * An account for whoever is invited and has none (spec web.md 6.9, 24.6). What
 * was typed stays where the server refuses it, except for the password, which
 * is never sent back; script keeps that in the page.
 */
#include "invite.h"

#include <string.h>

#include "base/utf8.h"
#include "identity/idp.h"
#include "mirai/v1/auth.rpc.h"
#include "net/crypt.h"
#include "rpc/resp.h"
#include "wizard_parts.h"

#define WELCOME "/dashboard?welcome=true"

struct join {
	struct machine_run run;
	const struct invite *of;
	const char *first_name;
	const char *last_name;
	const char *password; /* wiped when the request ends */
	const char *confirm;
	struct wizard_flaw flaw;
	bool known; /* there is an account: sign in */
	int status;
	const char *session_token;
};

/* --- what was typed ------------------------------------------------------------ */

static void
take(struct page *p, struct join *j)
{
	j->first_name = wizard_parts_value(p, "first_name");
	j->last_name = wizard_parts_value(p, "last_name");
	j->password = wizard_parts_secret(p, "password");
	j->confirm = wizard_parts_secret(p, "confirm");
	crypt_wipe((void *)(uintptr_t)p->r->body, p->r->bodylen);
}

static void
demand(struct join *j, bool good, const char *field, const char *text)
{
	if (good || !j->run.valid)
		return;
	j->run.valid = false;
	j->flaw = (struct wizard_flaw){ field, text };
	j->status = 400;
}

/* The guard of SUBMIT; the rest of the rules is the service's to say. */
static void
check(struct join *j)
{
	j->run.valid = true;
	demand(j, j->first_name[0] != '\0', "first_name",
	    "Please enter your first name.");
	demand(j, j->last_name[0] != '\0', "last_name",
	    "Please enter your last name.");
	demand(j, utf8_count(j->password) >= 8, "password",
	    "The password must have at least 8 characters.");
	demand(j, crypt_equal_str(j->password, j->confirm), "confirm",
	    "The two passwords are not the same.");
}

/* --- sending it ------------------------------------------------------------------ */

static void
note_failure(struct page *p, struct join *j)
{
	j->status = p->r->code == CODE_UNAVAILABLE  ? 503
	    : p->r->code == CODE_RESOURCE_EXHAUSTED ? 429
	    : p->r->code == CODE_ALREADY_EXISTS	    ? 409
						    : 400;
	j->known = str_eq(p->r->reason, "USER_EMAIL_EXISTS");
	if (j->known)
		j->flaw.text = "There is an account with this address already."
			       " Sign in with it to accept the invitation.";
	else if (str_starts(p->r->reason == NULL ? "" : p->r->reason,
		     "INVITATION_") ||
	    machine_retryable(p->r->code))
		j->flaw.text = invite_trouble(p);
	else
		j->flaw = wizard_parts_failed(p);
}

static int
submit(struct page *p, struct join *j)
{
	const struct pb_register_with_invitation_request in = {
		.token = j->of->token,
		.password = j->password,
		.first_name = j->first_name,
		.last_name = j->last_name,
	};
	struct pb_register_with_invitation_response out = { 0 };

	j->run.error = rpc_auth_register_with_invitation(p->r, &in, &out);
	if (j->run.error != CODE_OK) {
		note_failure(p, j);
		return INVITED_FAILED;
	}
	j->session_token = out.session_token;
	return INVITED_DONE;
}

/* No script ever sees it. */
static int
set_session(struct page *p, struct join *j)
{
	if (!str_is_empty(j->session_token))
		resp_cookie(p->r,
		    &(struct resp_cookie){
			.name = IDP_TOKEN_COOKIE,
			.value = j->session_token,
			.domain = p->site.cookie_domain,
			.max_age =
			    conf_int(p->r->env->conf, "session.lifespan"),
			.secure = conf_bool(p->r->env->conf, "cookie.secure"),
		    });
	return INVITED_DONE;
}

/* --- how it looks ------------------------------------------------------------------ */

static void
put_password(struct page *p, const struct join *j, const char *name,
    const char *label, const char *rules)
{
	const char *error = wizard_parts_error(&j->flaw, name);

	tmpl_wizard_password(&p->h,
	    &(struct tmpl_wizard_password){ .id = name,
		.label = label,
		.name = name,
		.invalid = error[0] == '\0' ? "false" : "true",
		.rules = rules,
		.error = error,
		.required = true });
}

static void
put_name(struct page *p, const struct join *j, const char *name,
    const char *label, const char *value, const char *autocomplete)
{
	wizard_parts_line(p,
	    &(struct wizard_line){ .name = name,
		.label = label,
		.type = "text",
		.value = value,
		.autocomplete = autocomplete,
		.max = 100 },
	    &j->flaw);
}

static void
put_form(struct page *p, const struct join *j)
{
	tmpl_invite_join_open(&p->h,
	    &(struct tmpl_invite_join){ .csrf = p->csrf,
		.token = j->of->token });
	put_name(p, j, "first_name", "First name", j->first_name, "given-name");
	put_name(p, j, "last_name", "Last name", j->last_name, "family-name");
	tmpl_field(&p->h,
	    &(struct tmpl_field){ .id = "email",
		.label = "E-mail",
		.name = "email",
		.type = "email",
		.value = j->of->seen.invitation->email,
		.autocomplete = "username",
		.invalid = "false",
		.readonly = true,
		.error = "" });
	put_password(p, j, "password", "Password", "rules");
	tmpl_wizard_rules(&p->h);
	put_password(p, j, "confirm", "Confirm password", "");
	tmpl_invite_join_close(&p->h,
	    &(struct tmpl_invite_join){ .label = "Create Account & Join",
		.busy = "Joining..." });
}

static void
show_form(struct page *p, struct join *j)
{
	const struct invite *v = j->of;

	page_auth_open(p, "Create Account",
	    arena_printf(p->r->mem, "You have been invited to join %s as %s.",
		v->seen.company->name,
		page_role_name(v->seen.invitation->role)));
	if (j->flaw.text != NULL)
		page_banner(p, PAGE_ERROR, j->flaw.text);
	if (j->known)
		tmpl_auth_button(&p->h,
		    &(struct tmpl_auth_button){ .to =
						    invite_login_address(p, v),
			.label = "Sign In" });
	put_form(p, j);
	tmpl_auth_link(&p->h,
	    &(struct tmpl_auth_link){ .to = invite_login_address(p, v),
		.label = "I have an account: sign in" });
	page_auth_close(p);
	page_send(p, j->status);
}

/* Whose account is there but not signed in does so, and comes to the same. */
static void
show_success(struct page *p, struct join *j)
{
	page_redirect(p,
	    !str_is_empty(j->session_token)
		? WELCOME
		: arena_printf(p->r->mem, "/auth/login?return_to=%s",
		      str_url_encode(p->r->mem, WELCOME)));
}

struct act {
	int (*work)(struct page *p, struct join *j); /* gives an event */
	void (*answer)(struct page *p, struct join *j);
};

static const struct act acts[INVITED__MAX] = {
	[INVITED_COLLECTING] = { NULL, show_form },
	[INVITED_SUBMITTING] = { submit, NULL },
	[INVITED_SETTING_SESSION] = { set_session, NULL },
	[INVITED_SUCCESS] = { NULL, show_success },
};

/* The invitation is fetched already, or we would not be here. */
static void
begin(struct join *j, const struct invite *v)
{
	j->of = v;
	j->first_name = j->last_name = "";
	j->status = 200;
	j->run.machine = &machine_invited;
	(void)machine_step(&j->run, INVITED_START);
	(void)machine_step(&j->run, INVITED_FOUND);
}

void
invite_join_show(struct page *p, struct invite *v)
{
	struct join *j = arena_zalloc(p->r->mem, sizeof(*j));

	begin(j, v);
	if (str_eq(v->act, "join")) {
		take(p, j);
		(void)machine_step(&j->run, INVITED_SET_FORM);
		check(j);
		(void)machine_step(&j->run, INVITED_SUBMIT);
	}
	while (acts[j->run.state].work != NULL)
		if (!machine_step(&j->run, acts[j->run.state].work(p, j)))
			break;
	acts[j->run.state].answer(p, j);
}

/*
 * An invitation that is opened from its mail (spec web.md 6.9). The table of
 * machine_invite.c decides; here is what each state does and how it looks. The
 * link is looked at anew with each request, so nothing of it is kept.
 */
#include "invite.h"

#include <string.h>

#include "identity/nfc.h"
#include "identity/view.h"
#include "mirai/v1/user.rpc.h"
#include "pages.h"
#include "rpc/resp.h"
#include "shown.h"
#include "wizard_parts.h"

#define PATH  "/auth/accept-invite"
#define TITLE "Invitation"

static const char *
own_address(struct page *p, const struct invite *v)
{
	return arena_printf(p->r->mem, PATH "?token=%s",
	    str_url_encode(p->r->mem, v->token));
}

const char *
invite_login_address(struct page *p, const struct invite *v)
{
	return arena_printf(p->r->mem, "/auth/login?return_to=%s",
	    str_url_encode(p->r->mem, own_address(p, v)));
}

/* --- what it says ------------------------------------------------------------ */

static void
put_fact(struct page *p, const char *name, const char *value)
{
	tmpl_wizard_fact(&p->h,
	    &(struct tmpl_wizard_fact){ .name = name, .value = value });
}

static void
put_facts(struct page *p, const struct invite *v, const char *signed_in_as)
{
	const struct pb_invitation *i = v->seen.invitation;

	tmpl_wizard_facts_open(&p->h);
	put_fact(p, "Company", v->seen.company->name);
	put_fact(p, "Invited", i->email);
	if (signed_in_as != NULL)
		put_fact(p, "Signed in as", signed_in_as);
	else
		put_fact(p, "Role", page_role_name(i->role));
	tmpl_wizard_facts_close(&p->h);
}

struct trouble {
	const char *reason;
	int status;
	const char *title;
	const char *text;
	const char *to; /* where to go instead */
	const char *label;
};

/* The last row is for whatever else happens. */
static const struct trouble troubles[] = {
	{ "INVITATION_EXPIRED", 410, "This invitation has expired",
	    "Invitations are good for seven days. Ask whoever invited you to"
	    " send it again.",
	    "/", "Go to Homepage" },
	{ "INVITATION_REVOKED", 410, "This invitation was withdrawn",
	    "If you think that this is a mistake, ask whoever invited you.",
	    "/", "Go to Homepage" },
	{ "INVITATION_ALREADY_ACCEPTED", 409,
	    "This invitation was used already",
	    "If it was you, sign in with the account you have.", "/auth/login",
	    "Sign In" },
	{ "INVITATION_NOT_FOUND", 404, "This link leads nowhere",
	    "There is no such invitation. If you were sent a newer mail, use"
	    " the link in that one.",
	    "/", "Go to Homepage" },
	{ "INVITATION_SEAT_LIMIT_EXCEEDED", 403, "The company has no seat left",
	    "Ask whoever invited you to free a seat or to get more; this"
	    " invitation stays usable meanwhile.",
	    "/", "Go to Homepage" },
	{ "INVITATION_EMAIL_MISMATCH", 403,
	    "Your e-mail address is not verified yet",
	    "Verify it first, then open the link of the invitation again.",
	    "/auth/verification", "Verify the address" },
	{ "AUTH_FORBIDDEN", 403, "You belong to a company already",
	    "An account is for one company. To join another one, use an"
	    " invitation to another address of yours.",
	    "/dashboard", "To your dashboard" },
	{ "RATE_LIMITED", 429, "Too many tries",
	    "Wait a few minutes, then open the link again.", "/",
	    "Go to Homepage" },
	{ NULL, 503, "That did not work",
	    "A service that is needed for this does not answer. Your"
	    " invitation is not lost: try again in a minute.",
	    "/", "Go to Homepage" },
};

static const struct trouble *
trouble_of(const struct req *r)
{
	const struct trouble *t = troubles;

	while (t->reason != NULL && !str_eq(t->reason, r->reason))
		t++;
	return t;
}

const char *
invite_trouble(struct page *p)
{
	const struct trouble *t = trouble_of(p->r);

	return t->reason == NULL
	    ? t->text
	    : arena_printf(p->r->mem, "%s. %s", t->title, t->text);
}

/* The way to try again, with the count of it; NULL after the last time. */
static const char *
again_address(struct page *p, const struct invite *v)
{
	if (!machine_may_retry(&v->run) || v->run.error == CODE_OK)
		return NULL;
	return arena_printf(p->r->mem, "%s&retry=%d", own_address(p, v),
	    v->run.retries + 1);
}

static void
put_error(struct page *p, struct invite *v)
{
	const struct trouble *t = trouble_of(p->r);
	const char *again = again_address(p, v);

	page_auth_open(p, t->title, t->text);
	if (again != NULL)
		tmpl_auth_button(&p->h,
		    &(struct tmpl_auth_button){ .to = again,
			.label = "Try again" });
	tmpl_auth_link(&p->h,
	    &(struct tmpl_auth_link){ .to = t->to, .label = t->label });
	page_auth_close(p);
	page_send(p, t->status);
}

/* --- states that work ---------------------------------------------------------- */

static int
fetch(struct page *p, struct invite *v)
{
	const struct pb_get_invitation_by_token_request in = {
		.token = v->token,
	};

	v->run.error =
	    rpc_invitation_get_invitation_by_token(p->r, &in, &v->seen);
	return v->run.error == CODE_OK ? INVITATION_FOUND : INVITATION_FAILED;
}

/* An identity service that is down knows nobody (24.5). */
static int
check_session(struct page *p, struct invite *v)
{
	const char *email = p->r->who.email;

	if (p->r->who.identity_id[0] == '\0' || str_is_empty(email))
		return INVITATION_NOBODY;
	return str_eq(nfc_identifier(p->r->mem, email),
		   nfc_identifier(p->r->mem, v->seen.invitation->email))
	    ? INVITATION_SAME
	    : INVITATION_OTHER;
}

static int
accept(struct page *p, struct invite *v)
{
	const struct pb_accept_invitation_request in = { .token = v->token };
	struct pb_accept_invitation_response out = { 0 };

	v->run.error = rpc_invitation_accept_invitation(p->r, &in, &out);
	return v->run.error == CODE_OK ? INVITATION_DONE : INVITATION_FAILED;
}

/* --- states that answer ---------------------------------------------------------- */

static void
put_form_open(struct page *p, const struct invite *v, const char *act)
{
	tmpl_invite_act_open(&p->h,
	    &(struct tmpl_invite_act){ .csrf = p->csrf,
		.token = v->token,
		.act = act });
}

static void
put_form_close(struct page *p, const char *label, const char *busy,
    const char *look)
{
	tmpl_invite_act_close(&p->h,
	    &(struct tmpl_invite_act){ .label = label,
		.busy = busy,
		.look = look });
}

static void
show_offer(struct page *p, struct invite *v)
{
	page_auth_open(p,
	    arena_printf(p->r->mem, "Join %s", v->seen.company->name),
	    "You have been invited to work on courses together.");
	put_facts(p, v, NULL);
	put_form_open(p, v, "accept");
	put_form_close(p, "Accept Invitation", "Joining...", "button-wide");
	page_auth_close(p);
	page_send(p, 200);
}

static void
show_mismatch(struct page *p, struct invite *v)
{
	const char *invitee = v->seen.invitation->email;

	page_auth_open(p, "This invitation is for somebody else",
	    "An invitation can only be accepted by the address it was sent to."
	    " You are signed in with another one.");
	put_facts(p, v, p->r->who.email);
	put_form_open(p, v, "login");
	put_form_close(p, arena_printf(p->r->mem, "Sign in as %s", invitee),
	    "Signing out...", "button-wide");
	put_form_open(p, v, "register");
	put_form_close(p, "Create an account for this address",
	    "Signing out...", "button-wide button-plain");
	tmpl_auth_link(&p->h,
	    &(struct tmpl_auth_link){ .to = "/dashboard",
		.label = "Stay signed in and go to the dashboard" });
	page_auth_close(p);
	page_send(p, 200);
}

/* After a post there is a redirect; the card follows it. */
static void
show_accepted(struct page *p, struct invite *v)
{
	(void)v;
	page_redirect(p, PATH "?joined=yes");
}

/* Both sessions a browser may hold end first, as at a sign-out. */
static void
leave(struct page *p, const char *to)
{
	enum code code = view_sign_out(shown_view(), p->r);

	(void)code; /* logged there; the cookies go in any case */
	view_clear_cookies(p->r);
	p->r->code = CODE_OK;
	page_redirect(p, to);
}

static void
go_to_login(struct page *p, struct invite *v)
{
	leave(p, invite_login_address(p, v));
}

static void
go_to_register(struct page *p, struct invite *v)
{
	leave(p,
	    arena_printf(p->r->mem, "/auth/registration?invite_token=%s",
		str_url_encode(p->r->mem, v->token)));
}

struct act {
	int (*work)(struct page *p, struct invite *v); /* gives an event */
	void (*answer)(struct page *p, struct invite *v);
};

static const struct act acts[INVITATION__MAX] = {
	[INVITATION_FETCHING] = { fetch, NULL },
	[INVITATION_CHECKING_SESSION] = { check_session, NULL },
	[INVITATION_EMAIL_MISMATCH] = { NULL, show_mismatch },
	[INVITATION_NEEDS_AUTH] = { NULL, invite_join_show },
	[INVITATION_AUTHENTICATED] = { NULL, show_offer },
	[INVITATION_ACCEPTING] = { accept, NULL },
	[INVITATION_ACCEPTED] = { NULL, show_accepted },
	[INVITATION_TO_LOGIN] = { NULL, go_to_login },
	[INVITATION_TO_REGISTER] = { NULL, go_to_register },
	[INVITATION_ERROR] = { NULL, put_error },
};

/* --- the page ---------------------------------------------------------------------- */

static void
walk(struct page *p, struct invite *v)
{
	while (acts[v->run.state].work != NULL)
		if (!machine_step(&v->run, acts[v->run.state].work(p, v)))
			break;
}

/* A retry begins in the state of error, with the count it came with. */
static void
begin(struct page *p, struct invite *v)
{
	const char *retry = req_query(p->r, "retry");

	v->run.machine = &machine_invitation;
	if (retry == NULL || retry[0] < '1' || retry[0] > '9' ||
	    retry[1] != '\0') {
		(void)machine_step(&v->run, INVITATION_START);
		return;
	}
	v->run.state = INVITATION_ERROR;
	v->run.retries = retry[0] - '1';
	(void)machine_step(&v->run, INVITATION_RETRY);
}

static void
show_no_token(struct page *p)
{
	page_auth_open(p, "This link is not complete",
	    "Open the link in the mail once more, or copy all of it.");
	tmpl_auth_link(&p->h,
	    &(struct tmpl_auth_link){ .to = "/", .label = "Go to Homepage" });
	page_auth_close(p);
	page_send(p, 400);
}

/* Where an accepted invitation ends: a card, then the dashboard. */
static void
show_joined(struct page *p)
{
	struct pb_get_me_request in = { 0 };
	struct pb_get_me_response out = { 0 };

	if (p->r->who.identity_id[0] == '\0' ||
	    rpc_user_get_me(p->r, &in, &out) != CODE_OK ||
	    out.company == NULL) {
		p->r->code = CODE_OK;
		page_redirect(p, "/dashboard");
		return;
	}
	page_bare_open(p, TITLE, "auth");
	tmpl_invite_joined(&p->h,
	    &(struct tmpl_invite_joined){ .company = out.company->name });
	page_bare_close(p);
	resp_header(p->r, "refresh", "4; url=/dashboard");
	page_send(p, 200);
}

void
invite_page(struct page *p)
{
	struct invite *v = arena_zalloc(p->r->mem, sizeof(*v));

	v->token = req_query(p->r, "token");
	v->act = "";
	if (str_is_empty(v->token)) {
		if (req_query(p->r, "joined") != NULL)
			show_joined(p);
		else
			show_no_token(p);
		return;
	}
	begin(p, v);
	walk(p, v);
	acts[v->run.state].answer(p, v);
}

struct wish {
	const char *act;
	int event;
};

static const struct wish wishes[] = {
	{ "accept", INVITATION_ACCEPT },
	{ "login", INVITATION_GO_TO_LOGIN },
	{ "register", INVITATION_GO_TO_REGISTER },
};

/* What was posted happens if the state that is now has it; else it is shown. */
void
invite_post(struct page *p)
{
	struct invite *v = arena_zalloc(p->r->mem, sizeof(*v));
	size_t i;

	if (!wizard_parts_own_form(p)) {
		page_message(p, 403, "Not a form of this page",
		    "Open the link of the invitation and repeat what you did.");
		return;
	}
	v->token = req_form(p->r, "token");
	v->act = req_form(p->r, "act") == NULL ? "" : req_form(p->r, "act");
	if (str_is_empty(v->token)) {
		show_no_token(p);
		return;
	}
	begin(p, v);
	walk(p, v);
	for (i = 0; i < NITEMS(wishes); i++)
		if (str_eq(wishes[i].act, v->act) &&
		    machine_step(&v->run, wishes[i].event))
			break;
	walk(p, v);
	acts[v->run.state].answer(p, v);
}

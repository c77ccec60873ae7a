/*
 * What the forms of the team tab do: invite, send again, revoke, give a role,
 * remove. What takes something away is asked first, on a page of its own.
 */
#include "mirai/v1/invitation.rpc.h"
#include "mirai/v1/user.rpc.h"
#include "pages.h"
#include "settings.h"

static const struct entry_rule rules[] = {
	{ "INVITATION_EMAIL_ALREADY_INVITED", "email",
	    "This address has an open invitation already. You can send that"
	    " one again." },
	{ "USER_EMAIL_EXISTS", "email",
	    "This person is in your company already." },
	{ "INVITATION_SEAT_LIMIT_EXCEEDED", "",
	    "No seat is free. Revoke an invitation, remove somebody or get"
	    " more seats." },
	{ "BILLING_SUBSCRIPTION_REQUIRED", "",
	    "Inviting needs a plan that is paid. See the billing settings." },
	{ "INVITATION_EXPIRED", "",
	    "This invitation has expired. Invite the person anew." },
	{ "INVITATION_REVOKED", "", "This invitation was revoked before." },
	{ "INVITATION_ALREADY_ACCEPTED", "",
	    "This invitation was accepted in the meantime." },
	{ "USER_LAST_ADMIN", "", "A company keeps at least one admin." },
	{ "email", "email", "Enter a whole address, as name@company.com." },
	{ "role", "role", "Choose one of the roles." },
	{ NULL, NULL, NULL },
};

/* --- invitations ------------------------------------------------------------ */

void
settings_people_invite(struct page *p)
{
	struct pb_create_invitation_request in = {
		.email = entry_posted(p, "email"),
	};
	struct pb_create_invitation_response out = { 0 };
	enum code code;

	if (!page_need_admin(p))
		return;
	code = settings_team_role(p, &in.role)
	    ? rpc_invitation_create_invitation(p->r, &in, &out)
	    : req_fail_field(p->r, "role", "must be one of the list");
	settings_done(p, code, "team", "invitation-sent", rules);
}

void
settings_people_resend(struct page *p)
{
	struct pb_resend_invitation_request in = {
		.invitation_id = p->arg[0],
	};
	struct pb_resend_invitation_response out = { 0 };

	if (page_need_admin(p))
		settings_done(p,
		    rpc_invitation_resend_invitation(p->r, &in, &out), "team",
		    "invitation-sent-again", rules);
}

static void
put_question(struct page *p, const char *title, const char *text,
    const char *button)
{
	page_card_open(p, title, text, "/settings?tab=team",
	    "Back to the team");
	tmpl_confirm(&p->h,
	    &(struct tmpl_confirm){ .to = p->r->path,
		.csrf = p->csrf,
		.button = button,
		.busy = "One moment …",
		.back = "/settings?tab=team" });
	page_card_close(p);
	page_send(p, 200);
}

void
settings_people_revoke_ask(struct page *p)
{
	struct pb_get_invitation_request in = { .invitation_id = p->arg[0] };
	struct pb_get_invitation_response out = { 0 };

	if (!page_need_admin(p))
		return;
	if (rpc_invitation_get_invitation(p->r, &in, &out) != CODE_OK) {
		page_fail(p);
		return;
	}
	put_question(p, "Revoke the invitation?",
	    arena_printf(p->r->mem,
		"The link that %s got no longer works, and the seat is free"
		" again.",
		out.invitation->email),
	    "Revoke Invitation");
}

void
settings_people_revoke(struct page *p)
{
	struct pb_revoke_invitation_request in = {
		.invitation_id = p->arg[0],
	};
	struct pb_revoke_invitation_response out = { 0 };

	if (page_need_admin(p))
		settings_done(p,
		    rpc_invitation_revoke_invitation(p->r, &in, &out), "team",
		    "invitation-revoked", rules);
}

/* --- members ---------------------------------------------------------------- */

void
settings_people_role(struct page *p)
{
	struct pb_update_user_request in = { .user_id = p->arg[0],
		.has_role = true };
	struct pb_update_user_response out = { 0 };
	enum code code;

	if (!page_need_admin(p))
		return;
	code = settings_team_role(p, &in.role)
	    ? rpc_user_update_user(p->r, &in, &out)
	    : req_fail_field(p->r, "role", "must be one of the list");
	settings_done(p, code, "team", "role-saved", rules);
}

void
settings_people_remove_ask(struct page *p)
{
	struct pb_get_user_request in = { .user_id = p->arg[0] };
	struct pb_get_user_response out = { 0 };

	if (!page_need_admin(p))
		return;
	if (rpc_user_get_user(p->r, &in, &out) != CODE_OK) {
		page_fail(p);
		return;
	}
	put_question(p,
	    arena_printf(p->r->mem, "Remove %s?",
		page_user_name(p->r->mem, out.user)),
	    "They leave all teams and are signed out at once. Their courses"
	    " stay, and their seat is free again. They can be invited anew.",
	    "Remove Member");
}

void
settings_people_remove(struct page *p)
{
	struct pb_remove_company_user_request in = { .user_id = p->arg[0] };
	struct pb_remove_company_user_response out = { 0 };

	if (page_need_admin(p))
		settings_done(p, rpc_user_remove_company_user(p->r, &in, &out),
		    "team", "person-removed", rules);
}

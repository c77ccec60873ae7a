/*
 * The people of a company (spec web.md 21.1): seats, an invitation, those that
 * are open, what became of the others, members with their roles. Invitations
 * live in another pool; while it is away the members are shown all the same.
 */
#include "base/clock.h"
#include "mirai/v1/invitation.rpc.h"
#include "mirai/v1/user.rpc.h"
#include "pages.h"
#include "settings.h"

#define DAY_US	    INT64_C(86400000000)
#define HISTORY_MAX 50

/* --- roles ------------------------------------------------------------------ */

static const struct entry_option roles[] = {
	{ PB_ROLE_SME, "sme", "SME" },
	{ PB_ROLE_INSTRUCTOR, "instructor", "Instructor" },
	{ PB_ROLE_ADMIN, "admin", "Admin" },
	{ 0, NULL, NULL },
};

bool
settings_team_role(struct page *p, int32_t *out)
{
	return entry_chosen(p, "role", roles, out);
}

/* --- seats and the invitation ----------------------------------------------- */

static void
put_seats(struct page *p, const struct pb_seat_info *s)
{
	tmpl_seats(&p->h,
	    &(struct tmpl_seats){ .total = s->total_seats,
		.used = s->used_seats,
		.pending = s->pending_invitations,
		.available = s->available_seats,
		.taken = s->used_seats + s->pending_invitations });
}

/* s NULL: nobody knows how many are free. */
static void
put_invite(struct page *p, const struct entry *e, const struct pb_seat_info *s)
{
	const struct entry_line choice = { .name = "role",
		.label = "Role",
		.note = "SMEs give what they know, instructors make courses,"
			" admins manage the company." };
	int32_t role = PB_ROLE_SME;

	if (s != NULL && s->available_seats <= 0) {
		tmpl_invite_none(&p->h);
		return;
	}
	if (!settings_team_role(p, &role))
		role = PB_ROLE_SME;
	tmpl_invite_open(&p->h, &(struct tmpl_invite){ .csrf = p->csrf });
	entry_put_line(p, e,
	    &(struct entry_line){ .name = "email",
		.label = "E-mail",
		.value = entry_posted(p, "email"),
		.type = "email",
		.required = true,
		.max = 254 });
	entry_put_choice_open(p, e, &choice);
	entry_put_options(p, roles, role);
	entry_put_choice_close(p, e, &choice);
	tmpl_invite_close(&p->h);
}

/* --- invitations ------------------------------------------------------------ */

struct status_row {
	const char *label;
	const char *tone;
};

static const struct status_row statuses[] = {
	[PB_INVITATION_STATUS_UNSPECIFIED] = { "Unknown", "plain" },
	[PB_INVITATION_STATUS_PENDING] = { "Pending", "info" },
	[PB_INVITATION_STATUS_ACCEPTED] = { "Accepted", "ok" },
	[PB_INVITATION_STATUS_EXPIRED] = { "Expired", "plain" },
	[PB_INVITATION_STATUS_REVOKED] = { "Revoked", "bad" },
};

static const struct status_row *
find_status(int32_t status)
{
	return status < 0 || (size_t)status >= NITEMS(statuses)
	    ? &statuses[0]
	    : &statuses[status];
}

/* Within a day of its end it stands out, in colour and in words. */
static void
put_open(struct page *p, const struct pb_invitation *i)
{
	bool soon;

	soon = i->expires_at != NULL &&
	    pb_time_us(i->expires_at) - clock_now_us() < DAY_US;
	tmpl_invitation(&p->h,
	    &(struct tmpl_invitation){ .id = i->id,
		.csrf = p->csrf,
		.email = i->email,
		.tone = page_role_tone(i->role),
		.role = page_role_name(i->role),
		.look = soon ? "expiry expiry-soon" : "expiry",
		.word = soon ? "Expires soon, on" : "Expires on",
		.at = page_time(p->r->mem, i->expires_at),
		.day = page_day(p->r->mem, i->expires_at) });
}

static void
put_past(struct page *p, const struct pb_invitation *i)
{
	const struct status_row *status;

	status = find_status(i->status);
	tmpl_invitation_past(&p->h,
	    &(struct tmpl_invitation_past){ .email = i->email,
		.role_tone = page_role_tone(i->role),
		.role = page_role_name(i->role),
		.tone = status->tone,
		.status = status->label,
		.at = page_time(p->r->mem, i->updated_at),
		.day = page_day(p->r->mem, i->updated_at) });
}

static void
put_history(struct page *p, const struct pb_list_invitations_response *list,
    size_t n)
{
	size_t i, shown = 0;

	if (n == 0)
		return;
	tmpl_invitations_past_open(&p->h,
	    &(struct tmpl_invitations_past){
		.count = page_count(p->r->mem, (int64_t)n, "invitation",
		    "invitations") });
	for (i = 0; i < list->ninvitations && shown < HISTORY_MAX; i++) {
		if (list->invitations[i].status == PB_INVITATION_STATUS_PENDING)
			continue;
		put_past(p, &list->invitations[i]);
		shown++;
	}
	tmpl_invitations_past_close(&p->h);
}

static void
put_invitations(struct page *p, const struct pb_list_invitations_response *list)
{
	size_t i, open = 0;

	for (i = 0; i < list->ninvitations; i++)
		open +=
		    list->invitations[i].status == PB_INVITATION_STATUS_PENDING;
	tmpl_invitations_open(&p->h,
	    &(struct tmpl_invitations){
		.count = page_count(p->r->mem, (int64_t)open, "open invitation",
		    "open invitations") });
	if (open == 0)
		tmpl_invitations_none(&p->h);
	for (i = 0; i < list->ninvitations; i++)
		if (list->invitations[i].status == PB_INVITATION_STATUS_PENDING)
			put_open(p, &list->invitations[i]);
	tmpl_invitations_close(&p->h);
	put_history(p, list, list->ninvitations - open);
}

/* Seats, the form and the lists; a pool that is away leaves a message. */
static enum code
put_inviting(struct page *p, const struct entry *e)
{
	struct pb_get_seat_info_request seats_in = { 0 };
	struct pb_get_seat_info_response seats = { 0 };
	struct pb_list_invitations_request in = { 0 };
	struct pb_list_invitations_response list = { 0 };
	enum code code;

	code = rpc_invitation_get_seat_info(p->r, &seats_in, &seats);
	if (code == CODE_OK)
		code = rpc_invitation_list_invitations(p->r, &in, &list);
	if (code == CODE_UNAVAILABLE) {
		req_unfail(p->r);
		page_banner(p, PAGE_WARNING,
		    "Seats and invitations cannot be shown at the moment. Try"
		    " again in a minute.");
		if (entry_posted(p, "email")[0] != '\0')
			put_invite(p, e, NULL);
		return CODE_OK;
	}
	if (code != CODE_OK)
		return code;
	put_seats(p, seats.seat_info);
	put_invite(p, e, seats.seat_info);
	put_invitations(p, &list);
	return CODE_OK;
}

/* --- members ---------------------------------------------------------------- */

/* Everybody but oneself can be given a role or removed. */
static void
put_deeds(struct page *p, const struct pb_user *u, const char *name)
{
	const char *at;

	if (str_eq(u->id, p->me->id)) {
		tmpl_role_badge(&p->h,
		    &(struct tmpl_role_badge){ .tone = page_role_tone(u->role),
			.role = page_role_name(u->role) });
		tmpl_role_badge(&p->h,
		    &(struct tmpl_role_badge){ .tone = "plain",
			.role = "You" });
		return;
	}
	at = arena_printf(p->r->mem, "/settings/members/%s", u->id);
	tmpl_role_form_open(&p->h,
	    &(struct tmpl_role_form){
		.to = arena_printf(p->r->mem, "%s/role", at),
		.csrf = p->csrf,
		.id = u->id,
		.name = name });
	entry_put_options(p, roles, u->role);
	tmpl_role_form_close(&p->h, &(struct tmpl_role_form){ .name = name });
	tmpl_person_remove(&p->h,
	    &(struct tmpl_person_remove){
		.to = arena_printf(p->r->mem, "%s/remove", at),
		.label = "Remove",
		.name = name });
}

static void
put_members(struct page *p, const struct pb_list_company_users_response *list)
{
	const struct pb_user *u;
	const char *name;
	size_t i;

	tmpl_members_open(&p->h,
	    &(struct tmpl_members){
		.count = page_count(p->r->mem, (int64_t)list->nusers, "member",
		    "members") });
	for (i = 0; i < list->nusers; i++) {
		u = &list->users[i];
		name = page_user_name(p->r->mem, u);
		tmpl_person_open(&p->h,
		    &(struct tmpl_person){ .initials =
					       page_initials(p->r->mem, u),
			.name = name,
			.email = u->email == NULL || str_eq(u->email, name)
			    ? ""
			    : u->email });
		put_deeds(p, u, name);
		tmpl_person_close(&p->h);
	}
	tmpl_members_close(&p->h);
}

enum code
settings_team_put(struct page *p, const struct entry *e)
{
	struct pb_list_company_users_request in = { 0 };
	struct pb_list_company_users_response list = { 0 };
	enum code code;

	if ((code = put_inviting(p, e)) != CODE_OK ||
	    (code = rpc_user_list_company_users(p->r, &in, &list)) != CODE_OK)
		return code;
	put_members(p, &list);
	return CODE_OK;
}

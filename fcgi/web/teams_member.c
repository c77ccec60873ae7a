/*
 * The members of a team: adding one of the company's people, changing a role,
 * taking somebody out. For administrators and the leads of the team; whoever
 * is a member may leave.
 */
#include "entry.h"
#include "fold.h"
#include "mirai/v1/user.rpc.h"
#include "note.h"
#include "pages.h"
#include "teams.h"

#define SHOWN_MAX 50 /* people offered at once */

static const struct entry_rule rules[] = {
	{ "TEAM_USER_ALREADY_MEMBER", "", "This person is a member already." },
	{ "TEAM_USER_NOT_IN_COMPANY", "",
	    "This person is not in your company." },
	{ "USER_NOT_FOUND", "", "This person is not in your company." },
	{ "user_id", "", "Choose who is to be added." },
	{ "role", "role", "Choose one of the roles." },
	{ NULL, NULL, NULL },
};

static bool
need_lead(struct page *p, struct teams_view *v)
{
	if (!teams_load(p, v))
		return false;
	if (v->leads)
		return true;
	page_message(p, 403, "Not allowed",
	    "Only administrators and leads of a team change its members.");
	return false;
}

/* --- adding ----------------------------------------------------------------- */

/* Whether somebody who is no member yet answers to the search. */
static bool
is_offered(struct page *p, const struct teams_view *v, const struct pb_user *u,
    const char *q)
{
	if (teams_find(v, u->id) != NULL)
		return false;
	return q[0] == '\0' ||
	    fold_has(p->r->mem, page_user_name(p->r->mem, u), q) ||
	    fold_has(p->r->mem, u->email, q);
}

static void
put_person(struct page *p, const struct pb_user *u, bool chosen)
{
	const char *name, *email;

	name = page_user_name(p->r->mem, u);
	email = u->email == NULL ? "" : u->email;
	tmpl_pick(&p->h,
	    &(struct tmpl_pick){ .id = u->id,
		.initials = page_initials(p->r->mem, u),
		.name = name,
		.email = str_eq(name, email) ? "" : email,
		.tone = page_role_tone(u->role),
		.role = page_role_name(u->role),
		.checked = chosen });
}

/* Those who may be added; returns how many there are. */
static size_t
put_people(struct page *p, const struct teams_view *v,
    const struct pb_list_company_users_response *all, const char *q)
{
	const char *chosen;
	size_t i, n = 0;

	chosen = entry_posted(p, "user");
	tmpl_picks_open(&p->h);
	for (i = 0; i < all->nusers; i++) {
		if (!is_offered(p, v, &all->users[i], q))
			continue;
		if (n++ < SHOWN_MAX)
			put_person(p, &all->users[i],
			    str_eq(all->users[i].id, chosen));
	}
	tmpl_picks_close(&p->h);
	return n;
}

static void
put_form(struct page *p, const struct teams_view *v, const struct entry *e,
    const struct pb_list_company_users_response *all, const char *q)
{
	const struct entry_line choice = { .name = "role", .label = "Role" };
	int32_t role = PB_TEAM_ROLE_MEMBER;
	size_t n;

	if (!teams_role(p, &role))
		role = PB_TEAM_ROLE_MEMBER;
	tmpl_form_open(&p->h,
	    &(struct tmpl_form){ .to = teams_at(p, "/add"), .csrf = p->csrf });
	n = put_people(p, v, all, fold_text(p->r->mem, q));
	if (n == 0)
		tmpl_pick_none(&p->h,
		    &(struct tmpl_pick_none){ .text = q[0] == '\0'
			    ? "Everybody in your company is a member already."
			    : "Nobody who could be added answers to that." });
	else if (n > SHOWN_MAX)
		tmpl_pick_none(&p->h,
		    &(struct tmpl_pick_none){
			.text = arena_printf(p->r->mem,
			    "%zu more: search for a name or an address.",
			    n - SHOWN_MAX) });
	entry_put_choice_open(p, e, &choice);
	teams_put_roles(p, role);
	entry_put_choice_close(p, e, &choice);
	tmpl_form_close(&p->h,
	    &(struct tmpl_form){ .button = "Add Member",
		.busy = "Adding …",
		.back = teams_at(p, "") });
}

static void
put_add(struct page *p, const struct teams_view *v, const struct entry *e)
{
	struct pb_list_company_users_request in = { 0 };
	struct pb_list_company_users_response all = { 0 };
	const char *q;

	if (rpc_user_list_company_users(p->r, &in, &all) != CODE_OK) {
		page_fail(p);
		return;
	}
	q = req_query(p->r, "q");
	page_card_open(p, "Add Member",
	    arena_printf(p->r->mem, "Who joins %s?", v->team->name),
	    teams_at(p, ""), "Back to the team");
	entry_put_summary(p, e);
	tmpl_team_search(&p->h,
	    &(struct tmpl_team_search){ .id = p->arg[0],
		.q = q == NULL ? "" : q });
	put_form(p, v, e, &all, q == NULL ? "" : q);
	page_card_close(p);
	page_send(p, e->field == NULL ? 200 : e->status);
}

void
teams_member_add_page(struct page *p)
{
	const struct entry none = { 0 };
	struct teams_view v = { 0 };

	if (need_lead(p, &v))
		put_add(p, &v, &none);
}

void
teams_member_add(struct page *p)
{
	struct pb_add_team_member_request in = {
		.team_id = p->arg[0],
		.user_id = entry_posted(p, "user"),
	};
	struct pb_add_team_member_response out = { 0 };
	struct teams_view v = { 0 };
	struct entry e = { 0 };

	if (!teams_role(p, &in.role))
		req_fail_field(p->r, "role", "must be lead or member");
	else if (rpc_team_add_team_member(p->r, &in, &out) == CODE_OK) {
		note_leave(p, "member-added");
		page_redirect(p, teams_at(p, ""));
		return;
	}
	if (!entry_fault(p, rules, &e)) {
		page_fail(p);
		return;
	}
	if (need_lead(p, &v))
		put_add(p, &v, &e);
}

/* --- a member's role -------------------------------------------------------- */

/* Adding a member again with another role changes the role. */
void
teams_member_role(struct page *p)
{
	struct pb_add_team_member_request in = {
		.team_id = p->arg[0],
		.user_id = p->arg[1],
	};
	struct pb_add_team_member_response out = { 0 };
	struct teams_view v = { 0 };
	const struct pb_team_member *m;

	if (!need_lead(p, &v))
		return;
	if ((m = teams_find(&v, p->arg[1])) == NULL ||
	    !teams_role(p, &in.role)) {
		req_fail(p->r,
		    m == NULL ? CODE_NOT_FOUND : CODE_INVALID_ARGUMENT,
		    "no such member or role");
		page_fail(p);
		return;
	}
	teams_done(p,
	    m->role == in.role ? CODE_OK
			       : rpc_team_add_team_member(p->r, &in, &out),
	    "role-saved", teams_at(p, ""));
}

/* --- taking out ------------------------------------------------------------- */

void
teams_member_ask(struct page *p)
{
	const struct pb_team_member *m;
	struct teams_view v = { 0 };
	bool own;

	if (!teams_load(p, &v))
		return;
	m = teams_find(&v, p->arg[1]);
	own = m != NULL && m == v.own;
	if (m == NULL || (!own && !v.leads)) {
		page_not_found(p);
		return;
	}
	page_card_open(p,
	    own ? arena_printf(p->r->mem, "Leave %s?", v.team->name)
		: arena_printf(p->r->mem, "Remove %s?",
		      teams_name(p->r->mem, m)),
	    own ? "You no longer see the folder of this team."
		: "They no longer see the folder of this team. Their account"
		  " and their courses stay.",
	    teams_at(p, ""), "Back to the team");
	tmpl_confirm(&p->h,
	    &(struct tmpl_confirm){
		.to = teams_at(p,
		    arena_printf(p->r->mem, "/remove/%s", p->arg[1])),
		.csrf = p->csrf,
		.button = own ? "Leave Team" : "Remove Member",
		.busy = "One moment …",
		.back = teams_at(p, "") });
	page_card_close(p);
	page_send(p, 200);
}

void
teams_member_remove(struct page *p)
{
	struct pb_remove_team_member_request in = {
		.team_id = p->arg[0],
		.user_id = p->arg[1],
	};
	struct pb_remove_team_member_response out = { 0 };

	teams_done(p, rpc_team_remove_team_member(p->r, &in, &out),
	    str_eq(p->arg[1], p->me->id) ? "member-left" : "member-removed",
	    teams_at(p, ""));
}

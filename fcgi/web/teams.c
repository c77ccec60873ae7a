/*
 * Teams (spec web.md 20.2): the list, and one team with its members. Who may
 * change nothing sees no controls; the service decides all the same.
 */
#include "teams.h"

#include "entry.h"
#include "note.h"
#include "pages.h"

static const struct entry_option roles[] = {
	{ PB_TEAM_ROLE_MEMBER, "member", "Member" },
	{ PB_TEAM_ROLE_LEAD, "lead", "Lead" },
	{ 0, NULL, NULL },
};

void
teams_put_roles(struct page *p, int32_t chosen)
{
	entry_put_options(p, roles, chosen);
}

bool
teams_role(struct page *p, int32_t *out)
{
	return entry_chosen(p, "role", roles, out);
}

const char *
teams_name(struct arena *a, const struct pb_team_member *m)
{
	if (m->user != NULL &&
	    (!str_is_empty(m->user->first_name) ||
		!str_is_empty(m->user->last_name) ||
		!str_is_empty(m->user->email)))
		return page_user_name(a, m->user);
	return arena_strndup(a, m->user_id, 8);
}

const char *
teams_at(const struct page *p, const char *rest)
{
	return arena_printf(p->r->mem, "/teams/%s%s", p->arg[0], rest);
}

void
teams_done(struct page *p, enum code code, const char *note, const char *to)
{
	if (code != CODE_OK) {
		page_fail(p);
		return;
	}
	note_leave(p, note);
	page_redirect(p, to);
}

/* --- one team --------------------------------------------------------------- */

static void
say_gone(struct page *p)
{
	page_app_open(p, "No such team", false);
	tmpl_team_gone(&p->h);
	page_app_close(p);
	page_send(p, 404);
}

const struct pb_team_member *
teams_find(const struct teams_view *v, const char *user_id)
{
	size_t i;

	for (i = 0; i < v->nmembers; i++)
		if (str_eq(v->members[i].user_id, user_id))
			return &v->members[i];
	return NULL;
}

bool
teams_load(struct page *p, struct teams_view *v)
{
	struct pb_get_team_request in = { .team_id = p->arg[0] };
	struct pb_get_team_response out = { 0 };
	struct pb_list_team_members_request members_in = { .team_id =
							       p->arg[0] };
	struct pb_list_team_members_response members = { 0 };

	if (rpc_team_get_team(p->r, &in, &out) != CODE_OK ||
	    rpc_team_list_team_members(p->r, &members_in, &members) !=
		CODE_OK) {
		if (p->r->code == CODE_NOT_FOUND ||
		    p->r->code == CODE_PERMISSION_DENIED)
			say_gone(p);
		else
			page_fail(p);
		return false;
	}
	v->team = out.team;
	v->members = members.members;
	v->nmembers = members.nmembers;
	v->own = teams_find(v, p->me->id);
	v->leads = page_is_admin(p) ||
	    (v->own != NULL && v->own->role == PB_TEAM_ROLE_LEAD);
	return true;
}

/* The role of a member, to change for those who may. */
static void
put_role(struct page *p, const struct teams_view *v,
    const struct pb_team_member *m)
{
	bool lead = m->role == PB_TEAM_ROLE_LEAD;

	if (!v->leads) {
		tmpl_role_badge(&p->h,
		    &(struct tmpl_role_badge){ .tone = lead ? "brand" : "info",
			.role = lead ? "Lead" : "Member" });
		return;
	}
	tmpl_role_form_open(&p->h,
	    &(struct tmpl_role_form){
		.to = teams_at(p,
		    arena_printf(p->r->mem, "/role/%s", m->user_id)),
		.csrf = p->csrf,
		.id = m->user_id,
		.name = teams_name(p->r->mem, m) });
	teams_put_roles(p, m->role);
	tmpl_role_form_close(&p->h,
	    &(struct tmpl_role_form){ .name = teams_name(p->r->mem, m) });
}

static void
put_member(struct page *p, const struct teams_view *v,
    const struct pb_team_member *m)
{
	const char *name, *email;

	name = teams_name(p->r->mem, m);
	email = m->user == NULL || m->user->email == NULL ? "" : m->user->email;
	tmpl_person_open(&p->h,
	    &(struct tmpl_person){ .initials = m->user == NULL
		    ? "U"
		    : page_initials(p->r->mem, m->user),
		.name = name,
		.email = str_eq(name, email) ? "" : email });
	put_role(p, v, m);
	if (v->leads || m == v->own)
		tmpl_person_remove(&p->h,
		    &(struct tmpl_person_remove){
			.to = teams_at(p,
			    arena_printf(p->r->mem, "/remove/%s", m->user_id)),
			.label = m == v->own ? "Leave" : "Remove",
			.name = name });
	tmpl_person_close(&p->h);
}

static void
put_members(struct page *p, const struct teams_view *v)
{
	size_t i;

	tmpl_team_members_open(&p->h);
	tmpl_team_members_head_open(&p->h,
	    &(struct tmpl_team_members_head){
		.count = page_count(p->r->mem, (int64_t)v->nmembers, "member",
		    "members") });
	if (v->leads)
		tmpl_team_add_link(&p->h,
		    &(struct tmpl_team_add_link){ .id = p->arg[0] });
	tmpl_team_members_head_close(&p->h);
	if (v->nmembers == 0)
		page_empty(p, "team", "Nobody yet",
		    "Members of a team share its folder of courses.");
	tmpl_people_open(&p->h);
	for (i = 0; i < v->nmembers; i++)
		put_member(p, v, &v->members[i]);
	tmpl_people_close(&p->h);
	tmpl_team_members_close(&p->h);
}

void
teams_team(struct page *p)
{
	struct teams_view v = { 0 };

	if (!teams_load(p, &v))
		return;
	page_app_open(p, v.team->name, false);
	tmpl_team_open(&p->h,
	    &(struct tmpl_team){ .name = v.team->name,
		.description =
		    v.team->description == NULL ? "" : v.team->description });
	if (page_is_admin(p))
		tmpl_team_actions(&p->h,
		    &(struct tmpl_team_actions){ .id = p->arg[0] });
	tmpl_team_close(&p->h);
	put_members(p, &v);
	page_app_close(p);
	page_send(p, 200);
}

/* An address for posts alone, come to by its address: back to the team. */
void
teams_back(struct page *p)
{
	page_redirect(p, teams_at(p, ""));
}

/* --- the list --------------------------------------------------------------- */

static void
put_card(struct page *p, const struct pb_team *t)
{
	tmpl_team_card_open(&p->h,
	    &(struct tmpl_team_card){ .id = t->id,
		.name = t->name,
		.description = t->description == NULL ? "" : t->description });
	if (page_is_admin(p))
		tmpl_team_card_delete(&p->h,
		    &(struct tmpl_team_card_delete){ .id = t->id,
			.name = t->name });
	tmpl_team_card_close(&p->h);
}

static void
put_teams(struct page *p, const struct pb_list_teams_response *list)
{
	size_t i;

	if (list->nteams == 0) {
		page_empty(p, "team", "No teams yet",
		    page_is_admin(p)
			? "Teams group people of your company who share"
			  " courses. Create the first one."
			: "Teams group people of your company who share"
			  " courses. An administrator creates them.");
		return;
	}
	tmpl_grid_open(&p->h);
	for (i = 0; i < list->nteams; i++)
		put_card(p, &list->teams[i]);
	tmpl_grid_close(&p->h);
}

void
teams_page(struct page *p)
{
	struct pb_list_teams_request in = { 0 };
	struct pb_list_teams_response out = { 0 };

	if (rpc_team_list_teams(p->r, &in, &out) != CODE_OK) {
		page_fail(p);
		return;
	}
	page_app_open(p, "Teams", false);
	tmpl_teams_open(&p->h,
	    &(struct tmpl_teams){ .count = page_count(p->r->mem,
				      (int64_t)out.nteams, "team", "teams") });
	if (page_is_admin(p))
		tmpl_team_new_link(&p->h);
	tmpl_teams_close(&p->h);
	put_teams(p, &out);
	page_app_close(p);
	page_send(p, 200);
}

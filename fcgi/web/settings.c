/*
 * Company, people and teams, to read. What a role may not see is left out.
 */
#include "mirai/v1/user.rpc.h"
#include "pages.h"

static const char *
or_dash(const char *s)
{
	return str_is_empty(s) ? "–" : s;
}

static const char *
plan_name(int plan)
{
	static const char *const names[] = { "–", "Starter", "Pro",
		"Enterprise" };

	return plan < 0 || (size_t)plan >= NITEMS(names) ? names[0]
							 : names[plan];
}

static void
put_account(struct page *p)
{
	tmpl_settings_profile(&p->h,
	    &(struct tmpl_settings_profile){
		.name = page_user_name(p->r->mem, p->me),
		.email = or_dash(p->me->email),
		.role = page_role_name(p->me->role) });
	if (p->company == NULL)
		return;
	tmpl_settings_company(&p->h,
	    &(struct tmpl_settings_company){ .name = p->company->name,
		.industry = or_dash(p->company->industry),
		.size = or_dash(p->company->team_size),
		.plan = plan_name(p->company->plan) });
}

static void
put_members(struct page *p, const struct pb_list_company_users_response *list)
{
	size_t i;

	tmpl_members_open(&p->h);
	for (i = 0; i < list->nusers; i++)
		tmpl_member_row(&p->h,
		    &(struct tmpl_member_row){
			.name = page_user_name(p->r->mem, &list->users[i]),
			.email = or_dash(list->users[i].email),
			.tone = page_role_tone(list->users[i].role),
			.role = page_role_name(list->users[i].role) });
	tmpl_members_close(&p->h);
}

void
settings_page(struct page *p)
{
	struct pb_list_company_users_request in = { 0 };
	struct pb_list_company_users_response out = { 0 };
	bool members;

	members = p->company != NULL && page_is_admin(p);
	if (members &&
	    rpc_user_list_company_users(p->r, &in, &out) != CODE_OK) {
		page_fail(p);
		return;
	}
	page_app_open(p, "Settings", false);
	tmpl_settings_open(&p->h,
	    &(struct tmpl_settings){
		.company = p->company == NULL ? "" : p->company->name });
	put_account(p);
	if (members)
		put_members(p, &out);
	tmpl_settings_close(&p->h);
	page_app_close(p);
	page_send(p, 200);
}

/*
 * Settings (spec web.md 21): a list of tabs beside the one that is open; on
 * narrow windows first the list, then the tab with a way back. Tabs of the
 * company's affairs are for its administrators.
 */
#include "settings.h"

#include "note.h"
#include "pages.h"

static enum code profile_put(struct page *p, const struct entry *e);

struct tab {
	const char *name; /* in ?tab= */
	const char *label;
	const char *text;
	const char *icon;
	bool company; /* needs one */
	bool admin;
	enum code (*put)(struct page *p, const struct entry *e);
};

static const struct tab tabs[] = {
	{ "profile", "Profile", "Your name, address and role", "user", false,
	    false, profile_put },
	{ "company", "Company", "Name, industry and size", "company", true,
	    false, settings_company_put },
	{ "team", "Team", "Seats, invitations and members", "team", true, true,
	    settings_team_put },
	{ "ai", "AI", "Who writes, the key, and what was used", "spark", true,
	    true, settings_ai_put },
	{ "billing", "Billing", "Plan, price and payments", "card", true, true,
	    settings_billing_put },
};

/* --- profile ---------------------------------------------------------------- */

static const char *
or_dash(const char *s)
{
	return str_is_empty(s) ? "–" : s;
}

static enum code
profile_put(struct page *p, const struct entry *e)
{
	(void)e; /* has no form of its own */
	tmpl_settings_profile(&p->h,
	    &(struct tmpl_settings_profile){
		.initials = page_initials(p->r->mem, p->me),
		.name = page_user_name(p->r->mem, p->me),
		.email = or_dash(p->me->email),
		.role = page_role_name(p->me->role),
		.tone = page_role_tone(p->me->role),
		.company = p->company == NULL ? "–" : p->company->name });
	return CODE_OK;
}

/* --- tabs ------------------------------------------------------------------- */

static bool
is_offered(const struct page *p, const struct tab *t)
{
	return (!t->company || p->company != NULL) &&
	    (!t->admin || page_is_admin(p));
}

static const struct tab *
find_tab(const char *name)
{
	size_t i;

	for (i = 0; name != NULL && i < NITEMS(tabs); i++)
		if (str_eq(tabs[i].name, name))
			return &tabs[i];
	return &tabs[0];
}

static void
put_list(struct page *p, const struct tab *open)
{
	size_t i;

	tmpl_settings_tabs_open(&p->h);
	for (i = 0; i < NITEMS(tabs); i++) {
		if (!is_offered(p, &tabs[i]))
			continue;
		tmpl_settings_tab(&p->h,
		    &(struct tmpl_settings_tab){ .name = tabs[i].name,
			.current = &tabs[i] == open ? "page" : "false",
			.icon = tabs[i].icon,
			.label = tabs[i].label,
			.text = tabs[i].text });
	}
	tmpl_settings_tabs_close(&p->h);
}

void
settings_show(struct page *p, const char *name, const struct entry *e)
{
	const struct tab *t;

	t = find_tab(name);
	if (!is_offered(p, t)) {
		page_message(p, 403, "Not allowed",
		    "These settings are for administrators of a company.");
		return;
	}
	page_app_open(p, "Settings", false);
	tmpl_settings_open(&p->h,
	    &(struct tmpl_settings){ .kind = name == NULL ? "settings-list"
							  : "settings-one",
		.company = p->company == NULL ? "" : p->company->name });
	put_list(p, t);
	tmpl_settings_body_open(&p->h);
	entry_put_summary(p, e);
	if ((p->r->code = t->put(p, e)) != CODE_OK) {
		page_fail(p);
		return;
	}
	tmpl_settings_body_close(&p->h);
	tmpl_settings_close(&p->h);
	page_app_close(p);
	page_send(p, e->field == NULL ? 200 : e->status);
}

void
settings_done(struct page *p, enum code code, const char *tab, const char *note,
    const struct entry_rule *rules)
{
	struct entry e = { 0 };

	if (code == CODE_OK) {
		note_leave(p, note);
		page_redirect(p,
		    arena_printf(p->r->mem, "/settings?tab=%s", tab));
	} else if (entry_fault(p, rules, &e)) {
		req_unfail(p->r);
		settings_show(p, tab, &e);
	} else
		page_fail(p);
}

void
settings_page(struct page *p)
{
	const struct entry none = { 0 };

	settings_show(p, req_query(p->r, "tab"), &none);
}

/* Addresses for posts, come to without one: back to their tab. */
void
settings_back(struct page *p)
{
	const char *tab;

	tab = str_starts(p->r->path, "/settings/billing") ? "billing"
	    : str_starts(p->r->path, "/settings/ai")	  ? "ai"
	    : str_starts(p->r->path, "/settings/company") ||
		str_starts(p->r->path, "/settings/workspace")
	    ? "company"
	    : "team";
	page_redirect(p, arena_printf(p->r->mem, "/settings?tab=%s", tab));
}

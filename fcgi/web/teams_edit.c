/*
 * Making, changing and deleting a team: forms for administrators. A form that
 * was refused comes back as it was typed.
 */
#include "entry.h"
#include "note.h"
#include "pages.h"
#include "teams.h"

static const struct entry_rule rules[] = {
	{ "TEAM_NAME_EXISTS", "name", "A team of this name exists already." },
	{ "VALIDATION_MISSING_REQUIRED", "name", "A team needs a name." },
	{ "name", "name", NULL },
	{ "description", "description", NULL },
	{ NULL, NULL, NULL },
};

/* What the form says and where it goes. */
struct sheet {
	const char *title;
	const char *to;
	const char *back;
	const char *back_label;
	const char *button;
};

static const struct sheet making = { "Create Team", "/teams/new", "/teams",
	"All teams", "Create Team" };

static void
put_form(struct page *p, const struct sheet *s, const struct entry *e,
    const char *name, const char *description)
{
	page_card_open(p, s->title, "", s->back, s->back_label);
	entry_put_summary(p, e);
	tmpl_form_open(&p->h,
	    &(struct tmpl_form){ .to = s->to, .csrf = p->csrf });
	entry_put_line(p, e,
	    &(struct entry_line){ .name = "name",
		.label = "Name",
		.value = name,
		.required = true,
		.max = 100 });
	entry_put_text(p, e,
	    &(struct entry_line){ .name = "description",
		.label = "Description",
		.value = description,
		.max = 2000 });
	tmpl_form_close(&p->h,
	    &(struct tmpl_form){ .button = s->button,
		.busy = "Saving …",
		.back = s->back });
	page_card_close(p);
}

/* The form again with what is wrong, or the page for another failure. */
static void
refuse(struct page *p, const struct sheet *s)
{
	struct entry e = { 0 };

	if (!entry_fault(p, rules, &e)) {
		page_fail(p);
		return;
	}
	put_form(p, s, &e, entry_posted(p, "name"),
	    entry_posted(p, "description"));
	page_send(p, e.status);
}

void
teams_edit_new(struct page *p)
{
	const struct entry none = { 0 };

	if (!page_need_admin(p))
		return;
	put_form(p, &making, &none, "", "");
	page_send(p, 200);
}

void
teams_edit_create(struct page *p)
{
	struct pb_create_team_request in = {
		.name = entry_posted(p, "name"),
		.description = entry_posted(p, "description"),
	};
	struct pb_create_team_response out = { 0 };

	if (rpc_team_create_team(p->r, &in, &out) != CODE_OK) {
		refuse(p, &making);
		return;
	}
	note_leave(p, "team-created");
	page_redirect(p, arena_printf(p->r->mem, "/teams/%s", out.team->id));
}

static struct sheet
changing(const struct page *p)
{
	return (struct sheet){ "Edit Team", teams_at(p, "/edit"),
		teams_at(p, ""), "Back to the team", "Save" };
}

void
teams_edit_page(struct page *p)
{
	const struct entry none = { 0 };
	struct teams_view v = { 0 };
	struct sheet s;

	if (!page_need_admin(p) || !teams_load(p, &v))
		return;
	s = changing(p);
	put_form(p, &s, &none, v.team->name, v.team->description);
	page_send(p, 200);
}

/* In a call an empty name means no change; in a form it is a mistake. */
void
teams_edit_save(struct page *p)
{
	struct pb_update_team_request in = {
		.team_id = p->arg[0],
		.name = entry_posted(p, "name"),
		.description = entry_posted(p, "description"),
	};
	struct pb_update_team_response out = { 0 };
	struct sheet s;

	s = changing(p);
	if (str_trim(p->r->mem, in.name)[0] == '\0')
		req_fail_missing(p->r, "name", "must not be empty");
	else if (rpc_team_update_team(p->r, &in, &out) == CODE_OK) {
		note_leave(p, "team-saved");
		page_redirect(p, s.back);
		return;
	}
	refuse(p, &s);
}

/* --- deleting --------------------------------------------------------------- */

void
teams_edit_ask(struct page *p)
{
	struct teams_view v = { 0 };

	if (!page_need_admin(p) || !teams_load(p, &v))
		return;
	page_card_open(p, arena_printf(p->r->mem, "Delete %s?", v.team->name),
	    "The team and its memberships are deleted for good. Courses in its"
	    " folder move to the shared folder; nobody loses one.",
	    teams_at(p, ""), "Back to the team");
	tmpl_confirm(&p->h,
	    &(struct tmpl_confirm){ .to = teams_at(p, "/delete"),
		.csrf = p->csrf,
		.button = "Delete Team",
		.busy = "Deleting …",
		.back = teams_at(p, "") });
	page_card_close(p);
	page_send(p, 200);
}

void
teams_edit_delete(struct page *p)
{
	struct pb_delete_team_request in = { .team_id = p->arg[0] };
	struct pb_delete_team_response out = { 0 };

	teams_done(p, rpc_team_delete_team(p->r, &in, &out), "team-deleted",
	    "/teams");
}

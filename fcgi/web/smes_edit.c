/*
 * Making, changing, archiving and restoring an expert: forms for editors. A
 * form that was refused comes back as it was typed.
 */
#include "entry.h"
#include "mirai/v1/team.rpc.h"
#include "note.h"
#include "pages.h"
#include "smes.h"

static const struct entry_rule rules[] = {
	{ "TEAM_NOT_FOUND", "teams", "One of the teams is there no more." },
	{ "name", "name", NULL },
	{ "description", "description", NULL },
	{ "domain", "domain", NULL },
	{ "scope", "scope", "Choose one of the two." },
	{ "team_ids", "teams", "Choose at least one team." },
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

/* What is in the form. */
struct values {
	const char *name;
	const char *description;
	const char *domain;
	int32_t scope;
	const char *const *teams; /* ids */
	size_t nteams;
};

static const struct sheet making = { "Create SME", "/smes/new", "/smes",
	"All experts", "Create SME" };

static bool
is_among(const char *const *ids, size_t n, const char *id)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (str_eq(ids[i], id))
			return true;
	return false;
}

static void
put_scope(struct page *p, const struct entry *e, const struct values *v)
{
	const struct entry_line line = { .name = "scope",
		.label = "Who may use it" };

	entry_put_radios_open(p, e, &line);
	entry_put_radio(p,
	    &(struct entry_radio){ .name = "scope",
		.value = "global",
		.label = "Global",
		.note = "Everyone in the company",
		.checked = v->scope != PB_SME_SCOPE_TEAM });
	entry_put_radio(p,
	    &(struct entry_radio){ .name = "scope",
		.value = "team",
		.label = "Team",
		.note = "Members of the teams chosen below",
		.checked = v->scope == PB_SME_SCOPE_TEAM });
	entry_put_radios_close(p, e, &line);
}

static void
put_teams(struct page *p, const struct entry *e, const struct values *v,
    const struct pb_list_teams_response *teams)
{
	const struct entry_line line = { .name = "teams", .label = "Teams" };
	size_t i;

	entry_put_radios_open(p, e, &line);
	for (i = 0; i < teams->nteams; i++)
		entry_put_radio(p,
		    &(struct entry_radio){ .name = "team",
			.value = teams->teams[i].id,
			.label = teams->teams[i].name,
			.several = true,
			.checked = is_among(v->teams, v->nteams,
			    teams->teams[i].id) });
	if (teams->nteams == 0)
		tmpl_sme_teams_none(&p->h);
	entry_put_radios_close(p, e, &line);
}

static void
put_lines(struct page *p, const struct entry *e, const struct values *v)
{
	entry_put_line(p, e,
	    &(struct entry_line){ .name = "name",
		.label = "Name",
		.value = v->name,
		.required = true,
		.max = 255 });
	entry_put_line(p, e,
	    &(struct entry_line){ .name = "domain",
		.label = "Domain",
		.value = v->domain,
		.note = "The field of knowledge, such as “Field service”.",
		.required = true,
		.max = 255 });
	entry_put_text(p, e,
	    &(struct entry_line){ .name = "description",
		.label = "Description",
		.value = v->description,
		.max = 5000 });
}

/* The whole page; sends it. */
static void
put_form(struct page *p, const struct sheet *s, const struct entry *e,
    const struct values *v)
{
	struct pb_list_teams_request in = { 0 };
	struct pb_list_teams_response teams = { 0 };

	if (rpc_team_list_teams(p->r, &in, &teams) != CODE_OK) {
		page_fail(p);
		return;
	}
	page_card_open(p, s->title, "", s->back, s->back_label);
	entry_put_summary(p, e);
	tmpl_form_open(&p->h,
	    &(struct tmpl_form){ .to = s->to, .csrf = p->csrf });
	put_lines(p, e, v);
	put_scope(p, e, v);
	put_teams(p, e, v, &teams);
	tmpl_form_close(&p->h,
	    &(struct tmpl_form){ .button = s->button,
		.busy = "Saving …",
		.back = s->back });
	page_card_close(p);
	page_send(p, e->field == NULL ? 200 : e->status);
}

static struct values
posted(struct page *p)
{
	struct values v = { .name = entry_posted(p, "name"),
		.description = entry_posted(p, "description"),
		.domain = entry_posted(p, "domain"),
		.scope = str_eq(entry_posted(p, "scope"), "team")
		    ? PB_SME_SCOPE_TEAM
		    : PB_SME_SCOPE_GLOBAL };

	v.teams = entry_posted_all(p, "team", &v.nteams);
	return v;
}

/* The form again with what is wrong, or the page for another failure. */
static void
refuse(struct page *p, const struct sheet *s, const struct values *v)
{
	struct entry e = { 0 };

	if (entry_fault(p, rules, &e)) {
		req_unfail(p->r);
		put_form(p, s, &e, v);
	} else
		page_fail(p);
}

/* --- making ------------------------------------------------------------------ */

void
smes_edit_new(struct page *p)
{
	const struct values v = { .scope = PB_SME_SCOPE_GLOBAL };
	const struct entry none = { 0 };

	if (smes_need_editor(p))
		put_form(p, &making, &none, &v);
}

/* What the machine submits: a name is what it asks for. */
static enum code
create(struct page *p, const struct values *v,
    struct pb_create_sme_response *out)
{
	struct machine_run run = { .machine = &machine_sme, .valid = true };
	struct pb_create_sme_request in = {
		.name = v->name,
		.description = v->description,
		.domain = v->domain,
		.scope = v->scope,
		.team_ids = (const char **)(uintptr_t)v->teams,
		.nteam_ids = v->nteams,
	};

	(void)machine_step(&run, SME_START_CREATE);
	(void)machine_step(&run, SME_SUBMIT);
	run.error = rpc_sme_create_sme(p->r, &in, out);
	(void)machine_step(&run, run.error == CODE_OK ? SME_OK : SME_FAILED);
	return run.error;
}

void
smes_edit_create(struct page *p)
{
	struct pb_create_sme_response out = { 0 };
	struct values v = posted(p);

	if (create(p, &v, &out) != CODE_OK) {
		refuse(p, &making, &v);
		return;
	}
	note_leave(p, "expert-created");
	page_redirect(p, smes_page_of(p, out.sme->id));
}

/* --- changing ---------------------------------------------------------------- */

static struct sheet
changing(struct page *p)
{
	return (struct sheet){ "Edit SME", smes_under(p, "edit"),
		smes_page_of(p, p->arg[0]), "Back to the expert", "Save" };
}

void
smes_edit_page(struct page *p)
{
	const struct entry none = { 0 };
	struct smes_view view = { 0 };
	struct values v;
	struct sheet s;

	if (!smes_need_editor(p) || !smes_load(p, &view))
		return;
	s = changing(p);
	v = (struct values){ .name = view.sme->name,
		.description = view.sme->description,
		.domain = view.sme->domain,
		.scope = view.sme->scope,
		.teams = view.sme->team_ids,
		.nteams = view.sme->nteam_ids };
	put_form(p, &s, &none, &v);
}

/* In a call no teams means no change; in a form it is a mistake. */
static enum code
save(struct page *p, const struct values *v)
{
	struct pb_update_sme_request in = {
		.sme_id = p->arg[0],
		.name = v->name,
		.description = v->description,
		.domain = v->domain,
		.has_scope = true,
		.scope = v->scope,
		.team_ids = (const char **)(uintptr_t)v->teams,
		.nteam_ids = v->nteams,
	};
	struct pb_update_sme_response out = { 0 };

	if (v->scope == PB_SME_SCOPE_TEAM && v->nteams == 0)
		return req_fail_missing(p->r, "team_ids",
		    "must name at least one team");
	return rpc_sme_update_sme(p->r, &in, &out);
}

void
smes_edit_save(struct page *p)
{
	struct values v = posted(p);
	struct sheet s = changing(p);

	if (save(p, &v) != CODE_OK) {
		refuse(p, &s, &v);
		return;
	}
	note_leave(p, "sme-saved");
	page_redirect(p, s.back);
}

/* --- the archive ------------------------------------------------------------- */

void
smes_edit_ask(struct page *p)
{
	struct smes_view v = { 0 };

	if (!smes_need_editor(p) || !smes_load(p, &v))
		return;
	page_card_open(p, arena_printf(p->r->mem, "Archive %s?", v.sme->name),
	    "It is no longer offered for courses, and open tasks are"
	    " cancelled. Its knowledge is kept, and it can be restored.",
	    smes_page_of(p, v.sme->id), "Back to the expert");
	tmpl_confirm(&p->h,
	    &(struct tmpl_confirm){ .to = smes_under(p, "archive"),
		.csrf = p->csrf,
		.button = "Archive",
		.busy = "Archiving …",
		.back = smes_page_of(p, v.sme->id) });
	page_card_close(p);
	page_send(p, 200);
}

void
smes_edit_archive(struct page *p)
{
	struct pb_delete_sme_request in = { .sme_id = p->arg[0] };
	struct pb_delete_sme_response out = { 0 };

	smes_done(p, rpc_sme_delete_sme(p->r, &in, &out), "sme-archived",
	    smes_page_of(p, p->arg[0]));
}

void
smes_edit_restore(struct page *p)
{
	struct pb_restore_sme_request in = { .sme_id = p->arg[0] };
	struct pb_restore_sme_response out = { 0 };

	smes_done(p, rpc_sme_restore_sme(p->r, &in, &out), "sme-restored",
	    smes_page_of(p, p->arg[0]));
}

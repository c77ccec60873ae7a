/*
 * The company: its name, industry and size, and the name of its workspace.
 * Everybody reads, administrators change.
 */
#include "mirai/v1/company.rpc.h"
#include "mirai/v1/tenant.rpc.h"
#include "pages.h"
#include "settings.h"

static const struct entry_rule rules[] = {
	{ "VALIDATION_MISSING_REQUIRED", "company", "A company needs a name." },
	{ "name", "company", NULL },
	{ "industry", "industry", NULL },
	{ "team_size", "team_size", NULL },
	{ NULL, NULL, NULL },
};

static const struct entry_rule workspace_rules[] = {
	{ "VALIDATION_MISSING_REQUIRED", "workspace",
	    "A workspace needs a name." },
	{ "name", "workspace", NULL },
	{ NULL, NULL, NULL },
};

static const char *const industries[] = { "Technology", "Healthcare", "Finance",
	"Education", "Retail", "Manufacturing", "Other", NULL };
static const char *const sizes[] = { "1-10", "11-50", "51-200", "201-500",
	"500+", NULL };

/* What was typed, if anything came from this form; else what there is. */
static const char *
typed_or(struct page *p, const char *name, const char *kept)
{
	const char *s;

	s = req_form(p->r, name);
	return s != NULL ? s : kept == NULL ? "" : kept;
}

/* A choice from a list, which keeps what is stored even if it is none of it. */
static void
put_choice(struct page *p, const struct entry *e, const struct entry_line *line,
    const char *const *list)
{
	size_t i;

	entry_put_choice_open(p, e, line);
	entry_put_option(p, "", "Not said", line->value[0] == '\0');
	for (i = 0; list[i] != NULL; i++)
		entry_put_option(p, list[i], list[i],
		    str_eq(list[i], line->value));
	if (line->value[0] != '\0' && !str_is_listed(list, line->value))
		entry_put_option(p, line->value, line->value, true);
	entry_put_choice_close(p, e, line);
}

static void
put_company(struct page *p, const struct entry *e)
{
	tmpl_settings_card_open(&p->h,
	    &(struct tmpl_settings_card){ .id = "company-title",
		.title = "Company" });
	tmpl_save_form_open(&p->h,
	    &(struct tmpl_save_form){ .to = "/settings/company",
		.csrf = p->csrf });
	entry_put_line(p, e,
	    &(struct entry_line){ .name = "company",
		.label = "Company name",
		.value = typed_or(p, "company", p->company->name),
		.required = true,
		.max = 200 });
	put_choice(p, e,
	    &(struct entry_line){ .name = "industry",
		.label = "Industry",
		.value = typed_or(p, "industry", p->company->industry) },
	    industries);
	put_choice(p, e,
	    &(struct entry_line){ .name = "team_size",
		.label = "Team size",
		.value = typed_or(p, "team_size", p->company->team_size) },
	    sizes);
	tmpl_save_form_close(&p->h);
	tmpl_settings_card_close(&p->h);
}

static void
put_workspace(struct page *p, const struct entry *e, const struct pb_tenant *t)
{
	tmpl_settings_card_open(&p->h,
	    &(struct tmpl_settings_card){ .id = "workspace-title",
		.title = "Workspace" });
	tmpl_save_form_open(&p->h,
	    &(struct tmpl_save_form){ .to = "/settings/workspace",
		.csrf = p->csrf });
	entry_put_line(p, e,
	    &(struct entry_line){ .name = "workspace",
		.label = "Workspace name",
		.value = typed_or(p, "workspace", t->name),
		.note = arena_printf(p->r->mem,
		    "Known to the installation as %s, which stays.", t->slug),
		.required = true,
		.max = 200 });
	tmpl_save_form_close(&p->h);
	tmpl_settings_card_close(&p->h);
}

static const char *
or_dash(const char *s)
{
	return str_is_empty(s) ? "–" : s;
}

enum code
settings_company_put(struct page *p, const struct entry *e)
{
	struct pb_get_tenant_request in = { 0 };
	struct pb_get_tenant_response out = { 0 };
	enum code code;

	if (!page_is_admin(p)) {
		tmpl_settings_company(&p->h,
		    &(struct tmpl_settings_company){ .name = p->company->name,
			.industry = or_dash(p->company->industry),
			.size = or_dash(p->company->team_size) });
		return CODE_OK;
	}
	if ((code = rpc_tenant_get_tenant(p->r, &in, &out)) != CODE_OK)
		return code;
	put_company(p, e);
	put_workspace(p, e, out.tenant);
	return CODE_OK;
}

/* In a call an empty name means no change; in a form it is a mistake. */
static bool
has_name(struct page *p, const char *name)
{
	if (str_trim(p->r->mem, name)[0] != '\0')
		return true;
	req_fail_missing(p->r, "name", "must not be empty");
	return false;
}

void
settings_company_save(struct page *p)
{
	struct pb_update_company_request in = {
		.company_id = "",
		.name = entry_posted(p, "company"),
		.industry = entry_posted(p, "industry"),
		.team_size = entry_posted(p, "team_size"),
	};
	struct pb_update_company_response out = { 0 };

	if (!page_need_admin(p))
		return;
	settings_done(p,
	    has_name(p, in.name) ? rpc_company_update_company(p->r, &in, &out)
				 : p->r->code,
	    "company", "company-saved", rules);
}

void
settings_company_workspace(struct page *p)
{
	struct pb_update_tenant_request in = {
		.name = entry_posted(p, "workspace"),
	};
	struct pb_update_tenant_response out = { 0 };

	if (!page_need_admin(p))
		return;
	settings_done(p,
	    has_name(p, in.name) ? rpc_tenant_update_tenant(p->r, &in, &out)
				 : p->r->code,
	    "company", "workspace-saved", workspace_rules);
}

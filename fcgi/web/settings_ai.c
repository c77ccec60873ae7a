/*
 * AI settings (spec web.md 21.2): who writes, the key, and what was used. A key
 * is tested before it is kept, with script and without; it is never shown, not
 * even to whoever has just typed it.
 */
#include "mirai/v1/tenant_settings.rpc.h"
#include "note.h"
#include "pages.h"
#include "settings.h"

#define TAB "/settings?tab=ai"

static const struct entry_rule rules[] = {
	{ "AI_KEYS_DISABLED", "",
	    "This installation stores no keys. Ask whoever runs it." },
	{ "EXTERNAL_SERVICE_ERROR", "",
	    "The provider does not answer, or its address cannot be reached"
	    " from here. Nothing was changed; try again in a minute." },
	{ "api_key", "api_key", NULL },
	{ "model", "model", NULL },
	{ "base_url", "base_url", NULL },
	{ "provider", "provider", "Choose one of the list." },
	{ NULL, NULL, NULL },
};

/* --- providers ---------------------------------------------------------------- */

static const struct shown {
	int32_t wire;
	const char *name;
	const char *text;
	const char *docs; /* NULL: none */
} providers[] = {
	{ PB_AI_PROVIDER_GEMINI, "Google Gemini",
	    "Google's models write outlines and lessons.",
	    "https://ai.google.dev/gemini-api/docs" },
	{ PB_AI_PROVIDER_OPENAI, "OpenAI or compatible",
	    "OpenAI's models, or a server of your own that is called in the"
	    " same way, such as Ollama, vLLM or llama.cpp.",
	    "https://platform.openai.com/docs/overview" },
	{ PB_AI_PROVIDER_EXTRACTIVE, "Built in, without a model",
	    "Courses are put together from your experts' own sentences."
	    " Nothing leaves this installation.",
	    NULL },
};

/* Those with keys come first. */
static const struct entry_option choices[] = {
	{ PB_AI_PROVIDER_GEMINI, "gemini", "Google Gemini" },
	{ PB_AI_PROVIDER_OPENAI, "openai", "OpenAI or compatible" },
	{ 0, NULL, NULL },
};
static const struct entry_option all_choices[] = {
	{ PB_AI_PROVIDER_GEMINI, "gemini", "Google Gemini" },
	{ PB_AI_PROVIDER_OPENAI, "openai", "OpenAI or compatible" },
	{ PB_AI_PROVIDER_EXTRACTIVE, "extractive",
	    "Built in, without a model" },
	{ 0, NULL, NULL },
};

/* NULL: nobody. */
static const struct shown *
find_shown(int32_t wire)
{
	size_t i;

	for (i = 0; i < NITEMS(providers); i++)
		if (providers[i].wire == wire)
			return &providers[i];
	return NULL;
}

/* Whether it writes without a key, as it is chosen. */
static bool
is_keyless(const struct pb_tenant_ai_settings *s)
{
	return s->provider == PB_AI_PROVIDER_EXTRACTIVE ||
	    (s->provider == s->effective_provider &&
		!str_is_empty(s->base_url));
}

/* --- the card ------------------------------------------------------------------ */

static void
open_card(struct page *p, const struct pb_tenant_ai_settings *s,
    const struct shown *shown)
{
	const char *state = "Not configured", *tone = "warn", *icon = "open";

	if (s->api_key_configured) {
		state = "Configured";
		tone = "ok";
		icon = "done";
	} else if (is_keyless(s)) {
		state = "No key needed";
		tone = "info";
		icon = "info";
	}
	tmpl_ai_provider_open(&p->h,
	    &(struct tmpl_ai_provider){ .name = shown->name,
		.text = shown->text,
		.tone = tone,
		.icon = icon,
		.state = state });
}

static const char *
or_default(const char *s)
{
	return str_is_empty(s) ? "Default" : s;
}

static void
put_facts(struct page *p, const struct pb_tenant_ai_settings *s)
{
	const struct shown *now = find_shown(s->effective_provider);

	tmpl_ai_facts(&p->h,
	    &(struct tmpl_ai_facts){
		.now = now == NULL ? "Nobody: a key is needed" : now->name,
		.model = s->provider == PB_AI_PROVIDER_EXTRACTIVE
		    ? "None"
		    : or_default(s->model),
		.url = s->provider == PB_AI_PROVIDER_EXTRACTIVE
		    ? "None"
		    : or_default(s->base_url) });
}

static void
put_docs(struct page *p, const struct pb_tenant_ai_settings *s,
    const struct shown *shown)
{
	if (shown->docs != NULL && str_is_empty(s->base_url))
		tmpl_ai_docs(&p->h,
		    &(struct tmpl_ai_docs){ .text = "Keys, models and prices:",
			.to = shown->docs,
			.label = "the provider's documentation" });
	if (!s->keys_accepted)
		tmpl_ai_no_keys(&p->h);
}

static void
put_action(struct page *p, const char *to, const char *label, const char *kind)
{
	tmpl_ai_action(&p->h,
	    &(struct tmpl_ai_action){ .kind = kind, .to = to, .label = label });
}

static void
put_actions(struct page *p, const struct pb_tenant_ai_settings *s)
{
	tmpl_ai_actions_open(&p->h);
	if (s->keys_accepted)
		put_action(p, "/settings/ai/key",
		    s->api_key_configured ? "Update Key" : "Configure API Key",
		    "");
	put_action(p, "/settings/ai/provider", "Change Provider",
	    "button-plain");
	if (s->keys_accepted && s->api_key_configured)
		put_action(p, "/settings/ai/remove", "Remove Key",
		    "button-quiet");
	tmpl_ai_actions_close(&p->h);
}

/* CODE_OK and NULL: the pool of mirai-account is away, and the page says so. */
static enum code
load(struct page *p, struct pb_tenant_ai_settings **out)
{
	struct pb_get_ai_settings_request in = { 0 };
	struct pb_get_ai_settings_response answer = { 0 };
	enum code code;

	*out = NULL;
	code = rpc_tenant_settings_get_ai_settings(p->r, &in, &answer);
	if (code == CODE_OK)
		*out = answer.settings;
	if (code != CODE_UNAVAILABLE)
		return code;
	req_unfail(p->r);
	page_banner(p, PAGE_WARNING,
	    "The AI settings cannot be shown at the moment. Try again in a"
	    " minute.");
	return CODE_OK;
}

enum code
settings_ai_put(struct page *p, const struct entry *e)
{
	struct pb_tenant_ai_settings *s;
	const struct shown *shown;
	enum code code;

	(void)e; /* its forms are pages of their own */
	if ((code = load(p, &s)) != CODE_OK || s == NULL)
		return code;
	if (s->effective_provider == PB_AI_PROVIDER_UNSPECIFIED)
		page_banner(p, PAGE_WARNING,
		    "No outline and no lesson can be written until there is a"
		    " key. Enter one below, or change to what is built in and"
		    " needs none.");
	if ((shown = find_shown(s->provider)) == NULL)
		shown = &providers[0];
	open_card(p, s, shown);
	put_facts(p, s);
	put_docs(p, s, shown);
	put_actions(p, s);
	tmpl_ai_provider_close(&p->h);
	return settings_usage_put(p);
}

/* --- forms ---------------------------------------------------------------------- */

/* What is in a form: as it was typed, or as it is kept. */
struct sheet {
	int32_t provider;
	const char *model;
	const char *url;
	/* Of a test that was asked for; NULL: none. */
	const struct pb_test_api_key_response *tested;
};

static void
put_where(struct page *p, const struct entry *e, const struct sheet *s,
    const struct entry_option *list)
{
	const struct entry_line provider = { .name = "provider",
		.label = "Provider" };

	entry_put_choice_open(p, e, &provider);
	entry_put_options(p, list, s->provider);
	entry_put_choice_close(p, e, &provider);
}

static void
put_more(struct page *p, const struct entry *e, const struct sheet *s)
{
	entry_put_line(p, e,
	    &(struct entry_line){ .name = "model",
		.label = "Model",
		.value = s->model,
		.note = "Leave empty for the default.",
		.max = 200 });
	entry_put_line(p, e,
	    &(struct entry_line){ .name = "base_url",
		.label = "Address",
		.value = s->url,
		.note = "Only for a server of your own: up to the part before"
			" /chat/completions. A key is used only at the address"
			" it was given for. Leave empty for the default.",
		.max = 500 });
}

static void
put_result(struct page *p, const struct entry *e, const struct sheet *s)
{
	const struct pb_test_api_key_response *t = s->tested;
	bool valid = t != NULL && t->valid && e->field == NULL;

	tmpl_ai_result_open(&p->h,
	    &(struct tmpl_ai_result){ .valid = valid ? "yes" : "no" });
	if (e->field != NULL && e->field[0] == '\0')
		page_banner(p, PAGE_ERROR, e->text);
	else if (e->field != NULL)
		page_banner(p, PAGE_ERROR, "Check the marked field.");
	else if (valid && t->error_message != NULL)
		page_banner(p, PAGE_WARNING,
		    arena_printf(p->r->mem, "The key works. %s",
			t->error_message));
	else if (valid)
		page_banner(p, PAGE_SUCCESS, "The key works.");
	else if (t != NULL)
		page_banner(p, PAGE_ERROR,
		    t->error_message == NULL ? "The key does not work."
					     : t->error_message);
	tmpl_ai_result_close(&p->h);
}

static void
show_key(struct page *p, const struct entry *e, const struct sheet *s,
    int status)
{
	page_card_open(p, "API Key",
	    "You find it in your account at the provider, who bills what is"
	    " written with it. It is tested, kept encrypted and shown to"
	    " nobody.",
	    TAB, "Back to AI settings");
	tmpl_ai_form_open(&p->h,
	    &(struct tmpl_ai_form){ .to = "/settings/ai/key",
		.csrf = p->csrf });
	put_where(p, e, s, choices);
	tmpl_field_password(&p->h,
	    &(struct tmpl_field_password){ .id = "api_key",
		.name = "api_key",
		.label = "API key",
		.autocomplete = "off",
		.invalid = e->field != NULL && str_eq(e->field, "api_key")
		    ? "true"
		    : "false",
		.error = e->field != NULL && str_eq(e->field, "api_key")
		    ? e->text
		    : "",
		.required = true });
	put_more(p, e, s);
	put_result(p, e, s);
	tmpl_ai_form_close(&p->h);
	page_card_close(p);
	page_send(p, status);
}

static void
show_provider(struct page *p, const struct entry *e, const struct sheet *s,
    int status)
{
	page_card_open(p, "AI Provider",
	    "Who writes outlines and lessons, and where they are reached.", TAB,
	    "Back to AI settings");
	entry_put_summary(p, e);
	tmpl_form_open(&p->h,
	    &(struct tmpl_form){ .to = "/settings/ai/provider",
		.csrf = p->csrf });
	put_where(p, e, s, all_choices);
	put_more(p, e, s);
	tmpl_form_close(&p->h,
	    &(struct tmpl_form){ .button = "Save Provider",
		.busy = "Saving …",
		.back = TAB });
	page_card_close(p);
	page_send(p, status);
}

/* --- reading them ---------------------------------------------------------------- */

static bool
kept(struct page *p, struct sheet *out)
{
	struct pb_get_ai_settings_request in = { 0 };
	struct pb_get_ai_settings_response answer = { 0 };

	if (rpc_tenant_settings_get_ai_settings(p->r, &in, &answer) !=
	    CODE_OK) {
		page_fail(p);
		return false;
	}
	*out = (struct sheet){ .provider = answer.settings->provider,
		.model = answer.settings->model,
		.url = answer.settings->base_url };
	return true;
}

/* False after the request has failed: no such provider. */
static bool
typed(struct page *p, const struct entry_option *list, struct sheet *out)
{
	*out = (struct sheet){ .model = entry_posted(p, "model"),
		.url = entry_posted(p, "base_url") };
	if (entry_chosen(p, "provider", list, &out->provider))
		return true;
	req_fail_field(p->r, "provider", "must be one of the list");
	return false;
}

/* --- the key ---------------------------------------------------------------------- */

void
settings_ai_key_page(struct page *p)
{
	const struct entry none = { 0 };
	struct sheet s;

	if (page_need_admin(p) && kept(p, &s))
		show_key(p, &none, &s, 200);
}

static enum code
test_key(struct page *p, const struct sheet *s, const char *key,
    struct pb_test_api_key_response *out)
{
	const struct pb_test_api_key_request in = { .provider = s->provider,
		.api_key = key,
		.model = s->model,
		.base_url = s->url };

	if (str_trim(p->r->mem, key)[0] == '\0')
		return req_fail_field(p->r, "api_key", "must not be empty");
	return rpc_tenant_settings_test_api_key(p->r, &in, out);
}

static enum code
save_key(struct page *p, const struct sheet *s, const char *key)
{
	const struct pb_set_api_key_request in = { .provider = s->provider,
		.api_key = key,
		.model = s->model,
		.base_url = s->url };
	struct pb_set_api_key_response out = { 0 };

	return rpc_tenant_settings_set_api_key(p->r, &in, &out);
}

static void
refuse_key(struct page *p, const struct sheet *s)
{
	struct entry e = { 0 };

	if (!entry_fault(p, rules, &e)) {
		page_fail(p);
		return;
	}
	req_unfail(p->r);
	show_key(p, &e, s, e.status);
}

/* Nothing is kept that was not found to work in this very moment. */
void
settings_ai_key(struct page *p)
{
	struct pb_test_api_key_response tested = { 0 };
	const struct entry none = { 0 };
	const char *key = entry_posted(p, "api_key");
	struct sheet s;

	if (!page_need_admin(p))
		return;
	arena_set_wipe(p->r->mem);
	if (!typed(p, choices, &s) ||
	    test_key(p, &s, key, &tested) != CODE_OK) {
		refuse_key(p, &s);
		return;
	}
	s.tested = &tested;
	if (!tested.valid || !str_eq(entry_posted(p, "go"), "save")) {
		show_key(p, &none, &s, tested.valid ? 200 : 400);
		return;
	}
	if (save_key(p, &s, key) != CODE_OK) {
		refuse_key(p, &s);
		return;
	}
	note_leave(p, "ai-key-saved");
	page_redirect(p, TAB);
}

void
settings_ai_remove_ask(struct page *p)
{
	if (!page_need_admin(p))
		return;
	page_card_open(p, "Remove the key?",
	    "What is being written now is finished. After that your provider"
	    " is no longer called, and AI features stop where the installation"
	    " has no key of its own.",
	    TAB, "Back to AI settings");
	tmpl_confirm(&p->h,
	    &(struct tmpl_confirm){ .to = "/settings/ai/remove",
		.csrf = p->csrf,
		.button = "Remove Key",
		.busy = "One moment …",
		.back = TAB });
	page_card_close(p);
	page_send(p, 200);
}

void
settings_ai_remove(struct page *p)
{
	struct pb_remove_api_key_request in = { 0 };
	struct pb_remove_api_key_response out = { 0 };

	if (page_need_admin(p))
		settings_done(p,
		    rpc_tenant_settings_remove_api_key(p->r, &in, &out), "ai",
		    "ai-key-removed", rules);
}

/* --- the provider ------------------------------------------------------------------ */

void
settings_ai_provider_page(struct page *p)
{
	const struct entry none = { 0 };
	struct sheet s;

	if (page_need_admin(p) && kept(p, &s))
		show_provider(p, &none, &s, 200);
}

static enum code
save_provider(struct page *p, const struct sheet *s)
{
	struct pb_update_ai_settings_request in = { .provider = s->provider,
		.model = s->model,
		.base_url = s->url };
	struct pb_update_ai_settings_response out = { 0 };

	/* It has neither: what stood there was another one's. */
	if (s->provider == PB_AI_PROVIDER_EXTRACTIVE)
		in.model = in.base_url = "";
	return rpc_tenant_settings_update_ai_settings(p->r, &in, &out);
}

void
settings_ai_provider(struct page *p)
{
	struct entry e = { 0 };
	struct sheet s;

	if (!page_need_admin(p))
		return;
	if (typed(p, all_choices, &s) && save_provider(p, &s) == CODE_OK) {
		note_leave(p, "ai-saved");
		page_redirect(p, TAB);
		return;
	}
	if (!entry_fault(p, rules, &e)) {
		page_fail(p);
		return;
	}
	req_unfail(p->r);
	show_provider(p, &e, &s, e.status);
}

/*
 * Having a component written anew: what one may wish for, and the job that is
 * asked for it. What it says stays until the job is through.
 */
#include "builder_component.h"

#include "pages.h"
#include "rpc/tx.h"
#include "service/ai_choice.h"

/* --- the panel ------------------------------------------------------------------- */

struct quick {
	const char *value;
	const char *label;
	const char *prompt;
};

static const struct quick quicks[] = {
	{ "simpler", "Simpler",
	    "Use simpler words and shorter sentences, without losing a fact." },
	{ "detail", "More detail",
	    "Explain in more detail, with the facts of the sources." },
	{ "shorter", "Shorter", "Make it shorter: keep what matters most." },
	{ "engaging", "More engaging",
	    "Make it more engaging to read, without adding facts." },
	{ "examples", "Add examples",
	    "Add practical examples that follow from the sources." },
	{ "tone", "Professional tone", "Use a professional tone." },
};

/* Whether drafts are made here, by what cannot rewrite. */
static bool
without_model(struct req *r)
{
	struct ai_state state = { 0 };
	enum code code;

	tx_begin(r, DB_TX_READ);
	code = ai_choice_state(r, &state);
	if (db_end(r->db, code) != CODE_OK) {
		req_unfail(r); /* the panel does without */
		return false;
	}
	return state.provider != NULL && state.provider->wire == NULL;
}

void
builder_rewrite_put(struct page *p, const struct builder *b, const char *lesson,
    const char *component)
{
	const char *chosen = builder_value(p, "quick");
	size_t i;

	if (without_model(p->r))
		tmpl_rewrite_model(&p->h);
	tmpl_rewrite_open(&p->h,
	    &(struct tmpl_rewrite){
		.to = builder_to(p, b,
		    arena_printf(p->r->mem, "/rewrite/%s", component)),
		.csrf = p->csrf,
		.lesson = lesson });
	for (i = 0; i < NITEMS(quicks); i++)
		tmpl_rewrite_quick(&p->h,
		    &(struct tmpl_rewrite_quick){ .value = quicks[i].value,
			.label = quicks[i].label,
			.prompt = quicks[i].prompt,
			.checked = str_eq(chosen, quicks[i].value) });
	tmpl_rewrite_close(&p->h,
	    &(struct tmpl_rewrite){ .text = builder_value(p, "instructions") });
}

/* The chosen wish in words; free words count before a choice. */
static const char *
wish(struct page *p)
{
	const char *typed =
	    str_trim(p->r->mem, builder_value(p, "instructions"));
	const char *chosen = builder_value(p, "quick");
	size_t i;

	for (i = 0; typed[0] == '\0' && i < NITEMS(quicks); i++)
		if (str_eq(quicks[i].value, chosen))
			return quicks[i].prompt;
	return typed;
}

/* --- asking for it --------------------------------------------------------------- */

/* The lesson again, its panel open, with why. */
static void
refuse_rewrite(struct page *p, struct builder *b,
    const struct pb_generated_lesson *l, const struct pb_lesson_component *c,
    const char *text, int status)
{
	b->fault = (struct entry){ "", text, status };
	page_app_open(p, b->title, false);
	tmpl_edit_page_open(&p->h,
	    &(struct tmpl_edit_page){ .back = builder_component_at(p, b, l->id),
		.lesson = l->title,
		.kind = builder_component_name(c->type) });
	entry_put_summary(p, &b->fault);
	builder_component_put(p, c);
	builder_rewrite_put(p, b, l->id, c->id);
	tmpl_edit_page_close(&p->h);
	page_app_close(p);
	page_send(p, status);
}

void
builder_rewrite(struct page *p)
{
	struct machine_run run = { .machine = &machine_component,
		.state = EDITING_ACTIVE };
	struct pb_regenerate_component_request in = { 0 };
	struct pb_regenerate_component_response out = { 0 };
	const struct pb_generated_lesson *l = NULL;
	const struct pb_lesson_component *c;
	struct builder b;
	enum code code;

	if (!builder_component_take(p, &b, &l, &c))
		return;
	in.course_id = b.id;
	in.lesson_id = l->id;
	in.component_id = c->id;
	in.modification_prompt = wish(p);
	run.valid = in.modification_prompt[0] != '\0';
	if (!machine_step(&run, EDITING_REGENERATE)) {
		refuse_rewrite(p, &b, l, c,
		    "Choose one of the wishes, or say in words what to change.",
		    400);
		return;
	}
	code = rpc_ai_generation_regenerate_component(p->r, &in, &out);
	(void)machine_step(&run, code == CODE_OK ? EDITING_OK : EDITING_FAILED);
	if (code != CODE_OK && code != CODE_ALREADY_EXISTS) {
		builder_component_explain(p, &b.fault);
		refuse_rewrite(p, &b, l, c, b.fault.text, b.fault.status);
		return;
	}
	req_unfail(p->r);
	page_redirect(p,
	    arena_printf(p->r->mem, "%s#c-%s",
		builder_component_at(p, &b, l->id), c->id));
}

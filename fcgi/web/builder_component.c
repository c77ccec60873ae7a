/*
 * Components of a lesson (spec web.md 15): how each of the four types is shown
 * and saved. What is shown passed the allow-list of HTML; what is typed is
 * never lost to somebody else's change.
 */
#include "builder_component.h"

#include "learn/html.h"
#include "note.h"
#include "pages.h"

static const char *const type_names[] = {
	[PB_LESSON_COMPONENT_TYPE_UNSPECIFIED] = "Unknown",
	[PB_LESSON_COMPONENT_TYPE_TEXT] = "Text",
	[PB_LESSON_COMPONENT_TYPE_HEADING] = "Heading",
	[PB_LESSON_COMPONENT_TYPE_IMAGE] = "Image",
	[PB_LESSON_COMPONENT_TYPE_QUIZ] = "Question",
};

const char *
builder_component_name(int32_t type)
{
	return type < 0 || (size_t)type >= NITEMS(type_names)
	    ? type_names[0]
	    : type_names[type];
}

/* --- showing it ------------------------------------------------------------------ */

static void
put_text(struct page *p, const struct builder_content *c)
{
	tmpl_lesson_text_open(&p->h);
	buf_puts(p->h.out, html_sanitize(p->r->mem, c->html));
	tmpl_lesson_text_close(&p->h);
}

static void
put_heading(struct page *p, const struct builder_content *c)
{
	tmpl_component_heading(&p->h,
	    &(struct tmpl_component_heading){
		.look = arena_printf(p->r->mem, "component-h%d", (int)c->level),
		.text = c->text });
}

static void
put_image(struct page *p, const struct builder_content *c)
{
	if (str_starts(c->url, "https://"))
		tmpl_component_image(&p->h,
		    &(struct tmpl_component_image){ .url = c->url,
			.alt = c->alt,
			.caption = c->caption });
	else
		tmpl_component_image_none(&p->h,
		    &(struct tmpl_component_image_none){ .text = c->description,
			.caption = c->caption });
}

static void
put_quiz(struct page *p, const struct builder_content *c)
{
	bool right;
	size_t i;

	tmpl_component_quiz_open(&p->h,
	    &(struct tmpl_component_quiz){ .question = c->question });
	for (i = 0; i < c->noptions; i++) {
		right = str_eq(c->option_ids[i], c->correct);
		tmpl_component_option(&p->h,
		    &(struct tmpl_component_option){
			.look = right ? "option-right" : "",
			.text = c->option_texts[i],
			.mark = right ? "✓ Correct answer" : "" });
	}
	tmpl_component_quiz_close(&p->h,
	    &(struct tmpl_component_quiz){ .explanation = c->explanation });
}

static void
put_content(struct page *p, int32_t type, const struct builder_content *c)
{
	if (!c->valid) {
		page_banner(p, PAGE_WARNING,
		    arena_printf(p->r->mem,
			"This part (%s) cannot be shown: its content is"
			" damaged. Edit it, or have it rewritten.",
			builder_component_name(type)));
		return;
	}
	if (type == PB_LESSON_COMPONENT_TYPE_TEXT)
		put_text(p, c);
	else if (type == PB_LESSON_COMPONENT_TYPE_HEADING)
		put_heading(p, c);
	else if (type == PB_LESSON_COMPONENT_TYPE_IMAGE)
		put_image(p, c);
	else
		put_quiz(p, c);
}

void
builder_component_put(struct page *p, const struct pb_lesson_component *c)
{
	const struct builder_content content =
	    builder_content_read(p->r->mem, c->type, c->content_json);

	put_content(p, c->type, &content);
}

/* --- one component being edited --------------------------------------------------- */

const char *
builder_component_at(struct page *p, const struct builder *b,
    const char *lesson)
{
	return arena_printf(p->r->mem, "%s&lesson=%s", builder_at(p, b, 6),
	    lesson);
}

enum code
builder_component_edit_put(struct page *p, const struct builder *b,
    const struct pb_generated_lesson *l, const struct pb_lesson_component *c)
{
	const struct builder_content content =
	    builder_content_read(p->r->mem, c->type, c->content_json);

	builder_editor_put(p, b, l->id, c, &content, c->version);
	builder_rewrite_put(p, b, l->id, c->id);
	return CODE_OK;
}

/* The component of the path in the lesson that was posted; both may be NULL. */
static const struct pb_lesson_component *
find(struct page *p, const struct builder *b,
    const struct pb_generated_lesson **lesson)
{
	const char *id = builder_value(p, "lesson");
	const struct pb_generated_lesson *l;
	size_t i, j;

	for (i = 0; i < b->nlessons; i++) {
		l = &b->lessons[i];
		for (j = 0; str_eq(l->id, id) && j < l->ncomponents; j++)
			if (str_eq(l->components[j].id, p->arg[1])) {
				*lesson = l;
				return &l->components[j];
			}
	}
	return NULL;
}

bool
builder_component_take(struct page *p, struct builder *b,
    const struct pb_generated_lesson **l, const struct pb_lesson_component **c)
{
	if (!builder_take(p, b))
		return false;
	if ((*c = find(p, b, l)) != NULL)
		return true;
	page_message(p, 404, "This part is gone",
	    "The lesson was written anew meanwhile. Open it again.");
	return false;
}

/* The form alone, with what was typed and what is wrong with it. */
static void
show_form(struct page *p, const struct builder *b,
    const struct pb_generated_lesson *l, const struct pb_lesson_component *c,
    const struct builder_content *content)
{
	int64_t version;

	if (!str_to_i64(builder_value(p, "version"), 0, INT32_MAX, &version))
		version = 0;
	page_app_open(p, b->title, false);
	tmpl_edit_page_open(&p->h,
	    &(struct tmpl_edit_page){ .back = builder_component_at(p, b, l->id),
		.lesson = l->title,
		.kind = builder_component_name(c->type) });
	entry_put_summary(p, &b->fault);
	builder_editor_put(p, b, l->id, c, content, version);
	tmpl_edit_page_close(&p->h);
	page_app_close(p);
	page_send(p, b->fault.field == NULL ? 200 : b->fault.status);
}

static const struct entry_rule rules[] = {
	{ NULL, NULL, NULL },
};

void
builder_component_explain(struct page *p, struct entry *e)
{
	if (p->r->code == CODE_ABORTED)
		*e = (struct entry){ "",
			"Somebody else has changed this part meanwhile. What"
			" you typed is still here: copy what you need, then"
			" open the lesson again.",
			409 };
	else if (!entry_fault(p, rules, e))
		*e = (struct entry){ "",
			p->r->message == NULL
			    ? "It was not saved."
			    : arena_printf(p->r->mem, "It was not saved: %s.",
				  p->r->message),
			400 };
	req_unfail(p->r);
}

static void
store(struct page *p, struct builder *b, const struct pb_generated_lesson *l,
    const struct pb_lesson_component *c, const struct builder_content *content)
{
	struct machine_run run = { .machine = &machine_component,
		.state = EDITING_ACTIVE,
		.valid = true };
	struct pb_update_lesson_component_request in = { .course_id = b->id,
		.lesson_id = l->id,
		.component_id = c->id,
		.content_json =
		    builder_content_write(p->r->mem, c->type, content) };
	struct pb_update_lesson_component_response out = { 0 };
	int64_t version;

	if (str_to_i64(builder_value(p, "version"), 0, INT32_MAX, &version))
		in.version = (int32_t)version;
	(void)machine_step(&run, EDITING_SAVE);
	if (rpc_ai_generation_update_lesson_component(p->r, &in, &out) !=
	    CODE_OK) {
		(void)machine_step(&run, EDITING_FAILED);
		builder_component_explain(p, &b->fault);
		show_form(p, b, l, c, content);
		return;
	}
	(void)machine_step(&run, EDITING_OK);
	note_leave(p, "component-saved");
	page_redirect(p,
	    arena_printf(p->r->mem, "%s#c-%s",
		builder_component_at(p, b, l->id), c->id));
}

void
builder_component_save(struct page *p)
{
	const struct pb_generated_lesson *l = NULL;
	const struct pb_lesson_component *c;
	struct builder_content content;
	struct builder b;

	if (!builder_component_take(p, &b, &l, &c))
		return;
	content = builder_content_posted(p);
	if (builder_content_change(p, &content))
		show_form(p, &b, l, c, &content);
	else
		store(p, &b, l, c, &content);
}

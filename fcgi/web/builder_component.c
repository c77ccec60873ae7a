/*
 * Components of a lesson (spec web.md 15): how each of the four types is shown,
 * edited and written anew. What is shown passed the allow-list of HTML; what is
 * typed is never lost to somebody else's change.
 */
#include "builder.h"

#include "learn/html.h"
#include "net/json.h"
#include "note.h"
#include "pages.h"
#include "rpc/tx.h"
#include "service/ai_choice.h"

#include <string.h>

#define OPTIONS_MAX 12
#define OPTIONS_MIN 2

/* A component's JSON, or what was typed for it. */
struct content {
	bool valid;
	const char *html; /* text */
	int64_t level;	  /* heading */
	const char *text;
	const char *description; /* image */
	const char *url;
	const char *alt;
	const char *caption;
	const char *question; /* quiz */
	const char *type;
	const char *option_ids[OPTIONS_MAX];
	const char *option_texts[OPTIONS_MAX];
	size_t noptions;
	const char *correct; /* an option's id */
	const char *explanation;
	const char *right;
	const char *wrong;
};

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

/* --- reading what is stored ------------------------------------------------------ */

static void
read_options(struct content *c, const struct json *list)
{
	const struct json *o;
	size_t i;

	for (i = 0; i < json_count(list) && i < OPTIONS_MAX; i++) {
		o = json_at(list, i);
		c->option_ids[i] = json_get_text(o, "id", "");
		c->option_texts[i] = json_get_text(o, "text", "");
		c->noptions++;
	}
}

static int64_t
clamp_level(int64_t level)
{
	return level < 1 ? 1 : level > 4 ? 4 : level;
}

/* Whether the type's own texts are there. */
static bool
is_valid(int32_t type, const struct content *c)
{
	switch (type) {
	case PB_LESSON_COMPONENT_TYPE_TEXT:
		return c->html[0] != '\0';
	case PB_LESSON_COMPONENT_TYPE_HEADING:
		return c->text[0] != '\0';
	case PB_LESSON_COMPONENT_TYPE_IMAGE:
		return c->description[0] != '\0' || c->url[0] != '\0';
	case PB_LESSON_COMPONENT_TYPE_QUIZ:
		return c->question[0] != '\0' && c->noptions >= OPTIONS_MIN;
	default:
		return false;
	}
}

static struct content
read_content(struct arena *a, int32_t type, const char *text)
{
	const struct json *j;
	struct content c = { 0 };

	j = json_parse(a, text == NULL ? "" : text,
	    text == NULL ? 0 : strlen(text), NULL, NULL);
	c.html = json_get_text(j, "html", "");
	if (c.html[0] == '\0')
		c.html = html_escape(a, json_get_text(j, "plaintext", ""));
	c.level = clamp_level(json_get_int(j, "level", 0, 100, 2));
	c.text = json_get_text(j, "text", "");
	c.description = json_get_text(j, "image_description", "");
	c.url = json_get_text(j, "url", "");
	c.alt = json_get_text(j, "alt_text", "");
	c.caption = json_get_text(j, "caption", "");
	c.question = json_get_text(j, "question", "");
	c.type = json_get_text(j, "question_type", "multiple_choice");
	c.correct = json_get_text(j, "correct_answer_id", "");
	c.explanation = json_get_text(j, "explanation", "");
	c.right = json_get_text(j, "correct_feedback", "");
	c.wrong = json_get_text(j, "incorrect_feedback", "");
	read_options(&c, json_get(j, "options"));
	c.valid = is_valid(type, &c);
	return c;
}

/* --- showing it -------------------------------------------------------------------- */

static void
put_text(struct page *p, const struct content *c)
{
	tmpl_lesson_text_open(&p->h);
	buf_puts(p->h.out, html_sanitize(p->r->mem, c->html));
	tmpl_lesson_text_close(&p->h);
}

static void
put_heading(struct page *p, const struct content *c)
{
	tmpl_component_heading(&p->h,
	    &(struct tmpl_component_heading){
		.look = arena_printf(p->r->mem, "component-h%d", (int)c->level),
		.text = c->text });
}

static void
put_image(struct page *p, const struct content *c)
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
put_quiz(struct page *p, const struct content *c)
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
put_content(struct page *p, int32_t type, const struct content *c)
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
	const struct content content =
	    read_content(p->r->mem, c->type, c->content_json);

	put_content(p, c->type, &content);
}

/* --- what was typed ------------------------------------------------------------------ */

static struct content
posted(struct page *p)
{
	const char **ids, **texts;
	size_t i, nids, ntexts;
	int64_t level;
	struct content c = {
		.html = builder_value(p, "html"),
		.text = builder_value(p, "text"),
		.description = builder_value(p, "image_description"),
		.url = str_trim(p->r->mem, builder_value(p, "url")),
		.alt = builder_value(p, "alt_text"),
		.caption = builder_value(p, "caption"),
		.question = builder_value(p, "question"),
		.type = builder_value(p, "question_type"),
		.correct = builder_value(p, "correct"),
		.explanation = builder_value(p, "explanation"),
		.right = builder_value(p, "correct_feedback"),
		.wrong = builder_value(p, "incorrect_feedback"),
	};

	c.level =
	    str_to_i64(builder_value(p, "level"), 1, 4, &level) ? level : 2;
	ids = builder_posted(p, "option_id", &nids);
	texts = builder_posted(p, "option_text", &ntexts);
	for (i = 0; i < nids && i < ntexts && i < OPTIONS_MAX; i++) {
		c.option_ids[i] = ids[i];
		c.option_texts[i] = texts[i];
		c.noptions++;
	}
	return c;
}

static bool
has_option(const struct content *c, const char *id)
{
	return builder_has(c->option_ids, c->noptions, id);
}

static void
add_option(struct page *p, struct content *c)
{
	const char *id;
	int n;

	if (c->noptions == OPTIONS_MAX)
		return;
	for (n = 1;; n++) {
		id = arena_printf(p->r->mem, "option-%d", n);
		if (!has_option(c, id))
			break;
	}
	c->option_ids[c->noptions] = id;
	c->option_texts[c->noptions++] = "";
}

/* Without the right one the first is the right one. */
static void
drop_option(struct content *c, const char *id)
{
	size_t i, n;

	if (c->noptions <= OPTIONS_MIN)
		return;
	for (i = n = 0; i < c->noptions; i++) {
		if (str_eq(c->option_ids[i], id))
			continue;
		c->option_ids[n] = c->option_ids[i];
		c->option_texts[n++] = c->option_texts[i];
	}
	c->noptions = n;
	if (str_eq(c->correct, id))
		c->correct = c->option_ids[0];
}

/* A button that changes the form alone; false: none of them. */
static bool
change(struct page *p, struct content *c)
{
	const char *pressed = builder_value(p, "go");

	if (str_eq(pressed, "add-option"))
		add_option(p, c);
	else if (str_starts(pressed, "drop-option:"))
		drop_option(c, pressed + strlen("drop-option:"));
	else
		return false;
	return true;
}

/* --- storing it ----------------------------------------------------------------------- */

static void
write_quiz(struct json *o, const struct content *c)
{
	struct json *list, *option;
	size_t i;

	json_put_text(o, "question", c->question);
	json_put_text(o, "question_type",
	    str_eq(c->type, "true_false") ? "true_false" : "multiple_choice");
	list = json_put_list(o, "options");
	for (i = 0; i < c->noptions; i++) {
		option = json_add_object(list);
		json_put_text(option, "id", c->option_ids[i]);
		json_put_text(option, "text", c->option_texts[i]);
	}
	json_put_text(o, "correct_answer_id", c->correct);
	json_put_text(o, "explanation", c->explanation);
	if (c->right[0] != '\0')
		json_put_text(o, "correct_feedback", c->right);
	if (c->wrong[0] != '\0')
		json_put_text(o, "incorrect_feedback", c->wrong);
}

static void
write_image(struct json *o, const struct content *c)
{
	json_put_text(o, "image_description", c->description);
	json_put_text(o, "alt_text", c->alt);
	json_put_text(o, "caption", c->caption);
	if (c->url[0] != '\0')
		json_put_text(o, "url", c->url);
}

static const char *
write_content(struct arena *a, int32_t type, const struct content *c)
{
	struct json *o = json_new_object(a);
	const char *html;

	switch (type) {
	case PB_LESSON_COMPONENT_TYPE_TEXT:
		html = html_sanitize(a, c->html);
		json_put_text(o, "html", html);
		json_put_text(o, "plaintext", html_to_text(a, html));
		break;
	case PB_LESSON_COMPONENT_TYPE_HEADING:
		json_put_int(o, "level", c->level);
		json_put_text(o, "text", c->text);
		break;
	case PB_LESSON_COMPONENT_TYPE_IMAGE:
		write_image(o, c);
		break;
	default:
		write_quiz(o, c);
		break;
	}
	return json_string(a, o, JSON_COMPACT);
}

/* --- the editors ------------------------------------------------------------------------ */

static void
put_text_editor(struct page *p, const struct builder *b,
    const struct content *c)
{
	(void)b;
	tmpl_edit_text(&p->h, &(struct tmpl_edit_text){ .html = c->html });
}

static void
put_heading_editor(struct page *p, const struct builder *b,
    const struct content *c)
{
	static const char *const levels[] = { "Level 1", "Level 2", "Level 3",
		"Level 4" };
	const struct entry_line level = { .name = "level", .label = "Level" };
	size_t i;

	entry_put_choice_open(p, &b->fault, &level);
	for (i = 0; i < NITEMS(levels); i++)
		entry_put_option(p, arena_printf(p->r->mem, "%zu", i + 1),
		    levels[i], (int64_t)i + 1 == c->level);
	entry_put_choice_close(p, &b->fault, &level);
	entry_put_line(p, &b->fault,
	    &(struct entry_line){ .name = "text",
		.label = "Heading",
		.value = c->text,
		.required = true,
		.max = 500 });
}

static void
put_image_editor(struct page *p, const struct builder *b,
    const struct content *c)
{
	entry_put_text(p, &b->fault,
	    &(struct entry_line){ .name = "image_description",
		.label = "What the picture shows",
		.value = c->description,
		.max = 2000 });
	entry_put_line(p, &b->fault,
	    &(struct entry_line){ .name = "url",
		.label = "Address of the picture",
		.value = c->url,
		.type = "url",
		.note = "It begins with https://. Without one, learners see"
			" the description.",
		.max = 2000 });
	entry_put_line(p, &b->fault,
	    &(struct entry_line){ .name = "alt_text",
		.label = "Text for those who do not see it",
		.value = c->alt,
		.max = 500 });
	entry_put_line(p, &b->fault,
	    &(struct entry_line){ .name = "caption",
		.label = "Caption",
		.value = c->caption,
		.max = 500 });
}

static void
put_options(struct page *p, const struct content *c)
{
	size_t i;

	tmpl_edit_options_open(&p->h);
	for (i = 0; i < c->noptions; i++)
		tmpl_edit_option(&p->h,
		    &(struct tmpl_edit_option){ .id = c->option_ids[i],
			.text = c->option_texts[i],
			.number = (int64_t)i + 1,
			.checked = str_eq(c->option_ids[i], c->correct),
			.disabled = c->noptions <= OPTIONS_MIN });
	tmpl_edit_options_close(&p->h,
	    &(struct tmpl_edit_options){
		.disabled = c->noptions == OPTIONS_MAX });
}

static void
put_quiz_editor(struct page *p, const struct builder *b,
    const struct content *c)
{
	const struct entry_line type = { .name = "question_type",
		.label = "Kind of question" };

	entry_put_text(p, &b->fault,
	    &(struct entry_line){ .name = "question",
		.label = "Question",
		.value = c->question,
		.required = true,
		.max = 2000 });
	entry_put_choice_open(p, &b->fault, &type);
	entry_put_option(p, "multiple_choice", "Multiple choice",
	    !str_eq(c->type, "true_false"));
	entry_put_option(p, "true_false", "True or false",
	    str_eq(c->type, "true_false"));
	entry_put_choice_close(p, &b->fault, &type);
	put_options(p, c);
	entry_put_text(p, &b->fault,
	    &(struct entry_line){ .name = "explanation",
		.label = "Explanation",
		.value = c->explanation,
		.max = 4000 });
	entry_put_line(p, &b->fault,
	    &(struct entry_line){ .name = "correct_feedback",
		.label = "Said to the right answer (optional)",
		.value = c->right,
		.max = 1000 });
	entry_put_line(p, &b->fault,
	    &(struct entry_line){ .name = "incorrect_feedback",
		.label = "Said to a wrong answer (optional)",
		.value = c->wrong,
		.max = 1000 });
}

static void (*const editors[])(struct page *p, const struct builder *b,
    const struct content *c) = {
	[PB_LESSON_COMPONENT_TYPE_TEXT] = put_text_editor,
	[PB_LESSON_COMPONENT_TYPE_HEADING] = put_heading_editor,
	[PB_LESSON_COMPONENT_TYPE_IMAGE] = put_image_editor,
	[PB_LESSON_COMPONENT_TYPE_QUIZ] = put_quiz_editor,
};

/* --- writing it anew: the panel ------------------------------------------------------------ */

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

static void
put_panel(struct page *p, const struct builder *b, const char *lesson,
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

/* --- one component being edited ---------------------------------------------------------------- */

static const char *
lesson_at(struct page *p, const struct builder *b, const char *lesson)
{
	return arena_printf(p->r->mem, "%s&lesson=%s", builder_at(p, b, 6),
	    lesson);
}

static void
put_editor(struct page *p, const struct builder *b, const char *lesson,
    const struct pb_lesson_component *c, const struct content *content,
    int64_t version)
{
	if (c->type < 1 || (size_t)c->type >= NITEMS(editors))
		return;
	tmpl_edit_open(&p->h,
	    &(struct tmpl_edit){
		.to = builder_to(p, b,
		    arena_printf(p->r->mem, "/component/%s", c->id)),
		.csrf = p->csrf,
		.lesson = lesson,
		.version = version });
	editors[c->type](p, b, content);
	tmpl_edit_close(&p->h,
	    &(struct tmpl_edit){ .back = arena_printf(p->r->mem, "%s#c-%s",
				     lesson_at(p, b, lesson), c->id) });
}

enum code
builder_edit_put(struct page *p, const struct builder *b,
    const struct pb_generated_lesson *l, const struct pb_lesson_component *c)
{
	const struct content content =
	    read_content(p->r->mem, c->type, c->content_json);

	put_editor(p, b, l->id, c, &content, c->version);
	put_panel(p, b, l->id, c->id);
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

/* The course and the component of a post; false after an answer was sent. */
static bool
take(struct page *p, struct builder *b, const struct pb_generated_lesson **l,
    const struct pb_lesson_component **c)
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
    const struct content *content)
{
	int64_t version;

	if (!str_to_i64(builder_value(p, "version"), 0, INT32_MAX, &version))
		version = 0;
	page_app_open(p, b->title, false);
	tmpl_edit_page_open(&p->h,
	    &(struct tmpl_edit_page){ .back = lesson_at(p, b, l->id),
		.lesson = l->title,
		.kind = builder_component_name(c->type) });
	entry_put_summary(p, &b->fault);
	put_editor(p, b, l->id, c, content, version);
	tmpl_edit_page_close(&p->h);
	page_app_close(p);
	page_send(p, b->fault.field == NULL ? 200 : b->fault.status);
}

static const struct entry_rule rules[] = {
	{ NULL, NULL, NULL },
};

static void
explain(struct page *p, struct entry *e)
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
    const struct pb_lesson_component *c, const struct content *content)
{
	struct machine_run run = { .machine = &machine_component,
		.state = EDITING_ACTIVE,
		.valid = true };
	struct pb_update_lesson_component_request in = { .course_id = b->id,
		.lesson_id = l->id,
		.component_id = c->id,
		.content_json = write_content(p->r->mem, c->type, content) };
	struct pb_update_lesson_component_response out = { 0 };
	int64_t version;

	if (str_to_i64(builder_value(p, "version"), 0, INT32_MAX, &version))
		in.version = (int32_t)version;
	(void)machine_step(&run, EDITING_SAVE);
	if (rpc_ai_generation_update_lesson_component(p->r, &in, &out) !=
	    CODE_OK) {
		(void)machine_step(&run, EDITING_FAILED);
		explain(p, &b->fault);
		show_form(p, b, l, c, content);
		return;
	}
	(void)machine_step(&run, EDITING_OK);
	note_leave(p, "component-saved");
	page_redirect(p,
	    arena_printf(p->r->mem, "%s#c-%s", lesson_at(p, b, l->id), c->id));
}

void
builder_component_save(struct page *p)
{
	const struct pb_generated_lesson *l = NULL;
	const struct pb_lesson_component *c;
	struct content content;
	struct builder b;

	if (!take(p, &b, &l, &c))
		return;
	content = posted(p);
	if (change(p, &content))
		show_form(p, &b, l, c, &content);
	else
		store(p, &b, l, c, &content);
}

/* --- writing it anew ---------------------------------------------------------------------------- */

/* The lesson again, its panel open, with why. */
static void
refuse_rewrite(struct page *p, struct builder *b,
    const struct pb_generated_lesson *l, const struct pb_lesson_component *c,
    const char *text, int status)
{
	b->fault = (struct entry){ "", text, status };
	page_app_open(p, b->title, false);
	tmpl_edit_page_open(&p->h,
	    &(struct tmpl_edit_page){ .back = lesson_at(p, b, l->id),
		.lesson = l->title,
		.kind = builder_component_name(c->type) });
	entry_put_summary(p, &b->fault);
	builder_component_put(p, c);
	put_panel(p, b, l->id, c->id);
	tmpl_edit_page_close(&p->h);
	page_app_close(p);
	page_send(p, status);
}

void
builder_component_rewrite(struct page *p)
{
	struct machine_run run = { .machine = &machine_component,
		.state = EDITING_ACTIVE };
	struct pb_regenerate_component_request in = { 0 };
	struct pb_regenerate_component_response out = { 0 };
	const struct pb_generated_lesson *l = NULL;
	const struct pb_lesson_component *c;
	struct builder b;
	enum code code;

	if (!take(p, &b, &l, &c))
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
		explain(p, &b.fault);
		refuse_rewrite(p, &b, l, c, b.fault.text, b.fault.status);
		return;
	}
	req_unfail(p->r);
	page_redirect(p,
	    arena_printf(p->r->mem, "%s#c-%s", lesson_at(p, &b, l->id), c->id));
}

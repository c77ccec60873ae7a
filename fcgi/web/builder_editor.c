/*
 * The forms of the four types of component (spec web.md 15).
 */
#include "builder_component.h"

static void
put_text_editor(struct page *p, const struct builder *b,
    const struct builder_content *c)
{
	(void)b;
	tmpl_edit_text(&p->h, &(struct tmpl_edit_text){ .html = c->html });
}

static void
put_heading_editor(struct page *p, const struct builder *b,
    const struct builder_content *c)
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
    const struct builder_content *c)
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
put_options(struct page *p, const struct builder_content *c)
{
	size_t i;

	tmpl_edit_options_open(&p->h);
	for (i = 0; i < c->noptions; i++)
		tmpl_edit_option(&p->h,
		    &(struct tmpl_edit_option){ .id = c->option_ids[i],
			.text = c->option_texts[i],
			.number = (int64_t)i + 1,
			.checked = str_eq(c->option_ids[i], c->correct),
			.disabled = c->noptions <= BUILDER_OPTIONS_MIN });
	tmpl_edit_options_close(&p->h,
	    &(struct tmpl_edit_options){
		.disabled = c->noptions == BUILDER_OPTIONS_MAX });
}

static void
put_quiz_editor(struct page *p, const struct builder *b,
    const struct builder_content *c)
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
    const struct builder_content *c) = {
	[PB_LESSON_COMPONENT_TYPE_TEXT] = put_text_editor,
	[PB_LESSON_COMPONENT_TYPE_HEADING] = put_heading_editor,
	[PB_LESSON_COMPONENT_TYPE_IMAGE] = put_image_editor,
	[PB_LESSON_COMPONENT_TYPE_QUIZ] = put_quiz_editor,
};

void
builder_editor_put(struct page *p, const struct builder *b, const char *lesson,
    const struct pb_lesson_component *c, const struct builder_content *content,
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
	    &(struct tmpl_edit){
		.back = arena_printf(p->r->mem, "%s#c-%s",
		    builder_component_at(p, b, lesson), c->id) });
}

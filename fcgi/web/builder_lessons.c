/*
 * The review of generated lessons (spec web.md 15.2): all of them with their
 * totals and sources, one of them with its components, and the end of it, when
 * the lessons become the course.
 */
#include "builder.h"

#include "note.h"
#include "pages.h"

/* --- totals ------------------------------------------------------------------ */

static size_t
count_components(const struct builder *b)
{
	size_t i, n;

	for (i = n = 0; i < b->nlessons; i++)
		n += b->lessons[i].ncomponents;
	return n;
}

static int64_t
percent(int64_t part, int64_t whole)
{
	return whole == 0 ? 0 : part * 100 / whole;
}

static void
put_coverage(struct page *p, const struct builder *b)
{
	const struct pb_source_coverage *c = b->coverage;

	if (c == NULL || c->chunks_total == 0)
		return;
	tmpl_lessons_coverage(&p->h,
	    &(struct tmpl_lessons_coverage){
		.percent = percent(c->chunks_used, c->chunks_total),
		.used = c->chunks_used,
		.total = c->chunks_total,
		.without = c->components_without_source == 0
		    ? "Every part has a source."
		    : arena_printf(p->r->mem, "%s without a source.",
			  page_count(p->r->mem, c->components_without_source,
			      "part is", "parts are")) });
}

static void
put_head(struct page *p, const struct builder *b)
{
	size_t planned = builder_lessons_planned(b);
	struct arena *a = p->r->mem;

	tmpl_lessons_head_open(&p->h,
	    &(struct tmpl_lessons_head){
		.totals = arena_printf(a, "%s · %s · %s",
		    page_count(a, (int64_t)b->outline->nsections, "section",
			"sections"),
		    page_count(a, (int64_t)b->nlessons, "lesson", "lessons"),
		    page_count(a, (int64_t)count_components(b), "component",
			"components")) });
	put_coverage(p, b);
	if (b->course->content != NULL && b->course->content->nsections > 0)
		tmpl_lessons_preview(&p->h,
		    &(struct tmpl_lessons_preview){ .id = b->id });
	tmpl_lessons_head_close(&p->h,
	    &(struct tmpl_lessons_head){ .to = builder_to(p, b, "/finalize"),
		.csrf = p->csrf,
		.note = b->nlessons < planned
		    ? arena_printf(a, "%s not written yet.",
			  page_count(a, (int64_t)(planned - b->nlessons),
			      "lesson is", "lessons are"))
		    : "" });
}

/* --- the list ------------------------------------------------------------------ */

static const char *
lesson_at(struct page *p, const struct builder *b,
    const struct pb_generated_lesson *l)
{
	return arena_printf(p->r->mem, "%s&lesson=%s", builder_at(p, b, 6),
	    l->id);
}

static void
put_row(struct page *p, const struct builder *b,
    const struct pb_generated_lesson *l, const char *number)
{
	size_t i;

	tmpl_lessons_row_open(&p->h,
	    &(struct tmpl_lessons_row){ .number = number,
		.title = l->title,
		.count = page_count(p->r->mem, (int64_t)l->ncomponents,
		    "component", "components") });
	for (i = 0; i < l->ncomponents; i++)
		builder_component_put(p, &l->components[i]);
	tmpl_lessons_row_close(&p->h,
	    &(struct tmpl_lessons_row){ .edit = lesson_at(p, b, l),
		.title = l->title });
}

static void
put_missing(struct page *p, const struct builder *b,
    const struct pb_outline_lesson *l, const char *number)
{
	const struct pb_generation_job *j = builder_lesson_job(b, l->id);
	const char *reason = "Not written yet.";

	if (builder_is_active(j))
		reason = "Being written.";
	else if (j != NULL && !str_is_empty(j->error_message))
		reason = j->error_message;
	tmpl_lessons_missing(&p->h,
	    &(struct tmpl_lessons_missing){ .number = number,
		.title = l->title,
		.reason = reason,
		.to = builder_to(p, b,
		    arena_printf(p->r->mem, "/lesson/%s", l->id)),
		.csrf = p->csrf,
		.disabled = builder_is_active(j) });
}

static void
put_section(struct page *p, const struct builder *b,
    const struct pb_outline_section *s, size_t number)
{
	const struct pb_generated_lesson *l;
	const char *n;
	size_t i;

	tmpl_lessons_section_open(&p->h,
	    &(struct tmpl_lessons_section){ .title = s->title });
	for (i = 0; i < s->nlessons; i++) {
		n = arena_printf(p->r->mem, "%zu.%zu", number, i + 1);
		if ((l = builder_lesson_of(b, s->lessons[i].id)) != NULL)
			put_row(p, b, l, n);
		else
			put_missing(p, b, &s->lessons[i], n);
	}
	tmpl_lessons_section_close(&p->h);
}

/* --- one lesson ------------------------------------------------------------------ */

static const struct pb_generated_lesson *
find_lesson(const struct builder *b, const char *id)
{
	size_t i;

	for (i = 0; i < b->nlessons; i++)
		if (str_eq(b->lessons[i].id, id))
			return &b->lessons[i];
	return NULL;
}

/* The texts that a component was written from, where the course knows them. */
static void
put_sources(struct page *p, const struct builder *b,
    const struct pb_lesson_component *c)
{
	const struct pb_course_content *content = b->course->content;
	const struct pb_component_alignment *al = c->alignment;
	size_t i, known;

	if (al == NULL || al->nsme_chunk_ids == 0) {
		tmpl_component_no_source(&p->h);
		return;
	}
	tmpl_component_sources_open(&p->h,
	    &(struct tmpl_component_sources){
		.count = page_count(p->r->mem, (int64_t)al->nsme_chunk_ids,
		    "source", "sources") });
	known = content == NULL ? 0 : content->nsource_chunks;
	for (i = 0; i < known; i++)
		if (builder_has(al->sme_chunk_ids, al->nsme_chunk_ids,
			content->source_chunks[i].id))
			tmpl_component_source(&p->h,
			    &(struct tmpl_component_source){
				.topic = content->source_chunks[i].topic,
				.text = content->source_chunks[i].content });
	tmpl_component_sources_close(&p->h);
}

static enum code
put_component(struct page *p, const struct builder *b,
    const struct pb_generated_lesson *l, const struct pb_lesson_component *c,
    const char *edited)
{
	const struct pb_generation_job *j = builder_component_job(b, c->id);
	bool chosen = edited != NULL && str_eq(edited, c->id);
	enum code code = CODE_OK;

	tmpl_component_open(&p->h,
	    &(struct tmpl_component){ .id = c->id,
		.kind = builder_component_name(c->type),
		.chosen = chosen ? "component-chosen" : "",
		.edit = arena_printf(p->r->mem, "%s&edit=%s#c-%s",
		    lesson_at(p, b, l), c->id, c->id) });
	builder_component_put(p, c);
	put_sources(p, b, c);
	if (builder_is_active(j))
		builder_job_card(p, b, j);
	else if (j != NULL && j->status == PB_GENERATION_JOB_STATUS_FAILED)
		page_banner(p, PAGE_ERROR,
		    arena_printf(p->r->mem,
			"It was not rewritten: %s It is as it was.",
			str_is_empty(j->error_message) ? ""
						       : j->error_message));
	if (chosen && !builder_is_active(j))
		code = builder_component_edit_put(p, b, l, c);
	tmpl_component_close(&p->h);
	return code;
}

static enum code
put_lesson(struct page *p, const struct builder *b,
    const struct pb_generated_lesson *l)
{
	const char *edited = req_query(p->r, "edit");
	enum code code;
	size_t i;

	tmpl_lesson_review_open(&p->h,
	    &(struct tmpl_lesson_review){ .back = builder_at(p, b, 6),
		.title = l->title,
		.count = page_count(p->r->mem, (int64_t)l->ncomponents,
		    "component", "components") });
	for (i = 0; i < l->ncomponents; i++) {
		code = put_component(p, b, l, &l->components[i], edited);
		if (code != CODE_OK)
			return code;
	}
	if (!str_is_empty(l->segue_text))
		tmpl_lesson_segue(&p->h,
		    &(struct tmpl_lesson_segue){ .text = l->segue_text });
	tmpl_lesson_review_close(&p->h);
	return CODE_OK;
}

enum code
builder_lessons_put(struct page *p, struct builder *b)
{
	const struct pb_generated_lesson *l = NULL;
	const char *id = req_query(p->r, "lesson");
	size_t i;

	if (id != NULL && (l = find_lesson(b, id)) == NULL)
		return req_fail(p->r, CODE_NOT_FOUND, "no such lesson");
	if (l != NULL)
		return put_lesson(p, b, l);
	put_head(p, b);
	for (i = 0; i < b->outline->nsections; i++)
		put_section(p, b, &b->outline->sections[i], i + 1);
	return CODE_OK;
}

/* --- the end ---------------------------------------------------------------------- */

void
builder_finalize(struct page *p)
{
	struct pb_finalize_course_request in = { .course_id = p->arg[0] };
	struct pb_finalize_course_response out = { 0 };
	struct builder b;

	if (!builder_take(p, &b))
		return;
	if (rpc_ai_generation_finalize_course(p->r, &in, &out) != CODE_OK) {
		builder_refuse(p, &b, 6, "The course was not finalized");
		return;
	}
	note_leave(p, "course-finalized");
	page_redirect(p, builder_at(p, &b, 6));
}

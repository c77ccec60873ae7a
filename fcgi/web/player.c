/*
 * The course player: one lesson per page, rendered here, readable and
 * answerable without script. Answers are judged on this side, so the page
 * never holds the key of an open question; what was done is kept per user.
 */
#include <string.h>

#include "learn/model.h"
#include "mirai/v1/course.rpc.h"
#include "pages.h"
#include "service/progress.h"

/* A course being read. */
struct reading {
	const char *id;
	const char *title; /* as its author wrote it: plain text */
	const struct model *m;
	struct progress progress;
	size_t current; /* index of the lesson shown */
	size_t ndone;
};

/* --- loading -------------------------------------------------------------- */

static const char *
course_title(const struct pb_course *c)
{
	return c->settings == NULL || str_is_empty(c->settings->title)
	    ? "Untitled Course"
	    : c->settings->title;
}

static bool
is_done(const struct reading *rd, size_t lesson)
{
	return progress_has_lesson(&rd->progress, rd->m->lessons[lesson].id);
}

/* The first lesson with something to read that is not done, else the first. */
static size_t
next_open(const struct reading *rd)
{
	size_t i;

	for (i = 0; i < rd->m->nlessons; i++)
		if (!is_done(rd, i) && rd->m->lessons[i].nblocks > 0)
			return i;
	return 0;
}

/* Reads ?lesson=N; false when there is no such lesson. */
static bool
read_lesson(struct page *p, struct reading *rd)
{
	const char *s;
	int64_t n;

	if ((s = req_query(p->r, "lesson")) == NULL) {
		rd->current = next_open(rd);
		return true;
	}
	if (!str_to_i64(s, 1, (int64_t)rd->m->nlessons, &n))
		return false;
	rd->current = (size_t)n - 1;
	return true;
}

/* The course of the address with its progress; false after an answer. */
static bool
load(struct page *p, struct reading *rd)
{
	struct pb_get_course_request in = { .id = p->arg[0] };
	struct pb_get_course_response out = { 0 };
	struct findings findings;
	size_t i;

	memset(rd, 0, sizeof(*rd));
	rd->id = p->arg[0];
	if (rpc_course_get_course(p->r, &in, &out) != CODE_OK ||
	    progress_load(p->r, rd->id, &rd->progress) != CODE_OK) {
		page_fail(p);
		return false;
	}
	rd->title = course_title(out.course);
	finding_init(&findings, p->r->mem);
	rd->m = model_build(p->r->mem, out.course, "en", &findings);
	if (rd->m->nlessons == 0) {
		page_message(p, 200, "No lessons yet",
		    "This course has no lessons to read so far.");
		return false;
	}
	for (i = 0; i < rd->m->nlessons; i++)
		rd->ndone += is_done(rd, i);
	if (!read_lesson(p, rd)) {
		page_not_found(p);
		return false;
	}
	return true;
}

/* --- the contents --------------------------------------------------------- */

static void
put_lesson_link(struct page *p, const struct reading *rd, size_t i)
{
	const struct model_lesson *l;
	const char *mark, *state;

	l = &rd->m->lessons[i];
	if (l->nblocks == 0) {
		tmpl_player_lesson_none(&p->h,
		    &(struct tmpl_player_lesson_none){ .title = l->title });
		return;
	}
	mark = is_done(rd, i) ? "done" : i == rd->current ? "current" : "open";
	state = is_done(rd, i) ? " (complete)" : "";
	tmpl_player_lesson(&p->h,
	    &(struct tmpl_player_lesson){ .id = rd->id,
		.number = (int64_t)i + 1,
		.current = i == rd->current ? "page" : "false",
		.mark = mark,
		.title = l->title,
		.state = state });
}

static void
put_contents(struct page *p, const struct reading *rd)
{
	const struct model_section *s;
	size_t i, j;

	tmpl_player_menu_open(&p->h,
	    &(struct tmpl_player_menu){ .done = (int64_t)rd->ndone,
		.total = (int64_t)rd->m->nlessons });
	for (i = 0; i < rd->m->nsections; i++) {
		s = &rd->m->sections[i];
		tmpl_player_section_open(&p->h,
		    &(struct tmpl_player_section){ .name = s->name,
			.open = rd->current >= s->first &&
			    rd->current < s->first + s->nlessons });
		for (j = 0; j < s->nlessons; j++)
			put_lesson_link(p, rd, s->first + j);
		tmpl_player_section_close(&p->h);
	}
	tmpl_player_menu_close(&p->h);
}

/* --- questions ------------------------------------------------------------ */

/* The index of an option by its id; noptions when there is none. */
static size_t
find_option(const struct model_question *q, const char *id)
{
	size_t i;

	for (i = 0; i < q->noptions; i++)
		if (str_eq(q->options[i].id, id))
			break;
	return i;
}

/* How an option looks once the question is answered with chosen. */
static void
put_judged_option(struct page *p, const struct model_question *q, size_t i,
    size_t chosen)
{
	const char *look, *mark;

	look = mark = "";
	if (i == q->right) {
		look = "option-right";
		mark = i == chosen ? "✓ Your answer" : "✓ Correct answer";
	} else if (i == chosen) {
		look = "option-wrong";
		mark = "✗ Your answer";
	}
	tmpl_quiz_option(&p->h,
	    &(struct tmpl_quiz_option){ .look = look,
		.id = q->options[i].id,
		.text = q->options[i].text,
		.mark = mark,
		.checked = i == chosen,
		.disabled = true });
}

static void
put_open_option(struct page *p, const struct model_question *q, size_t i)
{
	tmpl_quiz_option(&p->h,
	    &(struct tmpl_quiz_option){ .look = "",
		.id = q->options[i].id,
		.text = q->options[i].text,
		.mark = "" });
}

/* The feedback of an answer and the explanation, as one text. */
static const char *
feedback(struct arena *a, const struct model_question *q, bool right)
{
	const char *own;

	own = right ? q->right_feedback : q->wrong_feedback;
	return str_trim(a,
	    arena_printf(a, "%s %s", own == NULL ? "" : own,
		q->explanation == NULL ? "" : q->explanation));
}

static void
put_result(struct page *p, const struct reading *rd,
    const struct model_question *q, size_t chosen)
{
	bool right;

	right = chosen == q->right;
	tmpl_quiz_result(&p->h,
	    &(struct tmpl_quiz_result){ .tone = right ? "success" : "error",
		.icon = right ? "done" : "error",
		.verdict = right ? "Correct" : "Not quite",
		.explanation = feedback(p->r->mem, q, right) });
	tmpl_quiz_again(&p->h,
	    &(struct tmpl_quiz_again){ .course = rd->id,
		.lesson = (int64_t)rd->current + 1,
		.id = q->id });
}

/* The option that was chosen; noptions while the question is open. */
static size_t
chosen_option(struct page *p, const struct reading *rd,
    const struct model_question *q)
{
	const char *again, *answer;

	again = req_query(p->r, "again");
	answer = progress_get_answer(&rd->progress, q->id);
	if (answer == NULL || (again != NULL && str_eq(again, q->id)))
		return q->noptions;
	return find_option(q, answer);
}

static void
put_question(struct page *p, const struct reading *rd,
    const struct model_question *q)
{
	size_t i, chosen;

	chosen = chosen_option(p, rd, q);
	tmpl_quiz_open(&p->h,
	    &(struct tmpl_quiz){ .id = q->id,
		.course = rd->id,
		.lesson = (int64_t)rd->current + 1,
		.csrf = p->csrf,
		.kind = q->type == MODEL_TRUE_FALSE ? "True or false?"
						    : "Check your knowledge" });
	tmpl_quiz_options_open(&p->h,
	    &(struct tmpl_quiz_options){ .question = q->text });
	for (i = 0; i < q->noptions; i++) {
		if (chosen < q->noptions)
			put_judged_option(p, q, i, chosen);
		else
			put_open_option(p, q, i);
	}
	tmpl_quiz_options_close(&p->h);
	if (chosen < q->noptions)
		put_result(p, rd, q, chosen);
	else
		tmpl_quiz_check(&p->h);
	tmpl_quiz_close(&p->h);
}

/* --- the lesson ----------------------------------------------------------- */

/* A heading no more than one level below the one before it. */
static void
put_heading(struct page *p, const struct model_block *b, int *level)
{
	*level = b->level > *level + 1 ? *level + 1 : b->level;
	if (*level >= 4)
		tmpl_heading4(&p->h,
		    &(struct tmpl_heading4){ .text = b->html });
	else if (*level == 3)
		tmpl_heading3(&p->h,
		    &(struct tmpl_heading3){ .text = b->html });
	else
		tmpl_heading2(&p->h,
		    &(struct tmpl_heading2){ .text = b->html });
}

static void
put_block(struct page *p, const struct reading *rd, const struct model_block *b,
    int *level)
{
	switch (b->kind) {
	case MODEL_HEADING:
		put_heading(p, b, level);
		break;
	case MODEL_HTML:
		tmpl_lesson_text_open(&p->h);
		/* Passed the allow-list in model_build(). */
		buf_puts(p->h.out, b->html);
		tmpl_lesson_text_close(&p->h);
		break;
	case MODEL_QUESTION:
		put_question(p, rd, &rd->m->questions[b->question]);
		break;
	default:
		break;
	}
}

/* A heading that opens the lesson and says what the page says above it. */
static bool
repeats_title(const struct model_lesson *l)
{
	return l->nblocks > 0 && l->blocks[0].kind == MODEL_HEADING &&
	    str_ieq(l->blocks[0].html, l->title);
}

static void
put_blocks(struct page *p, const struct reading *rd)
{
	const struct model_lesson *l;
	size_t i;
	int level;

	level = 1;
	l = &rd->m->lessons[rd->current];
	if (l->nblocks == 0)
		page_empty(p, "outline", "Not written yet",
		    "This lesson has no content so far.");
	for (i = repeats_title(l) ? 1 : 0; i < l->nblocks; i++)
		put_block(p, rd, &l->blocks[i], &level);
}

static void
put_foot(struct page *p, const struct reading *rd)
{
	int64_t number;

	number = (int64_t)rd->current + 1;
	tmpl_lesson_foot_open(&p->h,
	    &(struct tmpl_lesson_foot){ .course = rd->id,
		.lesson = number,
		.csrf = p->csrf });
	if (rd->current == 0)
		tmpl_lesson_back_none(&p->h);
	else
		tmpl_lesson_back(&p->h,
		    &(struct tmpl_lesson_back){ .course = rd->id,
			.lesson = number - 1 });
	tmpl_lesson_count(&p->h,
	    &(struct tmpl_lesson_count){ .number = number,
		.total = (int64_t)rd->m->nlessons });
	if (rd->current + 1 < rd->m->nlessons)
		tmpl_lesson_next(&p->h);
	else
		tmpl_lesson_complete(&p->h);
	tmpl_lesson_foot_close(&p->h);
}

static void
put_lesson(struct page *p, const struct reading *rd)
{
	const struct model_lesson *l;

	l = &rd->m->lessons[rd->current];
	tmpl_lesson_open(&p->h,
	    &(struct tmpl_lesson){ .section = rd->m->sections[l->section].name,
		.title = l->title });
	put_blocks(p, rd);
	put_foot(p, rd);
	tmpl_lesson_close(&p->h);
}

/* What is said at the end; honest about lessons that were skipped. */
static void
put_finish(struct page *p, const struct reading *rd)
{
	bool whole;

	whole = rd->ndone == rd->m->nlessons;
	tmpl_finish(&p->h,
	    &(struct tmpl_finish){ .title = whole ? "Course complete"
						  : "End of the course",
		.icon = whole ? "done" : "current",
		.text = arena_printf(p->r->mem,
		    "You have completed %zu of %zu lessons of “%s”.", rd->ndone,
		    rd->m->nlessons, rd->title),
		.id = rd->id });
}

void
player_page(struct page *p)
{
	struct reading rd;
	bool finished;

	if (!load(p, &rd))
		return;
	finished = req_query(p->r, "finished") != NULL;
	page_bare_open(p, rd.title, "player");
	tmpl_player_open(&p->h,
	    &(struct tmpl_player){ .title = rd.title,
		.percent = (int64_t)(rd.ndone * 100 / rd.m->nlessons) });
	if (page_is_editor(p))
		tmpl_player_export(&p->h,
		    &(struct tmpl_player_export){ .id = rd.id });
	tmpl_player_close(&p->h);
	tmpl_player_body_open(&p->h);
	if (finished)
		rd.current = rd.m->nlessons;
	put_contents(p, &rd);
	if (finished)
		put_finish(p, &rd);
	else
		put_lesson(p, &rd);
	tmpl_player_body_close(&p->h);
	page_bare_close(p);
	page_send(p, 200);
}

/* --- posts ---------------------------------------------------------------- */

static void
go_to_lesson(struct page *p, const struct reading *rd, size_t lesson,
    const char *anchor)
{
	page_redirect(p,
	    arena_printf(p->r->mem, "/course/%s/preview?lesson=%zu%s", rd->id,
		lesson + 1, anchor));
}

/* The question of this id in the lesson shown, or NULL. */
static const struct model_question *
find_question(const struct reading *rd, const char *id)
{
	const struct model_question *q;
	size_t i;

	for (i = 0; i < rd->m->nquestions; i++) {
		q = &rd->m->questions[i];
		if (q->lesson == rd->current && str_eq(q->id, id))
			return q;
	}
	return NULL;
}

static void
post_answer(struct page *p, const struct reading *rd)
{
	const struct model_question *q;
	const char *question, *option;

	question = req_form(p->r, "question");
	option = req_form(p->r, "option");
	q = question == NULL ? NULL : find_question(rd, question);
	if (q == NULL ||
	    (option != NULL && find_option(q, option) == q->noptions)) {
		page_message(p, 400, "That did not work",
		    "The question has changed. Load the lesson again.");
		return;
	}
	if (option != NULL &&
	    progress_set_answer(p->r, rd->id, q->id, option) != CODE_OK) {
		page_fail(p);
		return;
	}
	go_to_lesson(p, rd, rd->current,
	    arena_printf(p->r->mem, "#q-%s", str_url_encode(p->r->mem, q->id)));
}

static void
post_finish(struct page *p, const struct reading *rd)
{
	if (progress_finish_lesson(p->r, rd->id,
		rd->m->lessons[rd->current].id) != CODE_OK) {
		page_fail(p);
		return;
	}
	if (rd->current + 1 < rd->m->nlessons)
		go_to_lesson(p, rd, rd->current + 1, "");
	else
		page_redirect(p,
		    arena_printf(p->r->mem, "/course/%s/preview?finished=1",
			rd->id));
}

void
player_post(struct page *p)
{
	struct reading rd;
	const char *action;

	if (!load(p, &rd))
		return;
	action = req_form(p->r, "action");
	if (action != NULL && str_eq(action, "answer"))
		post_answer(p, &rd);
	else if (action != NULL && str_eq(action, "finish"))
		post_finish(p, &rd);
	else
		page_message(p, 400, "That did not work",
		    "The form asked for something this page does not do.");
}

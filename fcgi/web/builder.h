/*
 * The course builder (spec web.md 9 to 12, 15, 24.7 to 24.9): what its files
 * share. A course's row, its draft, its jobs, outline and lessons say where it
 * stands; a page shows that, or a step before it, and keeps nothing itself.
 */
#ifndef MIRAI_WEB_BUILDER_H
#define MIRAI_WEB_BUILDER_H

#include "entry.h"
#include "machine.h"
#include "mirai/v1/ai_generation.rpc.h"
#include "mirai/v1/course.rpc.h"
#include "page.h"
#include "service/builder_draft.h"

#define BUILDER_SMES_MAX      20 /* content.md 15 */
#define BUILDER_AUDIENCES_MAX 10

struct builder {
	struct machine_run run;
	const char *id; /* "" until there is a course */
	const struct pb_course *course;
	const char *title; /* "" for none, as the next too */
	const char *outcome;
	struct builder_draft choice; /* what is chosen, or was last */
	const struct pb_course_outline *outline; /* the latest; NULL */
	const struct pb_generation_job *jobs;	 /* newest first */
	size_t njobs;
	const struct pb_generation_job *job;	/* of the course, running */
	const struct pb_generation_job *failed; /* the last one, if it did */
	const struct pb_generated_lesson *lessons;
	size_t nlessons;
	const struct pb_source_coverage *coverage; /* NULL: none */
	struct entry fault;
	bool again;	   /* the form is shown again, with nothing wrong */
	const char *added; /* to what was typed then: a tag, a folder's id */
};

/* --- builder_load.c ---------------------------------------------------------- */

/*
 * All that is known of the course of that id, "" for a new one; the run stands
 * where the course does. False after an answer was sent.
 */
bool builder_load(struct page *p, const char *id, struct builder *b);

/* The same for the course in the path of a post. */
bool builder_take(struct page *p, struct builder *b);

bool builder_has(const char *const *ids, size_t n, const char *id);

/* Whether the latest outline may still be changed, or is approved. */
bool builder_is_open(const struct builder *b);
bool builder_is_approved(const struct builder *b);

/* The lesson that was written for an outline's; NULL: not yet. */
const struct pb_generated_lesson *builder_lesson_of(const struct builder *b,
    const char *outline_lesson_id);

/* The newest job of a kind for one thing, by its id in the job; or NULL. */
const struct pb_generation_job *builder_lesson_job(const struct builder *b,
    const char *outline_lesson_id);
const struct pb_generation_job *builder_component_job(const struct builder *b,
    const char *component_id);

bool builder_is_active(const struct pb_generation_job *j);

size_t builder_lessons_planned(const struct builder *b);

/* --- builder.c --------------------------------------------------------------- */

/* The address of a step; step 0: where the course stands. */
const char *builder_at(const struct page *p, const struct builder *b, int step);

/* The same of a page or post below the course: "/cancel". */
const char *builder_to(const struct page *p, const struct builder *b,
    const char *rest);

/* Shows a step, with what is wrong if b->fault says so. */
void builder_show(struct page *p, struct builder *b, int step, int status);

/* All values of a field that were posted; none of them NULL. */
const char **builder_posted(struct page *p, const char *name, size_t *n);

/* One of them, in a form of any size; "" when it was not. */
const char *builder_value(struct page *p, const char *name);

/* --- steps: what is in the frame ----------------------------------------------- */

/* Not CODE_OK: a call has failed, and whatever was written is dropped. */
enum code builder_info_put(struct page *p, struct builder *b);
enum code builder_sources_put(struct page *p, struct builder *b);
enum code builder_audiences_put(struct page *p, struct builder *b);
enum code builder_review_put(struct page *p, struct builder *b);
enum code builder_job_put(struct page *p, struct builder *b);
enum code builder_outline_put(struct page *p, struct builder *b);
enum code builder_lessons_put(struct page *p, struct builder *b);

/*
 * Takes what a step's form says into b, and stores it. False: b->fault says
 * what is wrong, or the request has failed and there is no fault.
 */
bool builder_info_take(struct page *p, struct builder *b);
bool builder_sources_take(struct page *p, struct builder *b);

/* The foot of a step's form. */
void builder_foot(struct page *p, bool back, const char *label,
    const char *busy);

/* --- parts -------------------------------------------------------------------- */

/* The card of a running job; which of the pages below it is on says what. */
void builder_job_card(struct page *p, const struct builder *b,
    const struct pb_generation_job *j);

/* The card of one that failed, with a button that begins it again. */
void builder_job_failed(struct page *p, const char *title, const char *reason,
    const char *again, const char *label);

/* A component as a learner will see it, from its stored JSON. */
void builder_component_put(struct page *p, const struct pb_lesson_component *c);

/* Its name: "Text", "Question". */
const char *builder_component_name(int32_t type);

/* One component being edited, below what it is now. */
enum code builder_component_edit_put(struct page *p, const struct builder *b,
    const struct pb_generated_lesson *l, const struct pb_lesson_component *c);

/* A failed call of one of the small forms: its page, or the step with why. */
void builder_refuse(struct page *p, struct builder *b, int step,
    const char *title);

#endif

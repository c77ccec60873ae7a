/*
 * What the files of the lesson job share: a lesson on its way from its plan to
 * rows and snapshot. generate_lesson_plan.c reads, generate_lesson_parts.c says
 * of what came where it comes from, generate_lesson_store.c keeps it.
 */
#ifndef MIRAI_SERVICE_GENERATE_LESSON_H
#define MIRAI_SERVICE_GENERATE_LESSON_H

#include "service/generate_run.h"

struct generate_lesson {
	struct genjob_run *run;
	struct generate_input in;
	struct outline_lesson plan;
	const char **plan_chunks; /* ids, of the outline */
	size_t nplan_chunks;
	const char *section_id;
	const char *section;
	const char *course_title;
	const char *outline_id;
	const char *previous; /* NULL: none */
	const char *next;
	const char *lesson_id;
	const char **objectives; /* ids, of the plan's */
	const char **ids;	 /* of the components */
	struct lesson lesson;
	const char *mark;
	char *key; /* of the snapshot */
};

/*
 * Plan, neighbours and knowledge, and of that the chunks for this lesson. In a
 * transaction of its own. *no_plan tells a lesson that is gone from an input
 * without knowledge.
 */
enum code generate_lesson_read(struct generate_lesson *m,
    enum generate_order order, bool *no_plan) MUST_CHECK;

/* Ids and sources of what came; and its mark, where it must carry one. */
void generate_lesson_complete(struct generate_lesson *m);

/*
 * The lesson as an object of its own, under a key that nothing names yet:
 * m->key. CODE_OK or the storage's failure.
 */
enum code generate_lesson_snapshot(struct generate_lesson *m) MUST_CHECK;

/*
 * Its rows, in the open transaction. CODE_ABORTED: somebody else made the
 * lesson meanwhile; else r has failed.
 */
enum code generate_lesson_put(struct generate_lesson *m) MUST_CHECK;

#endif

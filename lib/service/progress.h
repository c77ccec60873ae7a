/*
 * Where the caller stands in a course read inside Mirai: lessons done and
 * answers given. Not an RPC service: pages call it after CourseService has
 * said that the caller may see the course.
 */
#ifndef MIRAI_SERVICE_PROGRESS_H
#define MIRAI_SERVICE_PROGRESS_H

#include "db/db.h"
#include "rpc/req.h"

extern const struct db_query progress_queries[];

struct progress_answer {
	const char *question; /* id */
	const char *option;   /* id of the last one chosen */
};

struct progress {
	const char **lessons; /* ids of those done */
	size_t nlessons;
	struct progress_answer *answers;
	size_t nanswers;
};

/* Everything kept for the caller and a course, in r->mem. */
enum code progress_load(struct req *r, const char *course_id,
    struct progress *out) MUST_CHECK;

/* Marks a lesson done; again is fine. */
enum code progress_finish_lesson(struct req *r, const char *course_id,
    const char *lesson_id) MUST_CHECK;

/* Keeps an answer in the place of an earlier one. */
enum code progress_set_answer(struct req *r, const char *course_id,
    const char *question_id, const char *option_id) MUST_CHECK;

bool progress_has_lesson(const struct progress *p, const char *lesson_id);

/* The option chosen for a question; NULL for none. */
const char *progress_get_answer(const struct progress *p,
    const char *question_id);

#endif

/*
 * What is chosen for a course before its outline is asked for: experts,
 * audiences, further context. Not an RPC service: the builder's pages call it
 * after CourseService has said that the caller may see the course.
 */
#ifndef MIRAI_SERVICE_BUILDER_DRAFT_H
#define MIRAI_SERVICE_BUILDER_DRAFT_H

#include "db/db.h"
#include "rpc/req.h"

extern const struct db_query builder_draft_queries[];

struct builder_draft {
	bool there; /* somebody has chosen since the last outline */
	const char **smes;
	size_t nsmes;
	const char **audiences;
	size_t naudiences;
	const char *context; /* "" for none */
};

/* The choices for a course, in r->mem; not there: all are empty. */
enum code builder_draft_load(struct req *r, const char *course_id,
    struct builder_draft *out) MUST_CHECK;

/* Keeps them in the place of earlier ones; ids must be UUIDs. */
enum code builder_draft_save(struct req *r, const char *course_id,
    const struct builder_draft *draft) MUST_CHECK;

/* Forgets them: the input of the generation says the same from now on. */
enum code builder_draft_drop(struct req *r, const char *course_id) MUST_CHECK;

#endif

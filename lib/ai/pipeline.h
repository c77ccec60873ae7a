/*
 * A document to a course: distil, outline, lessons, conversion. Needs no
 * server and no database; equal input gives an equal course.
 */
#ifndef MIRAI_AI_PIPELINE_H
#define MIRAI_AI_PIPELINE_H

#include "ai/doc.h"
#include "ai/knowledge.h"
#include "ai/provider.h"

#include "mirai/v1/course.pb.h"

struct pipeline_options {
	struct provider_run
	    *run;	   /* its arena is the call's; NULL: extractive */
	const char *title; /* NULL or "": the document's */
	const char *lang;  /* NULL or "": detected */
	const char *name;  /* of the file, for the note; may be NULL */
	const struct progress_sink *progress; /* may be NULL */
};

struct pipeline_result {
	struct knowledge knowledge;
	struct outline outline;
	struct lesson *lessons; /* outline order; outline.nlessons of them */
	struct pb_course *course;
	size_t nquizzes;
};

/* -1 with *why. All memory from a. */
int pipeline_run(struct arena *a, const struct doc *d,
    const struct pipeline_options *o, struct pipeline_result *out,
    const char **why) MUST_CHECK;

/*
 * The course of an outline and its lessons (content.md 3, Materialisation):
 * lessons are in outline order. mark is the provider's.
 */
struct pb_course *pipeline_course(struct arena *a, const struct knowledge *k,
    const struct outline *o, const struct lesson *lessons, const char *mark);

/*
 * The chunks as they are stored with a course. Borrows from k.
 */
struct pb_source_chunk *pipeline_chunks(struct arena *a,
    const struct knowledge *k);

#endif

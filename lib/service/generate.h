/*
 * What generation jobs do, and what AIGenerationService shares with them (spec
 * content.md 3, 8.3, 8.4, 9.5): what a course is made from, components as they
 * are stored, the course document built from generated lessons, and how far it
 * stands on its sources. The jobs themselves are in generate_job.h.
 *
 * Every function works in the transaction that the caller has open under its
 * tenant; none commits. Memory is of r->mem.
 */
#ifndef MIRAI_SERVICE_GENERATE_H
#define MIRAI_SERVICE_GENERATE_H

#include "ai/provider.h"
#include "mirai/v1/common.pb.h"
#include "mirai/v1/course.pb.h"
#include "rpc/req.h"

/* --- what a course is made from (generate_input.c) --------------------------- */

/* In which order an expert's chunks are read. */
enum generate_order {
	GENERATE_BEST =
	    0,		 /* by score: for prompts, which take the first ones */
	GENERATE_READING /* as in the source: for who keeps its order */
};

/* The audiences as struct ask_audience and, in step, what else is known. */
struct generate_audience {
	const char *id;
	const char *name;
};

struct generate_input {
	struct ask_course ask; /* ask.k is never NULL, its chunks have ids */
	struct generate_audience *audiences; /* ask.naudiences of them */
	const char *course_title;
	const char *company_id;
};

/*
 * The generation input of a course with its experts' knowledge, its audiences
 * and the reason the version before was rejected. Experts that are archived or
 * gone, or have neither summary nor chunks, are left out.
 *
 * CODE_NOT_FOUND: no course or no input (r has not failed);
 * CODE_FAILED_PRECONDITION: no expert with knowledge is left (r has not
 * failed); else the database's failure, as of req_fail_db().
 */
enum code generate_input_read(struct req *r, const char *course_id,
    enum generate_order order, struct generate_input *out) MUST_CHECK;

/* The audiences alone, into the zeroed *out; or the database's failure. */
enum code generate_input_audiences(struct req *r, const char *course_id,
    struct generate_input *out) MUST_CHECK;

/* --- components (generate_component.c) --------------------------------------- */

/* "text", "heading", "image", "quiz" as stored; COMPONENT__MAX: none of them. */
enum component_type generate_component_type(const char *stored);

/*
 * Reads what a person or a provider wrote as the content of a component:
 * checked and cleaned as content.md 9.5 says, c->json the form to store and
 * c->text what a block of the course shows. NULL, or the rule it breaks (a
 * sentence of ours, fit for req_fail_field(r, "content_json", "%s", why)).
 * c->id is a fresh one, to be overwritten.
 */
const char *generate_component_read(struct arena *a, enum component_type type,
    const char *json, struct component *c) MUST_CHECK;

/* --- a block of the course (generate_block.c) -------------------------------- */

/*
 * Puts the content of a component, as generate_component_read() gave it, into
 * the block of the course document that has its id, if there is one: a new
 * document, the course's version + 1, caches dropped after the commit. *found
 * says whether there was one. CODE_OK; or r has failed: NOT_FOUND without the
 * course, UNAVAILABLE without storage, or the database's failure.
 */
enum code generate_block_update(struct req *r, const char *course_id,
    const char *component_id, const struct component *c,
    bool *found) MUST_CHECK;

/* --- the course (generate_materialise.c) ------------------------------------------ */

struct generate_made {
	const char *title;
	int32_t version; /* of the course, now */
	size_t sections;
	size_t lessons;	 /* in the document now, made from the outline */
	size_t missing;	 /* lessons of the outline that have no content yet */
	int32_t minutes; /* of all lessons of the outline */
	const char *key; /* of the new document, which the commit makes count */
};

/*
 * Materialisation: builds the course document from the lessons generated for
 * the latest approved outline; status generated, version + 1, caches dropped
 * after the commit. What a person did to the document survives:
 *
 * - A lesson that is in the document and was not generated anew since it came
 *   there stays as it is in the document.
 * - Sections and lessons that a person added stay, after the outline's own;
 *   so do names of sections, personas and objectives that are there.
 * - What was made without a model has its provider's mark as a tag, and on its
 *   blocks; the first content switches embedded questions on.
 * - A lesson that was generated anew replaces what the document had of it, and
 *   one that a person took away comes back.
 *
 * CODE_OK; or r has failed: NOT_FOUND without the course,
 * FAILED_PRECONDITION without an approved outline or without any generated
 * lesson, RESOURCE_EXHAUSTED when the course would be too large, UNAVAILABLE
 * without storage, or the database's failure.
 */
enum code generate_materialise(struct req *r, const char *course_id,
    struct generate_made *out) MUST_CHECK;

/* --- coverage (generate_coverage.c) ------------------------------------------ */

/*
 * Of a course document: its source_chunks, and what its blocks name of them.
 * NULL for a course without source_chunks.
 */
struct pb_source_coverage *generate_coverage(struct arena *a,
    const struct pb_course_content *c);

/*
 * Of the lessons generated for the latest approved outline: the chunks of the
 * experts in the generation input, and what components name of them. Zeros
 * where there is nothing. One query.
 */
enum code generate_coverage_read(struct req *r, const char *course_id,
    struct pb_source_coverage *out) MUST_CHECK;

#endif

/*
 * What the files that materialise a course share: the course on its way from
 * the outline and what was generated to its document. generate_plan.c reads,
 * generate_source.c keeps the chunks, generate_materialise.c makes sections and
 * blocks, generate_frame.c what surrounds them.
 */
#ifndef MIRAI_SERVICE_GENERATE_MAKER_H
#define MIRAI_SERVICE_GENERATE_MAKER_H

#include "service/generate.h"
#include "service/generate_document.h"
#include "service/id_list.h"

/* A component as it is stored; lessons have runs of them. */
struct generate_part {
	const char *lesson_id;
	const char *id;
	const char *type;
	const char *json;
	const char **chunks;
	size_t nchunks;
	const char **objectives;
	size_t nobjectives;
};

/* A lesson of the outline, and what was generated for it. */
struct generate_plan {
	const char *section_id;
	const char *section;
	const char *outline_id;
	const char *title;
	const char **objectives;
	size_t nobjectives;
	const char *id; /* of the generated lesson; NULL: there is none */
	const char *mark;
	const struct generate_part *parts;
	size_t nparts;
};

struct generate_maker {
	struct req *r;
	const char *course_id;
	const char *outline_id;
	const char *outcome;
	struct generate_document d;
	struct pb_course_content old;
	struct pb_course_section *sections;
	size_t nsections;
	struct pb_course_block *blocks; /* the flat list */
	size_t nblocks;
	struct id_list known;  /* sorted */
	struct id_list chunks; /* sorted: those of the document */
	struct generate_plan *plans;
	size_t nplans;
	struct generate_part *parts;
	size_t nparts;
	size_t nstored;	  /* chunks of the document that the database has */
	const char *mark; /* of any lesson, "" if none has one */
	struct generate_made made;
};

/*
 * The approved outline, its lessons with their components, and the ids that any
 * outline of the course gave. FAILED_PRECONDITION: there is no outline.
 */
enum code generate_plan_read(struct generate_maker *m) MUST_CHECK;

/* Chunks of the database, then those of the document that it does not have. */
enum code generate_source_read(struct generate_maker *m,
    struct pb_course_content *c) MUST_CHECK;

/* Who deletes a chunk wants it gone, unless a block still stands on it. */
void generate_source_drop(struct generate_maker *m,
    struct pb_course_content *c);

/* A persona for each audience, next to those that are there. */
enum code generate_frame_personas(struct generate_maker *m) MUST_CHECK;

/*
 * The list of objectives, and blocks that name those of it only. What is there
 * stays, unless only blocks that are gone served it; then the first objective
 * of every lesson, and the others as far as there is room.
 */
void generate_frame_objectives(struct generate_maker *m);

/* Where it came from, what for, and who wrote it. */
void generate_frame_settings(struct generate_maker *m);

#endif

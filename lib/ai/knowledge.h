/*
 * What providers make of a document: knowledge chunks, an outline, lessons.
 * Plain structs in an arena; ids are UUIDs made from the content, so equal
 * input gives equal ids.
 */
#ifndef MIRAI_AI_KNOWLEDGE_H
#define MIRAI_AI_KNOWLEDGE_H

#include <stdbool.h>
#include <stddef.h>

#include "ai/doc.h"
#include "ai/lang.h"
#include "base/arena.h"
#include "base/str.h"

#define KNOWLEDGE_MAX_SECTIONS 20
#define KNOWLEDGE_MAX_LESSONS  10 /* of one section */
#define KNOWLEDGE_MAX_TOTAL    100
#define KNOWLEDGE_MAX_KEYWORDS 20

/* A self-contained piece of the source on one topic. */
struct chunk {
	const char *id;
	const char *topic;
	const char *content; /* Markdown */
	const char **keywords;
	size_t nkeywords;
	double score;	   /* 0..1: how central it is */
	const char **path; /* headings above it, outermost first */
	size_t npath;
	uint32_t pos; /* line or page of the source */
	/* The same as blocks; NULL when the chunk came from a database. */
	const struct doc_block *blocks;
	size_t nblocks;
	size_t words;
};

struct corpus;

struct knowledge {
	const char *title;
	const char *lang; /* BCP 47 */
	const char *summary;
	struct chunk *chunks;
	size_t nchunks;
	struct corpus *corpus; /* made on first use */
};

struct outline_lesson {
	const char *id;
	const char *title;
	const char *description;
	unsigned minutes;
	const char **objectives; /* two to four */
	size_t nobjectives;
	const size_t *chunks; /* indexes into knowledge.chunks */
	size_t nchunks;
};

struct outline_section {
	const char *id;
	const char *title;
	const char *description;
	struct outline_lesson *lessons;
	size_t nlessons;
};

struct outline {
	struct outline_section *sections;
	size_t nsections;
	size_t nlessons; /* of all sections */
};

/* Types of content.md 9.5. */
enum component_type {
	COMPONENT_TEXT,
	COMPONENT_HEADING,
	COMPONENT_QUIZ,
	COMPONENT_IMAGE,
	COMPONENT__MAX
};

struct component {
	const char *id;
	enum component_type type;
	const char *json; /* the stored form of content.md 9.5 */
	/* heading: its text; text: its HTML; quiz: json; image: a figure */
	const char *text;
	unsigned level;	  /* of a heading */
	const char *kind; /* how it was made: "source", "cloze", "model" ... */
	const char **chunk_ids;
	size_t nchunk_ids;
};

struct lesson {
	struct component *components;
	size_t ncomponents;
	const char *segue;
	size_t kept, dropped; /* sentences of the source */
};

/* The UUID of a kind of thing ("chunk", "lesson") made from texts. */
const char *knowledge_id(struct arena *a, const char *kind, const char *x,
    const char *y);

/* The blocks of a chunk, parsed from its content when it has none. */
void knowledge_blocks(struct arena *a, struct chunk *c);

#endif

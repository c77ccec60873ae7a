/*
 * All sentences of a knowledge base with their words, weights and key terms:
 * what ranking, outlines and questions are computed from.
 */
#ifndef MIRAI_AI_CORPUS_H
#define MIRAI_AI_CORPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ai/knowledge.h"
#include "ai/lang.h"

/* A term inside a sentence: words from .. to-1. */
struct corpus_hit {
	uint32_t term;
	uint16_t from, to;
};

struct corpus_sentence {
	const char *text; /* without inline marks */
	size_t len;
	uint32_t chunk, block; /* block: index in the chunk */
	enum doc_kind kind;
	struct lang_word *words;
	size_t nwords;
	uint32_t *stems; /* number of each word's stem */
	struct corpus_hit *hits;
	size_t nhits;
	double score; /* 0..1 inside its section */
	bool whole;   /* a statement that can stand alone */
	bool code;    /* holds paths, markup or the like */
};

enum corpus_term_flag {
	CORPUS_NOUN = 1,    /* an article stood before it somewhere */
	CORPUS_MARKED = 2,  /* set in bold or code by the author */
	CORPUS_DEFINED = 4, /* the text says what it is */
	CORPUS_HEADING = 8, /* part of a heading */
	CORPUS_PROPER = 16, /* always written with a capital */
	CORPUS_PLURAL = 32
};

struct corpus_term {
	const char *key;  /* stems, joined by spaces */
	const char *text; /* as most often written */
	unsigned nwords;
	unsigned count;
	unsigned flags;
	uint32_t chunk;		/* where it is first met */
	uint64_t before, after; /* hashed words it stood next to */
	double score;
};

/* What the text says a term is. */
struct corpus_def {
	const char *term;   /* as written */
	const char *text;   /* its description, without the term */
	const char *source; /* the sentence or item it stands in */
	uint32_t chunk, block;
	uint32_t group; /* of the list it stands in, 0 none */
	bool mono;	/* an option, a command: set in code */
};

struct corpus {
	struct arena *a;
	enum lang lang;
	struct knowledge *k;
	struct corpus_sentence *sentences;
	size_t nsentences;
	size_t *first; /* per chunk: index of its first sentence; nchunks + 1 */
	struct corpus_term *terms;
	size_t nterms;
	struct corpus_def *defs;
	size_t ndefs;
	uint32_t *df; /* per stem: sentences that hold it */
	size_t nstems;
};

struct corpus *corpus_new(struct arena *a, struct knowledge *k);

/*
 * TextRank over the sentences first .. first+n-1, position prior included;
 * sets their scores to 0..1.
 */
void corpus_rank(struct corpus *c, size_t first, size_t n);

/* How rare a stem is; 0 for words without meaning. */
double corpus_idf(const struct corpus *c, uint32_t stem);

/* The best terms of chunks from..to-1, best first; at most max. */
size_t corpus_top_terms(const struct corpus *c, struct arena *a, size_t from,
    size_t to, size_t max, uint32_t *out);

#endif

/*
 * A document as text with structure: headings, paragraphs, list items, table
 * rows, quotes and code, in reading order, each with where it came from. The
 * extractors make one; everything after them reads it.
 *
 * All text is valid UTF-8 without control characters (code keeps line feeds,
 * rows hold DOC_CELL between their cells), white space folded.
 */
#ifndef MIRAI_AI_DOC_H
#define MIRAI_AI_DOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

#define DOC_CELL     '\x1f'
#define DOC_MAX_TEXT ((size_t)8 * 1024 * 1024)

enum doc_kind {
	DOC_HEADING, /* level 1..6 */
	DOC_PARA,
	DOC_ITEM, /* level 1..: depth in its list */
	DOC_ROW,  /* level 1: header row, 0: body row */
	DOC_QUOTE,
	DOC_CODE,
	DOC__MAX
};

enum doc_mark {
	DOC_STRONG,
	DOC_EM,
	DOC_MONO,
	DOC_MARK__MAX
};

struct doc_span {
	uint32_t start; /* byte offset in the block's text */
	uint32_t len;
	enum doc_mark mark;
};

struct doc_block {
	enum doc_kind kind;
	unsigned level;
	bool ordered;	/* item of a numbered list */
	uint32_t group; /* blocks of one list or table share a number */
	uint32_t pos;	/* place in the original (unit), from 1; 0 unknown */
	const char *text;
	size_t len;
	struct doc_span *spans; /* in order of start */
	size_t nspans;
};

struct doc {
	const char *title; /* "" when the file does not say */
	const char *lang;  /* BCP 47, declared by the file; "" unknown */
	const char *unit;  /* what pos counts: line, page, slide or chapter */
	struct doc_block *blocks;
	size_t nblocks;
};

/*
 * Making one. Text put between doc_begin() and doc_end() is cleaned and
 * folded; a block without text vanishes. doc_begin() ends an open block.
 */
struct doc_maker;

struct doc_maker *doc_maker_new(struct arena *a, const char *unit);
void doc_begin(struct doc_maker *m, enum doc_kind kind, unsigned level);
void doc_ordered(struct doc_maker *m, bool ordered); /* of the open block */
void doc_text(struct doc_maker *m, const char *p, size_t len);
void doc_cell(struct doc_maker *m); /* between two cells of a row */
void doc_head(struct doc_maker *m); /* the open row is a header */
void doc_on(struct doc_maker *m, enum doc_mark mark);
void doc_off(struct doc_maker *m, enum doc_mark mark);
void doc_end(struct doc_maker *m);
void doc_pos(struct doc_maker *m, uint32_t pos);
/* Another unit than it was made with, one of those of struct doc. */
void doc_unit(struct doc_maker *m, const char *unit);
void doc_group(struct doc_maker *m); /* the next list or table is a new one */
void doc_title(struct doc_maker *m, const char *p, size_t len);
void doc_lang(struct doc_maker *m, const char *p, size_t len);
struct arena *doc_arena(const struct doc_maker *m);
bool doc_is_open(const struct doc_maker *m);
/* The text so far passed DOC_MAX_TEXT: whoever parses stops. */
bool doc_is_full(const struct doc_maker *m);

/* The finished document; the maker is spent. */
struct doc *doc_finish(struct doc_maker *m);

/* Characters of all blocks that are letters or digits. */
size_t doc_weight(const struct doc *d);

/* The form that crosses from a sandboxed child to its parent. */
void doc_encode(struct buf *b, const struct doc *d);
/* NULL when the bytes are not such a form, whatever they are. */
struct doc *doc_decode(struct arena *a, const void *p, size_t len);

#endif

/*
 * A PDF as positioned lines, shared by the three steps of extract_pdf():
 * pdf_read.c fills it, pdf_shape.c says what each line is, extract_pdf.c
 * writes the document.
 */
#ifndef MIRAI_AI_PDF_H
#define MIRAI_AI_PDF_H

#include <stdbool.h>
#include <stddef.h>

#include "ai/doc.h"

#define PDF_MAX_CELLS 12
#define PDF_MAX_PAGES 20000

struct pdf_font {
	int size;
	bool mono, bold, slanted;
};

/* One line of a page: pieces that stand beside each other. */
struct pdf_line {
	int page, top, left, right, height, size;
	int cell_left[PDF_MAX_CELLS];
	unsigned ncells;
	char *text; /* UTF-8 with \1 \2 around bold, \3 \4 around slanted */
	size_t len;
	size_t letters, bold_letters;
	bool mono;
	unsigned level; /* heading level, 0 = none */
	bool outlined;	/* the outline names it */
	bool drop;
};

struct pdf_entry {
	const char *key; /* letters and digits, lowered */
	unsigned depth;
	int page;
	bool used;
};

struct pdf {
	struct doc_maker *m;
	struct arena *a;
	const char *all; /* the whole input, for hyphenation */
	size_t all_len;
	struct pdf_font *fonts;
	struct pdf_line *lines;
	size_t nlines, cap;
	struct pdf_entry *entries;
	size_t nentries, capentries;
	unsigned depth;
	int page, page_height[PDF_MAX_PAGES];
	int body;  /* size of running text */
	int pitch; /* usual distance of its lines */
	int right; /* usual right margin */
	struct buf text;
};

/* Reads all; lines, outline and heights of pages live in s->a. */
void pdf_read(struct pdf *s);

/* Measures, marks what is dropped and what is a heading; s has a line. */
void pdf_shape(struct pdf *s);

/* Letters and digits, lowered, in a; digits as '#' when masked. */
char *pdf_key(struct arena *a, const char *p, size_t len, bool masked);

/* A full stop, comma or colon at the end, not after a number. */
bool pdf_ends_like_text(const struct pdf_line *l);

#endif

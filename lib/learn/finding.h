/*
 * What pre-flight found in a course (spec learning.md 1.4). Errors stop an
 * export, warnings are shown beside it; each names the part of the course and
 * the field.
 */
#ifndef MIRAI_LEARN_FINDING_H
#define MIRAI_LEARN_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum finding_kind {
	FINDING_ERROR,
	FINDING_WARNING
};

struct finding {
	enum finding_kind kind;
	const char *part;  /* "lesson 3 \"Escape routes\", block 2" */
	const char *field; /* "correct_answer_id" */
	const char *text;  /* the rule, a sentence */
};

struct findings {
	struct arena *mem;
	struct finding *items;
	size_t nitems;
	size_t cap;
	size_t nerrors;
};

/* Empty; everything added lives in a. */
void finding_init(struct findings *f, struct arena *a);

/* part and field are copied. */
void finding_error(struct findings *f, const char *part, const char *field,
    const char *fmt, ...) PRINTF_LIKE(4, 5);
void finding_warning(struct findings *f, const char *part, const char *field,
    const char *fmt, ...) PRINTF_LIKE(4, 5);

/*
 * All findings of a kind, one per line as "part: field: text", in f's arena;
 * "" when there is none. What error_message of a failed export holds.
 */
char *finding_list(const struct findings *f, enum finding_kind kind);

#endif

/*
 * What the address of a page asks for, behind its question mark. What cannot be
 * is as if it was not there.
 */
#ifndef MIRAI_WEB_ASKED_H
#define MIRAI_WEB_ASKED_H

#include "entry.h"

/* That value; "" when there is none. */
const char *asked_text(struct page *p, const char *name);

/* The same to look for, trimmed; "" also when it is too long, or no text. */
const char *asked_search(struct page *p, const char *name);

/* The value of a table that it names; none of them: *out stays. */
void asked_option(struct page *p, const char *name,
    const struct entry_option *rows, int32_t *out);

/* Falling (0) or rising (1), as lists are sorted. */
extern const struct entry_option asked_directions[];

/* Such a value among the tools of a list; any NULL: one is always chosen. */
void asked_put_choice(struct page *p, const char *name, const char *label,
    const char *any, const struct entry_option *rows, int32_t chosen);

#endif

/* Courses as cards, and the steps between pages of them. */
#ifndef MIRAI_WEB_CARDS_H
#define MIRAI_WEB_CARDS_H

#include "mirai/v1/course.pb.h"
#include "page.h"

/* A status of a course, as it is asked for and shown. */
struct cards_status {
	const char *value; /* in the query */
	int32_t status;
	const char *label;
	const char *tone;
	const char *icon;
};

/* All of them. */
const struct cards_status *cards_statuses(size_t *n);

/* The one that a query names so, or NULL. */
const struct cards_status *cards_status(const char *value);

/* How a tag is shown: those that Mirai gives itself are said in words. */
const char *cards_tag(const char *tag);

/* A grid of courses; here is the address of the list that they stand in. */
void cards_put(struct page *p, const struct pb_library_entry *items, size_t n,
    const char *here);

/*
 * The steps to the pages before and after, from 1; nothing where one page is
 * all. to is their address up to its number.
 */
void cards_pager(struct page *p, const char *to, int64_t page, int64_t total,
    int64_t per_page);

#endif

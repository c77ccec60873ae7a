/*
 * Long lists in pages (spec identity.md N-11): page_size and an opaque
 * page_token, or page and per_page where the number of rows is known.
 */
#ifndef MIRAI_IDENTITY_PAGE_H
#define MIRAI_IDENTITY_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "identity/visit.h"

struct page {
	int64_t offset; /* of page_token or page */
	int64_t size;
	const char *after; /* of a page_token that names an id; NULL: start */
	bool numbered;	   /* by page and per_page */
};

/* What the query asks for; false: refused with 400. */
bool page_read(struct visit *c, struct page *p);

/*
 * Link, and X-Total-Count if it was asked by number, for a list at url of
 * which n of total rows from the offset are shown. The rest of the query is
 * kept in the links.
 */
void page_headers(struct visit *c, const struct page *p, const char *url,
    size_t n, int64_t total);

/* The "id" of the last row of a list; NULL: the page is not full. */
const char *page_last_id(const struct page *p, const struct json *list);

/* Link for a list whose next page begins after an id (NULL: it ends). */
void page_headers_after(struct visit *c, const struct page *p, const char *url,
    const char *after);

#endif

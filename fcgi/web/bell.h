/* The bell in the header: how many notices are unread (spec web.md 22). */
#ifndef MIRAI_WEB_BELL_H
#define MIRAI_WEB_BELL_H

#include "page.h"

/*
 * The visitor's unread notices; 0 when that could not be found out, which
 * leaves what is known of another failure of the page as it was.
 */
int32_t bell_unread(struct page *p);

/*
 * The last event of the visitor's notices that the number knows of, which the
 * page's stream goes on behind: "0" before the first, "" when that could not
 * be found out. A page that shows notices asks for it before it reads them.
 */
const char *bell_after(struct page *p);

/* The number in the badge, "99+" above 99, "" for none. */
const char *bell_shown(struct arena *a, int32_t unread);

/* The same for those who hear the page: ", 3 unread". */
const char *bell_said(struct arena *a, int32_t unread);

#endif

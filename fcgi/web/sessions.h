/* The list of one's own sessions, a tab of the account page. */
#ifndef MIRAI_WEB_SESSIONS_H
#define MIRAI_WEB_SESSIONS_H

#include "page.h"

/*
 * The list with its buttons; flow is the settings flow its page shows.
 * CODE_UNAVAILABLE: nothing was written.
 */
enum code sessions_put(struct page *p, const char *flow) MUST_CHECK;

/* The form's answer: ends what it names, then back to the list. */
void sessions_post(struct page *p);

#endif

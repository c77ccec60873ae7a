/* Jobs under way, above the notices (spec web.md 22). */
#ifndef MIRAI_WEB_NOTIFICATIONS_JOBS_H
#define MIRAI_WEB_NOTIFICATIONS_JOBS_H

#include "page.h"

/*
 * The visitor's own jobs that wait or run, those of whole courses first;
 * nothing when there are none, or when that could not be found out.
 */
void notifications_jobs_put(struct page *p);

#endif

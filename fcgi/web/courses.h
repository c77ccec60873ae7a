/* What is done to a course from where it is listed (spec web.md 8). */
#ifndef MIRAI_WEB_COURSES_H
#define MIRAI_WEB_COURSES_H

#include "page.h"

/*
 * The address of what is done to a course: deed is "delete", "publish" or
 * "unpublish", here the list that is returned to.
 */
const char *courses_to(struct page *p, const char *id, const char *deed,
    const char *here);

#endif

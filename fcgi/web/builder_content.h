/*
 * What a component of a lesson says: read from its JSON or from what was typed,
 * and written as JSON again. All of it lives as long as the request.
 */
#ifndef MIRAI_WEB_BUILDER_CONTENT_H
#define MIRAI_WEB_BUILDER_CONTENT_H

#include "builder.h"

#define BUILDER_OPTIONS_MAX 12
#define BUILDER_OPTIONS_MIN 2

/* A component's JSON, or what was typed for it. */
struct builder_content {
	bool valid;
	const char *html; /* text */
	int64_t level;	  /* heading */
	const char *text;
	const char *description; /* image */
	const char *url;
	const char *alt;
	const char *caption;
	const char *question; /* quiz */
	const char *type;
	const char *option_ids[BUILDER_OPTIONS_MAX];
	const char *option_texts[BUILDER_OPTIONS_MAX];
	size_t noptions;
	const char *correct; /* an option's id */
	const char *explanation;
	const char *right;
	const char *wrong;
};

/* From what is stored; valid tells whether that can be shown. */
struct builder_content builder_content_read(struct arena *a, int32_t type,
    const char *text);

/* From the form that was posted. */
struct builder_content builder_content_posted(struct page *p);

/* A button that changes the form alone; false: none of them was pressed. */
bool builder_content_change(struct page *p, struct builder_content *c);

/* As JSON; a text without what the allow-list of HTML does not let through. */
const char *builder_content_write(struct arena *a, int32_t type,
    const struct builder_content *c);

#endif

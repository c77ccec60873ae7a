/*
 * Providers: who turns text into knowledge, outlines and lessons. A table, so
 * that others can stand beside the extractive one.
 */
#ifndef MIRAI_AI_PROVIDER_H
#define MIRAI_AI_PROVIDER_H

#include <stddef.h>

#include "ai/doc.h"
#include "ai/knowledge.h"
#include "base/arena.h"

/* Called between steps: what is being done, how many of how many are done. */
struct progress_sink {
	void (*step)(void *arg, const char *what, size_t done, size_t total);
	void *arg;
};

void provider_progress(const struct progress_sink *p, const char *what,
    size_t done, size_t total);

struct provider {
	const char *name;
	/* "": the output needs no mark; else the mark it must carry. */
	const char *mark;

	/*
	 * Knowledge from a document: summary and chunks. lang is a BCP 47 tag
	 * or "" to detect it, title "" to take the document's. -1 with *why.
	 */
	int (*distil)(struct arena *a, const struct doc *d, const char *title,
	    const char *lang, struct knowledge *out, const char **why);

	/* Sections and lessons from knowledge. */
	int (*outline)(struct arena *a, struct knowledge *k,
	    struct outline *out, const char **why);

	/* One lesson of an outline, all of whose context is k and o. */
	int (*lesson)(struct arena *a, struct knowledge *k,
	    const struct outline *o, size_t section, size_t lesson,
	    struct lesson *out, const char **why);
};

/* NULL when there is none of that name. */
const struct provider *provider_find(const char *name);

#endif

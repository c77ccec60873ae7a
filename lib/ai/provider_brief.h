/*
 * What is known of a course, its audience and its experts, as the texts that go
 * into the data blocks of prompts.
 */
#ifndef MIRAI_AI_PROVIDER_BRIEF_H
#define MIRAI_AI_PROVIDER_BRIEF_H

#include "ai/provider.h"

/* How much of an audience a call is told (content.md 9.3, 9.4). */
enum brief_detail {
	BRIEF_SHORT = 0, /* role, level, challenges */
	BRIEF_WHOLE
};

/* All in a; "" where there is nothing to say. */
const char *provider_brief_audience(struct arena *a,
    const struct ask_audience *list, size_t n, enum brief_detail detail);

/*
 * The experts of a course: name, domain, summary, and if whole keywords and the
 * first chunks of each.
 */
const char *provider_brief_experts(struct arena *a, const struct ask_course *c,
    enum brief_detail detail);

/* Pieces of material under the labels "c1", "c2" ... in the order of chunks. */
const char *provider_brief_material(struct arena *a, const struct ask_course *c,
    const size_t *chunks, size_t n);

/* One item per line. */
const char *provider_brief_list(struct arena *a, const char *const *items,
    size_t n);

/*
 * The chunks a lesson is made from: those of its plan, or of every expert those
 * that match the plan best. In a; *n of them.
 */
const size_t *provider_brief_chunks(struct arena *a, const struct ask_lesson *l,
    size_t *n);

#endif

/*
 * Components as a model gives them, to components as they are stored
 * (content.md 9.5): HTML sanitised, texts cleaned, answers of quizzes checked.
 */
#ifndef MIRAI_AI_PROVIDER_PART_H
#define MIRAI_AI_PROVIDER_PART_H

#include "ai/knowledge.h"
#include "net/json.h"

/* "text", "heading", "image", "quiz". */
const char *provider_part_name(enum component_type type);

/* Text of one line, or of several: no control characters, at most max. In a. */
char *provider_part_line(struct arena *a, const char *s, size_t max);
char *provider_part_prose(struct arena *a, const char *s, size_t max);

/*
 * The flat form of an object that fits the schema of lessons; id from seed and
 * content. NULL and *out, all in a; or why it cannot be stored.
 */
const char *provider_part_flat(struct arena *a, const struct json *flat,
    const char *seed, struct component *out);

/*
 * The same of the nested form that a component was changed to; old is its
 * stored form before, whose image address stays.
 */
const char *provider_part_nested(struct arena *a, enum component_type type,
    const struct json *nested, const char *old, struct component *out);

/*
 * The same of a nested form that a person wrote or that is stored: its image
 * address (http, https) is its own, and its quiz may have up to 10 options.
 */
const char *provider_part_stored(struct arena *a, enum component_type type,
    const struct json *nested, struct component *out);

#endif

/*
 * Prompts, which live in files one can read (lib/ai/prompts): NAME.txt with a
 * version, a fixed part and slots for data, and NAME.json with the schema of
 * the answer. What is put in a slot stands in a marked block that nothing in
 * the data can end.
 */
#ifndef MIRAI_AI_PROVIDER_PROMPT_H
#define MIRAI_AI_PROVIDER_PROMPT_H

#include "ai/provider_wire.h"
#include "learn/asset.h"

/* The value of a slot; NULL or "" leaves its block out. */
struct prompt_value {
	const char *slot;
	const char *text;
};

/*
 * The question of prompt name, in a: system, user, name and schema. values is a
 * list that a NULL slot ends; it must name every slot of the prompt and no
 * other. schema: a file's name without ".json"; NULL: the prompt's own, if
 * there is one.
 */
void provider_prompt_fill(struct arena *a, const char *name, const char *schema,
    const struct prompt_value *values, struct provider_ask *out);

/* The version of a prompt; 0: there is none of that name. */
unsigned provider_prompt_version(const char *name);

/* The slots of a prompt in their order, NULL-terminated, in a. */
const char **provider_prompt_slots(struct arena *a, const char *name);

/* The schema of a file, in a; NULL: there is none of that name. */
const struct json *provider_prompt_schema(struct arena *a, const char *name);

#endif

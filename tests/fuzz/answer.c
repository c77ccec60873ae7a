/*
 * What a model answers: any text, held against the schema of lessons (or, after
 * a first byte of 1 to 4, of a component) and made into components. What is
 * kept has the stored form: safe HTML, an answer among the options, no control
 * characters.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ai/provider_check.h"
#include "ai/provider_part.h"
#include "ai/provider_prompt.h"
#include "learn/html.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_quiz(const struct json *j)
{
	const struct json *options = json_get_list(j, "options");
	size_t i, right = 0;

	assert(json_count(options) >= 2 && json_count(options) <= 4);
	for (i = 0; i < json_count(options); i++)
		right += strcmp(json_need_text(json_at(options, i), "id"),
			     json_need_text(j, "correct_answer_id")) == 0;
	assert(right == 1);
}

static void
check_component(struct arena *a, const struct component *c)
{
	const struct json *j =
	    json_parse(a, c->json, strlen(c->json), NULL, NULL);

	assert(j != NULL && c->text != NULL && c->id != NULL);
	if (c->type == COMPONENT_QUIZ)
		check_quiz(j);
	if (c->type == COMPONENT_HEADING)
		assert(c->level >= 1 && c->level <= 4 && *c->text != '\0');
	if (c->type == COMPONENT_TEXT) {
		assert(strcmp(html_sanitize_prose(a, c->text), c->text) == 0);
		assert(strstr(c->text, "<img") == NULL);
		assert(*json_need_text(j, "plaintext") != '\0');
	}
	assert(strpbrk(c->json, "\x01\x07\x1b\x7f") == NULL);
	assert(json_error(j) == NULL);
}

static void
read_lesson(struct arena *a, const struct json *j)
{
	const struct json *list = json_get(j, "components");
	struct component c;
	size_t i;

	for (i = 0; i < json_count(list); i++) {
		if (provider_part_flat(a, json_at(list, i), "seed", &c) == NULL)
			check_component(a, &c);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "lesson", "component_text",
		"component_heading", "component_quiz", "component_image" };
	size_t which = size > 0 && data[0] >= 1 && data[0] <= 4 ? data[0] : 0;
	struct arena *a = arena_new();
	struct component c;
	const struct json *j;

	if (which > 0) {
		data++;
		size--;
	}
	j = json_parse(a, data, size, NULL, NULL);
	if (j != NULL &&
	    provider_check(a, provider_prompt_schema(a, names[which]), j) ==
		NULL) {
		if (which == 0)
			read_lesson(a, j);
		else if (provider_part_nested(a,
			     (enum component_type)(which - 1), j, "{}",
			     &c) == NULL)
			check_component(a, &c);
	}
	arena_free(a);
	return 0;
}

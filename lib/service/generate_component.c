/*
 * Components outside a provider's hands: their stored form read and checked,
 * and a changed one carried into the course document.
 */
#include "service/generate.h"

#include <string.h>

#include "ai/provider_part.h"
#include "net/json.h"
#include "service/generate_document.h"

enum component_type
generate_component_type(const char *stored)
{
	int i;

	for (i = 0; i < COMPONENT__MAX; i++)
		if (strcmp(provider_part_name((enum component_type)i),
			stored) == 0)
			break;
	return (enum component_type)i;
}

const char *
generate_component_read(struct arena *a, enum component_type type,
    const char *json, struct component *c)
{
	struct json *j = json_parse(a, json, strlen(json), NULL, NULL);

	if (json_kind(j) != JSON_OBJECT)
		return "is not a JSON object";
	return provider_part_stored(a, type, j, c);
}

static bool
put_block(struct pb_course_block *b, size_t n, const char *id,
    const struct component *c)
{
	bool found = false;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!str_eq(b[i].id, id))
			continue;
		b[i].content = c->type == COMPONENT_QUIZ ? c->json : c->text;
		found = true;
	}
	return found;
}

/* The block stands in its lesson and in the flat list. */
static bool
put_everywhere(struct pb_course_content *content, const char *id,
    const struct component *c)
{
	struct pb_course_section *s;
	bool found;
	size_t i, j;

	found =
	    put_block(content->course_blocks, content->ncourse_blocks, id, c);
	for (i = 0; i < content->nsections; i++) {
		s = &content->sections[i];
		for (j = 0; j < s->nlessons; j++)
			if (put_block(s->lessons[j].blocks,
				s->lessons[j].nblocks, id, c))
				found = true;
	}
	return found;
}

enum code
generate_block_update(struct req *r, const char *course_id,
    const char *component_id, const struct component *c, bool *found)
{
	struct generate_document d;
	enum code code;

	if ((code = generate_document_open(r, course_id, &d)) != CODE_OK)
		return code;
	*found = put_everywhere(d.course->content, component_id, c);
	return *found ? generate_document_save(r, &d, NULL) : CODE_OK;
}

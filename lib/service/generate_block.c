/*
 * A component that was changed, carried into the course document: the block
 * has the component's id, and stands in its lesson and in the flat list.
 */
#include "service/generate.h"

#include "service/generate_document.h"

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

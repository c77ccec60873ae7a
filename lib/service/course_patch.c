/*
 * An update of a course: what is present replaces what was there, and what
 * older editors do not know of survives.
 */
#include "service/course.h"

#include <stdlib.h>
#include <string.h>

/* Texts and lists that are present replace what was there. */
static void
patch_settings(struct pb_course_settings *to,
    const struct pb_course_settings *from)
{
	if (from == NULL)
		return;
	if (!str_is_empty(from->title))
		to->title = from->title;
	if (!str_is_empty(from->desired_outcome))
		to->desired_outcome = from->desired_outcome;
	if (!str_is_empty(from->destination_folder))
		to->destination_folder = from->destination_folder;
	if (!str_is_empty(from->data_source))
		to->data_source = from->data_source;
	if (from->ncategory_tags > 0) {
		to->category_tags = from->category_tags;
		to->ncategory_tags = from->ncategory_tags;
	}
}

/* Calls fn for every block of a course body. */
static void
each_block(const struct pb_course_content *c,
    void (*fn)(struct pb_course_block *, void *), void *p)
{
	size_t i, j, k;

	for (i = 0; i < c->nsections; i++)
		for (j = 0; j < c->sections[i].nlessons; j++)
			for (k = 0; k < c->sections[i].lessons[j].nblocks; k++)
				fn(&c->sections[i].lessons[j].blocks[k], p);
	for (i = 0; i < c->ncourse_blocks; i++)
		fn(&c->course_blocks[i], p);
}

/* Sources of the stored blocks, looked up by block id. */
struct sources {
	struct pb_course_block **blocks; /* those that have some */
	size_t nblocks;
	size_t cap;
	bool any; /* whether the new body names a source anywhere */
};

static void
note_source(struct pb_course_block *b, void *p)
{
	struct sources *s = p;

	if (b->nsource_chunk_ids > 0 && s->nblocks < s->cap)
		s->blocks[s->nblocks++] = b;
}

static void
ask_source(struct pb_course_block *b, void *p)
{
	struct sources *s = p;

	s->any = s->any || b->nsource_chunk_ids > 0;
}

static void
count_block(struct pb_course_block *b, void *p)
{
	struct sources *s = p;

	(void)b;
	s->cap++;
}

static int
by_block_id(const void *x, const void *y)
{
	struct pb_course_block *const *a = x, *const *b = y;

	return strcmp((*a)->id, (*b)->id);
}

static void
keep_source(struct pb_course_block *b, void *p)
{
	struct pb_course_block **found;
	struct sources *s = p;

	found =
	    bsearch(&b, s->blocks, s->nblocks, sizeof(*s->blocks), by_block_id);
	if (found == NULL)
		return;
	b->source_chunk_ids = (*found)->source_chunk_ids;
	b->nsource_chunk_ids = (*found)->nsource_chunk_ids;
}

/*
 * An editor that does not know where text came from sends the whole content
 * without it; what is known of blocks it kept must survive.
 */
static void
keep_sources(struct req *r, const struct pb_course_content *old,
    struct pb_course_content *new)
{
	struct sources s = { 0 };

	each_block(new, ask_source, &s);
	if (s.any || new->nsource_chunks > 0)
		return;
	new->source_chunks = old->source_chunks;
	new->nsource_chunks = old->nsource_chunks;
	each_block(old, count_block, &s);
	s.blocks = arena_calloc(r->mem, s.cap + 1, sizeof(*s.blocks));
	each_block(old, note_source, &s);
	qsort(s.blocks, s.nblocks, sizeof(*s.blocks), by_block_id);
	each_block(new, keep_source, &s);
}

void
course_patch(struct req *r, struct pb_course *to, const struct pb_course *from)
{
	patch_settings(to->settings, from->settings);
	if (from->npersonas > 0) {
		to->personas = from->personas;
		to->npersonas = from->npersonas;
	}
	if (from->nlearning_objectives > 0) {
		to->learning_objectives = from->learning_objectives;
		to->nlearning_objectives = from->nlearning_objectives;
	}
	if (from->assessment_settings != NULL)
		to->assessment_settings = from->assessment_settings;
	if (from->content != NULL) {
		keep_sources(r, to->content, from->content);
		to->content = from->content;
	}
}

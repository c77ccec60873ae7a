/* Exports a course of 100 lessons as SCORM 1.2 five times; the median in ms. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "learn/export.h"

#define SECTIONS ((size_t)10)
#define LESSONS	 ((size_t)10) /* in each */
#define BLOCKS	 ((size_t)8)

static const char quiz[] =
    "{\"question\":\"Who reports a fault?\",\"question_type\":"
    "\"multiple_choice\",\"options\":[{\"id\":\"a\",\"text\":\"Whoever"
    " finds it\"},{\"id\":\"b\",\"text\":\"Nobody\"}],"
    "\"correct_answer_id\":\"a\",\"explanation\":\"Whoever finds a fault"
    " reports it.\"}";

static void
block(struct arena *a, struct pb_course_block *b, const char *lesson, size_t i)
{
	b->id = arena_printf(a, "%s-%zu", lesson, i);
	b->order = (int32_t)i + 1;
	if (i == 0) {
		b->type = PB_BLOCK_TYPE_HEADING;
		b->content = arena_printf(a, "Lesson %s", lesson);
	} else if (i == BLOCKS - 1) {
		b->type = PB_BLOCK_TYPE_KNOWLEDGE_CHECK;
		b->content = quiz;
	} else {
		b->type = PB_BLOCK_TYPE_TEXT;
		b->content = arena_printf(a,
		    "<p>Whoever finds a fault on machine %zu reports it to the"
		    " shift leader before the end of the shift, in writing,"
		    " with the <strong>number</strong> of the machine.</p>"
		    "<ul><li>Stop the machine.</li><li>Mark it.</li></ul>",
		    i);
	}
}

static void
lesson(struct arena *a, struct pb_lesson *l, size_t s, size_t i)
{
	size_t b;

	l->id = arena_printf(a, "00000000-0000-4000-8000-%06zu%06zu", s, i);
	l->title = arena_printf(a, "Lesson %zu.%zu", s + 1, i + 1);
	l->blocks = arena_calloc(a, BLOCKS, sizeof(*l->blocks));
	l->nblocks = BLOCKS;
	for (b = 0; b < BLOCKS; b++)
		block(a, &l->blocks[b], l->id, b);
}

static struct pb_course *
make_course(struct arena *a)
{
	struct pb_course *c = arena_zalloc(a, sizeof(*c));
	struct pb_course_section *sec;
	size_t s, i;

	c->id = "00000000-0000-4000-8000-000000000001";
	c->version = 1;
	c->settings = arena_zalloc(a, sizeof(*c->settings));
	c->settings->title = "A hundred lessons";
	c->assessment_settings =
	    arena_zalloc(a, sizeof(*c->assessment_settings));
	c->assessment_settings->enable_embedded_knowledge_checks = true;
	c->content = arena_zalloc(a, sizeof(*c->content));
	c->content->sections =
	    arena_calloc(a, SECTIONS, sizeof(*c->content->sections));
	c->content->nsections = SECTIONS;
	for (s = 0; s < SECTIONS; s++) {
		sec = &c->content->sections[s];
		sec->id = arena_printf(a, "section-%zu", s);
		sec->name = arena_printf(a, "Section %zu", s + 1);
		sec->lessons = arena_calloc(a, LESSONS, sizeof(*sec->lessons));
		sec->nlessons = LESSONS;
		for (i = 0; i < LESSONS; i++)
			lesson(a, &sec->lessons[i], s, i);
	}
	return c;
}

static int
by_size(const void *x, const void *y)
{
	int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;

	return (a > b) - (a < b);
}

int
main(void)
{
	struct export_options o;
	struct findings f;
	struct arena *a;
	struct buf out = BUF_INIT;
	int64_t ms[5], from;
	size_t i;

	for (i = 0; i < 5; i++) {
		a = arena_new();
		finding_init(&f, a);
		export_options_init(&o);
		buf_reset(&out);
		from = clock_mono_us();
		if (export_course(a, make_course(a), &o, &out, &f) != CODE_OK)
			errx(1, "the export failed");
		ms[i] = (clock_mono_us() - from) / 1000;
		arena_free(a);
	}
	qsort(ms, 5, sizeof(ms[0]), by_size);
	printf("%lld\n", (long long)ms[2]);
	buf_free(&out);
	return 0;
}

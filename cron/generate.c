/*
 * mirai-generate: writes outlines, lessons and components, and makes courses of
 * the lessons. The engine is lib/service/genjob_work.c, the work itself
 * lib/service/generate_*.c; here is the table.
 */
#include "service/ai_choice.h"
#include "service/generate_job.h"
#include "service/genjob_work.h"

static const struct genjob_kind kinds[] = {
	{ GENJOB_OUTLINE, generate_outline_run, generate_failed },
	{ GENJOB_LESSON, generate_lesson_run, generate_failed },
	{ GENJOB_COMPONENT, generate_component_run, generate_failed },
	{ GENJOB_COURSE, generate_course_run, generate_failed },
};

int
main(int argc, char **argv)
{
	static const struct genjob_work work = { .name = "mirai-generate",
		.kinds = kinds,
		.nkinds = NITEMS(kinds),
		.check = ai_choice_check };

	return genjob_work_main(&work, argc, argv);
}

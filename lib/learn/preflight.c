/*
 * The checks, one function per rule. None changes anything; all run, so that
 * the author gets every finding at once.
 */
#include "learn/preflight.h"

#include <string.h>

#include "base/str.h"
#include "learn/page.h"

static void
check_range(struct findings *f, const char *field, int value, int min, int max)
{
	if (value < min || value > max)
		finding_error(f, "options", field, "must be %d to %d", min,
		    max);
}

static bool
lang_ok(const char *s)
{
	size_t n;

	if (s == NULL)
		return false;
	n = strspn(s,
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789-");
	return n >= 2 && n <= 35 && s[n] == '\0' && s[0] != '-' &&
	    s[n - 1] != '-';
}

enum code
preflight_options(const struct export_options *o, struct findings *f)
{
	size_t before;

	before = f->nerrors;
	if (o->format != PB_EXPORT_FORMAT_SCORM_12)
		finding_error(f, "options", "format",
		    "this format is not built");
	check_range(f, "structure", (int)o->structure, EXPORT_SINGLE,
	    EXPORT_PER_LESSON);
	check_range(f, "completion", (int)o->completion,
	    EXPORT_COMPLETION_DEFAULT, EXPORT_PERCENT);
	if (o->completion == EXPORT_PERCENT)
		check_range(f, "percent", o->percent, 1, 100);
	check_range(f, "pass_mark", o->pass_mark, 1, 100);
	check_range(f, "attempts", o->attempts, 0, 20);
	if (!lang_ok(o->language))
		finding_error(f, "options", "language",
		    "must be a language tag (BCP 47)");
	if (o->structure == EXPORT_PER_LESSON &&
	    o->navigation == EXPORT_SEQUENTIAL)
		finding_error(f, "options", "navigation",
		    "one package part per lesson cannot be sequential in SCORM "
		    "1.2: hosts do not agree on prerequisites; use one part");
	return f->nerrors == before ? CODE_OK : CODE_INVALID_ARGUMENT;
}

static void
check_completion(const struct model *m, const struct export_options *o,
    struct findings *f)
{
	if ((o->completion == EXPORT_PASS ||
		o->completion == EXPORT_LESSONS_AND_PASS) &&
	    !model_is_scored(m))
		finding_error(f, "options", "completion",
		    "needs passing, but nothing in the course is scored");
}

static bool
has_media(const struct export_options *o, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < o->nmedia; i++)
		if (strlen(o->media[i].name) == len &&
		    memcmp(o->media[i].name, name, len) == 0)
			return true;
	return false;
}

static void
check_media_of(struct arena *a, const struct model *m, size_t lesson,
    const char *html, const struct export_options *o, struct findings *f)
{
	static const char mark[] = " src=\"media/";
	size_t len;

	while ((html = strstr(html, mark)) != NULL) {
		html += sizeof(mark) - 1;
		len = strcspn(html, "\"");
		if (!has_media(o, html, len))
			finding_error(f, model_lesson_name(a, m, lesson),
			    "image", "the image media/%.*s cannot be read",
			    (int)len, html);
	}
}

static void
check_media(struct arena *a, const struct model *m,
    const struct export_options *o, struct findings *f)
{
	const struct model_lesson *l;
	size_t i, k;

	for (i = 0; i < m->nlessons; i++) {
		l = &m->lessons[i];
		for (k = 0; k < l->nblocks; k++)
			if (l->blocks[k].kind == MODEL_HTML)
				check_media_of(a, m, i, l->blocks[k].html, o,
				    f);
	}
}

static void
check_state(const struct model *m, const struct export_options *o,
    struct findings *f)
{
	struct page_options page;

	page_options_init(&page, m);
	if (o->structure == EXPORT_SINGLE &&
	    page_state_len(m, &page) > PREFLIGHT_STATE_SCORM12)
		finding_error(f, "course", "questions",
		    "too many for one SCORM 1.2 part to resume: export one part "
		    "per lesson, or as SCORM 2004");
}

enum code
preflight_course(struct arena *a, const struct model *m,
    const struct export_options *o, size_t before, struct findings *f)
{
	if (m->nlessons == 0)
		finding_error(f, "course", "sections",
		    "nothing to export: the course has no lesson");
	if (m->nlessons > EXPORT_MAX_LESSONS) {
		finding_error(f, "course", "sections",
		    "more than %d lessons: split the course",
		    EXPORT_MAX_LESSONS);
		return CODE_RESOURCE_EXHAUSTED;
	}
	check_completion(m, o, f);
	check_media(a, m, o, f);
	check_state(m, o, f);
	return f->nerrors == before ? CODE_OK : CODE_FAILED_PRECONDITION;
}

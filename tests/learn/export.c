/*
 * Export without a browser: options, refusals, findings, names, equal bytes,
 * the file that is whole or not there. What packages do is tested in
 * tests/web/scorm_*.mjs.
 */
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"
#include "learn/asset.h"
#include "learn/export.h"
#include "learn/model.h"
#include "learn/page.h"
#include "learn/texts.h"

#include "tests/test.h"

#define QUIZ                                                          \
	"{\"question\":\"Q?\",\"question_type\":\"multiple_choice\"," \
	"\"options\":[{\"id\":\"a\",\"text\":\"A\"},"                 \
	"{\"id\":\"b\",\"text\":\"B\"}],\"correct_answer_id\":\"b\"}"

struct sample {
	struct pb_course course;
	struct pb_course_settings settings;
	struct pb_assessment_settings assessment;
	struct pb_course_content content;
	struct pb_course_section section;
	struct pb_lesson lesson;
	struct pb_course_block blocks[3];
};

static void
sample_init(struct sample *s)
{
	memset(s, 0, sizeof(*s));
	s->course.id = "0191f2c4-0000-7000-8000-000000000001";
	s->course.version = 7;
	s->course.status = PB_COURSE_STATUS_PUBLISHED;
	s->course.settings = &s->settings;
	s->course.assessment_settings = &s->assessment;
	s->course.content = &s->content;
	s->settings.title = "Fire safety";
	s->assessment.enable_embedded_knowledge_checks = true;
	s->content.sections = &s->section;
	s->content.nsections = 1;
	s->section.lessons = &s->lesson;
	s->section.nlessons = 1;
	s->lesson.title = "One";
	s->lesson.blocks = s->blocks;
	s->lesson.nblocks = 3;
	s->blocks[0].type = PB_BLOCK_TYPE_HEADING;
	s->blocks[0].content = "<h4>Deep</h4>";
	s->blocks[1].type = PB_BLOCK_TYPE_TEXT;
	s->blocks[1].content = "Plain & simple\n\nNext <p onclick=x>para";
	s->blocks[2].type = PB_BLOCK_TYPE_KNOWLEDGE_CHECK;
	s->blocks[2].content = QUIZ;
}

static enum code
check(struct arena *a, const struct sample *s, const struct export_options *o,
    struct findings *f)
{
	finding_init(f, a);
	return export_check(a, &s->course, o, f);
}

static bool
has(const struct findings *f, enum finding_kind kind, const char *text)
{
	return strstr(finding_list(f, kind), text) != NULL;
}

static void
check_options(struct arena *a)
{
	struct export_options o;
	struct findings f;
	struct sample s;

	sample_init(&s);
	export_options_init(&o);
	CHECK(check(a, &s, &o, &f) == CODE_OK);
	CHECK(has(&f, FINDING_WARNING, "heading level is skipped"));
	o.pass_mark = 0;
	o.attempts = -1;
	o.language = "de DE";
	o.format = PB_EXPORT_FORMAT_PDF;
	CHECK(check(a, &s, &o, &f) == CODE_INVALID_ARGUMENT);
	CHECK(f.nerrors == 4);
	CHECK(has(&f, FINDING_ERROR, "options: pass_mark: must be 1 to 100"));
	CHECK(has(&f, FINDING_ERROR, "options: format: "));
	export_options_init(&o);
	o.completion = EXPORT_PERCENT;
	CHECK(check(a, &s, &o, &f) == CODE_INVALID_ARGUMENT);
	s.assessment.enable_embedded_knowledge_checks = false;
	o.completion = EXPORT_LESSONS_AND_PASS;
	CHECK(check(a, &s, &o, &f) == CODE_FAILED_PRECONDITION);
	CHECK(has(&f, FINDING_ERROR, "options: completion: needs passing"));
}

static void
check_course(struct arena *a)
{
	struct export_options o;
	struct findings f;
	struct sample s;

	export_options_init(&o);
	sample_init(&s);
	s.blocks[2].content = "{\"question\":\"\"}";
	CHECK(check(a, &s, &o, &f) == CODE_FAILED_PRECONDITION);
	CHECK(has(&f, FINDING_ERROR,
	    "lesson 1 \"One\", block 3: question: the question has no text"));
	CHECK(
	    has(&f, FINDING_ERROR, "options: a question has 2 to 36 options"));
	s.blocks[2].content = "not json";
	CHECK(check(a, &s, &o, &f) == CODE_FAILED_PRECONDITION);
	sample_init(&s);
	s.content.nsections = 0;
	s.course.status = PB_COURSE_STATUS_DRAFT;
	CHECK(check(a, &s, &o, &f) == CODE_FAILED_PRECONDITION);
	CHECK(has(&f, FINDING_ERROR, "nothing to export"));
	CHECK(has(&f, FINDING_WARNING, "is a draft"));
	s.course.content = NULL;
	s.course.settings = NULL;
	s.course.assessment_settings = NULL;
	CHECK(check(a, &s, &o, &f) == CODE_FAILED_PRECONDITION);
}

static void
check_model(struct arena *a)
{
	char one[MODEL_FINGERPRINT + 1], two[MODEL_FINGERPRINT + 1];
	struct findings f;
	struct sample s;
	struct model *m;

	sample_init(&s);
	finding_init(&f, a);
	m = model_build(a, &s.course, "en", &f);
	CHECK(m->lessons[0].blocks[0].level == 2);
	CHECK_STR(m->lessons[0].blocks[0].html, "Deep");
	CHECK_STR(m->lessons[0].blocks[1].html,
	    "<p>Plain &amp; simple\n\nNext </p><p>para</p>");
	CHECK(m->questions[0].right == 1);
	CHECK(m->questions[0].options[1].key == 'b');
	CHECK_STR(m->questions[0].id, "q1");
	CHECK(model_is_scored(m));
	model_fingerprint(m, 0, 1, false, one);
	s.lesson.title = "Two";
	m = model_build(a, &s.course, "en", &f);
	model_fingerprint(m, 0, 1, false, two);
	CHECK_STR(one, two);
	s.lesson.id = "other";
	m = model_build(a, &s.course, "en", &f);
	model_fingerprint(m, 0, 1, false, two);
	CHECK(strcmp(one, two) != 0);
	s.lesson.nblocks = 0;
	s.lesson.content = "Only\ntext\n\nhere";
	m = model_build(a, &s.course, "en", &f);
	CHECK_STR(m->lessons[0].blocks[0].html,
	    "<p>Only<br/>text</p><p>here</p>");
}

/* True and false keep their letters in either order. */
static void
check_truth(struct arena *a)
{
	struct findings f;
	struct sample s;
	struct model *m;

	sample_init(&s);
	finding_init(&f, a);
	s.blocks[2].content =
	    "{\"question\":\"Q\",\"question_type\":\"true_false\",\"options\":["
	    "{\"id\":\"1\",\"text\":\"Falsch\"},{\"id\":\"2\",\"text\":\"Wahr\"}],"
	    "\"correct_answer_id\":\"2\",\"points\":0.5,\"required\":true}";
	m = model_build(a, &s.course, "de", &f);
	CHECK(f.nerrors == 0);
	CHECK(m->questions[0].options[0].key == 'f');
	CHECK(m->questions[0].options[1].key == 't');
	CHECK(m->questions[0].points == 50);
	CHECK(m->questions[0].required);
}

static void
check_media(struct arena *a)
{
	static const struct export_media media[] = {
		{ "plan.png", "PNG", 3 },
		{ "plan.png", "PNG", 3 },
	};
	struct export_options o;
	struct findings f;
	struct sample s;
	struct buf b = BUF_INIT;

	sample_init(&s);
	export_options_init(&o);
	s.blocks[1].content = "<img src=\"media/plan.png\" alt=\"Plan\">";
	CHECK(check(a, &s, &o, &f) == CODE_FAILED_PRECONDITION);
	CHECK(has(&f, FINDING_ERROR, "media/plan.png cannot be read"));
	o.media = media;
	o.nmedia = 1;
	finding_init(&f, a);
	CHECK(export_course(a, &s.course, &o, &b, &f) == CODE_OK);
	CHECK(memmem(b.data, b.len, "media/plan.png", 14) != NULL);
	buf_reset(&b);
	o.nmedia = 2;
	CHECK(export_course(a, &s.course, &o, &b, &f) == CODE_INVALID_ARGUMENT);
	CHECK(b.len == 0);
	buf_free(&b);
}

static void
check_limits(struct arena *a)
{
	struct pb_lesson lessons[EXPORT_MAX_LESSONS + 1];
	struct export_media huge = { "huge.png", NULL, 0 };
	struct export_options o;
	struct findings f;
	struct sample s;
	struct buf b = BUF_INIT;
	size_t i;

	sample_init(&s);
	export_options_init(&o);
	for (i = 0; i < NITEMS(lessons); i++)
		lessons[i] = s.lesson;
	s.section.lessons = lessons;
	s.section.nlessons = NITEMS(lessons);
	CHECK(check(a, &s, &o, &f) == CODE_RESOURCE_EXHAUSTED);
	s.section.nlessons--;
	CHECK(check(a, &s, &o, &f) == CODE_OK);
	huge.len = EXPORT_MAX_BYTES;
	huge.data = xcalloc(1, huge.len);
	o.media = &huge;
	o.nmedia = 1;
	finding_init(&f, a);
	CHECK(
	    export_course(a, &s.course, &o, &b, &f) == CODE_RESOURCE_EXHAUSTED);
	CHECK(b.len == 0);
	CHECK(has(&f, FINDING_ERROR, "100 MiB"));
	buf_free(&b);
	free((char *)(uintptr_t)huge.data);
}

static int
count_files(const char *dir)
{
	struct dirent *e;
	DIR *d;
	int n;

	d = opendir(dir);
	for (n = 0; d != NULL && (e = readdir(d)) != NULL;)
		n += e->d_name[0] != '.';
	if (d != NULL)
		closedir(d);
	return n;
}

static void
check_file(struct arena *a)
{
	struct buf one = BUF_INIT, two = BUF_INIT;
	char dir[] = "/tmp/export.XXXXXX";
	struct export_options o;
	struct findings f;
	struct sample s;
	struct stat st;
	const char *path;

	sample_init(&s);
	export_options_init(&o);
	finding_init(&f, a);
	CHECK(export_course(a, &s.course, &o, &one, &f) == CODE_OK);
	CHECK(export_course(a, &s.course, &o, &two, &f) == CODE_OK);
	CHECK(one.len == two.len && memcmp(one.data, two.data, one.len) == 0);
	CHECK(mkdtemp(dir) != NULL);
	path = arena_printf(a, "%s/%s", dir, export_filename(a, &s.course, &o));
	CHECK(export_scorm12(a, &s.course, &o, path, &f) == CODE_OK);
	CHECK(stat(path, &st) == 0 && (size_t)st.st_size == one.len);
	CHECK(count_files(dir) == 1);
	s.content.nsections = 0;
	CHECK(export_scorm12(a, &s.course, &o, path, &f) ==
	    CODE_FAILED_PRECONDITION);
	CHECK(stat(path, &st) == 0 && (size_t)st.st_size == one.len);
	s.content.nsections = 1;
	CHECK(
	    export_scorm12(a, &s.course, &o,
		arena_printf(a, "%s/none/x.zip", dir), &f) == CODE_UNAVAILABLE);
	CHECK(count_files(dir) == 1);
	(void)unlink(path); /* cleaning up */
	(void)rmdir(dir);
	buf_free(&one);
	buf_free(&two);
}

static void
check_names(struct arena *a)
{
	struct export_options o;
	struct sample s;

	sample_init(&s);
	export_options_init(&o);
	CHECK_STR(export_filename(a, &s.course, &o),
	    "fire-safety-v7-scorm12.zip");
	s.settings.title = "  \xc3\x9c"
			   "bung & Stra\xc3\x9f"
			   "e!  ";
	o.version = 9;
	CHECK_STR(export_filename(a, &s.course, &o),
	    "uebung-strasse-v9-scorm12.zip");
	s.settings.title = "\xe6\xbc\xa2\xe5\xad\x97";
	CHECK_STR(export_filename(a, &s.course, &o), "course-v9-scorm12.zip");
	s.course.settings = NULL;
	CHECK_STR(export_filename(a, &s.course, &o), "course-v9-scorm12.zip");
}

/* Every language has every text, with the same marks to fill in. */
static void
check_texts(void)
{
	static const char *const marks[] = { "{n}", "{m}", "{text}" };
	const char *en, *other;
	unsigned i, k;
	int lang;

	for (i = 0; (en = texts_at(TEXTS_EN, i)) != NULL; i++)
		for (lang = 0; lang < TEXTS__MAX; lang++) {
			other = texts_at((enum texts_lang)lang, i);
			CHECK(other != NULL && other[0] != '\0' &&
			    strpbrk(other, "\"\\<") == NULL);
			for (k = 0; k < NITEMS(marks); k++)
				if ((strstr(en, marks[k]) == NULL) !=
				    (strstr(other, marks[k]) == NULL))
					CHECK_STR(other, en);
		}
	CHECK(i > 50);
	CHECK_STR(texts_get(TEXTS_DE, "about"),
	    "\xc3\x9c"
	    "ber diesen Kurs");
	CHECK_STR(texts_get(TEXTS_EN, "wrong"), "Not right");
	CHECK(texts_lang("de-AT") == TEXTS_DE);
	CHECK(texts_lang("den") == TEXTS_EN);
	CHECK(texts_lang(NULL) == TEXTS_EN);
	CHECK(texts_is_rtl("he") && texts_is_rtl("fa-IR"));
	CHECK(!texts_is_rtl("en") && !texts_is_rtl("art"));
}

/* The page's data cannot end its element, whatever authors write. */
static void
check_data(struct arena *a)
{
	struct page_options o;
	struct findings f;
	struct sample s;
	struct model *m;
	struct buf b = BUF_INIT;

	sample_init(&s);
	s.blocks[2].content =
	    "{\"question\":\"</script><script>\",\"options\":[{\"id\":\"a\","
	    "\"text\":\"<b>\"},{\"id\":\"b\",\"text\":\"B\"}],"
	    "\"correct_answer_id\":\"b\",\"explanation\":\"</script><img>\"}";
	finding_init(&f, a);
	m = model_build(a, &s.course, "en", &f);
	page_options_init(&o, m);
	page_player(&b, m, &o);
	CHECK(strstr(b.data, "<img>") == NULL);
	CHECK(strstr(b.data, "\"why\":\"\\u003c") != NULL);
	CHECK(strstr(b.data, "&lt;/script&gt;&lt;script&gt;") != NULL);
	CHECK(page_state_len(m, &o) < 60);
	buf_free(&b);
	CHECK(asset_find("player.js") != NULL && asset_find("x") == NULL);
}

int
main(void)
{
	struct arena *a;

	log_open("export", LOG_FORM_PLAIN, LOG_LEVEL_ERROR);
	a = arena_new();
	check_options(a);
	check_course(a);
	check_model(a);
	check_truth(a);
	check_media(a);
	check_limits(a);
	check_file(a);
	check_names(a);
	check_texts();
	check_data(a);
	arena_free(a);
	return test_done();
}

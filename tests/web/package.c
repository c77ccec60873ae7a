/*
 * package COURSE.json OUT.zip [option=value]...: a package of a course
 * document, for the tests that open it in a browser. Prints the findings;
 * exit 1 when the export was refused.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"
#include "learn/document.h"
#include "learn/export.h"

static void
read_file(struct buf *b, const char *path)
{
	char chunk[65536];
	size_t n;
	FILE *f;

	f = fopen(path, "rb");
	if (f == NULL)
		err(1, "%s", path);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_put(b, chunk, n);
	(void)fclose(f); /* only read */
}

static int
number(const char *s)
{
	int64_t n;

	if (!str_to_i64(s, -1000000, 1000000, &n))
		errx(1, "%s: not a number", s);
	return (int)n;
}

static enum export_completion
completion(const char *s, struct export_options *o)
{
	if (str_eq(s, "lessons"))
		return EXPORT_LESSONS;
	if (str_eq(s, "lessons_and_pass"))
		return EXPORT_LESSONS_AND_PASS;
	if (str_eq(s, "pass"))
		return EXPORT_PASS;
	o->percent = number(s);
	return EXPORT_PERCENT;
}

static void
set_option(struct export_options *o, char *arg)
{
	char *value;

	value = strchr(arg, '=');
	if (value == NULL)
		errx(1, "%s: not option=value", arg);
	*value++ = '\0';
	if (str_eq(arg, "completion"))
		o->completion = completion(value, o);
	else if (str_eq(arg, "mark"))
		o->pass_mark = number(value);
	else if (str_eq(arg, "attempts"))
		o->attempts = number(value);
	else if (str_eq(arg, "sequential"))
		o->navigation = EXPORT_SEQUENTIAL;
	else if (str_eq(arg, "per_lesson"))
		o->structure = EXPORT_PER_LESSON;
	else if (str_eq(arg, "language"))
		o->language = value;
	else if (str_eq(arg, "version"))
		o->version = number(value);
	else if (!str_eq(arg, "earlier"))
		errx(1, "%s: unknown option", arg);
}

static struct pb_course *
read_course(struct arena *a, const char *path)
{
	struct pb_course *c;
	struct buf b = BUF_INIT;
	const char *error;

	c = arena_zalloc(a, sizeof(*c));
	read_file(&b, path);
	if (document_read(a, b.data, b.len, c, &error) == -1)
		errx(1, "%s: %s", path, error);
	buf_free(&b);
	return c;
}

/* What this program has worked, whatever else runs beside it. */
static int64_t
worked_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int
main(int argc, char **argv)
{
	const struct pb_course *earlier;
	struct export_options o;
	struct findings f;
	struct arena *a;
	enum code code;
	int64_t began;
	int i;

	if (argc < 3)
		errx(2, "usage: package COURSE.json OUT.zip [option=value]...");
	log_open("package", LOG_FORM_PLAIN, LOG_LEVEL_INFO);
	a = arena_new();
	finding_init(&f, a);
	export_options_init(&o);
	for (i = 3; i < argc; i++) {
		if (str_starts(argv[i], "earlier=")) {
			earlier = read_course(a, argv[i] + 8);
			o.earlier = &earlier;
			o.nearlier = 1;
		}
		set_option(&o, argv[i]);
	}
	began = worked_us();
	code = export_course_file(a, read_course(a, argv[1]), &o, argv[2], &f);
	printf("%s\n%s\n", finding_list(&f, FINDING_ERROR),
	    finding_list(&f, FINDING_WARNING));
	printf("%s %lld us\n", code_name(code),
	    (long long)(worked_us() - began));
	arena_free(a);
	return code != CODE_OK;
}

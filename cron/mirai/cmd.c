/*
 * Small things all commands need: usage, documents, a progress line.
 */
#include "cmd.h"

#include <assert.h>
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ai/extract.h"
#include "ai/pipeline.h"
#include "base/str.h"
#include "learn/document.h"
#include "progress.h"

#define MAX_DOCUMENT ((off_t)64 * 1024 * 1024)
#define MAX_OPTIONS  16
#define LONG_OPTION  256 /* value of the first; letters are below */

int
cmd_usage(const char *usage)
{
	fputs(usage, stderr);
	return 2;
}

int
cmd_help(int argc, char **argv, const char *usage)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-h") == 0 ||
		    strcmp(argv[i], "--help") == 0) {
			fputs(usage, stdout);
			return 0;
		}
	}
	return cmd_usage(usage);
}

/* The tables that getopt_long() wants. */
static void
option_tables(const struct cmd_option *o, struct option *longs, char *letters)
{
	size_t i;
	int arg;

	*letters++ = 'h';
	*longs++ = (struct option){ "help", no_argument, NULL, 'h' };
	for (i = 0; o[i].name != NULL; i++) {
		assert(i < MAX_OPTIONS);
		arg = o[i].flag == NULL ? required_argument : no_argument;
		if (o[i].name[1] != '\0') {
			*longs++ = (struct option){ o[i].name, arg, NULL,
				LONG_OPTION + (int)i };
			continue;
		}
		*letters++ = o[i].name[0];
		if (arg == required_argument)
			*letters++ = ':';
	}
	*longs = (struct option){ NULL, 0, NULL, 0 };
	*letters = '\0';
}

static const struct cmd_option *
find_option(const struct cmd_option *o, int ch)
{
	if (ch >= LONG_OPTION)
		return &o[ch - LONG_OPTION];
	while (o->name != NULL && (o->name[0] != ch || o->name[1] != '\0'))
		o++;
	return o->name == NULL ? NULL : o; /* NULL: getopt has told */
}

int
cmd_options(int argc, char **argv, const char *usage,
    const struct cmd_option *options)
{
	struct option longs[MAX_OPTIONS + 2];
	char letters[2 * MAX_OPTIONS + 2];
	const struct cmd_option *o;
	int ch;

	option_tables(options, longs, letters);
	while ((ch = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		if (ch == 'h') {
			fputs(usage, stdout);
			exit(0);
		}
		if ((o = find_option(options, ch)) == NULL)
			return -1;
		if (o->flag != NULL) {
			*o->flag = true;
		} else if (o->text != NULL) {
			*o->text = optarg;
		} else if (!str_to_i64(optarg, 0, o->max, o->number)) {
			warnx("--%s: 0 to %lld", o->name, (long long)o->max);
			return -1;
		}
	}
	return 0;
}

void
cmd_put_document(struct arena *a, struct buf *b, const struct pb_course *course)
{
	document_write(a, b, course);
}

static char *
read_file(struct arena *a, const char *path, size_t *len)
{
	struct stat st;
	char *text;
	FILE *f;

	if ((f = fopen(path, "re")) == NULL || fstat(fileno(f), &st) == -1) {
		warn("%s", path);
		if (f != NULL)
			fclose(f);
		return NULL;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > MAX_DOCUMENT) {
		warnx("%s: not a file of at most 64 MiB", path);
		fclose(f);
		return NULL;
	}
	*len = (size_t)st.st_size;
	text = arena_alloc(a, *len + 1);
	*len = fread(text, 1, *len, f);
	text[*len] = '\0';
	fclose(f);
	return text;
}

/* Whether a file is JSON of an object, told by its first character. */
static bool
is_json(const char *path)
{
	FILE *f;
	int c;

	if ((f = fopen(path, "re")) == NULL)
		return false;
	do
		c = getc(f);
	while (c == ' ' || c == '\t' || c == '\r' || c == '\n');
	fclose(f);
	return c == '{';
}

static int
read_document(struct arena *a, const char *path, const char *title,
    struct pb_course *out)
{
	const char *why;
	char *text;
	size_t len;

	if ((text = read_file(a, path, &len)) == NULL)
		return -1;
	if (document_read(a, text, len, out, &why) == -1) {
		warnx("%s: %s", path, why);
		return -1;
	}
	if (title != NULL)
		out->settings->title = title;
	return 0;
}

static void
on_step(void *arg, const char *what, size_t done, size_t total)
{
	progress_step(arg, what, done, total);
}

static int
build_course(struct arena *a, const char *path, const char *title,
    struct pb_course *out)
{
	struct progress bar;
	const struct progress_sink sink = { on_step, &bar };
	const struct pipeline_options o = { .title = title,
		.name = path,
		.progress = &sink };
	struct pipeline_result r;
	const char *why = "";
	struct doc *d;
	int rv = -1;

	progress_open(&bar, PROGRESS_AUTO);
	if ((d = extract_file(a, path, &why)) != NULL &&
	    pipeline_run(a, d, &o, &r, &why) == 0) {
		*out = *r.course;
		rv = 0;
	}
	progress_close(&bar);
	if (rv == -1)
		warnx("%s: %s", path, why);
	return rv;
}

int
cmd_read_course(struct arena *a, const char *path, const char *title,
    struct pb_course *out)
{
	if (is_json(path))
		return read_document(a, path, title, out);
	return build_course(a, path, title, out);
}

void
cmd_progress_bytes(void *arg, int64_t now, int64_t total)
{
	(void)arg; /* nothing to remember */
	if (!isatty(STDERR_FILENO) || now == 0)
		return;
	if (total > 0)
		fprintf(stderr, "\r%3d %%  %lld KiB", (int)(now * 100 / total),
		    (long long)now / 1024);
	if (now == total)
		fprintf(stderr, "\n");
}

/*
 * mirai build: a document in, a package out. No server, no database. The
 * package appears whole or not at all; the same document gives the same bytes.
 */
#include "cmd.h"

#include <sys/stat.h>

#include <err.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ai/extract.h"
#include "ai/pipeline.h"
#include "base/conf.h"
#include "base/fd.h"
#include "base/str.h"
#include "base/utf8.h"
#include "learn/export.h"
#include "net/json.h"
#include "progress.h"

static const char usage[] =
    "usage: mirai build FILE -o OUT [--format scorm12|document]"
    " [--provider NAME]\n"
    "                   [--title TITLE] [--language TAG] [--json]\n";

enum format {
	FORMAT_SCORM12,
	FORMAT_DOCUMENT,
	FORMAT__MAX
};

static const char *const formats[FORMAT__MAX] = {
	[FORMAT_SCORM12] = "scorm12",
	[FORMAT_DOCUMENT] = "document",
};

struct build {
	const char *file;
	const char *out;
	const char *title;
	const char *lang;
	enum format format;
	const struct provider *provider;
	bool json;
	struct arena *a;
	struct progress progress;
	struct provider_run run;
	struct pipeline_result r;
};

/* --- arguments ------------------------------------------------------------ */

static int
parse_format(struct build *b, const char *s)
{
	size_t i;

	for (i = 0; i < FORMAT__MAX; i++) {
		if (strcmp(formats[i], s) == 0) {
			b->format = (enum format)i;
			return 0;
		}
	}
	warnx("--format %s: not one of scorm12, document", s);
	return -1;
}

static int
parse_provider(struct build *b, const char *s)
{
	if ((b->provider = provider_find(s)) != NULL)
		return 0;
	warnx("--provider %s: not one of gemini, openai, extractive", s);
	return -1;
}

static int
parse_title(struct build *b, const char *s)
{
	if (!utf8_valid(s, strlen(s)) || !utf8_is_printable(s) ||
	    *str_trim(b->a, s) == '\0' || utf8_count(s) > 500) {
		warnx("--title: must be 1 to 500 characters of UTF-8 without"
		      " control characters");
		return -1;
	}
	b->title = str_trim(b->a, s);
	return 0;
}

/* Letters, digits and hyphens of BCP 47. */
static int
parse_lang(struct build *b, const char *s)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
	size_t n = strlen(s);

	if (n < 2 || n > 35 || s[strspn(s, ok)] != '\0' || s[0] == '-' ||
	    s[n - 1] == '-') {
		warnx("--language %s: not a language tag such as en or de-AT",
		    s);
		return -1;
	}
	b->lang = s;
	return 0;
}

static int
parse(struct build *b, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "format", required_argument, NULL, 'f' },
		{ "provider", required_argument, NULL, 'p' },
		{ "title", required_argument, NULL, 't' },
		{ "language", required_argument, NULL, 'l' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	int c, bad = 0;

	while ((c = getopt_long(argc, argv, "o:", longs, NULL)) != -1) {
		if (c == 'o')
			b->out = optarg;
		else if (c == 'f')
			bad |= parse_format(b, optarg);
		else if (c == 'p')
			bad |= parse_provider(b, optarg);
		else if (c == 't')
			bad |= parse_title(b, optarg);
		else if (c == 'l')
			bad |= parse_lang(b, optarg);
		else if (c == 'j')
			b->json = true;
		else
			bad = -1;
	}
	if (bad != 0 || b->out == NULL || optind + 1 != argc)
		return -1;
	b->file = argv[optind];
	return 0;
}

/* --- writing -------------------------------------------------------------- */

/* A new file beside path that has no name yet, where the system can. */
static int
open_nameless(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *dir = slash == NULL ? "."
	    : slash == path		? "/"
			    : arena_strndup(a, path, (size_t)(slash - path));

	return open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
}

/* Gives a nameless file the name tmp. */
static int
name_it(int fd, const char *tmp)
{
	char proc[64];

	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, proc, AT_FDCWD, tmp, AT_SYMLINK_FOLLOW);
}

/* path holds what it held, or all of the new bytes. */
static int
write_file(struct build *b, const char *p, size_t len)
{
	char *tmp = arena_printf(b->a, "%s.%ld.tmp", b->out, (long)getpid());
	bool nameless = true;
	int fd, rv;

	if ((fd = open_nameless(b->a, b->out)) == -1) {
		nameless = false;
		fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	}
	if (fd == -1) {
		warn("%s", b->out);
		return -1;
	}
	rv = fd_write(fd, p, len) == -1 ? -1 : fsync(fd);
	if (rv == 0 && nameless)
		rv = name_it(fd, tmp);
	if (rv == 0)
		rv = rename(tmp, b->out);
	if (rv == -1) {
		warn("%s", b->out);
		(void)unlink(tmp); /* it may not be there: fine */
	}
	close(fd);
	return rv;
}

static void
print_findings(const struct build *b, const struct findings *f)
{
	size_t i;

	for (i = 0; i < f->nitems; i++)
		warnx("%s: %s%s: %s: %s", b->file,
		    f->items[i].kind == FINDING_WARNING ? "warning: " : "",
		    f->items[i].part, f->items[i].field, f->items[i].text);
}

/* The package in out; -1 after the reasons on standard error. */
static int
pack(struct build *b, struct buf *out)
{
	struct export_options o;
	struct findings f;

	if (b->format == FORMAT_DOCUMENT) {
		cmd_put_document(b->a, out, b->r.course);
		return 0;
	}
	finding_init(&f, b->a);
	export_options_init(&o);
	o.language = b->r.knowledge.lang;
	if (export_course(b->a, b->r.course, &o, out, &f) != CODE_OK) {
		print_findings(b, &f);
		return -1;
	}
	if (!b->json)
		print_findings(b, &f);
	return 0;
}

/* --- the run -------------------------------------------------------------- */

static void
on_step(void *arg, const char *what, size_t done, size_t total)
{
	progress_step(&((struct build *)arg)->progress, what, done, total);
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

/* The result must not land on its source. */
static bool
is_same_file(const char *x, const char *y)
{
	struct stat a, b;

	return stat(x, &a) == 0 && stat(y, &b) == 0 && a.st_dev == b.st_dev &&
	    a.st_ino == b.st_ino;
}

static void
print_result(const struct build *b, size_t bytes)
{
	const struct pipeline_result *r = &b->r;
	struct json *j;

	if (!b->json) {
		printf("%s: %zu sections, %zu lessons, %zu questions\n", b->out,
		    r->outline.nsections, r->outline.nlessons, r->nquizzes);
		return;
	}
	j = json_new_object(b->a);
	json_put_text(j, "event", "done");
	json_put_text(j, "file", b->out);
	json_put_text(j, "format", formats[b->format]);
	json_put_text(j, "provider", b->provider->name);
	json_put_text(j, "title", r->knowledge.title);
	json_put_text(j, "language", r->knowledge.lang);
	json_put_int(j, "sections", (int64_t)r->outline.nsections);
	json_put_int(j, "lessons", (int64_t)r->outline.nlessons);
	json_put_int(j, "questions", (int64_t)r->nquizzes);
	json_put_int(j, "chunks", (int64_t)r->knowledge.nchunks);
	json_put_int(j, "bytes", (int64_t)bytes);
	json_put_int(j, "tokens", b->run.tokens);
	printf("%s\n", json_string(b->a, j, JSON_COMPACT));
}

/* The provider as it is configured. One that works here needs nothing. */
static int
open_provider(struct build *b)
{
	struct provider_setup setup;
	struct conf *conf;

	b->run = (struct provider_run){ .a = b->a, .provider = b->provider };
	if (b->provider->wire == NULL)
		return 0;
	if ((conf = conf_load(NULL)) == NULL)
		return -1;
	provider_configure(&setup, conf, b->provider,
	    provider_key(conf, b->provider));
	b->run.link = provider_open(&setup);
	conf_free(conf);
	return 0;
}

static int
run(struct build *b)
{
	const struct progress_sink sink = { on_step, b };
	const struct pipeline_options o = { .run = &b->run,
		.title = b->title,
		.lang = b->lang,
		.name = base_name(b->file),
		.progress = &sink };
	const char *why = "";
	struct buf *out;
	struct doc *d;

	if (is_same_file(b->file, b->out)) {
		warnx("%s: is the document itself", b->out);
		return 1;
	}
	progress_step(&b->progress, "reading", 0, 1);
	if ((d = extract_file(b->a, b->file, &why)) == NULL ||
	    ((void)progress_step(&b->progress, "reading", 1, 1),
		pipeline_run(b->a, d, &o, &b->r, &why)) == -1) {
		progress_close(&b->progress);
		warnx("%s: %s", b->file, why);
		return 1;
	}
	progress_step(&b->progress, "package", 0, 1);
	out = buf_new(b->a);
	if (pack(b, out) == -1 || write_file(b, buf_str(out), out->len) == -1) {
		progress_close(&b->progress);
		return 1;
	}
	progress_step(&b->progress, "package", 1, 1);
	print_result(b, out->len);
	return fflush(stdout) == 0 ? 0 : 1;
}

int
cmd_build(int argc, char **argv)
{
	struct build b = { .provider = provider_find("extractive") };
	int rv;

	if (argc == 2 &&
	    (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0))
		return cmd_help(argc, argv, usage);
	b.a = arena_new();
	if (parse(&b, argc, argv) == -1) {
		arena_free(b.a);
		return cmd_usage(usage);
	}
	if (open_provider(&b) == -1) {
		arena_free(b.a);
		return 1;
	}
	progress_open(&b.progress, b.json ? PROGRESS_JSON : PROGRESS_AUTO);
	rv = run(&b);
	progress_close(&b.progress);
	provider_close(b.run.link);
	arena_free(b.a);
	return rv;
}

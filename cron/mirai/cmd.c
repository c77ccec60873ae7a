/*
 * Small things all commands need: usage, documents, a progress line.
 */
#include "cmd.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "learn/document.h"

#define MAX_DOCUMENT ((off_t)64 * 1024 * 1024)

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

int
cmd_read_course(struct arena *a, const char *path, const char *title,
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
	if (title != NULL && out->settings != NULL)
		out->settings->title = title;
	return 0;
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

/*
 * Reads the corpus of a fuzz target once, as TAP, so that what a fuzzer ever
 * found stays tested under any compiler. The target's name is the program's;
 * arguments, when given, are files to read instead.
 */

#include <dirent.h>
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned count;

static void
replay(const char *path)
{
	struct buf b = BUF_INIT;
	FILE *f;
	size_t n;

	if ((f = fopen(path, "rb")) == NULL)
		err(1, "%s", path);
	do {
		n = fread(buf_reserve(&b, 65536), 1, 65536, f);
		b.len += n;
	} while (n > 0);
	if (ferror(f))
		err(1, "%s", path);
	fclose(f);
	(void)LLVMFuzzerTestOneInput((const uint8_t *)b.data, b.len);
	buf_free(&b);
	printf("ok %u - %s\n", ++count, path);
}

static void
replay_corpus(const char *target)
{
	const char *root;
	struct dirent **names;
	char *dir, *path;
	int i, n;

	root = getenv("SRCDIR");
	dir = xasprintf("%s/tests/fuzz/corpus/%s", root == NULL ? "." : root,
	    target);
	if ((n = scandir(dir, &names, NULL, alphasort)) == -1)
		err(1, "%s", dir);
	for (i = 0; i < n; i++) {
		path = xasprintf("%s/%s", dir, names[i]->d_name);
		if (names[i]->d_name[0] != '.')
			replay(path);
		free(path);
		free(names[i]);
	}
	free(names);
	free(dir);
}

int
main(int argc, char **argv)
{
	const char *name;
	int i;

	name = strrchr(argv[0], '/');
	name = name == NULL ? argv[0] : name + 1;
	for (i = 1; i < argc; i++)
		replay(argv[i]);
	if (argc == 1)
		replay_corpus(name);
	if (count == 0)
		errx(1, "%s: empty corpus", name);
	printf("1..%u\n", count);
	return 0;
}

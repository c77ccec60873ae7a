/*
 * embed SYMBOL NAME=FILE...: C source on standard output with a table of the
 * files' bytes, for what the programs carry in themselves. The table's type is
 * struct embed_file (lib/learn/asset.h); it ends with an all-zero row.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *
file_of(const char *arg)
{
	const char *eq;

	eq = strchr(arg, '=');
	if (eq == NULL || eq == arg)
		errx(1, "%s: not NAME=FILE", arg);
	return eq + 1;
}

static void
put_bytes(int n, const char *path)
{
	FILE *f;
	int c, col;

	f = fopen(path, "rb");
	if (f == NULL)
		err(1, "%s", path);
	printf("static const unsigned char file%d[] = {", n);
	for (col = 0; (c = getc(f)) != EOF; col++)
		printf("%s%d,", col % 20 == 0 ? "\n\t" : " ", c);
	if (ferror(f))
		err(1, "%s", path);
	printf("\n\t0,\n};\n\n");
	(void)fclose(f); /* only read */
}

int
main(int argc, char **argv)
{
	int i;

	if (argc < 3)
		errx(2, "usage: embed SYMBOL NAME=FILE...");
	printf(
	    "/* Made by embed; do not edit. */\n#include \"learn/asset.h\"\n\n");
	for (i = 2; i < argc; i++)
		put_bytes(i, file_of(argv[i]));
	printf("const struct embed_file %s[] = {\n", argv[1]);
	for (i = 2; i < argc; i++)
		printf("\t{ \"%.*s\", file%d, sizeof(file%d) - 1 },\n",
		    (int)(file_of(argv[i]) - argv[i]) - 1, argv[i], i, i);
	printf("\t{ 0 },\n};\n");
	if (fflush(stdout) != 0)
		err(1, "standard output");
	return 0;
}

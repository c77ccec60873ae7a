/*
 * A package from a text of parts, without an archive around it: archives have
 * checksums, which hardly any change to one passes.
 */
#ifndef MIRAI_FUZZ_EXTRACTOR_PARTS_H
#define MIRAI_FUZZ_EXTRACTOR_PARTS_H

#include "tests/ai/parts.h"

static int
parts_cmp(const void *x, const void *y)
{
	const struct unzip_member *a = x, *b = y;

	return strcmp(a->name, b->name);
}

/* The parts as an archive of them would be read; part belongs to pkg. */
static void
parts_package(struct arena *a, struct package *pkg,
    struct unzip_member part[PARTS_MAX], const char *p, size_t len)
{
	pkg->a = a;
	pkg->parts = part;
	pkg->nparts = parts_read(a, p, len, part);
	qsort(part, pkg->nparts, sizeof(*part), parts_cmp);
}

#endif

/*
 * PPTX extractor, on parts written down as text.
 */
#include "extractor.h"
#include "extractor_parts.h"

static int
read_parts(struct doc_maker *m, const char *p, size_t len, const char **why)
{
	struct unzip_member part[PARTS_MAX];
	struct package pkg;

	parts_package(doc_arena(m), &pkg, part, p, len);
	return extract_pptx(m, &pkg, why);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	extractor_try(read_parts, "slide", data, size);
	return 0;
}

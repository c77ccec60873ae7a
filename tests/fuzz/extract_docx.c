/*
 * DOCX extractor.
 */
#include "extractor.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	extractor_try(extract_docx, "line", data, size);
	return 0;
}

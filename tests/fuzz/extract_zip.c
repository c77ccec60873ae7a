/*
 * Archives: telling their kind and taking them apart.
 */
#include "extractor.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	extractor_try(extract_zip, "line", data, size);
	return 0;
}

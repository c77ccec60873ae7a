/*
 * Plain text extractor.
 */
#include "extractor.h"

#include "base/utf8.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (utf8_valid(data, size))
		extractor_try(extract_txt, "line", data, size);
	return 0;
}

/*
 * PDF text extractor (what pdftohtml prints).
 */
#include "extractor.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	extractor_try(extract_pdf, "page", data, size);
	return 0;
}

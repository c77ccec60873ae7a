/*
 * What an S3 server answers, which may be anything: every document is either
 * refused or read to the end, and what comes out is whole.
 */
#include <assert.h>
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "net/s3_xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_listing(struct arena *a, const char *p, size_t len)
{
	struct s3_listing l = { 0 };
	size_t i;

	if (s3_xml_listing(a, p, len, &l) == -1)
		return;
	for (i = 0; i < l.nitems; i++)
		assert(l.items[i].key != NULL && l.items[i].len >= 0);
	for (i = 0; i < l.nprefixes; i++)
		assert(l.prefixes[i] != NULL);
	if (l.next == NULL)
		return;
	assert(l.next[0] != '\0');
	/* The same page once more would be the same for ever. */
	assert(s3_xml_listing(a, p, len, &l) == -1);
}

static void
check_uploads(struct arena *a, const char *p, size_t len)
{
	struct s3_uploads u = { 0 };
	size_t i;

	if (s3_xml_uploads(a, p, len, &u) == -1)
		return;
	for (i = 0; i < u.nuploads; i++)
		assert(u.uploads[i].key != NULL && u.uploads[i].id != NULL);
	assert((u.next_key == NULL) == (u.next_id == NULL));
	if (u.next_key != NULL)
		assert(s3_xml_uploads(a, p, len, &u) == -1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *error, *id;
	struct arena *a;

	a = arena_new();
	check_listing(a, p, size);
	check_uploads(a, p, size);
	error = s3_xml_error(a, p, size);
	assert(error == NULL || error[0] != '\0');
	for (; error != NULL && *error != '\0'; error++)
		assert(isalnum((unsigned char)*error));
	id = s3_xml_upload_id(a, p, size);
	assert(id == NULL || id[0] != '\0');
	arena_free(a);
	return 0;
}

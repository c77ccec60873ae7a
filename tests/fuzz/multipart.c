/*
 * Form posts: the first line is the content type, the rest the body. Every
 * field of an accepted body has a name and a value that ends where it says.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *eol = memchr(data, '\n', size);
	struct arena *a;
	struct form form;
	const char *type;
	size_t i, skip;
	char *body;

	if (eol == NULL)
		return 0;
	a = arena_new();
	type = arena_strndup(a, (const char *)data, (size_t)(eol - data));
	skip = (size_t)(eol - data) + 1;
	body = malloc(size - skip + (size == skip)); /* overruns show */
	assert(body != NULL);
	memcpy(body, data + skip, size - skip);
	if (form_parse(a, type, body, size - skip, &form)) {
		assert(form.nfields <= FORM_MAX_FIELDS);
		for (i = 0; i < form.nfields; i++) {
			assert(form.fields[i].name != NULL);
			assert(
			    form.fields[i].value[form.fields[i].len] == '\0');
			(void)form_text(&form, form.fields[i].name);
		}
	}
	free(body);
	arena_free(a);
	return 0;
}

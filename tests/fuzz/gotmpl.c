/*
 * Mail templates: any bytes in; an error that names file and line, or a
 * template that lets nothing of its values become markup.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "identity/gotmpl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Values are marked so that they are found again. */
static const char values[] = "{\"A\": \"<M>\\\"'&\", \"B\": \"javascript:M\","
			     " \"L\": [\"<M>\", {\"A\": 1}], \"O\": {\"A\":"
			     " \"<M>\"}, \"N\": 0}";

static void
check(struct arena *a, enum gotmpl_form form, const uint8_t *data, size_t size)
{
	const char *error = NULL;
	struct gotmpl *t;
	struct buf *b = buf_new(a);

	t = gotmpl_parse(a, "fuzz", (const char *)data, size, form, &error);
	assert((t == NULL) == (error != NULL));
	if (t == NULL) {
		assert(strncmp(error, "fuzz:", 5) == 0);
		assert(error[5] >= '1' && error[5] <= '9');
		return;
	}
	gotmpl_run(b, t, json_parse(a, values, strlen(values), NULL, NULL));
	if (form == GOTMPL_HTML && memmem(data, size, "<M", 2) == NULL &&
	    memmem(data, size, "M>", 2) == NULL)
		assert(strstr(buf_str(b), "<M>") == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a;

	if (size > 4096)
		return 0; /* nested ranges may multiply */
	a = arena_new();
	check(a, GOTMPL_TEXT, data, size);
	check(a, GOTMPL_HTML, data, size);
	arena_free(a);
	return 0;
}

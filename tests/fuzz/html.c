/*
 * Sanitizer: any bytes in; out comes safe markup that is its own sanitized
 * form and holds none of the openings a script needs.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "learn/html.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
starts(const char *s, const char *prefix)
{
	return strncasecmp(s, prefix, strlen(prefix)) == 0;
}

/* In text '<' is escaped, in values '"' is: what looks like a tag is one. */
static void
check_tags(const char *s)
{
	while ((s = strchr(s, '<')) != NULL) {
		for (s++; *s != '>'; s++) {
			assert(*s != '\0' && *s != '<');
			if (starts(s, " href=\""))
				assert(starts(s + 7, "http") ||
				    starts(s + 7, "mailto:"));
			if (starts(s, " src=\""))
				assert(starts(s + 6, "http") ||
				    starts(s + 6, "media/"));
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a;
	const char *in, *once;

	a = arena_new();
	in = arena_strndup(a, (const char *)data, size);
	once = html_sanitize(a, in);
	assert(strcmp(html_sanitize(a, once), once) == 0);
	assert(strstr(once, "<script") == NULL);
	assert(strstr(once, "<style") == NULL);
	check_tags(once);
	(void)html_to_text(a, in); /* only has to return */
	arena_free(a);
	return 0;
}

/*
 * What a stranger sends to a sign-in: any body under any content type, any
 * Accept, any return_to. The first line is the content type or the header.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "identity/body.h"
#include "identity/negotiate.h"
#include "identity/returnto.h"
#include "identity/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const allowed[] = { "https://app.example.org/x",
	"https://*.example.net", NULL };

/* What may be returned to is one of the two hosts, whatever was asked. */
static void
check_return(struct arena *a, const char *s)
{
	const char *url;

	url = returnto_check(a, s, "https://app.example.org/x/y", allowed);
	if (url == NULL)
		return;
	assert(strncasecmp(url, "https://", 8) == 0);
	assert(strpbrk(url, "\r\n\t \\") == NULL);
	url += 8;
	assert(strncasecmp(url, "app.example.org", 15) == 0 ||
	    memmem(url, strcspn(url, "/?#:"), ".", 1) != NULL);
	assert(memchr(url, '@', strcspn(url, "/?#")) == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct body_fault fault;
	const uint8_t *rest;
	struct json *body, *traits;
	struct schema *schema;
	const char *line;
	size_t len;

	rest = memchr(data, '\n', size);
	len = rest == NULL ? size : (size_t)(rest - data);
	line = arena_strndup(a, (const char *)data, len);
	rest = rest == NULL ? data + size : rest + 1;
	(void)negotiate_json(line);
	(void)negotiate_is_json(line, NULL);
	check_return(a, line);
	body = body_read(a, line, rest, size - (size_t)(rest - data), &fault);
	if (body != NULL) {
		schema = schema_load(a, "user", schema_user);
		traits =
		    schema_traits(a, schema, json_get(body, "traits"), true);
		(void)schema_check(a, schema, traits, ui_new(a));
		schema_nodes(schema, NULL, traits, ui_new(a));
	}
	arena_free(a);
	return 0;
}

/*
 * returnto: what the list allows, and every trick to get past it.
 */
#include "identity/returnto.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#include "tests/test.h"

#define APP "https://app.example.org"

static const char *const allowed[] = { APP, "https://get.example.org/learn/",
	"https://*.wild.example.org", "http://localhost:8080", NULL };

/* want NULL: refused. */
static const struct {
	const char *value, *want;
} cases[] = {
	{ APP, APP },
	{ APP "/dashboard?x=1#y", APP "/dashboard?x=1#y" },
	{ "HTTPS://APP.EXAMPLE.ORG/x", "HTTPS://APP.EXAMPLE.ORG/x" },
	{ APP ":443/x", APP ":443/x" },
	{ "/dashboard", APP "/dashboard" },
	{ "dashboard", APP "/dashboard" },
	{ "?a=b:c", APP "/?a=b:c" },
	{ "", APP "/" },
	{ "https://get.example.org/learn", "https://get.example.org/learn" },
	{ "https://get.example.org/learn/a",
	    "https://get.example.org/learn/a" },
	{ "https://a.wild.example.org/", "https://a.wild.example.org/" },
	{ "https://a.b.wild.example.org", "https://a.b.wild.example.org" },
	{ "http://localhost:8080/x", "http://localhost:8080/x" },

	/* another host, port or scheme */
	{ "https://evil.org", NULL },
	{ "http://app.example.org", NULL },
	{ APP ":8443", NULL },
	{ "http://localhost:80801/", NULL },
	{ "http://localhost/", NULL },
	/* prefix */
	{ APP ".evil.org/", NULL },
	{ "https://app.example.orgevil.org/", NULL },
	{ "https://get.example.org/learning", NULL },
	{ "https://get.example.org/", NULL },
	{ "https://get.example.org/learn/../admin", NULL },
	{ "https://get.example.org/learn/%2e%2E/admin", NULL },
	{ "https://get.example.org/learn/.%2e/admin", NULL },
	{ "https://get.example.org/learn/..%2fadmin", NULL },
	{ "https://get.example.org/learn/..%5cadmin", NULL },
	{ APP "/..", NULL },
	/* wildcard */
	{ "https://wild.example.org/", NULL },
	{ "https://.wild.example.org/", NULL },
	{ "https://evilwild.example.org/", NULL },
	{ "https://a.wild.example.org.evil.org/", NULL },
	{ "https://*.wild.example.org/", NULL },
	/* user-info */
	{ "https://app.example.org@evil.org/", NULL },
	{ "https://app.example.org:443@evil.org/", NULL },
	{ "https://user:pass@app.example.org/", NULL },
	/* scheme-relative, backslash, other schemes */
	{ "//evil.org/", NULL },
	{ "///evil.org/", NULL },
	{ "/\\evil.org", NULL },
	{ "\\\\evil.org", NULL },
	{ "https:\\\\app.example.org", NULL },
	{ "https:/app.example.org", NULL },
	{ "https:app.example.org", NULL },
	{ "https:///app.example.org", NULL },
	{ "javascript:alert(1)", NULL },
	{ "JavaScript://app.example.org/%0aalert(1)", NULL },
	{ "data:text/html,x", NULL },
	{ "ftp://app.example.org/", NULL },
	{ " https://app.example.org", NULL },
	/* control characters and what a Location header cannot hold */
	{ APP "/\r\nSet-Cookie: x=y", NULL },
	{ APP "/\t", NULL },
	{ APP "/%0d%0aX: y", NULL },
	{ APP "/\x7f", NULL },
	{ APP "/\xc3\xa4", NULL },
	{ APP "/<script>", NULL },
	/* odd hosts and ports */
	{ "https://", NULL },
	{ "https://:443/", NULL },
	{ "https://app.example.org:/", NULL },
	{ "https://app.example.org:0/", NULL },
	{ "https://app.example.org:65536/", NULL },
	{ "https://app.example.org:4431/", NULL },
	{ "https://[::1/", NULL },
	{ "https://[::1]/", NULL },
};

int
main(void)
{
	struct arena *a = arena_new();
	char *url;
	size_t i;

	for (i = 0; i < NITEMS(cases); i++)
		CHECK_STR(returnto_check(a, cases[i].value, APP "/dashboard",
			      allowed),
		    cases[i].want);

	/* a fragment of 1 KiB passes, one byte more does not */
	url = arena_printf(a, APP "/#%0*d", 1024, 0);
	CHECK_STR(returnto_check(a, url, APP, allowed), url);
	url = arena_printf(a, APP "/#%0*d", 1025, 0);
	CHECK_STR(returnto_check(a, url, APP, allowed), NULL);
	url = arena_printf(a, APP "/%0*d", 5000, 0);
	CHECK_STR(returnto_check(a, url, APP, allowed), NULL);
	arena_free(a);
	return test_done();
}

/*
 * negotiate: N-1 and N-2, hostile Accept values included.
 */
#include "identity/negotiate.h"

#include "base/str.h"

#include "tests/test.h"

static const struct {
	const char *accept;
	bool completion, submit;
} cases[] = {
	{ NULL, false, false },
	{ "", false, false },
	{ "*/*", false, false },
	{ "text/html", false, false },
	{ "application/json", true, true },
	{ "APPLICATION/JSON", true, true },
	{ "application/json, text/plain, */*", true, true },
	{ "text/html, application/json", false, false },
	{ "application/json, text/html", false, false },
	{ "application/json;q=0.9, text/html;q=0.8", true, true },
	{ "application/json;q=0.8, text/html;q=0.9", false, false },
	{ "application/json;q=0.5, */*", false, false },
	{ "text/*, application/json", true, false },
	{ "application/*", true, true },
	{ "application/json;q=0", false, false },
	{ "application/json;q=2", false, false },
	{ "application/json;q=x", false, false },
	{ "application/json; charset=utf-8; q=1.000", true, true },
	{ ",,, ;;; q=, application/json ,", true, true },
	{ ";q=1", false, false },
	{ "application/jsonx", false, false },
	{ "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
	    false, false },
};

int
main(void)
{
	size_t i;

	for (i = 0; i < NITEMS(cases); i++) {
		printf("# %s\n",
		    cases[i].accept == NULL ? "(none)" : cases[i].accept);
		CHECK(negotiate_json(cases[i].accept) == cases[i].completion);
		CHECK(negotiate_is_json(cases[i].accept, NULL) ==
		    cases[i].submit);
	}
	CHECK(negotiate_is_json(NULL, "application/json"));
	CHECK(!negotiate_is_json(NULL, "application/json; charset=utf-8"));
	CHECK(!negotiate_is_json("*/*", "application/x-www-form-urlencoded"));
	return test_done();
}

/*
 * gotmpl: what Go's text/template and html/template make of the same texts;
 * the refusals with their line; and the built-in letters.
 */
#include "identity/gotmpl.h"

#include <string.h>

#include "base/str.h"
#include "identity/letter.h"

#include "tests/test.h"

#define DATA                                                              \
	"{\"Name\": \"Ann\", \"Empty\": \"\", \"Zero\": 0, \"One\": 1,"   \
	" \"Yes\": true, \"No\": false, \"Nil\": null, \"List\":"         \
	" [\"a\", \"b\"], \"None\": [], \"Obj\": {\"a\": {\"b\": 7}},"    \
	" \"People\": [{\"n\": \"x\"}, {\"n\": \"y\"}],"                  \
	" \"Evil\": \"<b a='1'>&\\\"\", \"Js\": \"javascript:alert(1)\"," \
	" \"Url\": \"https://h.example/?a=1&b=2\", \"Q\": \"a b&c\"}"

static struct arena *a;

static const char *
fill(const char *text, enum gotmpl_form form)
{
	const char *error;
	struct gotmpl *t;
	struct json *j;
	struct buf *b;

	t = gotmpl_parse(a, "t", text, strlen(text), form, &error);
	if (t == NULL)
		return error;
	j = json_parse(a, DATA, strlen(DATA), NULL, &error);
	if (j == NULL)
		return error;
	b = buf_new(a);
	gotmpl_run(b, t, j);
	return buf_str(b);
}

static void
test_values(void)
{
	static const char *const rows[][2] = {
		{ "", "" },
		{ "plain } text { }}", "plain } text { }}" },
		{ "{{ .Name }}", "Ann" },
		{ "{{.Name}}{{.One}}{{.Yes}}", "Ann1true" },
		{ "{{ .Obj.a.b }}", "7" },
		{ "{{ .Obj.x.b }}{{ .Missing }}{{ .Name.x }}", "" },
		{ "{{ $.Name }}", "Ann" },
		{ "{{/* a {{ b }} */}}x", "x" },
		{ "a {{- /* c */ -}} b", "ab" },
		{ "a  {{- .Name -}}  b", "aAnnb" },
		{ "a\n{{- .Name }}\nb", "aAnn\nb" },
		{ "a {{ .Name -}}\n\tb", "a Annb" },
		{ "{{ .Evil }}", "<b a='1'>&\"" },
		{ "{{\n.Name\n}}", "Ann" },
	};
	size_t i;

	for (i = 0; i < NITEMS(rows); i++)
		CHECK_STR(fill(rows[i][0], GOTMPL_TEXT), rows[i][1]);
}

static void
test_blocks(void)
{
	static const char *const rows[][2] = {
		{ "{{ if .Name }}y{{ end }}", "y" },
		{ "{{ if .Empty }}y{{ else }}n{{ end }}", "n" },
		{ "{{ if .Zero }}y{{ else if .One }}z{{ else }}n{{ end }}",
		    "z" },
		{ "{{ if .No }}1{{ else if .Nil }}2{{ else if .None }}3"
		  "{{ else }}4{{ end }}5",
		    "45" },
		{ "{{ if .Obj }}o{{ end }}{{ if .List }}l{{ end }}", "ol" },
		{ "{{ if .Yes }}{{ if .No }}1{{ end }}2{{ end }}3", "23" },
		{ "{{ range .List }}[{{ . }}]{{ end }}", "[a][b]" },
		{ "{{ range .None }}x{{ else }}none{{ end }}", "none" },
		{ "{{ range .People }}{{ .n }}{{ $.Name }} {{ end }}",
		    "xAnn yAnn " },
		{ "{{ range .Missing }}x{{ end }}", "" },
		{ "{{ range .List -}} x {{- end }}", "xx" },
	};
	size_t i;

	for (i = 0; i < NITEMS(rows); i++)
		CHECK_STR(fill(rows[i][0], GOTMPL_TEXT), rows[i][1]);
}

static void
test_html(void)
{
	static const char *const rows[][2] = {
		{ "<p>{{ .Evil }}</p>",
		    "<p>&lt;b a=&#39;1&#39;&gt;&amp;&quot;</p>" },
		{ "<a title=\"{{ .Evil }}\">",
		    "<a title=\"&lt;b a=&#39;1&#39;&gt;&amp;&quot;\">" },
		{ "<a href=\"{{ .Url }}\">",
		    "<a href=\"https://h.example/?a=1&amp;b=2\">" },
		{ "<a HREF = '{{ .Js }}'>", "<a HREF = '#'>" },
		{ "<a href=\"https://x/?q={{ .Q }}\">",
		    "<a href=\"https://x/?q=a%20b%26c\">" },
		{ "<a href=\"{{ .Url }}{{ .Q }}\">",
		    "<a href=\"https://h.example/?a=1&amp;b=2a%20b%26c\">" },
		{ "<!-- x > y --><b>{{ .Name }}</b>",
		    "<!-- x > y --><b>Ann</b>" },
		{ "<style>a > b { }</style>{{ .Name }}",
		    "<style>a > b { }</style>Ann" },
		{ "1 < 2 {{ .Name }}", "1 < 2 Ann" },
	};
	size_t i;

	for (i = 0; i < NITEMS(rows); i++)
		CHECK_STR(fill(rows[i][0], GOTMPL_HTML), rows[i][1]);
}

static void
test_refusals(void)
{
	static const char *const rows[][2] = {
		{ "a\n\n{{ .Name", "t:3: {{ without }}" },
		{ "{{ if .Name }}", "t:1: no end" },
		{ "\n{{ end }}", "t:2: else or end without if or range" },
		{ "{{ else }}", "t:1: else or end without if or range" },
		{ "{{ if .A }}\n{{ else }}\n{{ else }}{{ end }}",
		    "t:3: else after else or in range" },
		{ "{{ range .A }}{{ else if .B }}{{ end }}",
		    "t:1: else after else or in range" },
		{ "{{ template \"x\" }}",
		    "t:1: not a field, if, else, range or end" },
		{ "{{ define \"x\" }}",
		    "t:1: not a field, if, else, range or end" },
		{ "{{ $x := .A }}",
		    "t:1: not a field, if, else, range or end" },
		{ "{{ .A | html }}", "t:1: one field only, no function" },
		{ "{{ if eq .A .B }}{{ end }}",
		    "t:1: not a field, if, else, range or end" },
		{ "{{ if }}{{ end }}",
		    "t:1: not a field, if, else, range or end" },
		{ "{{ }}", "t:1: not a field, if, else, range or end" },
		{ "{{ .A. }}", "t:1: not a field, if, else, range or end" },
		{ "{{ end x }}", "t:1: unexpected word" },
		{ "{{/* x", "t:1: comment without end" },
		{ "{{/* x */ y }}", "t:1: comment not closed by */}}" },
	};
	static const char place[] =
	    "t:1: a value may stand in text or a quoted attribute only";
	char deep[20 * 16] = "";
	size_t i;

	for (i = 0; i < NITEMS(rows); i++)
		CHECK_STR(fill(rows[i][0], GOTMPL_TEXT), rows[i][1]);
	CHECK_STR(fill("<script>var x = {{ .A }}", GOTMPL_HTML), place);
	CHECK_STR(fill("<style>a { b: {{ .A }}", GOTMPL_HTML), place);
	CHECK_STR(fill("<a title={{ .A }}>", GOTMPL_HTML), place);
	CHECK_STR(fill("<{{ .A }}>", GOTMPL_HTML), "<>");
	CHECK_STR(fill("<a {{ .A }}>", GOTMPL_HTML), place);
	CHECK_STR(fill("<!-- {{ .A }} -->", GOTMPL_HTML), place);
	for (i = 0; i < 20; i++)
		strcat(deep, "{{ if .A }}");
	CHECK_STR(fill(deep, GOTMPL_TEXT), "t:1: nested too deeply");
}

static void
test_letters(void)
{
	static const char data[] =
	    "{\"To\": \"a@b.example\", \"At\": \"now\", \"RecoveryCode\": \"424242\","
	    " \"ExpiresInMinutes\": 60, \"RecoveryURL\":"
	    " \"https://x.example/r?token=424242\", \"n\":"
	    " {\"LoginCode\": 5, \"RequestURL\": \"https://x.example/\"}}";
	const struct letter_type *t;
	const char *error = NULL;
	const struct json *j;
	struct letter_box *box;
	struct letter l;

	box = letter_open(a, &letter_identity, NULL, &error);
	CHECK_STR(error, NULL);
	CHECK(box != NULL);
	j = json_parse(a, data, strlen(data), NULL, NULL);
	for (t = letter_types; t->name != NULL; t++) {
		CHECK(letter_write(a, box, t->name, false, j, &l) == 0 &&
		    *l.subject != '\0' && strstr(l.text, "Mirai") != NULL &&
		    strstr(l.html, "</html>") != NULL &&
		    strstr(l.text, "\n\n\n") == NULL &&
		    strstr(l.text, "{{") == NULL);
		CHECK((letter_write(a, box, t->name, true, j, &l) == 0) ==
		    t->unknown);
	}
	CHECK(letter_write(a, box, "no_such", false, j, &l) == -1);
	CHECK(letter_write(a, box, "recovery_code", false, j, &l) == 0);
	CHECK_STR(l.subject, "Your code to recover your Mirai account");
	CHECK(strstr(l.text, "\n    424242\n") != NULL);
	CHECK(strstr(l.html, ">424242<") != NULL);
	CHECK(strstr(l.text, "60 minutes") != NULL);
	CHECK_STR(json_string(a, letter_masked(a, j), JSON_COMPACT),
	    "{\"To\":\"a@b.example\",\"At\":\"now\",\"RecoveryCode\":\"******\","
	    "\"ExpiresInMinutes\":60,\"RecoveryURL\":"
	    "\"https://x.example/r?******\",\"n\":{\"LoginCode\":\"******\","
	    "\"RequestURL\":\"https://x.example/\"}}");
}

int
main(void)
{
	a = arena_new();
	test_values();
	test_blocks();
	test_html();
	test_refusals();
	test_letters();
	arena_free(a);
	return test_done();
}

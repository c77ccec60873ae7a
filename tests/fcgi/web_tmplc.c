/* tmplc: what each template becomes, and every slot and mark it refuses. */
#include "tools/tmplc.c"

#include "tests/test.h"

static struct arena *mem;

/* The error of a template named t.html, or NULL. */
static const char *
error_of(const char *text)
{
	return tmplc_compile(mem, "dir/t.html", text, strlen(text),
	    buf_new(mem), buf_new(mem));
}

static const char *
source_of(const char *text)
{
	struct buf *source;

	source = buf_new(mem);
	if (tmplc_compile(mem, "dir/t.html", text, strlen(text), buf_new(mem),
		source) != NULL)
		return NULL;
	return buf_str(source);
}

static const char *
header_of(const char *text)
{
	struct buf *header;

	header = buf_new(mem);
	if (tmplc_compile(mem, "t.html", text, strlen(text), header,
		buf_new(mem)) != NULL)
		return NULL;
	return buf_str(header);
}

static bool
has(const char *text, const char *part)
{
	return text != NULL && strstr(text, part) != NULL;
}

static void
test_good(void)
{
	CHECK_STR(source_of("<p>{{name}}</p>\n"),
	    "void\ntmpl_t(struct html *h, const struct tmpl_t *t)\n{\n"
	    "\thtml_put(h, \"<p>\", 3);\n"
	    "\thtml_text(h, html_slot(t->name, \"t.name\"));\n"
	    "\thtml_put(h, \"</p>\\n\", 5);\n"
	    "}\n\n");
	CHECK_STR(header_of("<p>{{name}} {{n:int}}</p>"),
	    "struct tmpl_t {\n\tconst char *name;\n\tint64_t n;\n};\n"
	    "void tmpl_t(struct html *h, const struct tmpl_t *t);\n\n");
	CHECK_STR(header_of("<hr>"), "void tmpl_t(struct html *h);\n\n");
	CHECK(has(source_of("<a href=\"/c/{{id:url}}/p\">x</a>"), "html_url("));
	CHECK(has(source_of("<a href=\"{{to:href}}\">x</a>"), "html_href("));
	CHECK(has(source_of("<p data-x='{{d:json}}'>x</p>"), "html_json("));
	CHECK(has(source_of("<input type=\"checkbox\" {{checked:attr}}>"),
	    "html_flag(h, \"checked\", t->checked)"));
	CHECK(has(source_of("<title>{{title}}</title>"), "html_text("));
	CHECK(error_of("<script type=\"module\" src=\"/s/x.js\"></script>") ==
	    NULL);
	CHECK(
	    error_of("<script src=\"/s/x.js?v={{v:url}}\"></script>") == NULL);
	CHECK(error_of("<br/><svg><path d=\"M0 0\"/></svg>") == NULL);
}

static void
test_layout(void)
{
	const char *s, *h;

	s = source_of("<main>{{>content}}</main>{{foot}}");
	CHECK(has(s, "tmpl_t_open(struct html *h)")); /* it reads no slot */
	CHECK(has(s, "tmpl_t_close(struct html *h, const struct tmpl_t *t)"));
	h = header_of("<main>{{>content}}</main>");
	CHECK_STR(h,
	    "void tmpl_t_open(struct html *h);\n"
	    "void tmpl_t_close(struct html *h);\n\n");
}

static void
test_comment(void)
{
	CHECK(!has(source_of("<!-- for designers -->\n<p>x</p>"), "designers"));
	CHECK(has(source_of("<!-- c -->\n<p>x</p>"), "\"<p>x</p>\", 8"));
	CHECK(has(error_of("<!-- {{x}} -->"), "comment"));
	CHECK(has(error_of("<!-- "), "not closed"));
	CHECK(has(error_of("<!doctype {{x}}>"), "declaration"));
}

static void
test_slot_places(void)
{
	CHECK(has(error_of("<script>{{x}}</script>"), "no slot may stand in"));
	CHECK(has(error_of("<style>{{x}}</style>"), "no slot may stand in"));
	CHECK(has(error_of("<p class={{x}}>y</p>"), "unquoted"));
	CHECK(has(error_of("<p class=a{{x}}>y</p>"), "unquoted"));
	CHECK(has(error_of("<p {{x}}>y</p>"), "only attr slots"));
	CHECK(has(error_of("<p da{{x}}=\"1\">y</p>"), "attribute name"));
	CHECK(has(error_of("<p onclick=\"{{x}}\">y</p>"), "onclick"));
	CHECK(has(error_of("<p ONCLICK=\"{{x}}\">y</p>"), "onclick"));
	CHECK(has(error_of("<p style=\"{{x}}\">y</p>"), "style"));
	CHECK(has(error_of("<iframe srcdoc=\"{{x}}\"></iframe>"), "srcdoc"));
	CHECK(has(error_of("<iframe>{{x}}</iframe>"), "iframe"));
	CHECK(has(error_of("<meta content=\"{{x}}\">"), "meta"));
	CHECK(has(error_of("<a href=\"{{x}}\">y</a>"), "href takes"));
	CHECK(has(error_of("<a href=\"/a{{x:href}}\">y</a>"), "begin"));
	CHECK(has(error_of("<p title=\"{{x:href}}\">y</p>"), "may not stand"));
	CHECK(has(error_of("<script src=\"{{x:href}}\"></script>"), "literal"));
	CHECK(has(error_of("<script src=\"{{x:url}}\"></script>"), "literal"));
	CHECK(has(error_of("<p>{{x:url}}</p>"), "only text"));
	CHECK(has(error_of("<p>{{x:json}}</p>"), "only text"));
	CHECK(has(error_of("<p>y</p {{x:attr}}>"), "only attr slots"));
	CHECK(has(error_of("<p title=\"{{x:attr}}\">y</p>"), "attr slot"));
}

static void
test_slot_form(void)
{
	CHECK(has(error_of("{{x"), "not closed"));
	CHECK(has(error_of("{{X}}"), "lower-case"));
	CHECK(has(error_of("{{}}"), "lower-case"));
	CHECK(has(error_of("{{a b}}"), "lower-case"));
	CHECK(has(error_of("{{int}}"), "keyword"));
	CHECK(has(error_of("{{x:raw}}"), "kind"));
	CHECK(has(error_of("{{x}}{{x:int}}"), "two types"));
	CHECK(error_of("{{x}}<a href=\"/{{x:url}}\">y</a>") == NULL);
	CHECK(has(error_of("{{>other}}"), "content"));
	CHECK(has(error_of("{{>content}}{{>content}}"), "second"));
	CHECK(has(error_of("<p title=\"{{>content}}\">"), "text"));
}

static void
test_markup(void)
{
	CHECK_STR(error_of("<p>\n<b>x</p>"),
	    "dir/t.html:2: </p> where </b> of line 2 is due");
	CHECK(has(error_of("<p>"), "not closed"));
	CHECK(has(error_of("</p>"), "closes nothing"));
	CHECK(has(error_of("<p"), "ends inside a tag"));
	CHECK(has(error_of("a < b"), "&lt;"));
	CHECK(has(error_of("<p onclick=\"x\">y</p>"), "policy"));
	CHECK(has(error_of("<p style=\"x\">y</p>"), "policy"));
	CHECK(has(error_of("<script>x</script>"), "policy"));
	CHECK(has(error_of("<style>x</style>"), "policy"));
}

static void
test_names(void)
{
	struct buf *b;

	b = buf_new(mem);
	CHECK(has(tmplc_compile(mem, "Team.html", "", 0, b, b), "lower-case"));
	CHECK(has(tmplc_compile(mem, "team", "", 0, b, b), "NAME.html"));
	CHECK(has(tmplc_compile(mem, "int.html", "", 0, b, b), "lower-case"));
	CHECK(b->len == 0);
}

int
main(void)
{
	mem = arena_new();
	test_good();
	test_layout();
	test_comment();
	test_slot_places();
	test_slot_form();
	test_markup();
	test_names();
	arena_free(mem);
	return test_done();
}

/*
 * Extractors: structure from each format, and a reason for each bad file.
 * Tests run with SRCDIR set to the top of the tree, or inside it.
 */
#include "ai/extract.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ai/render.h"
#include "base/str.h"
#include "learn/html.h"
#include "learn/zip.h"
#include "tests/ai/show.h"
#include "tests/test.h"

#define W                                                                    \
	"xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/" \
	"main\""

static const char *
read_as(struct arena *a, const char *name, const void *p, size_t len)
{
	const char *why = "?";
	struct doc *d = extract_bytes(a, name, p, len, &why);

	return d == NULL ? why : show(a, d);
}

static const char *
read_text(struct arena *a, const char *name, const char *s)
{
	return read_as(a, name, s, strlen(s));
}

static const char *
read_path(struct arena *a, const char *path)
{
	const char *why = "?", *top = getenv("SRCDIR");
	struct doc *d;

	d = extract_file(a,
	    *path == '/' || top == NULL ? path
					: arena_printf(a, "%s/%s", top, path),
	    &why);
	return d == NULL ? why : show(a, d);
}

static void
check_md(struct arena *a)
{
	CHECK_STR(
	    read_text(a, "x.md",
		"---\ntitle: \"A guide\"\n---\n# Head *ing*\n\nSome **bold** and"
		" `code` &amp; text\ngoes on.\n\n- one\n\n  more\n- **Two**: it\n"
		"    1. in\n\n| A | B |\n|---|---|\n| 1 | |\n\n> said\n\n"
		"```\nx = 1;\n  y\n```\n![badge](x.png)\n<h2>Raw <i>html</i></h2>\n"),
	    "title A guide\nH1 Head e{ing}\n"
	    "P1 Some s{bold} and c{code} & text goes on.\nI1 one more\n"
	    "I1 s{Two}: it\nI2n in\nR1 A|B\nR0 1|\nQ1 said\nC0 x = 1;$  y\n"
	    "H2 Raw e{html}\n");
}

static void
check_html(struct arena *a)
{
	CHECK_STR(
	    read_text(a, "page",
		"<!DOCTYPE html><html lang=de><title>Der Titel</title>"
		"<nav>menu menu</nav><main><h1>Eins</h1><p>Ein <b>fetter</b>\n"
		"Text&nbsp;mit &lt;Zeichen&gt;<ul><li>a<ul><li>b</ul><li>c</ul>"
		"<table><tr><th>x<th>y<tr><td>1<td>2</table><dl><dt>Wort"
		"<dd>Sinn</dl><pre>p\n q</pre><blockquote>Zitat</blockquote>"
		"<script>no()</script></main><footer>no</footer>"),
	    "title Der Titel\nH1 Eins\nP1 Ein s{fetter} Text mit <Zeichen>\n"
	    "I1 a\nI2 b\nI1 c\nR1 x|y\nR0 1|2\nI1 s{Wort}: Sinn\nC0 p$ q\n"
	    "Q1 Zitat\n");
	CHECK_STR(
	    read_text(a, "latin",
		"<html><meta charset=\"iso-8859-1\"><p>Caf\xe9 au lait, please,"
		" for everyone \x80"),
	    "title \nP1 Café au lait, please, for everyone €\n");
	/* What a page shows besides its text, told by attributes. */
	CHECK_STR(
	    read_text(a, "manual.html",
		"<html><body><div role=\"navigation\"><h3>Menu</h3><ul><li>x"
		"</ul></div><h1>One<a class=\"x headerlink\" href=\"#o\">\xc2\xb6"
		"</a></h1><p>A text that is long enough.<span aria-hidden=\"true\">*</span></p>"
		"<div hidden><p>gone</p></div><p class=\"headerlinks\">Kept.</p>"
		"<div role=contentinfo>made by</div></body></html>"),
	    "title \nH1 One\n"
	    "P1 A text that is long enough.\n"
	    "P1 Kept.\n");
}

static void
check_txt(struct arena *a)
{
	CHECK_STR(
	    read_text(a, "x.txt",
		"The Title\n=========\n\nA paragraph of two\nlines with a word bro-\n"
		"ken in two.\n\n1. Rules\n\nText here, and more of it.\n\n"
		"- one\n- two\n  goes on\n\nEND MATTER\n\nBye, and thank you.\n"),
	    "title \nH1 The Title\n"
	    "P0 A paragraph of two lines with a word broken in two.\n"
	    "H2 1. Rules\nP0 Text here, and more of it.\nI1 one\n"
	    "I1 two goes on\nH2 END MATTER\nP0 Bye, and thank you.\n");
	CHECK_STR(
	    read_text(a, "man.1.txt",
		"WIDGET(1)         User Commands         WIDGET(1)\n\nN\bNA\bAME\n"
		"       widget - count widgets\n\nOPTIONS\n       -a, --all\n"
		"              count all of\n              them\n\n"
		"       -q     be quiet\n\nwidget 1.2         May 2026        "
		" WIDGET(1)\n"),
	    "title widget(1)\nH1 widget(1)\nH2 NAME\nP0 widget - count widgets\n"
	    "H2 OPTIONS\nI1 c{-a, --all}: count all of them\n"
	    "I1 c{-q}: be quiet\n");
	CHECK_STR(
	    read_as(a, "u16",
		"\xff\xfeU\0T\0F\0 \0o\0n\0e\0 \0s\0i\0x\0,\0 \0l\0e\0t\0t\0e\0"
		"r\0s\0 \0\xe4\0 \0e\0n\0o\0u\0g\0h\0",
		60),
	    "title \nP0 UTF one six, letters ä enough\n");
}

static const char *
docx(struct arena *a, const char *body, const char *styles,
    const char *numbering)
{
	struct zip *z = zip_new(a);
	struct buf *b = buf_new(a);
	const char *why = "?";
	struct doc *d;

	if (zip_add(z, "word/document.xml", body, strlen(body)) == -1 ||
	    zip_add(z, "word/styles.xml", styles, strlen(styles)) == -1 ||
	    zip_add(z, "word/numbering.xml", numbering, strlen(numbering)) ==
		-1 ||
	    zip_write(z, b, 1 << 30) == -1)
		return "zip failed";
	d = extract_bytes(a, "x", b->data, b->len, &why);
	return d == NULL ? why : show(a, d);
}

static void
check_docx(struct arena *a)
{
	CHECK_STR(
	    docx(a,
		"<w:document " W "><w:body>"
		"<w:p><w:pPr><w:pStyle w:val=\"berschrift1\"/></w:pPr><w:r><w:t>"
		"Eins</w:t></w:r></w:p>"
		"<w:p><w:r><w:t xml:space=\"preserve\">Ein </w:t></w:r><w:r><w:rPr>"
		"<w:b/></w:rPr><w:t>fetter</w:t></w:r><w:del><w:r><w:t>weg</w:t>"
		"</w:r></w:del><w:r><w:tab/><w:t>Text &amp; mehr</w:t></w:r></w:p>"
		"<w:p><w:pPr><w:numPr><w:ilvl w:val=\"0\"/><w:numId w:val=\"3\"/>"
		"</w:numPr></w:pPr><w:r><w:t>erstens</w:t></w:r></w:p>"
		"<w:p><w:pPr><w:numPr><w:ilvl w:val=\"1\"/><w:numId w:val=\"3\"/>"
		"</w:numPr></w:pPr><w:r><w:t>tiefer</w:t></w:r></w:p>"
		"<w:tbl><w:tr><w:trPr><w:tblHeader/></w:trPr><w:tc><w:p><w:r><w:t>"
		"A</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>B</w:t></w:r></w:p>"
		"</w:tc></w:tr><w:tr><w:tc><w:p><w:r><w:t>1</w:t></w:r></w:p>"
		"<w:p><w:r><w:t>2</w:t></w:r></w:p></w:tc><w:tc><w:p/></w:tc></w:tr>"
		"</w:tbl><w:p><w:pPr><w:pStyle w:val=\"Mein\"/></w:pPr><w:r><w:t>"
		"Zwei</w:t></w:r></w:p></w:body></w:document>",
		"<w:styles " W "><w:style w:styleId=\"berschrift1\"><w:name "
		"w:val=\"heading 1\"/></w:style><w:style w:styleId=\"Mein\">"
		"<w:name w:val=\"Mein Stil\"/><w:basedOn w:val=\"berschrift1\"/>"
		"</w:style></w:styles>",
		"<w:numbering " W
		"><w:abstractNum w:abstractNumId=\"7\"><w:lvl "
		"w:ilvl=\"0\"><w:numFmt w:val=\"decimal\"/></w:lvl></w:abstractNum>"
		"<w:num w:numId=\"3\"><w:abstractNumId w:val=\"7\"/></w:num>"
		"</w:numbering>"),
	    "title \nH1 Eins\nP0 Ein s{fetter} Text & mehr\nI1n erstens\n"
	    "I2n tiefer\nR1 A|B\nR0 1 2|\nH1 Zwei\n");
	CHECK_STR(docx(a,
		      "<!DOCTYPE d [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>"
		      "<w:document " W
		      "><w:body><w:p><w:r><w:t>&x; text</w:t></w:r>"
		      "</w:p></w:body></w:document>",
		      "<x/>", "<x/>"),
	    "its XML has a document type declaration");
	CHECK_STR(docx(a, "<w:document " W "><w:body>", "<x/>", "<x/>"),
	    "its XML is not well-formed");
	CHECK_STR(docx(a, "<w:document " W "><w:body/></w:document>", "<",
		      "<x/>"),
	    "a document without text");
}

static void
check_bomb(struct arena *a)
{
	size_t len = (size_t)70 * 1024 * 1024;
	char *p = xmalloc(len + 1);

	memset(p, 'A', len);
	p[len] = '\0';
	CHECK_STR(docx(a, p, "<x/>", "<x/>"), "expands to more than 64 MiB");
	free(p);
}

static void
check_pdf(struct arena *a)
{
	CHECK_STR(read_path(a, "tests/ai/files/crane.pdf"),
	    "title Harbour crane manual\nH1 s{Harbour crane manual}\n"
	    "H2 s{1 Before the shift}\n"
	    "P0 The crane driver checks the brakes, the rope and the limit"
	    " switches before every shift. A worn rope is replaced after 400"
	    " hours of operation. The check takes 20 minutes and is entered in"
	    " the log book.\n"
	    "P0 A limit switch is a device that stops the hook before it"
	    " reaches the end of its way.\nP0 The driver carries:\n"
	    "I1 a helmet with a chin strap\nI1 a radio set on channel 7\n"
	    "I1 gloves that resist oil\nH2 s{2 Loads}\n"
	    "P0 The safe load depends on the reach of the boom. Never lift"
	    " people with the hook. Loads above ten tonnes need a second"
	    " signaller.\nR1 s{Reach}|s{Safe load}\nR0 10 m|20 t\n"
	    "R0 20 m|12 t\nR0 30 m|6 t\nH3 s{2.1 Wind}\n"
	    "P0 Work stops when the wind is faster than 15 metres per second."
	    " The driver lowers the boom and secures the crane with the rail"
	    " clamp. A rail clamp is the part that holds the crane on its"
	    " rails.\n");
	CHECK_STR(read_path(a, "tests/ai/files/encrypted.pdf"),
	    "an encrypted PDF; save it without a password");
	CHECK_STR(read_path(a, "tests/ai/files/scan.pdf"),
	    "a PDF without text (scanned pages?)");
	CHECK_STR(read_text(a, "x.pdf", "%PDF-1.4\nnothing of the kind\n"),
	    "a damaged PDF");
}

static void
check_refused(struct arena *a)
{
	char big[] = "/tmp/mirai-extract-XXXXXX";
	int fd;

	CHECK_STR(read_as(a, "x.md", "", 0), "empty");
	CHECK_STR(read_as(a, "x.md",
		      "\x7f"
		      "ELF\2\1\1\0\0\0",
		      10),
	    "a program, not a document");
	CHECK_STR(read_as(a, "x.md", "text\0with a NUL in it", 21),
	    "binary data, not a document");
	CHECK_STR(read_text(a, "x.md", "\1\2\3\4\5\6\7 and text"),
	    "binary data, not a document");
	CHECK_STR(read_text(a, "x.txt", "caf\xe9 au lait, at least twenty"),
	    "text that is not UTF-8; save it as UTF-8");
	CHECK_STR(read_as(a, "x",
		      "\xff\xfe\x00\xd8"
		      "a\0",
		      6),
	    "damaged UTF-16 text");
	CHECK_STR(read_text(a, "x", "\xd0\xcf\x11\xe0 old word file"),
	    "an old or encrypted Office document; save it as DOCX or PPTX");
	CHECK_STR(read_text(a, "x", "{\\rtf1 hello}"), "RTF; save it as DOCX");
	CHECK_STR(read_text(a, "x", "PK\3\4 but no more"),
	    "a damaged ZIP archive");
	CHECK_STR(read_text(a, "x.md", "# Hi\n"), "a document without text");
	CHECK_STR(read_text(a, "x", "<?xml version=\"1.0\"?><a>text</a>"),
	    "XML other than XHTML; convert it to a document first");
	CHECK_STR(read_text(a, "ls.1", ".TH LS 1\nlist"),
	    "the source of a manual page; format it with man(1) first");
	CHECK_STR(read_path(a, "/nonexistent/x"), "No such file or directory");
	CHECK_STR(read_path(a, "/tmp"), "a directory, not a file");
	CHECK_STR(read_path(a, "/dev/null"), "not a regular file");
	fd = mkstemp(big);
	CHECK(fd != -1 && ftruncate(fd, (off_t)2 << 30) == 0);
	CHECK_STR(read_path(a, big), "larger than 25 MiB");
	unlink(big);
	close(fd);
}

/* What renders as Markdown reads back as the same blocks. */
static void
check_round(struct arena *a)
{
	static const char text[] =
	    "# A\n\nText *em* with **st\\*rong** and `co|de`, 1\\. \\[x\\].\n\n"
	    "- a\n- b\n    1. c\n\n| x | y |\n|---|---|\n| 1 \\| 2 | `z` |\n\n"
	    "> q\n\n```\ncode *x*\n```\n\n\\- no list\n\n1\\. no number\n";
	const char *why;
	struct doc *d = extract_bytes(a, "x.md", text, strlen(text), &why);
	struct buf *b = buf_new(a);

	CHECK(d != NULL);
	if (d == NULL)
		return;
	render_markdown(b, d->blocks, d->nblocks);
	CHECK_STR(read_as(a, "x.md", b->data, b->len), show(a, d));
	buf_reset(b);
	render_html(b, d->blocks, d->nblocks);
	CHECK_STR(buf_str(b),
	    "<h3>A</h3><p>Text <em>em</em> with <strong>st*rong</strong> and"
	    " <code>co|de</code>, 1. [x].</p><ul><li>a</li><li>b<ol><li>c</li>"
	    "</ol></li></ul><table><thead><tr><th>x</th><th>y</th></tr></thead>"
	    "<tbody><tr><td>1 | 2</td><td><code>z</code></td></tr></tbody>"
	    "</table><blockquote><p>q</p></blockquote><pre><code>code *x*"
	    "</code></pre><p>- no list</p><p>1. no number</p>");
	CHECK_STR(html_sanitize(a, buf_str(b)), buf_str(b));
}

int
main(void)
{
	struct arena *a = arena_new();

	check_md(a);
	check_html(a);
	check_txt(a);
	check_docx(a);
	check_bomb(a);
	check_pdf(a);
	check_refused(a);
	check_round(a);
	arena_free(a);
	return test_done();
}

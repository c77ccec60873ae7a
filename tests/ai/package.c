/*
 * Documents that are ZIP archives: what each kind becomes, and a reason for
 * each bad one. "package pack PARTS FILE" writes the archive of a text of parts
 * (tests/ai/parts.h), for tests that need a file.
 */
#include <err.h>
#include <stdio.h>
#include <zlib.h>

#include "ai/extract.h"
#include "base/str.h"
#include "tests/ai/parts.h"
#include "tests/ai/show.h"
#include "tests/test.h"

#define CORPUS "tests/fuzz/corpus/"

/* A file of the tree, in a. */
static const char *
slurp(struct arena *a, const char *path, size_t *len)
{
	const char *top = getenv("SRCDIR");
	struct buf *b = buf_new(a);
	FILE *f;
	size_t n;

	if (*path != '/' && top != NULL)
		path = arena_printf(a, "%s/%s", top, path);
	if ((f = fopen(path, "r")) == NULL)
		err(1, "%s", path);
	while ((n = fread(buf_reserve(b, 65536), 1, 65536, f)) > 0)
		b->len += n;
	fclose(f);
	*len = b->len;
	return arena_strndup(a, b->data, b->len);
}

/* --- writing archives ------------------------------------------------------- */

static void
parts_le(struct buf *b, size_t v, int bytes)
{
	for (; bytes > 0; bytes--, v >>= 8)
		buf_putc(b, (char)(v & 0xff));
}

/* What local and central header have in common (APPNOTE 4.4). */
static void
parts_head(struct buf *b, const struct unzip_member *m)
{
	parts_le(b, 10, 2);
	parts_le(b, 0, 4); /* flags; stored */
	parts_le(b, 0x21 << 16, 4);
	parts_le(b, crc32(0, (const unsigned char *)m->p, (unsigned)m->len), 4);
	parts_le(b, m->len, 4);
	parts_le(b, m->len, 4);
	parts_le(b, strlen(m->name), 2);
	parts_le(b, 0, 2);
}

/* The archive of these parts, in a. */
static struct buf *
parts_zip(struct arena *a, const struct unzip_member *part, size_t n)
{
	struct buf *b = buf_new(a), *dir = buf_new(a);
	size_t i, at;

	for (i = 0; i < n; i++) {
		at = b->len;
		buf_put(b, "PK\3\4", 4);
		parts_head(b, &part[i]);
		buf_puts(b, part[i].name);
		buf_put(b, part[i].p, part[i].len);
		buf_put(dir, "PK\1\2\x14\0", 6);
		parts_head(dir, &part[i]);
		parts_le(dir, 0, 6);
		parts_le(dir, 0, 4);
		parts_le(dir, at, 4);
		buf_puts(dir, part[i].name);
	}
	at = b->len;
	buf_put(b, dir->data, dir->len);
	buf_put(b, "PK\5\6\0\0\0\0", 8);
	parts_le(b, n, 2);
	parts_le(b, n, 2);
	parts_le(b, dir->len, 4);
	parts_le(b, at, 4);
	parts_le(b, 0, 2);
	return b;
}

static struct buf *
pack_text(struct arena *a, const char *text, size_t len)
{
	struct unzip_member part[PARTS_MAX];
	size_t n = parts_read(a, text, len, part);

	return parts_zip(a, part, n);
}

static const char *
read_zip(struct arena *a, const struct buf *zip)
{
	const char *why = "?";
	struct doc *d;

	d = extract_bytes(a, "x", zip->data, zip->len, &why);
	return d == NULL ? why : show(a, d);
}

/* The archive that a text of parts describes. */
static const char *
read_parts(struct arena *a, const char *text)
{
	return read_zip(a, pack_text(a, text, strlen(text)));
}

/* The same of a file, with the first occurrence of old replaced. */
static const char *
read_changed(struct arena *a, const char *path, const char *old,
    const char *new)
{
	struct buf *b = buf_new(a);
	const char *text, *at;
	size_t len;

	text = slurp(a, path, &len);
	if ((at = strstr(text, old)) == NULL)
		return "the file changed";
	buf_put(b, text, (size_t)(at - text));
	buf_puts(b, new);
	buf_puts(b, at + strlen(old));
	return read_parts(a, buf_str(b));
}

static struct doc *
doc_of(struct arena *a, const char *path)
{
	const char *text, *why = "?";
	struct buf *zip;
	struct doc *d;
	size_t len;

	text = slurp(a, path, &len);
	zip = pack_text(a, text, len);
	d = extract_bytes(a, "x", zip->data, zip->len, &why);
	if (d == NULL)
		printf("# %s: %s\n", path, why);
	CHECK(d != NULL);
	return d;
}

/* --- slides ----------------------------------------------------------------- */

#define DECK CORPUS "extract_pptx/deck"

static void
check_pptx(struct arena *a)
{
	struct doc *d = doc_of(a, DECK);

	if (d == NULL)
		return;
	CHECK_STR(show(a, d),
	    "title \n"
	    "H1 Forklift safety\n"
	    "P0 For new drivers of the yard\n"
	    "H2 Before the shift\n"
	    "I1 Check the s{brakes} and the horn\n"
	    "I2 Foot brake\n"
	    "I2n Hand brake\n"
	    "P0 Report defects at once & in writing.\n"
	    "P0 The check takes ten minutes.\n"
	    "P0 Box text, slide\n"
	    "P0 Say that the horn must be heard at thirty metres.\n"
	    "H2 Loads\n"
	    "R1 Height|Load\n"
	    "R0 3 m|2 t at most\n"
	    "P0 Never lift people on the forks.\n"
	    "I1 Look\n"
	    "I1 Lift\n");
	CHECK_STR(d->unit, "slide");
	CHECK(d->blocks[0].pos == 1);
	CHECK(d->blocks[2].pos == 2);
	CHECK(d->blocks[d->nblocks - 1].pos == 4);
}

static void
check_pptx_bad(struct arena *a)
{
	CHECK_STR(read_changed(a, DECK, "slides/slide2.xml", "slides/no.xml"),
	    "a damaged PPTX document: a slide is missing");
	CHECK_STR(read_changed(a, DECK, "<p:sldMasterIdLst>", "<open>"),
	    "its XML is not well-formed");
	CHECK_STR(read_changed(a, DECK, "<p:presentation xmlns:a",
		      "<!DOCTYPE x [<!ENTITY e \"aaaaaaaaaa\">]><p:presentation"
		      " xmlns:a"),
	    "its XML declares entities or attributes");
	CHECK_STR(read_changed(a, DECK, "ppt/presentation.xml\"/>",
		      "ppt/gone.xml\"/>"),
	    "a damaged PPTX document");
	/* Without relations of its own the usual name is looked at. */
	CHECK(strstr(read_changed(a, DECK, "== _rels/.rels", "== no.rels"),
		  "H2 Loads") != NULL);
}

/* --- text ------------------------------------------------------------------- */

#define GUIDE CORPUS "extract_odt/guide"

static void
check_odt(struct arena *a)
{
	struct doc *d = doc_of(a, GUIDE);

	if (d == NULL)
		return;
	CHECK_STR(show(a, d),
	    "title Kiln guide\n"
	    "H1 Kiln guide\n"
	    "H1 Firing\n"
	    "P0 Heat s{slowly} and watch the e{cone}.\n"
	    "I1 Load the kiln with care\n"
	    "I2n lower shelf\n"
	    "I2n upper shelf\n"
	    "I1 Close the door\n"
	    "H2 Cooling\n"
	    "R1 Cone|Heat|\n"
	    "R0 06||999 degrees\n"
	    "C0 if hot:$    wait()\n"
	    "Q0 Patience is the best tool.\n"
	    "P0 Before the box\n"
	    "P0 Inside the box.\n"
	    "P0 and after it.\n");
	CHECK_STR(d->lang, "en-GB");
	CHECK_STR(d->unit, "line");
}

static void
check_odt_bad(struct arena *a)
{
	CHECK_STR(read_changed(a, GUIDE, "manifest:full-path=\"content.xml\"",
		      "x=\"\"><manifest:encryption-data/></manifest:file-entry>"
		      "<manifest:file-entry"),
	    "encrypted; save it without a password");
	CHECK_STR(read_changed(a, GUIDE, "== content.xml", "== x.xml"),
	    "a damaged ODT document");
	CHECK_STR(read_changed(a, GUIDE, "<office:document-content",
		      "<!DOCTYPE x SYSTEM \"file:///etc/passwd\">"
		      "<office:document-content"),
	    "its XML has a document type declaration");
	CHECK_STR(read_changed(a, GUIDE, "</office:text>", ""),
	    "its XML is not well-formed");
}

/* What is preformatted as a whole is no code. */
static void
check_odt_plain(struct arena *a)
{
	CHECK_STR(
	    read_parts(a,
		"== mimetype\napplication/vnd.oasis.opendocument.text\n"
		"== content.xml\n<d xmlns:t=\"t\">"
		"<t:p t:style-name=\"Preformatted_20_Text\">One line.</t:p>"
		"<t:p t:style-name=\"Preformatted_20_Text\">Another line,"
		" long enough.</t:p></d>"),
	    "title \nP0 One line.\nP0 Another line, long enough.\n");
}

/* --- books ------------------------------------------------------------------ */

#define BOOK3 CORPUS "extract_epub/book3"
#define BOOK2 CORPUS "extract_epub/book2"

static void
check_epub(struct arena *a)
{
	struct doc *d = doc_of(a, BOOK3);

	if (d == NULL)
		return;
	CHECK_STR(show(a, d),
	    "title The bee year\n"
	    "H1 In spring\n"
	    "P1 Bees fly from s{ten degrees} on. They bring pollen.\n"
	    "I1 Look for brood\n"
	    "I1 Feed if light\n"
	    "H1 Summer & swarms\n"
	    "P1 A swarm leaves around noon.\n"
	    "R1 Month|Honey\n"
	    "R0 June|20 kg\n"
	    "H2 Winter\n"
	    "P1 Bees form a cluster around the queen.\n");
	CHECK_STR(d->lang, "en-GB");
	CHECK_STR(d->unit, "chapter");
	CHECK(d->blocks[0].pos == 2 && d->blocks[d->nblocks - 1].pos == 4);
	if ((d = doc_of(a, BOOK2)) == NULL)
		return;
	CHECK_STR(show(a, d),
	    "title Das Brotbuch\n"
	    "H1 Der Sauerteig\n"
	    "P1 Der Teig ruht eine Nacht.\n"
	    "H2 Der Ofen\n"
	    "P1 Der Ofen ist so heiß wie möglich.\n");
	CHECK_STR(d->lang, "de");
}

static void
check_epub_bad(struct arena *a)
{
	CHECK_STR(read_changed(a, BOOK3, "== EPUB/text/summer.xhtml",
		      "== EPUB/text/x.xhtml"),
	    "a damaged EPUB: a chapter is missing");
	CHECK_STR(read_changed(a, BOOK3, "== EPUB/package.opf", "== x.opf"),
	    "a damaged EPUB: it has no package document");
	CHECK_STR(read_changed(a, BOOK3, "<spine>", "<x/></package>"),
	    "its XML is not well-formed");
	CHECK_STR(read_changed(a, BOOK2, "== mimetype", "== notype"),
	    "a damaged EPUB: it has no member named mimetype");
	CHECK_STR(read_changed(a, BOOK3, "<itemref idref=\"c1\"/>",
		      "<itemref idref=\"c1\"/><itemref idref=\"c1\"/>"),
	    show(a, doc_of(a, BOOK3)));
	CHECK_STR(read_changed(a, BOOK3, "== EPUB/package.opf",
		      "== META-INF/encryption.xml\n<encryption xmlns:e=\"e\">"
		      "<e:CipherReference URI=\"EPUB/text/summer.xhtml\"/>"
		      "</encryption>\n== EPUB/package.opf"),
	    "an EPUB protected against copying; its text cannot be read");
	/* A table of contents without a list has a level all the same. */
	CHECK_STR(read_changed(a, BOOK3, "<h1>Contents</h1><ol>", ""),
	    "title The bee year\n"
	    "H1 In spring\n"
	    "P1 Bees fly from s{ten degrees} on. They bring pollen.\n"
	    "I1 Look for brood\n"
	    "I1 Feed if light\n"
	    "H1 Summer & swarms\n"
	    "P1 A swarm leaves around noon.\n"
	    "R1 Month|Honey\n"
	    "R0 June|20 kg\n"
	    "H1 Winter\n"
	    "P1 Bees form a cluster around the queen.\n");
	/* An obfuscated font says nothing about the text. */
	CHECK_STR(read_changed(a, BOOK3, "== EPUB/package.opf",
		      "== META-INF/encryption.xml\n<encryption xmlns:e=\"e\">"
		      "<e:CipherReference URI=\"EPUB/font.otf\"/>"
		      "</encryption>\n== EPUB/package.opf"),
	    show(a, doc_of(a, BOOK3)));
	/* No way out of the archive, and no other document by it. */
	CHECK_STR(read_changed(a, BOOK3, "href=\"text/summer.xhtml\"",
		      "href=\"file:///etc/passwd\""),
	    "title The bee year\n"
	    "H1 In spring\n"
	    "P1 Bees fly from s{ten degrees} on. They bring pollen.\n"
	    "I1 Look for brood\n"
	    "I1 Feed if light\n"
	    "H2 Winter\n"
	    "P1 Bees form a cluster around the queen.\n");
}

/* --- archives --------------------------------------------------------------- */

static void
check_names(struct arena *a)
{
	CHECK_STR(package_resolve(a, "a/b.xml", "c.xml"), "a/c.xml");
	CHECK_STR(package_resolve(a, "a/b.xml", "../c.xml#x"), "c.xml");
	CHECK_STR(package_resolve(a, "a/b.xml", "../../../c.xml"), "c.xml");
	CHECK_STR(package_resolve(a, "a/b.xml", "/x/./y//z.xml"), "x/y/z.xml");
	CHECK_STR(package_resolve(a, "b.xml", "a%20b.xml"), "a b.xml");
	CHECK(package_resolve(a, "b.xml", "http://x/") == NULL);
	CHECK(package_resolve(a, "b.xml", "%zz") == NULL);
	CHECK(package_resolve(a, "b.xml", "#x") == NULL);
}

static void
check_kinds(struct arena *a)
{
	static const char rels[] =
	    "== _rels/.rels\n<Relationships><Relationship Id=\"r\" Type=\"x/"
	    "officeDocument\" Target=\"%s\"/></Relationships>\n== %s\n<x/>\n";

	CHECK_STR(read_parts(a, "== a.txt\nhello\n"),
	    "a ZIP archive, but not a DOCX, PPTX, ODT or EPUB document");
	CHECK_STR(read_parts(a, ""),
	    "a ZIP archive, but not a DOCX, PPTX, ODT or EPUB document");
	CHECK_STR(read_parts(a,
		      arena_printf(a, rels, "xl/workbook.xml",
			  "xl/workbook.xml")),
	    "a spreadsheet; save it as a document or PDF");
	CHECK_STR(read_parts(a,
		      "== mimetype\napplication/vnd.oasis.opendocument."
		      "spreadsheet\n"),
	    "a spreadsheet; save it as a document or PDF");
	CHECK_STR(read_parts(a,
		      "== mimetype\napplication/vnd.oasis.opendocument."
		      "presentation\n"),
	    "an OpenDocument presentation; save it as PPTX or PDF");
	/* Word names the main part as it likes; the relation says which. */
	CHECK_STR(
	    read_parts(a,
		"== _rels/.rels\n<Relationships><Relationship Id=\"r\""
		" Type=\"x/officeDocument\" Target=\"/word/document2.xml\""
		"/></Relationships>\n== word/document2.xml\n<document>"
		"<body><p><r><t>Text long enough to count.</t></r></p>"
		"</body></document>"),
	    "title \nP0 Text long enough to count.\n");
}

static void
check_many(struct arena *a)
{
	struct unzip_member *part;
	size_t i, n = UNZIP_MAX_MEMBERS + 1;

	part = arena_calloc(a, n, sizeof(*part));
	for (i = 0; i < n; i++) {
		part[i].name = arena_printf(a, "f%zu.xml", i);
		part[i].p = "";
	}
	CHECK_STR(read_zip(a, parts_zip(a, part, n)),
	    "holds more than 10000 files");
}

/* Sizes are announced, not true: 10 GB that are not there. */
static void
check_lies(struct arena *a)
{
	struct unzip_member part = { .name = "content.xml",
		.p = "<x>some text</x>",
		.len = 16 };
	struct buf *zip = parts_zip(a, &part, 1);
	char *p = memmem(zip->data, zip->len, "PK\1\2", 4);

	/* compressed and uncompressed size, local and central */
	memset(zip->data + 18, 0xfe, 8);
	memset(p + 20, 0xfe, 8);
	CHECK_STR(read_zip(a, zip), "a damaged ZIP archive");
}

/* Parts that are small each and too large together. */
static void
check_together(struct arena *a)
{
	static const size_t each = (size_t)4 * 1024 * 1024;
	struct unzip_member part[6];
	struct unzip_member *out;
	char *p = xmalloc(each);
	struct buf *zip;
	size_t i, n;

	memset(p, 'a', each);
	for (i = 0; i < NITEMS(part); i++)
		part[i] = (struct unzip_member){
			.name = arena_printf(a, "%zu.xml", i),
			.p = p,
			.len = each,
		};
	zip = parts_zip(a, part, NITEMS(part));
	free(p);
	CHECK(unzip_read(a, zip->data, zip->len, package_is_text, 6 * each,
		  &out, &n) == UNZIP_OK);
	CHECK(n == 6 && out[5].len == each);
	CHECK(unzip_read(a, zip->data, zip->len, package_is_text, 6 * each - 1,
		  &out, &n) == UNZIP_TOO_LARGE);
	CHECK_STR(read_zip(a, zip),
	    "a ZIP archive, but not a DOCX, PPTX, ODT or EPUB document");
}

static int
pack(const char *from, const char *to)
{
	struct arena *a = arena_new();
	const char *text;
	struct buf *zip;
	size_t len;
	FILE *f;

	text = slurp(a, from, &len);
	zip = pack_text(a, text, len);
	if ((f = fopen(to, "w")) == NULL ||
	    fwrite(zip->data, 1, zip->len, f) != zip->len || fclose(f) != 0)
		err(1, "%s", to);
	arena_free(a);
	return 0;
}

int
main(int argc, char *argv[])
{
	struct arena *a;

	if (argc == 4 && strcmp(argv[1], "pack") == 0)
		return pack(argv[2], argv[3]);
	a = arena_new();
	check_pptx(a);
	check_pptx_bad(a);
	check_odt(a);
	check_odt_bad(a);
	check_odt_plain(a);
	check_epub(a);
	check_epub_bad(a);
	check_names(a);
	check_kinds(a);
	check_many(a);
	check_lies(a);
	check_together(a);
	arena_free(a);
	return test_done();
}

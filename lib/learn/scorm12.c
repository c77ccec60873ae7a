/*
 * One item per SCO; every file but manifest and schemas is listed. A single
 * package is one SCO; else each lesson is one, and the exam is the last.
 */
#include "learn/scorm12.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "learn/asset.h"
#include "learn/html.h"
#include "learn/texts.h"

static const char *const schemas[] = { "adlcp_rootv1p2.xsd", "ims_xml.xsd",
	"imscp_rootv1p1p2.xsd", "imsmd_rootv1p2p1.xsd" };

static void
put(struct buf *b, const char *name, const char *value)
{
	buf_printf(b, " %s=\"", name);
	html_escape_to(b, value);
	buf_putc(b, '"');
}

static void
put_title(struct buf *b, const char *title)
{
	buf_puts(b, "<title>");
	html_escape_to(b, title);
	buf_puts(b, "</title>");
}

/* --- organization --------------------------------------------------------- */

/* The mark is given only where passing alone completes: hosts apply it. */
static void
put_item(struct buf *b, size_t n, const char *title, int mastery)
{
	buf_printf(b,
	    "<item identifier=\"ITEM-%zu\" identifierref=\"RES-%zu\" "
	    "isvisible=\"true\">",
	    n, n);
	put_title(b, title);
	if (mastery > 0)
		buf_printf(b, "\n<adlcp:masteryscore>%d</adlcp:masteryscore>",
		    mastery);
	buf_puts(b, "</item>\n");
}

static void
put_items(struct buf *b, const struct model *m, const struct page_options *page)
{
	const struct model_section *s;
	size_t i, k;

	for (i = 0; i < m->nsections; i++) {
		s = &m->sections[i];
		buf_printf(b,
		    "<item identifier=\"SECTION-%zu\" isvisible=\"true\">",
		    i + 1);
		put_title(b, s->name[0] == '\0' ? m->title : s->name);
		buf_putc(b, '\n');
		for (k = s->first; k < s->first + s->nlessons; k++)
			put_item(b, k + 1, m->lessons[k].title, 0);
		buf_puts(b, "</item>\n");
	}
	if (m->exam)
		put_item(b, m->nlessons + 1,
		    texts_get(texts_lang(m->lang), "final_exam"),
		    page->pass_mark);
}

static void
put_organization(struct buf *b, const struct model *m,
    const struct export_options *o, const struct page_options *page)
{
	buf_puts(b,
	    "<organizations default=\"ORG-1\">\n"
	    "<organization identifier=\"ORG-1\">");
	put_title(b, m->title);
	buf_putc(b, '\n');
	if (o->structure == EXPORT_PER_LESSON)
		put_items(b, m, page);
	else
		put_item(b, 1, m->title,
		    page->completion == EXPORT_PASS ? page->pass_mark : 0);
	buf_puts(b, "</organization>\n</organizations>\n");
}

/* --- resources ------------------------------------------------------------ */

static void
put_sco(struct buf *b, size_t n, const char *href)
{
	buf_printf(b,
	    "<resource identifier=\"RES-%zu\" type=\"webcontent\" "
	    "adlcp:scormtype=\"sco\" href=\"%s\">\n<file href=\"%s\"/>\n"
	    "<dependency identifierref=\"RES-COMMON\"/>\n</resource>\n",
	    n, href, href);
}

static const char *
sco_href(struct arena *a, const struct model *m, const struct export_options *o,
    size_t i)
{
	if (o->structure == EXPORT_SINGLE)
		return "index.html";
	if (i == m->nlessons)
		return "exam.html";
	return arena_printf(a, "lessons/%03zu.html", i + 1);
}

static size_t
count_scos(const struct model *m, const struct export_options *o)
{
	if (o->structure == EXPORT_SINGLE)
		return 1;
	return m->nlessons + (m->exam ? 1 : 0);
}

static bool
is_schema(const char *name)
{
	size_t i;

	for (i = 0; i < NITEMS(schemas); i++)
		if (str_eq(name, schemas[i]))
			return true;
	return false;
}

static void
put_common(struct buf *b, struct arena *a, struct zip *z, const struct model *m,
    const struct export_options *o)
{
	const char *name;
	size_t i, k, n;

	n = count_scos(m, o);
	buf_puts(b,
	    "<resource identifier=\"RES-COMMON\" type=\"webcontent\" "
	    "adlcp:scormtype=\"asset\">\n");
	for (i = 0; (name = zip_name_at(z, i)) != NULL; i++) {
		for (k = 0; k < n && !str_eq(name, sco_href(a, m, o, k)); k++)
			continue;
		if (k == n && !is_schema(name))
			buf_printf(b, "<file href=\"%s\"/>\n", name);
	}
	buf_puts(b, "</resource>\n");
}

static char *
scorm12_manifest(struct arena *a, struct zip *z, const struct model *m,
    const struct export_options *o, const struct page_options *page)
{
	struct buf b = BUF_INIT;
	char *text;
	size_t i;

	buf_puts(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<manifest");
	put(&b, "identifier", arena_printf(a, "MIRAI-%s", m->id));
	buf_printf(&b, " version=\"%d\"", (int)m->version);
	buf_puts(&b,
	    "\n  xmlns=\"http://www.imsproject.org/xsd/imscp_rootv1p1p2\""
	    "\n  xmlns:adlcp=\"http://www.adlnet.org/xsd/adlcp_rootv1p2\""
	    "\n  xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""
	    "\n  xsi:schemaLocation=\""
	    "http://www.imsproject.org/xsd/imscp_rootv1p1p2"
	    " imscp_rootv1p1p2.xsd"
	    " http://www.imsglobal.org/xsd/imsmd_rootv1p2p1"
	    " imsmd_rootv1p2p1.xsd"
	    " http://www.adlnet.org/xsd/adlcp_rootv1p2"
	    " adlcp_rootv1p2.xsd\">\n"
	    "<metadata><schema>ADL SCORM</schema>"
	    "<schemaversion>1.2</schemaversion></metadata>\n");
	put_organization(&b, m, o, page);
	buf_puts(&b, "<resources>\n");
	for (i = 0; i < count_scos(m, o); i++)
		put_sco(&b, i + 1, sco_href(a, m, o, i));
	put_common(&b, a, z, m, o);
	buf_puts(&b, "</resources>\n</manifest>\n");
	text = arena_strndup(a, b.data, b.len);
	buf_free(&b);
	return text;
}

/* --- files ---------------------------------------------------------------- */

/* Names are ours and differ, so adding cannot fail. */
static void
add(struct zip *z, const char *name, const void *p, size_t len)
{
	int rc;

	rc = zip_add(z, name, p, len);
	assert(rc == 0);
	(void)rc;
}

static void
add_buf(struct arena *a, struct zip *z, const char *name, struct buf *b)
{
	add(z, name, arena_strndup(a, buf_str(b), b->len), b->len);
	buf_reset(b);
}

static void
add_single(struct arena *a, struct zip *z, const struct model *m,
    const struct page_options *page, struct buf *b)
{
	struct page_options inner = *page;
	size_t i;

	page_player(b, m, page);
	add_buf(a, z, "index.html", b);
	inner.base = "../";
	for (i = 0; i < m->nlessons; i++) {
		page_lesson(b, m, i, &inner);
		add_buf(a, z, arena_printf(a, "lessons/%03zu.html", i + 1), b);
	}
}

/* Each part completes by its lesson; only where it judges, by passing too. */
static void
add_parts(struct arena *a, struct zip *z, const struct model *m,
    const struct page_options *page, struct buf *b)
{
	struct page_options part = *page;
	size_t i;

	part.base = "../";
	part.exam = false;
	part.nlessons = 1;
	if (m->exam)
		part.completion = EXPORT_LESSONS;
	for (i = 0; i < m->nlessons; i++) {
		part.first = i;
		page_player(b, m, &part);
		add_buf(a, z, arena_printf(a, "lessons/%03zu.html", i + 1), b);
	}
	if (!m->exam)
		return;
	part.base = "";
	part.exam = true;
	part.nlessons = 0;
	part.first = 0;
	part.completion = EXPORT_PASS;
	page_player(b, m, &part);
	add_buf(a, z, "exam.html", b);
}

void
scorm12_add(struct arena *a, struct zip *z, const struct model *m,
    const struct export_options *o, const struct page_options *page)
{
	const struct embed_file *f;
	struct buf b = BUF_INIT;
	const char *manifest;
	size_t i;

	if (o->structure == EXPORT_PER_LESSON)
		add_parts(a, z, m, page, &b);
	else
		add_single(a, z, m, page, &b);
	for (i = 0; i < NITEMS(schemas); i++) {
		f = asset_find(arena_printf(a, "scorm12/%s", schemas[i]));
		assert(f != NULL);
		add(z, schemas[i], f->data, f->len);
	}
	manifest = scorm12_manifest(a, z, m, o, page);
	add(z, "imsmanifest.xml", manifest, strlen(manifest));
	buf_free(&b);
}

/*
 * EPUB 2 and 3 to a document: the chapters in the order of the spine, each
 * read as HTML. A chapter without a heading gets the one that the table of
 * contents (nav or NCX) has for it. Navigation and what is not in the linear
 * order are left out. Runs in a sandboxed child.
 */
#include <stdlib.h>
#include <string.h>

#include "ai/extract.h"
#include "base/buf.h"
#include "base/str.h"

#define MAX_ITEMS ((size_t)10000)
#define MAX_LABEL 500

struct item {
	const char *id;
	const char *path;
	bool is_html, is_nav, used;
};

/* An entry of the table of contents. */
struct label {
	const char *path;
	const char *text;
	unsigned depth; /* 1..6 */
};

struct book {
	struct doc_maker *m;
	struct arena *a;
	const char *opf; /* the package document */
	const char *nav, *ncx, *guide_toc;
	struct item *items;
	size_t nitems, capitems;
	size_t *spine; /* indexes of items */
	size_t nspine, capspine;
	struct label *labels;
	size_t nlabels, caplabels;
	const char **sealed; /* parts that are encrypted */
	size_t nsealed, capsealed;
	struct buf text;
	/* in the table of contents */
	const char *href;
	unsigned depth;
	bool in_toc, in_label;
};

static const char *const html_types[] = { "application/xhtml+xml", "text/html",
	"text/x-oeb1-document", NULL };

/* Room for one more of n things. */
static void *
room(struct arena *a, void *p, size_t n, size_t *cap, size_t size)
{
	size_t more = *cap == 0 ? 64 : *cap * 2;

	if (n < *cap)
		return p;
	p = arena_grow(a, p, n, more, size);
	*cap = more;
	return p;
}

static void
take_text(void *arg, const char *p, size_t len)
{
	struct book *b = arg;

	if (b->text.len < 4096)
		buf_put(&b->text, p, len);
}

/* --- container and encryption ----------------------------------------------- */

static void
container_open(void *arg, const char *name, const char *const *attrs)
{
	struct book *b = arg;
	const char *path = xml_attr(attrs, "full-path");

	if (strcmp(name, "rootfile") == 0 && path != NULL && b->opf == NULL &&
	    str_eq(xml_attr(attrs, "media-type"),
		"application/oebps-package+xml"))
		b->opf = package_resolve(b->a, "", path);
}

static void
sealed_open(void *arg, const char *name, const char *const *attrs)
{
	struct book *b = arg;
	const char *uri = xml_attr(attrs, "URI");

	if (strcmp(name, "CipherReference") != 0 || uri == NULL ||
	    b->nsealed == MAX_ITEMS ||
	    (uri = package_resolve(b->a, "", uri)) == NULL)
		return;
	b->sealed = room(b->a, b->sealed, b->nsealed, &b->capsealed,
	    sizeof(*b->sealed));
	b->sealed[b->nsealed++] = uri;
}

static bool
is_sealed(const struct book *b, const char *path)
{
	size_t i;

	for (i = 0; i < b->nsealed; i++) {
		if (strcmp(b->sealed[i], path) == 0)
			return true;
	}
	return false;
}

/* --- the package document --------------------------------------------------- */

/* A word of a list that white space parts. */
static bool
has_word(const char *list, const char *word)
{
	size_t n;

	for (; list != NULL && *list != '\0'; list += n) {
		list += strspn(list, " \t\r\n");
		n = strcspn(list, " \t\r\n");
		if (n == strlen(word) && strncmp(list, word, n) == 0)
			return true;
	}
	return false;
}

static void
item_add(struct book *b, const char *const *attrs)
{
	const char *id = xml_attr(attrs, "id");
	const char *href = xml_attr(attrs, "href");
	const char *type = xml_attr(attrs, "media-type");
	struct item *it;

	if (id == NULL || href == NULL || type == NULL ||
	    b->nitems == MAX_ITEMS ||
	    (href = package_resolve(b->a, b->opf, href)) == NULL)
		return;
	b->items =
	    room(b->a, b->items, b->nitems, &b->capitems, sizeof(*b->items));
	it = &b->items[b->nitems++];
	*it = (struct item){
		.id = arena_strdup(b->a, id),
		.path = href,
		.is_html = str_is_listed(html_types, type),
		.is_nav = has_word(xml_attr(attrs, "properties"), "nav"),
	};
	if (it->is_nav)
		b->nav = href;
	if (strcmp(type, "application/x-dtbncx+xml") == 0)
		b->ncx = href;
}

/* A part stands in the spine once. */
static void
spine_add(struct book *b, const char *const *attrs)
{
	const char *id = xml_attr(attrs, "idref");
	size_t i;

	if (str_eq(xml_attr(attrs, "linear"), "no"))
		return;
	for (i = 0; id != NULL && i < b->nitems; i++) {
		if (strcmp(b->items[i].id, id) != 0)
			continue;
		if (b->items[i].used)
			return;
		b->items[i].used = true;
		b->spine = room(b->a, b->spine, b->nspine, &b->capspine,
		    sizeof(*b->spine));
		b->spine[b->nspine++] = i;
		return;
	}
}

static void
opf_open(void *arg, const char *name, const char *const *attrs)
{
	struct book *b = arg;
	const char *href = xml_attr(attrs, "href");

	buf_reset(&b->text);
	if (strcmp(name, "item") == 0)
		item_add(b, attrs);
	else if (strcmp(name, "itemref") == 0)
		spine_add(b, attrs);
	else if (strcmp(name, "reference") == 0 && href != NULL &&
	    str_eq(xml_attr(attrs, "type"), "toc"))
		b->guide_toc = package_resolve(b->a, b->opf, href);
}

static void
opf_close(void *arg, const char *name)
{
	struct book *b = arg;

	if (strcmp(name, "title") == 0)
		doc_title(b->m, buf_str(&b->text), b->text.len);
	else if (strcmp(name, "language") == 0)
		doc_lang(b->m, buf_str(&b->text), b->text.len);
	buf_reset(&b->text);
}

/* --- the table of contents -------------------------------------------------- */

/* The entry that text was read for; of several to one part the first counts. */
static void
label_add(struct book *b, const char *base)
{
	const char *path, *text;
	size_t n = b->text.len < MAX_LABEL ? b->text.len : MAX_LABEL;

	text = str_trim(b->a, arena_strndup(b->a, buf_str(&b->text), n));
	buf_reset(&b->text);
	if (b->href == NULL || *text == '\0' || b->nlabels == MAX_ITEMS ||
	    (path = package_resolve(b->a, base, b->href)) == NULL)
		return;
	b->labels = room(b->a, b->labels, b->nlabels, &b->caplabels,
	    sizeof(*b->labels));
	b->labels[b->nlabels++] = (struct label){
		.path = path,
		.text = text,
		.depth = b->depth == 0 ? 1
		    : b->depth < 6     ? b->depth
				       : 6,
	};
}

static void
nav_open(void *arg, const char *name, const char *const *attrs)
{
	struct book *b = arg;
	const char *href = xml_attr(attrs, "href");

	if (strcmp(name, "nav") == 0)
		b->in_toc = has_word(xml_attr(attrs, "epub:type"), "toc");
	else if (!b->in_toc)
		return;
	else if (strcmp(name, "ol") == 0)
		b->depth++;
	else if (strcmp(name, "a") == 0 && href != NULL) {
		b->href = arena_strdup(b->a, href);
		buf_reset(&b->text);
	}
}

static void
nav_close(void *arg, const char *name)
{
	struct book *b = arg;

	if (strcmp(name, "nav") == 0) {
		b->in_toc = false;
		b->depth = 0;
	} else if (strcmp(name, "ol") == 0) {
		b->depth -= b->depth > 0;
	} else if (strcmp(name, "a") == 0 && b->in_toc) {
		label_add(b, b->nav);
		b->href = NULL;
	}
}

/* In an NCX the text comes first, then what it points to. */
static void
ncx_open(void *arg, const char *name, const char *const *attrs)
{
	struct book *b = arg;
	const char *src = xml_attr(attrs, "src");

	if (strcmp(name, "navPoint") == 0) {
		b->depth++;
	} else if (strcmp(name, "navLabel") == 0) {
		buf_reset(&b->text);
	} else if (strcmp(name, "content") == 0 && b->depth > 0) {
		b->href = src == NULL ? NULL : arena_strdup(b->a, src);
		label_add(b, b->ncx);
	}
}

static void
ncx_close(void *arg, const char *name)
{
	struct book *b = arg;

	if (strcmp(name, "navPoint") == 0)
		b->depth -= b->depth > 0;
}

/* A table of contents that cannot be read is not missed. */
static void
read_toc(struct book *b, const struct package *pkg)
{
	static const struct xml_events nav = { nav_open, nav_close, take_text };
	static const struct xml_events ncx = { ncx_open, ncx_close, take_text };
	const struct unzip_member *part;
	const char *p, *why;
	size_t len;

	if (b->nav != NULL && (part = package_find(pkg, b->nav)) != NULL) {
		p = part->p;
		len = part->len;
		if (extract_utf8(b->a, true, &p, &len, &why) == 0)
			xml_read_html(p, len, &nav, b);
	} else if (package_read(pkg, b->ncx, &ncx, b, &why) == -1) {
		b->nlabels = 0;
	}
}

static const struct label *
label_of(const struct book *b, const char *path)
{
	size_t i;

	for (i = 0; i < b->nlabels; i++) {
		if (strcmp(b->labels[i].path, path) == 0)
			return &b->labels[i];
	}
	return NULL;
}

/* --- chapters --------------------------------------------------------------- */

struct look {
	bool heading, text;
	unsigned skip; /* elements that are not the page */
};

static bool
is_hidden(const char *name)
{
	static const char *const names[] = { "head", "title", "script", "style",
		"nav", NULL };

	return str_is_listed(names, name);
}

static void
look_open(void *arg, const char *name, const char *const *attrs)
{
	struct look *l = arg;

	(void)attrs;
	l->skip += is_hidden(name);
	if (l->skip == 0 && name[0] == 'h' && name[1] >= '1' &&
	    name[1] <= '6' && name[2] == '\0')
		l->heading = true;
}

static void
look_close(void *arg, const char *name)
{
	struct look *l = arg;

	if (is_hidden(name))
		l->skip -= l->skip > 0;
}

static void
look_text(void *arg, const char *p, size_t len)
{
	struct look *l = arg;
	size_t i;

	for (i = 0; l->skip == 0 && !l->text && i < len; i++)
		l->text = (unsigned char)p[i] > ' ';
}

static void
add_heading(struct book *b, const char *path, const char *p, size_t len)
{
	static const struct xml_events ev = { look_open, look_close,
		look_text };
	const struct label *label = label_of(b, path);
	struct look look = { 0 };

	if (label == NULL)
		return;
	xml_read_html(p, len, &ev, &look);
	if (look.heading || !look.text)
		return;
	doc_begin(b->m, DOC_HEADING, label->depth);
	doc_text(b->m, label->text, strlen(label->text));
	doc_end(b->m);
}

static int
read_chapter(struct book *b, const struct package *pkg, const char *path,
    const char **why)
{
	const struct unzip_member *part = package_find(pkg, path);
	const char *p;
	size_t len;

	if (is_sealed(b, path)) {
		*why = "an EPUB protected against copying; its text cannot be"
		       " read";
		return -1;
	}
	if (part == NULL) {
		*why = "a damaged EPUB: a chapter is missing";
		return -1;
	}
	p = part->p;
	len = part->len;
	if (extract_utf8(b->a, true, &p, &len, why) == -1)
		return -1;
	add_heading(b, path, p, len);
	return extract_html(b->m, p, len, why);
}

static int
read_spine(struct book *b, const struct package *pkg, const char **why)
{
	const struct item *it;
	size_t i;

	for (i = 0; i < b->nspine && !doc_is_full(b->m); i++) {
		it = &b->items[b->spine[i]];
		if (!it->is_html || it->is_nav ||
		    str_eq(it->path, b->guide_toc))
			continue;
		doc_pos(b->m, (uint32_t)i + 1);
		if (read_chapter(b, pkg, it->path, why) == -1)
			return -1;
	}
	return 0;
}

static int
read_book(struct book *b, const struct package *pkg, const char **why)
{
	static const struct xml_events container = { container_open,
		package_no_close, package_no_text };
	static const struct xml_events sealed = { sealed_open, package_no_close,
		package_no_text };
	static const struct xml_events opf = { opf_open, opf_close, take_text };

	if (package_read(pkg, "META-INF/container.xml", &container, b, why) ==
		-1 ||
	    package_read(pkg, "META-INF/encryption.xml", &sealed, b, why) == -1)
		return -1;
	if (package_find(pkg, b->opf) == NULL) {
		*why = "a damaged EPUB: it has no package document";
		return -1;
	}
	if (package_read(pkg, b->opf, &opf, b, why) == -1)
		return -1;
	if (b->nspine == 0) {
		*why = "a damaged EPUB: its spine is empty";
		return -1;
	}
	read_toc(b, pkg);
	return read_spine(b, pkg, why);
}

int
extract_epub(struct doc_maker *m, const struct package *pkg, const char **why)
{
	struct book b = { .m = m, .a = pkg->a, .text = BUF_INIT };
	int rv;

	rv = read_book(&b, pkg, why);
	buf_free(&b.text);
	return rv;
}

/*
 * HTML to a document. What is not the page's text (scripts, navigation,
 * headers, footers, forms) is skipped; a main or article element, where
 * there is one, is the page.
 */
#include "ai/extract.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "net/xml.h"

enum role {
	R_OTHER,
	R_SKIP,
	R_HEADING,
	R_PARA,
	R_BREAK,
	R_LIST,
	R_ITEM,
	R_TERM,
	R_DEF,
	R_TABLE,
	R_ROW,
	R_CELL,
	R_PRE,
	R_QUOTE,
	R_STRONG,
	R_EM,
	R_MONO,
	R_TITLE,
	R_MAIN,
	R_HTML
};

static const struct tag {
	const char *name;
	enum role role;
} tags[] = {
	{ "article", R_MAIN },
	{ "aside", R_SKIP },
	{ "b", R_STRONG },
	{ "blockquote", R_QUOTE },
	{ "br", R_BREAK },
	{ "button", R_SKIP },
	{ "caption", R_PARA },
	{ "center", R_PARA },
	{ "cite", R_EM },
	{ "code", R_MONO },
	{ "dd", R_DEF },
	{ "details", R_PARA },
	{ "div", R_PARA },
	{ "dl", R_LIST },
	{ "dt", R_TERM },
	{ "em", R_EM },
	{ "figcaption", R_SKIP },
	{ "footer", R_SKIP },
	{ "form", R_SKIP },
	{ "h1", R_HEADING },
	{ "h2", R_HEADING },
	{ "h3", R_HEADING },
	{ "h4", R_HEADING },
	{ "h5", R_HEADING },
	{ "h6", R_HEADING },
	{ "hr", R_PARA },
	{ "html", R_HTML },
	{ "i", R_EM },
	{ "iframe", R_SKIP },
	{ "kbd", R_MONO },
	{ "li", R_ITEM },
	{ "main", R_MAIN },
	{ "nav", R_SKIP },
	{ "noscript", R_SKIP },
	{ "object", R_SKIP },
	{ "ol", R_LIST },
	{ "p", R_PARA },
	{ "pre", R_PRE },
	{ "samp", R_MONO },
	{ "script", R_SKIP },
	{ "section", R_PARA },
	{ "select", R_SKIP },
	{ "strong", R_STRONG },
	{ "style", R_SKIP },
	{ "svg", R_SKIP },
	{ "table", R_TABLE },
	{ "td", R_CELL },
	{ "template", R_SKIP },
	{ "textarea", R_SKIP },
	{ "th", R_CELL },
	{ "title", R_TITLE },
	{ "tr", R_ROW },
	{ "tt", R_MONO },
	{ "ul", R_LIST },
	{ "var", R_EM },
};

struct state {
	struct doc_maker *m;
	unsigned depth; /* of open elements */
	unsigned skip;	/* depth of the skipped one; 0: none */
	unsigned lists;
	bool ordered[8];
	unsigned quotes, tables, pre, mains;
	unsigned ncells, nheads; /* of the row */
	bool need_main;		 /* only text inside main counts */
	bool has_main;		 /* seen by the first pass */
	bool in_title, in_row, in_heading;
	bool after_term; /* "term: " was written, the definition follows */
	struct buf title;
};

static int
tag_cmp(const void *key, const void *row)
{
	return strcmp(key, ((const struct tag *)row)->name);
}

static enum role
role_of(const char *name)
{
	const struct tag *t;

	t = bsearch(name, tags, NITEMS(tags), sizeof(tags[0]), tag_cmp);
	return t == NULL ? R_OTHER : t->role;
}

static bool
is_silent(const struct state *s)
{
	return s->skip > 0 || (s->need_main && s->mains == 0);
}

static void
begin_para(struct state *s)
{
	if (s->in_row || s->in_heading || (s->lists > 0 && doc_is_open(s->m)))
		doc_text(s->m, " ", 1);
	else
		doc_end(s->m);
}

static void
begin_item(struct state *s)
{
	unsigned depth = s->lists == 0 ? 1 : s->lists < 8 ? s->lists : 8;

	if (s->in_row)
		return;
	if (s->lists == 0)
		doc_group(s->m);
	doc_begin(s->m, DOC_ITEM, depth);
	doc_ordered(s->m, s->ordered[depth - 1]);
}

static void
open_list(struct state *s, const char *name)
{
	if (s->in_row)
		return;
	doc_end(s->m);
	if (s->lists == 0)
		doc_group(s->m);
	if (s->lists < 8)
		s->ordered[s->lists] = strcmp(name, "ol") == 0;
	s->lists++;
}

/* The level of a row is only known at its end: all th make a header. */
static void
open_cell(struct state *s, const char *name)
{
	if (!s->in_row)
		return;
	if (s->ncells++ > 0)
		doc_cell(s->m);
	s->nheads += strcmp(name, "th") == 0;
}

static void
open_row(struct state *s)
{
	/* Tables inside tables are layout: their text joins the cell. */
	if (s->tables != 1)
		return;
	doc_begin(s->m, DOC_ROW, 0);
	s->in_row = true;
	s->ncells = s->nheads = 0;
}

static void
close_row(struct state *s)
{
	if (!s->in_row || s->tables != 1)
		return;
	s->in_row = false;
	if (s->nheads > 0 && s->nheads == s->ncells)
		doc_head(s->m);
	doc_end(s->m);
}

static void
open_block(struct state *s, enum role role, const char *name)
{
	if (role == R_HEADING) {
		doc_begin(s->m, DOC_HEADING, (unsigned)(name[1] - '0'));
		s->in_heading = true;
	} else if (role == R_PARA) {
		begin_para(s);
	} else if (role == R_BREAK) {
		doc_text(s->m, s->pre > 0 ? "\n" : " ", 1);
	} else if (role == R_LIST) {
		open_list(s, name);
	} else if (role == R_ITEM || role == R_TERM) {
		begin_item(s);
		if (role == R_TERM)
			doc_on(s->m, DOC_STRONG);
	} else if (role == R_DEF) {
		if (!s->after_term)
			begin_item(s);
		s->after_term = false;
	} else if (role == R_PRE && !s->in_row && s->lists == 0) {
		doc_begin(s->m, DOC_CODE, 0);
		s->pre++;
	}
}

static void
open_inline(struct state *s, enum role role)
{
	if (role == R_STRONG && !s->in_heading)
		doc_on(s->m, DOC_STRONG);
	else if (role == R_EM)
		doc_on(s->m, DOC_EM);
	else if (role == R_MONO && s->pre == 0)
		doc_on(s->m, DOC_MONO);
}

/* A word of a class list. */
static bool
has_class(const char *list, const char *word)
{
	size_t len = strlen(word);
	const char *p;

	for (p = list; p != NULL && (p = strstr(p, word)) != NULL; p += len) {
		if ((p == list || p[-1] == ' ') &&
		    (p[len] == '\0' || p[len] == ' '))
			return true;
	}
	return false;
}

/*
 * Furniture of the page, told by its attributes: landmarks that hold no text
 * of the document (WAI-ARIA), what is hidden, and the marks that documentation
 * tools put behind headings to link to them.
 */
static bool
is_furniture(const char *const *attrs)
{
	static const char *const roles[] = { "navigation", "banner",
		"contentinfo", "search", "menu", "toolbar" };
	const char *v;
	size_t i;

	if (xml_attr(attrs, "hidden") != NULL ||
	    str_eq(xml_attr(attrs, "aria-hidden"), "true"))
		return true;
	v = xml_attr(attrs, "class");
	if (has_class(v, "headerlink") || has_class(v, "permalink"))
		return true;
	v = xml_attr(attrs, "role");
	for (i = 0; i < NITEMS(roles); i++) {
		if (str_eq(v, roles[i]))
			return true;
	}
	return false;
}

static void
on_open(void *arg, const char *name, const char *const *attrs)
{
	struct state *s = arg;
	enum role role = role_of(name);
	const char *lang;

	if (role == R_HTML && (lang = xml_attr(attrs, "lang")) != NULL)
		doc_lang(s->m, lang, strlen(lang));
	if (role == R_MAIN)
		s->mains++;
	if (role == R_TITLE)
		s->in_title = true;
	s->depth++;
	if (s->skip == 0 && (role == R_SKIP || is_furniture(attrs)))
		s->skip = s->depth;
	if (is_silent(s))
		return;
	if (role == R_TABLE && s->tables++ == 0) {
		doc_end(s->m);
		doc_group(s->m);
	} else if (role == R_ROW) {
		open_row(s);
	} else if (role == R_CELL) {
		open_cell(s, name);
	} else if (role == R_QUOTE) {
		doc_end(s->m);
		s->quotes++;
	} else if (role >= R_STRONG) {
		open_inline(s, role);
	} else {
		open_block(s, role, name);
	}
}

static void
close_term(struct state *s)
{
	doc_off(s->m, DOC_STRONG);
	doc_text(s->m, ": ", 2);
	s->after_term = true;
}

static void
close_block(struct state *s, enum role role)
{
	if (role == R_HEADING) {
		s->in_heading = false;
		doc_end(s->m);
	} else if (role == R_PARA) {
		if (!s->in_row && !s->in_heading && s->lists == 0)
			doc_end(s->m);
	} else if (role == R_LIST && !s->in_row) {
		doc_end(s->m);
		s->lists -= s->lists > 0;
	} else if (role == R_TERM && !s->in_row) {
		close_term(s);
	} else if ((role == R_ITEM || role == R_DEF) && !s->in_row) {
		doc_end(s->m);
	} else if (role == R_PRE && s->pre > 0) {
		s->pre--;
		doc_end(s->m);
	}
}

static void
on_close(void *arg, const char *name)
{
	struct state *s = arg;
	enum role role = role_of(name);
	bool silent = is_silent(s);

	if (role == R_TITLE)
		s->in_title = false;
	if (s->skip == s->depth)
		s->skip = 0;
	s->depth -= s->depth > 0;
	if (!silent) {
		if (role == R_ROW)
			close_row(s);
		else if (role == R_QUOTE) {
			doc_end(s->m);
			s->quotes -= s->quotes > 0;
		} else if (role == R_TABLE) {
			s->tables -= s->tables > 0;
		} else if (role == R_STRONG)
			doc_off(s->m, DOC_STRONG);
		else if (role == R_EM)
			doc_off(s->m, DOC_EM);
		else if (role == R_MONO)
			doc_off(s->m, DOC_MONO);
		else
			close_block(s, role);
	}
	if (role == R_MAIN) {
		if (!silent)
			doc_end(s->m);
		s->mains -= s->mains > 0;
	}
}

static bool
is_blank(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if ((unsigned char)p[i] > ' ')
			return false;
	}
	return true;
}

static void
on_text(void *arg, const char *p, size_t len)
{
	struct state *s = arg;

	if (s->in_title && s->title.len < 4096)
		buf_put(&s->title, p, len);
	if (s->in_title || is_silent(s))
		return;
	if (!doc_is_open(s->m)) {
		if (is_blank(p, len))
			return;
		doc_begin(s->m, s->quotes > 0 ? DOC_QUOTE : DOC_PARA, 1);
	}
	doc_text(s->m, p, len);
}

static void
look_open(void *arg, const char *name, const char *const *attrs)
{
	(void)attrs;
	if (role_of(name) == R_MAIN)
		((struct state *)arg)->has_main = true;
}

static void
look_close(void *arg, const char *name)
{
	(void)arg;
	(void)name;
}

static void
look_text(void *arg, const char *p, size_t len)
{
	(void)arg;
	(void)p;
	(void)len;
}

int
extract_html(struct doc_maker *m, const char *p, size_t len, const char **why)
{
	static const struct xml_events look = { look_open, look_close,
		look_text };
	static const struct xml_events read = { on_open, on_close, on_text };
	struct state s = { .m = m };

	(void)why;
	if (memmem(p, len, "<main", 5) != NULL ||
	    memmem(p, len, "<article", 8) != NULL)
		xml_read_html(p, len, &look, &s);
	s.need_main = s.has_main;
	xml_read_html(p, len, &read, &s);
	doc_end(m);
	if (s.title.len > 0)
		doc_title(m, s.title.data, s.title.len);
	buf_free(&s.title);
	return 0;
}

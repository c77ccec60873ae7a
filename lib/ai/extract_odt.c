/*
 * ODT (OpenDocument 1.3 part 3) to a document: styles decide what is code,
 * quoted, bold or a title, outline levels decide headings. Notes, comments,
 * tracked deletions and generated indexes are left out. Runs in a sandboxed
 * child.
 */
#include <stdlib.h>
#include <string.h>

#include "ai/extract.h"
#include "base/buf.h"
#include "base/str.h"

#define MAX_STYLES 20000
#define LEVELS	   8
#define HOPS	   10 /* from a style to the one it is made from */
#define MAX_CELLS  64 /* one cell repeated */
#define MAX_SPACES 256

enum look {
	LOOK_PLAIN,
	LOOK_TITLE,
	LOOK_CODE,
	LOOK_QUOTE
};

/* Names of the common styles, and of LibreOffice's and Word's. */
static const struct look_name {
	const char *name;
	enum look look;
} look_names[] = {
	{ "Preformatted_20_Text", LOOK_CODE },
	{ "Quotations", LOOK_QUOTE },
	{ "Quote", LOOK_QUOTE },
	{ "Title", LOOK_TITLE },
};

struct style {
	const char *name;
	const char *parent;
	char family; /* 'p' paragraph, 't' text */
	signed char bold, italic;
};

struct list_style {
	const char *name;
	bool ordered[LEVELS];
};

struct state {
	struct doc_maker *m;
	struct style *styles;
	size_t nstyles, capstyles;
	struct list_style *lists;
	size_t nlists, caplists;
	const char *lang, *country; /* of the default style */
	bool in_default;
	size_t all_paras, code_paras; /* of the content */
	bool no_code;		      /* what looks like code is the text */
	/* the paragraph being read */
	enum look look;
	unsigned heading; /* 1..6, 0 none */
	bool in_para, begun;
	unsigned outer; /* paragraphs around it (text boxes) */
	/* nesting */
	unsigned skip, depth; /* lists */
	const struct list_style *list;
	bool item_begun, in_code;
	unsigned tables, cells, head_rows;
	bool in_row;
	unsigned paras; /* counted for positions */
};

/* --- styles ----------------------------------------------------------------- */

static bool
is_named(const char *have, const char *name)
{
	return have != NULL && strcmp(have, name) == 0;
}

static void
style_add(struct state *s, const char *const *attrs)
{
	struct arena *a = doc_arena(s->m);
	const char *name = xml_attr(attrs, "name");
	const char *parent = xml_attr(attrs, "parent-style-name");
	const char *family = xml_attr(attrs, "family");
	size_t cap;

	if (name == NULL || family == NULL || s->nstyles == MAX_STYLES)
		return;
	if (s->nstyles == s->capstyles) {
		cap = s->capstyles == 0 ? 64 : s->capstyles * 2;
		s->styles = arena_grow(a, s->styles, s->nstyles, cap,
		    sizeof(*s->styles));
		s->capstyles = cap;
	}
	s->styles[s->nstyles++] = (struct style){
		.name = arena_strdup(a, name),
		.parent = parent == NULL ? NULL : arena_strdup(a, parent),
		.family = family[0],
		.bold = -1,
		.italic = -1,
	};
}

/* Newest first: those of the content hide those of the same name outside. */
static const struct style *
style_find(const struct state *s, char family, const char *name)
{
	size_t i;

	for (i = s->nstyles; name != NULL && i-- > 0;) {
		if (s->styles[i].family == family &&
		    strcmp(s->styles[i].name, name) == 0)
			return &s->styles[i];
	}
	return NULL;
}

static void
style_props(struct state *s, const char *const *attrs)
{
	const char *weight = xml_attr(attrs, "font-weight");
	const char *slant = xml_attr(attrs, "font-style");
	const char *lang = xml_attr(attrs, "language");
	const char *country = xml_attr(attrs, "country");
	struct arena *a = doc_arena(s->m);
	struct style *st;

	if (s->in_default) {
		if (lang != NULL)
			s->lang = arena_strdup(a, lang);
		if (country != NULL)
			s->country = arena_strdup(a, country);
		return;
	}
	if (s->nstyles == 0)
		return;
	st = &s->styles[s->nstyles - 1];
	if (weight != NULL)
		st->bold = strcmp(weight, "bold") == 0 || weight[0] >= '6';
	if (slant != NULL)
		st->italic = strcmp(slant, "italic") == 0 ||
		    strcmp(slant, "oblique") == 0;
}

static void
list_add(struct state *s, const char *name)
{
	struct arena *a = doc_arena(s->m);
	size_t cap;

	if (name == NULL || s->nlists == MAX_STYLES)
		return;
	if (s->nlists == s->caplists) {
		cap = s->caplists == 0 ? 16 : s->caplists * 2;
		s->lists =
		    arena_grow(a, s->lists, s->nlists, cap, sizeof(*s->lists));
		s->caplists = cap;
	}
	s->lists[s->nlists++] =
	    (struct list_style){ .name = arena_strdup(a, name) };
}

static void
list_level(struct state *s, const char *const *attrs)
{
	const char *format = xml_attr(attrs, "num-format");
	int64_t n;

	if (s->nlists == 0 || xml_attr(attrs, "level") == NULL ||
	    !str_to_i64(xml_attr(attrs, "level"), 1, LEVELS, &n))
		return;
	s->lists[s->nlists - 1].ordered[n - 1] =
	    format != NULL && *format != '\0';
}

static const struct list_style *
list_find(const struct state *s, const char *name)
{
	size_t i;

	for (i = s->nlists; name != NULL && i-- > 0;) {
		if (strcmp(s->lists[i].name, name) == 0)
			return &s->lists[i];
	}
	return NULL;
}

static enum look
look_of(const struct state *s, const char *name)
{
	const struct style *st;
	size_t i;
	int hops;

	for (hops = 0; name != NULL && hops < HOPS; hops++) {
		for (i = 0; i < NITEMS(look_names); i++) {
			if (strcmp(look_names[i].name, name) == 0)
				return look_names[i].look;
		}
		st = style_find(s, 'p', name);
		name = st == NULL ? NULL : st->parent;
	}
	return LOOK_PLAIN;
}

static void
style_open(void *arg, const char *name, const char *const *attrs)
{
	struct state *s = arg;

	if (strcmp(name, "style") == 0) {
		style_add(s, attrs);
	} else if (strcmp(name, "p") == 0) {
		s->all_paras++;
		s->code_paras +=
		    look_of(s, xml_attr(attrs, "style-name")) == LOOK_CODE;
	}
	if (strcmp(name, "default-style") == 0)
		s->in_default =
		    is_named(xml_attr(attrs, "family"), "paragraph");
	else if (strcmp(name, "text-properties") == 0)
		style_props(s, attrs);
	else if (strcmp(name, "list-style") == 0)
		list_add(s, xml_attr(attrs, "name"));
	else if (strcmp(name, "list-level-style-number") == 0)
		list_level(s, attrs);
}

static void
style_close(void *arg, const char *name)
{
	if (strcmp(name, "default-style") == 0)
		((struct state *)arg)->in_default = false;
}

/* 1, 0, or -1 when no style of the line says. */
static int
style_says(const struct state *s, const char *name, bool bold)
{
	const struct style *st = style_find(s, 't', name);
	int hops, v;

	for (hops = 0; st != NULL && hops < HOPS; hops++) {
		v = bold ? st->bold : st->italic;
		if (v >= 0)
			return v;
		st = style_find(s, 't', st->parent);
	}
	if (bold && is_named(name, "Strong_20_Emphasis"))
		return 1;
	return !bold && is_named(name, "Emphasis") ? 1 : -1;
}

/* --- the text --------------------------------------------------------------- */

static bool
is_skipped(const char *name)
{
	static const char *const names[] = { "note", "annotation",
		"annotation-end", "tracked-changes", "table-of-content",
		"illustration-index", "table-index", "object-index",
		"user-index", "alphabetical-index", "bibliography", "ruby-text",
		"forms", "event-listeners", "title", "desc", "object",
		"sequence-decls", "variable-decls", "user-field-decls",
		"script", "number", NULL };

	return str_is_listed(names, name);
}

static void
begin_item(struct state *s)
{
	unsigned level = s->depth < LEVELS ? s->depth : LEVELS;

	s->item_begun = true;
	doc_begin(s->m, DOC_ITEM, level);
	doc_ordered(s->m, s->list != NULL && s->list->ordered[level - 1]);
}

/* Lines of code that follow each other are one block. */
static void
begin_code(struct state *s)
{
	if (s->in_code && doc_is_open(s->m)) {
		doc_text(s->m, "\n", 1);
		return;
	}
	doc_begin(s->m, DOC_CODE, 0);
	s->in_code = true;
}

static void
begin_para(struct state *s)
{
	s->begun = true;
	if (s->in_row) {
		doc_text(s->m, " ", 1);
		return;
	}
	doc_pos(s->m, s->paras);
	if (s->look == LOOK_CODE && s->depth == 0) {
		begin_code(s);
		return;
	}
	s->in_code = false;
	if (s->heading > 0)
		doc_begin(s->m, DOC_HEADING, s->heading);
	else if (s->depth > 0 && !s->item_begun)
		begin_item(s);
	else if (s->depth > 0 && doc_is_open(s->m))
		doc_text(s->m, " ", 1);
	else if (s->depth > 0)
		begin_item(s);
	else if (s->look == LOOK_TITLE)
		doc_begin(s->m, DOC_HEADING, 1);
	else
		doc_begin(s->m, s->look == LOOK_QUOTE ? DOC_QUOTE : DOC_PARA,
		    0);
}

static void
put(struct state *s, const char *p, size_t len)
{
	if (!s->in_para)
		return;
	if (!s->begun)
		begin_para(s);
	doc_text(s->m, p, len);
}

/* text:s stands for some spaces, text:tab for white space: code keeps them. */
static void
put_space(struct state *s, char kind, const char *count)
{
	int64_t n = 1;

	if (s->look != LOOK_CODE) {
		if (s->begun)
			put(s, " ", 1);
		return;
	}
	if (kind == 't')
		put(s, "\t", 1);
	else if (count != NULL && !str_to_i64(count, 1, MAX_SPACES, &n))
		n = 1;
	for (; kind == 's' && n > 0; n--)
		put(s, " ", 1);
}

static void
open_para(struct state *s, bool heading, const char *const *attrs)
{
	const char *level = xml_attr(attrs, "outline-level");
	int64_t n = 1;

	s->outer += s->in_para;
	s->paras++;
	s->in_para = true;
	s->begun = false;
	s->look = look_of(s, xml_attr(attrs, "style-name"));
	if (s->look == LOOK_CODE && s->no_code)
		s->look = LOOK_PLAIN;
	s->heading = 0;
	if (heading) {
		if (level != NULL && !str_to_i64(level, 1, 100, &n))
			n = 1;
		s->heading = n <= 6 ? (unsigned)n : 6;
	}
	doc_off(s->m, DOC_STRONG);
	doc_off(s->m, DOC_EM);
}

/* An empty paragraph of code is an empty line inside it. */
static void
close_para(struct state *s)
{
	doc_off(s->m, DOC_STRONG);
	doc_off(s->m, DOC_EM);
	if (s->in_code && !s->begun && s->look == LOOK_CODE)
		doc_text(s->m, "\n", 1);
	else if (!s->in_row && !s->in_code && (s->depth == 0 || s->heading > 0))
		doc_end(s->m);
	s->in_para = s->outer > 0;
	s->outer -= s->outer > 0;
	s->begun = false;
	s->heading = 0;
}

static void
open_span(struct state *s, const char *name)
{
	int bold = style_says(s, name, true);
	int italic = style_says(s, name, false);

	if (s->heading > 0 || s->look == LOOK_TITLE || s->look == LOOK_CODE)
		return;
	if (bold == 1)
		doc_on(s->m, DOC_STRONG);
	if (italic == 1)
		doc_on(s->m, DOC_EM);
}

/* Spans do not nest deep in what programs write: the end of one ends all. */
static void
close_span(struct state *s)
{
	doc_off(s->m, DOC_STRONG);
	doc_off(s->m, DOC_EM);
}

static void
open_list(struct state *s, const char *name)
{
	if (s->depth++ == 0 && !s->in_row) {
		s->in_code = false;
		doc_end(s->m);
		doc_group(s->m);
		s->list = NULL;
	}
	if (list_find(s, name) != NULL)
		s->list = list_find(s, name);
}

static void
close_list(struct state *s)
{
	s->depth -= s->depth > 0;
	if (!s->in_row)
		doc_end(s->m);
	s->item_begun = true;
}

static void
open_cell(struct state *s, const char *const *attrs)
{
	const char *many = xml_attr(attrs, "number-columns-repeated");
	int64_t n = 1;

	if (!s->in_row || s->tables != 1)
		return;
	if (many != NULL && !str_to_i64(many, 1, MAX_CELLS, &n))
		n = 1;
	for (; n > 0; n--) {
		if (s->cells++ > 0)
			doc_cell(s->m);
	}
}

static void
open_table(struct state *s, const char *name, const char *const *attrs)
{
	if (strcmp(name, "table") == 0) {
		if (s->tables++ == 0) {
			s->in_code = false;
			doc_end(s->m);
			doc_group(s->m);
		}
	} else if (strcmp(name, "table-header-rows") == 0) {
		s->head_rows++;
	} else if (strcmp(name, "table-row") == 0 && s->tables == 1) {
		doc_pos(s->m, s->paras + 1);
		doc_begin(s->m, DOC_ROW, s->head_rows > 0 ? 1 : 0);
		s->in_row = true;
		s->cells = 0;
	} else if (strcmp(name, "table-cell") == 0 ||
	    strcmp(name, "covered-table-cell") == 0) {
		open_cell(s, attrs);
	}
}

static void
on_open(void *arg, const char *name, const char *const *attrs)
{
	struct state *s = arg;

	if (s->skip > 0 || is_skipped(name)) {
		s->skip++;
	} else if (strcmp(name, "p") == 0 || strcmp(name, "h") == 0) {
		open_para(s, *name == 'h', attrs);
	} else if (strcmp(name, "span") == 0) {
		open_span(s, xml_attr(attrs, "style-name"));
	} else if (strcmp(name, "s") == 0 || strcmp(name, "tab") == 0) {
		put_space(s, *name, xml_attr(attrs, "c"));
	} else if (strcmp(name, "line-break") == 0) {
		if (s->begun)
			put(s, s->look == LOOK_CODE ? "\n" : " ", 1);
	} else if (strcmp(name, "list") == 0) {
		open_list(s, xml_attr(attrs, "style-name"));
	} else if (strcmp(name, "list-item") == 0 ||
	    strcmp(name, "list-header") == 0) {
		if (!s->in_row)
			doc_end(s->m);
		s->item_begun = false;
	} else {
		open_table(s, name, attrs);
	}
}

static void
on_close(void *arg, const char *name)
{
	struct state *s = arg;

	if (s->skip > 0) {
		s->skip--;
	} else if (strcmp(name, "p") == 0 || strcmp(name, "h") == 0) {
		close_para(s);
	} else if (strcmp(name, "span") == 0) {
		close_span(s);
	} else if (strcmp(name, "list") == 0) {
		close_list(s);
	} else if (strcmp(name, "table-row") == 0 && s->tables == 1) {
		doc_end(s->m);
		s->in_row = false;
	} else if (strcmp(name, "table-header-rows") == 0) {
		s->head_rows -= s->head_rows > 0;
	} else if (strcmp(name, "table") == 0) {
		s->tables -= s->tables > 0;
	}
}

static void
on_text(void *arg, const char *p, size_t len)
{
	struct state *s = arg;

	if (s->skip == 0)
		put(s, p, len);
}

/* --- the package ------------------------------------------------------------ */

struct meta {
	struct doc_maker *m;
	struct buf text;
	bool sealed; /* the manifest names an encryption */
};

static void
meta_open(void *arg, const char *name, const char *const *attrs)
{
	struct meta *t = arg;

	(void)attrs;
	t->sealed |= strcmp(name, "encryption-data") == 0;
	buf_reset(&t->text);
}

static void
meta_close(void *arg, const char *name)
{
	struct meta *t = arg;

	if (strcmp(name, "title") == 0)
		doc_title(t->m, buf_str(&t->text), t->text.len);
	else if (strcmp(name, "language") == 0)
		doc_lang(t->m, buf_str(&t->text), t->text.len);
}

static void
meta_text(void *arg, const char *p, size_t len)
{
	struct meta *t = arg;

	if (t->text.len < 4096)
		buf_put(&t->text, p, len);
}

/* A broken part of these says nothing. */
static bool
read_meta(struct doc_maker *m, const struct package *pkg, const char *name)
{
	static const struct xml_events ev = { meta_open, meta_close,
		meta_text };
	struct meta t = { .m = m, .text = BUF_INIT };
	const char *why;
	int rv;

	rv = package_read(pkg, name, &ev, &t, &why);
	buf_free(&t.text);
	return rv == 0 && t.sealed;
}

static void
default_lang(struct state *s)
{
	const char *tag = s->lang;

	if (tag == NULL || strcmp(tag, "none") == 0 || strcmp(tag, "zxx") == 0)
		return;
	if (s->country != NULL && strcmp(s->country, "none") != 0)
		tag = arena_printf(doc_arena(s->m), "%s-%s", tag, s->country);
	doc_lang(s->m, tag, strlen(tag));
}

int
extract_odt(struct doc_maker *m, const struct package *pkg, const char **why)
{
	static const struct xml_events styles = { style_open, style_close,
		package_no_text };
	static const struct xml_events body = { on_open, on_close, on_text };
	struct state s = { .m = m };
	const struct unzip_member *part;
	const char *no;

	if (read_meta(m, pkg, "META-INF/manifest.xml")) {
		*why = "encrypted; save it without a password";
		return -1;
	}
	if ((part = package_find(pkg, "content.xml")) == NULL) {
		*why = "a damaged ODT document";
		return -1;
	}
	read_meta(m, pkg, "meta.xml");
	if (package_read(pkg, "styles.xml", &styles, &s, &no) == -1)
		s.nstyles = s.nlists = 0;
	if (xml_read(part->p, part->len, &styles, &s, why) == -1)
		return -1;
	/* A text file opened and saved as ODT is preformatted as a whole. */
	s.no_code = s.code_paras * 3 > s.all_paras * 2;
	default_lang(&s);
	if (xml_read(part->p, part->len, &body, &s, why) == -1)
		return -1;
	doc_end(m);
	return 0;
}

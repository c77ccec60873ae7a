/*
 * DOCX (ECMA-376 WordprocessingML) to a document: styles decide headings,
 * numbering decides lists. Deleted text, field codes, fallbacks and tables of
 * contents are left out. Runs in a sandboxed child.
 */
#include <stdlib.h>
#include <string.h>

#include "ai/extract.h"
#include "base/str.h"

struct style {
	const char *id;
	const char *base;
	unsigned heading; /* 1..6, 0 none */
	bool title, toc, list;
};

struct number {
	int num, abstract; /* w:num -> w:abstractNum */
};

struct format {
	int abstract;
	bool ordered; /* of the first level */
};

struct state {
	struct doc_maker *m;
	struct style *styles;
	size_t nstyles, capstyles;
	struct number *numbers;
	size_t nnumbers, capnumbers;
	struct format *formats;
	size_t nformats, capformats;
	struct buf text; /* of core properties */
	const char *core;
	/* the paragraph being read */
	const struct style *style;
	unsigned outline; /* level + 1 from the paragraph itself */
	int num, level;
	bool has_num, begun, toc_sdt;
	/* nesting */
	unsigned skip, tables, cells;
	bool in_row, in_text, head_row, in_run_props;
	int last_num;
	unsigned paras; /* lines counted for positions */
};

/* --- styles and numbering ------------------------------------------------- */

static const struct style *
style_find(const struct state *s, const char *id)
{
	size_t i;

	for (i = 0; id != NULL && i < s->nstyles; i++) {
		if (strcmp(s->styles[i].id, id) == 0)
			return &s->styles[i];
	}
	return NULL;
}

static int
number_of(const char *s, int max)
{
	int64_t n;

	return s != NULL && str_to_i64(s, 0, max, &n) ? (int)n : -1;
}

static void
style_name(struct style *st, struct arena *a, const char *name)
{
	const char *low = str_lower(a, name);

	if (str_starts(low, "heading ") && low[8] >= '1' && low[8] <= '9')
		st->heading = low[8] <= '6' ? (unsigned)(low[8] - '0') : 6;
	st->title = strcmp(low, "title") == 0;
	st->toc = str_starts(low, "toc ") || strcmp(low, "toc heading") == 0;
	st->list =
	    str_starts(low, "list bullet") || str_starts(low, "list number");
}

static void
style_open(void *arg, const char *name, const char *const *attrs)
{
	struct state *s = arg;
	struct arena *a = doc_arena(s->m);
	const char *v = xml_attr(attrs, "val");
	struct style *st;
	size_t cap;

	if (strcmp(name, "style") == 0 &&
	    (v = xml_attr(attrs, "styleId")) != NULL) {
		if (s->nstyles == s->capstyles) {
			cap = s->capstyles == 0 ? 64 : s->capstyles * 2;
			s->styles = arena_grow(a, s->styles, s->nstyles, cap,
			    sizeof(*s->styles));
			s->capstyles = cap;
		}
		s->styles[s->nstyles++] = (struct style){
			.id = arena_strdup(a, v),
		};
	}
	if (s->nstyles == 0 || v == NULL)
		return;
	st = &s->styles[s->nstyles - 1];
	if (strcmp(name, "name") == 0)
		style_name(st, a, v);
	else if (strcmp(name, "basedOn") == 0)
		st->base = arena_strdup(a, v);
	else if (strcmp(name, "outlineLvl") == 0 && st->heading == 0 &&
	    number_of(v, 5) >= 0)
		st->heading = (unsigned)number_of(v, 5) + 1;
}

/* A style without level of its own has that of the one it is based on. */
static void
styles_inherit(struct state *s)
{
	const struct style *b;
	size_t i;
	int hops;

	for (i = 0; i < s->nstyles; i++) {
		b = &s->styles[i];
		for (hops = 0;
		     hops < 10 && b != NULL && b->heading == 0 && !b->title;
		     hops++)
			b = style_find(s, b->base);
		if (b == NULL)
			continue;
		s->styles[i].heading = b->heading;
		s->styles[i].title = b->title;
	}
}

static void
number_add(struct state *s, int num)
{
	size_t cap;

	if (s->nnumbers == s->capnumbers) {
		cap = s->capnumbers == 0 ? 32 : s->capnumbers * 2;
		s->numbers = arena_grow(doc_arena(s->m), s->numbers,
		    s->nnumbers, cap, sizeof(*s->numbers));
		s->capnumbers = cap;
	}
	s->numbers[s->nnumbers++] = (struct number){ num, -1 };
}

static void
format_add(struct state *s, int abstract)
{
	size_t cap;

	if (s->nformats == s->capformats) {
		cap = s->capformats == 0 ? 32 : s->capformats * 2;
		s->formats = arena_grow(doc_arena(s->m), s->formats,
		    s->nformats, cap, sizeof(*s->formats));
		s->capformats = cap;
	}
	s->formats[s->nformats++] = (struct format){ abstract, false };
	s->level = -1;
}

static void
number_open(void *arg, const char *name, const char *const *attrs)
{
	struct state *s = arg;
	const char *v = xml_attr(attrs, "val");

	if (strcmp(name, "abstractNum") == 0)
		format_add(s,
		    number_of(xml_attr(attrs, "abstractNumId"), 1 << 30));
	else if (strcmp(name, "lvl") == 0)
		s->level = number_of(xml_attr(attrs, "ilvl"), 8);
	else if (strcmp(name, "numFmt") == 0 && s->level == 0 &&
	    s->nformats > 0 && v != NULL)
		s->formats[s->nformats - 1].ordered =
		    strcmp(v, "bullet") != 0 && strcmp(v, "none") != 0;
	else if (strcmp(name, "num") == 0)
		number_add(s, number_of(xml_attr(attrs, "numId"), 1 << 30));
	else if (strcmp(name, "abstractNumId") == 0 && s->nnumbers > 0)
		s->numbers[s->nnumbers - 1].abstract = number_of(v, 1 << 30);
}

static bool
is_ordered(const struct state *s, int num)
{
	size_t i, j;

	for (i = 0; i < s->nnumbers; i++) {
		if (s->numbers[i].num != num)
			continue;
		for (j = 0; j < s->nformats; j++) {
			if (s->formats[j].abstract == s->numbers[i].abstract)
				return s->formats[j].ordered;
		}
	}
	return false;
}

/* --- core properties ------------------------------------------------------ */

static void
core_open(void *arg, const char *name, const char *const *attrs)
{
	struct state *s = arg;

	(void)attrs;
	s->core = strcmp(name, "title") == 0 || strcmp(name, "language") == 0
	    ? name
	    : NULL;
	buf_reset(&s->text);
}

static void
core_close(void *arg, const char *name)
{
	struct state *s = arg;

	if (s->core == NULL || s->text.len == 0)
		return;
	if (strcmp(name, "title") == 0)
		doc_title(s->m, s->text.data, s->text.len);
	else if (strcmp(name, "language") == 0)
		doc_lang(s->m, s->text.data, s->text.len);
	s->core = NULL;
}

static void
core_text(void *arg, const char *p, size_t len)
{
	struct state *s = arg;

	if (s->core != NULL && s->text.len < 4096)
		buf_put(&s->text, p, len);
}

/* --- the text ------------------------------------------------------------- */

static bool
is_skipped(const char *name)
{
	static const char *const names[] = { "Fallback", "del", "moveFrom",
		"instrText", "footnoteReference", "pict" };
	size_t i;

	for (i = 0; i < NITEMS(names); i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

static void
begin_item(struct state *s)
{
	int level = s->level < 0 ? 0 : s->level > 7 ? 7 : s->level;

	if (s->num != s->last_num)
		doc_group(s->m);
	s->last_num = s->num;
	doc_begin(s->m, DOC_ITEM, (unsigned)level + 1);
	doc_ordered(s->m, is_ordered(s, s->num));
}

/* The kind is known once the paragraph's properties were read. */
static void
begin_para(struct state *s)
{
	unsigned heading = s->outline;

	s->begun = true;
	if (s->in_row) {
		doc_text(s->m, " ", 1);
		return;
	}
	if (heading == 0 && s->style != NULL)
		heading = s->style->heading;
	doc_pos(s->m, s->paras);
	if (s->style != NULL && s->style->title)
		heading = 1;
	if (heading > 0) {
		doc_begin(s->m, DOC_HEADING, heading);
	} else if ((s->has_num && s->num > 0) ||
	    (s->style != NULL && s->style->list)) {
		begin_item(s);
		return;
	} else {
		doc_begin(s->m, DOC_PARA, 0);
	}
	s->last_num = -1;
}

static void
put(struct state *s, const char *p, size_t len)
{
	if (s->skip > 0 || (s->style != NULL && s->style->toc))
		return;
	if (!s->begun)
		begin_para(s);
	doc_text(s->m, p, len);
}

static void
open_para(struct state *s)
{
	s->paras++;
	s->style = NULL;
	s->outline = 0;
	s->num = 0;
	s->level = 0;
	s->has_num = s->begun = false;
	doc_off(s->m, DOC_STRONG);
	doc_off(s->m, DOC_EM);
}

static bool
is_on(const char *val)
{
	return val == NULL ||
	    (strcmp(val, "0") != 0 && strcmp(val, "false") != 0);
}

static void
open_prop(struct state *s, const char *name, const char *val)
{
	if (strcmp(name, "pStyle") == 0)
		s->style = style_find(s, val);
	else if (strcmp(name, "outlineLvl") == 0 && number_of(val, 5) >= 0)
		s->outline = (unsigned)number_of(val, 5) + 1;
	else if (strcmp(name, "ilvl") == 0)
		s->level = number_of(val, 8);
	else if (strcmp(name, "numId") == 0) {
		s->num = number_of(val, 1 << 30);
		s->has_num = true;
	} else if (strcmp(name, "tblHeader") == 0 && is_on(val)) {
		s->head_row = true;
	} else if (strcmp(name, "docPartGallery") == 0 && val != NULL &&
	    strcmp(val, "Table of Contents") == 0) {
		s->toc_sdt = true;
	}
}

static void
open_mark(struct state *s, const char *name, const char *val)
{
	enum doc_mark mark;

	if (strcmp(name, "b") == 0)
		mark = DOC_STRONG;
	else if (strcmp(name, "i") == 0)
		mark = DOC_EM;
	else
		return;
	if (is_on(val) && (s->style == NULL || s->style->heading == 0))
		doc_on(s->m, mark);
	else
		doc_off(s->m, mark);
}

static void
open_table(struct state *s, const char *name)
{
	if (strcmp(name, "tbl") == 0) {
		if (s->tables++ == 0) {
			doc_end(s->m);
			doc_group(s->m);
		}
	} else if (strcmp(name, "tr") == 0 && s->tables == 1) {
		doc_pos(s->m, s->paras + 1);
		doc_begin(s->m, DOC_ROW, 0);
		s->in_row = true;
		s->head_row = false;
		s->cells = 0;
	} else if (strcmp(name, "tc") == 0 && s->tables == 1 &&
	    s->cells++ > 0) {
		doc_cell(s->m);
	}
}

static void
on_open(void *arg, const char *name, const char *const *attrs)
{
	struct state *s = arg;
	const char *val = xml_attr(attrs, "val");

	if (s->skip > 0 || is_skipped(name)) {
		s->skip++;
		return;
	}
	if (s->toc_sdt && strcmp(name, "sdtContent") == 0) {
		s->toc_sdt = false;
		s->skip = 1;
	} else if (strcmp(name, "p") == 0) {
		open_para(s);
	} else if (strcmp(name, "t") == 0) {
		s->in_text = true;
	} else if (strcmp(name, "tab") == 0 || strcmp(name, "br") == 0 ||
	    strcmp(name, "cr") == 0) {
		if (s->begun)
			put(s, " ", 1);
	} else if (strcmp(name, "noBreakHyphen") == 0) {
		put(s, "-", 1);
	} else if (strcmp(name, "rPr") == 0) {
		s->in_run_props = true;
		doc_off(s->m, DOC_STRONG);
		doc_off(s->m, DOC_EM);
	} else if (strcmp(name, "r") == 0) {
		doc_off(s->m, DOC_STRONG);
		doc_off(s->m, DOC_EM);
	} else if (s->in_run_props) {
		open_mark(s, name, val);
	} else {
		open_table(s, name);
		open_prop(s, name, val);
	}
}

static void
on_close(void *arg, const char *name)
{
	struct state *s = arg;

	if (s->skip > 0) {
		s->skip--;
		return;
	}
	if (strcmp(name, "t") == 0)
		s->in_text = false;
	else if (strcmp(name, "rPr") == 0)
		s->in_run_props = false;
	else if (strcmp(name, "pPr") == 0) {
		doc_off(s->m, DOC_STRONG);
		doc_off(s->m, DOC_EM);
	} else if (strcmp(name, "p") == 0) {
		if (s->begun && !s->in_row)
			doc_end(s->m);
		s->style = NULL;
	} else if (strcmp(name, "tr") == 0 && s->tables == 1 && s->in_row) {
		if (s->head_row)
			doc_head(s->m);
		doc_end(s->m);
		s->in_row = false;
	} else if (strcmp(name, "tbl") == 0) {
		s->tables -= s->tables > 0;
		s->last_num = -1;
	}
}

static void
on_text(void *arg, const char *p, size_t len)
{
	struct state *s = arg;

	if (s->in_text)
		put(s, p, len);
}

/* --- the package ---------------------------------------------------------- */

/* A part that may be absent; a broken one counts as absent. */
static void
read_part(struct state *s, const struct package *pkg, const char *name,
    const struct xml_events *ev)
{
	const char *why;

	if (package_read(pkg, name, ev, s, &why) == -1)
		s->nformats = s->nnumbers = 0;
}

/* The part that another one is related to, or its usual name. */
static const char *
part_of(const struct package_rels *rels, const char *type, const char *usual)
{
	const char *name = package_rel_of(rels, type);

	return name == NULL ? usual : name;
}

int
extract_docx(struct doc_maker *m, const struct package *pkg, const char **why)
{
	static const struct xml_events styles = { style_open, package_no_close,
		package_no_text };
	static const struct xml_events numbers = { number_open,
		package_no_close, package_no_text };
	static const struct xml_events core = { core_open, core_close,
		core_text };
	static const struct xml_events body = { on_open, on_close, on_text };
	struct state s = { .m = m, .last_num = -1 };
	const struct unzip_member *part;
	struct package_rels top, rels;
	const char *name;
	int rv;

	top = package_rels(pkg, "");
	name = part_of(&top, "officeDocument", "word/document.xml");
	if ((part = package_find(pkg, name)) == NULL) {
		*why = "a damaged DOCX document";
		return -1;
	}
	rels = package_rels(pkg, name);
	read_part(&s, pkg, part_of(&rels, "styles", "word/styles.xml"),
	    &styles);
	styles_inherit(&s);
	read_part(&s, pkg, part_of(&rels, "numbering", "word/numbering.xml"),
	    &numbers);
	rv = xml_read(part->p, part->len, &body, &s, why);
	doc_end(m);
	read_part(&s, pkg,
	    part_of(&top, "core-properties", "docProps/core.xml"), &core);
	buf_free(&s.text);
	return rv;
}

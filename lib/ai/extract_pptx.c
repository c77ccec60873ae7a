/*
 * PPTX (ECMA-376 PresentationML) to a document, in the order of the slides:
 * titles are headings, then the other shapes in their reading order, then the
 * speaker's notes. Hidden slides, dates, footers and slide numbers are left
 * out. Runs in a sandboxed child.
 */
#include <stdlib.h>
#include <string.h>

#include "ai/extract.h"
#include "base/buf.h"
#include "base/str.h"

#define MAX_SLIDES 5000
#define MAX_PLACES 64
#define LEVELS	   9

enum bullet {
	B_UNSET,
	B_NONE,
	B_CHAR,
	B_AUTO
};

/* What a shape is to its slide (p:ph type). */
enum role {
	ROLE_FREE, /* a text box, a table, a picture */
	ROLE_TITLE,
	ROLE_BODY,
	ROLE_SUBTITLE,
	ROLE_FURNITURE
};

static const struct place_type {
	const char *type;
	enum role role;
} place_types[] = {
	{ "title", ROLE_TITLE },
	{ "ctrTitle", ROLE_TITLE },
	{ "subTitle", ROLE_SUBTITLE },
	{ "dt", ROLE_FURNITURE },
	{ "ftr", ROLE_FURNITURE },
	{ "hdr", ROLE_FURNITURE },
	{ "sldNum", ROLE_FURNITURE },
	{ "sldImg", ROLE_FURNITURE },
};

/* A placeholder of a layout or master and the bullets it gives. */
struct place {
	int idx;
	enum role role;
	enum bullet bullets[LEVELS];
};

/* What the shapes of a slide inherit. */
struct design {
	struct place places[MAX_PLACES];
	size_t n;
	enum bullet body[LEVELS]; /* the master's style of bodies */
	bool opens;		  /* a title slide or section header */
};

enum pass {
	PASS_TITLE,
	PASS_REST,
	PASS_NOTES
};

struct state {
	struct doc_maker *m;
	const struct design *design;
	enum pass pass;
	/* the shape being read */
	enum role role;
	const struct place *place;
	enum bullet own[LEVELS]; /* its own list style */
	int style_level;	 /* 0..8 inside lvlNpPr, else -1 */
	/* the paragraph */
	enum bullet bullet;
	int level;
	bool in_para, in_text, begun, in_run, was_item;
	/* nesting */
	unsigned skip, cells;
	bool in_row, head_row, hidden;
};

static int
number_of(const char *s, int max)
{
	int64_t n;

	return s != NULL && str_to_i64(s, 0, max, &n) ? (int)n : -1;
}

static bool
is_on(const char *val)
{
	return val != NULL &&
	    (strcmp(val, "1") == 0 || strcmp(val, "true") == 0);
}

static enum bullet
bullet_of(const char *name)
{
	if (strcmp(name, "buNone") == 0)
		return B_NONE;
	if (strcmp(name, "buAutoNum") == 0)
		return B_AUTO;
	if (strcmp(name, "buChar") == 0 || strcmp(name, "buBlip") == 0)
		return B_CHAR;
	return B_UNSET;
}

/* 0..8 of lvl1pPr..lvl9pPr, else -1. */
static int
style_level(const char *name)
{
	return str_starts(name, "lvl") && name[3] >= '1' && name[3] <= '9' &&
		strcmp(name + 4, "pPr") == 0
	    ? name[3] - '1'
	    : -1;
}

static enum role
role_of(const char *type)
{
	size_t i;

	for (i = 0; type != NULL && i < NITEMS(place_types); i++) {
		if (strcmp(place_types[i].type, type) == 0)
			return place_types[i].role;
	}
	return ROLE_BODY;
}

/* --- layout and master ------------------------------------------------------ */

struct design_reader {
	struct design *d;
	struct place *place; /* that is being read */
	bool in_body;	     /* of the master's styles */
	int level;
};

static void
design_open(void *arg, const char *name, const char *const *attrs)
{
	struct design_reader *r = arg;
	enum bullet b;

	if (strcmp(name, "sldLayout") == 0) {
		r->d->opens = str_eq(xml_attr(attrs, "type"), "title") ||
		    str_eq(xml_attr(attrs, "type"), "secHead");
	} else if (strcmp(name, "sp") == 0) {
		r->place = NULL;
	} else if (strcmp(name, "ph") == 0 && r->d->n < MAX_PLACES) {
		r->place = &r->d->places[r->d->n++];
		*r->place = (struct place){
			.idx = number_of(xml_attr(attrs, "idx"), 1 << 30),
			.role = role_of(xml_attr(attrs, "type")),
		};
	} else if (strcmp(name, "bodyStyle") == 0) {
		r->in_body = true;
		r->place = NULL;
	} else if (style_level(name) >= 0) {
		r->level = style_level(name);
	} else if ((b = bullet_of(name)) != B_UNSET && r->level >= 0) {
		if (r->in_body && r->d->body[r->level] == B_UNSET)
			r->d->body[r->level] = b;
		else if (r->place != NULL)
			r->place->bullets[r->level] = b;
	}
}

static void
design_close(void *arg, const char *name)
{
	struct design_reader *r = arg;

	if (strcmp(name, "bodyStyle") == 0)
		r->in_body = false;
	else if (style_level(name) >= 0)
		r->level = -1;
	else if (strcmp(name, "sp") == 0)
		r->place = NULL;
}

/* The layout first, then its master: the first placeholder that fits counts. */
static void
design_read(struct design *d, const struct package *pkg,
    const struct package_rels *slide)
{
	static const struct xml_events ev = { design_open, design_close,
		package_no_text };
	struct design_reader r = { .d = d, .level = -1 };
	const char *layout, *why;
	struct package_rels rels;

	*d = (struct design){ 0 };
	if ((layout = package_rel_of(slide, "slideLayout")) == NULL)
		return;
	if (package_read(pkg, layout, &ev, &r, &why) == -1)
		return;
	rels = package_rels(pkg, layout);
	r = (struct design_reader){ .d = d, .level = -1 };
	if (package_read(pkg, package_rel_of(&rels, "slideMaster"), &ev, &r,
		&why) == -1)
		return;
}

static const struct place *
design_place(const struct design *d, int idx, enum role role)
{
	size_t i;

	for (i = 0; idx >= 0 && i < d->n; i++) {
		if (d->places[i].idx == idx)
			return &d->places[i];
	}
	for (i = 0; i < d->n; i++) {
		if (d->places[i].role == role)
			return &d->places[i];
	}
	return NULL;
}

/* --- shapes ----------------------------------------------------------------- */

/* The nearest that says something: paragraph, shape, placeholder, master. */
static enum bullet
bullet_now(const struct state *s)
{
	if (s->bullet != B_UNSET)
		return s->bullet;
	if (s->own[s->level] != B_UNSET)
		return s->own[s->level];
	if (s->place != NULL && s->place->bullets[s->level] != B_UNSET)
		return s->place->bullets[s->level];
	if (s->role == ROLE_BODY && s->pass != PASS_NOTES)
		return s->design->body[s->level] != B_UNSET
		    ? s->design->body[s->level]
		    : B_CHAR;
	return B_NONE;
}

static bool
is_wanted(const struct state *s)
{
	if (s->role == ROLE_FURNITURE)
		return false;
	if (s->pass == PASS_NOTES)
		return s->role == ROLE_BODY;
	return (s->role == ROLE_TITLE) == (s->pass == PASS_TITLE);
}

static void
begin_title(struct state *s)
{
	if (doc_is_open(s->m))
		doc_text(s->m, " ", 1);
	else
		doc_begin(s->m, DOC_HEADING, s->design->opens ? 1 : 2);
}

/* The kind is known once the paragraph's properties were read. */
static void
begin_para(struct state *s)
{
	enum bullet b = bullet_now(s);

	s->begun = true;
	if (s->in_row) {
		doc_text(s->m, " ", 1);
	} else if (s->role == ROLE_TITLE) {
		begin_title(s);
	} else if (b == B_NONE) {
		doc_begin(s->m, DOC_PARA, 0);
		s->was_item = false;
	} else {
		if (!s->was_item)
			doc_group(s->m);
		s->was_item = true;
		doc_begin(s->m, DOC_ITEM,
		    s->level < 8 ? (unsigned)s->level + 1 : 8);
		doc_ordered(s->m, b == B_AUTO);
	}
}

static void
put(struct state *s, const char *p, size_t len)
{
	if (!is_wanted(s))
		return;
	if (!s->begun)
		begin_para(s);
	doc_text(s->m, p, len);
}

static void
open_shape(struct state *s)
{
	s->role = ROLE_FREE;
	s->place = NULL;
	s->was_item = false;
	memset(s->own, 0, sizeof(s->own));
}

static void
open_place(struct state *s, const char *const *attrs)
{
	s->role = role_of(xml_attr(attrs, "type"));
	s->place = design_place(s->design,
	    number_of(xml_attr(attrs, "idx"), 1 << 30), s->role);
}

static void
open_para(struct state *s)
{
	s->in_para = true;
	s->begun = false;
	s->bullet = B_UNSET;
	s->level = 0;
}

static void
open_run_props(struct state *s, const char *const *attrs)
{
	if (!s->in_run || s->role == ROLE_TITLE)
		return;
	if (is_on(xml_attr(attrs, "b")))
		doc_on(s->m, DOC_STRONG);
	if (is_on(xml_attr(attrs, "i")))
		doc_on(s->m, DOC_EM);
}

static void
close_run(struct state *s)
{
	s->in_run = false;
	doc_off(s->m, DOC_STRONG);
	doc_off(s->m, DOC_EM);
}

static void
open_table(struct state *s, const char *name, const char *const *attrs)
{
	if (!is_wanted(s))
		return;
	if (strcmp(name, "tbl") == 0) {
		doc_end(s->m);
		doc_group(s->m);
		s->head_row = false;
	} else if (strcmp(name, "tblPr") == 0) {
		s->head_row = is_on(xml_attr(attrs, "firstRow"));
	} else if (strcmp(name, "tr") == 0) {
		doc_begin(s->m, DOC_ROW, s->head_row ? 1 : 0);
		s->head_row = false;
		s->in_row = true;
		s->cells = 0;
	} else if (strcmp(name, "tc") == 0 && s->in_row && s->cells++ > 0) {
		doc_cell(s->m);
	}
}

static void
open_text(struct state *s, const char *name, const char *const *attrs)
{
	int lvl;

	if (strcmp(name, "pPr") == 0) {
		lvl = number_of(xml_attr(attrs, "lvl"), LEVELS - 1);
		s->level = lvl < 0 ? 0 : lvl;
	} else if (bullet_of(name) != B_UNSET) {
		s->bullet = bullet_of(name);
	} else if (strcmp(name, "r") == 0) {
		s->in_run = true;
	} else if (strcmp(name, "rPr") == 0) {
		open_run_props(s, attrs);
	} else if (strcmp(name, "br") == 0) {
		if (s->begun)
			put(s, " ", 1);
	} else if (strcmp(name, "t") == 0) {
		s->in_text = true;
	}
}

/* What stands in a slide without being its text. */
static bool
is_skipped(const char *name, const char *const *attrs)
{
	const char *type = xml_attr(attrs, "type");

	if (strcmp(name, "Fallback") == 0)
		return true;
	return strcmp(name, "fld") == 0 && type != NULL &&
	    (strcmp(type, "slidenum") == 0 || str_starts(type, "datetime"));
}

static void
on_open(void *arg, const char *name, const char *const *attrs)
{
	struct state *s = arg;

	if (s->skip > 0 || is_skipped(name, attrs)) {
		s->skip++;
	} else if (strcmp(name, "sld") == 0) {
		s->hidden = str_eq(xml_attr(attrs, "show"), "0") ||
		    str_eq(xml_attr(attrs, "show"), "false");
	} else if (strcmp(name, "sp") == 0 ||
	    strcmp(name, "graphicFrame") == 0) {
		open_shape(s);
	} else if (strcmp(name, "ph") == 0) {
		open_place(s, attrs);
	} else if (strcmp(name, "p") == 0) {
		open_para(s);
	} else if (s->in_para) {
		open_text(s, name, attrs);
	} else if (style_level(name) >= 0) {
		s->style_level = style_level(name);
	} else if (bullet_of(name) != B_UNSET && s->style_level >= 0) {
		s->own[s->style_level] = bullet_of(name);
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
	} else if (strcmp(name, "t") == 0) {
		s->in_text = false;
	} else if (strcmp(name, "r") == 0) {
		close_run(s);
	} else if (strcmp(name, "p") == 0) {
		s->in_para = false;
		if (s->begun && !s->in_row && s->role != ROLE_TITLE)
			doc_end(s->m);
	} else if (strcmp(name, "tr") == 0 && s->in_row) {
		doc_end(s->m);
		s->in_row = false;
	} else if (strcmp(name, "sp") == 0 ||
	    strcmp(name, "graphicFrame") == 0) {
		doc_end(s->m);
		s->role = ROLE_FREE;
	} else if (style_level(name) >= 0) {
		s->style_level = -1;
	}
}

static void
on_text(void *arg, const char *p, size_t len)
{
	struct state *s = arg;

	if (s->in_text && s->skip == 0 && !s->hidden)
		put(s, p, len);
}

/* One pass over a part; *hidden says that the slide is not shown. */
static int
read_shapes(struct doc_maker *m, const struct package *pkg, const char *name,
    const struct design *d, enum pass pass, bool *hidden, const char **why)
{
	static const struct xml_events ev = { on_open, on_close, on_text };
	struct state s = { .m = m, .design = d, .pass = pass };
	int rv;

	s.style_level = -1;
	rv = package_read(pkg, name, &ev, &s, why);
	close_run(&s);
	doc_end(m);
	*hidden = s.hidden;
	return rv;
}

/* --- drawn lists ------------------------------------------------------------ */

/* The texts of a SmartArt, in the order of its points. */
struct diagram {
	struct doc_maker *m;
	bool in_point, in_text;
};

static void
diagram_open(void *arg, const char *name, const char *const *attrs)
{
	struct diagram *g = arg;
	const char *type = xml_attr(attrs, "type");

	if (strcmp(name, "pt") == 0)
		g->in_point = type == NULL || strcmp(type, "node") == 0;
	else if (strcmp(name, "p") == 0 && g->in_point)
		doc_begin(g->m, DOC_ITEM, 1);
	else if (strcmp(name, "t") == 0 && doc_is_open(g->m))
		g->in_text = true;
}

static void
diagram_close(void *arg, const char *name)
{
	struct diagram *g = arg;

	if (strcmp(name, "p") == 0)
		doc_end(g->m);
	/* dgm:t is a body of a:p, a:t is text: both end here. */
	else if (strcmp(name, "t") == 0)
		g->in_text = false;
}

static void
diagram_text(void *arg, const char *p, size_t len)
{
	struct diagram *g = arg;

	if (g->in_text)
		doc_text(g->m, p, len);
}

static int
read_diagrams(struct doc_maker *m, const struct package *pkg,
    const struct package_rels *rels, const char **why)
{
	static const struct xml_events ev = { diagram_open, diagram_close,
		diagram_text };
	struct diagram g = { .m = m };
	size_t i;

	for (i = 0; i < rels->n; i++) {
		if (strcmp(rels->rel[i].type, "diagramData") != 0)
			continue;
		doc_group(m);
		if (package_read(pkg, rels->rel[i].target, &ev, &g, why) == -1)
			return -1;
		doc_end(m);
	}
	return 0;
}

/* --- the presentation ------------------------------------------------------- */

static int
read_slide(struct doc_maker *m, const struct package *pkg, const char *name,
    const char **why)
{
	struct package_rels rels = package_rels(pkg, name);
	struct design design;
	bool hidden;

	design_read(&design, pkg, &rels);
	if (read_shapes(m, pkg, name, &design, PASS_TITLE, &hidden, why) == -1)
		return -1;
	if (hidden)
		return 0;
	if (read_shapes(m, pkg, name, &design, PASS_REST, &hidden, why) == -1 ||
	    read_diagrams(m, pkg, &rels, why) == -1)
		return -1;
	return read_shapes(m, pkg, package_rel_of(&rels, "notesSlide"), &design,
	    PASS_NOTES, &hidden, why);
}

struct order {
	struct arena *a;
	const char *ids[MAX_SLIDES];
	size_t n;
	bool too_many;
};

/* p:sldId has an id of its own and, with prefix, that of the relation. */
static void
order_open(void *arg, const char *name, const char *const *attrs)
{
	struct order *o = arg;
	size_t i;

	if (strcmp(name, "sldId") != 0)
		return;
	for (i = 0; attrs != NULL && attrs[i] != NULL; i += 2) {
		if (strcmp(attrs[i], "id") != 0 ||
		    (attrs[i + 1][0] >= '0' && attrs[i + 1][0] <= '9'))
			continue;
		if (o->n == MAX_SLIDES)
			o->too_many = true;
		else
			o->ids[o->n++] = arena_strdup(o->a, attrs[i + 1]);
	}
}

struct core {
	struct doc_maker *m;
	struct buf text;
};

static void
core_open(void *arg, const char *name, const char *const *attrs)
{
	(void)name;
	(void)attrs;
	buf_reset(&((struct core *)arg)->text);
}

/*
 * A title that names its program is the one of an author who gave none, in any
 * language ("PowerPoint Presentation"); the first heading is better.
 */
static void
core_close(void *arg, const char *name)
{
	struct core *c = arg;

	if (strcmp(name, "title") == 0 &&
	    strstr(buf_str(&c->text), "PowerPoint") == NULL)
		doc_title(c->m, buf_str(&c->text), c->text.len);
	else if (strcmp(name, "language") == 0)
		doc_lang(c->m, buf_str(&c->text), c->text.len);
}

static void
core_text(void *arg, const char *p, size_t len)
{
	struct core *c = arg;

	if (c->text.len < 4096)
		buf_put(&c->text, p, len);
}

static void
read_core(struct doc_maker *m, const struct package *pkg,
    const struct package_rels *top)
{
	static const struct xml_events ev = { core_open, core_close,
		core_text };
	const char *name = package_rel_of(top, "core-properties"), *why;
	struct core c = { .m = m, .text = BUF_INIT };

	if (package_read(pkg, name, &ev, &c, &why) == -1)
		buf_reset(&c.text);
	buf_free(&c.text);
}

static int
read_slides(struct doc_maker *m, const struct package *pkg,
    const struct order *o, const struct package_rels *rels, const char **why)
{
	const char *name;
	size_t i;

	for (i = 0; i < o->n && !doc_is_full(m); i++) {
		name = package_rel_id(rels, o->ids[i]);
		if (package_find(pkg, name) == NULL) {
			*why = "a damaged PPTX document: a slide is missing";
			return -1;
		}
		doc_pos(m, (uint32_t)i + 1);
		if (read_slide(m, pkg, name, why) == -1)
			return -1;
	}
	return 0;
}

int
extract_pptx(struct doc_maker *m, const struct package *pkg, const char **why)
{
	static const struct xml_events ev = { order_open, package_no_close,
		package_no_text };
	struct package_rels top = package_rels(pkg, ""), rels;
	const char *name = package_rel_of(&top, "officeDocument");
	struct order *o;

	if (name == NULL)
		name = "ppt/presentation.xml";
	o = arena_zalloc(pkg->a, sizeof(*o));
	o->a = pkg->a;
	if (package_find(pkg, name) == NULL) {
		*why = "a damaged PPTX document";
		return -1;
	}
	if (package_read(pkg, name, &ev, o, why) == -1)
		return -1;
	if (o->too_many) {
		*why = "holds more than 5000 slides; split it";
		return -1;
	}
	rels = package_rels(pkg, name);
	if (read_slides(m, pkg, o, &rels, why) == -1)
		return -1;
	read_core(m, pkg, &top);
	return 0;
}

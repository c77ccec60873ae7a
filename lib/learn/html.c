/*
 * The sanitizer: whatever comes is parsed, and a walk over the tree writes a
 * new document from the allow-list below. Nothing of the input is copied
 * except text, always escaped, and checked attribute values. What each element
 * may hold is in the table too, so the output nests as HTML asks and every
 * browser reads it the same way.
 */
#include "learn/html.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "base/utf8.h"
#include "net/xml.h"

/*
 * Elements open in the output. Text may go above MAX_DEPTH with the elements
 * implied for it (the longest chain is tr, td), so it is never lost.
 */
#define MAX_DEPTH 44
#define MAX_OPEN  (MAX_DEPTH + 4)
#define MAX_HREF  2000

/* What an element is, and as a mask what it may hold. */
enum {
	IS_INLINE = 1,
	IS_BLOCK = 2,
	IS_ITEM = 4,	/* li */
	IS_PART = 8,	/* caption, thead, tbody, tfoot */
	IS_ROW = 16,	/* tr */
	IS_CELL = 32,	/* td, th */
	IS_LEGEND = 64, /* figcaption */
	IS_BREAK = 128, /* not kept, but ends a paragraph */
	IS_GONE = 256	/* dropped with everything inside */
};

#define FLOW (IS_INLINE | IS_BLOCK)

enum {
	KEEP_EMPTY = 1,
	VOID = 2,
	LINK = 4,
	IMAGE = 8,
	CELL = 16,
	LIST = 32
};

struct tag {
	const char *name; /* as parsed, lower case */
	const char *out;  /* as written */
	const char *wrap; /* opened for content the element cannot hold */
	unsigned is;
	unsigned holds;
	unsigned flags;
};

/* Sorted by name. */
static const struct tag tags[] = {
	{ "a", "a", NULL, IS_INLINE, IS_INLINE, LINK },
	{ "address", NULL, NULL, IS_BREAK, 0, 0 },
	{ "applet", NULL, NULL, IS_GONE, 0, 0 },
	{ "article", NULL, NULL, IS_BREAK, 0, 0 },
	{ "aside", NULL, NULL, IS_BREAK, 0, 0 },
	{ "audio", NULL, NULL, IS_GONE, 0, 0 },
	{ "b", "b", NULL, IS_INLINE, IS_INLINE, 0 },
	{ "base", NULL, NULL, IS_GONE, 0, 0 },
	{ "blockquote", "blockquote", NULL, IS_BLOCK, FLOW, 0 },
	{ "br", "br", NULL, IS_INLINE, 0, VOID },
	{ "button", NULL, NULL, IS_GONE, 0, 0 },
	{ "canvas", NULL, NULL, IS_GONE, 0, 0 },
	{ "caption", "caption", NULL, IS_PART, IS_INLINE, 0 },
	{ "center", NULL, NULL, IS_BREAK, 0, 0 },
	{ "code", "code", NULL, IS_INLINE, IS_INLINE, 0 },
	{ "dd", NULL, NULL, IS_BREAK, 0, 0 },
	{ "div", NULL, NULL, IS_BREAK, 0, 0 },
	{ "dl", NULL, NULL, IS_BREAK, 0, 0 },
	{ "dt", NULL, NULL, IS_BREAK, 0, 0 },
	{ "em", "em", NULL, IS_INLINE, IS_INLINE, 0 },
	{ "embed", NULL, NULL, IS_GONE, 0, 0 },
	{ "figcaption", "figcaption", NULL, IS_LEGEND, IS_INLINE, 0 },
	{ "figure", "figure", NULL, IS_BLOCK, FLOW | IS_LEGEND, 0 },
	{ "footer", NULL, NULL, IS_BREAK, 0, 0 },
	{ "form", NULL, NULL, IS_BREAK, 0, 0 },
	{ "frame", NULL, NULL, IS_GONE, 0, 0 },
	{ "frameset", NULL, NULL, IS_GONE, 0, 0 },
	{ "h1", "h2", NULL, IS_BLOCK, IS_INLINE, 0 },
	{ "h2", "h2", NULL, IS_BLOCK, IS_INLINE, 0 },
	{ "h3", "h3", NULL, IS_BLOCK, IS_INLINE, 0 },
	{ "h4", "h4", NULL, IS_BLOCK, IS_INLINE, 0 },
	{ "h5", "h4", NULL, IS_BLOCK, IS_INLINE, 0 },
	{ "h6", "h4", NULL, IS_BLOCK, IS_INLINE, 0 },
	{ "head", NULL, NULL, IS_GONE, 0, 0 },
	{ "header", NULL, NULL, IS_BREAK, 0, 0 },
	{ "hr", NULL, NULL, IS_BREAK, 0, 0 },
	{ "i", "i", NULL, IS_INLINE, IS_INLINE, 0 },
	{ "iframe", NULL, NULL, IS_GONE, 0, 0 },
	{ "img", "img", NULL, IS_INLINE, 0, VOID | IMAGE },
	{ "input", NULL, NULL, IS_GONE, 0, 0 },
	{ "li", "li", NULL, IS_ITEM, FLOW, 0 },
	{ "link", NULL, NULL, IS_GONE, 0, 0 },
	{ "main", NULL, NULL, IS_BREAK, 0, 0 },
	{ "math", NULL, NULL, IS_GONE, 0, 0 },
	{ "meta", NULL, NULL, IS_GONE, 0, 0 },
	{ "nav", NULL, NULL, IS_BREAK, 0, 0 },
	{ "noembed", NULL, NULL, IS_GONE, 0, 0 },
	{ "noframes", NULL, NULL, IS_GONE, 0, 0 },
	{ "noscript", NULL, NULL, IS_GONE, 0, 0 },
	{ "object", NULL, NULL, IS_GONE, 0, 0 },
	{ "ol", "ol", "li", IS_BLOCK, IS_ITEM, LIST },
	{ "option", NULL, NULL, IS_GONE, 0, 0 },
	{ "p", "p", NULL, IS_BLOCK, IS_INLINE, 0 },
	{ "pre", "pre", NULL, IS_BLOCK, IS_INLINE, 0 },
	{ "script", NULL, NULL, IS_GONE, 0, 0 },
	{ "section", NULL, NULL, IS_BREAK, 0, 0 },
	{ "select", NULL, NULL, IS_GONE, 0, 0 },
	{ "strong", "strong", NULL, IS_INLINE, IS_INLINE, 0 },
	{ "style", NULL, NULL, IS_GONE, 0, 0 },
	{ "svg", NULL, NULL, IS_GONE, 0, 0 },
	{ "table", "table", "tr", IS_BLOCK, IS_PART | IS_ROW, 0 },
	{ "tbody", "tbody", "tr", IS_PART, IS_ROW, 0 },
	{ "td", "td", NULL, IS_CELL, FLOW, KEEP_EMPTY | CELL },
	{ "template", NULL, NULL, IS_GONE, 0, 0 },
	{ "textarea", NULL, NULL, IS_GONE, 0, 0 },
	{ "tfoot", "tfoot", "tr", IS_PART, IS_ROW, 0 },
	{ "th", "th", NULL, IS_CELL, FLOW, KEEP_EMPTY | CELL },
	{ "thead", "thead", "tr", IS_PART, IS_ROW, 0 },
	{ "title", NULL, NULL, IS_GONE, 0, 0 },
	{ "tr", "tr", "td", IS_ROW, IS_CELL, 0 },
	{ "u", "u", NULL, IS_INLINE, IS_INLINE, 0 },
	{ "ul", "ul", "li", IS_BLOCK, IS_ITEM, 0 },
	{ "video", NULL, NULL, IS_GONE, 0, 0 },
	{ "xmp", NULL, NULL, IS_GONE, 0, 0 },
};

static const struct tag root = { "", "", "p", 0, IS_BLOCK, 0 };

struct open {
	const struct tag *tag;
	size_t before; /* output length before and after the start tag */
	size_t after;
	bool implied;
};

struct writer {
	struct arena *mem;
	struct buf *out;
	struct open open[MAX_OPEN]; /* open[0] is the root */
	size_t nopen;
	/* For each element around: nopen when it stood in the output, else 0. */
	size_t marks[HTML_MAX_NESTING + 1];
	size_t depth;
	size_t
	    gone;  /* elements around that are inside a dropped one, with it */
	bool text; /* html_to_text: no markup */
	bool no_images;
};

static const struct tag *
tag_find(const char *name)
{
	size_t lo, hi, mid;
	int cmp;

	lo = 0;
	hi = NITEMS(tags);
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		cmp = strcasecmp(name, tags[mid].name);
		if (cmp == 0)
			return &tags[mid];
		if (cmp < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

/* A character XML 1.0 (2.2) can hold. */
static bool
char_ok(uint32_t cp)
{
	if (cp < 0x20)
		return cp == '\t' || cp == '\n' || cp == '\r';
	return cp != 0x7f && cp != 0xfffe && cp != 0xffff;
}

/* quotes: also those, as attributes need; content reads better without. */
static void
escape_len(struct buf *b, const char *s, size_t len, bool quotes)
{
	const char *esc;
	uint32_t cp;
	size_t i, n;

	for (i = 0; i < len; i += n) {
		n = utf8_decode(s + i, len - i, &cp);
		if (n == 0) {
			n = 1;
			continue;
		}
		if (!char_ok(cp))
			continue;
		esc = n == 1 ? str_xml_entity(s[i]) : NULL;
		if (esc != NULL && (quotes || (s[i] != '"' && s[i] != '\'')))
			buf_puts(b, esc);
		else
			buf_put(b, s + i, n);
	}
}

void
html_escape_to(struct buf *b, const char *s)
{
	if (s != NULL)
		escape_len(b, s, strlen(s), true);
}

char *
html_escape(struct arena *a, const char *s)
{
	struct buf b = BUF_INIT;
	char *text;

	html_escape_to(&b, s);
	text = arena_strndup(a, buf_str(&b), b.len);
	buf_free(&b);
	return text;
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool
all_space(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len && is_space(s[i]); i++)
		continue;
	return i == len;
}

/* --- attributes ----------------------------------------------------------- */

static bool
scheme_ok(const char *url, bool image)
{
	if (strncasecmp(url, "https://", 8) == 0)
		return url[8] != '\0';
	if (strncasecmp(url, "http://", 7) == 0)
		return url[7] != '\0';
	return !image && strncasecmp(url, "mailto:", 7) == 0 && url[7] != '\0';
}

/* A file of the package itself: media/ and one plain name. */
static bool
media_ok(const char *url)
{
	size_t n;

	if (!str_starts(url, "media/"))
		return false;
	url += 6;
	n = strspn(url, "abcdefghijklmnopqrstuvwxyz0123456789._-");
	return n > 0 && url[n] == '\0' && url[0] != '.' && n <= 100;
}

static bool
url_ok(const char *url, bool image)
{
	const unsigned char *p;

	if (strlen(url) > MAX_HREF)
		return false;
	for (p = (const unsigned char *)url; *p != '\0'; p++)
		if (*p <= ' ' || *p == 0x7f || *p == '\\')
			return false;
	return scheme_ok(url, image) || (image && media_ok(url));
}

/* The value without white space around it; NULL when there is none. */
static const char *
attr_get(struct writer *w, const char *const *attrs, const char *name)
{
	const char *s = xml_attr(attrs, name);
	size_t len;

	if (s == NULL)
		return NULL;
	while (is_space(*s))
		s++;
	len = strlen(s);
	while (len > 0 && is_space(s[len - 1]))
		len--;
	return arena_strndup(w->mem, s, len);
}

static void
attr_put(struct buf *b, const char *name, const char *value)
{
	buf_printf(b, " %s=\"", name);
	escape_len(b, value, strlen(value), true);
	buf_putc(b, '"');
}

static bool
lang_ok(const char *s)
{
	size_t n;

	n = strspn(s,
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789-");
	return n > 1 && n <= 35 && s[n] == '\0' && s[0] != '-';
}

static bool
dir_ok(const char *s)
{
	return str_eq(s, "ltr") || str_eq(s, "rtl") || str_eq(s, "auto");
}

static bool
scope_ok(const char *s)
{
	return str_eq(s, "row") || str_eq(s, "col") || str_eq(s, "rowgroup") ||
	    str_eq(s, "colgroup");
}

static bool
span_ok(const char *s)
{
	int64_t n;

	return str_to_i64(s, 2, 100, &n);
}

static bool
start_ok(const char *s)
{
	int64_t n;

	return str_to_i64(s, 0, 9999, &n);
}

struct attr {
	const char *name;
	bool (*ok)(const char *);
	unsigned flags; /* elements that carry it; 0 for all */
};

static const struct attr kept_attrs[] = {
	{ "colspan", span_ok, CELL },
	{ "dir", dir_ok, 0 },
	{ "lang", lang_ok, 0 },
	{ "rowspan", span_ok, CELL },
	{ "scope", scope_ok, CELL },
	{ "start", start_ok, LIST },
};

static void
attrs_put(struct writer *w, const struct tag *tag, const char *const *attrs)
{
	const struct attr *attr;
	const char *value;
	size_t i;

	for (i = 0; i < NITEMS(kept_attrs); i++) {
		attr = &kept_attrs[i];
		if (attr->flags != 0 && (attr->flags & tag->flags) == 0)
			continue;
		value = attr_get(w, attrs, attr->name);
		if (value != NULL && attr->ok(value))
			attr_put(w->out, attr->name, value);
	}
}

/* href or src; false when the element makes no sense without it. */
static bool
url_put(struct writer *w, const struct tag *tag, const char *const *attrs)
{
	bool image = (tag->flags & IMAGE) != 0;
	const char *name = image ? "src" : "href";
	const char *value = attr_get(w, attrs, name);

	if (value == NULL || !url_ok(value, image) || (image && w->no_images))
		return false;
	attr_put(w->out, name, value);
	return true;
}

static void
alt_put(struct writer *w, const char *const *attrs)
{
	const char *value = attr_get(w, attrs, "alt");

	attr_put(w->out, "alt", value == NULL ? "" : value);
}

/* --- the output's own nesting --------------------------------------------- */

static const struct tag *
top(const struct writer *w)
{
	return w->open[w->nopen - 1].tag;
}

static bool
is_open(const struct writer *w, const struct tag *tag)
{
	size_t i;

	for (i = 1; i < w->nopen; i++)
		if (w->open[i].tag == tag)
			return true;
	return false;
}

static void
push(struct writer *w, const struct tag *tag, size_t before, bool implied)
{
	struct open *o;

	o = &w->open[w->nopen++];
	o->tag = tag;
	o->before = before;
	o->after = w->out->len;
	o->implied = implied;
}

static void
newline(struct buf *b)
{
	while (b->len > 0 && b->data[b->len - 1] == ' ')
		b->data[--b->len] = '\0';
	if (b->len > 0 && b->data[b->len - 1] != '\n')
		buf_putc(b, '\n');
}

static void
pop(struct writer *w)
{
	struct open *o;

	o = &w->open[--w->nopen];
	if (w->text) {
		if ((o->tag->is &
			(IS_BLOCK | IS_ITEM | IS_PART | IS_ROW | IS_LEGEND)) !=
		    0)
			newline(w->out);
		else if ((o->tag->is & IS_CELL) != 0)
			buf_putc(w->out, ' ');
		return;
	}
	if (w->out->len == o->after && (o->tag->flags & KEEP_EMPTY) == 0) {
		w->out->len = o->before;
		w->out->data[o->before] = '\0';
		return;
	}
	buf_printf(w->out, "</%s>", o->tag->out);
}

static void
pop_to(struct writer *w, size_t n)
{
	while (w->nopen > n)
		pop(w);
}

static void
push_implied(struct writer *w, const struct tag *tag)
{
	size_t before;

	before = w->out->len;
	if (!w->text)
		buf_printf(w->out, "<%s>", tag->out);
	push(w, tag, before, true);
}

/* How many implied elements lead from tag to one that holds is; -1: none. */
static int
wraps_needed(const struct tag *tag, unsigned is)
{
	int n;

	for (n = 0; tag != NULL && (tag->holds & is) == 0; n++)
		tag = tag->wrap == NULL ? NULL : tag_find(tag->wrap);
	return tag == NULL ? -1 : n;
}

/*
 * Makes the output ready for something of this kind, by closing implied
 * elements that cannot hold it and opening those it needs. False when it
 * cannot stand here at all.
 */
static bool
make_room(struct writer *w, unsigned is, size_t max)
{
	size_t n;
	int wraps;

	n = w->nopen;
	while ((wraps = wraps_needed(w->open[n - 1].tag, is)) == -1) {
		if (!w->open[n - 1].implied)
			return false;
		n--;
	}
	if (n + (size_t)wraps >= max)
		return false;
	pop_to(w, n);
	for (; wraps > 0; wraps--)
		push_implied(w, tag_find(top(w)->wrap));
	return true;
}

/* The end of a paragraph that has no element of its own in the output. */
static void
soft_break(struct writer *w)
{
	struct buf *b = w->out;

	while (w->open[w->nopen - 1].implied && str_eq(top(w)->out, "p"))
		pop(w);
	if (w->text)
		newline(b);
	else if ((top(w)->holds & IS_INLINE) != 0 &&
	    b->len > w->open[w->nopen - 1].after && b->data[b->len - 1] != ' ')
		buf_putc(b, ' ');
}

/* --- the walk ------------------------------------------------------------- */

static void
put_folded(struct buf *b, const char *s, size_t len)
{
	uint32_t cp;
	size_t n;

	for (; len > 0; s += n, len -= n) {
		if ((n = utf8_decode(s, len, &cp)) == 0) {
			n = 1;
			continue;
		}
		if (is_space(*s)) {
			if (b->len > 0 && b->data[b->len - 1] != ' ' &&
			    b->data[b->len - 1] != '\n')
				buf_putc(b, ' ');
		} else if (char_ok(cp))
			buf_put(b, s, n);
	}
}

static void
put_text(struct writer *w, const char *s, size_t len)
{
	if (all_space(s, len) && (top(w)->holds & IS_INLINE) == 0)
		return;
	if (!make_room(w, IS_INLINE, MAX_OPEN))
		return;
	if (w->text)
		put_folded(w->out, s, len);
	else
		escape_len(w->out, s, len, false);
}

static bool
put_start(struct writer *w, const struct tag *tag, const char *const *attrs)
{
	size_t before;

	before = w->out->len;
	if (w->text) {
		if (str_eq(tag->out, "br"))
			newline(w->out);
		else if ((tag->is & (IS_BLOCK | IS_ITEM)) != 0)
			newline(w->out);
	} else {
		buf_printf(w->out, "<%s", tag->out);
		if ((tag->flags & (LINK | IMAGE)) != 0 &&
		    !url_put(w, tag, attrs)) {
			w->out->len = before;
			w->out->data[before] = '\0';
			return false;
		}
		if ((tag->flags & IMAGE) != 0)
			alt_put(w, attrs);
		attrs_put(w, tag, attrs);
		buf_puts(w->out, (tag->flags & VOID) != 0 ? "/>" : ">");
	}
	if ((tag->flags & VOID) == 0)
		push(w, tag, before, false);
	return (tag->flags & VOID) == 0;
}

/* Opens what the element becomes: how many are open with it, 0 for nothing. */
static size_t
enter(struct writer *w, const struct tag *tag, const char *const *attrs)
{
	if ((tag->is & IS_BREAK) != 0) {
		soft_break(w);
		return 0;
	}
	if (((tag->flags & LINK) != 0 && is_open(w, tag)) ||
	    !make_room(w, tag->is, MAX_DEPTH)) {
		if ((tag->is & IS_INLINE) == 0)
			soft_break(w);
		return 0;
	}
	return put_start(w, tag, attrs) ? w->nopen : 0;
}

static void
on_open(void *arg, const char *name, const char *const *attrs)
{
	struct writer *w = arg;
	const struct tag *tag = tag_find(name);

	if (w->gone > 0 || (tag != NULL && (tag->is & IS_GONE) != 0)) {
		w->gone++;
		return;
	}
	assert(w->depth < NITEMS(w->marks));
	w->marks[w->depth++] = tag == NULL ? 0 : enter(w, tag, attrs);
}

static void
on_close(void *arg, const char *name)
{
	struct writer *w = arg;
	const struct tag *tag;
	size_t at;

	if (w->gone > 0) {
		w->gone--;
		return;
	}
	if ((at = w->marks[--w->depth]) != 0) {
		pop_to(w, at - 1);
		return;
	}
	tag = tag_find(name);
	if (tag != NULL && (tag->is & IS_INLINE) == 0)
		soft_break(w);
}

static void
on_text(void *arg, const char *p, size_t len)
{
	struct writer *w = arg;

	if (w->gone == 0)
		put_text(w, p, len);
}

/* --- parsing -------------------------------------------------------------- */

/* Only what UTF-8 and XML can hold; the parser is not asked to guess. */
static void
clean(struct buf *b, const char *s)
{
	uint32_t cp;
	size_t n, len;

	len = strlen(s);
	for (; len > 0; s += n, len -= n) {
		if ((n = utf8_decode(s, len, &cp)) == 0)
			n = 1;
		else if (char_ok(cp))
			buf_put(b, s, n);
	}
}

/* -1, and nothing written, when the input is too deep or too long to parse. */
static int
parse(struct writer *w, const char *html)
{
	static const struct xml_events events = { on_open, on_close, on_text };
	struct buf in = BUF_INIT;
	int rc = -1;

	clean(&in, html);
	if (in.len <= HTML_MAX_INPUT)
		rc = xml_walk_html(buf_str(&in), in.len, HTML_MAX_NESTING,
		    &events, w);
	buf_free(&in);
	return rc;
}

/* What is left of input that cannot be parsed: its text. */
static void
put_untagged(struct writer *w, const char *s)
{
	struct buf text = BUF_INIT;
	bool inside;

	inside = false;
	for (; *s != '\0'; s++) {
		if (*s == '<')
			inside = true;
		else if (*s == '>' && inside) {
			inside = false;
			buf_putc(&text, ' ');
		} else if (!inside)
			buf_putc(&text, *s);
	}
	put_text(w, buf_str(&text), text.len);
	buf_free(&text);
}

/* how: what the writer is to make. */
static char *
convert(struct arena *a, const char *html, const struct writer *how)
{
	struct writer w = *how;
	struct buf out = BUF_INIT;
	char *s;

	if (html == NULL || all_space(html, strlen(html)))
		return arena_strdup(a, "");
	w.mem = a;
	w.out = &out;
	push(&w, &root, 0, false);
	if (parse(&w, html) == -1)
		put_untagged(&w, html);
	pop_to(&w, 1);
	while (out.len > 0 && is_space(out.data[out.len - 1]))
		out.len--;
	s = arena_strndup(a, out.len == 0 ? "" : out.data, out.len);
	buf_free(&out);
	return s;
}

char *
html_sanitize(struct arena *a, const char *html)
{
	return convert(a, html, &(struct writer){ 0 });
}

char *
html_sanitize_prose(struct arena *a, const char *html)
{
	return convert(a, html, &(struct writer){ .no_images = true });
}

char *
html_to_text(struct arena *a, const char *html)
{
	return convert(a, html, &(struct writer){ .text = true });
}

/*
 * What "pdftohtml -xml" prints, read line by line: pages, fonts, pieces of
 * text with their place, and the outline. Pieces beside each other become one
 * line. Nothing is judged here.
 */
#include <stdlib.h>
#include <string.h>

#include "ai/pdf.h"
#include "base/str.h"
#include "base/utf8.h"

#define MAX_FONTS 4096

/* The number in name="N" before end; def when absent. */
static int
number(const char *p, const char *end, const char *name, int def)
{
	size_t n = strlen(name);
	const char *q = memmem(p, (size_t)(end - p), name, n);
	int v = 0, sign = 1;

	if (q == NULL || (q += n) + 2 >= end || q[0] != '=' || q[1] != '"')
		return def;
	q += 2;
	if (*q == '-') {
		sign = -1;
		q++;
	}
	for (; q < end && *q >= '0' && *q <= '9' && v < 1000000; q++)
		v = v * 10 + (*q - '0');
	return sign * v;
}

static bool
has(const char *p, const char *end, const char *what)
{
	return memmem(p, (size_t)(end - p), what, strlen(what)) != NULL;
}

static void
read_font(struct pdf *s, const char *p, const char *end)
{
	int id = number(p, end, " id", -1);
	struct pdf_font *f;

	if (id < 0 || id >= MAX_FONTS)
		return;
	f = &s->fonts[id];
	f->size = number(p, end, " size", 0);
	f->mono = has(p, end, "Mono") || has(p, end, "MonL") ||
	    has(p, end, "Courier") || has(p, end, "CMTT") ||
	    has(p, end, "Consol") || has(p, end, "SFTT") ||
	    has(p, end, "Typewriter");
	f->bold = has(p, end, "Bold") || has(p, end, "CMBX") ||
	    has(p, end, "Black") || has(p, end, "Heavy");
	f->slanted = has(p, end, "Italic") || has(p, end, "Oblique") ||
	    has(p, end, "CMTI");
}

/* An entity at p as a character; *n is its length in bytes. */
static uint32_t
entity(const char *p, size_t len, size_t *n)
{
	static const struct {
		const char *name;
		uint32_t cp;
	} known[] = {
		{ "&amp;", '&' },
		{ "&lt;", '<' },
		{ "&gt;", '>' },
		{ "&quot;", '"' },
		{ "&#34;", '"' },
		{ "&#39;", '\'' },
		{ "&#160;", ' ' },
		{ "&nbsp;", ' ' },
	};
	size_t i;

	for (i = 0; i < NITEMS(known); i++) {
		*n = strlen(known[i].name);
		if (len >= *n && memcmp(p, known[i].name, *n) == 0)
			return known[i].cp;
	}
	*n = 1;
	return '&';
}

static const char *
tag_mark(const char *p, size_t n)
{
	if (n == 3 && p[1] == 'b')
		return "\1";
	if (n == 4 && p[1] == '/' && p[2] == 'b')
		return "\2";
	if (n == 3 && p[1] == 'i')
		return "\3";
	if (n == 4 && p[1] == '/' && p[2] == 'i')
		return "\4";
	return "";
}

/* The text of a piece, decoded into s->text; counts what is bold. */
static void
decode(struct pdf *s, const char *p, const char *end, const struct pdf_font *f,
    size_t *letters, size_t *bold)
{
	bool in_bold = false;
	const char *gt;
	size_t n;

	buf_reset(&s->text);
	if (f->bold)
		buf_putc(&s->text, '\1');
	while (p < end) {
		if (*p == '<' &&
		    (gt = memchr(p, '>', (size_t)(end - p))) != NULL) {
			n = (size_t)(gt - p) + 1;
			if (tag_mark(p, n)[0] == '\1')
				in_bold = true;
			else if (tag_mark(p, n)[0] == '\2')
				in_bold = false;
			buf_puts(&s->text, tag_mark(p, n));
			p += n;
		} else if (*p == '&') {
			buf_putc(&s->text,
			    (char)entity(p, (size_t)(end - p), &n));
			p += n;
		} else {
			if ((unsigned char)*p > ' ') {
				++*letters;
				*bold += in_bold || f->bold;
			}
			buf_putc(&s->text, *p++);
		}
	}
	if (f->bold)
		buf_putc(&s->text, '\2');
}

static struct pdf_line *
line_new(struct pdf *s)
{
	size_t cap;

	if (s->nlines == s->cap) {
		cap = s->cap == 0 ? 1024 : s->cap * 2;
		s->lines = arena_grow(s->a, s->lines, s->nlines, cap,
		    sizeof(*s->lines));
		s->cap = cap;
	}
	return &s->lines[s->nlines++];
}

/* The piece stands beside the line's end, on the same height. */
static bool
continues(const struct pdf_line *l, int page, int top, int left, int height)
{
	int upper, lower, least;

	if (l->page != page || left < l->right - height)
		return false;
	upper = top > l->top ? top : l->top;
	lower = top + height < l->top + l->height ? top + height
						  : l->top + l->height;
	least = height < l->height ? height : l->height;
	return lower - upper > least / 2;
}

static void
append(struct pdf *s, struct pdf_line *l, int left, int height)
{
	const char *glue = "";
	int gap = left - l->right;
	char *p;
	size_t n;

	if (gap > height * 2 && l->ncells < PDF_MAX_CELLS && l->letters > 1) {
		l->cell_left[l->ncells++] = left;
		glue = "\x1f";
	} else if (gap * 8 > height) {
		glue = " ";
	}
	n = strlen(glue);
	p = arena_alloc(s->a, l->len + n + s->text.len + 1);
	memcpy(p, l->text, l->len);
	memcpy(p + l->len, glue, n);
	memcpy(p + l->len + n, buf_str(&s->text), s->text.len);
	l->len += n + s->text.len;
	p[l->len] = '\0';
	l->text = p;
}

static void
read_text(struct pdf *s, const char *p, const char *end)
{
	const char *gt = memchr(p, '>', (size_t)(end - p)), *stop;
	struct pdf_line *l;
	struct pdf_font *f;
	size_t letters = 0, bold = 0;
	int top, left, width, height, id;

	if (gt == NULL)
		return;
	stop = memmem(gt, (size_t)(end - gt), "</text>", 7);
	if (stop == NULL)
		stop = end;
	top = number(p, gt, " top", 0);
	left = number(p, gt, " left", 0);
	width = number(p, gt, " width", 0);
	height = number(p, gt, " height", 0);
	id = number(p, gt, " font", 0);
	f = &s->fonts[id < 0 || id >= MAX_FONTS ? 0 : id];
	decode(s, gt + 1, stop, f, &letters, &bold);
	if (letters == 0 || !utf8_valid(buf_str(&s->text), s->text.len))
		return;
	if (s->nlines > 0 &&
	    continues(&s->lines[s->nlines - 1], s->page, top, left, height)) {
		l = &s->lines[s->nlines - 1];
		append(s, l, left, height);
		if (f->size > l->size && letters > l->letters)
			l->size = f->size;
		l->mono = l->mono && f->mono;
	} else {
		l = line_new(s);
		*l = (struct pdf_line){ .page = s->page,
			.top = top,
			.left = left,
			.height = height,
			.size = f->size,
			.ncells = 1,
			.mono = f->mono };
		l->cell_left[0] = left;
		l->text = arena_strndup(s->a, buf_str(&s->text), s->text.len);
		l->len = s->text.len;
	}
	l->letters += letters;
	l->bold_letters += bold;
	l->right = left + width;
	if (height > l->height)
		l->height = height;
}

char *
pdf_key(struct arena *a, const char *p, size_t len, bool masked)
{
	char *out = arena_alloc(a, len + 1);
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c >= '0' && c <= '9')
			out[n++] = masked ? '#' : (char)c;
		else if (c >= 'A' && c <= 'Z')
			out[n++] = (char)(c + 32);
		else if ((c >= 'a' && c <= 'z') || c >= 0x80)
			out[n++] = (char)c;
	}
	out[n] = '\0';
	return out;
}

static void
read_item(struct pdf *s, const char *p, const char *end)
{
	static const struct pdf_font none;
	const char *gt = memchr(p, '>', (size_t)(end - p)), *stop;
	size_t cap, letters = 0, bold = 0;

	if (gt == NULL)
		return;
	stop = memmem(gt, (size_t)(end - gt), "</item>", 7);
	decode(s, gt + 1, stop == NULL ? end : stop, &none, &letters, &bold);
	if (s->nentries == s->capentries) {
		cap = s->capentries == 0 ? 64 : s->capentries * 2;
		s->entries = arena_grow(s->a, s->entries, s->nentries, cap,
		    sizeof(*s->entries));
		s->capentries = cap;
	}
	s->entries[s->nentries++] = (struct pdf_entry){
		.key = pdf_key(s->a, buf_str(&s->text), s->text.len, false),
		.depth = s->depth,
		.page = number(p, gt, " page", 0),
	};
}

static void
read_page(struct pdf *s, const char *p, const char *end)
{
	s->page = number(p, end, "number", s->page + 1);
	if (s->page < 0 || s->page >= PDF_MAX_PAGES)
		s->page = 0;
	s->page_height[s->page] = number(p, end, " height", 0);
}

/* Elements stand at the start of their line, or after stray link notes. */
static void
read_line(struct pdf *s, const char *p, const char *end)
{
	const char *lt;

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	if (p < end && *p != '<' &&
	    (lt = memmem(p, (size_t)(end - p), "<page ", 6)) != NULL)
		p = lt;
	if (end - p < 6)
		return;
	if (memcmp(p, "<text ", 6) == 0)
		read_text(s, p, end);
	else if (memcmp(p, "<page ", 6) == 0)
		read_page(s, p, end);
	else if (memcmp(p, "<fonts", 6) == 0)
		read_font(s, p, end);
	else if (memcmp(p, "<outli", 6) == 0)
		s->depth++;
	else if (memcmp(p, "</outl", 6) == 0)
		s->depth -= s->depth > 0;
	else if (memcmp(p, "<item ", 6) == 0)
		read_item(s, p, end);
}

/* A piece may hold line feeds: it ends with its closing tag. */
void
pdf_read(struct pdf *s)
{
	const char *p = s->all, *end = p + s->all_len, *nl, *close;

	s->fonts = arena_calloc(s->a, MAX_FONTS, sizeof(*s->fonts));
	for (; p < end; p = nl + 1) {
		if ((nl = memchr(p, '\n', (size_t)(end - p))) == NULL)
			nl = end;
		if (nl - p > 6 && memcmp(p, "<text ", 6) == 0) {
			close = memmem(p, (size_t)(end - p), "</text>", 7);
			if (close != NULL && close > nl) {
				nl = memchr(close, '\n', (size_t)(end - close));
				if (nl == NULL)
					nl = end;
			}
		}
		read_line(s, p, nl);
		if (nl == end)
			break;
	}
	buf_free(&s->text);
}

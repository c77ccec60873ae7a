/*
 * What "pdftohtml -xml" prints (positioned lines with fonts, and the outline)
 * to a document: headings by outline, size and weight, paragraphs by spacing,
 * lists by their marks, tables by aligned columns; running heads, page
 * numbers and tables of contents are left out. Runs in a sandboxed child.
 */
#include <stdlib.h>
#include <string.h>

#include "ai/extract.h"
#include "base/str.h"
#include "base/utf8.h"

#define MAX_FONTS 4096
#define MAX_CELLS 12
#define MAX_PAGES 20000

struct font {
	int size;
	bool mono, bold, slanted;
};

/* One line of a page: pieces that stand beside each other. */
struct line {
	int page, top, left, right, height, size;
	int cell_left[MAX_CELLS];
	unsigned ncells;
	char *text; /* UTF-8 with \1 \2 around bold, \3 \4 around slanted */
	size_t len;
	size_t letters, bold_letters;
	bool mono;
	unsigned level; /* heading level, 0 = none */
	bool outlined;	/* the outline names it */
	bool drop;
};

struct entry {
	const char *key; /* letters and digits, lowered */
	unsigned depth;
	int page;
	bool used;
};

struct state {
	struct doc_maker *m;
	struct arena *a;
	const char *all; /* the whole input, for hyphenation */
	size_t all_len;
	struct font *fonts;
	struct line *lines;
	size_t nlines, cap;
	struct entry *entries;
	size_t nentries, capentries;
	unsigned depth;
	int page, page_height[MAX_PAGES];
	int body;  /* size of running text */
	int pitch; /* usual distance of its lines */
	int right; /* usual right margin */
	struct buf text;
};

/* --- reading -------------------------------------------------------------- */

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
read_font(struct state *s, const char *p, const char *end)
{
	int id = number(p, end, " id", -1);
	struct font *f;

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
decode(struct state *s, const char *p, const char *end, const struct font *f,
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

static struct line *
line_new(struct state *s)
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
continues(const struct line *l, int page, int top, int left, int height)
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
append(struct state *s, struct line *l, int left, int height)
{
	const char *glue = "";
	int gap = left - l->right;
	char *p;
	size_t n;

	if (gap > height * 2 && l->ncells < MAX_CELLS && l->letters > 1) {
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
read_text(struct state *s, const char *p, const char *end)
{
	const char *gt = memchr(p, '>', (size_t)(end - p)), *stop;
	struct line *l;
	struct font *f;
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
		*l = (struct line){ .page = s->page,
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

/* Letters and digits of a line, lowered; digits as '#' when masked. */
static char *
key_of(struct arena *a, const char *p, size_t len, bool masked)
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
read_item(struct state *s, const char *p, const char *end)
{
	static const struct font none;
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
	s->entries[s->nentries++] = (struct entry){
		.key = key_of(s->a, buf_str(&s->text), s->text.len, false),
		.depth = s->depth,
		.page = number(p, gt, " page", 0),
	};
}

static void
read_page(struct state *s, const char *p, const char *end)
{
	s->page = number(p, end, "number", s->page + 1);
	if (s->page < 0 || s->page >= MAX_PAGES)
		s->page = 0;
	s->page_height[s->page] = number(p, end, " height", 0);
}

/* Elements stand at the start of their line, or after stray link notes. */
static void
read_line(struct state *s, const char *p, const char *end)
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
static void
read_all(struct state *s, const char *p, size_t len)
{
	const char *end = p + len, *nl, *close;

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
}

/* --- measuring ------------------------------------------------------------ */

static void
measure_body(struct state *s)
{
	size_t count[256] = { 0 }, i;
	int best = 0;

	for (i = 0; i < s->nlines; i++) {
		if (!s->lines[i].mono && s->lines[i].size > 0 &&
		    s->lines[i].size < 256)
			count[s->lines[i].size] += s->lines[i].letters;
	}
	for (i = 1; i < 256; i++) {
		if (count[i] > count[best])
			best = (int)i;
	}
	s->body = best == 0 ? 10 : best;
}

static void
measure_pitch(struct state *s)
{
	size_t count[128] = { 0 }, i;
	int d, best = 0;

	for (i = 1; i < s->nlines; i++) {
		const struct line *l = &s->lines[i];

		d = l->top - l[-1].top;
		if (l->page == l[-1].page && d > 4 && d < 128 &&
		    abs(l->size - s->body) <= 1)
			count[d]++;
	}
	for (d = 1; d < 128; d++) {
		if (count[d] > count[best])
			best = d;
	}
	s->pitch = best == 0 ? s->body * 3 / 2 : best;
}

static int
int_cmp(const void *x, const void *y)
{
	return *(const int *)x - *(const int *)y;
}

/* The right margin: what nine lines in ten do not pass. */
static void
measure_right(struct state *s)
{
	int *rights;
	size_t i, n = 0;

	rights = arena_calloc(s->a, s->nlines + 1, sizeof(*rights));
	for (i = 0; i < s->nlines; i++) {
		if (abs(s->lines[i].size - s->body) <= 1)
			rights[n++] = s->lines[i].right;
	}
	qsort(rights, n, sizeof(*rights), int_cmp);
	s->right = n == 0 ? 0 : rights[n * 9 / 10];
}

/* --- what is not text ----------------------------------------------------- */

struct edge {
	const char *key;
	struct line *l;
};

static int
edge_cmp(const void *x, const void *y)
{
	const struct edge *a = x, *b = y;
	int c = strcmp(a->key, b->key);

	return c != 0 ? c : a->l->page - b->l->page;
}

static bool
is_page_number(const char *key)
{
	return key[strspn(key, "#ivxlc")] == '\0' && strlen(key) <= 6;
}

/* A key seen n times at the edges; one with a number of its own needs less. */
static bool
repeats(const char *key, size_t n, size_t pages)
{
	if (n >= 2 && *key != '\0' &&
	    (key[0] == '#' || key[strlen(key) - 1] == '#'))
		return true;
	return n >= 3 && n * 10 >= pages;
}

/* Lines at the edges of pages that repeat, and bare page numbers. */
static void
drop_edges(struct state *s)
{
	struct edge *e;
	size_t i, j, k, n = 0, pages = 0;
	struct line *l;
	int h;

	e = arena_calloc(s->a, s->nlines + 1, sizeof(*e));
	for (i = 0; i < s->nlines; i++) {
		l = &s->lines[i];
		h = s->page_height[l->page];
		pages += i == 0 || l->page != l[-1].page;
		if (h <= 0 || l->size * 10 >= s->body * 14 ||
		    (l->top > h / 9 && l->top < h - h / 9))
			continue;
		e[n].key = key_of(s->a, l->text, l->len, true);
		e[n].l = l;
		l->drop = is_page_number(e[n++].key);
	}
	qsort(e, n, sizeof(*e), edge_cmp);
	for (i = 0; i < n; i = j) {
		for (j = i + 1; j < n && strcmp(e[i].key, e[j].key) == 0; j++)
			continue;
		if (!repeats(e[i].key, j - i, pages))
			continue;
		for (k = i; k < j; k++)
			e[k].l->drop = true;
	}
}

static bool
is_leader(const struct line *l)
{
	size_t i, dots = 0;

	for (i = 0; i < l->len; i++) {
		if (l->text[i] == '.')
			dots++;
		else if (l->text[i] != ' ' && l->text[i] != '\x1f')
			dots = 0;
		if (dots >= 4)
			return true;
	}
	return memmem(l->text, l->len, "\xe2\x80\xa6\xe2\x80\xa6", 6) != NULL;
}

static void
drop_contents(struct state *s)
{
	size_t i;

	for (i = 0; i < s->nlines; i++) {
		if (is_leader(&s->lines[i]) && !s->lines[i].mono)
			s->lines[i].drop = true;
	}
}

/* --- headings ------------------------------------------------------------- */

static bool
ends_like_text(const struct line *l)
{
	size_t n = l->len;

	while (n > 0 && ((unsigned char)l->text[n - 1] <= ' '))
		n--;
	return n > 0 && strchr(".,;:", l->text[n - 1]) != NULL &&
	    (n < 2 || l->text[n - 2] < '0' || l->text[n - 2] > '9');
}

static unsigned
outline_level(struct state *s, const struct line *l)
{
	const char *key;
	struct entry *e;
	size_t i;

	if (s->nentries == 0 || l->letters > 200)
		return 0;
	key = key_of(s->a, l->text, l->len, false);
	for (i = 0; i < s->nentries; i++) {
		e = &s->entries[i];
		if (!e->used && abs(e->page - l->page) <= 1 &&
		    *e->key != '\0' && strcmp(e->key, key) == 0) {
			e->used = true;
			return e->depth;
		}
	}
	return 0;
}

/* Larger than running text, or wholly bold, short and not a sentence. */
static bool
is_big(const struct state *s, const struct line *l)
{
	return l->size * 100 >= s->body * 112 && l->letters >= 2 &&
	    l->letters <= 200 && l->ncells <= 2;
}

static bool
is_bold(const struct state *s, const struct line *l, const struct line *prev)
{
	return l->bold_letters == l->letters && l->letters >= 3 &&
	    l->letters <= 90 && l->size >= s->body - 1 && l->ncells == 1 &&
	    !l->mono && !ends_like_text(l) &&
	    (prev == NULL || prev->page != l->page ||
		l->top - prev->top > s->pitch + 2 || l->top < prev->top);
}

/* Levels of sizes: the largest is 1, at most four sizes are told apart. */
static unsigned
size_level(const int *sizes, size_t n, int size)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (size >= sizes[i])
			return (unsigned)i + 1;
	}
	return (unsigned)n + 1;
}

static size_t
heading_sizes(const struct state *s, int sizes[4])
{
	size_t count[256] = { 0 }, i, n = 0;
	int size;

	for (i = 0; i < s->nlines; i++) {
		const struct line *l = &s->lines[i];

		if (!l->drop && is_big(s, l) && l->size < 256)
			count[l->size]++;
	}
	for (size = 255; size > s->body && n < 4; size--) {
		/* Sizes one apart are the same size, rounded. */
		if (count[size] > 0 && (n == 0 || sizes[n - 1] - size > 1))
			sizes[n++] = size;
	}
	return n;
}

/* The largest line of the first page, if it is larger than all others. */
static void
find_title(struct state *s)
{
	const struct line *best = NULL;
	size_t i;

	for (i = 0; i < s->nlines; i++) {
		if (best == NULL || s->lines[i].size > best->size)
			best = &s->lines[i];
	}
	if (best == NULL || best->page != s->lines[0].page || !is_big(s, best))
		return;
	doc_title(s->m, best->text, best->len);
}

/* A first page without running text is a cover: its title is known by now. */
static void
drop_cover(struct state *s)
{
	const struct line *l;
	size_t i, n, text = 0;

	for (n = 0; n < s->nlines && s->lines[n].page == s->lines[0].page;
	     n++) {
		l = &s->lines[n];
		text += l->letters >= 50 && abs(l->size - s->body) <= 1;
	}
	if (n == s->nlines || text > 1)
		return;
	for (i = 0; i < n; i++)
		s->lines[i].drop = true;
}

/*
 * What the outline does not name is the title when it is larger than all that
 * the outline names, else it stands below the outline.
 */
static void
level_others(struct state *s)
{
	unsigned deepest = 0;
	int largest = 0;
	size_t i;
	struct line *l;

	for (i = 0; i < s->nlines; i++) {
		l = &s->lines[i];
		if (!l->outlined)
			continue;
		if (l->level > deepest)
			deepest = l->level;
		if (l->size > largest)
			largest = l->size;
	}
	for (i = 0; i < s->nlines && deepest > 0; i++) {
		l = &s->lines[i];
		if (l->level == 0 || l->outlined)
			continue;
		l->level = l->size > largest ? 1 : deepest + 1;
		if (l->level > 6)
			l->level = 6;
	}
}

static void
mark_headings(struct state *s)
{
	const struct line *prev = NULL;
	int sizes[4] = { 0 };
	size_t i, n = heading_sizes(s, sizes);
	struct line *l;
	unsigned depth;

	for (i = 0; i < s->nlines; i++) {
		l = &s->lines[i];
		if (l->drop)
			continue;
		if ((depth = outline_level(s, l)) > 0)
			l->level = depth + 1;
		else if (is_big(s, l))
			l->level = size_level(sizes, n, l->size);
		else if (is_bold(s, l, prev))
			l->level = (unsigned)n + 1;
		l->outlined = depth > 0;
		if (l->level > 6)
			l->level = 6;
		prev = l;
	}
}

/* --- writing -------------------------------------------------------------- */

static bool
is_lower_at(const char *p)
{
	return (*p >= 'a' && *p <= 'z') ||
	    ((unsigned char)p[0] == 0xc3 && (unsigned char)p[1] >= 0x9f);
}

/* Skips marks; the first character of a line's text. */
static const char *
first(const struct line *l)
{
	const char *p = l->text;

	while (*p != '\0' && (unsigned char)*p <= ' ')
		p++;
	return p;
}

/* A word broken at the end of a line: keep its hyphen if others do. */
static bool
keep_hyphen(const struct state *s, const struct line *l, const char *next)
{
	char word[128];
	size_t i, n, m;

	for (n = 0;
	     n < 40 && n < l->len && is_lower_at(l->text + l->len - 2 - n);)
		n++;
	for (m = 0; m < 40 && is_lower_at(next + m);)
		m++;
	if (n == 0 || m == 0)
		return true;
	memcpy(word, l->text + l->len - 1 - n, n);
	memcpy(word + n, next, m);
	if (memmem(s->all, s->all_len, word, n + m) != NULL)
		return false;
	for (i = n + m; i > n; i--)
		word[i] = word[i - 1];
	word[n] = '-';
	return memmem(s->all, s->all_len, word, n + m + 1) != NULL;
}

/* Text with its marks into the open block, from byte skip. */
static void
put_marked(struct state *s, const char *p, size_t len)
{
	size_t i, start = 0;

	for (i = 0; i <= len; i++) {
		if (i < len && ((unsigned char)p[i] > 4 || p[i] == 0))
			continue;
		doc_text(s->m, p + start, i - start);
		start = i + 1;
		if (i == len)
			break;
		if (p[i] == '\1')
			doc_on(s->m, DOC_STRONG);
		else if (p[i] == '\2')
			doc_off(s->m, DOC_STRONG);
		else if (p[i] == '\3')
			doc_on(s->m, DOC_EM);
		else
			doc_off(s->m, DOC_EM);
	}
}

static void
put_line(struct state *s, const struct line *l, size_t skip,
    const struct line *next)
{
	size_t len = l->len;

	while (len > skip && l->text[len - 1] == ' ')
		len--;
	if (next != NULL && len > skip + 1 && l->text[len - 1] == '-' &&
	    len == l->len && is_lower_at(first(next)) &&
	    is_lower_at(l->text + len - 2)) {
		if (!keep_hyphen(s, l, first(next)))
			len--;
		put_marked(s, l->text + skip, len - skip);
		return;
	}
	put_marked(s, l->text + skip, len - skip);
	doc_text(s->m, " ", 1);
}

/* Bytes of a bullet or number at the start; 0 for none. */
static size_t
marker(const struct line *l, bool *ordered)
{
	static const char *const bullets[] = { "\xe2\x80\xa2", "\xe2\x97\xa6",
		"\xe2\x96\xaa", "\xe2\x80\x93 ", "\xc2\xb7", "- ",
		"\xe2\x97\x8b", "\xe2\x97\x8f", "\xe2\x96\xa0", "* ",
		"\xef\x82\xb7", "\xef\x80\xad" };
	const char *p = first(l);
	size_t i, n;

	*ordered = false;
	for (i = 0; i < NITEMS(bullets); i++) {
		n = strlen(bullets[i]);
		if (strncmp(p, bullets[i], n) == 0)
			return (size_t)(p - l->text) + n;
	}
	for (n = 0; n < 3 && p[n] >= '0' && p[n] <= '9';)
		n++;
	if (n == 0 || (p[n] != '.' && p[n] != ')') ||
	    (p[n + 1] != ' ' && p[n + 1] != '\x1f'))
		return 0;
	*ordered = true;
	return (size_t)(p - l->text) + n + 2;
}

/* The line goes on with the paragraph of the line before it. */
static bool
is_joined(const struct state *s, const struct line *prev, const struct line *l)
{
	int dy = l->top - prev->top;
	bool ordered;

	if (l->level > 0 || prev->level > 0 || abs(l->size - prev->size) > 1 ||
	    l->mono != prev->mono || marker(l, &ordered) > 0)
		return false;
	if (l->page != prev->page || dy < 0)
		return !ends_like_text(prev) && is_lower_at(first(l));
	if (dy * 10 > s->pitch * 13)
		return false;
	/* No space between paragraphs: a short last line tells. */
	if (ends_like_text(prev) && prev->right < s->right - 4 * s->body &&
	    !is_lower_at(first(l)) && l->left <= prev->left)
		return false;
	return !(ends_like_text(prev) && l->left > prev->left + s->body &&
	    l->left < prev->left + 4 * s->body);
}

/* The next line that is text, NULL at the end. */
static struct line *
next_line(struct state *s, size_t i)
{
	for (i++; i < s->nlines; i++) {
		if (!s->lines[i].drop)
			return &s->lines[i];
	}
	return NULL;
}

static bool
is_row(const struct line *l)
{
	bool ordered;

	return l->ncells >= 2 && l->level == 0 && marker(l, &ordered) == 0;
}

static bool
same_columns(const struct line *a, const struct line *b)
{
	unsigned i;

	if (a->ncells != b->ncells)
		return false;
	for (i = 0; i < a->ncells; i++) {
		if (abs(a->cell_left[i] - b->cell_left[i]) > 2 * a->height)
			return false;
	}
	return true;
}

static void
put_row(struct state *s, const struct line *l, bool header)
{
	const char *p = l->text, *end = p + l->len, *sep;

	doc_begin(s->m, DOC_ROW, header ? 1 : 0);
	for (; p <= end; p = sep + 1) {
		sep = memchr(p, DOC_CELL, (size_t)(end - p));
		if (sep == NULL)
			sep = end;
		put_marked(s, p, (size_t)(sep - p));
		if (sep == end)
			break;
		doc_cell(s->m);
	}
	doc_end(s->m);
}

/* Rows from line i; returns the line after them, i when it is no table. */
static size_t
put_table(struct state *s, size_t i)
{
	const struct line *l = &s->lines[i], *next = next_line(s, i);
	size_t k;

	if (!is_row(l) || next == NULL || !is_row(next) ||
	    !same_columns(l, next) || next->page != l->page)
		return i;
	doc_end(s->m);
	doc_group(s->m);
	for (k = i; k < s->nlines; k++) {
		const struct line *r = &s->lines[k];

		if (r->drop)
			continue;
		if (!is_row(r) || !same_columns(l, r))
			break;
		put_row(s, r, k == i && r->bold_letters == r->letters);
	}
	return k;
}

static void
begin_block(struct state *s, const struct line *l, const struct line *next,
    bool *in_list)
{
	bool ordered;
	size_t skip = marker(l, &ordered);

	if (l->level > 0) {
		doc_begin(s->m, DOC_HEADING, l->level);
		doc_off(s->m, DOC_STRONG);
		skip = 0;
	} else if (l->mono) {
		doc_begin(s->m, DOC_CODE, 0);
	} else if (skip > 0) {
		if (!*in_list)
			doc_group(s->m);
		doc_begin(s->m, DOC_ITEM, 1);
		doc_ordered(s->m, ordered);
	} else {
		doc_begin(s->m, DOC_PARA, 0);
	}
	*in_list = skip > 0;
	put_line(s, l, skip, next);
}

/* A heading of two lines: same size, close together. */
static bool
is_long_heading(const struct line *prev, const struct line *l)
{
	return prev != NULL && prev->level > 0 && l->level == prev->level &&
	    l->size == prev->size && l->page == prev->page &&
	    l->top > prev->top && l->top - prev->top < prev->height * 2 &&
	    prev->letters + l->letters < 150 &&
	    !(*first(l) >= '0' && *first(l) <= '9');
}

static void
write_all(struct state *s)
{
	const struct line *prev = NULL, *next;
	bool in_list = false;
	struct line *l;
	size_t i, end;

	for (i = 0; i < s->nlines && !doc_is_full(s->m); i++) {
		l = &s->lines[i];
		if (l->drop)
			continue;
		doc_pos(s->m, (uint32_t)l->page);
		if ((end = put_table(s, i)) != i) {
			i = end - 1;
			prev = NULL;
			in_list = false;
			continue;
		}
		next = next_line(s, i);
		if (prev != NULL && doc_is_open(s->m) && l->mono &&
		    prev->mono && l->level == 0) {
			doc_text(s->m, "\n", 1);
			put_line(s, l, 0, NULL);
		} else if (prev != NULL && doc_is_open(s->m) &&
		    (is_joined(s, prev, l) || is_long_heading(prev, l))) {
			put_line(s, l, 0, next);
		} else {
			begin_block(s, l, next, &in_list);
		}
		prev = l;
	}
	doc_end(s->m);
}

int
extract_pdf(struct doc_maker *m, const char *p, size_t len, const char **why)
{
	struct state *s;
	struct arena *a = doc_arena(m);

	s = arena_zalloc(a, sizeof(*s));
	s->m = m;
	s->a = a;
	s->all = p;
	s->all_len = len;
	s->fonts = arena_calloc(a, MAX_FONTS, sizeof(*s->fonts));
	read_all(s, p, len);
	buf_free(&s->text);
	if (s->nlines == 0) {
		*why = "a PDF without text (scanned pages?)";
		return -1;
	}
	measure_body(s);
	drop_edges(s);
	drop_contents(s);
	measure_pitch(s);
	measure_right(s);
	find_title(s);
	drop_cover(s);
	mark_headings(s);
	level_others(s);
	write_all(s);
	return 0;
}

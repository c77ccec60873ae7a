/*
 * What the lines of a PDF are: the measures of running text, what is not text
 * (running heads, page numbers, lists of contents, covers), and the levels of
 * headings by outline, size and weight.
 */
#include <stdlib.h>
#include <string.h>

#include "ai/pdf.h"

/* --- measuring ------------------------------------------------------------ */

static void
measure_body(struct pdf *s)
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
measure_pitch(struct pdf *s)
{
	size_t count[128] = { 0 }, i;
	int d, best = 0;

	for (i = 1; i < s->nlines; i++) {
		const struct pdf_line *l = &s->lines[i];

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
measure_right(struct pdf *s)
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
	struct pdf_line *l;
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
drop_edges(struct pdf *s)
{
	struct edge *e;
	size_t i, j, k, n = 0, pages = 0;
	struct pdf_line *l;
	int h;

	e = arena_calloc(s->a, s->nlines + 1, sizeof(*e));
	for (i = 0; i < s->nlines; i++) {
		l = &s->lines[i];
		h = s->page_height[l->page];
		pages += i == 0 || l->page != l[-1].page;
		if (h <= 0 || l->size * 10 >= s->body * 14 ||
		    (l->top > h / 9 && l->top < h - h / 9))
			continue;
		e[n].key = pdf_key(s->a, l->text, l->len, true);
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
is_leader(const struct pdf_line *l)
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
drop_contents(struct pdf *s)
{
	size_t i;

	for (i = 0; i < s->nlines; i++) {
		if (is_leader(&s->lines[i]) && !s->lines[i].mono)
			s->lines[i].drop = true;
	}
}

/* --- headings ------------------------------------------------------------- */

bool
pdf_ends_like_text(const struct pdf_line *l)
{
	size_t n = l->len;

	while (n > 0 && ((unsigned char)l->text[n - 1] <= ' '))
		n--;
	return n > 0 && strchr(".,;:", l->text[n - 1]) != NULL &&
	    (n < 2 || l->text[n - 2] < '0' || l->text[n - 2] > '9');
}

static unsigned
outline_level(struct pdf *s, const struct pdf_line *l)
{
	const char *key;
	struct pdf_entry *e;
	size_t i;

	if (s->nentries == 0 || l->letters > 200)
		return 0;
	key = pdf_key(s->a, l->text, l->len, false);
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
is_big(const struct pdf *s, const struct pdf_line *l)
{
	return l->size * 100 >= s->body * 112 && l->letters >= 2 &&
	    l->letters <= 200 && l->ncells <= 2;
}

static bool
is_bold(const struct pdf *s, const struct pdf_line *l,
    const struct pdf_line *prev)
{
	return l->bold_letters == l->letters && l->letters >= 3 &&
	    l->letters <= 90 && l->size >= s->body - 1 && l->ncells == 1 &&
	    !l->mono && !pdf_ends_like_text(l) &&
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
heading_sizes(const struct pdf *s, int sizes[4])
{
	size_t count[256] = { 0 }, i, n = 0;
	int size;

	for (i = 0; i < s->nlines; i++) {
		const struct pdf_line *l = &s->lines[i];

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
find_title(struct pdf *s)
{
	const struct pdf_line *best = NULL;
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
drop_cover(struct pdf *s)
{
	const struct pdf_line *l;
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
level_others(struct pdf *s)
{
	unsigned deepest = 0;
	int largest = 0;
	size_t i;
	struct pdf_line *l;

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
mark_headings(struct pdf *s)
{
	const struct pdf_line *prev = NULL;
	int sizes[4] = { 0 };
	size_t i, n = heading_sizes(s, sizes);
	struct pdf_line *l;
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

/* --- the whole ------------------------------------------------------------ */

void
pdf_shape(struct pdf *s)
{
	measure_body(s);
	drop_edges(s);
	drop_contents(s);
	measure_pitch(s);
	measure_right(s);
	find_title(s);
	drop_cover(s);
	mark_headings(s);
	level_others(s);
}

/*
 * What "pdftohtml -xml" prints (positioned lines with fonts, and the outline)
 * to a document: pdf.h reads the lines and tells headings from text; here
 * they become paragraphs by spacing, lists by their marks, tables by aligned
 * columns. Runs in a sandboxed child.
 */
#include <stdlib.h>
#include <string.h>

#include "ai/extract.h"
#include "ai/pdf.h"
#include "base/str.h"

static bool
is_lower_at(const char *p)
{
	return (*p >= 'a' && *p <= 'z') ||
	    ((unsigned char)p[0] == 0xc3 && (unsigned char)p[1] >= 0x9f);
}

/* Skips marks; the first character of a line's text. */
static const char *
first(const struct pdf_line *l)
{
	const char *p = l->text;

	while (*p != '\0' && (unsigned char)*p <= ' ')
		p++;
	return p;
}

/* A word broken at the end of a line: keep its hyphen if others do. */
static bool
keep_hyphen(const struct pdf *s, const struct pdf_line *l, const char *next)
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
put_marked(struct pdf *s, const char *p, size_t len)
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
put_line(struct pdf *s, const struct pdf_line *l, size_t skip,
    const struct pdf_line *next)
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
marker(const struct pdf_line *l, bool *ordered)
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
is_joined(const struct pdf *s, const struct pdf_line *prev,
    const struct pdf_line *l)
{
	int dy = l->top - prev->top;
	bool ordered;

	if (l->level > 0 || prev->level > 0 || abs(l->size - prev->size) > 1 ||
	    l->mono != prev->mono || marker(l, &ordered) > 0)
		return false;
	if (l->page != prev->page || dy < 0)
		return !pdf_ends_like_text(prev) && is_lower_at(first(l));
	if (dy * 10 > s->pitch * 13)
		return false;
	/* No space between paragraphs: a short last line tells. */
	if (pdf_ends_like_text(prev) && prev->right < s->right - 4 * s->body &&
	    !is_lower_at(first(l)) && l->left <= prev->left)
		return false;
	return !(pdf_ends_like_text(prev) && l->left > prev->left + s->body &&
	    l->left < prev->left + 4 * s->body);
}

/* The next line that is text, NULL at the end. */
static struct pdf_line *
next_line(struct pdf *s, size_t i)
{
	for (i++; i < s->nlines; i++) {
		if (!s->lines[i].drop)
			return &s->lines[i];
	}
	return NULL;
}

static bool
is_row(const struct pdf_line *l)
{
	bool ordered;

	return l->ncells >= 2 && l->level == 0 && marker(l, &ordered) == 0;
}

static bool
same_columns(const struct pdf_line *a, const struct pdf_line *b)
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
put_row(struct pdf *s, const struct pdf_line *l, bool header)
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
put_table(struct pdf *s, size_t i)
{
	const struct pdf_line *l = &s->lines[i], *next = next_line(s, i);
	size_t k;

	if (!is_row(l) || next == NULL || !is_row(next) ||
	    !same_columns(l, next) || next->page != l->page)
		return i;
	doc_end(s->m);
	doc_group(s->m);
	for (k = i; k < s->nlines; k++) {
		const struct pdf_line *r = &s->lines[k];

		if (r->drop)
			continue;
		if (!is_row(r) || !same_columns(l, r))
			break;
		put_row(s, r, k == i && r->bold_letters == r->letters);
	}
	return k;
}

static void
begin_block(struct pdf *s, const struct pdf_line *l,
    const struct pdf_line *next, bool *in_list)
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
is_long_heading(const struct pdf_line *prev, const struct pdf_line *l)
{
	return prev != NULL && prev->level > 0 && l->level == prev->level &&
	    l->size == prev->size && l->page == prev->page &&
	    l->top > prev->top && l->top - prev->top < prev->height * 2 &&
	    prev->letters + l->letters < 150 &&
	    !(*first(l) >= '0' && *first(l) <= '9');
}

static void
write_all(struct pdf *s)
{
	const struct pdf_line *prev = NULL, *next;
	bool in_list = false;
	struct pdf_line *l;
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
	struct pdf *s;
	struct arena *a = doc_arena(m);

	s = arena_zalloc(a, sizeof(*s));
	s->m = m;
	s->a = a;
	s->all = p;
	s->all_len = len;
	pdf_read(s);
	if (s->nlines == 0) {
		*why = "a PDF without text (scanned pages?)";
		return -1;
	}
	pdf_shape(s);
	write_all(s);
	return 0;
}

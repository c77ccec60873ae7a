/*
 * Plain text and formatted manual pages to a document. Structure is read from
 * what people do by hand: underlines, numbers, capitals, indents, bullets.
 */
#include <string.h>

#include "ai/extract.h"
#include "base/str.h"
#include "base/utf8.h"

struct line {
	const char *p; /* after the indent */
	size_t len;    /* without white space at the end; 0 = blank */
	unsigned indent;
};

struct state {
	struct doc_maker *m;
	struct line *lines;
	size_t nlines;
	bool man;      /* a formatted manual page */
	unsigned base; /* indent of its running text */
	bool in_list;
	bool code_next; /* the section holds code: SYNOPSIS */
	bool titled;
};

/* --- lines ---------------------------------------------------------------- */

/* Terminal output to text: overstrikes, colours and carriage returns go. */
static char *
plain(struct arena *a, const char *p, size_t len, size_t *outlen)
{
	char *out;
	size_t i, n = 0;

	out = arena_alloc(a, len + 1);
	for (i = 0; i < len; i++) {
		if (p[i] == '\b') {
			while (
			    n > 0 && ((unsigned char)out[n - 1] & 0xc0) == 0x80)
				n--;
			n -= n > 0 && out[n - 1] != '\n';
		} else if (p[i] == 0x1b && i + 1 < len && p[i + 1] == '[') {
			for (i += 2; i < len && (unsigned char)p[i] < 0x40; i++)
				continue;
		} else if (p[i] == '\r') {
			if (i + 1 == len || p[i + 1] != '\n')
				out[n++] = '\n';
		} else {
			out[n++] = p[i] == '\f' ? '\n' : p[i];
		}
	}
	out[n] = '\0';
	*outlen = n;
	return out;
}

static struct line
line_at(const char *p, size_t len)
{
	struct line l = { p, len, 0 };

	while (l.len > 0 && (*l.p == ' ' || *l.p == '\t')) {
		l.indent = *l.p == '\t' ? (l.indent | 7) + 1 : l.indent + 1;
		l.p++;
		l.len--;
	}
	while (l.len > 0 && (l.p[l.len - 1] == ' ' || l.p[l.len - 1] == '\t'))
		l.len--;
	return l;
}

static void
split(struct state *s, struct arena *a, const char *p, size_t len)
{
	const char *nl;
	size_t i, n = 1;

	for (i = 0; i < len; i++)
		n += p[i] == '\n';
	s->lines = arena_calloc(a, n, sizeof(*s->lines));
	while (len > 0) {
		nl = memchr(p, '\n', len);
		n = nl == NULL ? len : (size_t)(nl - p);
		s->lines[s->nlines++] = line_at(p, n);
		n += nl != NULL;
		p += n;
		len -= n;
	}
}

static const struct line *
at(const struct state *s, size_t i)
{
	static const struct line blank = { "", 0, 0 };

	return i < s->nlines ? &s->lines[i] : &blank;
}

/* --- what a line looks like ----------------------------------------------- */

static bool
is_rule(const struct line *l)
{
	size_t i;

	if (l->len < 3 || strchr("=-~*_#^+", l->p[0]) == NULL)
		return false;
	for (i = 1; i < l->len; i++) {
		if (l->p[i] != l->p[0])
			return false;
	}
	return true;
}

static bool
is_upper_text(const struct line *l)
{
	size_t i, upper = 0;

	for (i = 0; i < l->len; i++) {
		if (l->p[i] >= 'a' && l->p[i] <= 'z')
			return false;
		upper += l->p[i] >= 'A' && l->p[i] <= 'Z';
		upper += (unsigned char)l->p[i] == 0xc3 && i + 1 < l->len &&
		    (unsigned char)l->p[i + 1] < 0x9f;
	}
	return upper >= 3;
}

static bool
ends_with(const struct line *l, const char *set)
{
	return l->len > 0 && strchr(set, l->p[l->len - 1]) != NULL;
}

static unsigned
count_words(const struct line *l)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < l->len; i++)
		n += l->p[i] != ' ' && (i == 0 || l->p[i - 1] == ' ');
	return n;
}

/* Bytes of a bullet or number with its white space; 0 for none. */
static size_t
marker(const struct line *l, bool *ordered)
{
	static const char *const bullets[] = { "- ", "* ", "+ ", "o ",
		"\xe2\x80\xa2", "\xc2\xb7", "\xe2\x80\x93 ", "\xe2\x97\xa6",
		"\xe2\x96\xaa", "\xef\x82\xb7" };
	size_t i, n;

	*ordered = false;
	for (i = 0; i < NITEMS(bullets); i++) {
		n = strlen(bullets[i]);
		if (l->len > n && memcmp(l->p, bullets[i], n) == 0)
			return n;
	}
	for (n = 0; n < l->len && n < 3 && l->p[n] >= '0' && l->p[n] <= '9';)
		n++;
	if (n == 0 && l->len > 2 && l->p[0] >= 'a' && l->p[0] <= 'z' &&
	    l->p[1] == ')')
		n = 1;
	if (n == 0 || n + 2 > l->len || (l->p[n] != '.' && l->p[n] != ')') ||
	    l->p[n + 1] != ' ')
		return 0;
	*ordered = true;
	return n + 2;
}

/* The depth of "2.3 Title" (2), 0 when it is not such a line. */
static unsigned
numbered(const struct line *l)
{
	unsigned depth = 0;
	size_t i = 0, start;

	while (i < l->len) {
		start = i;
		while (i < l->len && i - start < 3 && l->p[i] >= '0' &&
		    l->p[i] <= '9')
			i++;
		if (i == start)
			break;
		depth++;
		if (i < l->len && l->p[i] == '.')
			i++;
	}
	if (depth == 0 || depth > 6 || i + 2 >= l->len || l->p[i] != ' ')
		return 0;
	while (l->p[i] == ' ')
		i++;
	if (!((l->p[i] >= 'A' && l->p[i] <= 'Z') ||
		(unsigned char)l->p[i] >= 0xc0) ||
	    ends_with(l, ".,;:"))
		return 0;
	return l->len <= 90 ? depth : 0;
}

static void
heading(struct state *s, unsigned level, const char *p, size_t len)
{
	doc_begin(s->m, DOC_HEADING, level < 6 ? level : 6);
	doc_text(s->m, p, len);
	doc_end(s->m);
	s->in_list = false;
}

/* --- plain text ----------------------------------------------------------- */

/* The level when line i, alone between blank lines, is a heading; else 0. */
static unsigned
lone_heading(const struct state *s, size_t i)
{
	const struct line *l = at(s, i);
	unsigned depth;
	size_t next = i + 1;
	bool ordered;

	if (at(s, i + 1)->len != 0 || (i > 0 && at(s, i - 1)->len != 0) ||
	    l->len > 90 || ends_with(l, ",;"))
		return 0;
	while (next < s->nlines && at(s, next)->len == 0)
		next++;
	if (next >= s->nlines)
		return 0;
	depth = numbered(l);
	if (depth == 1 && numbered(at(s, next)) == 1)
		return 0; /* a list with blank lines between its items */
	if (depth > 0)
		return depth + 1;
	if (marker(l, &ordered) > 0 || ends_with(l, ".:!"))
		return 0;
	if (is_upper_text(l) && count_words(l) <= 10)
		return 2;
	if (l->indent > 3 || count_words(l) > 9 || l->len > 70 ||
	    (l->p[0] >= 'a' && l->p[0] <= 'z') ||
	    strchr("\"'(<[{|$#>", l->p[0]) != NULL)
		return 0;
	return at(s, next)->indent <= 3 || !s->man ? 3 : 0;
}

/* The first line of a text, standing alone, is its title. */
static bool
is_title(const struct state *s, size_t i)
{
	const struct line *l = at(s, i);
	size_t k;

	for (k = 0; k < i; k++) {
		if (at(s, k)->len != 0)
			return false;
	}
	return at(s, i + 1)->len == 0 && l->len <= 100 &&
	    count_words(l) <= 14 && !ends_with(l, ".,;:") && i + 2 < s->nlines;
}

/* Joins with the line before: a space, or nothing after a hyphen. */
static void
put_line(struct state *s, const char *p, size_t len, const char *next)
{
	if (len > 3 && memcmp(p + len - 3, "\xe2\x80\x90", 3) == 0) {
		doc_text(s->m, p, len - 3);
		return;
	}
	if (len > 1 && p[len - 1] == '-' && p[len - 2] >= 'a' &&
	    p[len - 2] <= 'z' && *next >= 'a' && *next <= 'z') {
		doc_text(s->m, p, len - 1);
		return;
	}
	doc_text(s->m, p, len);
	doc_text(s->m, " ", 1);
}

/* Gaps of three spaces and more inside a line. */
static unsigned
gaps(const struct line *l)
{
	unsigned n = 0;
	size_t i;

	for (i = 1; i + 3 < l->len; i++)
		n += memcmp(l->p + i, "   ", 3) == 0 && l->p[i - 1] != ' ';
	return n;
}

static bool
is_code(const struct state *s, size_t from, size_t to)
{
	size_t i, j, odd = 0, wide = 0, chars = 0;

	for (i = from; i < to; i++) {
		wide += gaps(at(s, i)) > 0;
		chars += at(s, i)->len;
		for (j = 0; j < at(s, i)->len; j++)
			odd += strchr("{};=<>$|\\_/#", at(s, i)->p[j]) != NULL;
	}
	if (to - from >= 2 && wide * 10 >= (to - from) * 6)
		return true;
	return at(s, from)->indent >= s->base + 4 && odd * 12 > chars;
}

static void
put_code(struct state *s, size_t from, size_t to)
{
	static const char spaces[] = "                                        ";
	unsigned least = 1000, in;
	size_t i;

	for (i = from; i < to; i++) {
		if (at(s, i)->len > 0 && at(s, i)->indent < least)
			least = at(s, i)->indent;
	}
	doc_begin(s->m, DOC_CODE, 0);
	for (i = from; i < to; i++) {
		in = at(s, i)->len > 0 ? at(s, i)->indent - least : 0;
		doc_text(s->m, spaces, in < 40 ? in : 40);
		doc_text(s->m, at(s, i)->p, at(s, i)->len);
		doc_text(s->m, "\n", 1);
	}
	doc_end(s->m);
	s->in_list = false;
}

/* One item from line i; returns the line after it. */
static size_t
put_item(struct state *s, size_t i, size_t end, size_t skip, bool ordered)
{
	const struct line *l = at(s, i);
	unsigned in = l->indent;
	bool other;

	if (!s->in_list)
		doc_group(s->m);
	s->in_list = true;
	doc_begin(s->m, DOC_ITEM, 1 + (in > s->base + 3 ? 1 : 0));
	doc_ordered(s->m, ordered);
	put_line(s, l->p + skip, l->len - skip, at(s, i + 1)->p);
	for (i++; i < end && marker(at(s, i), &other) == 0; i++)
		put_line(s, at(s, i)->p, at(s, i)->len, at(s, i + 1)->p);
	doc_end(s->m);
	return i;
}

static void
put_para(struct state *s, size_t from, size_t to)
{
	size_t i, skip;
	bool ordered;

	if (is_code(s, from, to)) {
		put_code(s, from, to);
		return;
	}
	for (i = from; i < to;) {
		doc_pos(s->m, (uint32_t)i + 1);
		if ((skip = marker(at(s, i), &ordered)) > 0) {
			i = put_item(s, i, to, skip, ordered);
			continue;
		}
		doc_begin(s->m, DOC_PARA, 0);
		s->in_list = false;
		for (; i < to && marker(at(s, i), &ordered) == 0; i++)
			put_line(s, at(s, i)->p, at(s, i)->len,
			    at(s, i + 1)->p);
		doc_end(s->m);
	}
}

/* A heading at line i; returns the line after it, i when there is none. */
static size_t
put_heading(struct state *s, size_t i)
{
	const struct line *l = at(s, i), *u = at(s, i + 1);
	unsigned level;

	doc_pos(s->m, (uint32_t)i + 1);
	if (is_rule(u) && l->len <= 100 && u->len * 2 >= l->len &&
	    !is_rule(l)) {
		heading(s,
		    u->p[0] == '=' || u->p[0] == '#' || u->p[0] == '*' ? 1
			: u->p[0] == '-'			       ? 2
								       : 3,
		    l->p, l->len);
		s->titled = true;
		return i + 2;
	}
	if (!s->titled && is_title(s, i)) {
		s->titled = true;
		heading(s, 1, l->p, l->len);
		return i + 1;
	}
	if ((level = lone_heading(s, i)) > 0) {
		s->titled = true;
		heading(s, level, l->p, l->len);
		return i + 1;
	}
	return i;
}

static void
read_text(struct state *s)
{
	size_t i, next, end;

	for (i = 0; i < s->nlines && !doc_is_full(s->m); i = next) {
		next = i + 1;
		if (at(s, i)->len == 0 || is_rule(at(s, i)))
			continue;
		if ((next = put_heading(s, i)) != i)
			continue;
		for (end = i; end < s->nlines && at(s, end)->len > 0 &&
		     (end == i || !is_rule(at(s, end + 1)));
		     end++)
			continue;
		put_para(s, i, end);
		s->titled = true;
		next = end;
	}
}

/* --- manual pages --------------------------------------------------------- */

/* Length of "NAME(1)" at the start of p; 0 when it is none. */
static size_t
man_name(const char *p, size_t len)
{
	size_t n;

	for (n = 0; n < len && p[n] != '(' && p[n] != ' '; n++)
		continue;
	if (n == 0 || n + 3 > len || p[n] != '(' || p[n + 1] < '0' ||
	    p[n + 1] > '9')
		return 0;
	for (; n < len && n < 40; n++) {
		if (p[n] == ')')
			return n + 1;
	}
	return 0;
}

static bool
is_man(const struct state *s)
{
	const struct line *l;
	size_t i = 0, n;

	while (i < s->nlines && at(s, i)->len == 0)
		i++;
	l = at(s, i);
	n = man_name(l->p, l->len);
	return l->indent == 0 && n > 0 && l->len > 2 * n &&
	    memcmp(l->p, l->p + l->len - n, n) == 0;
}

/* The lines of page headers and footers repeat the name at an edge. */
static bool
is_man_edge(const struct state *s, size_t i, const char *name, size_t len)
{
	const struct line *l = at(s, i);
	size_t k;

	if (l->indent != 0 || l->len < len)
		return false;
	if (memcmp(l->p, name, len) == 0 &&
	    memcmp(l->p + l->len - len, name, len) == 0)
		return true;
	for (k = i + 1; k < s->nlines; k++) {
		if (at(s, k)->len != 0)
			return false;
	}
	return gaps(l) >= 1;
}

/* The column where text goes on after a tag on its own line; 0 for none. */
static size_t
tag_len(const struct line *l)
{
	size_t i;

	for (i = 1; i + 2 < l->len && i < 14; i++) {
		if (l->p[i] == ' ' && l->p[i + 1] == ' ')
			return i;
	}
	return 0;
}

/*
 * A tagged paragraph: "--all" or "--all   text" at the text's indent, its
 * meaning deeper. Returns the line after it; i when there is none.
 */
static size_t
man_tag(struct state *s, size_t i)
{
	const struct line *l = at(s, i), *next = at(s, i + 1);
	size_t tag = tag_len(l), k;
	unsigned in = l->indent;

	if (tag > 0 && tag <= 7 &&
	    (l->p[0] == '-' || (l->p[0] >= '0' && l->p[0] <= '9')))
		; /* an option or a status: whatever follows */
	else if (next->len == 0 || next->indent < in + 3 ||
	    (tag == 0 && l->len > 70))
		return i;
	if (!s->in_list)
		doc_group(s->m);
	s->in_list = true;
	doc_begin(s->m, DOC_ITEM, in > s->base ? 2 : 1);
	doc_on(s->m, DOC_MONO);
	doc_text(s->m, l->p, tag == 0 ? l->len : tag);
	doc_off(s->m, DOC_MONO);
	doc_text(s->m, ": ", 2);
	if (tag > 0)
		put_line(s, l->p + tag, l->len - tag, next->p);
	for (k = i + 1; at(s, k)->len > 0 && at(s, k)->indent > in; k++)
		put_line(s, at(s, k)->p, at(s, k)->len, at(s, k + 1)->p);
	doc_end(s->m);
	return k;
}

static size_t
man_para(struct state *s, size_t i)
{
	size_t end = i, next;

	while (end < s->nlines && at(s, end)->len > 0 &&
	    at(s, end)->indent > 3 &&
	    (end == i || at(s, end)->p[0] != '-' || tag_len(at(s, end)) == 0))
		end++;
	if (s->code_next) {
		put_code(s, i, end);
		return end;
	}
	if (at(s, i)->indent >= s->base && (next = man_tag(s, i)) != i)
		return next;
	/* Deeper than the text after a tag: it goes on about the tag. */
	put_para(s, i, end > i ? end : i + 1);
	return end > i ? end : i + 1;
}

static void
man_title(struct state *s, const char *name, size_t len)
{
	struct arena *a = doc_arena(s->m);
	char *low;

	low = str_lower(a, arena_strndup(a, name, len));
	heading(s, 1, low, len);
	doc_title(s->m, low, len);
}

static void
read_man(struct state *s)
{
	const struct line *l;
	const char *name = NULL;
	size_t i, next, len = 0;

	s->base = 7;
	for (i = 0; i < s->nlines && !doc_is_full(s->m); i = next) {
		l = at(s, i);
		next = i + 1;
		doc_pos(s->m, (uint32_t)i + 1);
		if (l->len == 0)
			continue;
		if (name == NULL) {
			name = l->p;
			len = man_name(l->p, l->len);
			man_title(s, name, len);
		} else if (is_man_edge(s, i, name, len)) {
			continue;
		} else if (l->indent == 0) {
			heading(s, 2, l->p, l->len);
			s->code_next =
			    l->len == 8 && memcmp(l->p, "SYNOPSIS", 8) == 0;
		} else if (l->indent <= 3) {
			heading(s, 3, l->p, l->len);
		} else {
			next = man_para(s, i);
		}
	}
}

int
extract_txt(struct doc_maker *m, const char *p, size_t len, const char **why)
{
	struct state s = { .m = m };
	struct arena *a = doc_arena(m);
	char *text;

	(void)why;
	text = plain(a, p, len, &len);
	split(&s, a, text, len);
	s.man = is_man(&s);
	if (s.man)
		read_man(&s);
	else
		read_text(&s);
	return 0;
}

/*
 * Writing blocks out. The author's words are never changed, only wrapped.
 */
#include "ai/render.h"

#include <string.h>

#include "base/str.h"

void
render_escape(struct buf *b, const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (p[i] == '<')
			buf_puts(b, "&lt;");
		else if (p[i] == '>')
			buf_puts(b, "&gt;");
		else if (p[i] == '&')
			buf_puts(b, "&amp;");
		else
			buf_putc(b, p[i]);
	}
}

/* --- HTML ----------------------------------------------------------------- */

static const char *const open_tags[DOC_MARK__MAX] = {
	[DOC_STRONG] = "<strong>",
	[DOC_EM] = "<em>",
	[DOC_MONO] = "<code>",
};

static const char *const close_tags[DOC_MARK__MAX] = {
	[DOC_STRONG] = "</strong>",
	[DOC_EM] = "</em>",
	[DOC_MONO] = "</code>",
};

/*
 * The text from..to with its marks. Overlapping marks are cut: a mark that
 * does not end inside the one around it ends with it.
 */
static void
inline_html(struct buf *b, const struct doc_block *k, size_t from, size_t to,
    size_t span)
{
	const struct doc_span *s;
	size_t end, i;

	for (i = span; i < k->nspans; i++) {
		s = &k->spans[i];
		if (s->start >= to)
			break;
		if (s->start < from || s->len == 0)
			continue;
		end = s->start + s->len < to ? s->start + s->len : to;
		render_escape(b, k->text + from, s->start - from);
		buf_puts(b, open_tags[s->mark]);
		if (s->mark == DOC_MONO)
			render_escape(b, k->text + s->start, end - s->start);
		else
			inline_html(b, k, s->start, end, i + 1);
		buf_puts(b, close_tags[s->mark]);
		from = end;
	}
	if (from < to)
		render_escape(b, k->text + from, to - from);
}

static void
wrap(struct buf *b, const char *tag, const struct doc_block *k)
{
	buf_printf(b, "<%s>", tag);
	inline_html(b, k, 0, k->len, 0);
	buf_printf(b, "</%s>", tag);
}

static const char *
list_tag(const struct doc_block *k)
{
	return k->ordered ? "ol" : "ul";
}

static bool
is_same_group(const struct doc_block *a, const struct doc_block *b)
{
	return a->kind == b->kind && a->group == b->group;
}

/* Items of one list from i; returns the block after them. */
static size_t
list_html(struct buf *b, const struct doc_block *k, size_t i, size_t n)
{
	const char *tags[9] = { NULL };
	size_t depth = 0, want, first = i;

	for (; i < n && is_same_group(&k[first], &k[i]); i++) {
		want = k[i].level < 1 ? 1 : k[i].level > 8 ? 8 : k[i].level;
		if (want > depth + 1)
			want = depth + 1;
		if (want <= depth)
			buf_puts(b, "</li>");
		while (depth > want)
			buf_printf(b, "</%s></li>", tags[depth--]);
		if (depth == want && depth > 0 &&
		    strcmp(tags[depth], list_tag(&k[i])) != 0) {
			buf_printf(b, "</%s>", tags[depth--]);
		}
		if (depth < want) {
			tags[++depth] = list_tag(&k[i]);
			buf_printf(b, "<%s>", tags[depth]);
		}
		buf_puts(b, "<li>");
		inline_html(b, &k[i], 0, k[i].len, 0);
	}
	for (; depth > 0; depth--)
		buf_printf(b, "</li></%s>", tags[depth]);
	return i;
}

static void
row_html(struct buf *b, const struct doc_block *k)
{
	const char *tag = k->level == 1 ? "th" : "td", *sep;
	size_t from = 0, to;

	buf_puts(b, "<tr>");
	for (;;) {
		sep = memchr(k->text + from, DOC_CELL, k->len - from);
		to = sep == NULL ? k->len : (size_t)(sep - k->text);
		buf_printf(b, "<%s>", tag);
		inline_html(b, k, from, to, 0);
		buf_printf(b, "</%s>", tag);
		if (sep == NULL)
			break;
		from = to + 1;
	}
	buf_puts(b, "</tr>");
}

static size_t
table_html(struct buf *b, const struct doc_block *k, size_t i, size_t n)
{
	size_t first = i;
	bool head = k[i].level == 1;

	buf_puts(b, head ? "<table><thead>" : "<table><tbody>");
	for (; i < n && is_same_group(&k[first], &k[i]); i++) {
		if (head && k[i].level != 1) {
			buf_puts(b, "</thead><tbody>");
			head = false;
		}
		row_html(b, &k[i]);
	}
	buf_puts(b, head ? "</thead></table>" : "</tbody></table>");
	return i;
}

void
render_html(struct buf *b, const struct doc_block *k, size_t n)
{
	size_t i = 0;

	while (i < n) {
		switch (k[i].kind) {
		case DOC_ITEM:
			i = list_html(b, k, i, n);
			continue;
		case DOC_ROW:
			i = table_html(b, k, i, n);
			continue;
		case DOC_HEADING:
			wrap(b, k[i].level <= 3 ? "h3" : "h4", &k[i]);
			break;
		case DOC_QUOTE:
			buf_puts(b, "<blockquote><p>");
			inline_html(b, &k[i], 0, k[i].len, 0);
			buf_puts(b, "</p></blockquote>");
			break;
		case DOC_CODE:
			buf_puts(b, "<pre><code>");
			render_escape(b, k[i].text, k[i].len);
			buf_puts(b, "</code></pre>");
			break;
		case DOC_PARA:
		case DOC__MAX:
		default:
			wrap(b, "p", &k[i]);
			break;
		}
		i++;
	}
}

/* --- Markdown ------------------------------------------------------------- */

/* ASCII punctuation that could mean something is escaped. */
static void
md_text(struct buf *b, const char *p, size_t len, bool cell)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (strchr("\\`*_[]<>&~", p[i]) != NULL ||
		    (cell && p[i] == '|'))
			buf_putc(b, '\\');
		else if (i == 0 && strchr("#+-=:|", p[i]) != NULL)
			buf_putc(b, '\\');
		else if ((p[i] == '.' || p[i] == ')') && i > 0 && i < 10 &&
		    strspn(p, "0123456789") == i)
			buf_putc(b, '\\');
		buf_putc(b, p[i]);
	}
}

static void
md_inline(struct buf *b, const struct doc_block *k, size_t from, size_t to)
{
	const struct doc_span *s;
	size_t i, end;

	for (i = 0; i < k->nspans; i++) {
		s = &k->spans[i];
		end = s->start + s->len;
		if (s->start < from || end > to || s->len == 0 ||
		    k->text[s->start] == ' ' || k->text[end - 1] == ' ')
			continue;
		md_text(b, k->text + from, s->start - from, true);
		if (s->mark == DOC_MONO &&
		    memchr(k->text + s->start, '`', s->len) == NULL) {
			buf_printf(b, "`%.*s`", (int)s->len,
			    k->text + s->start);
		} else {
			buf_puts(b, s->mark == DOC_EM ? "*" : "**");
			md_text(b, k->text + s->start, s->len, true);
			buf_puts(b, s->mark == DOC_EM ? "*" : "**");
		}
		from = end;
	}
	md_text(b, k->text + from, to - from, true);
}

static unsigned
md_row(struct buf *b, const struct doc_block *k)
{
	const char *sep;
	size_t from = 0, to;
	unsigned n = 0;

	buf_putc(b, '|');
	for (;;) {
		sep = memchr(k->text + from, DOC_CELL, k->len - from);
		to = sep == NULL ? k->len : (size_t)(sep - k->text);
		buf_putc(b, ' ');
		md_inline(b, k, from, to);
		buf_puts(b, " |");
		n++;
		if (sep == NULL)
			break;
		from = to + 1;
	}
	buf_putc(b, '\n');
	return n;
}

static void
md_rule(struct buf *b, unsigned cells)
{
	while (cells-- > 0)
		buf_puts(b, "|---");
	buf_puts(b, "|\n");
}

static void
md_empty_head(struct buf *b, const struct doc_block *k)
{
	unsigned cells = 1;
	size_t i;

	for (i = 0; i < k->len; i++)
		cells += k->text[i] == DOC_CELL;
	for (i = 0; i < cells; i++)
		buf_puts(b, "|  ");
	buf_puts(b, "|\n");
	md_rule(b, cells);
}

static void
md_code(struct buf *b, const struct doc_block *k)
{
	const char *fence =
	    memmem(k->text, k->len, "```", 3) == NULL ? "```" : "~~~~~";

	buf_printf(b, "%s\n%s\n%s\n", fence, k->text, fence);
}

static void
md_block(struct buf *b, const struct doc_block *k, const struct doc_block *prev)
{
	bool first = prev == NULL || !is_same_group(prev, k);
	unsigned cells, i;

	if (prev != NULL &&
	    (first || (k->kind != DOC_ITEM && k->kind != DOC_ROW)))
		buf_putc(b, '\n');
	if (k->kind == DOC_ITEM) {
		for (i = 1; i < k->level && i < 8; i++)
			buf_puts(b, "    ");
		buf_puts(b, k->ordered ? "1.  " : "-   ");
	} else if (k->kind == DOC_ROW) {
		if (first && k->level != 1)
			md_empty_head(b, k);
		cells = md_row(b, k);
		if (first && k->level == 1)
			md_rule(b, cells);
		return;
	} else if (k->kind == DOC_CODE) {
		md_code(b, k);
		return;
	} else if (k->kind == DOC_QUOTE) {
		buf_puts(b, "> ");
	} else if (k->kind == DOC_HEADING) {
		for (i = 0; i < k->level; i++)
			buf_putc(b, '#');
		buf_putc(b, ' ');
	}
	md_inline(b, k, 0, k->len);
	buf_putc(b, '\n');
}

void
render_markdown(struct buf *b, const struct doc_block *k, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		md_block(b, &k[i], i > 0 ? &k[i - 1] : NULL);
}

/* --- plain ---------------------------------------------------------------- */

void
render_plain(struct buf *b, const struct doc_block *k, size_t n)
{
	size_t i, j;

	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_putc(b, '\n');
		for (j = 0; j < k[i].len; j++) {
			if (k[i].text[j] == DOC_CELL)
				buf_puts(b, " | ");
			else
				buf_putc(b, k[i].text[j]);
		}
	}
}

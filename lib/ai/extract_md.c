/*
 * Markdown (CommonMark with GitHub's tables) to a document. Raw HTML goes
 * through the HTML extractor; images are left out. The only user of
 * cmark-gfm.
 */
#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>

#include <stdlib.h>
#include <string.h>

#include "ai/extract.h"
#include "base/str.h"

struct state {
	struct doc_maker *m;
	unsigned lists;	 /* open lists */
	bool ordered[8]; /* by depth */
	unsigned quotes;
	unsigned images;
	bool in_item;	/* the next paragraph is the item's own */
	unsigned cells; /* of the open row */
};

static void
put(struct state *s, const char *text)
{
	if (text != NULL && s->images == 0)
		doc_text(s->m, text, strlen(text));
}

static void
begin_text(struct state *s)
{
	unsigned depth = s->lists < 8 ? s->lists : 8;

	if (s->lists > 0 && s->in_item) {
		doc_begin(s->m, DOC_ITEM, depth);
		doc_ordered(s->m, s->ordered[depth - 1]);
		s->in_item = false;
	} else if (s->lists > 0 && doc_is_open(s->m)) {
		doc_text(s->m, " ", 1);
	} else {
		doc_begin(s->m, s->quotes > 0 ? DOC_QUOTE : DOC_PARA, 1);
	}
}

/* A second paragraph of an item continues it: the item stays open. */
static void
end_text(struct state *s)
{
	if (s->lists == 0)
		doc_end(s->m);
}

static void
list(struct state *s, cmark_node *n, bool enter)
{
	unsigned depth;

	if (!enter) {
		doc_end(s->m);
		s->lists--;
		s->in_item = false;
		return;
	}
	if (s->lists == 0)
		doc_group(s->m);
	depth = s->lists < 8 ? s->lists : 7;
	s->ordered[depth] = cmark_node_get_list_type(n) == CMARK_ORDERED_LIST;
	s->lists++;
}

static void
begin_row(struct state *s, unsigned level)
{
	doc_begin(s->m, DOC_ROW, level);
	s->cells = 0;
}

static void
table(struct state *s, const char *type, bool enter)
{
	if (strcmp(type, "table") == 0 && enter)
		doc_group(s->m);
	else if (strcmp(type, "table_header") == 0 && enter)
		begin_row(s, 1);
	else if (strcmp(type, "table_row") == 0 && enter)
		begin_row(s, 0);
	else if (strcmp(type, "table_cell") == 0 && enter && s->cells++ > 0)
		doc_cell(s->m);
	else if (!enter && strcmp(type, "table_cell") != 0)
		doc_end(s->m);
}

static void
mark(struct state *s, enum doc_mark m, bool enter)
{
	if (enter)
		doc_on(s->m, m);
	else
		doc_off(s->m, m);
}

static void
code(struct state *s, const char *text)
{
	doc_on(s->m, DOC_MONO);
	put(s, text);
	doc_off(s->m, DOC_MONO);
}

static void
html(struct state *s, const char *text)
{
	const char *why;

	if (text == NULL || s->lists > 0)
		return;
	(void)extract_html(s->m, text, strlen(text), &why); /* cannot fail */
}

static void
inline_node(struct state *s, cmark_node *n, bool enter)
{
	cmark_node_type t = cmark_node_get_type(n);

	if (t == CMARK_NODE_TEXT)
		put(s, cmark_node_get_literal(n));
	else if (t == CMARK_NODE_SOFTBREAK || t == CMARK_NODE_LINEBREAK ||
	    t == CMARK_NODE_HTML_INLINE)
		put(s, t == CMARK_NODE_HTML_INLINE ? "" : " ");
	else if (t == CMARK_NODE_CODE)
		code(s, cmark_node_get_literal(n));
	else if (t == CMARK_NODE_STRONG)
		mark(s, DOC_STRONG, enter);
	else if (t == CMARK_NODE_EMPH)
		mark(s, DOC_EM, enter);
	else if (t == CMARK_NODE_IMAGE)
		s->images += enter ? 1u : -1u;
}

static void
node(struct state *s, cmark_node *n, bool enter)
{
	cmark_node_type t = cmark_node_get_type(n);

	if (enter && cmark_node_get_start_line(n) > 0)
		doc_pos(s->m, (uint32_t)cmark_node_get_start_line(n));
	if (t == CMARK_NODE_HEADING && enter)
		doc_begin(s->m, DOC_HEADING,
		    (unsigned)cmark_node_get_heading_level(n));
	else if (t == CMARK_NODE_HEADING)
		doc_end(s->m);
	else if (t == CMARK_NODE_PARAGRAPH && enter)
		begin_text(s);
	else if (t == CMARK_NODE_PARAGRAPH)
		end_text(s);
	else if (t == CMARK_NODE_LIST)
		list(s, n, enter);
	else if (t == CMARK_NODE_ITEM)
		s->in_item = enter;
	else if (t == CMARK_NODE_BLOCK_QUOTE)
		s->quotes += enter ? 1u : -1u;
	else if (t == CMARK_NODE_CODE_BLOCK) {
		doc_begin(s->m, DOC_CODE, 0);
		put(s, cmark_node_get_literal(n));
		doc_end(s->m);
	} else if (t == CMARK_NODE_HTML_BLOCK)
		html(s, cmark_node_get_literal(n));
	else if (str_starts(cmark_node_get_type_string(n), "table"))
		table(s, cmark_node_get_type_string(n), enter);
	else
		inline_node(s, n, enter);
}

/* The value of a front matter line "key: value"; quotes dropped. */
static void
front_line(struct doc_maker *m, const char *p, size_t len)
{
	size_t key;

	if (len > 6 && memcmp(p, "title:", 6) == 0)
		key = 6;
	else if (len > 5 && memcmp(p, "lang:", 5) == 0)
		key = 5;
	else
		return;
	p += key;
	len -= key;
	while (len > 0 && (*p == ' ' || *p == '"' || *p == '\'')) {
		p++;
		len--;
	}
	while (len > 0 &&
	    (p[len - 1] == ' ' || p[len - 1] == '"' || p[len - 1] == '\'' ||
		p[len - 1] == '\r'))
		len--;
	if (key == 6)
		doc_title(m, p, len);
	else
		doc_lang(m, p, len);
}

/* Bytes of a front matter block ("---" lines around keys); 0 for none. */
static size_t
front_matter(struct doc_maker *m, const char *p, size_t len)
{
	const char *line, *nl, *end = p + len;
	int nlines;

	if (len < 4 || memcmp(p, "---\n", 4) != 0)
		return 0;
	for (nlines = 0, line = p + 4; nlines < 100 && line < end; nlines++) {
		nl = memchr(line, '\n', (size_t)(end - line));
		if (nl == NULL)
			return 0;
		if (nl - line == 3 && memcmp(line, "---", 3) == 0)
			return (size_t)(nl + 1 - p);
		if (memchr(line, ':', (size_t)(nl - line)) == NULL &&
		    *line != ' ' && *line != '-' && nl != line)
			return 0;
		front_line(m, line, (size_t)(nl - line));
		line = nl + 1;
	}
	return 0;
}

static cmark_node *
parse(const char *p, size_t len)
{
	cmark_parser *parser;
	cmark_syntax_extension *x;
	cmark_node *root;

	cmark_gfm_core_extensions_ensure_registered();
	parser = cmark_parser_new(CMARK_OPT_VALIDATE_UTF8);
	if ((x = cmark_find_syntax_extension("table")) != NULL)
		cmark_parser_attach_syntax_extension(parser, x);
	if ((x = cmark_find_syntax_extension("strikethrough")) != NULL)
		cmark_parser_attach_syntax_extension(parser, x);
	cmark_parser_feed(parser, p, len);
	root = cmark_parser_finish(parser);
	cmark_parser_free(parser);
	return root;
}

int
extract_md(struct doc_maker *m, const char *p, size_t len, const char **why)
{
	struct state s = { .m = m };
	cmark_event_type ev;
	cmark_node *root;
	cmark_iter *it;
	size_t skip;

	(void)why;
	skip = front_matter(m, p, len);
	root = parse(p + skip, len - skip);
	it = cmark_iter_new(root);
	while (
	    (ev = cmark_iter_next(it)) != CMARK_EVENT_DONE && !doc_is_full(m))
		node(&s, cmark_iter_get_node(it), ev == CMARK_EVENT_ENTER);
	doc_end(m);
	cmark_iter_free(it);
	cmark_node_free(root);
	return 0;
}

/*
 * Go templates, the part of them that mails use. Reading makes a tree; HTML is
 * followed while reading, so that each value knows where it stands. The text is
 * followed as it is written: both branches of an if should leave the HTML in
 * the same place.
 */
#include "identity/gotmpl.h"

#include <stdint.h>
#include <string.h>

#include "base/str.h"

#define MAX_DEPTH 16 /* of if and range */
#define MAX_NAMES 8  /* of a path */
#define WORD_MAX  16

/* Where in HTML the next byte stands. */
enum place {
	PLACE_TEXT,
	PLACE_TAG,
	PLACE_ATTR,
	PLACE_RAW, /* of script or style */
	PLACE_COMMENT
};

/* How a value is written. */
enum escape {
	ESCAPE_NONE,
	ESCAPE_ENTITIES,
	ESCAPE_URL,	/* the beginning of a URL in an attribute */
	ESCAPE_URL_PART /* what follows in it */
};

struct path {
	bool root; /* from $ */
	size_t n;
	const char *names[MAX_NAMES];
};

enum node_kind {
	NODE_TEXT,
	NODE_VALUE,
	NODE_IF,
	NODE_RANGE
};

struct node {
	struct node *next;
	enum node_kind kind;
	enum escape escape;
	const char *text;
	size_t len;
	struct path path;
	struct node *body;
	struct node *other;
};

struct gotmpl {
	struct node *nodes;
};

enum action_kind {
	ACTION_VALUE,
	ACTION_IF,
	ACTION_RANGE,
	ACTION_ELSE,
	ACTION_ELSE_IF,
	ACTION_END,
	ACTION_COMMENT,
	ACTION_EOF
};

/* What stands between two braces. */
struct action {
	enum action_kind kind;
	struct path path;
	unsigned line;
	bool trim_before;
	bool trim_after;
};

struct html {
	enum place place;
	char quote;
	bool naming; /* the tag's name is not over */
	bool gap;    /* the word is over */
	bool url;    /* the attribute holds a URL */
	bool begun;  /* and something of it was written */
	char tag[WORD_MAX];
	char word[WORD_MAX];
	char before[3]; /* the last bytes */
};

struct parser {
	struct arena *a;
	const char *name;
	const char *p;
	const char *end;
	unsigned line;
	unsigned depth;
	enum gotmpl_form form;
	bool trim; /* the action before asked for it */
	struct html html;
	const char *error;
};

static bool parse_list(struct parser *p, struct node **out, struct action *end);

static bool
fail(struct parser *p, unsigned line, const char *what)
{
	if (p->error == NULL)
		p->error = arena_printf(p->a, "%s:%u: %s", p->name, line, what);
	return false;
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_';
}

/* --- where in HTML --------------------------------------------------------- */

static void
word_add(char word[WORD_MAX], char c)
{
	size_t n = strlen(word);

	if (n + 1 < WORD_MAX) {
		word[n] = c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
		word[n + 1] = '\0';
	}
}

static void
html_close_tag(struct html *h)
{
	bool raw = str_eq(h->tag, "script") || str_eq(h->tag, "style");

	h->place = raw ? PLACE_RAW : PLACE_TEXT;
}

static void
html_quote(struct html *h, char c)
{
	static const char *const urls[] = { "href", "src", "action",
		"background", "formaction", "poster", "cite", "data" };
	size_t i;

	h->place = PLACE_ATTR;
	h->quote = c;
	h->begun = h->url = false;
	for (i = 0; i < NITEMS(urls); i++)
		h->url = h->url || str_eq(h->word, urls[i]);
	h->word[0] = '\0';
}

static void
html_in_tag(struct html *h, char c)
{
	if (c == '>') {
		html_close_tag(h);
	} else if (c == '"' || c == '\'') {
		html_quote(h, c);
	} else if (h->naming && (is_name(c) || c == '/' || c == '!')) {
		word_add(h->tag, c);
	} else if (is_space(c)) {
		h->naming = false;
		h->gap = true;
	} else {
		if (h->gap && c != '=')
			h->word[0] = '\0';
		h->gap = false;
		if (c != '=')
			word_add(h->word, c);
	}
}

static void
html_open_tag(struct html *h, char c)
{
	h->place = PLACE_TAG;
	h->naming = true;
	h->tag[0] = h->word[0] = '\0';
	html_in_tag(h, c);
}

static void
html_byte(struct html *h, char c)
{
	const char *b = h->before;

	switch (h->place) {
	case PLACE_TEXT:
		if (b[2] == '<' && (is_name(c) || c == '/' || c == '!'))
			html_open_tag(h, c);
		break;
	case PLACE_TAG:
		if (b[0] == '<' && b[1] == '!' && b[2] == '-' && c == '-')
			h->place = PLACE_COMMENT;
		else
			html_in_tag(h, c);
		break;
	case PLACE_ATTR:
		h->begun = true;
		if (c == h->quote)
			h->place = PLACE_TAG;
		break;
	case PLACE_RAW:
		if (b[2] == '<' && c == '/')
			html_open_tag(h, c);
		break;
	case PLACE_COMMENT:
		if (b[1] == '-' && b[2] == '-' && c == '>')
			h->place = PLACE_TEXT;
		break;
	}
	memmove(h->before, h->before + 1, sizeof(h->before) - 1);
	h->before[sizeof(h->before) - 1] = c;
}

static bool
escape_here(struct parser *p, unsigned line, enum escape *out)
{
	struct html *h = &p->html;

	*out = ESCAPE_NONE;
	if (p->form == GOTMPL_TEXT)
		return true;
	*out = ESCAPE_ENTITIES;
	if (h->place == PLACE_TEXT)
		return true;
	if (h->place != PLACE_ATTR)
		return fail(p, line,
		    "a value may stand in text or a quoted attribute only");
	if (h->url)
		*out = h->begun ? ESCAPE_URL_PART : ESCAPE_URL;
	h->begun = true;
	return true;
}

/* --- actions --------------------------------------------------------------- */

static bool
parse_path(struct parser *p, const char *s, size_t len, struct action *act)
{
	struct path *path = &act->path;
	size_t n;

	memset(path, 0, sizeof(*path));
	if (len > 0 && *s == '$') {
		path->root = true;
		s++;
		len--;
	}
	if (len == 0 && path->root)
		return true;
	if (len == 1 && *s == '.')
		return true;
	while (len > 0 && *s == '.' && path->n < MAX_NAMES) {
		for (n = 1; n < len && is_name(s[n]); n++)
			continue;
		if (n == 1)
			break;
		path->names[path->n++] = arena_strndup(p->a, s + 1, n - 1);
		s += n;
		len -= n;
	}
	return len == 0 && path->n > 0 ? true
				       : fail(p, act->line,
					     "not a field, if, else, range "
					     "or end");
}

/* The next word of [*s, end), which has no blanks around it. */
static size_t
take_word(const char **s, const char *end, const char **word)
{
	size_t n;

	while (*s < end && is_space(**s))
		(*s)++;
	*word = *s;
	while (*s < end && !is_space(**s))
		(*s)++;
	n = (size_t)(*s - *word);
	return n;
}

static bool
is_word(const char *word, size_t len, const char *want)
{
	return len == strlen(want) && memcmp(word, want, len) == 0;
}

/* "if .A", ".A", "else if .B": words in [s, end). */
static bool
parse_words(struct parser *p, const char *s, const char *end,
    struct action *act)
{
	const char *word;
	size_t n;

	n = take_word(&s, end, &word);
	act->kind = ACTION_VALUE;
	if (is_word(word, n, "end"))
		act->kind = ACTION_END;
	else if (is_word(word, n, "if"))
		act->kind = ACTION_IF;
	else if (is_word(word, n, "range"))
		act->kind = ACTION_RANGE;
	else if (is_word(word, n, "else"))
		act->kind = ACTION_ELSE;
	if (act->kind != ACTION_VALUE)
		n = take_word(&s, end, &word);
	if (act->kind == ACTION_ELSE && is_word(word, n, "if")) {
		act->kind = ACTION_ELSE_IF;
		n = take_word(&s, end, &word);
	}
	if (act->kind == ACTION_END || act->kind == ACTION_ELSE)
		return n == 0 ? true : fail(p, act->line, "unexpected word");
	if (!parse_path(p, word, n, act))
		return false;
	if (take_word(&s, end, &word) != 0)
		return fail(p, act->line, "one field only, no function");
	return true;
}

static const char *
find(const char *s, const char *end, const char *what)
{
	return memmem(s, (size_t)(end - s), what, strlen(what));
}

/* A comment begins at s; *close is where its braces end. */
static bool
parse_comment(struct parser *p, const char *s, struct action *act)
{
	const char *end;

	act->kind = ACTION_COMMENT;
	if ((end = find(s + 2, p->end, "*/")) == NULL)
		return fail(p, act->line, "comment without end");
	for (end += 2; end < p->end && is_space(*end); end++)
		continue;
	act->trim_after = end < p->end && *end == '-';
	end += act->trim_after;
	if (p->end - end < 2 || memcmp(end, "}}", 2) != 0)
		return fail(p, act->line, "comment not closed by */}}");
	p->p = end + 2;
	return true;
}

/* p->p stands on {{. */
static bool
parse_action(struct parser *p, struct action *act)
{
	const char *s = p->p + 2, *end;

	memset(act, 0, sizeof(*act));
	act->line = p->line;
	if (p->end - s >= 2 && *s == '-' && is_space(s[1])) {
		act->trim_before = true;
		s++;
	}
	while (s < p->end && is_space(*s))
		s++;
	if (p->end - s >= 2 && memcmp(s, "/*", 2) == 0)
		return parse_comment(p, s, act);
	if ((end = find(s, p->end, "}}")) == NULL)
		return fail(p, act->line, "{{ without }}");
	p->p = end + 2;
	if (end - s >= 2 && end[-1] == '-' && is_space(end[-2])) {
		act->trim_after = true;
		end--;
	}
	return parse_words(p, s, end, act);
}

/* --- the tree -------------------------------------------------------------- */

static struct node *
node_new(struct parser *p, enum node_kind kind)
{
	struct node *n;

	n = arena_zalloc(p->a, sizeof(*n));
	n->kind = kind;
	return n;
}

static void
count_lines(struct parser *p, const char *from, const char *to)
{
	for (; from < to; from++)
		p->line += *from == '\n';
}

/* Text up to the next action, then that action. *out NULL: no text. */
static bool
parse_piece(struct parser *p, struct node **out, struct action *act)
{
	const char *s = p->p, *end, *from, *c;

	end = find(s, p->end, "{{");
	p->p = end == NULL ? p->end : end;
	count_lines(p, s, p->p);
	from = p->p;
	if (end == NULL) {
		memset(act, 0, sizeof(*act));
		act->kind = ACTION_EOF;
		act->line = p->line;
		end = p->end;
	} else if (!parse_action(p, act)) {
		return false;
	}
	count_lines(p, from, p->p);
	while (p->trim && s < end && is_space(*s))
		s++;
	while (act->trim_before && end > s && is_space(end[-1]))
		end--;
	p->trim = act->trim_after;
	for (c = s; c < end; c++)
		html_byte(&p->html, *c);
	*out = NULL;
	if (end == s)
		return true;
	*out = node_new(p, NODE_TEXT);
	(*out)->text = arena_strndup(p->a, s, (size_t)(end - s));
	(*out)->len = (size_t)(end - s);
	return true;
}

/* What follows {{ if }}, {{ else if }} or {{ range }}, to its end. */
static bool
parse_block(struct parser *p, const struct action *begin, struct node **out)
{
	struct action end;
	struct node *n;

	n = node_new(p, begin->kind == ACTION_RANGE ? NODE_RANGE : NODE_IF);
	n->path = begin->path;
	*out = n;
	if (++p->depth > MAX_DEPTH)
		return fail(p, begin->line, "nested too deeply");
	if (!parse_list(p, &n->body, &end))
		return false;
	if (end.kind == ACTION_ELSE_IF && begin->kind != ACTION_RANGE) {
		if (!parse_block(p, &end, &n->other))
			return false;
		end.kind = ACTION_END;
	} else if (end.kind == ACTION_ELSE) {
		if (!parse_list(p, &n->other, &end))
			return false;
	}
	p->depth--;
	if (end.kind == ACTION_EOF)
		return fail(p, begin->line, "no end");
	if (end.kind != ACTION_END)
		return fail(p, end.line, "else after else or in range");
	return true;
}

/* Nodes up to an else or end, or the end of the text, which is in *end. */
static bool
parse_list(struct parser *p, struct node **out, struct action *end)
{
	struct node *text, **tail = out;

	for (;;) {
		if (!parse_piece(p, &text, end))
			return false;
		if (text != NULL) {
			*tail = text;
			tail = &text->next;
		}
		if (end->kind == ACTION_COMMENT)
			continue;
		if (end->kind == ACTION_VALUE) {
			*tail = node_new(p, NODE_VALUE);
			(*tail)->path = end->path;
			if (!escape_here(p, end->line, &(*tail)->escape))
				return false;
		} else if (end->kind == ACTION_IF ||
		    end->kind == ACTION_RANGE) {
			if (!parse_block(p, end, tail))
				return false;
		} else {
			return true;
		}
		tail = &(*tail)->next;
	}
}

struct gotmpl *
gotmpl_parse(struct arena *a, const char *name, const char *text, size_t len,
    enum gotmpl_form form, const char **error)
{
	struct parser p = { .a = a, .name = name, .line = 1, .form = form };
	struct action end;
	struct gotmpl *t;

	t = arena_zalloc(a, sizeof(*t));
	p.p = text;
	p.end = text + len;
	if (memchr(text, '\0', len) != NULL)
		(void)fail(&p, 1, "a NUL byte");
	else if (parse_list(&p, &t->nodes, &end) && end.kind != ACTION_EOF)
		(void)fail(&p, end.line, "else or end without if or range");
	*error = p.error;
	return p.error == NULL ? t : NULL;
}

/* --- filling --------------------------------------------------------------- */

struct run {
	struct buf *b;
	const struct json *root;
};

static const struct json *
resolve(const struct run *r, const struct path *path, const struct json *dot)
{
	const struct json *j = path->root ? r->root : dot;
	size_t i;

	for (i = 0; i < path->n && j != NULL; i++)
		j = json_kind(j) == JSON_OBJECT ? json_get(j, path->names[i])
						: NULL;
	return j;
}

static const char *
plain(struct buf *scratch, const struct json *j)
{
	if (j == NULL || json_kind(j) == JSON_NULL)
		return "";
	if (json_kind(j) == JSON_TEXT)
		return json_text(j);
	json_write(scratch, j, JSON_COMPACT);
	return buf_str(scratch);
}

static bool
is_true(const struct json *j)
{
	struct buf b = BUF_INIT;
	bool yes = false;

	switch (j == NULL ? JSON_NULL : json_kind(j)) {
	case JSON_NULL:
		break;
	case JSON_TEXT:
		yes = json_text(j)[0] != '\0';
		break;
	case JSON_LIST:
		yes = json_count(j) > 0;
		break;
	case JSON_OBJECT:
		yes = json_key_at(j, 0) != NULL;
		break;
	case JSON_BOOL:
		yes = str_eq(plain(&b, j), "true");
		break;
	case JSON_INT:
	case JSON_REAL:
		yes = strpbrk(plain(&b, j), "123456789") != NULL;
		break;
	}
	buf_free(&b);
	return yes;
}

static void
put_entities(struct buf *b, const char *s)
{
	const char *entity;

	for (; *s != '\0'; s++) {
		entity = str_xml_entity(*s);
		if (entity == NULL)
			buf_putc(b, *s);
		else
			buf_puts(b, entity);
	}
}

static bool
is_safe_url(const char *s)
{
	return str_starts(s, "https://") || str_starts(s, "http://") ||
	    str_starts(s, "mailto:");
}

static void
put_percent(struct buf *b, const char *s)
{
	struct arena *a = arena_new();

	buf_puts(b, str_url_encode(a, s));
	arena_free(a);
}

static void
put_value(struct buf *b, enum escape escape, const struct json *j)
{
	struct buf scratch = BUF_INIT;
	const char *s = plain(&scratch, j);

	switch (escape) {
	case ESCAPE_NONE:
		buf_puts(b, s);
		break;
	case ESCAPE_ENTITIES:
		put_entities(b, s);
		break;
	case ESCAPE_URL:
		put_entities(b, is_safe_url(s) ? s : "#");
		break;
	case ESCAPE_URL_PART:
		put_percent(b, s);
		break;
	}
	buf_free(&scratch);
}

static void
run_list(const struct run *r, const struct node *n, const struct json *dot)
{
	const struct json *j;
	size_t i;

	for (; n != NULL; n = n->next) {
		if (n->kind == NODE_TEXT) {
			buf_put(r->b, n->text, n->len);
			continue;
		}
		j = resolve(r, &n->path, dot);
		if (n->kind == NODE_VALUE) {
			put_value(r->b, n->escape, j);
		} else if (n->kind == NODE_IF || json_count(j) == 0) {
			run_list(r,
			    n->kind == NODE_IF && is_true(j) ? n->body
							     : n->other,
			    dot);
		} else {
			for (i = 0; i < json_count(j); i++)
				run_list(r, n->body, json_at(j, i));
		}
	}
}

void
gotmpl_run(struct buf *b, const struct gotmpl *t, const struct json *data)
{
	struct run r = { b, data };

	run_list(&r, t->nodes, data);
}

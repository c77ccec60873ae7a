/*
 * tmplc: compiles HTML templates to C (house style, "HTML").
 *
 * Each templates/NAME.html becomes struct tmpl_NAME and tmpl_NAME(); one with
 * a {{>content}} mark becomes tmpl_NAME_open() and tmpl_NAME_close(). What a
 * slot may stand in is decided here: never in script, style, a comment, an
 * unquoted or active attribute. It also refuses what the content security
 * policy would block (inline script, handlers, style) and unbalanced tags.
 * Nothing is written unless every template is sound.
 */
#include "tools/tmplc.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* Literal bytes per generated call: C99 promises strings of 4095. */
#define LITERAL_MAX 1024
#define DEPTH_MAX   64
#define NAME_LEN    63

enum place {
	IN_TEXT,
	IN_TAG,	  /* between attributes */
	IN_NAME,  /* attribute name */
	IN_EQUAL, /* after the equals sign */
	IN_VALUE, /* quoted value */
	IN_BARE,  /* unquoted value */
	IN_RAW	  /* script, style and their like */
};

enum kind {
	KIND_TEXT,
	KIND_URL,  /* one component of an address */
	KIND_HREF, /* a whole address */
	KIND_JSON, /* a JSON string */
	KIND_INT,
	KIND_ATTR, /* a bare attribute, there or not */
	KIND__MAX
};

struct kind_row {
	const char *name;
	const char *ctype;
	const char *call;
	bool pointer;
};

static const struct kind_row kinds[KIND__MAX] = {
	[KIND_TEXT] = { "text", "const char *", "html_text", true },
	[KIND_URL] = { "url", "const char *", "html_url", true },
	[KIND_HREF] = { "href", "const char *", "html_href", true },
	[KIND_JSON] = { "json", "const char *", "html_json", true },
	[KIND_INT] = { "int", "int64_t ", "html_int", false },
	[KIND_ATTR] = { "attr", "bool ", "html_flag", false },
};

struct slot {
	char name[NAME_LEN + 1];
	enum kind kind;
	struct slot *next;
};

/* One template under way. */
struct tmpl {
	struct arena *mem;
	const char *file;
	const char *p; /* the rest */
	const char *end;
	unsigned line;
	char name[NAME_LEN + 1];
	struct slot *slots;
	struct buf *code; /* body of the function (or of _close) */
	struct buf *lit;  /* literal text not yet in code */
	bool layout;
	struct buf *head; /* body of _open */
	enum place place;
	char quote;
	char tag[NAME_LEN + 1];
	bool closing; /* the tag is an end tag */
	char attr[NAME_LEN + 1];
	size_t value_len; /* what the value holds so far */
	char open[DEPTH_MAX][NAME_LEN + 1];
	unsigned open_line[DEPTH_MAX];
	unsigned depth;
	char *error; /* in mem; NULL while all is well */
};

static const char *const raw_tags[] = { "script", "style", "xmp", "iframe",
	"noembed", "noframes", "plaintext", NULL };

static const char *const void_tags[] = { "area", "base", "br", "col", "embed",
	"hr", "img", "input", "link", "meta", "source", "track", "wbr", NULL };

static const char *const url_attrs[] = { "action", "background", "cite", "data",
	"formaction", "href", "manifest", "ping", "poster", "src", "srcset",
	"xlink:href", NULL };

/* Elements whose address loads something that runs or restyles the page. */
static const char *const loading_tags[] = { "base", "embed", "link", "object",
	"script", NULL };

static const char *const c_words[] = { "auto", "break", "case", "char", "const",
	"continue", "default", "do", "double", "else", "enum", "extern",
	"float", "for", "goto", "if", "inline", "int", "long", "register",
	"restrict", "return", "short", "signed", "sizeof", "static", "struct",
	"switch", "typedef", "union", "unsigned", "void", "volatile", "while",
	"bool", "true", "false", NULL };

static int fail(struct tmpl *t, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Keeps the first error; always -1. */
static int
fail(struct tmpl *t, const char *fmt, ...)
{
	va_list ap;
	char *text;

	if (t->error != NULL)
		return -1;
	va_start(ap, fmt);
	text = arena_vprintf(t->mem, fmt, ap);
	va_end(ap);
	t->error = arena_printf(t->mem, "%s:%u: %s", t->file, t->line, text);
	return -1;
}

static void
put_c_string(struct buf *b, const char *s, size_t len)
{
	size_t i;
	unsigned char c;

	buf_putc(b, '"');
	for (i = 0; i < len; i++) {
		c = (unsigned char)s[i];
		if (c == '\n')
			buf_puts(b, "\\n");
		else if (c == '"' || c == '\\' || c == '?')
			buf_printf(b, "\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			buf_printf(b, "\\%03o", c);
		else
			buf_putc(b, (char)c);
	}
	buf_putc(b, '"');
}

static void
flush_literal(struct tmpl *t)
{
	size_t at, n;

	for (at = 0; at < t->lit->len; at += n) {
		n = t->lit->len - at;
		if (n > LITERAL_MAX)
			n = LITERAL_MAX;
		buf_puts(t->code, "\thtml_put(h, ");
		put_c_string(t->code, t->lit->data + at, n);
		buf_printf(t->code, ", %zu);\n", n);
	}
	buf_reset(t->lit);
}

/* Takes n bytes of the source, as literal text when keep is set. */
static void
take(struct tmpl *t, size_t n, bool keep)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (t->p[i] == '\n')
			t->line++;
	if (keep)
		buf_put(t->lit, t->p, n);
	t->p += n;
}

static bool
at(const struct tmpl *t, const char *s)
{
	size_t n;

	n = strlen(s);
	return (size_t)(t->end - t->p) >= n && memcmp(t->p, s, n) == 0;
}

/* Where s next stands, or NULL. */
static const char *
find(const struct tmpl *t, const char *s)
{
	return memmem(t->p, (size_t)(t->end - t->p), s, strlen(s));
}

static bool
is_name(const char *s)
{
	const char *p;

	if (s[0] < 'a' || s[0] > 'z' || strlen(s) > NAME_LEN)
		return false;
	for (p = s; *p != '\0'; p++)
		if (!islower((unsigned char)*p) &&
		    !isdigit((unsigned char)*p) && *p != '_')
			return false;
	return !str_is_listed(c_words, s);
}

/* A lower-cased run of bytes that may stand in a tag or attribute name. */
static void
take_word(struct tmpl *t, char out[NAME_LEN + 1])
{
	size_t n;

	for (n = 0; t->p + n < t->end && n < NAME_LEN &&
	     (isalnum((unsigned char)t->p[n]) || t->p[n] == '-' ||
		 t->p[n] == ':' || t->p[n] == '_');
	     n++)
		out[n] = (char)tolower((unsigned char)t->p[n]);
	out[n] = '\0';
	take(t, n, true);
}

/* --- slots ---------------------------------------------------------------- */

static int
check_attr_slot(struct tmpl *t, enum kind kind)
{
	if (strncmp(t->attr, "on", 2) == 0 || strcmp(t->attr, "style") == 0 ||
	    strcmp(t->attr, "srcdoc") == 0)
		return fail(t, "no slot may stand in %s", t->attr);
	if (strcmp(t->tag, "meta") == 0 && strcmp(t->attr, "content") == 0)
		return fail(t, "no slot may stand in the content of meta");
	if (!str_is_listed(url_attrs, t->attr))
		return kind == KIND_HREF
		    ? fail(t, "an href slot may not stand in %s", t->attr)
		    : 0;
	if (kind == KIND_TEXT || kind == KIND_JSON)
		return fail(t, "%s takes url, href or int slots", t->attr);
	if (kind == KIND_HREF && t->value_len > 0)
		return fail(t, "an href slot must begin the value");
	if (str_is_listed(loading_tags, t->tag) &&
	    (kind == KIND_HREF || t->value_len == 0))
		return fail(t, "%s of %s must begin with literal text", t->attr,
		    t->tag);
	return 0;
}

/* Whether a slot of this kind may stand where t is. */
static int
check_slot(struct tmpl *t, enum kind kind)
{
	switch (t->place) {
	case IN_TEXT:
		if (kind != KIND_TEXT && kind != KIND_INT)
			return fail(t,
			    "only text and int slots may stand in text");
		return 0;
	case IN_VALUE:
		if (kind == KIND_ATTR)
			return fail(t, "an attr slot may not stand in a value");
		return check_attr_slot(t, kind);
	case IN_TAG:
		if (kind != KIND_ATTR || t->closing)
			return fail(t, "only attr slots may stand in a tag");
		return 0;
	case IN_NAME:
		return fail(t, "no slot may stand in an attribute name");
	case IN_EQUAL:
	case IN_BARE:
		return fail(t, "no slot may stand in an unquoted value");
	case IN_RAW:
		return fail(t, "no slot may stand in %s", t->tag);
	default:
		return fail(t, "no slot may stand here");
	}
}

static int
declare_slot(struct tmpl *t, const char *name, enum kind kind)
{
	struct slot **at_slot, *s;

	for (at_slot = &t->slots; *at_slot != NULL;
	     at_slot = &(*at_slot)->next) {
		if (strcmp((*at_slot)->name, name) != 0)
			continue;
		if (strcmp(kinds[(*at_slot)->kind].ctype, kinds[kind].ctype) !=
		    0)
			return fail(t, "slot %s has two types", name);
		return 0;
	}
	s = arena_zalloc(t->mem, sizeof(*s));
	memcpy(s->name, name, strlen(name) + 1);
	s->kind = kind;
	*at_slot = s;
	return 0;
}

static void
emit_slot(struct tmpl *t, const char *name, enum kind kind)
{
	flush_literal(t);
	if (kind == KIND_ATTR)
		buf_printf(t->code, "\thtml_flag(h, \"%s\", t->%s);\n", name,
		    name);
	else if (kinds[kind].pointer)
		buf_printf(t->code, "\t%s(h, html_slot(t->%s, \"%s.%s\"));\n",
		    kinds[kind].call, name, t->name, name);
	else
		buf_printf(t->code, "\t%s(h, t->%s);\n", kinds[kind].call,
		    name);
	t->value_len++;
}

static int
find_kind(const char *name, enum kind *kind)
{
	size_t i;

	for (i = 0; i < KIND__MAX; i++) {
		if (strcmp(kinds[i].name, name) == 0) {
			*kind = (enum kind)i;
			return 0;
		}
	}
	return -1;
}

static int
take_mark(struct tmpl *t, const char *name)
{
	if (strcmp(name, "content") != 0)
		return fail(t, "the mark of a layout is {{>content}}");
	if (t->layout)
		return fail(t, "a second {{>content}}");
	if (t->place != IN_TEXT)
		return fail(t, "{{>content}} must stand in text");
	flush_literal(t);
	t->layout = true;
	t->head = t->code;
	t->code = buf_new(t->mem);
	return 0;
}

/* At "{{". */
static int
take_slot(struct tmpl *t)
{
	const char *close;
	char *name, *colon;
	enum kind kind;

	if ((close = find(t, "}}")) == NULL || close - t->p > NAME_LEN + 10)
		return fail(t, "a slot is not closed");
	name = arena_strndup(t->mem, t->p + 2, (size_t)(close - t->p) - 2);
	kind = KIND_TEXT;
	if (name[0] == '>') {
		if (take_mark(t, name + 1) == -1)
			return -1;
		take(t, (size_t)(close + 2 - t->p), false);
		return 0;
	}
	if ((colon = strchr(name, ':')) != NULL) {
		*colon = '\0';
		if (find_kind(colon + 1, &kind) == -1)
			return fail(t, "no such kind of slot");
	}
	if (!is_name(name))
		return fail(t,
		    "a slot's name is lower-case letters, digits"
		    " and _, and no C keyword");
	if (check_slot(t, kind) == -1 || declare_slot(t, name, kind) == -1)
		return -1;
	emit_slot(t, name, kind);
	take(t, (size_t)(close + 2 - t->p), false);
	return 0;
}

/* --- tags ----------------------------------------------------------------- */

static int
push_tag(struct tmpl *t)
{
	if (str_is_listed(void_tags, t->tag))
		return 0;
	if (t->depth == DEPTH_MAX)
		return fail(t, "tags nest too deeply");
	memcpy(t->open[t->depth], t->tag, sizeof(t->tag));
	t->open_line[t->depth++] = t->line;
	return 0;
}

static int
pop_tag(struct tmpl *t)
{
	if (t->depth == 0)
		return fail(t, "</%s> closes nothing", t->tag);
	if (strcmp(t->open[t->depth - 1], t->tag) != 0)
		return fail(t, "</%s> where </%s> of line %u is due", t->tag,
		    t->open[t->depth - 1], t->open_line[t->depth - 1]);
	t->depth--;
	return 0;
}

/* At the '>' of a tag. */
static int
end_tag(struct tmpl *t)
{
	bool empty;

	empty = t->lit->len > 0 && t->lit->data[t->lit->len - 1] == '/';
	take(t, 1, true);
	t->place = IN_TEXT;
	if (t->closing)
		return pop_tag(t);
	if (empty)
		return 0;
	if (push_tag(t) == -1)
		return -1;
	if (str_is_listed(raw_tags, t->tag))
		t->place = IN_RAW;
	return 0;
}

/* At the '<' of a tag; a lone '<' is an error, as in a validator. */
static int
begin_tag(struct tmpl *t)
{
	t->closing = at(t, "</");
	take(t, t->closing ? 2 : 1, true);
	take_word(t, t->tag);
	if (t->tag[0] == '\0')
		return fail(t, "write &lt; for a < that begins no tag");
	t->place = IN_TAG;
	return 0;
}

/* Comments are for whoever reads the template; they are not sent. */
static int
skip_comment(struct tmpl *t)
{
	const char *close;

	if ((close = find(t, "-->")) == NULL)
		return fail(t, "a comment is not closed");
	if (memmem(t->p, (size_t)(close - t->p), "{{", 2) != NULL)
		return fail(t, "no slot may stand in a comment");
	take(t, (size_t)(close + 3 - t->p), false);
	if (t->lit->len == 0 && t->code->len == 0 && at(t, "\n"))
		take(t, 1, false);
	return 0;
}

static int
take_doctype(struct tmpl *t)
{
	const char *close;

	if ((close = find(t, ">")) == NULL)
		return fail(t, "a declaration is not closed");
	if (memmem(t->p, (size_t)(close - t->p), "{{", 2) != NULL)
		return fail(t, "no slot may stand in a declaration");
	take(t, (size_t)(close + 1 - t->p), true);
	return 0;
}

static int
step_text(struct tmpl *t)
{
	if (at(t, "<!--"))
		return skip_comment(t);
	if (at(t, "<!"))
		return take_doctype(t);
	if (at(t, "<"))
		return begin_tag(t);
	take(t, 1, true);
	return 0;
}

static int
step_tag(struct tmpl *t)
{
	if (*t->p == '>')
		return end_tag(t);
	if (isspace((unsigned char)*t->p) || *t->p == '/') {
		take(t, 1, true);
		return 0;
	}
	take_word(t, t->attr);
	if (t->attr[0] == '\0')
		return fail(t, "a byte that begins no attribute");
	if (strncmp(t->attr, "on", 2) == 0 || strcmp(t->attr, "style") == 0 ||
	    strcmp(t->attr, "srcdoc") == 0)
		return fail(t, "%s is barred by the content security policy",
		    t->attr);
	t->place = IN_NAME;
	return 0;
}

static int
step_name(struct tmpl *t)
{
	if (*t->p != '=') {
		t->place = IN_TAG;
		return 0;
	}
	take(t, 1, true);
	t->place = IN_EQUAL;
	return 0;
}

static int
step_equal(struct tmpl *t)
{
	t->value_len = 0;
	if (*t->p == '"' || *t->p == '\'') {
		t->quote = *t->p;
		t->place = IN_VALUE;
		take(t, 1, true);
		return 0;
	}
	t->place = IN_BARE;
	return 0;
}

static int
step_value(struct tmpl *t)
{
	if (*t->p == t->quote)
		t->place = IN_TAG;
	else
		t->value_len++;
	take(t, 1, true);
	return 0;
}

static int
step_bare(struct tmpl *t)
{
	if (isspace((unsigned char)*t->p) || *t->p == '>') {
		t->place = IN_TAG;
		return 0;
	}
	take(t, 1, true);
	return 0;
}

/* Up to the end tag of the raw element. */
static int
step_raw(struct tmpl *t)
{
	char close[NAME_LEN + 3];
	bool script;

	(void)snprintf(close, sizeof(close), "</%s", t->tag); /* fits */
	if (at(t, close)) {
		t->place = IN_TEXT;
		return 0;
	}
	script = strcmp(t->tag, "script") == 0;
	if (script || strcmp(t->tag, "style") == 0)
		return fail(t,
		    "inline %s is barred by the content security"
		    " policy",
		    t->tag);
	take(t, 1, true);
	return 0;
}

static int
step(struct tmpl *t)
{
	static int (*const steps[])(struct tmpl *) = {
		[IN_TEXT] = step_text,
		[IN_TAG] = step_tag,
		[IN_NAME] = step_name,
		[IN_EQUAL] = step_equal,
		[IN_VALUE] = step_value,
		[IN_BARE] = step_bare,
		[IN_RAW] = step_raw,
	};

	if (at(t, "{{"))
		return take_slot(t);
	if (*t->p == '\0')
		return fail(t, "a NUL byte");
	return steps[t->place](t);
}

/* --- a template, and the two files ---------------------------------------- */

/* "dir/team_row.html" is "team_row". */
static int
set_name(struct tmpl *t)
{
	const char *base, *dot;

	base = strrchr(t->file, '/');
	base = base == NULL ? t->file : base + 1;
	dot = strrchr(base, '.');
	if (dot == NULL || (size_t)(dot - base) > NAME_LEN)
		return fail(t, "a template is named NAME.html");
	memcpy(t->name, base, (size_t)(dot - base));
	t->name[dot - base] = '\0';
	if (!is_name(t->name))
		return fail(t,
		    "a template's name is lower-case letters,"
		    " digits and _");
	return 0;
}

static int
compile(struct tmpl *t)
{
	while (t->p < t->end)
		if (step(t) == -1)
			return -1;
	if (t->place != IN_TEXT)
		return fail(t, "the file ends inside a tag");
	if (t->depth > 0)
		return fail(t, "<%s> of line %u is not closed",
		    t->open[t->depth - 1], t->open_line[t->depth - 1]);
	flush_literal(t);
	return 0;
}

/* Whether a function's body reads a slot, and so takes the struct. */
static bool
reads_slots(const struct buf *body)
{
	return strstr(buf_str(body), "t->") != NULL;
}

static void
put_prototype(struct buf *b, const struct tmpl *t, const char *suffix,
    const struct buf *body, const char *sep)
{
	buf_printf(b, "void%stmpl_%s%s(struct html *h", sep, t->name, suffix);
	if (reads_slots(body))
		buf_printf(b, ", const struct tmpl_%s *t", t->name);
	buf_puts(b, ")");
}

static void
put_struct(struct buf *b, const struct tmpl *t)
{
	const struct slot *s;

	if (t->slots == NULL)
		return;
	buf_printf(b, "struct tmpl_%s {\n", t->name);
	for (s = t->slots; s != NULL; s = s->next)
		buf_printf(b, "\t%s%s;\n", kinds[s->kind].ctype, s->name);
	buf_puts(b, "};\n");
}

/* One function: its prototype and its definition. */
static void
put_function(struct buf *header, struct buf *source, const struct tmpl *t,
    const char *suffix, const struct buf *body)
{
	put_prototype(header, t, suffix, body, " ");
	buf_puts(header, ";\n");
	put_prototype(source, t, suffix, body, "\n");
	buf_puts(source, "\n{\n");
	if (body->len == 0)
		buf_puts(source, "\t(void)h;\n");
	buf_puts(source, buf_str(body));
	buf_puts(source, "}\n\n");
}

char *
tmplc_compile(struct arena *mem, const char *file, const char *text, size_t len,
    struct buf *header, struct buf *source)
{
	struct tmpl *t;

	t = arena_zalloc(mem, sizeof(*t));
	t->mem = mem;
	t->file = file;
	t->p = text;
	t->end = text + len;
	t->line = 1;
	t->code = buf_new(mem);
	t->lit = buf_new(mem);
	if (set_name(t) == -1 || compile(t) == -1)
		return t->error;
	put_struct(header, t);
	if (t->layout) {
		put_function(header, source, t, "_open", t->head);
		put_function(header, source, t, "_close", t->code);
	} else
		put_function(header, source, t, "", t->code);
	buf_puts(header, "\n");
	return NULL;
}

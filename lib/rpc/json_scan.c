/*
 * Strict JSON text: RFC 8259 and nothing beside it (rpc.md, J-1 to J-4).
 * Never echoes what it read.
 */

#include "rpc/json_scan.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"

int
json_scan_fail(struct json_scan *js, enum code code, const char *text)
{
	js->err->code = code;
	js->err->path = "";
	js->err->text = arena_printf(js->a, "%s at byte %zu", text,
	    (size_t)(js->p - js->start));
	return -1;
}

int
json_scan_bad(struct json_scan *js, const char *text)
{
	return json_scan_fail(js, CODE_INVALID_ARGUMENT, text);
}

int
json_scan_in(struct json_scan *js, const char *name, size_t len)
{
	js->err->path =
	    arena_printf(js->a, ".%.*s%s", (int)len, name, js->err->path);
	return -1;
}

int
json_scan_at(struct json_scan *js, size_t i)
{
	js->err->path = arena_printf(js->a, "[%zu]%s", i, js->err->path);
	return -1;
}

int
json_scan_memory(struct json_scan *js)
{
	if (arena_full(js->a))
		return json_scan_fail(js, CODE_RESOURCE_EXHAUSTED,
		    "message needs too much memory");
	return 0;
}

char
json_scan_peek(struct json_scan *js)
{
	while (js->p < js->end) {
		switch (*js->p) {
		case ' ':
		case '\t':
		case '\n':
		case '\r':
			js->p++;
			break;
		default:
			return *js->p;
		}
	}
	return '\0';
}

static int
take(struct json_scan *js, char c)
{
	char text[] = "expected 'x'";

	if (json_scan_peek(js) == c) {
		js->p++;
		return 0;
	}
	text[10] = c;
	return json_scan_bad(js, text);
}

/* --- words ----------------------------------------------------------------- */

static bool
take_word(struct json_scan *js, const char *word)
{
	size_t len;

	len = strlen(word);
	if ((size_t)(js->end - js->p) < len || memcmp(js->p, word, len) != 0)
		return false;
	js->p += len;
	return true;
}

bool
json_scan_null(struct json_scan *js)
{
	return json_scan_peek(js) == 'n' && take_word(js, "null");
}

int
json_scan_bool(struct json_scan *js, bool *out)
{
	(void)json_scan_peek(js);
	if (take_word(js, "true")) {
		*out = true;
		return 0;
	}
	if (take_word(js, "false")) {
		*out = false;
		return 0;
	}
	return json_scan_bad(js, "expected true or false");
}

/* --- numbers --------------------------------------------------------------- */

static const char *
skip_digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

/* The end of the number at p; NULL when there is none. */
static const char *
number_end(const char *p, const char *end)
{
	const char *q;

	if (p < end && *p == '-')
		p++;
	q = skip_digits(p, end);
	if (q == p || (*p == '0' && q - p > 1))
		return NULL;
	if (q < end && *q == '.') {
		p = q + 1;
		if ((q = skip_digits(p, end)) == p)
			return NULL;
	}
	if (q < end && (*q == 'e' || *q == 'E')) {
		p = q + 1;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		if ((q = skip_digits(p, end)) == p)
			return NULL;
	}
	return q;
}

bool
json_scan_is_number(const char *s, size_t len)
{
	return len > 0 && number_end(s, s + len) == s + len;
}

int
json_scan_number(struct json_scan *js, struct json_text *out)
{
	const char *q;

	(void)json_scan_peek(js);
	if ((q = number_end(js->p, js->end)) == NULL)
		return json_scan_bad(js, "expected a number");
	out->s = js->p;
	out->len = (size_t)(q - js->p);
	out->copied = false;
	js->p = q;
	return 0;
}

/* --- strings --------------------------------------------------------------- */

/* Four hex digits at p; -1 when they are not. */
static int32_t
hex4(const struct json_scan *js, const char *p)
{
	int32_t n;
	int i, v;

	if (js->end - p < 4)
		return -1;
	for (n = i = 0; i < 4; i++) {
		if ((v = str_hex_value(p[i])) == -1)
			return -1;
		n = n * 16 + v;
	}
	return n;
}

/* What follows "\u": one character, of two escapes when they are a pair. */
static int
take_unicode(struct json_scan *js, uint32_t *cp)
{
	int32_t hi, lo;

	if ((hi = hex4(js, js->p)) == -1)
		return json_scan_bad(js, "expected four hex digits");
	if (hi >= 0xdc00 && hi <= 0xdfff)
		return json_scan_bad(js,
		    "second half of a surrogate pair alone");
	*cp = (uint32_t)hi;
	js->p += 4;
	if (hi < 0xd800 || hi > 0xdbff)
		return 0;
	lo = -1;
	if (js->end - js->p >= 6 && js->p[0] == '\\' && js->p[1] == 'u')
		lo = hex4(js, js->p + 2);
	if (lo < 0xdc00 || lo > 0xdfff)
		return json_scan_bad(js,
		    "first half of a surrogate pair alone");
	*cp =
	    0x10000 + (((uint32_t)hi - 0xd800) << 10) + ((uint32_t)lo - 0xdc00);
	js->p += 6;
	return 0;
}

/* What follows a backslash, decoded to out; the bytes written, or -1. */
static int
take_escape(struct json_scan *js, char *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at;
	uint32_t cp = 0;

	if (js->p == js->end)
		return json_scan_bad(js, "text without an end");
	if (*js->p == 'u') {
		js->p++;
		if (take_unicode(js, &cp) == -1)
			return -1;
		if (cp == 0)
			return json_scan_bad(js, "text with U+0000");
		return (int)utf8_encode(cp, out);
	}
	if (*js->p == '\0' || (at = strchr(from, *js->p)) == NULL)
		return json_scan_bad(js, "unknown escape");
	*out = to[at - from];
	js->p++;
	return 1;
}

/* Steps over plain characters: to a quote, a backslash or the end. */
static int
skip_plain(struct json_scan *js)
{
	const char *p;

	for (p = js->p; p < js->end && *p != '"' && *p != '\\'; p++)
		if ((unsigned char)*p < 0x20)
			break;
	js->p = p;
	if (p == js->end)
		return json_scan_bad(js, "text without an end");
	if (*p != '"' && *p != '\\')
		return json_scan_bad(js, "control character in a text");
	return 0;
}

/* A string with escapes: it never grows by decoding, so len bytes hold it. */
static int
take_escaped(struct json_scan *js, const char *from, struct json_text *out)
{
	const char *run, *q;
	char *to;
	int n;

	for (q = js->p; q < js->end && *q != '"'; q++)
		if (*q == '\\' && q + 1 < js->end)
			q++;
	to = arena_alloc(js->a, (size_t)(q - from) + 4);
	out->s = to;
	js->p = run = from;
	for (;;) {
		if (skip_plain(js) == -1)
			return -1;
		memcpy(to, run, (size_t)(js->p - run));
		to += js->p - run;
		if (*js->p++ == '"')
			break;
		if ((n = take_escape(js, to)) == -1)
			return -1;
		to += n;
		run = js->p;
	}
	*to = '\0';
	out->len = (size_t)(to - out->s);
	out->copied = true;
	return json_scan_memory(js);
}

int
json_scan_string(struct json_scan *js, struct json_text *out)
{
	const char *from;

	if (json_scan_peek(js) != '"')
		return json_scan_bad(js, "expected a string");
	from = ++js->p;
	if (skip_plain(js) == -1)
		return -1;
	if (*js->p == '\\')
		return take_escaped(js, from, out);
	out->s = from;
	out->len = (size_t)(js->p++ - from);
	out->copied = false;
	return 0;
}

const char *
json_scan_str(struct json_scan *js, const struct json_text *t)
{
	return t->copied ? t->s : arena_strndup(js->a, t->s, t->len);
}

/* --- objects and arrays ---------------------------------------------------- */

int
json_scan_open(struct json_scan *js, char c)
{
	if (json_scan_peek(js) != c)
		return json_scan_bad(js,
		    c == '{' ? "expected an object" : "expected an array");
	if (js->depth >= js->lim.max_depth)
		return json_scan_bad(js, "nested too deep");
	js->p++;
	js->depth++;
	return 0;
}

/* 0 when the closing byte came, 1 when an element comes, -1 on error. */
static int
next(struct json_scan *js, char close, bool *first)
{
	char c;

	c = json_scan_peek(js);
	if (c == close) {
		js->p++;
		js->depth--;
		return 0;
	}
	if (*first) {
		*first = false;
		return 1;
	}
	if (c != ',')
		return json_scan_bad(js,
		    close == '}' ? "expected ',' or '}'"
				 : "expected ',' or ']'");
	js->p++;
	if (json_scan_peek(js) == close)
		return json_scan_bad(js, "comma before the end");
	return 1;
}

int
json_scan_next_item(struct json_scan *js, bool *first)
{
	return next(js, ']', first);
}

int
json_scan_next_member(struct json_scan *js, bool *first, struct json_text *name)
{
	int rc;

	if ((rc = next(js, '}', first)) != 1)
		return rc;
	if (json_scan_peek(js) != '"')
		return json_scan_bad(js, "expected a member name");
	if (json_scan_string(js, name) == -1 || take(js, ':') == -1)
		return -1;
	return 1;
}

static int
skip_object(struct json_scan *js)
{
	struct json_names names = { NULL, 0 };
	struct json_text name;
	bool first;
	int rc;

	if (json_scan_open(js, '{') == -1)
		return -1;
	first = true;
	while ((rc = json_scan_next_member(js, &first, &name)) == 1) {
		json_scan_note(js, &names, &name);
		if (json_scan_skip(js) == -1)
			return -1;
	}
	return rc == -1 ? -1 : json_scan_unique(js, &names);
}

static int
skip_array(struct json_scan *js)
{
	bool first;
	int rc;

	if (json_scan_open(js, '[') == -1)
		return -1;
	first = true;
	while ((rc = json_scan_next_item(js, &first)) == 1)
		if (json_scan_skip(js) == -1)
			return -1;
	return rc;
}

int
json_scan_skip(struct json_scan *js)
{
	struct json_text text;
	bool b;

	if (json_scan_memory(js) == -1)
		return -1;
	switch (json_scan_peek(js)) {
	case '{':
		return skip_object(js);
	case '[':
		return skip_array(js);
	case '"':
		return json_scan_string(js, &text);
	case 't':
	case 'f':
		return json_scan_bool(js, &b);
	case 'n':
		if (json_scan_null(js))
			return 0;
		return json_scan_bad(js, "expected a value");
	default:
		if (json_scan_number(js, &text) == -1)
			return json_scan_bad(js, "expected a value");
		return 0;
	}
}

/* --- names that come twice ------------------------------------------------- */

void
json_scan_note(struct json_scan *js, struct json_names *names,
    const struct json_text *name)
{
	size_t n;

	n = names->nnames;
	if (n == 0 || (n >= 8 && (n & (n - 1)) == 0))
		names->names = arena_grow(js->a, names->names, n,
		    n == 0 ? 8 : 2 * n, sizeof(*names->names));
	names->names[names->nnames++] = *name;
}

static int
cmp_text(const void *a, const void *b)
{
	const struct json_text *x = a, *y = b;

	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return memcmp(x->s, y->s, x->len);
}

int
json_scan_unique(struct json_scan *js, struct json_names *names)
{
	size_t i;

	if (names->nnames < 2)
		return 0;
	qsort(names->names, names->nnames, sizeof(*names->names), cmp_text);
	for (i = 1; i < names->nnames; i++)
		if (cmp_text(&names->names[i - 1], &names->names[i]) == 0)
			return json_scan_bad(js, "member name comes twice");
	return 0;
}

/*
 * HTML into memory. The plain verb escapes; html_lit() takes string literals
 * only, so no value reaches a page unescaped. Templates (fcgi/web/templates)
 * compile to calls of these functions.
 */
#ifndef MIRAI_RPC_HTML_H
#define MIRAI_RPC_HTML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* A page under construction; the buffer is the caller's. */
struct html {
	struct buf *out;
};

/* A string literal as it stands. "" makes anything else a syntax error. */
#define html_lit(h, s) html_put((h), "" s, sizeof(s) - 1)

/* For html_lit() and generated templates only. */
void html_put(struct html *h, const char *s, size_t len);

/*
 * Text, or the inside of a quoted attribute. Control characters that HTML
 * forbids and malformed UTF-8 become U+FFFD.
 */
void html_text(struct html *h, const char *s);

/* One component of an address (RFC 3986 2.3), as {{id:url}}. */
void html_url(struct html *h, const char *s);

/*
 * A whole address inside a quoted attribute, as {{link:href}}: a path of this
 * host ("/..." but not "//..."), a query, a fragment, http or https. Anything
 * else becomes "#".
 */
void html_href(struct html *h, const char *s);

/* A JSON string inside a quoted attribute, as {{data:json}}. */
void html_json(struct html *h, const char *s);

void html_int(struct html *h, int64_t n);

/* ` name="value"`; name is a literal. */
#define html_attr(h, name, value) html_put_attr((h), "" name, (value))
void html_put_attr(struct html *h, const char *name, const char *value);

/* The attribute's name alone, when on. */
void html_flag(struct html *h, const char *name, bool on);

/* Whether html_href() would let the address through. */
bool html_href_ok(const char *s);

/*
 * A slot's value: an unset one ends the program in test builds (TMPL_STRICT),
 * where it is a mistake someone can still repair, and is empty elsewhere.
 */
const char *html_slot(const char *s, const char *name);

#endif

/*
 * HTML that people, models and documents wrote, made safe to show: an
 * allow-list of elements and attributes (spec content.md 9.5), always
 * well-formed, never a script, style, handler or foreign scheme.
 */
#ifndef MIRAI_LEARN_HTML_H
#define MIRAI_LEARN_HTML_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

/*
 * Input above this many bytes, or nested deeper than HTML_MAX_NESTING, is not
 * parsed: its tags are cut away and the text alone is kept.
 */
#define HTML_MAX_INPUT	 ((size_t)4 * 1024 * 1024)
#define HTML_MAX_NESTING 128

/*
 * The safe form of html, in a; "" for NULL. Block content: text that stands
 * bare at the top comes back in a paragraph. Elements off the list are
 * replaced by their content; script, style and their like vanish whole. Safe
 * input comes back unchanged, so the function may run any number of times.
 */
char *html_sanitize(struct arena *a, const char *html);

/*
 * The same without images: what a model wrote must not fetch anything from
 * anywhere when it is shown.
 */
char *html_sanitize_prose(struct arena *a, const char *html);

/*
 * The text of html without tags, entities decoded, white space folded, one
 * line per block; in a.
 */
char *html_to_text(struct arena *a, const char *html);

/*
 * Text made literal for HTML and XML content and quoted attributes. What XML
 * 1.0 cannot hold (control characters, malformed UTF-8) is left out.
 */
char *html_escape(struct arena *a, const char *s);
void html_escape_to(struct buf *b, const char *s);

#endif

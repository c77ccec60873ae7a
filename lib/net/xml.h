/*
 * XML and HTML as events. Nothing is fetched, no entity but the predefined
 * ones is expanded, and a document type declaration in XML is refused: so no
 * input can read files or grow by reference. The only user of libxml2.
 */
#ifndef MIRAI_NET_XML_H
#define MIRAI_NET_XML_H

#include <stddef.h>

#include "base/xmalloc.h"

/* attrs: name, value, ..., NULL; NULL when there is none. Borrowed. */
struct xml_events {
	void (*open)(void *arg, const char *name, const char *const *attrs);
	void (*close)(void *arg, const char *name);
	void (*text)(void *arg, const char *p, size_t len);
};

/*
 * Well-formed XML; names come without prefix. -1 with *why (a fixed text)
 * when it is not, or holds a document type declaration.
 */
int xml_read(const char *p, size_t len, const struct xml_events *ev, void *arg,
    const char **why) MUST_CHECK;

/*
 * The same, but a document type declaration may name an external subset (it is
 * never fetched); one that declares anything by itself is refused.
 */
int xml_read_typed(const char *p, size_t len, const struct xml_events *ev,
    void *arg, const char **why) MUST_CHECK;

/*
 * UTF-8 HTML as browsers meet it: never refused, unclosed elements are
 * closed; names are lower case.
 */
void xml_read_html(const char *p, size_t len, const struct xml_events *ev,
    void *arg);

/*
 * The same of UTF-8 HTML that is held whole, read into a tree first: text comes
 * in one piece, and white space between blocks does not come at all. Nothing is
 * reported before all is read. -1, and no event, when elements nest more than
 * max_depth deep.
 */
int xml_walk_html(const char *p, size_t len, size_t max_depth,
    const struct xml_events *ev, void *arg) MUST_CHECK;

/* The value of an attribute, NULL when absent. */
const char *xml_attr(const char *const *attrs, const char *name);

#endif

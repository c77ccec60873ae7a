/*
 * libxml2's parsers behind three callbacks. The readers feed input in pieces,
 * so memory does not grow with it; the walk holds a tree.
 */
#include "net/xml.h"

#include <libxml/HTMLparser.h>
#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PIECE	  65536
#define MAX_ATTRS 64

struct reader {
	const struct xml_events *ev;
	void *arg;
	xmlParserCtxtPtr ctx;
	const char *why;
};

const char *
xml_attr(const char *const *attrs, const char *name)
{
	for (; attrs != NULL && *attrs != NULL; attrs += 2) {
		if (strcmp(attrs[0], name) == 0)
			return attrs[1];
	}
	return NULL;
}

static void
on_open(void *arg, const xmlChar *name, const xmlChar *prefix,
    const xmlChar *uri, int nns, const xmlChar **ns, int nattrs, int ndef,
    const xmlChar **attrs)
{
	struct reader *r = ((xmlParserCtxtPtr)arg)->_private;
	const char *pairs[2 * MAX_ATTRS + 1];
	char *copies[MAX_ATTRS];
	int i, n = nattrs < MAX_ATTRS ? nattrs : MAX_ATTRS;

	(void)prefix;
	(void)uri;
	(void)nns;
	(void)ns;
	(void)ndef;
	for (i = 0; i < n; i++) {
		copies[i] = xstrndup((const char *)attrs[5 * i + 3],
		    (size_t)(attrs[5 * i + 4] - attrs[5 * i + 3]));
		pairs[2 * i] = (const char *)attrs[5 * i];
		pairs[2 * i + 1] = copies[i];
	}
	pairs[2 * n] = NULL;
	r->ev->open(r->arg, (const char *)name, n > 0 ? pairs : NULL);
	for (i = 0; i < n; i++)
		free(copies[i]);
}

static void
on_close(void *arg, const xmlChar *name, const xmlChar *prefix,
    const xmlChar *uri)
{
	struct reader *r = ((xmlParserCtxtPtr)arg)->_private;

	(void)prefix;
	(void)uri;
	r->ev->close(r->arg, (const char *)name);
}

static void
on_text(void *arg, const xmlChar *p, int len)
{
	struct reader *r = ((xmlParserCtxtPtr)arg)->_private;

	r->ev->text(r->arg, (const char *)p, (size_t)len);
}

static void
on_doctype(void *arg, const xmlChar *name, const xmlChar *id,
    const xmlChar *system)
{
	struct reader *r = ((xmlParserCtxtPtr)arg)->_private;

	(void)name;
	(void)id;
	(void)system;
	r->why = "its XML has a document type declaration";
	xmlStopParser(r->ctx);
}

/* Declarations inside a document type declaration. */
static void
refuse(void *arg)
{
	struct reader *r = ((xmlParserCtxtPtr)arg)->_private;

	r->why = "its XML declares entities or attributes";
	xmlStopParser(r->ctx);
}

static void
on_entity(void *arg, const xmlChar *name, int type, const xmlChar *public_id,
    const xmlChar *system_id, xmlChar *content)
{
	(void)name;
	(void)type;
	(void)public_id;
	(void)system_id;
	(void)content;
	refuse(arg);
}

static void
on_attribute(void *arg, const xmlChar *elem, const xmlChar *name, int type,
    int def, const xmlChar *value, xmlEnumerationPtr tree)
{
	(void)elem;
	(void)name;
	(void)type;
	(void)def;
	(void)value;
	xmlFreeEnumeration(tree);
	refuse(arg);
}

static void
refuse_declarations(xmlSAXHandler *sax)
{
	sax->entityDecl = on_entity;
	sax->attributeDecl = on_attribute;
}

static void
on_html_open(void *arg, const xmlChar *name, const xmlChar **attrs)
{
	struct reader *r = ((xmlParserCtxtPtr)arg)->_private;
	const char *pairs[2 * MAX_ATTRS + 1];
	int n;

	for (n = 0; attrs != NULL && n < 2 * MAX_ATTRS && attrs[n] != NULL;
	     n += 2) {
		pairs[n] = (const char *)attrs[n];
		pairs[n + 1] =
		    attrs[n + 1] == NULL ? "" : (const char *)attrs[n + 1];
	}
	pairs[n] = NULL;
	r->ev->open(r->arg, (const char *)name, n > 0 ? pairs : NULL);
}

static void
on_html_close(void *arg, const xmlChar *name)
{
	struct reader *r = ((xmlParserCtxtPtr)arg)->_private;

	r->ev->close(r->arg, (const char *)name);
}

/* The messages of libxml2 quote the input; they are dropped. */
static void
on_error(void *arg, const char *fmt, ...)
{
	(void)arg;
	(void)fmt;
}

static void
sax_common(xmlSAXHandler *sax)
{
	memset(sax, 0, sizeof(*sax));
	sax->characters = on_text;
	sax->cdataBlock = on_text;
	sax->ignorableWhitespace = on_text;
	sax->warning = on_error;
	sax->error = on_error;
}

static int
read_xml(const char *p, size_t len, const struct xml_events *ev, void *arg,
    bool typed, const char **why)
{
	struct reader r = { .ev = ev, .arg = arg };
	xmlSAXHandler sax;
	int n, rv = 0;

	sax_common(&sax);
	sax.initialized = XML_SAX2_MAGIC;
	sax.startElementNs = on_open;
	sax.endElementNs = on_close;
	if (typed)
		refuse_declarations(&sax);
	else
		sax.internalSubset = on_doctype;
	r.ctx = xmlCreatePushParserCtxt(&sax, NULL, NULL, 0, NULL);
	if (r.ctx == NULL) {
		*why = "out of memory";
		return -1;
	}
	r.ctx->_private = &r;
	xmlCtxtUseOptions(r.ctx, XML_PARSE_NONET);
	for (; len > 0 && rv == 0 && r.why == NULL; p += n, len -= (size_t)n) {
		n = len < PIECE ? (int)len : PIECE;
		rv = xmlParseChunk(r.ctx, p, n, len == (size_t)n);
	}
	if (r.why == NULL && (rv != 0 || !r.ctx->wellFormed))
		r.why = "its XML is not well-formed";
	xmlFreeParserCtxt(r.ctx);
	if (r.why == NULL)
		return 0;
	*why = r.why;
	return -1;
}

int
xml_read(const char *p, size_t len, const struct xml_events *ev, void *arg,
    const char **why)
{
	return read_xml(p, len, ev, arg, false, why);
}

int
xml_read_typed(const char *p, size_t len, const struct xml_events *ev,
    void *arg, const char **why)
{
	return read_xml(p, len, ev, arg, true, why);
}

void
xml_read_html(const char *p, size_t len, const struct xml_events *ev, void *arg)
{
	struct reader r = { .ev = ev, .arg = arg };
	htmlSAXHandler sax;
	int n;

	sax_common(&sax);
	sax.startElement = on_html_open;
	sax.endElement = on_html_close;
	r.ctx = htmlCreatePushParserCtxt(&sax, NULL, NULL, 0, NULL,
	    XML_CHAR_ENCODING_UTF8);
	if (r.ctx == NULL)
		return;
	r.ctx->_private = &r;
	htmlCtxtUseOptions(r.ctx,
	    HTML_PARSE_NONET | HTML_PARSE_RECOVER | HTML_PARSE_IGNORE_ENC);
	for (; len > 0; p += n, len -= (size_t)n) {
		n = len < PIECE ? (int)len : PIECE;
		(void)htmlParseChunk(r.ctx, p, n, len == (size_t)n);
	}
	htmlFreeParserCtxt(r.ctx);
}

/* --- the tree ----------------------------------------------------------------- */

static void
limit_open(void *p, const xmlChar *name, const xmlChar **attrs)
{
	htmlParserCtxtPtr ctx = p;
	const size_t *max_depth = ctx->_private;

	if ((size_t)ctx->nodeNr > *max_depth)
		xmlStopParser(ctx);
	else
		xmlSAX2StartElement(ctx, name, attrs);
}

/* *stopped: it is too deep, and what came before that is the tree. */
static htmlDocPtr
parse_tree(const char *p, size_t len, size_t max_depth, bool *stopped)
{
	htmlParserCtxtPtr ctx;
	htmlDocPtr doc;

	*stopped = true;
	if (len > INT_MAX || (ctx = htmlNewParserCtxt()) == NULL)
		return NULL;
	ctx->_private = &max_depth;
	ctx->sax->startElement = limit_open;
	doc = htmlCtxtReadMemory(ctx, p, (int)len, NULL, "UTF-8",
	    HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
		HTML_PARSE_NONET | HTML_PARSE_NODEFDTD);
	*stopped = ctx->disableSAX != 0;
	htmlFreeParserCtxt(ctx);
	return doc;
}

static void
report_open(xmlNodePtr node, const struct xml_events *ev, void *arg)
{
	const char **pairs;
	xmlAttrPtr attr;
	size_t i, n = 0;

	for (attr = node->properties; attr != NULL; attr = attr->next)
		n++;
	if (n == 0) {
		ev->open(arg, (const char *)node->name, NULL);
		return;
	}
	pairs = xreallocarray(NULL, 2 * n + 1, sizeof(*pairs));
	for (i = 0, attr = node->properties; attr != NULL; attr = attr->next) {
		pairs[i++] = (const char *)attr->name;
		pairs[i++] = (const char *)xmlNodeListGetString(node->doc,
		    attr->children, 1);
		if (pairs[i - 1] == NULL)
			pairs[i - 1] =
			    (const char *)xmlStrdup((const xmlChar *)"");
	}
	pairs[i] = NULL;
	ev->open(arg, (const char *)node->name, pairs);
	for (i = 1; i < 2 * n; i += 2)
		xmlFree((void *)(uintptr_t)pairs[i]);
	free(pairs);
}

/* True when the children of node are to be visited. */
static bool
report_node(xmlNodePtr node, const struct xml_events *ev, void *arg)
{
	if (node->type == XML_ELEMENT_NODE) {
		report_open(node, ev, arg);
		return node->children != NULL;
	}
	if ((node->type == XML_TEXT_NODE ||
		node->type == XML_CDATA_SECTION_NODE) &&
	    node->content != NULL)
		ev->text(arg, (const char *)node->content,
		    strlen((const char *)node->content));
	return false;
}

/* Without recursion: the depth of a tree is the author's choice. */
static void
walk(xmlNodePtr node, const struct xml_events *ev, void *arg)
{
	while (node != NULL) {
		if (report_node(node, ev, arg)) {
			node = node->children;
			continue;
		}
		if (node->type == XML_ELEMENT_NODE)
			ev->close(arg, (const char *)node->name);
		while (node->next == NULL) {
			node = node->parent;
			if (node == NULL || node->type != XML_ELEMENT_NODE)
				return;
			ev->close(arg, (const char *)node->name);
		}
		node = node->next;
	}
}

int
xml_walk_html(const char *p, size_t len, size_t max_depth,
    const struct xml_events *ev, void *arg)
{
	htmlDocPtr doc;
	bool stopped;

	doc = parse_tree(p, len, max_depth, &stopped);
	if (doc == NULL)
		return -1;
	if (!stopped)
		walk(xmlDocGetRootElement(doc), ev, arg);
	xmlFreeDoc(doc);
	return stopped ? -1 : 0;
}

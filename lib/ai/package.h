/*
 * Documents that are ZIP archives of XML: Open Packaging (ECMA-376 part 2:
 * DOCX, PPTX), OpenDocument and EPUB. Their parts are read once, within
 * limits; pictures, sounds and fonts are not read at all.
 */
#ifndef MIRAI_AI_PACKAGE_H
#define MIRAI_AI_PACKAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "net/unzip.h"
#include "net/xml.h"

struct package {
	struct arena *a;
	struct unzip_member *parts; /* by name */
	size_t nparts;
};

/* One relation of a part: Target and the last word of Type. */
struct package_rel {
	const char *id;
	const char *type;   /* "slide", "notesSlide", ... */
	const char *target; /* name of a part */
};

struct package_rels {
	struct package_rel *rel;
	size_t n;
};

/* Whether a part of this name can hold text. */
bool package_is_text(const char *name);

/* -1 with *why: damaged, encrypted, too large. */
int package_open(struct package *pkg, struct arena *a, const char *p,
    size_t len, const char **why) MUST_CHECK;

/* NULL: there is no such part, or it is of a kind that is not read. */
const struct unzip_member *package_find(const struct package *pkg,
    const char *name);

/*
 * Reads a part as XML. A part that is absent is as good as an empty one: 0. A
 * document type declaration may stand in it (EPUB 2 has them), but nothing is
 * declared by it: entities make it fail.
 */
int package_read(const struct package *pkg, const char *name,
    const struct xml_events *ev, void *arg, const char **why) MUST_CHECK;

/*
 * The part that href in the part named base means, without fragment; NULL for
 * an address outside of the package.
 */
const char *package_resolve(struct arena *a, const char *base,
    const char *href);

/* The relations of a part; "" means of the package. Outer ones are left out. */
struct package_rels package_rels(const struct package *pkg, const char *name);
/* The target of the first of a type; NULL. */
const char *package_rel_of(const struct package_rels *rels, const char *type);
/* The target of an id; NULL. */
const char *package_rel_id(const struct package_rels *rels, const char *id);

/* For struct xml_events where a reader has no use for one. */
void package_no_close(void *arg, const char *name);
void package_no_text(void *arg, const char *p, size_t len);

#endif

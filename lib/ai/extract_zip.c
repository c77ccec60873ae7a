/*
 * A ZIP archive to a document: what is inside tells which kind it is, as the
 * formats themselves say it (a member named mimetype, or the main relation of
 * an Open Packaging document). Runs in a sandboxed child.
 */
#include <string.h>

#include "ai/extract.h"
#include "base/str.h"

#define ODF "application/vnd.oasis.opendocument."

typedef int (
    *reader)(struct doc_maker *, const struct package *, const char **);

/* By the member mimetype (OpenDocument 1.3 part 2, 3.3; EPUB OCF 4.2.6.1). */
static const struct mime {
	const char *name;
	const char *unit;
	reader read;
	const char *why; /* where there is no reader */
} mimes[] = {
	{ "application/epub+zip", "chapter", extract_epub, NULL },
	{ ODF "text", "line", extract_odt, NULL },
	{ ODF "text-template", "line", extract_odt, NULL },
	{ ODF "text-master", "line", extract_odt, NULL },
	{ ODF "presentation", NULL, NULL,
	    "an OpenDocument presentation; save it as PPTX or PDF" },
	{ ODF "spreadsheet", NULL, NULL,
	    "a spreadsheet; save it as a document or PDF" },
	{ ODF "graphics", NULL, NULL, "a drawing; save it as PDF" },
};

/* By the name of the root element's part: what Office writes. */
static const struct main_part {
	const char *dir;
	const char *unit;
	reader read;
	const char *why;
} main_parts[] = {
	{ "word/", "line", extract_docx, NULL },
	{ "ppt/", "slide", extract_pptx, NULL },
	{ "xl/", NULL, NULL, "a spreadsheet; save it as a document or PDF" },
	{ "visio/", NULL, NULL, "a drawing; save it as PDF" },
};

static const struct mime *
mime_of(const struct package *pkg)
{
	const struct unzip_member *m = package_find(pkg, "mimetype");
	const char *word;
	size_t i;

	if (m == NULL || m->len > 256)
		return NULL;
	word = str_trim(pkg->a, m->p);
	for (i = 0; i < NITEMS(mimes); i++) {
		if (strcmp(mimes[i].name, word) == 0)
			return &mimes[i];
	}
	return NULL;
}

static bool
has_dir(const struct package *pkg, const char *dir)
{
	size_t i;

	for (i = 0; i < pkg->nparts; i++) {
		if (str_starts(pkg->parts[i].name, dir))
			return true;
	}
	return false;
}

static const struct main_part *
main_part_of(const struct package *pkg)
{
	struct package_rels rels = package_rels(pkg, "");
	const char *name = package_rel_of(&rels, "officeDocument");
	size_t i;

	for (i = 0; i < NITEMS(main_parts); i++) {
		if (name != NULL ? str_starts(name, main_parts[i].dir)
				 : has_dir(pkg, main_parts[i].dir))
			return &main_parts[i];
	}
	return NULL;
}

static int
run(struct doc_maker *m, const struct package *pkg, const char *unit,
    reader read, const char *no, const char **why)
{
	if (read == NULL) {
		*why = no;
		return -1;
	}
	doc_unit(m, unit);
	return read(m, pkg, why);
}

int
extract_zip(struct doc_maker *m, const char *p, size_t len, const char **why)
{
	const struct main_part *part;
	const struct mime *mime;
	struct package pkg;

	if (package_open(&pkg, doc_arena(m), p, len, why) == -1)
		return -1;
	if ((mime = mime_of(&pkg)) != NULL)
		return run(m, &pkg, mime->unit, mime->read, mime->why, why);
	if ((part = main_part_of(&pkg)) != NULL)
		return run(m, &pkg, part->unit, part->read, part->why, why);
	*why = package_find(&pkg, "META-INF/container.xml") != NULL
	    ? "a damaged EPUB: it has no member named mimetype"
	    : "a ZIP archive, but not a DOCX, PPTX, ODT or EPUB document";
	return -1;
}

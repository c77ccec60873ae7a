/*
 * A file to a document. The kind is told from the content, never from the
 * name (which only decides between Markdown and plain text). Everything
 * foreign is parsed in a sandboxed child: a hostile file can end the child
 * only.
 *
 * Text files are UTF-8, or UTF-16 with a byte order mark; HTML may also
 * declare ISO-8859-1 or windows-1252. Anything else is refused.
 */
#ifndef MIRAI_AI_EXTRACT_H
#define MIRAI_AI_EXTRACT_H

#include <stdbool.h>
#include <stddef.h>

#include "ai/doc.h"
#include "ai/package.h"
#include "base/arena.h"

#define EXTRACT_MAX ((size_t)25 * 1024 * 1024)

enum extract_kind {
	EXTRACT_NONE, /* not a kind we read */
	EXTRACT_MD,
	EXTRACT_HTML,
	EXTRACT_TXT,
	EXTRACT_ZIP, /* DOCX, PPTX, ODT or EPUB: what is inside tells */
	EXTRACT_PDF,
	EXTRACT__MAX
};

/*
 * The document in a, or NULL with *why: a reason that fits after "NAME: "
 * and holds nothing of the file's content.
 */
struct doc *extract_file(struct arena *a, const char *path, const char **why);
struct doc *extract_bytes(struct arena *a, const char *name, const void *p,
    size_t len, const char **why);

/* The kind by content; EXTRACT_NONE with *why. */
enum extract_kind extract_sniff(const char *name, const char *p, size_t len,
    const char **why);

/*
 * The parsers, for extract.c and the fuzz targets: they run where they are
 * called. md, html and txt take valid UTF-8; pdf takes what pdftohtml -xml
 * prints; zip finds out which of the four after it reads the archive. -1 with
 * *why on failure. Pictures are left out: a struct doc has no place for them.
 */
int extract_md(struct doc_maker *m, const char *p, size_t len,
    const char **why);
int extract_html(struct doc_maker *m, const char *p, size_t len,
    const char **why);
int extract_txt(struct doc_maker *m, const char *p, size_t len,
    const char **why);
int extract_pdf(struct doc_maker *m, const char *p, size_t len,
    const char **why);
int extract_zip(struct doc_maker *m, const char *p, size_t len,
    const char **why);
int extract_docx(struct doc_maker *m, const struct package *pkg,
    const char **why);
int extract_pptx(struct doc_maker *m, const struct package *pkg,
    const char **why);
int extract_odt(struct doc_maker *m, const struct package *pkg,
    const char **why);
int extract_epub(struct doc_maker *m, const struct package *pkg,
    const char **why);

/*
 * *p and *len as UTF-8 without byte order mark, in a where they differ from
 * what came. html: what the text declares about itself counts. -1 with *why.
 */
int extract_utf8(struct arena *a, bool html, const char **p, size_t *len,
    const char **why);

#endif

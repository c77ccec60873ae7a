/*
 * Blocks of a document as Markdown (chunks), HTML (lessons) and plain text.
 */
#ifndef MIRAI_AI_RENDER_H
#define MIRAI_AI_RENDER_H

#include <stddef.h>

#include "ai/doc.h"
#include "base/buf.h"

/* Text safe between tags. */
void render_escape(struct buf *b, const char *p, size_t len);

/*
 * Well-formed HTML of the elements that content.md 9.5 allows, in the form that
 * html_sanitize() leaves as it is.
 */
void render_html(struct buf *b, const struct doc_block *k, size_t n);

/* Markdown that extract_md() reads back as the same blocks. */
void render_markdown(struct buf *b, const struct doc_block *k, size_t n);

/* Text without tags, one line per block. */
void render_plain(struct buf *b, const struct doc_block *k, size_t n);

#endif

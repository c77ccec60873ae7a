/*
 * The course document: the part of a course that lies in object storage, as
 * JSON with camelCase keys (spec content.md, section 2). Besides the keys
 * named there: id and version of the course it belongs to, sources on blocks
 * and content.sourceChunks, the knowledge the text was made from.
 */
#ifndef MIRAI_LEARN_DOCUMENT_H
#define MIRAI_LEARN_DOCUMENT_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

struct pb_course;

#define DOCUMENT_MAX ((size_t)64 * 1024 * 1024)

/* Appends the document, pretty-printed; equal courses give equal bytes. */
void document_write(struct arena *a, struct buf *b,
    const struct pb_course *course);

/*
 * Reads a document into the zeroed *course: id, version, settings, personas,
 * learning_objectives, assessment_settings and content; settings and content
 * are never NULL afterwards. Unknown keys are skipped. -1: *error says where
 * and what ("$.content.sections[1].name: not a string"), *course is to be
 * thrown away.
 */
int document_read(struct arena *a, const void *p, size_t len,
    struct pb_course *course, const char **error) MUST_CHECK;

#endif

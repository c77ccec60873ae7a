/*
 * ZIP archives that depend on nothing but their content: entries sorted by
 * name, one fixed time, no directory entries, no data descriptors, no extra
 * fields. libarchive's writer puts a data descriptor after every entry and
 * the owner into extra fields, so the hundred lines are written here, on zlib.
 */
#ifndef MIRAI_LEARN_ZIP_H
#define MIRAI_LEARN_ZIP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

struct zip;

/* An empty archive; it and all it allocates live in a. */
struct zip *zip_new(struct arena *a);

/*
 * [a-z0-9._-] in segments split by '/'; no empty, "." or ".." segment, at
 * most 255 bytes.
 */
bool zip_name_ok(const char *name);

/*
 * Adds a file. p is borrowed until the archive is written, the name is
 * copied. -1 when the name breaks the rule or is taken.
 */
int zip_add(struct zip *z, const char *name, const void *p,
    size_t len) MUST_CHECK;

/* Name of entry i in the archive's order; NULL past the end. Borrowed. */
const char *zip_name_at(struct zip *z, size_t i);

/*
 * Appends the archive to b. -1 when it would be longer than max bytes (b is
 * as it was then); max is at most 4 GiB - 1, so ZIP64 is never needed.
 */
int zip_write(struct zip *z, struct buf *b, size_t max) MUST_CHECK;

#endif

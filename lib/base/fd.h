/*
 * File descriptors.
 */
#ifndef MIRAI_BASE_FD_H
#define MIRAI_BASE_FD_H

#include <stddef.h>

#include "base/buf.h"

/* Reads len bytes into p; -1 when there are fewer, or with errno. */
int fd_read(int fd, void *p, size_t len) MUST_CHECK;

/* Writes all of p, however many calls and signals that takes; -1 with errno. */
int fd_write(int fd, const void *p, size_t len) MUST_CHECK;

/*
 * The content of the file path, in a. NULL with errno; EFBIG: more than max
 * bytes, EILSEQ: there is a NUL in it.
 */
struct buf *fd_slurp(struct arena *a, const char *path, size_t max);

#endif

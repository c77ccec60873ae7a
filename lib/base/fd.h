/*
 * File descriptors.
 */
#ifndef MIRAI_BASE_FD_H
#define MIRAI_BASE_FD_H

#include <stddef.h>

#include "base/xmalloc.h"

/* Writes all of p, however many calls and signals that takes; -1 with errno. */
int fd_write(int fd, const void *p, size_t len) MUST_CHECK;

#endif

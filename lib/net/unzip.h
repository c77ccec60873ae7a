/*
 * Reading one member out of a ZIP archive in memory, with limits on what it
 * may grow to.
 */
#ifndef MIRAI_NET_UNZIP_H
#define MIRAI_NET_UNZIP_H

#include <stddef.h>

#include "base/buf.h"

enum unzip_result {
	UNZIP_OK,
	UNZIP_ABSENT,	 /* no such member */
	UNZIP_BROKEN,	 /* not a ZIP archive, or damaged */
	UNZIP_ENCRYPTED, /* the member is encrypted */
	UNZIP_TOO_LARGE, /* the member is longer than max, or too many members */
};

/* Appends the member's bytes to out; on failure out may hold a part. */
enum unzip_result unzip_member(const void *p, size_t len, const char *name,
    size_t max, struct buf *out);

#endif

/*
 * The members of a ZIP archive in memory that its reader asks for, with limits
 * on what they may grow to. Sizes in headers are never believed.
 */
#ifndef MIRAI_NET_UNZIP_H
#define MIRAI_NET_UNZIP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum unzip_result {
	UNZIP_OK,
	UNZIP_BROKEN,	 /* not a ZIP archive, or damaged */
	UNZIP_ENCRYPTED, /* a wanted member is encrypted */
	UNZIP_TOO_LARGE, /* the wanted members are longer than max together */
	UNZIP_TOO_MANY,	 /* more than UNZIP_MAX_MEMBERS of all kinds */
};

#define UNZIP_MAX_MEMBERS 10000

struct unzip_member {
	const char *name;
	size_t at;     /* its place in the archive */
	const char *p; /* NUL-terminated besides its len; NULL: not wanted */
	size_t len;
};

/*
 * All members, sorted by name, in a: the bytes of those that want() takes, of
 * the others the name. Of several with one name the first counts.
 */
enum unzip_result unzip_read(struct arena *a, const void *p, size_t len,
    bool (*want)(const char *name), size_t max, struct unzip_member **out,
    size_t *nout);

#endif

/*
 * A virus scanner that speaks clamd's protocol (clamd(8), INSTREAM): the bytes
 * go to it over a Unix socket or TCP in bounded chunks, its verdict comes back.
 * Nothing is ever taken for clean because the scanner did not say so.
 */
#ifndef MIRAI_NET_CLAMD_H
#define MIRAI_NET_CLAMD_H

#include <sys/types.h>

#include <stddef.h>

#include "base/arena.h"

enum clamd_verdict {
	CLAMD_CLEAN,
	CLAMD_INFECTED,	   /* *said: name of what was found */
	CLAMD_TOO_LARGE,   /* longer than the scanner takes (StreamMaxLength) */
	CLAMD_UNREADABLE,  /* the source failed; *said: why */
	CLAMD_UNAVAILABLE, /* no verdict: *said: why; worth another try */
};

struct clamd {
	const char *path; /* of a Unix socket; NULL: */
	const char *host, *port;
	unsigned connect_ms; /* for each address of host */
	unsigned wall_ms;    /* for all of one scan */
};

/*
 * where: "/run/clamav/clamd.ctl", "localhost:3310" or "[::1]:3310". NULL, or
 * the rule that it breaks. Borrows nothing; waits 5 s and 2 minutes.
 */
const char *clamd_parse(struct arena *a, const char *where, struct clamd *out);

/*
 * Scans what read gives: up to len bytes at p, how many they are, 0 at the end,
 * -1 with errno. *said (in a, printable, at most 200 bytes) is "" for
 * CLAMD_CLEAN.
 */
enum clamd_verdict clamd_scan(const struct clamd *c, struct arena *a,
    ssize_t (*read)(void *arg, void *p, size_t len), void *arg,
    const char **said);

/* The same of a file from where its descriptor stands. */
enum clamd_verdict clamd_scan_fd(const struct clamd *c, struct arena *a, int fd,
    const char **said);

#endif

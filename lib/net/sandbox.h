/*
 * Untrusted bytes are parsed by a child that can do nothing else: limits on
 * memory, processor time, files and wall-clock time, no new privileges, a
 * system-call allow-list, and no file system beyond what reading a program's
 * own libraries needs. Its answer comes back over a pipe, capped.
 * The only user of libseccomp and Landlock.
 */
#ifndef MIRAI_NET_SANDBOX_H
#define MIRAI_NET_SANDBOX_H

#include <stddef.h>

#include "base/buf.h"

struct sandbox_limits {
	size_t memory;	  /* bytes of address space beyond the parent's */
	unsigned cpu_s;	  /* processor seconds */
	unsigned wall_ms; /* wall-clock milliseconds */
	size_t output;	  /* bytes of answer */
};

enum sandbox_end {
	SANDBOX_DONE,	 /* exited; *status says how */
	SANDBOX_CRASHED, /* ended by a signal: *status is its number */
	SANDBOX_DENIED,	 /* tried a forbidden system call */
	SANDBOX_TIMEOUT, /* processor or wall-clock limit */
	SANDBOX_OUTPUT,	 /* answer longer than the limit */
	SANDBOX_ERROR,	 /* the child could not be started; logged */
};

/*
 * Runs fn(arg, answer) in a child and appends the answer to out; fn's result
 * (0..100) is *status, 101 means it ran out of memory. The child sees the
 * parent's memory as it is now, and no descriptor.
 */
enum sandbox_end sandbox_call(const struct sandbox_limits *lim,
    int (*fn)(void *arg, struct buf *answer), void *arg, struct buf *out,
    int *status);

/*
 * Runs the program argv[0] (an absolute path) with the len bytes at p as
 * /proc/self/fd/3, standard output appended to out, standard error to err.
 */
enum sandbox_end sandbox_exec(const struct sandbox_limits *lim,
    const char *const argv[], const void *p, size_t len, struct buf *out,
    struct buf *err, int *status);

#endif

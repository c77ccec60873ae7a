/*
 * Counters of the identity service (spec identity.md D-5), in memory that its
 * processes on one host share: a file beside the cache. They count up for as
 * long as the file is there.
 */
#ifndef MIRAI_IDENTITY_METRICS_H
#define MIRAI_IDENTITY_METRICS_H

#include <stdint.h>

#include "base/buf.h"
#include "base/conf.h"

enum metrics_counter {
	METRICS_LOGIN_OK = 0,
	METRICS_LOGIN_REFRESHED,
	METRICS_LOGIN_REFUSED,
	METRICS_LOGIN_LOCKED,
	METRICS_HASH_BUSY, /* turned away: too many hashes at once */
	METRICS__MAX
};

enum metrics_time {
	METRICS_HASH_WAIT = 0,
	METRICS_WHOAMI,
	METRICS_TIME__MAX
};

/* In each process. Without the file nothing is counted, which is logged. */
void metrics_open(const struct conf *conf);
void metrics_close(void);

void metrics_count(enum metrics_counter counter);
void metrics_observe(enum metrics_time time, int64_t us);

/*
 * This process waits for a hash, and no more. One that is killed meanwhile is
 * not counted either.
 */
void metrics_wait_begin(void);
void metrics_wait_end(void);

/* What a row of the audit trail says of sign-ins, if anything. */
void metrics_trail(const char *action);

/* All of them as Prometheus reads them (text format 0.0.4). */
void metrics_write(struct buf *b);

#endif

/*
 * The worker's timer (spec rpc.md L-4): an answer leaves in time even if the
 * handler does not return. One request at a time, in the thread that called
 * deadline_open().
 */
#ifndef MIRAI_RPC_DEADLINE_H
#define MIRAI_RPC_DEADLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Once per worker, after the fork. Without it the rest does nothing. */
void deadline_open(void);

/* While a request is read or written: at due_ms the connection is shut. */
void deadline_read(int fd, int64_t due_ms);

/* Prepared bytes, borrowed until deadline_stop(). */
struct deadline_answer {
	const void *data;
	size_t len;
};

/*
 * While a handler works: at due_ms late is written to fd and fd shut; unsure
 * instead if *committing (may be NULL) is true then. A handler that has not
 * returned some seconds later ends the process.
 */
void deadline_work(int fd, int64_t due_ms, struct deadline_answer late,
    struct deadline_answer unsure, const volatile bool *committing);

/* Ends the watch. True: the timer has answered, nothing more may be sent. */
bool deadline_stop(void);

#endif

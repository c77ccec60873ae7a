/*
 * Bounds how many password hashes run at once in all processes of a pool, and
 * how many requests may wait for one (spec identity.md P-5).
 */
#ifndef MIRAI_IDENTITY_GATE_H
#define MIRAI_IDENTITY_GATE_H

#include <stddef.h>
#include <stdint.h>

struct gate;

/*
 * nslots may run at once and nplaces may run or wait. Made before the workers
 * are forked, who then share it. NULL after one logged line.
 */
struct gate *gate_open(size_t nslots, size_t nplaces);
void gate_close(struct gate *g);

/*
 * Waits up to timeout_ms for a slot. -1: none became free, or too many wait
 * already. A process holds one at most; its death frees it.
 */
int gate_enter(struct gate *g, int timeout_ms);
void gate_leave(struct gate *g);

#endif

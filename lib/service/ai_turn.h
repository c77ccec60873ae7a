/*
 * Turns at calls that wait for a provider while somebody waits for the answer.
 * Such a call keeps a worker of mirai-account for as long as a server likes
 * that a company named itself; turns leave most workers to everybody else.
 */
#ifndef MIRAI_SERVICE_AI_TURN_H
#define MIRAI_SERVICE_AI_TURN_H

#include "rpc/req.h"

#define AI_TURNS_TENANT 2 /* of one company at a time */

/* Zeroed, or filled by ai_turn_take(). */
struct ai_turn {
	const char *key[2];
	const char *id[2];
	size_t n;
};

/*
 * A turn for the caller's company where there are so many workers: half of
 * them at most have one, on this host. CODE_OK: ai_turn_give() follows; else
 * the request fails with RATE_LIMITED. Who dies with a turn gives it back with
 * the request's deadline. Without a cache everybody has one.
 */
enum code ai_turn_take(struct req *r, size_t workers,
    struct ai_turn *t) MUST_CHECK;
void ai_turn_give(struct req *r, struct ai_turn *t);

#endif

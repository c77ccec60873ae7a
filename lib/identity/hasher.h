/*
 * Password hashes for people who are made from outside the flows of the
 * identity service: in the form that service takes, and only so many at a time
 * in all processes of a pool (spec accounts.md 3.1, identity.md P-5).
 */
#ifndef MIRAI_IDENTITY_HASHER_H
#define MIRAI_IDENTITY_HASHER_H

#include <stdint.h>

#include "base/arena.h"
#include "base/code.h"
#include "base/conf.h"

struct hasher;

/*
 * Before the workers are forked, who then share the places: those of
 * identity.hash_slots. NULL after one logged line.
 */
struct hasher *hasher_open(const struct conf *conf, size_t workers);
void hasher_close(struct hasher *h); /* NULL is fine */

/*
 * The hash of a new password in a: argon2id of its normal form C, or bcrypt of
 * its bytes, at most 72 then, where identity.mode is "kratos". Waits for two
 * seconds at most, waited_ms of which are over. CODE_UNAVAILABLE: too many at
 * once.
 */
enum code hasher_hash(struct hasher *h, struct arena *a, const char *password,
    int64_t waited_ms, const char **hash) MUST_CHECK;

#endif

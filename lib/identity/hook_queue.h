/*
 * Web hooks that nobody waits for: queued in the transaction of what they
 * tell, delivered later by mirai-webhook. Their bodies are sealed while they
 * wait, and gone afterwards.
 */
#ifndef MIRAI_IDENTITY_HOOK_QUEUE_H
#define MIRAI_IDENTITY_HOOK_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/code.h"
#include "db/db.h"

/* Told when one was queued; without payload. */
#define HOOK_CHANNEL "mirai_webhook"

/* Inside the caller's transaction; id is a new UUID, hook its name. */
enum code hook_queue_put(struct db *db, struct arena *a,
    const char *const *secrets, const char *id, const char *hook,
    const char *body) MUST_CHECK;

/* One in hand; strings live in the arena. */
struct hook_work {
	const char *id;
	const char *hook;
	const char *body; /* NULL: its secret is gone */
	int attempt;	  /* from 1 */
};

/*
 * Each of these is a transaction of its own. Takes what is due longest; its
 * lease ends by itself, so a worker's death delays it and loses nothing. 1, 0
 * for none, -1 after a logged failure of the database.
 */
int hook_queue_take(struct db *db, struct arena *a, const char *const *secrets,
    struct hook_work *out) MUST_CHECK;

/* How a try ended. */
enum hook_note {
	HOOK_NOTE_SENT = 0,
	HOOK_NOTE_AGAIN, /* after a while; given up after HOOK_TRIES */
	HOOK_NOTE_GIVE_UP
};

/*
 * Notes it, unless the lease was lost meanwhile; error says why it was not
 * sent. *kept is whether there will be another try. -1: as above.
 */
int hook_queue_note(struct db *db, struct arena *a, const struct hook_work *w,
    enum hook_note end, const char *error, bool *kept) MUST_CHECK;

/* Deletes at most 100 that were over a week ago; how many, or -1. */
int64_t hook_queue_sweep(struct db *db, struct arena *a) MUST_CHECK;

/* Calls fn for each that waits, the one due longest first. -1: as above. */
int hook_queue_waiting(struct db *db, struct arena *a,
    void (*fn)(void *arg, const struct hook_work *w, bool due),
    void *arg) MUST_CHECK;

extern const struct db_query hook_queue_queries[];

#endif

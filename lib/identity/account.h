/*
 * The end of an account at its owner's wish (spec identity.md D-6): a date,
 * until which it can be kept, and the deletion once that has passed; and a
 * copy of all that is known of its owner.
 */
#ifndef MIRAI_IDENTITY_ACCOUNT_H
#define MIRAI_IDENTITY_ACCOUNT_H

#include "identity/visit.h"

/* When identity id will be deleted, in us since 1970; 0: not at all. */
enum code account_due(struct db *db, const char *id, int64_t *due) MUST_CHECK;

/* Sets that date, grace_us from now, or takes it back. */
enum code account_end(struct db *db, struct arena *a, const char *id,
    int64_t grace_us, int64_t *due) MUST_CHECK;
enum code account_keep(struct db *db, const char *id) MUST_CHECK;

/*
 * For cron: deletes at most 100 that are due, each with its row in the audit
 * trail; returns how many, -1 when the database failed.
 */
int64_t account_sweep(struct db *db, struct arena *a) MUST_CHECK;

/* GET /self-service/account/export: all of it, to be saved as a file. */
void account_export(struct visit *c);

extern const struct db_query account_queries[];

#endif

/*
 * Registrations as an operator sees them and decides about them: each deed is
 * one transaction with its audit row (spec accounts.md 14.6). db is a worker's
 * handle with no transaction open.
 */
#ifndef MIRAI_SERVICE_PROVISION_ADMIN_H
#define MIRAI_SERVICE_PROVISION_ADMIN_H

#include "base/arena.h"
#include "base/code.h"
#include "db/db.h"

/* Deeds that concern no tenant are audited under this one. */
#define PROVISION_NO_TENANT "00000000-0000-0000-0000-000000000000"

/* Texts are "" and times 0 where there is none. */
struct provision_row {
	const char *id;
	const char *email;
	const char *first_name;
	const char *last_name;
	const char *company;
	const char *industry;
	const char *team_size;
	const char *plan;
	int64_t seats;
	const char *status; /* pending, paid, provisioning, failed */
	const char *session_id;
	const char *customer_id;
	const char *subscription_id;
	const char *identity_id;
	const char *error;
	int64_t attempts;
	bool due; /* it would be worked on now */
	bool has_password;
	int64_t next_attempt_at; /* us since 1970 */
	int64_t warned_at;
	int64_t alerted_at;
	int64_t created_at;
	int64_t expires_at;
	int64_t updated_at; /* since when it is as it is */
};

/* Oldest first, of a status or (NULL) of all; in the handle's arena. */
enum code provision_list(struct db *db, struct arena *a, const char *status,
    struct provision_row **out, size_t *n) MUST_CHECK;

/* By id or address. CODE_NOT_FOUND. */
enum code provision_find(struct db *db, const char *which,
    struct provision_row *out) MUST_CHECK;

/*
 * Makes a failed one "paid" again, with all its tries before it, or a paid one
 * due now; wakes mirai-provision. CODE_FAILED_PRECONDITION: it is neither.
 */
enum code provision_retry(struct db *db, const struct provision_row *row,
    const char *actor) MUST_CHECK;

/*
 * Removes a failed one, and later the login that was made for it unless
 * somebody came to own it. CODE_FAILED_PRECONDITION: it is not failed.
 */
enum code provision_discard(struct db *db, const struct provision_row *row,
    const char *actor) MUST_CHECK;

/* An audit row of a deed that concerns no tenant, e.g. "registration.reconcile". */
enum code provision_audit(struct db *db, const char *action,
    const char *details, const char *actor) MUST_CHECK;

#endif

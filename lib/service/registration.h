/*
 * Sign-ups that wait for their payment: the rows of pending_registrations
 * until they are paid; what follows is provision_run.h (spec accounts.md 3.1,
 * 16.1). Each call is a short transaction of its own across tenants, so none
 * may be open; a failure of the database is logged and shows in db_fault().
 */
#ifndef MIRAI_SERVICE_REGISTRATION_H
#define MIRAI_SERVICE_REGISTRATION_H

#include "base/str.h"
#include "db/db.h"

struct registration_new {
	const char *email; /* in the form it is stored in; all are checked */
	const char *password_hash;
	const char *first_name;
	const char *last_name;
	const char *company;
	const char *industry;  /* "" = none */
	const char *team_size; /* "" = none */
	const char *plan;      /* "starter", "pro" */
	int64_t seats;
	bool paid; /* nothing is to be paid: it is provisioned next */
};

struct registration {
	char id[STR_UUID_LEN + 1];
	const char *status;	/* pending, paid, provisioning, failed */
	const char *session_id; /* of the checkout; NULL: none yet */
	int64_t changed_ms;	/* how long ago it changed last */
};

/*
 * Keeps others from working on the sign-up of an address until unlocked, or
 * until this process dies. CODE_ALREADY_EXISTS: somebody does now.
 */
enum code registration_lock(struct db *db, const char *email) MUST_CHECK;
void registration_unlock(struct db *db, const char *email);

/* CODE_ALREADY_EXISTS: the address has one. expires_at: Unix seconds. */
enum code registration_insert(struct db *db, struct arena *a,
    const struct registration_new *in, char id[STR_UUID_LEN + 1],
    int64_t *expires_at) MUST_CHECK;

/* CODE_NOT_FOUND: the address has none. */
enum code registration_find(struct db *db, const char *email,
    struct registration *out) MUST_CHECK;

/* Where it is paid. CODE_NOT_FOUND: it is gone, or no longer pending. */
enum code registration_set_checkout(struct db *db, const char *id,
    const char *session_id, const char *customer_id) MUST_CHECK;

/*
 * Deletes it if it is still pending; or if it failed for good and was never
 * paid for. CODE_NOT_FOUND: it is not. One that stays is in nobody's way: the
 * next sign-up of the address replaces it.
 */
enum code registration_drop(struct db *db, const char *id);
enum code registration_drop_failed(struct db *db, const char *id);

#endif

/*
 * Mails of the identity service: queued in the transaction of their cause,
 * delivered later by mirai-mail (spec identity.md, section 22).
 */
#ifndef MIRAI_IDENTITY_COURIER_H
#define MIRAI_IDENTITY_COURIER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/code.h"
#include "db/db.h"
#include "net/json.h"

/* Told when a mail was queued; without payload. */
#define COURIER_CHANNEL "mirai_mail"

struct courier_mail {
	const char *type; /* "recovery_code": one of letter_types (letter.h) */
	bool unknown;	  /* the "invalid" case: nobody here has that address */
	bool nobody;	  /* no mail, but the same work: see courier_queue() */
	const char *to;	  /* one bare address */
	const char *identity_id; /* whom it is about; NULL: nobody */
	/*
	 * An object with what the template names: RecoveryCode,
	 * VerificationCode, LoginCode, RegistrationCode, RecoveryURL,
	 * VerificationURL, ExpiresInMinutes, RequestURL, TransientPayload;
	 * At, Factor (authenticator_key_*); Device, IPAddress, At
	 * (new_device); NewAddress (verifiable_address_changed); LoginURL,
	 * ResetURL (registration_exists); Minutes (account_locked);
	 * DeletionDate, CancelURL (account_deletion). To and Identity are
	 * added by the courier. All text but the minutes. NULL: nothing.
	 */
	const struct json *data;
};

/*
 * Queues a mail inside the caller's open transaction and wakes the courier
 * when that commits. An address nobody here has gets one mail a day; what
 * would be the second is silently dropped (E-2). For nobody the row is written
 * and taken back, so that the time of the answer tells no more than its bytes.
 * secrets is identity.secrets: data is kept sealed under the first of them.
 * CODE_INVALID_ARGUMENT: to is no address a header can carry, or no such type;
 * nothing was done. Else the database's failure.
 */
enum code courier_queue(struct db *db, struct arena *a,
    const char *const *secrets, const struct courier_mail *m) MUST_CHECK;

/* What the sealed data of a mail is bound to (identity/seal.h). */
const char *courier_context(struct arena *a, const char *id);

/*
 * Mails as the administrator sees them (GET /admin/courier/messages), codes
 * masked. Members of the filter left NULL or 0 ask for nothing.
 */
struct courier_filter {
	const char *status;    /* "queued", "processing", "sent", "abandoned" */
	const char *recipient; /* exact but for letter case */
	const char *after;     /* id of the last one of the page before */
	size_t limit;
};

/* Inside the caller's transaction; newest first, a list in a. */
enum code courier_list(struct db *db, struct arena *a,
    const struct courier_filter *f, struct json **out) MUST_CHECK;

/* One of them, with its dispatches. CODE_NOT_FOUND: no such id. */
enum code courier_get(struct db *db, struct arena *a, const char *id,
    struct json **out) MUST_CHECK;

/* Whether a filter may ask for it. */
bool courier_is_status(const char *s);

extern const struct db_query courier_queries[];

#endif

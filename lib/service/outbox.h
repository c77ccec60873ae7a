/*
 * Mails of the application: queued in the transaction of their cause, written
 * and sent later by mirai-mail (spec accounts.md, section 15).
 */
#ifndef MIRAI_SERVICE_OUTBOX_H
#define MIRAI_SERVICE_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/code.h"
#include "db/db.h"
#include "net/json.h"

/* Told when a mail was queued; without payload. */
#define OUTBOX_CHANNEL "mirai_outbox"

struct outbox_mail {
	/*
	 * Which letter, and what its data must name (all text unless said):
	 *   invitation          inviter company link expires_at
	 *   welcome             first_name company
	 *   task_assigned       assignee assigner task sme due_at? link
	 *   ingestion_complete  user sme task link
	 *   ingestion_failed    user sme task error link
	 *   generation_complete user course what link   what: outline, lesson,
	 *   generation_failed   user course what error link    course
	 *   outline_ready       user course sections lessons link   (numbers)
	 *   course_complete     user course sections lessons minutes link
	 *   alert               subject text
	 *   payment_failed      company
	 *   enterprise_inquiry  company industry? team_size? name email phone?
	 *                       message?
	 * Times are RFC 3339; links are paths of the application host.
	 */
	const char *kind;
	const char *to;	       /* one bare address */
	const char *tenant_id; /* whose transaction it is; NULL: superadmin's */
	const char *notification_id; /* its email_sent is set; NULL: none */
	const struct json *data;
};

/*
 * Queues a mail inside the caller's open transaction and wakes mirai-mail when
 * that commits; waits for nobody but the database. CODE_INVALID_ARGUMENT: to is
 * no address a header can carry, there is no such kind, or data lacks what it
 * names; nothing was done. Else the database's failure.
 */
enum code outbox_queue(struct db *db, struct arena *a,
    const struct outbox_mail *m) MUST_CHECK;

/* --- the operator's view; each call is a transaction of a worker's handle --- */

/* Strings live in the handle's arena. */
struct outbox_row {
	const char *id;
	const char *tenant_id; /* NULL: none */
	const char *kind;
	const char *to;
	const char *status; /* queued, sending, sent, failed */
	const char *error;  /* of the last try; NULL: none */
	int64_t attempts;
	int64_t created_at; /* us since 1970 */
	int64_t next_at;    /* of queued: the next try; of sending: lease end */
	int64_t ended_at;   /* of sent and failed */
	const struct json *data; /* outbox_get() only */
};

/* Whether outbox_list() may ask for it. */
bool outbox_is_status(const char *s);

/* The newest first; status NULL: all. after: the last id of the page before. */
enum code outbox_list(struct db *db, struct arena *a, const char *status,
    const char *after, int64_t limit, struct outbox_row **out, size_t *n);

/* CODE_NOT_FOUND: no such id. */
enum code outbox_get(struct db *db, struct arena *a, const char *id,
    struct outbox_row *out);

/*
 * Makes it due now with all its tries before it, and wakes mirai-mail; audited
 * as the deed of actor. CODE_NOT_FOUND; CODE_FAILED_PRECONDITION: it is being
 * sent at this moment; CODE_ABORTED: it was sent and its link is kept no more.
 */
enum code outbox_resend(struct db *db, struct arena *a, const char *id,
    const char *actor);

extern const struct db_query outbox_queries[];

#endif

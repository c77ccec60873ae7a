/*
 * Mails of the application: queued in the transaction of their cause, written
 * and sent later by mirai-mail (spec accounts.md, section 15).
 */
#ifndef MIRAI_SERVICE_OUTBOX_H
#define MIRAI_SERVICE_OUTBOX_H

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
	const struct json *data;
};

/*
 * Queues a mail inside the caller's open transaction and wakes mirai-mail when
 * that commits. CODE_INVALID_ARGUMENT: to is no address a header can carry, or
 * no such kind; nothing was done. Else the database's failure.
 */
enum code outbox_queue(struct db *db, struct arena *a,
    const struct outbox_mail *m) MUST_CHECK;

#endif

/*
 * What the queues of mails say alike. Addresses are masked.
 */
#include "queue.h"

#include "base/log.h"

void
queue_tell(const struct mailer *m, const char *id, int attempt,
    enum mail_end end, bool again, const char *error)
{
	if (end == MAIL_SENT)
		job_say(&m->job, "%s sent", id);
	else if (again)
		log_warn("mail %s: try %d: %s", id, attempt, error);
	else
		log_warn("mail %s: given up: %s", id, error);
}

void
queue_tell_waiting(const struct mailer *m, const char *id, const char *type,
    const char *to, int attempt, bool due)
{
	job_say(&m->job, "%s %s for %s, try %d%s", id, type, log_mask_email(to),
	    attempt, due ? "" : ", not due yet");
}

/*
 * The queues that mirai-mail drains. Each is worked on by a process of its own,
 * so that neither a database nor a mail server that hangs holds up the other.
 */
#ifndef MIRAI_CRON_MAIL_QUEUE_H
#define MIRAI_CRON_MAIL_QUEUE_H

#include "db/migrate.h"
#include "identity/letter.h"
#include "post.h"
#include "rpc/job.h"

#define QUEUE_STEP_SECONDS 170 /* below the leases */

struct queue;

/* What the process of one queue holds; job.env.db is that queue's. */
struct mailer {
	struct job job;
	const struct queue *queue;
	struct post *post;
	struct letter_box *letters;
	const char *const *secrets; /* of the identity service's queue */
	struct arena *mem;	    /* of the whole run */
};

struct queue {
	const char *lock;    /* keeps two runs on one host apart */
	const char *url_key; /* its database; unset: not on this host */
	enum migrate_target target;
	const char *channel;
	enum post_whose whose;
	/* Reads what it needs beside the above. -1 after one logged line. */
	int (*open)(struct mailer *m);
	/* One mail, if one is due: 1, 0 when there is none, -1. */
	int (*step)(struct mailer *m);
	/* Removes what is old; 0, -1. NULL: another program does. */
	int (*sweep)(struct mailer *m);
	/* -n: says what waits; 0, -1. */
	int (*show)(struct mailer *m);
};

/* Tells what came of a try; again is whether there will be another. */
void queue_tell(const struct mailer *m, const char *id, int attempt,
    enum mail_end end, bool again, const char *error);

/* -n: tells of a mail that waits. */
void queue_tell_waiting(const struct mailer *m, const char *id,
    const char *type, const char *to, int attempt, bool due);

extern const struct queue queue_identity;
extern const struct queue queue_outbox;

#endif

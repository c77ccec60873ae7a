/*
 * How mails leave: by SMTP, by HTTP, or into a Maildir.
 */
#ifndef MIRAI_CRON_MAIL_POST_H
#define MIRAI_CRON_MAIL_POST_H

#include "base/conf.h"
#include "identity/letter.h"
#include "net/mail.h"

struct post;

/*
 * Whose mails: each has settings of its own, and where they are not set goes
 * the way of the other.
 */
enum post_whose {
	POST_IDENTITY = 0, /* courier.* */
	POST_APP	   /* smtp.* */
};

/* One mail to be posted. */
struct post_mail {
	const char *id;
	const char *type; /* of letter */
	const char *to;
	const char *reply_to; /* one bare address, or NULL */
	int64_t created_us;
	const struct letter *letter;
};

/*
 * NULL after one logged line that names the setting. The caller owns it.
 * Unless dry, where no way is set the Maildir is made, and told of once.
 */
struct post *post_open(const struct conf *conf, enum post_whose whose,
    bool dry);
void post_close(struct post *p);

/* Delivers one mail. Unless sent, *error says why, in a. */
enum mail_end post_send(struct post *p, struct arena *a,
    const struct post_mail *m, const char **error) MUST_CHECK;

#endif

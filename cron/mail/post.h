/*
 * How mails leave: by SMTP, by HTTP, or into a Maildir.
 */
#ifndef MIRAI_CRON_MAIL_POST_H
#define MIRAI_CRON_MAIL_POST_H

#include "base/conf.h"
#include "identity/courier_work.h"
#include "net/mail.h"

struct post;

/* NULL after one logged line that names the setting. The caller owns it. */
struct post *post_open(const struct conf *conf);
void post_close(struct post *p);

/* Delivers one letter. Unless sent, *error says why, in a. */
enum mail_end post_send(struct post *p, struct arena *a,
    const struct courier_work *w, const struct letter *letter,
    const char **error) MUST_CHECK;

#endif

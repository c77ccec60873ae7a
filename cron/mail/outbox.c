/*
 * The queue of the application: invitations, what became of courses, alerts.
 * What was sent long ago is removed by mirai-cleanup.
 */
#include "service/outbox.h"

#include "base/log.h"
#include "queue.h"
#include "service/outbox_letter.h"
#include "service/outbox_work.h"

static int
app_open(struct mailer *m)
{
	const char *dir = conf_text(m->job.env.conf, "courier.templates");
	const char *error = NULL;

	m->letters =
	    outbox_letters(m->mem, str_is_empty(dir) ? NULL : dir, &error);
	if (m->letters != NULL)
		return 0;
	log_error("courier.templates: %s", error);
	return -1;
}

static enum mail_end
deliver(struct mailer *m, struct arena *a, const struct outbox_work *w,
    const char **error)
{
	const char *app = conf_text(m->job.env.conf, "url.app");
	struct outbox_letter letter;
	struct post_mail mail = {
		.id = w->id,
		.type = w->kind,
		.to = w->to,
		.created_us = w->created_us,
		.letter = &letter.letter,
	};

	if (w->attempt > OUTBOX_TRIES) {
		*error = "its delivery was interrupted too often";
		return MAIL_REFUSED;
	}
	if (outbox_write(a, m->letters, app, w->kind, w->data, false,
		&letter) == -1) {
		*error = "no letter can be written of it";
		return MAIL_REFUSED;
	}
	mail.reply_to = letter.reply_to;
	return post_send(m->post, a, &mail, error);
}

static int
app_step(struct mailer *m)
{
	struct outbox_work w = { 0 };
	const char *error = NULL;
	enum mail_end end;
	struct arena *a;
	bool again;
	int rc;

	a = arena_new();
	arena_set_wipe(a);
	rc = outbox_take(m->job.env.db, a, &w);
	if (rc == 1) {
		end = deliver(m, a, &w, &error);
		rc = outbox_note(m->job.env.db, a, &w, end, error, &again) == 0
		    ? 1
		    : -1;
		queue_tell(m, w.id, w.attempt, end, again, error);
	}
	arena_free(a);
	return rc;
}

static void
show_one(void *arg, const struct outbox_work *w, bool due)
{
	queue_tell_waiting(arg, w->id, w->kind, w->to, w->attempt, due);
}

static int
app_show(struct mailer *m)
{
	return outbox_waiting(m->job.env.db, m->mem, show_one, m);
}

const struct queue queue_outbox = {
	.lock = "mirai-mail-outbox",
	.url_key = "database.worker_url",
	.target = MIGRATE_APP,
	.channel = OUTBOX_CHANNEL,
	.whose = POST_APP,
	.open = app_open,
	.step = app_step,
	.show = app_show,
};

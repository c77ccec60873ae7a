/*
 * The queue of the identity service: codes and notices, whose data are sealed.
 * Codes are never printed.
 */
#include <string.h>

#include "base/log.h"
#include "identity/courier.h"
#include "identity/courier_work.h"
#include "queue.h"

#define DAY 86400

static int
identity_open(struct mailer *m)
{
	const struct conf *conf = m->job.env.conf;
	const char *dir = conf_text(conf, "courier.templates");
	const char *error = NULL;

	m->secrets = conf_list(conf, "identity.secrets");
	if (m->secrets[0] == NULL) {
		log_error("identity.secrets: not set");
		return -1;
	}
	m->letters = letter_open(m->mem, &letter_identity,
	    str_is_empty(dir) ? NULL : dir, &error);
	if (m->letters != NULL)
		return 0;
	log_error("courier.templates: %s", error);
	return -1;
}

/* Writes the letter, and as an administrator may see it. */
static int
write_letter(struct mailer *m, struct arena *a, const struct courier_work *w,
    struct letter *letter, struct letter *shown)
{
	if (w->data == NULL ||
	    letter_write(a, m->letters, w->type, w->unknown, w->data, letter) ==
		-1)
		return -1;
	return letter_write(a, m->letters, w->type, w->unknown,
	    letter_masked(a, w->data), shown);
}

static enum mail_end
deliver(struct mailer *m, struct arena *a, const struct courier_work *w,
    struct letter *shown, const char **error)
{
	struct letter letter;
	struct post_mail mail = {
		.id = w->id,
		.type = w->type,
		.to = w->to,
		.created_us = w->created_us,
		.letter = &letter,
	};

	if (w->attempt > COURIER_TRIES) {
		*error = "its delivery was interrupted too often";
		return MAIL_REFUSED;
	}
	if (write_letter(m, a, w, &letter, shown) == -1) {
		*error = w->data == NULL
		    ? "it was sealed with a secret that is gone"
		    : "there is no template for it";
		return MAIL_REFUSED;
	}
	return post_send(m->post, a, &mail, error);
}

static int
identity_step(struct mailer *m)
{
	const char *base_url = conf_text(m->job.env.conf, "url.auth");
	struct letter shown = { 0 };
	struct courier_work w = { 0 };
	const char *error = NULL;
	enum mail_end end;
	struct arena *a;
	bool again;
	int rc;

	a = arena_new();
	arena_set_wipe(a);
	rc = courier_take(m->job.env.db, a, m->secrets, base_url, &w);
	if (rc == 1) {
		end = deliver(m, a, &w, &shown, &error);
		rc = courier_note(m->job.env.db, a, &w, end,
			 shown.subject == NULL ? NULL : &shown, error,
			 &again) == 0
		    ? 1
		    : -1;
		queue_tell(m, w.id, w.attempt, end, again, error);
	}
	arena_free(a);
	return rc;
}

static int
identity_sweep(struct mailer *m)
{
	int days = (int)(conf_int(m->job.env.conf, "courier.keep") / DAY);
	struct arena *a;
	int64_t n;

	do {
		a = arena_new();
		n = courier_sweep(m->job.env.db, a, days);
		arena_free(a);
	} while (n > 0 && !job_stopping());
	return n == -1 ? -1 : 0;
}

static void
show_one(void *arg, const struct courier_work *w, bool due)
{
	queue_tell_waiting(arg, w->id, w->type, w->to, w->attempt, due);
}

static int
identity_show(struct mailer *m)
{
	return courier_waiting(m->job.env.db, m->mem, show_one, m);
}

const struct queue queue_identity = {
	.lock = "mirai-mail",
	.url_key = "identity.database.url",
	.target = MIGRATE_IDENTITY,
	.channel = COURIER_CHANNEL,
	.whose = POST_IDENTITY,
	.open = identity_open,
	.step = identity_step,
	.sweep = identity_sweep,
	.show = identity_show,
};

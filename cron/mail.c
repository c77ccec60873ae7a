/*
 * mirai-mail: delivers the mails that the identity service queued. Takes one
 * at a time under a lease, holds no transaction while it delivers, and notes
 * what came of it. A kill between delivery and note repeats that one mail at
 * most; none is lost. Codes are never printed.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "identity/courier.h"
#include "identity/kratos_conf.h"
#include "mail/post.h"
#include "rpc/job.h"

#define STEP_SECONDS 170 /* below the lease */
#define POLL_MS	     5000
#define DAY	     86400

struct mailer {
	struct job job;
	struct post *post;
	struct letter_box *letters;
	const char *const *secrets;
	const char *base_url;
	struct arena *mem; /* of the whole run */
};

static int
mailer_open(struct mailer *m)
{
	const struct conf *conf = m->job.env.conf;
	const char *dir = conf_text(conf, "courier.templates");
	const char *error = NULL;

	m->mem = arena_new();
	m->secrets = conf_list(conf, "identity.secrets");
	m->base_url = conf_text(conf, "url.auth");
	if (m->secrets[0] == NULL) {
		log_error("identity.secrets: not set");
		return -1;
	}
	m->letters = letter_open(m->mem, &letter_identity,
	    dir == NULL || *dir == '\0' ? NULL : dir, &error);
	if (m->letters == NULL) {
		log_error("courier.templates: %s", error);
		return -1;
	}
	m->post = post_open(conf);
	return m->post == NULL ? -1 : 0;
}

static void
mailer_close(struct mailer *m)
{
	post_close(m->post);
	arena_free(m->mem);
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

static enum courier_end
deliver(struct mailer *m, struct arena *a, const struct courier_work *w,
    struct letter *shown, const char **error)
{
	struct letter letter;

	if (w->attempt > COURIER_TRIES) {
		*error = "its delivery was interrupted too often";
		return COURIER_GIVE_UP;
	}
	if (write_letter(m, a, w, &letter, shown) == -1) {
		*error = w->data == NULL
		    ? "it was sealed with a secret that is gone"
		    : "there is no template for it";
		return COURIER_GIVE_UP;
	}
	switch (post_send(m->post, a, w, &letter, error)) {
	case MAIL_SENT:
		return COURIER_SENT;
	case MAIL_AGAIN:
		return COURIER_AGAIN;
	case MAIL_REFUSED:
		break;
	}
	return COURIER_GIVE_UP;
}

static void
tell(struct mailer *m, const struct courier_work *w, enum courier_end end,
    bool again, const char *error)
{
	if (end == COURIER_SENT)
		job_say(&m->job, "%s sent", w->id);
	else if (again)
		log_warn("mail %s: try %d: %s", w->id, w->attempt, error);
	else
		log_warn("mail %s: given up: %s", w->id, error);
}

/* One mail, if one is due: 1, 0 when there is none, -1. */
static int
step(struct mailer *m)
{
	struct letter shown = { 0 };
	struct courier_work w = { 0 };
	const char *error = NULL;
	enum courier_end end;
	struct arena *a;
	bool again;
	int rc;

	job_deadline(STEP_SECONDS);
	a = arena_new();
	arena_set_wipe(a);
	rc = courier_take(m->job.env.db, a, m->secrets, m->base_url, &w);
	if (rc == 1) {
		end = deliver(m, a, &w, &shown, &error);
		rc = courier_note(m->job.env.db, a, &w, end,
			 shown.subject == NULL ? NULL : &shown, error,
			 &again) == 0
		    ? 1
		    : -1;
		tell(m, &w, end, again, error);
	}
	arena_free(a);
	return rc;
}

static int
drain(struct mailer *m)
{
	int rc;

	do {
		rc = job_stopping() ? 0 : step(m);
	} while (rc == 1);
	return rc;
}

static int
sweep(struct mailer *m)
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

/* -n: what is in the queue. */
static void
show_one(void *arg, const struct courier_work *w, bool due)
{
	struct mailer *m = arg;

	job_say(&m->job, "%s %s for %s, try %d%s", w->id, w->type,
	    log_mask_email(w->to), w->attempt, due ? "" : ", not due yet");
}

static int
show(struct mailer *m)
{
	return courier_waiting(m->job.env.db, m->mem, show_one, m);
}

static int
run(struct mailer *m)
{
	int rc;

	rc = sweep(m);
	do {
		/* Before the queue is read, or a wake-up is missed. */
		if (!m->job.once &&
		    db_listen(m->job.env.db, COURIER_CHANNEL) == -1)
			log_debug("not listening");
		if (drain(m) == -1)
			rc = -1;
	} while (job_wait(&m->job, POLL_MS));
	return rc;
}

int
main(int argc, char **argv)
{
	struct mailer m = { 0 };
	int rc = -1, status;

	kratos_conf_know();
	if (job_open_on(&m.job, "mirai-mail", JOB_IDENTITY, argc, argv,
		&status) == -1)
		return status;
	if (mailer_open(&m) == 0)
		rc = m.job.dry ? show(&m) : run(&m);
	mailer_close(&m);
	job_close(&m.job);
	return rc == -1 ? 1 : 0;
}

/*
 * mirai mail: the application's queue of mails as an operator sees it. Lists
 * it, shows a mail as it reads (links that let somebody in are masked), and
 * sends one again.
 */
#include "cmd.h"

#include <err.h>
#include <stdio.h>
#include <string.h>

#include "admin.h"
#include "base/clock.h"
#include "net/json.h"
#include "service/outbox.h"
#include "service/outbox_letter.h"

#define LIMIT_DEFAULT 50
#define LIMIT_MAX     1000

struct mail_opts {
	const char *conf;
	const char *status;
	const char *after;
	int64_t limit;
	bool json;
};

static const char mail_usage[] =
    "usage: mirai mail list [-f CONF] [--json]\n"
    "           [--status queued|sending|sent|failed] [--after ID]"
    " [--limit N]\n"
    "       mirai mail show [-f CONF] [--json] ID\n"
    "       mirai mail resend [-f CONF] ID ...\n";

static struct json *
to_json(struct arena *a, const struct outbox_row *m)
{
	struct json *o = json_new_object(a);

	json_put_text(o, "id", m->id);
	json_put_text(o, "tenant_id", m->tenant_id);
	json_put_text(o, "kind", m->kind);
	json_put_text(o, "recipient", m->to);
	json_put_text(o, "status", m->status);
	json_put_int(o, "attempts", m->attempts);
	json_put_text(o, "error", m->error);
	json_put_text(o, "created_at", clock_rfc3339(a, m->created_at));
	if (m->ended_at != 0)
		json_put_text(o, "ended_at", clock_rfc3339(a, m->ended_at));
	else
		json_put_text(o, "next_attempt_at",
		    clock_rfc3339(a, m->next_at));
	return o;
}

/* Seconds are exact enough to read. */
static const char *
when(struct arena *a, int64_t us)
{
	return clock_rfc3339(a, us - us % 1000000);
}

static void
print_row(struct arena *a, const struct outbox_row *m)
{
	printf("%s  %s  %-7s  %lld  %-19s  %s%s%s\n", m->id,
	    when(a, m->created_at), m->status, (long long)m->attempts, m->kind,
	    m->to, m->error == NULL ? "" : "  ",
	    m->error == NULL ? "" : m->error);
}

static int
mail_list(struct admin *m, void *opts, int argc, char **argv)
{
	struct mail_opts *o = opts;
	struct outbox_row *rows;
	size_t i, n;

	(void)argv;
	if (argc != 0)
		return cmd_usage(mail_usage);
	if (o->status != NULL && !outbox_is_status(o->status)) {
		warnx("--status: queued, sending, sent or failed");
		return 1;
	}
	if (o->after != NULL && !str_is_uuid(o->after)) {
		warnx("--after: not the id of a mail");
		return 1;
	}
	if (outbox_list(m->app, m->mem, o->status, o->after, o->limit, &rows,
		&n) != CODE_OK) {
		admin_database_failed();
		return 1;
	}
	for (i = 0; i < n; i++) {
		if (o->json)
			printf("%s\n",
			    json_string(m->mem, to_json(m->mem, &rows[i]),
				JSON_COMPACT));
		else
			print_row(m->mem, &rows[i]);
	}
	return 0;
}

/* The letter as the built-in templates or those of the site write it. */
static int
read_letter(struct admin *m, const struct outbox_row *mail,
    struct outbox_letter *out)
{
	const char *dir = conf_text(m->conf, "courier.templates");
	const char *error = NULL;
	struct letter_box *box;

	box = outbox_letters(m->mem, str_is_empty(dir) ? NULL : dir, &error);
	if (box == NULL) {
		warnx("courier.templates: %s", error);
		return -1;
	}
	return outbox_write(m->mem, box, conf_text(m->conf, "url.app"),
	    mail->kind, mail->data, true, out);
}

static void
print_mail(struct arena *a, const struct outbox_row *m,
    const struct outbox_letter *l)
{
	printf("Id        %s\nKind      %s\nTo        %s\nStatus    %s\n"
	       "Tries     %lld\nQueued    %s\n",
	    m->id, m->kind, m->to, m->status, (long long)m->attempts,
	    when(a, m->created_at));
	if (m->ended_at != 0)
		printf("Ended     %s\n", when(a, m->ended_at));
	else
		printf("Next try  %s\n", when(a, m->next_at));
	if (m->error != NULL)
		printf("Error     %s\n", m->error);
	if (l->reply_to != NULL)
		printf("Reply to  %s\n", l->reply_to);
	if (l->letter.subject != NULL)
		printf("Subject   %s\n\n%s", l->letter.subject, l->letter.text);
}

/* 0, or -1 after one line. */
static int
tell_failure(enum code code, const char *id)
{
	if (code == CODE_OK)
		return 0;
	if (code == CODE_NOT_FOUND)
		warnx("%s: there is no such mail", id);
	else if (code == CODE_FAILED_PRECONDITION)
		warnx("%s: it is being sent at this moment", id);
	else if (code == CODE_ABORTED)
		warnx("%s: its link is kept no more; send the invitation again",
		    id);
	else
		admin_database_failed();
	return -1;
}

static int
mail_show(struct admin *m, void *opts, int argc, char **argv)
{
	struct mail_opts *o = opts;
	struct outbox_letter letter = { 0 };
	struct outbox_row mail;
	struct json *j;

	if (argc != 1)
		return cmd_usage(mail_usage);
	if (tell_failure(outbox_get(m->app, m->mem, argv[0], &mail), argv[0]) ==
	    -1)
		return 1;
	if (read_letter(m, &mail, &letter) == -1)
		memset(&letter, 0, sizeof(letter));
	if (!o->json) {
		print_mail(m->mem, &mail, &letter);
		return 0;
	}
	j = to_json(m->mem, &mail);
	json_put_text(j, "reply_to", letter.reply_to);
	json_put_text(j, "subject", letter.letter.subject);
	json_put_text(j, "text", letter.letter.text);
	printf("%s\n", json_string(m->mem, j, JSON_COMPACT));
	return 0;
}

static int
mail_resend(struct admin *m, void *opts, int argc, char **argv)
{
	int i, rc = 0;

	(void)opts; /* no options */
	if (argc == 0)
		return cmd_usage(mail_usage);
	for (i = 0; i < argc; i++) {
		if (tell_failure(outbox_resend(m->app, m->mem, argv[i],
				     m->actor),
			argv[i]) == -1)
			rc = 1;
		else
			printf("%s is due now\n", argv[i]);
	}
	return rc;
}

static const struct admin_verb verbs[] = {
	{ "list", mail_list },
	{ "resend", mail_resend },
	{ "show", mail_show },
	{ NULL, NULL },
};

static int
read_options(void *opts, int argc, char **argv)
{
	struct mail_opts *o = opts;
	const struct cmd_option options[] = {
		{ .name = "f", .text = &o->conf },
		{ .name = "after", .text = &o->after },
		{ .name = "json", .flag = &o->json },
		{ .name = "limit", .number = &o->limit, .max = LIMIT_MAX },
		{ .name = "status", .text = &o->status },
		{ .name = NULL },
	};

	return cmd_options(argc, argv, mail_usage, options);
}

static const struct admin_family family = {
	.usage = mail_usage,
	.verbs = verbs,
	.read = read_options,
	.open = admin_open_app,
};

int
cmd_mail(int argc, char **argv)
{
	struct mail_opts o = { .limit = LIMIT_DEFAULT };

	return admin_run(&family, &o, &o.conf, argc, argv);
}

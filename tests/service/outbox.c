/*
 * outbox on a database: queued with its cause or not at all, by a tenant for
 * itself only; taken once; what came of it; resent by an operator; and the
 * words of each letter.
 */
#include "service/outbox.h"

#include "base/str.h"
#include "service/outbox_letter.h"
#include "service/outbox_work.h"

#include "tests/test.h"

#include "tests/db/kit.h"

#define A	"aaaaaaaa-0000-4000-8000-000000000001"
#define B	"bbbbbbbb-0000-4000-8000-000000000001"
#define USER	"aaaaaaaa-0000-4000-8000-000000000003"
#define NOTE	"aaaaaaaa-0000-4000-8000-00000000000b"
#define OTHER	"bbbbbbbb-0000-4000-8000-000000000003"
#define FOREIGN "bbbbbbbb-0000-4000-8000-00000000000b"
#define LINK	"/auth/accept-invite?token=T0KEN"

static struct arena *a;
static struct db *tenant, *worker;

static const struct db_scope as_a = { .tenant_id = A, .user_id = USER };
static const struct db_scope as_all = { .superadmin = true };

static const struct json *
parse(const char *text)
{
	return json_parse(a, text, strlen(text), NULL, NULL);
}

static struct outbox_mail
invitation(void)
{
	struct outbox_mail m = { .kind = "invitation",
		.to = "rosa@b.example",
		.tenant_id = A,
		.data = parse("{\"inviter\": \"Ann\", \"company\": \"Acme\","
			      " \"link\": \"" LINK "\", \"expires_at\":"
			      " \"2026-11-27T23:59:59Z\"}") };

	return m;
}

static enum code
queue(struct db *db, const struct db_scope *scope, const struct outbox_mail *m,
    enum code end)
{
	enum code code;

	db_begin(db, DB_TX_WRITE, scope);
	code = outbox_queue(db, a, m);
	return db_end(db, code == CODE_OK ? end : code);
}

static const char *
ask(const char *sql)
{
	struct db_rows *rows = kit_run(worker, a, &as_all, "%s", sql);

	return rows != NULL && db_next(rows) ? db_text(rows, 0) : NULL;
}

static int64_t
rows_of(const char *where)
{
	return kit_number(kit_run(worker, a, &as_all,
	    "SELECT count(*) FROM mail_outbox WHERE %s", where));
}

static void
all_due(void)
{
	CHECK(kit_run(worker, a, &as_all,
		  "UPDATE mail_outbox SET next_attempt_at = now()") != NULL);
}

static void
make_tenants(void)
{
	static const char *const sql[] = {
		"INSERT INTO tenants (id, name, slug) VALUES ('" A
		"', 'a', 'a'), ('" B "', 'b', 'b')",
		"INSERT INTO users (id, tenant_id, kratos_id, role)"
		" VALUES ('" USER "', '" A "', '" USER "', 'admin'), ('" OTHER
		"', '" B "', '" OTHER "', 'admin')",
		"INSERT INTO notifications (id, tenant_id, user_id, type,"
		" title, message) VALUES ('" NOTE "', '" A "', '" USER
		"', 'outline_ready', 't', 'm'), ('" FOREIGN "', '" B
		"', '" OTHER "', 'outline_ready', 't', 'm')",
	};
	size_t i;

	for (i = 0; i < NITEMS(sql); i++)
		CHECK(kit_run(worker, a, &as_all, "%s", sql[i]) != NULL);
}

static void
test_refused(void)
{
	static const char *const bad[] = { "", "a", "@b", "a b@c.example",
		"a@b.example\r\nBcc: c@d.example", "a@b.example,c@d.example",
		"a@b.example;c", "<a@b.example>" };
	struct outbox_mail m = invitation();
	char *text = arena_alloc(a, 400);
	size_t i;

	for (i = 0; i < NITEMS(bad); i++) {
		m.to = bad[i];
		CHECK(
		    queue(tenant, &as_a, &m, CODE_OK) == CODE_INVALID_ARGUMENT);
	}
	memset(text, 'a', 400);
	memcpy(text + 250, "@b.example", strlen("@b.example") + 1);
	m.to = text;
	CHECK(queue(tenant, &as_a, &m, CODE_OK) == CODE_INVALID_ARGUMENT);
	m = invitation();
	m.kind = "no_such";
	CHECK(queue(tenant, &as_a, &m, CODE_OK) == CODE_INVALID_ARGUMENT);
	m = invitation();
	m.data = parse("{\"inviter\": \"Ann\", \"company\": \"Acme\","
		       " \"link\": \"/\"}");
	CHECK(queue(tenant, &as_a, &m, CODE_OK) == CODE_INVALID_ARGUMENT);
	CHECK(rows_of("true") == 0);
}

static void
test_queue(void)
{
	struct outbox_mail m = invitation();
	struct db_rows *rows;

	CHECK(queue(tenant, &as_a, &m, CODE_ABORTED) == CODE_ABORTED);
	CHECK(rows_of("true") == 0); /* it goes with its cause */
	m.tenant_id = B;
	CHECK(queue(tenant, &as_a, &m, CODE_OK) != CODE_OK);
	m.tenant_id = NULL;
	CHECK(queue(tenant, &as_a, &m, CODE_OK) != CODE_OK);
	CHECK(rows_of("true") == 0); /* not in another's name */
	m = invitation();
	CHECK(db_listen(worker, OUTBOX_CHANNEL) == 0);
	CHECK(queue(tenant, &as_a, &m, CODE_OK) == CODE_OK);
	CHECK(rows_of("tenant_id = '" A "' AND kind = 'invitation'") == 1);
	rows = kit_run(tenant, a, &as_a, "SELECT count(*) FROM mail_outbox");
	CHECK(rows == NULL); /* nobody who serves reads it */
}

static void
test_wakes(void)
{
	const char *channel = "", *payload;

	CHECK(db_wait(worker, 2000, &channel, &payload) == 1);
	CHECK_STR(channel, OUTBOX_CHANNEL);
}

static void
test_lease(void)
{
	struct outbox_work w, other;
	bool kept;

	CHECK(outbox_take(worker, a, &w) == 1);
	CHECK_STR(w.kind, "invitation");
	CHECK_STR(w.to, "rosa@b.example");
	CHECK_STR(json_get_text(w.data, "link", ""), LINK);
	CHECK(w.attempt == 1);
	CHECK(outbox_take(worker, a, &other) == 0);
	all_due(); /* the lease is over: somebody else takes it */
	CHECK(outbox_take(worker, a, &other) == 1 && other.attempt == 2);
	CHECK(outbox_note(worker, a, &w, MAIL_SENT, NULL, &kept) == 0);
	CHECK(rows_of("sent_at IS NULL AND lease IS NOT NULL") == 1);
	CHECK(outbox_note(worker, a, &other, MAIL_AGAIN, "busy", &kept) == 0 &&
	    kept);
	CHECK(outbox_take(worker, a, &w) == 0);
	CHECK_STR(ask("SELECT error || ' ' || round(extract(epoch FROM"
		      " next_attempt_at - now()) / 60) FROM mail_outbox"),
	    "busy 5");
	all_due();
	CHECK(outbox_take(worker, a, &w) == 1 && w.attempt == 3);
	CHECK(outbox_note(worker, a, &w, MAIL_SENT, NULL, &kept) == 0 && !kept);
	CHECK(rows_of("sent_at IS NOT NULL AND error IS NULL"
		      " AND lease IS NULL AND NOT payload ? 'link'"
		      " AND payload ? 'company'") == 1);
}

/* 1, 5, 15, 60 minutes, 2, 4, 8 hours; then it is given up. */
static void
test_pauses(void)
{
	static const char *const want[] = { "1", "5", "15", "60", "120", "240",
		"480" };
	struct outbox_mail m = invitation();
	struct outbox_work w;
	bool kept;
	size_t i;

	CHECK(queue(tenant, &as_a, &m, CODE_OK) == CODE_OK);
	for (i = 0; i < NITEMS(want); i++) {
		CHECK(outbox_take(worker, a, &w) == 1);
		CHECK(outbox_note(worker, a, &w, MAIL_AGAIN, "busy", &kept) ==
			0 &&
		    kept);
		CHECK_STR(ask("SELECT round(extract(epoch FROM next_attempt_at"
			      " - now()) / 60) FROM mail_outbox"
			      " WHERE sent_at IS NULL"),
		    want[i]);
		all_due();
	}
	CHECK(outbox_take(worker, a, &w) == 1 && w.attempt == OUTBOX_TRIES);
	CHECK(outbox_note(worker, a, &w, MAIL_AGAIN, "busy", &kept) == 0 &&
	    !kept);
	all_due();
	CHECK(outbox_take(worker, a, &w) == 0);
	CHECK(rows_of("failed_at IS NOT NULL AND payload ? 'link'") == 1);
}

static void
test_operator(void)
{
	struct outbox_row *rows, one;
	struct outbox_work w;
	size_t n;

	CHECK(outbox_list(worker, a, NULL, NULL, 10, &rows, &n) == CODE_OK);
	CHECK(n == 2);
	CHECK_STR(rows[0].status, "failed");
	CHECK_STR(rows[1].status, "sent");
	CHECK(outbox_list(worker, a, "sent", NULL, 10, &rows, &n) == CODE_OK &&
	    n == 1);
	CHECK(outbox_resend(worker, a, rows[0].id, "operator:x") ==
	    CODE_ABORTED); /* its link is gone */
	CHECK(
	    outbox_list(worker, a, "failed", NULL, 10, &rows, &n) == CODE_OK &&
	    n == 1);
	CHECK(outbox_get(worker, a, rows[0].id, &one) == CODE_OK);
	CHECK(one.attempts == OUTBOX_TRIES && one.ended_at > 0);
	CHECK_STR(one.error, "busy");
	CHECK_STR(json_get_text(one.data, "inviter", ""), "Ann");
	CHECK(outbox_resend(worker, a, one.id, "operator:x") == CODE_OK);
	CHECK_STR(ask("SELECT action || ' ' || (target_id = (SELECT id FROM"
		      " mail_outbox WHERE sent_at IS NULL)) || ' '"
		      " || (details->>'by') FROM audit_log"),
	    "mail.resend true operator:x");
	CHECK(outbox_take(worker, a, &w) == 1 && w.attempt == 1);
	CHECK(outbox_resend(worker, a, one.id, "operator:x") ==
	    CODE_FAILED_PRECONDITION);
	CHECK(outbox_note(worker, a, &w, MAIL_REFUSED, "no", NULL) == 0);
	CHECK(outbox_resend(worker, a, A, "operator:x") == CODE_NOT_FOUND);
	CHECK(outbox_get(worker, a, "x", &one) == CODE_NOT_FOUND);
	CHECK(outbox_is_status("queued") && !outbox_is_status("lost"));
}

/* The notice is marked when its mail was handed over, not before. */
static void
test_notice(void)
{
	static const char marked[] =
	    "SELECT email_sent FROM notifications WHERE id = '" NOTE "'";
	struct outbox_mail m = { .kind = "outline_ready",
		.to = "rosa@b.example",
		.tenant_id = A,
		.notification_id = NOTE,
		.data = parse("{\"user\": \"Rosa\", \"course\": \"C\","
			      " \"sections\": 1, \"lessons\": 7,"
			      " \"link\": \"/x\"}") };
	struct outbox_work w;

	m.notification_id = FOREIGN;
	CHECK(queue(tenant, &as_a, &m, CODE_OK) != CODE_OK);
	m.notification_id = NOTE;
	CHECK(queue(tenant, &as_a, &m, CODE_OK) == CODE_OK);
	CHECK(outbox_take(worker, a, &w) == 1);
	CHECK(outbox_note(worker, a, &w, MAIL_AGAIN, "busy", NULL) == 0);
	CHECK_STR(ask(marked), "f");
	CHECK(kit_run(worker, a, &as_all,
		  "UPDATE mail_outbox SET next_attempt_at = now()"
		  " WHERE failed_at IS NULL") != NULL);
	CHECK(outbox_take(worker, a, &w) == 1);
	CHECK(outbox_note(worker, a, &w, MAIL_SENT, NULL, NULL) == 0);
	CHECK_STR(ask(marked), "t");
}

/* --- letters --------------------------------------------------------------- */

static const char *const every[][2] = {
	{ "alert", "{\"subject\": \"S\", \"text\": \"one\\ntwo\"}" },
	{ "course_complete",
	    "{\"user\": \"U\", \"course\": \"C\", \"sections\": 1,"
	    " \"lessons\": 12, \"minutes\": 125, \"link\": \"/c/1\"}" },
	{ "enterprise_inquiry",
	    "{\"company\": \"C\", \"name\": \"N\", \"email\":"
	    " \"v@visitor.example\", \"message\": \"a\\r\\nb\"}" },
	{ "generation_complete",
	    "{\"user\": \"U\", \"course\": \"C\", \"what\": \"outline\","
	    " \"link\": \"/c/1\"}" },
	{ "generation_failed",
	    "{\"user\": \"U\", \"course\": \"C\", \"what\": \"lesson\","
	    " \"error\": \"E\", \"link\": \"/c/1\"}" },
	{ "ingestion_complete",
	    "{\"user\": \"U\", \"sme\": \"S\", \"task\": \"T\","
	    " \"link\": \"/s/1\"}" },
	{ "ingestion_failed",
	    "{\"user\": \"U\", \"sme\": \"S\", \"task\": \"T\","
	    " \"error\": \"E\", \"link\": \"/s/1\"}" },
	{ "invitation",
	    "{\"inviter\": \"I\", \"company\": \"C\", \"link\": \"" LINK
	    "\", \"expires_at\": \"2026-11-27T23:59:59Z\"}" },
	{ "outline_ready",
	    "{\"user\": \"U\", \"course\": \"C\", \"sections\": 3,"
	    " \"lessons\": 1, \"link\": \"/c/1\"}" },
	{ "payment_failed", "{\"company\": \"C\"}" },
	{ "task_assigned",
	    "{\"assignee\": \"A\", \"assigner\": \"B\", \"task\": \"T\","
	    " \"sme\": \"S\", \"due_at\": \"2024-02-29T00:00:00+01:00\","
	    " \"link\": \"/t/1\"}" },
	{ "welcome", "{\"first_name\": \"F\", \"company\": \"C\"}" },
};

static struct letter_box *box;

static struct outbox_letter
write_it(const char *kind, const char *data, bool shown)
{
	struct outbox_letter l = { 0 };

	if (outbox_write(a, box, "https://app.example/", kind, parse(data),
		shown, &l) == -1)
		memset(&l, 0, sizeof(l));
	return l;
}

static const char *
text_of(const char *kind)
{
	size_t i;

	for (i = 0; i < NITEMS(every); i++)
		if (strcmp(every[i][0], kind) == 0)
			return write_it(kind, every[i][1], false).letter.text;
	return "";
}

#define HAS(kind, what) CHECK(strstr(text_of(kind), what) != NULL)

static void
test_words(void)
{
	struct outbox_letter l;
	size_t i;

	for (i = 0; i < NITEMS(every); i++) {
		l = write_it(every[i][0], every[i][1], false);
		CHECK(l.letter.subject != NULL && *l.letter.subject != '\0');
		CHECK(strstr(l.letter.html, "</html>") != NULL);
		CHECK(strstr(l.letter.text, "\n-- \nMirai\n") != NULL);
		CHECK(strstr(l.letter.text, "{{") == NULL);
		CHECK((l.reply_to != NULL) ==
		    (strcmp(every[i][0], "enterprise_inquiry") == 0));
	}
	HAS("invitation", "valid until November 27, 2026.");
	HAS("invitation", "https://app.example" LINK "\n");
	HAS("task_assigned", "Due:      February 28, 2024\n");
	HAS("course_complete", "1 section, 12 lessons\n");
	HAS("course_complete", "about 2 hours 5 minutes\n");
	HAS("outline_ready", "3 sections with 1 lesson.");
	HAS("generation_complete", "the outline of\n\"C\"");
	HAS("generation_failed", "a lesson of\n\"C\"");
	HAS("welcome", "https://app.example/auth/login\n");
	HAS("payment_failed", "https://app.example/settings?tab=billing\n");
	HAS("alert", "one\ntwo\n");
	HAS("enterprise_inquiry", "a\nb\n");
}

static void
test_shown(void)
{
	struct outbox_letter l = write_it("invitation", every[7][1], true);

	CHECK(strstr(l.letter.text, "T0KEN") == NULL);
	CHECK(strstr(l.letter.html, "T0KEN") == NULL);
	CHECK(strstr(l.letter.text, "******") != NULL);
	l = write_it("invitation",
	    "{\"inviter\": \"I\", \"company\": \"C\","
	    " \"expires_at\": \"2026-11-27T23:59:59Z\"}",
	    true); /* as it is once sent */
	CHECK(l.letter.text != NULL);
}

/* Acceptance 12: line breaks and HTML in names are harmless everywhere. */
static void
test_harmless(void)
{
	struct outbox_letter l = write_it("payment_failed",
	    "{\"company\": \"A\\r\\nBcc: x@y.example\\u0085\\u2028\\u202e"
	    "<img src=x onerror=alert(1)>\\\"&\"}",
	    false);

	CHECK_STR(l.letter.subject,
	    "There is a problem with the payment for A Bcc: x@y.example "
	    "<img src=x onerror=alert(1)>\"&");
	CHECK(strstr(l.letter.html, "<img") == NULL);
	CHECK(strstr(l.letter.html, "&lt;img src=x") != NULL);
	CHECK(strstr(l.letter.text, "\nBcc") == NULL);
	l = write_it("enterprise_inquiry",
	    "{\"company\": \"C\", \"name\": \"N\", \"email\":"
	    " \"v@x.example\\r\\nBcc: x@y.example\"}",
	    false);
	CHECK(l.reply_to == NULL);
	l = write_it("ingestion_complete",
	    "{\"user\": \"U\", \"sme\": \"S\", \"task\": \"T\","
	    " \"link\": \"javascript:alert(1)\"}",
	    false);
	CHECK(strstr(l.letter.html, "href=\"javascript") == NULL);
	l = write_it("ingestion_complete",
	    "{\"user\": \"U\", \"sme\": \"S\", \"task\": \"T\","
	    " \"link\": \"https://elsewhere.example/x\"}",
	    false);
	CHECK(strstr(l.letter.html, "elsewhere") == NULL);
	CHECK(strstr(l.letter.text, "elsewhere") == NULL);
}

/* Whose name is not known goes without. */
static void
test_nameless(void)
{
	struct outbox_letter l = write_it("invitation",
	    "{\"inviter\": \"\", \"company\": \"Acme\", \"link\": \"" LINK
	    "\", \"expires_at\": \"2026-11-27T23:59:59Z\"}",
	    false);

	CHECK_STR(l.letter.subject, "You are invited to join Acme on Mirai");
	CHECK(strstr(l.letter.text, "You do not know Acme?") != NULL);
	l = write_it("welcome", "{\"first_name\": \"\", \"company\": \"C\"}",
	    false);
	CHECK(strncmp(l.letter.text, "Welcome to Mirai.\n", 18) == 0);
	l = write_it("task_assigned",
	    "{\"assignee\": \"\", \"assigner\": \"\", \"task\": \"T\","
	    " \"sme\": \"S\", \"link\": \"/t/1\"}",
	    false);
	CHECK(strstr(l.letter.text,
		  "Hello, there is a task for you:\n\n"
		  "Task:     T\nSubject:  S\n\nOpen") != NULL);
}

static void
test_durations(void)
{
	static const struct {
		const char *minutes;
		const char *want;
	} rows[] = { { "1", "about 1 minute\n" },
		{ "45", "about 45 minutes\n" }, { "60", "about 1 hour\n" },
		{ "61", "about 1 hour 1 minute\n" },
		{ "180", "about 3 hours\n" } };
	size_t i;

	for (i = 0; i < NITEMS(rows); i++)
		CHECK(strstr(write_it("course_complete",
				 arena_printf(a,
				     "{\"user\": \"U\", \"course\": \"C\","
				     " \"sections\": 1, \"lessons\": 2,"
				     " \"link\": \"/\", \"minutes\": %s}",
				     rows[i].minutes),
				 false)
				 .letter.text,
			  rows[i].want) != NULL);
	CHECK(strstr(write_it("course_complete",
			 "{\"user\": \"U\", \"course\": \"C\", \"sections\": 1,"
			 " \"lessons\": 2, \"link\": \"/\", \"minutes\": 0}",
			 false)
			 .letter.text,
		  "Duration") == NULL);
}

int
main(void)
{
	const char *error;

	kit_quiet();
	a = arena_new();
	tenant = kit_open("DATABASE_URL", a);
	worker = kit_open("DATABASE_WORKER_URL", a);
	make_tenants();
	test_refused();
	test_queue();
	test_wakes();
	test_lease();
	test_pauses();
	test_operator();
	test_notice();
	box = outbox_letters(a, NULL, &error);
	CHECK(box != NULL);
	if (box == NULL)
		printf("# %s\n", error);
	test_words();
	test_shown();
	test_harmless();
	test_nameless();
	test_durations();
	db_close(tenant);
	db_close(worker);
	arena_free(a);
	return test_done();
}

/*
 * courier on a database: queued with its cause or not at all, sealed, taken
 * once, and shown without codes.
 */
#include "identity/courier.h"

#include <string.h>

#include "base/conf.h"
#include "base/log.h"
#include "identity/courier_work.h"
#include "identity/identity.h"

#include "tests/test.h"

static const char *const secrets[] = { "0123456789abcdef0123456789abcdef",
	NULL };
static const struct crypt_cost low = { 256, 1, 1 };
static const struct db_scope nobody;
static struct arena *a;
static struct db *db;

static const struct db_query plain_query = { .name = "plain",
	.sql = "SELECT count(*), count(sealed), count(*) FILTER (WHERE sealed"
	       " LIKE '%424242%') FROM mails" };
static const struct db_query due_query = { .name = "due",
	.sql = "UPDATE mails SET due_at = now()" };

static enum code
queue(const char *type, bool unknown, const char *to, const char *identity,
    enum code end)
{
	struct courier_mail m = { .type = type, .to = to };
	struct json *data = json_new_object(a);
	enum code code;

	json_put_text(data, "RecoveryCode", "424242");
	m.data = data;
	m.unknown = unknown;
	m.identity_id = identity;
	db_begin(db, DB_TX_WRITE, &nobody);
	code = courier_queue(db, a, secrets, &m);
	(void)db_end(db, code == CODE_OK ? end : code);
	return code;
}

static const char *
counts(void)
{
	struct db_rows *rows;

	db_begin(db, DB_TX_READ, &nobody);
	rows = db_last(db, &plain_query, DB_NOARGS);
	if (db_end(db, CODE_OK) != CODE_OK || !db_next(rows))
		return NULL;
	return arena_printf(a, "%s %s %s", db_text(rows, 0), db_text(rows, 1),
	    db_text(rows, 2));
}

static void
make_due(void)
{
	db_begin(db, DB_TX_WRITE, &nobody);
	CHECK(db_last(db, &due_query, DB_NOARGS) != NULL);
	CHECK(db_end(db, CODE_OK) == CODE_OK);
}

static void
test_queue(void)
{
	static const char *const bad[] = { "", "a", "@b", "a@", "a b@c.example",
		"a@b.example\r\nBcc: c@d.example", "a@b.example\n",
		"a@b.example,c@d.example", "<a@b.example>", "a@b@c.example",
		"a@b..example", ".a@b.example", "a\x7f@b.example",
		"a@-b.example", "\"a\"@b.example", "a@b.example;c" };
	size_t i;

	for (i = 0; i < NITEMS(bad); i++)
		CHECK(queue("recovery_code", false, bad[i], NULL, CODE_OK) ==
		    CODE_INVALID_ARGUMENT);
	CHECK(queue("no_such", false, "a@b.example", NULL, CODE_OK) ==
	    CODE_INVALID_ARGUMENT);
	CHECK(queue("new_device", true, "a@b.example", NULL, CODE_OK) ==
	    CODE_INVALID_ARGUMENT);
	CHECK(queue("recovery_code", false, "a@b.example", NULL,
		  CODE_ABORTED) == CODE_OK);
	CHECK_STR(counts(), "0 0 0"); /* it goes with its cause */
	CHECK(queue("recovery_code", true, "a+x@b.example", NULL, CODE_OK) ==
	    CODE_OK);
	CHECK_STR(counts(), "1 1 0");
	CHECK(
	    queue("recovery", true, "A+x@b.example", NULL, CODE_OK) == CODE_OK);
	CHECK_STR(counts(), "1 1 0"); /* one a day for strangers */
}

/* What is queued for nobody is gone with its transaction. */
static void
test_nobody(void)
{
	struct courier_mail m = { .type = "recovery_code",
		.nobody = true,
		.to = "nobody@b.example" };

	db_begin(db, DB_TX_WRITE, &nobody);
	CHECK(courier_queue(db, a, secrets, &m) == CODE_OK);
	CHECK(db_end(db, CODE_OK) == CODE_OK);
	CHECK_STR(counts(), "1 1 0");
}

static void
test_again(void)
{
	struct courier_work w, other;
	struct letter shown = { "s", "h", "b" };
	bool kept;

	CHECK(courier_take(db, a, secrets, "", &w) == 1);
	CHECK_STR(w.type, "recovery_code");
	CHECK_STR(w.to, "a+x@b.example");
	CHECK(w.unknown && w.attempt == 1);
	CHECK_STR(json_get_text(w.data, "RecoveryCode", ""), "424242");
	CHECK_STR(json_get_text(w.data, "To", ""), "a+x@b.example");
	CHECK(courier_take(db, a, secrets, "", &other) == 0);
	make_due(); /* the lease is over: somebody else takes it */
	CHECK(courier_take(db, a, secrets, "", &other) == 1);
	CHECK(other.attempt == 2);
	CHECK(courier_note(db, a, &w, MAIL_SENT, &shown, NULL, &kept) == 0);
	CHECK_STR(counts(), "1 1 0"); /* whoever lost the lease says nothing */
	CHECK(courier_note(db, a, &other, MAIL_AGAIN, &shown, "busy",
		  &kept) == 0 &&
	    kept);
	CHECK(courier_take(db, a, secrets, "", &w) == 0);
	make_due();
	CHECK(courier_take(db, a, secrets, "", &w) == 1 && w.attempt == 3);
	CHECK(courier_note(db, a, &w, MAIL_SENT, NULL, NULL, &kept) == 0 &&
	    !kept);
	CHECK_STR(counts(), "1 0 0");
}

static void
test_identity(void)
{
	static const char *const others[] = { "another-secret-entirely", NULL };
	struct identity_person p = { .email = "rosa@acme.example",
		.first_name = "Rosa",
		.last_name = "Weiss",
		.password = "Correct-Horse-7!",
		.actor = "test",
		.verified = true };
	char id[STR_UUID_LEN + 1];
	struct courier_work w;
	const struct json *who;
	const char *why;

	CHECK(identity_create(db, a, &low, &p, id, &why) == CODE_OK);
	CHECK(
	    queue("password_changed", false, p.email, id, CODE_OK) == CODE_OK);
	CHECK(courier_take(db, a, secrets, "https://x", &w) == 1);
	who = json_get_object(w.data, "Identity");
	CHECK_STR(json_get_text(who, "id", ""), id);
	CHECK_STR(json_get_text(json_get_object(who, "traits"), "email", ""),
	    p.email);
	make_due();
	CHECK(courier_take(db, a, others, "", &w) == 1 && w.data == NULL);
	CHECK(
	    courier_note(db, a, &w, MAIL_REFUSED, NULL, "gone", NULL) == 0);
	db_begin(db, DB_TX_WRITE, &nobody);
	CHECK(identity_delete(db, id) == CODE_OK);
	CHECK(db_end(db, CODE_OK) == CODE_OK);
}

static void
list(const struct courier_filter *f, struct json **out)
{
	db_begin(db, DB_TX_READ, &nobody);
	CHECK(courier_list(db, a, f, out) == CODE_OK);
	CHECK(db_end(db, CODE_OK) == CODE_OK);
}

static void
test_view(void)
{
	struct courier_filter f = { .limit = 10 };
	const struct json *one, *tries;
	const char *id;
	struct json *l;

	list(&f, &l);
	CHECK(json_count(l) == 2);
	CHECK_STR(json_get_text(json_at(l, 0), "template_type", ""),
	    "password_changed");
	CHECK_STR(json_get_text(json_at(l, 0), "status", ""), "abandoned");
	one = json_at(l, 1);
	CHECK_STR(json_get_text(one, "template_type", ""),
	    "recovery_code_invalid");
	CHECK_STR(json_get_text(one, "subject", ""), "s");
	CHECK_STR(json_get_text(one, "body", ""), "b");
	CHECK_STR(json_get_text(one, "type", ""), "email");
	CHECK(json_get_int(one, "send_count", 0, 9, 0) == 3);
	f.after = json_get_text(json_at(l, 0), "id", "");
	list(&f, &l);
	CHECK(json_count(l) == 1);
	id = json_get_text(json_at(l, 0), "id", "");
	f = (struct courier_filter){ .status = "sent", .limit = 10 };
	list(&f, &l);
	CHECK(json_count(l) == 1);
	f = (struct courier_filter){ .recipient = "ROSA@acme.example",
		.limit = 10 };
	list(&f, &l);
	CHECK(json_count(l) == 1);
	CHECK(courier_is_status("sent") && !courier_is_status("Sent"));
	db_begin(db, DB_TX_READ, &nobody);
	CHECK(courier_get(db, a, "nonsense", &l) == CODE_NOT_FOUND);
	CHECK(courier_get(db, a, "00000000-0000-4000-8000-000000000000", &l) ==
	    CODE_NOT_FOUND);
	CHECK(courier_get(db, a, id, &l) == CODE_OK);
	CHECK(db_end(db, CODE_OK) == CODE_OK);
	tries = json_get_list(l, "dispatches");
	CHECK(json_count(tries) == 2);
	CHECK_STR(json_get_text(json_at(tries, 0), "status", ""), "failed");
	CHECK_STR(json_get_text(json_get_object(json_at(tries, 0), "error"),
		      "message", ""),
	    "busy");
	CHECK_STR(json_get_text(json_at(tries, 1), "status", ""), "success");
	CHECK_STR(json_get_text(json_at(tries, 1), "message_id", ""), id);
}

int
main(void)
{
	struct conf *conf;

	log_open("courier", LOG_FORM_PLAIN, LOG_LEVEL_ERROR);
	if ((conf = conf_load(NULL)) == NULL)
		return 1;
	a = arena_new();
	db = db_open(conf_text(conf, "identity.database.url"), "test");
	db_use(db, a);
	test_queue();
	test_nobody();
	test_again();
	test_identity();
	test_view();
	CHECK(courier_sweep(db, a, 1) == 0);
	db_close(db);
	arena_free(a);
	conf_free(conf);
	return test_done();
}

/*
 * stripe: signatures and events, here; and with arguments a command that makes
 * one call, which stripe.mjs holds against a Stripe on loopback and against
 * the official client.
 */
#include "net/stripe.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"

#include "tests/test.h"

#define NOW    1700000000
#define SECRET "whsec_test"
#define BODY   "{\"id\":\"evt_1\"}"

/* Of openssl dgst -sha256 -hmac whsec_test over "1700000000.{"id":"evt_1"}". */
#define MAC "c89214b5b5da833daed6f0b8c5bb6bd58cea9022bd80ccc78230f3942d632925"

/* --- signatures ------------------------------------------------------------ */

static bool
is_signed(const char *header, int64_t now)
{
	return stripe_signed(SECRET, header, BODY, strlen(BODY), now);
}

static void
test_signed(void)
{
	CHECK(is_signed("t=1700000000,v1=" MAC, NOW));
	CHECK(is_signed("v0=x,v1=" MAC ",t=1700000000", NOW));
	CHECK(is_signed("t=1700000000,v1=00,v1=" MAC ",v1=11", NOW));
	CHECK(is_signed("t=1700000000,v1=" MAC, NOW + 300));
	CHECK(is_signed("t=1700000000,v1=" MAC, NOW - 300));
}

static void
test_not_signed(void)
{
	static const char *const bad[] = {
		"",
		",",
		"=",
		"t=1700000000",
		"v1=" MAC,
		"t=1700000000,v0=" MAC,
		"t=1700000000,v1=",
		"t=1700000000,v1=" MAC "0",
		"t=1700000001,v1=" MAC,
		"t= 1700000000,v1=" MAC,
		"t=x,v1=" MAC,
		"t=-1,v1=" MAC,
		"t=1700000000,t=1700000000,v1=" MAC,
		"t=99999999999999999999,v1=" MAC,
	};
	size_t i;

	for (i = 0; i < NITEMS(bad); i++)
		CHECK(!is_signed(bad[i], NOW));
	CHECK(!is_signed("t=1700000000,v1=" MAC, NOW + 301));
	CHECK(!is_signed("t=1700000000,v1=" MAC, NOW - 301));
	CHECK(!is_signed(NULL, NOW));
}

static void
test_secrets(struct arena *a)
{
	const char *own;
	struct buf *many = buf_new(a);
	int i;

	own = stripe_sign(a, "", BODY, strlen(BODY), NOW);
	CHECK(!stripe_signed("", own, BODY, strlen(BODY), NOW));
	CHECK(!stripe_signed(NULL, own, BODY, strlen(BODY), NOW));
	CHECK(!stripe_signed("whsec_other", "t=1700000000,v1=" MAC, BODY,
	    strlen(BODY), NOW));
	CHECK(!stripe_signed(SECRET, "t=1700000000,v1=" MAC, BODY " ",
	    strlen(BODY) + 1, NOW));
	own = stripe_sign(a, SECRET, BODY, strlen(BODY), NOW);
	CHECK_STR(own, "t=1700000000,v1=" MAC);
	/* A NUL in the body is part of it. */
	own = stripe_sign(a, SECRET, "a\0b", 3, NOW);
	CHECK(stripe_signed(SECRET, own, "a\0b", 3, NOW));
	CHECK(!stripe_signed(SECRET, own, "a\0c", 3, NOW));
	for (i = 0; i < 100; i++)
		buf_puts(many, "v1=00,");
	buf_puts(many, "t=1700000000,v1=" MAC);
	CHECK(!is_signed(buf_str(many), NOW));
}

/* --- events ------------------------------------------------------------------ */

static int
read_event(struct arena *a, const char *text, struct stripe_event *e)
{
	return stripe_event_read(a, text, strlen(text), e);
}

static void
test_events(struct arena *a)
{
	struct stripe_event e;

	CHECK(read_event(a,
		  "{\"id\":\"evt_1\",\"type\":\"checkout.session.completed\","
		  "\"data\":{\"object\":{\"object\":\"checkout.session\","
		  "\"id\":\"cs_1\",\"customer\":\"cus_1\","
		  "\"subscription\":{\"id\":\"sub_1\"}}}}",
		  &e) == 0);
	CHECK_STR(e.id, "evt_1");
	CHECK_STR(e.type, "checkout.session.completed");
	CHECK_STR(e.object, "checkout.session");
	CHECK_STR(e.object_id, "cs_1");
	CHECK_STR(e.customer, "cus_1");
	CHECK_STR(e.subscription, "sub_1");
	CHECK(read_event(a,
		  "{\"id\":\"evt_1\",\"type\":\"invoice.payment_failed\","
		  "\"data\":{\"object\":{\"id\":\"in_1\",\"customer\":null,"
		  "\"parent\":{\"subscription_details\":"
		  "{\"subscription\":\"sub_2\"}}}}}",
		  &e) == 0);
	CHECK_STR(e.customer, "");
	CHECK_STR(e.subscription, "sub_2");
}

static void
test_no_events(struct arena *a)
{
	static const char *const bad[] = {
		"",
		"null",
		"[]",
		"{}",
		"{\"id\":\"evt_1\"}",
		"{\"id\":\"evt_1\",\"type\":\"x\"}",
		"{\"id\":\"evt_1\",\"type\":\"x\",\"data\":{}}",
		"{\"id\":\"evt_1\",\"type\":\"x\",\"data\":{\"object\":1}}",
		"{\"id\":\"evt_1\",\"type\":\"x\",\"data\":[{}]}",
		"{\"id\":1,\"type\":\"x\",\"data\":{\"object\":{}}}",
		"{\"id\":\"\",\"type\":\"x\",\"data\":{\"object\":{}}}",
		"{\"id\":\"evt_1\",\"type\":7,\"data\":{\"object\":{}}}",
		"{\"id\":\"evt_1\",\"type\":\"x\",\"data\":{\"object\":{}}",
	};
	struct stripe_event e;
	size_t i;

	for (i = 0; i < NITEMS(bad); i++)
		CHECK(read_event(a, bad[i], &e) == -1);
}

static void
test_session_ids(struct arena *a)
{
	struct buf *b = buf_new(a);

	CHECK(stripe_is_session_id("cs_test_a1B2_c3"));
	CHECK(!stripe_is_session_id("cs_"));
	CHECK(!stripe_is_session_id(""));
	CHECK(!stripe_is_session_id(NULL));
	CHECK(!stripe_is_session_id("pi_1"));
	CHECK(!stripe_is_session_id("cs_a/../b"));
	CHECK(!stripe_is_session_id("cs_a?x"));
	CHECK(!stripe_is_session_id("cs_\xc3\xa4"));
	buf_puts(b, "cs_");
	while (b->len < 255)
		buf_putc(b, 'a');
	CHECK(stripe_is_session_id(buf_str(b)));
	buf_putc(b, 'a');
	CHECK(!stripe_is_session_id(buf_str(b)));
}

static void
test_words(void)
{
	struct stripe_session s = { .status = "complete",
		.payment_status = "paid" };
	struct stripe_subscription sub = { .status = "trialing" };

	CHECK(stripe_session_paid(&s));
	s.payment_status = "no_payment_required";
	CHECK(stripe_session_paid(&s));
	s.payment_status = "unpaid";
	CHECK(!stripe_session_paid(&s));
	s.payment_status = "paid";
	s.status = "open";
	CHECK(!stripe_session_paid(&s));
	CHECK(stripe_subscription_runs(&sub));
	sub.status = "incomplete";
	CHECK(!stripe_subscription_runs(&sub));
	sub.status = "canceled";
	CHECK(!stripe_subscription_runs(&sub));
}

/* --- one call ------------------------------------------------------------------ */

/* The i-th argument; "-" stands for NULL. */
struct args {
	struct stripe *s;
	struct arena *a;
	char **v;
};

static const char *
arg(const struct args *x, int i)
{
	return strcmp(x->v[i], "-") == 0 ? NULL : x->v[i];
}

static enum code
call_customer(const struct args *x)
{
	struct stripe_customer c = { arg(x, 1), arg(x, 2), arg(x, 3),
		arg(x, 4) };
	const char *id = "";
	enum code code = stripe_create_customer(x->s, x->a, arg(x, 0), &c, &id);

	printf("%s\n", id);
	return code;
}

static enum code
call_name(const struct args *x)
{
	return stripe_name_customer(x->s, x->a, NULL, x->v[0], x->v[1]);
}

static enum code
call_mark_customer(const struct args *x)
{
	return stripe_mark_customer(x->s, x->a, NULL, x->v[0], x->v[1]);
}

static enum code
call_mark_subscription(const struct args *x)
{
	return stripe_mark_subscription(x->s, x->a, NULL, x->v[0], x->v[1]);
}

static void
print_session(const struct stripe_session *s)
{
	printf("%s|%s|%s|%s|%s|%s|%s|%s|%s\n", s->id, s->url, s->status,
	    s->payment_status, s->customer, s->subscription, s->company_id,
	    s->registration_id, s->plan);
}

static enum code
call_checkout(const struct args *x)
{
	struct stripe_checkout c = { arg(x, 1), x->v[2], atoll(x->v[3]),
		arg(x, 4), arg(x, 5), arg(x, 6), arg(x, 7), atoll(x->v[8]) };
	struct stripe_session out;
	enum code code = stripe_create_session(x->s, x->a, arg(x, 0), &c, &out);

	if (code == CODE_OK)
		print_session(&out);
	return code;
}

static enum code
call_session(const struct args *x)
{
	struct stripe_session out;
	enum code code = stripe_get_session(x->s, x->a, x->v[0], &out);

	if (code == CODE_OK)
		print_session(&out);
	return code;
}

static enum code
call_expire(const struct args *x)
{
	return stripe_expire_session(x->s, x->a, NULL, x->v[0]);
}

static enum code
call_list(const struct args *x)
{
	struct stripe_session *all = NULL;
	size_t n = 0, i;
	enum code code =
	    stripe_list_completed(x->s, x->a, atoll(x->v[0]), &all, &n);

	for (i = 0; i < n; i++)
		printf("%s\n", all[i].id);
	return code;
}

static enum code
call_portal(const struct args *x)
{
	const char *url = "";
	enum code code = stripe_create_portal(x->s, x->a, NULL, x->v[0],
	    x->v[1], arg(x, 2), &url);

	printf("%s\n", url);
	return code;
}

static enum code
call_subscription(const struct args *x)
{
	struct stripe_subscription o;
	enum code code = stripe_get_subscription(x->s, x->a, x->v[0], &o);

	if (code == CODE_OK)
		printf("%s|%s|%s|%s|%s|%lld|%lld|%d|%s|%s|%s\n", o.id, o.status,
		    o.customer, o.item_id, o.price, (long long)o.quantity,
		    (long long)o.current_period_end, o.cancel_at_period_end,
		    o.plan, o.company_id, o.cancel_comment);
	return code;
}

static enum code
call_quantity(const struct args *x)
{
	return stripe_set_quantity(x->s, x->a, NULL, x->v[0], x->v[1],
	    atoll(x->v[2]));
}

static enum code
call_cancel(const struct args *x)
{
	return stripe_cancel(x->s, x->a, x->v[0], x->v[1]);
}

static enum code
call_invoice(const struct args *x)
{
	struct stripe_invoice o;
	enum code code = stripe_get_invoice(x->s, x->a, x->v[0], &o);

	if (code == CODE_OK)
		printf("%s|%s|%s|%s\n", o.id, o.status, o.customer,
		    o.subscription);
	return code;
}

static const struct command {
	const char *name;
	int nargs;
	enum code (*call)(const struct args *);
} commands[] = {
	{ "customer", 5, call_customer },
	{ "name", 2, call_name },
	{ "mark_customer", 2, call_mark_customer },
	{ "mark_subscription", 2, call_mark_subscription },
	{ "checkout", 9, call_checkout },
	{ "session", 1, call_session },
	{ "expire", 1, call_expire },
	{ "list", 1, call_list },
	{ "portal", 3, call_portal },
	{ "subscription", 1, call_subscription },
	{ "quantity", 3, call_quantity },
	{ "cancel", 2, call_cancel },
	{ "invoice", 1, call_invoice },
};

/* MS NAME ARGUMENT ...: what came of it is the last line. */
static int
command(int argc, char **argv)
{
	struct conf *conf = conf_load(NULL);
	struct arena *a = arena_new();
	struct stripe *s = conf == NULL ? NULL : stripe_open(conf);
	struct args x = { s, a, argv + 3 };
	int64_t ms = atoll(argv[1]);
	enum code code = CODE__MAX;
	size_t i;

	if (s != NULL && ms > 0)
		stripe_until(s, clock_mono_ms() + ms);
	for (i = 0; s != NULL && i < NITEMS(commands); i++)
		if (strcmp(commands[i].name, argv[2]) == 0 &&
		    argc - 3 == commands[i].nargs)
			code = commands[i].call(&x);
	printf("%s %s\n",
	    s == NULL		  ? "closed"
		: code == CODE_OK ? "ok"
				  : code_name(code),
	    s == NULL ? "" : stripe_error(s));
	stripe_close(s);
	arena_free(a);
	conf_free(conf);
	return 0;
}

int
main(int argc, char **argv)
{
	struct arena *a;

	if (argc > 2)
		return command(argc, argv);
	a = arena_new();
	test_signed();
	test_not_signed();
	test_secrets(a);
	test_events(a);
	test_no_events(a);
	test_session_ids(a);
	test_words();
	arena_free(a);
	return test_done();
}

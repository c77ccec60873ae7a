/*
 * Every call is a form sent and a JSON object read, by exchange(), which also
 * repeats. What an answer lacks is "" or 0; an answer that is no object, or
 * without the member a caller needs, is as good as none.
 */
#include "net/stripe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "net/crypt.h"
#include "net/http.h"
#include "net/json.h"

#define API_VERSION "2023-10-16"
#define TRY_MS	    30000
#define TRIES	    3
#define PAUSE_MS    500 /* before the second try; doubled before the third */
#define MAX_ANSWER  ((size_t)4 * 1024 * 1024)
#define MAX_PAGES   100 /* of 100 sessions */
#define NIL_UUID    "00000000-0000-0000-0000-000000000000"

struct stripe {
	struct http *http;
	const struct conf *conf;
	int64_t until_ms; /* 0: none */
	char error[64];	  /* Stripe's code of the last refusal */
};

/* One request. A GET sends form as its query. */
struct call {
	const char *method;
	const char *path;
	const struct buf *form; /* NULL: nothing */
	const char *key;	/* Idempotency-Key of a POST; NULL: drawn */
};

struct stripe *
stripe_open(const struct conf *conf)
{
	struct stripe *s;

	if (str_is_empty(conf_text(conf, "stripe.secret_key")))
		return NULL;
	s = xcalloc(1, sizeof(*s));
	s->conf = conf;
	if ((s->http = http_open()) == NULL) {
		log_error("stripe: libcurl does not start");
		free(s);
		return NULL;
	}
	return s;
}

void
stripe_close(struct stripe *s)
{
	if (s == NULL)
		return;
	http_close(s->http);
	free(s);
}

void
stripe_until(struct stripe *s, int64_t deadline_ms)
{
	s->until_ms = deadline_ms;
}

const char *
stripe_error(const struct stripe *s)
{
	return s->error;
}

/* --- plans and prices ------------------------------------------------------ */

static const struct price {
	const char *plan;
	const char *key;
} prices[] = {
	{ "starter", "stripe.starter_price" },
	{ "pro", "stripe.pro_price" },
};

static const char *
price_of(const struct stripe *s, const char *plan)
{
	const char *price;
	size_t i;

	for (i = 0; i < NITEMS(prices); i++) {
		if (!str_eq(prices[i].plan, plan))
			continue;
		price = conf_text(s->conf, prices[i].key);
		return str_is_empty(price) ? NULL : price;
	}
	return NULL;
}

const char *
stripe_plan(const struct stripe *s, const char *price)
{
	size_t i;

	for (i = 0; !str_is_empty(price) && i < NITEMS(prices); i++)
		if (str_eq(price_of(s, prices[i].plan), price))
			return prices[i].plan;
	return NULL;
}

/* --- forms ----------------------------------------------------------------- */

/* Names nest by brackets, which stay as they are; NULL adds nothing. */
static void
form_add(struct arena *a, struct buf *form, const char *name, const char *value)
{
	if (value == NULL)
		return;
	if (form->len > 0)
		buf_putc(form, '&');
	buf_printf(form, "%s=%s", name, str_url_encode(a, value));
}

static void
form_add_int(struct arena *a, struct buf *form, const char *name, int64_t n)
{
	form_add(a, form, name, arena_printf(a, "%lld", (long long)n));
}

/* --- one exchange ---------------------------------------------------------- */

static const char *const *
headers_of(const struct stripe *s, struct arena *a, const struct call *c)
{
	const char **h = arena_calloc(a, 6, sizeof(*h));
	size_t n = 0;

	h[n++] = arena_printf(a, "Authorization: Bearer %s",
	    conf_text(s->conf, "stripe.secret_key"));
	h[n++] = "Stripe-Version: " API_VERSION;
	h[n++] = "Accept: application/json";
	if (str_eq(c->method, "POST")) {
		h[n++] = "Content-Type: application/x-www-form-urlencoded";
		h[n++] = arena_printf(a, "Idempotency-Key: %s", c->key);
	}
	h[n] = NULL;
	return h;
}

static const char *
url_of(const struct stripe *s, struct arena *a, const struct call *c)
{
	const char *base = conf_text(s->conf, "stripe.api");
	bool query =
	    !str_eq(c->method, "POST") && c->form != NULL && c->form->len > 0;

	return arena_printf(a, "%s%s%s%s", base, c->path, query ? "?" : "",
	    query ? buf_str(c->form) : "");
}

/* What is left for a try; 0: nothing. */
static int64_t
time_left(const struct stripe *s)
{
	int64_t left;

	if (s->until_ms == 0)
		return TRY_MS;
	left = s->until_ms - clock_mono_ms();
	if (left <= 0)
		return 0;
	return left < TRY_MS ? left : TRY_MS;
}

/* Waits before try n, up to half as long again; false: no time is left. */
static bool
pause_before(const struct stripe *s, int n)
{
	int64_t ms = (int64_t)PAUSE_MS << (n - 1);
	struct timespec t;
	uint16_t r;

	crypt_random(&r, sizeof(r));
	ms += ms * r / (2 * (int64_t)UINT16_MAX);
	if (s->until_ms != 0 && time_left(s) <= ms)
		return false;
	t.tv_sec = ms / 1000;
	t.tv_nsec = (ms % 1000) * 1000000;
	nanosleep(&t, NULL);
	return true;
}

/* Whether the same request may fare better. */
static bool
may_repeat(const struct stripe *s, int status)
{
	if (status == 0)
		return http_fault(s->http) != HTTP_FAULT_OTHER;
	return status == 409 || status == 429 || status >= 500;
}

/* The answer of the last try; 0 and *error when there is none. */
static int
send_call(struct stripe *s, struct arena *a, const struct call *c,
    struct http_answer *out, const char **error)
{
	struct http_call http = { .method = c->method, .max = MAX_ANSWER };
	int n, status = 0;

	*error = "there was no time";
	http.url = url_of(s, a, c);
	http.headers = headers_of(s, a, c);
	if (str_eq(c->method, "POST")) {
		http.body = c->form == NULL ? "" : buf_str(c->form);
		http.bodylen = strlen(http.body);
	}
	for (n = 0; n < TRIES; n++) {
		if (n > 0 && !pause_before(s, n))
			break;
		if ((http.timeout_ms = time_left(s)) == 0)
			break;
		status = 0;
		if (http_do(s->http, a, &http, out, error) == 0)
			status = out->status;
		if (!may_repeat(s, status))
			break;
	}
	return status;
}

/* Remembers and logs what Stripe refused, without its text. */
static enum code
refuse(struct stripe *s, struct arena *a, const struct call *c,
    const struct http_answer *answer)
{
	const struct json *e;
	const char *type, *id;

	e = json_get_object(json_parse(a, answer->body, answer->len, NULL,
				NULL),
	    "error");
	type = json_get_text(e, "type", "");
	snprintf(s->error, sizeof(s->error), "%s",
	    json_get_text(e, "code", type));
	id = http_header(a, answer, "request-id");
	log_warn("stripe: %s %s: status %d, %s %s, parameter %s, request %s",
	    c->method, c->path, answer->status, type, s->error,
	    json_get_text(e, "param", "-"), id == NULL ? "-" : id);
	switch (answer->status) {
	case 404:
		return CODE_NOT_FOUND;
	case 401:
	case 403:
	case 409:
	case 429:
		return CODE_UNAVAILABLE;
	default:
		return answer->status >= 400 && answer->status < 500
		    ? CODE_FAILED_PRECONDITION
		    : CODE_UNAVAILABLE;
	}
}

static enum code
strange(const struct call *c, const char *what)
{
	log_error("stripe: %s %s: an answer %s", c->method, c->path, what);
	return CODE_UNAVAILABLE;
}

/* The object that Stripe answers, which has an id or is a list. */
static enum code
exchange(struct stripe *s, struct arena *a, const struct call *call,
    const struct json **out)
{
	struct http_answer answer;
	struct call c = *call;
	const struct json *j;
	const char *error;

	s->error[0] = '\0';
	if (c.key == NULL)
		c.key = crypt_token(a, 32);
	switch (send_call(s, a, &c, &answer, &error)) {
	case 0:
		log_error("stripe: %s %s: %s", c.method, c.path, error);
		return CODE_UNAVAILABLE;
	case 200:
		break;
	default:
		return refuse(s, a, &c, &answer);
	}
	j = json_parse(a, answer.body, answer.len, NULL, &error);
	if (j == NULL)
		return strange(&c, "that is no JSON");
	if (json_get_text(j, "id", NULL) == NULL &&
	    json_get_list(j, "data") == NULL)
		return strange(&c, "that is no object");
	*out = j;
	return CODE_OK;
}

static enum code
post(struct stripe *s, struct arena *a, const char *key, const char *path,
    const struct buf *form, const struct json **out)
{
	return exchange(s, a, &(struct call){ "POST", path, form, key }, out);
}

/*
 * The path of an object, NULL for an id that can be none: it came from a
 * browser, or from an event.
 */
static const char *
path_of(struct arena *a, const char *kind, const char *id, const char *action)
{
	size_t len = strspn(id,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789_");

	if (len == 0 || len > 255 || id[len] != '\0')
		return NULL;
	return arena_printf(a, "/v1/%s/%s%s", kind, id, action);
}

/* Reads (or, for another method, does something to) one object. */
static enum code
reach(struct stripe *s, struct arena *a, const char *method, const char *path,
    const struct buf *form, const struct json **out)
{
	if (path == NULL)
		return CODE_NOT_FOUND;
	return exchange(s, a, &(struct call){ method, path, form, NULL }, out);
}

/* The id of a member that is an id, or the object itself; "" if neither. */
static const char *
id_in(const struct json *j, const char *name)
{
	const struct json *m = json_get(j, name);

	if (json_kind(m) == JSON_OBJECT)
		return json_get_text(m, "id", "");
	return json_kind(m) == JSON_TEXT ? json_text(m) : "";
}

/* --- customers ------------------------------------------------------------- */

enum code
stripe_create_customer(struct stripe *s, struct arena *a, const char *key,
    const struct stripe_customer *in, const char **id)
{
	struct buf *form = buf_new(a);
	const struct json *j = NULL;
	enum code code;

	form_add(a, form, "email", in->email);
	form_add(a, form, "name", in->name);
	form_add(a, form, "metadata[company_id]", in->company_id);
	form_add(a, form, "metadata[registration_id]", in->registration_id);
	code = post(s, a, key, "/v1/customers", form, &j);
	if (code == CODE_OK)
		*id = json_get_text(j, "id", "");
	return code;
}

/* Sets one member of a customer or a subscription. */
static enum code
set_member(struct stripe *s, struct arena *a, const char *key, const char *path,
    const char *name, const char *value)
{
	struct buf *form = buf_new(a);
	const struct json *j = NULL;

	if (path == NULL)
		return CODE_NOT_FOUND;
	form_add(a, form, name, value);
	return post(s, a, key, path, form, &j);
}

enum code
stripe_name_customer(struct stripe *s, struct arena *a, const char *key,
    const char *customer, const char *name)
{
	return set_member(s, a, key, path_of(a, "customers", customer, ""),
	    "name", name);
}

enum code
stripe_mark_customer(struct stripe *s, struct arena *a, const char *key,
    const char *customer, const char *company_id)
{
	return set_member(s, a, key, path_of(a, "customers", customer, ""),
	    "metadata[company_id]", company_id);
}

enum code
stripe_mark_subscription(struct stripe *s, struct arena *a, const char *key,
    const char *subscription, const char *company_id)
{
	return set_member(s, a, key,
	    path_of(a, "subscriptions", subscription, ""),
	    "metadata[company_id]", company_id);
}

/*
 * A page that people can be sent on to: of HTTPS, as all of Stripe's are, or of
 * the scheme that stripe.api has.
 */
static bool
is_page(const struct stripe *s, const char *url)
{
	const char *p;

	for (p = url; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p > '~' ||
		    *p == '\\')
			return false;
	return str_starts(url, "https://") ||
	    (str_starts(url, "http://") &&
		str_starts(conf_text(s->conf, "stripe.api"), "http://"));
}

/* --- checkout sessions ----------------------------------------------------- */

bool
stripe_is_session_id(const char *id)
{
	struct arena *a;
	bool ok;

	if (id == NULL || !str_starts(id, "cs_") || id[3] == '\0')
		return false;
	a = arena_new();
	ok = path_of(a, "checkout/sessions", id, "") != NULL;
	arena_free(a);
	return ok;
}

bool
stripe_session_paid(const struct stripe_session *session)
{
	return str_eq(session->status, "complete") &&
	    (str_eq(session->payment_status, "paid") ||
		str_eq(session->payment_status, "no_payment_required"));
}

/* Whether every member that was read had its type. */
static enum code
well_formed(const struct json *j)
{
	const char *error = json_error(j);

	if (error == NULL)
		return CODE_OK;
	log_error("stripe: an answer in which %s", error);
	return CODE_UNAVAILABLE;
}

static void
read_session(const struct json *j, struct stripe_session *out)
{
	const struct json *meta = json_get_object(j, "metadata");

	out->id = json_get_text(j, "id", "");
	out->url = json_get_text(j, "url", "");
	out->status = json_need_text(j, "status");
	out->payment_status = json_get_text(j, "payment_status", "");
	out->customer = id_in(j, "customer");
	out->subscription = id_in(j, "subscription");
	out->company_id = json_get_text(meta, "company_id", "");
	if (str_eq(out->company_id, NIL_UUID))
		out->company_id = "";
	out->registration_id = json_get_text(meta, "registration_id", "");
	out->plan = json_get_text(meta, "plan", "");
}

/* On the session and on the subscription that it makes. */
static void
add_metadata(struct arena *a, struct buf *form, const char *name,
    const char *value)
{
	form_add(a, form, arena_printf(a, "metadata[%s]", name), value);
	form_add(a, form,
	    arena_printf(a, "subscription_data[metadata][%s]", name), value);
}

static struct buf *
checkout_form(const struct stripe *s, struct arena *a,
    const struct stripe_checkout *in, const char *price)
{
	struct buf *form = buf_new(a);
	const char *success = in->success_url, *cancel = in->cancel_url;

	if (success == NULL)
		success = arena_printf(a,
		    "%s/api/v1/auth/complete-checkout"
		    "?session_id={CHECKOUT_SESSION_ID}",
		    conf_text(s->conf, "url.api"));
	if (cancel == NULL)
		cancel =
		    arena_printf(a, "%s/auth/registration?checkout=canceled",
			conf_text(s->conf, "url.app"));
	form_add(a, form, "mode", "subscription");
	form_add(a, form, "customer", in->customer);
	form_add(a, form, "line_items[0][price]", price);
	form_add_int(a, form, "line_items[0][quantity]", in->seats);
	form_add(a, form, "success_url", success);
	form_add(a, form, "cancel_url", cancel);
	form_add(a, form, "client_reference_id",
	    in->company_id != NULL ? in->company_id : in->registration_id);
	add_metadata(a, form, "company_id",
	    in->company_id != NULL ? in->company_id : NIL_UUID);
	add_metadata(a, form, "plan", in->plan);
	add_metadata(a, form, "registration_id", in->registration_id);
	if (in->expires_at > 0)
		form_add_int(a, form, "expires_at", in->expires_at);
	return form;
}

enum code
stripe_create_session(struct stripe *s, struct arena *a, const char *key,
    const struct stripe_checkout *in, struct stripe_session *out)
{
	const char *price = price_of(s, in->plan);
	struct stripe_session made;
	const struct json *j = NULL;
	enum code code;

	s->error[0] = '\0';
	if (price == NULL) {
		log_error("stripe: stripe.%s_price is not set", in->plan);
		return CODE_UNAVAILABLE;
	}
	code = post(s, a, key, "/v1/checkout/sessions",
	    checkout_form(s, a, in, price), &j);
	if (code != CODE_OK)
		return code;
	read_session(j, &made);
	if (!is_page(s, made.url)) {
		log_error("stripe: a checkout session without address");
		return CODE_UNAVAILABLE;
	}
	*out = made;
	return CODE_OK;
}

enum code
stripe_get_session(struct stripe *s, struct arena *a, const char *id,
    struct stripe_session *out)
{
	struct stripe_session now;
	const struct json *j = NULL;
	enum code code;

	code = reach(s, a, "GET", path_of(a, "checkout/sessions", id, ""), NULL,
	    &j);
	if (code != CODE_OK)
		return code;
	read_session(j, &now);
	if ((code = well_formed(j)) == CODE_OK)
		*out = now;
	return code;
}

enum code
stripe_expire_session(struct stripe *s, struct arena *a, const char *key,
    const char *id)
{
	const char *path = path_of(a, "checkout/sessions", id, "/expire");
	struct stripe_session now;
	const struct json *j = NULL;
	enum code code;

	if (path == NULL)
		return CODE_NOT_FOUND;
	code = post(s, a, key, path, NULL, &j);
	if (code != CODE_FAILED_PRECONDITION)
		return code;
	/* Only an open one can be expired; which of the others is it? */
	if ((code = stripe_get_session(s, a, id, &now)) != CODE_OK)
		return code;
	return str_eq(now.status, "expired") ? CODE_OK
					     : CODE_FAILED_PRECONDITION;
}

static enum code
list_page(struct stripe *s, struct arena *a, int64_t since, const char *after,
    const struct json **out)
{
	struct buf *form = buf_new(a);

	form_add(a, form, "status", "complete");
	form_add_int(a, form, "created[gte]", since);
	form_add(a, form, "limit", "100");
	form_add(a, form, "starting_after", after);
	return reach(s, a, "GET", "/v1/checkout/sessions", form, out);
}

enum code
stripe_list_completed(struct stripe *s, struct arena *a, int64_t since,
    struct stripe_session **out, size_t *nout)
{
	struct stripe_session *all = NULL;
	const struct json *page = NULL, *data;
	const char *after = NULL;
	size_t n = 0, i, len;
	enum code code;
	int pages;

	for (pages = 0; pages < MAX_PAGES; pages++) {
		code = list_page(s, a, since, after, &page);
		if (code != CODE_OK)
			return code;
		data = json_get_list(page, "data");
		len = json_count(data);
		all = arena_grow(a, all, n, n + len + 1, sizeof(*all));
		for (i = 0; i < len; i++)
			read_session(json_at(data, i), &all[n++]);
		if ((code = well_formed(page)) != CODE_OK)
			return code;
		if (len == 0 || !json_get_bool(page, "has_more", false))
			break;
		after = all[n - 1].id;
	}
	*out = all;
	*nout = n;
	return CODE_OK;
}

/* --- the portal ------------------------------------------------------------ */

enum code
stripe_create_portal(struct stripe *s, struct arena *a, const char *key,
    const char *customer, const char *return_url, const char *subscription,
    const char **url)
{
	struct buf *form = buf_new(a);
	const struct json *j = NULL;
	const char *to;
	enum code code;

	form_add(a, form, "customer", customer);
	form_add(a, form, "return_url", return_url);
	if (subscription != NULL) {
		form_add(a, form, "flow_data[type]", "subscription_update");
		form_add(a, form,
		    "flow_data[subscription_update][subscription]",
		    subscription);
	}
	code = post(s, a, key, "/v1/billing_portal/sessions", form, &j);
	if (code != CODE_OK)
		return code;
	if (!is_page(s, to = json_get_text(j, "url", ""))) {
		log_error("stripe: a portal session without address");
		return CODE_UNAVAILABLE;
	}
	*url = to;
	return CODE_OK;
}

/* --- subscriptions --------------------------------------------------------- */

bool
stripe_subscription_runs(const struct stripe_subscription *sub)
{
	static const char *const running[] = { "active", "trialing", "past_due",
		"unpaid", NULL };

	return str_is_listed(running, sub->status);
}

static void
read_subscription(const struct json *j, struct stripe_subscription *out)
{
	const struct json *meta = json_get_object(j, "metadata");
	const struct json *item =
	    json_at(json_get_list(json_get_object(j, "items"), "data"), 0);

	out->id = json_get_text(j, "id", "");
	out->status = json_need_text(j, "status");
	out->customer = id_in(j, "customer");
	out->item_id = json_get_text(item, "id", "");
	out->price = id_in(item, "price");
	out->quantity = json_get_int(item, "quantity", 0, INT32_MAX, 0);
	out->created = json_get_int(j, "created", 0, INT64_MAX, 0);
	/* Later versions of the API tell it of the item. */
	out->current_period_end =
	    json_get_int(j, "current_period_end", 0, INT64_MAX,
		json_get_int(item, "current_period_end", 0, INT64_MAX, 0));
	out->cancel_at_period_end =
	    json_get_bool(j, "cancel_at_period_end", false);
	out->plan = json_get_text(meta, "plan", "");
	out->company_id = json_get_text(meta, "company_id", "");
	if (str_eq(out->company_id, NIL_UUID))
		out->company_id = "";
	out->registration_id = json_get_text(meta, "registration_id", "");
	out->cancel_comment =
	    json_get_text(json_get_object(j, "cancellation_details"), "comment",
		"");
}

enum code
stripe_get_subscription(struct stripe *s, struct arena *a, const char *id,
    struct stripe_subscription *out)
{
	struct stripe_subscription sub;
	const struct json *j = NULL;
	enum code code;

	code =
	    reach(s, a, "GET", path_of(a, "subscriptions", id, ""), NULL, &j);
	if (code != CODE_OK)
		return code;
	read_subscription(j, &sub);
	if ((code = well_formed(j)) == CODE_OK)
		*out = sub;
	return code;
}

enum code
stripe_set_quantity(struct stripe *s, struct arena *a, const char *key,
    const char *subscription, const char *item_id, int64_t quantity)
{
	const char *path = path_of(a, "subscriptions", subscription, "");
	struct buf *form = buf_new(a);
	const struct json *j = NULL;

	if (path == NULL)
		return CODE_NOT_FOUND;
	form_add(a, form, "items[0][id]", item_id);
	form_add_int(a, form, "items[0][quantity]", quantity);
	form_add(a, form, "proration_behavior", "create_prorations");
	return post(s, a, key, path, form, &j);
}

enum code
stripe_cancel(struct stripe *s, struct arena *a, const char *subscription,
    const char *comment)
{
	struct buf *form = buf_new(a);
	const struct json *j = NULL;
	struct stripe_subscription now;
	enum code code;

	form_add(a, form, "cancellation_details[comment]", comment);
	form_add(a, form, "invoice_now", "true");
	form_add(a, form, "prorate", "true");
	code = reach(s, a, "DELETE",
	    path_of(a, "subscriptions", subscription, ""), form, &j);
	if (code != CODE_NOT_FOUND && code != CODE_FAILED_PRECONDITION)
		return code;
	/* One that has ended is not there for this call, but can be read. */
	if (stripe_get_subscription(s, a, subscription, &now) == CODE_OK &&
	    str_eq(now.status, "canceled"))
		return CODE_OK;
	return code;
}

/* --- invoices -------------------------------------------------------------- */

enum code
stripe_get_invoice(struct stripe *s, struct arena *a, const char *id,
    struct stripe_invoice *out)
{
	const struct json *j = NULL;
	enum code code;

	code = reach(s, a, "GET", path_of(a, "invoices", id, ""), NULL, &j);
	if (code != CODE_OK)
		return code;
	out->id = json_get_text(j, "id", "");
	out->status = json_need_text(j, "status");
	out->customer = id_in(j, "customer");
	out->subscription = id_in(j, "subscription");
	if (out->subscription[0] == '\0') /* later versions of the API */
		out->subscription =
		    id_in(json_get_object(json_get_object(j, "parent"),
			      "subscription_details"),
			"subscription");
	return well_formed(j);
}

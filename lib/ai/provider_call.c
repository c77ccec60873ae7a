/*
 * Calls of models: several under way at a time, each paced by its key's
 * bucket, repeated when the server asks for patience, and dropped the moment
 * the caller says stop. What comes back is checked here, before anyone reads
 * it.
 */
#include "ai/provider_wire.h"

#include <assert.h>
#include <string.h>

#include "ai/provider_bucket.h"
#include "ai/provider_check.h"
#include "base/clock.h"
#include "base/str.h"
#include "net/crypt.h"

#define REPEATS	    3
#define FIRST_MS    4000
#define LOOK_MS	    200	  /* how long stop() waits to be asked again */
#define LATER_MS    500	  /* and may_spend(), after it said "later" */
#define PATIENCE_MS 60000 /* a server that asks for more is not waited for */
#define CONNECT_MS  10000
#define ANSWER_MAX  ((size_t)8 * 1024 * 1024)
#define FORMS_MOST  3 /* changes of form in one question */

/* Tokens of a question: so many bytes make one, whatever the language. */
#define TOKEN_BYTES  3
#define FRAME_TOKENS 1000 /* the schema, and what a server puts around it */

enum state {
	WAITING = 0,
	RUNNING,
	ENDED
};

/* One question on its way. */
struct item {
	const struct provider_ask *ask;
	struct provider_answer *answer;
	struct arena *scratch; /* of one try */
	struct http_call call;
	const char *headers[3];
	enum state state;
	int64_t due_ms;
	int64_t began_ms; /* this try */
	int64_t took_ms;  /* all tries so far, without the waits between */
	int64_t cost;	  /* in tokens, about and at most */
	unsigned repeats;
	unsigned forms;
};

struct caller {
	struct provider_run *r;
	const struct provider_wire *wire;
	struct http_group *group;
	struct item *items;
	size_t nitems;
	size_t running;
	int64_t running_cost;
	enum provider_end all;	 /* what ends them all */
	enum provider_end fails; /* what lets none begin any more */
	int64_t look_ms;	 /* when stop() is asked again */
};

/* --- ends -------------------------------------------------------------------- */

static bool
ends_all(enum provider_end end)
{
	return end == PROVIDER_CANCELLED || end == PROVIDER_LIMIT ||
	    end == PROVIDER_KEY || end == PROVIDER_NO_KEY;
}

/* Whether other questions may do better: a server in trouble keeps no job. */
static bool
is_own_fault(enum provider_end end)
{
	return end == PROVIDER_DONE || end == PROVIDER_MALFORMED ||
	    end == PROVIDER_TRUNCATED;
}

static void
item_end(struct caller *c, struct item *it, enum provider_end end)
{
	it->state = ENDED;
	it->answer->end = end;
	if (end != PROVIDER_DONE && it->answer->detail != NULL)
		c->r->detail = arena_strdup(c->r->a, it->answer->detail);
	if (ends_all(end))
		c->all = end;
	else if (!is_own_fault(end) && c->fails == PROVIDER_DONE)
		c->fails = end;
}

static enum provider_end
end_of_status(int status)
{
	if (status == 401 || status == 403)
		return PROVIDER_KEY;
	if (status == 429)
		return PROVIDER_BUSY;
	if (status == 408 || status >= 500)
		return PROVIDER_UNAVAILABLE;
	return PROVIDER_REFUSED;
}

/* Whether the server may answer the same question in a moment. */
static bool
may_repeat(const struct provider_answer *answer, int status,
    enum http_fault fault)
{
	if (status == 0)
		return fault == HTTP_FAULT_CONNECTION;
	return answer->end == PROVIDER_BUSY || status == 500 || status == 502 ||
	    status == 503 || status == 504;
}

/* --- waiting ----------------------------------------------------------------- */

/* ms, give or take a fifth: those who failed together come back apart. */
static int64_t
jitter(int64_t ms)
{
	uint32_t x;

	crypt_random(&x, sizeof(x));
	return ms * 4 / 5 + (int64_t)((uint64_t)ms * 2 / 5 * x / UINT32_MAX);
}

static int64_t
wait_of(const struct caller *c, const struct item *it)
{
	int64_t first = c->r->link->setup.retry_ms, ms;

	ms = jitter((first == 0 ? FIRST_MS : first) << it->repeats);
	return it->answer->retry_ms > ms ? it->answer->retry_ms : ms;
}

static bool
retry_after(struct arena *a, const struct http_answer *h, int64_t *ms)
{
	const char *s = http_header(a, h, "retry-after");
	int64_t seconds;

	if (s == NULL || !str_to_i64(s, 0, INT32_MAX, &seconds))
		return false;
	*ms = seconds * 1000;
	return true;
}

static int64_t
time_of(const struct caller *c, const struct item *it)
{
	return it->ask->timeout_ms != 0 ? it->ask->timeout_ms
					: c->r->link->setup.timeout_ms;
}

/*
 * Not for ever, not at once, and not where the tries have had the time of a
 * call already: so a question takes less than twice that, besides its waits.
 */
static bool
may_wait(const struct caller *c, const struct item *it)
{
	return !it->ask->once && it->repeats < REPEATS &&
	    it->answer->retry_ms <= PATIENCE_MS && it->took_ms < time_of(c, it);
}

/* Again later, in another form at once, or not at all. */
static void
settle(struct caller *c, struct item *it, bool repeat)
{
	enum provider_end end = it->answer->end;

	it->state = WAITING;
	it->due_ms = clock_mono_ms();
	if (it->answer->again && it->forms < FORMS_MOST) {
		it->forms++;
		return;
	}
	if (!repeat || !may_wait(c, it)) {
		item_end(c, it, end);
		return;
	}
	it->due_ms += wait_of(c, it);
	it->repeats++;
}

/* --- answers ----------------------------------------------------------------- */

/*
 * What models of small servers put around their JSON: thoughts before it, a
 * fence about it.
 */
static const char *
bare_json(struct arena *a, const char *text)
{
	const char *s = str_trim(a, text), *end;

	if (str_starts(s, "<think>") && (end = strstr(s, "</think>")) != NULL)
		s = str_trim(a, end + strlen("</think>"));
	if (!str_starts(s, "```"))
		return s;
	s += 3 + strcspn(s + 3, "\n");
	end = strstr(s, "\n```");
	return end == NULL ? s : arena_strndup(a, s, (size_t)(end - s));
}

static void
check_json(struct caller *c, struct item *it)
{
	struct provider_answer *out = it->answer;
	const char *text = bare_json(c->r->a, out->text), *why = NULL;

	out->json = json_parse(c->r->a, text, strlen(text), NULL, &why);
	if (out->json != NULL)
		why = provider_check(c->r->a, it->ask->schema, out->json);
	if (out->json == NULL || why != NULL) {
		out->end = PROVIDER_MALFORMED;
		out->detail = why;
	}
}

static void
take_good(struct caller *c, struct item *it, const struct json *j)
{
	struct provider_answer *out = it->answer;

	if (j == NULL) {
		out->end = PROVIDER_MALFORMED;
		out->detail = "the server's answer is no JSON";
		return;
	}
	c->wire->read(c->r->a, j, out);
	c->r->tokens += out->tokens;
	if (out->end == PROVIDER_DONE && it->ask->schema != NULL)
		check_json(c, it);
}

static void
take_refusal(struct caller *c, struct item *it, const struct json *j,
    const struct http_answer *h)
{
	struct provider_answer *out = it->answer;

	out->end = end_of_status(h->status);
	out->detail = arena_printf(c->r->a, "the server answers %d", h->status);
	(void)retry_after(it->scratch, h, &out->retry_ms); /* it may not say */
	c->wire->refusal(c->r->link, it->ask, j, h->status, out);
}

static void
take(struct caller *c, const struct http_ended *e)
{
	struct item *it = e->tag;
	const struct http_answer *h = &e->answer;
	const struct json *j = NULL;

	c->running--;
	c->running_cost -= it->cost;
	it->took_ms += clock_mono_ms() - it->began_ms;
	*it->answer = (struct provider_answer){ .end = PROVIDER_DONE };
	if (e->error != NULL) {
		it->answer->end =
		    e->too_large ? PROVIDER_MALFORMED : PROVIDER_UNAVAILABLE;
		it->answer->detail = arena_strdup(c->r->a, e->error);
		settle(c, it, may_repeat(it->answer, 0, e->fault));
		return;
	}
	j = json_parse(it->scratch, h->body, h->len, NULL, NULL);
	if (h->status >= 200 && h->status < 300) {
		take_good(c, it, j);
		item_end(c, it, it->answer->end);
		return;
	}
	take_refusal(c, it, j, h);
	settle(c, it, may_repeat(it->answer, h->status, e->fault));
}

/* --- questions --------------------------------------------------------------- */

/* Whether the key's bucket has a token; else the item is due when it has. */
static bool
take_token(struct caller *c, struct item *it)
{
	const struct provider_setup *s = &c->r->link->setup;
	int64_t ms, now = clock_mono_ms();

	if (s->per_minute == 0 || it->ask->once)
		return true;
	ms = provider_bucket_take(c->r->link->bucket,
	    str_is_empty(s->key) ? s->url : s->key, s->per_minute, s->burst,
	    now);
	it->due_ms = now + ms;
	return ms == 0;
}

static void
prepare(struct caller *c, struct item *it)
{
	struct provider_link *l = c->r->link;
	struct buf *body;
	size_t n = 0;

	arena_reset(it->scratch);
	body = buf_new(it->scratch);
	it->call = (struct http_call){ .timeout_ms = time_of(c, it),
		.connect_ms = CONNECT_MS,
		.max = ANSWER_MAX,
		.may_connect = l->setup.may_connect,
		.connect_arg = l->setup.connect_arg };
	c->wire->request(l, it->scratch, it->ask, &it->call.url, body);
	it->headers[n++] = "Content-Type: application/json";
	if (!str_is_empty(l->setup.key))
		it->headers[n++] = arena_printf(it->scratch, "%s: %s%s",
		    c->wire->key_header, c->wire->key_prefix, l->setup.key);
	it->headers[n] = NULL;
	it->call.headers = it->headers;
	it->call.body = body->data;
	it->call.bodylen = body->len;
}

static int64_t
cost_of(const struct provider_link *l, const struct provider_ask *ask)
{
	size_t len =
	    strlen(ask->user) + (ask->system == NULL ? 0 : strlen(ask->system));
	unsigned output = ask->output != 0 ? ask->output : l->setup.output;

	return (int64_t)(len / TOKEN_BYTES) + FRAME_TOKENS + output;
}

/* Whether the tokens of the item may be spent now; else it ends, or waits. */
static bool
has_leave(struct caller *c, struct item *it)
{
	const struct provider_cost cost = { .spent = c->r->tokens,
		.running = c->running_cost,
		.next = it->cost };

	if (c->r->may_spend == NULL)
		return true;
	switch (c->r->may_spend(c->r->arg, &cost)) {
	case PROVIDER_LEAVE_GIVEN:
		return true;
	case PROVIDER_LEAVE_LATER:
		it->due_ms = clock_mono_ms() + LATER_MS;
		return false;
	case PROVIDER_LEAVE_NONE:
	default:
		item_end(c, it, PROVIDER_LIMIT);
		return false;
	}
}

static void
start(struct caller *c, struct item *it)
{
	struct provider_run *r = c->r;

	if (!has_leave(c, it) || !take_token(c, it))
		return;
	prepare(c, it);
	if (http_group_add(c->group, it->scratch, &it->call, it) == -1) {
		item_end(c, it, PROVIDER_UNAVAILABLE);
		return;
	}
	r->calls++;
	it->state = RUNNING;
	it->began_ms = clock_mono_ms();
	c->running++;
	c->running_cost += it->cost;
}

static void
start_due(struct caller *c)
{
	int64_t now = clock_mono_ms();
	size_t i;

	for (i = 0; i < c->nitems && c->running < PROVIDER_PARALLEL &&
	     c->all == PROVIDER_DONE && c->fails == PROVIDER_DONE;
	     i++) {
		if (c->items[i].state == WAITING && c->items[i].due_ms <= now)
			start(c, &c->items[i]);
	}
}

/* --- the loop ---------------------------------------------------------------- */

static bool
is_over(const struct caller *c)
{
	size_t i;

	if (c->all != PROVIDER_DONE)
		return true;
	if (c->fails != PROVIDER_DONE)
		return c->running == 0;
	for (i = 0; i < c->nitems && c->items[i].state == ENDED; i++)
		continue;
	return i == c->nitems;
}

/* Until the next item is due, but not longer than stop() may wait. */
static int
pause_ms(const struct caller *c)
{
	int64_t now = clock_mono_ms(), least = LOOK_MS, left;
	size_t i;

	for (i = 0; i < c->nitems; i++) {
		left = c->items[i].due_ms - now;
		if (c->items[i].state == WAITING && left > 0 && left < least)
			least = left;
	}
	return (int)least;
}

/* However often there is something to read, stop() is asked at its pace. */
static bool
is_stopped(struct caller *c)
{
	int64_t now = clock_mono_ms();

	if (c->r->stop == NULL || now < c->look_ms)
		return false;
	c->look_ms = now + LOOK_MS;
	return c->r->stop(c->r->arg);
}

static void
run(struct caller *c)
{
	struct http_ended e;

	while (!is_over(c)) {
		if (is_stopped(c)) {
			c->all = PROVIDER_CANCELLED;
			return;
		}
		start_due(c);
		if (!is_over(c) && http_group_wait(c->group, pause_ms(c), &e))
			take(c, &e);
	}
}

static void
open_items(struct caller *c, const struct provider_ask *asks,
    struct provider_answer *answers)
{
	size_t i;

	for (i = 0; i < c->nitems; i++) {
		answers[i] =
		    (struct provider_answer){ .end = PROVIDER_CANCELLED };
		c->items[i].ask = &asks[i];
		c->items[i].answer = &answers[i];
		c->items[i].cost = cost_of(c->r->link, &asks[i]);
		c->items[i].scratch = arena_new();
		arena_set_wipe(c->items[i].scratch); /* it holds the key */
	}
}

enum provider_end
provider_call(struct provider_run *r, const struct provider_ask *asks,
    struct provider_answer *answers, size_t n)
{
	struct caller c = { .r = r, .wire = r->provider->wire, .nitems = n };
	size_t i;

	assert(r->link != NULL && c.wire != NULL);
	r->detail = "";
	if (r->link->setup.needs_key && str_is_empty(r->link->setup.key))
		return PROVIDER_NO_KEY;
	if ((c.group = http_group_open()) == NULL)
		return PROVIDER_UNAVAILABLE;
	c.items = arena_calloc(r->a, n, sizeof(*c.items));
	open_items(&c, asks, answers);
	run(&c);
	http_group_close(c.group);
	for (i = 0; i < n; i++)
		arena_free(c.items[i].scratch);
	return c.all != PROVIDER_DONE ? c.all : c.fails;
}

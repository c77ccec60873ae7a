/*
 * Streams. Whatever ends one goes through end(), which does it once; a stream
 * stays in memory until the loop frees its connection, so a write that fails
 * half-way through a list hurts nobody.
 */
#include "sub.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/crypt.h"

#define RETRY_MS  3000	/* of browsers */
#define LINGER_MS 10000 /* for the last bytes of a stream */
#define AGAIN_S	  30	/* when there are too many streams */

static struct sub_loop loop;
static bool stopping;

void
sub_start(const struct sub_loop *l)
{
	loop = *l;
}

/* --- numbers --------------------------------------------------------------- */

/* A number from 0 to most, to keep streams from doing things together. */
static int64_t
some(int64_t most)
{
	uint32_t n;

	crypt_random(&n, sizeof(n));
	return most <= 0 ? 0 : (int64_t)(n % (uint64_t)(most + 1));
}

/* rpc.stream_max_age, 10 % more or less (T-8). */
static int64_t
some_age(void)
{
	int64_t ms = stream_max_ms(loop.env->conf);

	return ms - ms / 10 + some(ms / 5);
}

static void
set_beat(struct sub *s, int64_t after)
{
	int64_t at = clock_mono_ms() + after;

	timer_set(loop.timers, &s->conn->timer,
	    at < s->ends_ms ? at : s->ends_ms);
}

/* --- the end --------------------------------------------------------------- */

static const struct say_end ends_auth = { CODE_UNAUTHENTICATED,
	"AUTH_UNAUTHORIZED", 0, "authentication required" };
static const struct say_end ends_user = { CODE_NOT_FOUND, "USER_NOT_FOUND", 0,
	"no user belongs to this session" };
static const struct say_end ends_forbidden = { CODE_PERMISSION_DENIED,
	"TENANT_SUSPENDED", 0, "this account is suspended" };
static const struct say_end ends_age = { CODE_UNAVAILABLE, NULL, 0,
	"the stream has reached its age; connect again" };
static const struct say_end ends_time = { CODE_DEADLINE_EXCEEDED, NULL, 0,
	"time is up" };
static const struct say_end ends_stop = { CODE_UNAVAILABLE, NULL, 0,
	"the server stops; connect again" };
static const struct say_end ends_slow = { CODE_RESOURCE_EXHAUSTED, NULL, 0,
	"too many events wait to be read; connect again" };
static const struct say_end ends_surplus = { CODE_RESOURCE_EXHAUSTED, NULL,
	AGAIN_S, "another stream took the place of this one" };
static const struct say_end ends_full = { CODE_RESOURCE_EXHAUSTED, NULL,
	AGAIN_S, "too many streams are open; try again later" };

static void
log_end(const struct sub *s, const struct say_end *why)
{
	struct buf b = BUF_INIT;

	buf_printf(&b,
	    "\"code\":\"%s\",\"seconds\":%lld,\"events\":%lu,"
	    "\"tenant_id\":\"%s\",\"user_id\":\"%s\"",
	    why == NULL ? code_name(CODE_CANCELED) : code_name(why->code),
	    (long long)(clock_mono_ms() - s->opened_ms) / 1000, s->nevents,
	    s->who.tenant, s->who.user);
	log_event(LOG_LEVEL_INFO, "stream", buf_str(&b));
	buf_free(&b);
}

static void
end(struct sub *s, const struct say_end *why)
{
	struct conn *c = s->conn;
	struct buf b = BUF_INIT;

	if (c->dead || c->stage != CONN_OPEN)
		return;
	board_remove(s);
	log_end(s, why);
	say_end(&s->form, loop.env, &b, why);
	timer_set(loop.timers, &c->timer, clock_mono_ms() + LINGER_MS);
	conn_put(c, b.data, b.len, false);
	conn_end(c);
	buf_free(&b);
}

void
sub_closed(struct conn *c)
{
	struct sub *s = c->stream;

	timer_clear(loop.timers, &c->timer);
	if (s == NULL)
		return;
	if (s->on_board)
		log_end(s, NULL);
	board_remove(s);
}

static void
drop_held(struct sub *s)
{
	size_t i;

	for (i = 0; i < s->nheld; i++)
		say_event_drop(s->held[i]);
	free(s->held);
	s->held = NULL;
	s->nheld = 0;
}

void
sub_free(struct sub *s)
{
	if (s == NULL)
		return;
	drop_held(s);
	if (s->vars != NULL)
		explicit_bzero(s->vars, s->varslen);
	free(s->vars);
	free(s);
}

/* --- messages -------------------------------------------------------------- */

/* False when there is no room: the stream has ended (T-11). */
static bool
put(struct sub *s, const struct buf *b, bool event)
{
	if (conn_is_full(s->conn, b->len)) {
		conn_drop_waiting(s->conn);
		end(s, &ends_slow);
		return false;
	}
	conn_put(s->conn, b->data, b->len, event);
	return !s->conn->dead;
}

static void
keep_alive(struct sub *s)
{
	struct arena *a = arena_new();
	struct buf *b = buf_new(a);

	say_keepalive(&s->form, loop.env->conf, a, b, s->told);
	(void)put(s, b, false);
	arena_free(a);
}

static void
resync(struct sub *s, int64_t newest)
{
	struct arena *a = arena_new();
	struct buf *b = buf_new(a);

	if (newest > s->told)
		s->told = newest;
	say_resync(&s->form, loop.env->conf, a, b, newest);
	(void)put(s, b, true);
	arena_free(a);
}

static void
tell(struct sub *s, const struct say_event *e)
{
	struct arena *a;
	struct buf *b;

	if (e->id <= s->told || s->conn->stage != CONN_OPEN ||
	    (e->type == PB_NOTIFICATION_EVENT_TYPE_JOB && !s->jobs))
		return;
	a = arena_new();
	b = buf_new(a);
	say_event(&s->form, a, b, e);
	s->told = e->id;
	s->nevents++;
	(void)put(s, b, true);
	arena_free(a);
}

/* --- opening --------------------------------------------------------------- */

/* Of the request, what the look at its session needs. */
static bool
is_needed(const char *var)
{
	static const char *const names[] = { "HTTP_AUTHORIZATION=",
		"HTTP_X_SESSION_TOKEN=", "HTTP_COOKIE=", "REMOTE_ADDR=",
		"HTTP_X_FORWARDED_FOR=", "HTTP_X_REQUEST_ID=",
		"REQUEST_METHOD=", "SCRIPT_NAME=" };
	size_t i;

	for (i = 0; i < NITEMS(names); i++) {
		if (str_starts(var, names[i]))
			return true;
	}
	return false;
}

static void
keep_vars(struct sub *s, const struct buf *vars)
{
	const char *p = vars->data, *end_p = p + vars->len;
	char *to;

	for (; p < end_p; p += strlen(p) + 1)
		s->varslen += is_needed(p) ? strlen(p) + 1 : 0;
	to = s->vars = xmalloc(s->varslen + 1);
	for (p = vars->data; p < end_p; p += strlen(p) + 1) {
		if (is_needed(p))
			to = (char *)memcpy(to, p, strlen(p) + 1) + strlen(p) +
			    1;
	}
}

static struct sub *
make(struct conn *c, const struct wire_opened *o)
{
	struct sub *s = xcalloc(1, sizeof(*s));

	s->conn = c;
	s->form = (struct say_form){ .sse = o->sse, .rpc = o->form };
	s->who = o->who;
	s->jobs = o->jobs;
	s->opened_ms = clock_mono_ms();
	s->ends = CODE_UNAVAILABLE;
	s->ends_ms = s->opened_ms + some_age();
	if (o->ends_ms != 0 && o->ends_ms < s->ends_ms) {
		s->ends = CODE_DEADLINE_EXCEEDED;
		s->ends_ms = o->ends_ms;
	}
	s->told = o->since > 0 ? o->since : 0;
	keep_vars(s, &c->vars);
	c->stream = s;
	return s;
}

/* What was missed, or what came between the check and now. */
static void
ask_replay(struct sub *s, int64_t since)
{
	struct wire_ref ref;

	memset(&ref, 0, sizeof(ref));
	memcpy(ref.tenant, s->who.tenant, sizeof(ref.tenant));
	memcpy(ref.user, s->who.user, sizeof(ref.user));
	ref.event = since;
	s->replaying = true;
	if (!loop.ask(s->conn, WIRE_REPLAY, &ref, sizeof(ref), NULL, 0))
		sub_replay_lost(s->conn);
}

static void
begin(struct sub *s, int64_t since)
{
	struct sub *old;
	struct buf b = BUF_INIT;

	if (stopping || board_count() >= loop.limit) {
		board_add(s);
		end(s, stopping ? &ends_stop : &ends_full);
		return;
	}
	while ((old = board_surplus(&s->who)) != NULL)
		end(old, &ends_surplus);
	board_add(s);
	if (s->form.sse)
		say_retry(&b, RETRY_MS);
	conn_put(s->conn, b.data, b.len, false);
	buf_free(&b);
	keep_alive(s);
	set_beat(s, loop.beat_ms / 2 + some(loop.beat_ms / 2));
	/* Without a database it opens, and is told to load when there is one. */
	if (since >= 0)
		ask_replay(s, since);
}

void
sub_open(struct conn *c, const struct wire_opened *o, const char *head,
    size_t len)
{
	struct sub *s;

	timer_set(loop.timers, &c->timer, clock_mono_ms() + LINGER_MS);
	if (!o->open) {
		conn_put(c, head, len, false);
		conn_end(c);
		return;
	}
	s = make(c, o);
	c->stage = CONN_OPEN;
	conn_put(c, head, len, false);
	if (!c->dead)
		begin(s, o->since);
}

/* --- what was missed ------------------------------------------------------- */

static void
tell_held(struct sub *s)
{
	size_t i;

	s->replaying = false;
	if (s->missed)
		resync(s, 0);
	for (i = 0; i < s->nheld && !s->conn->dead; i++)
		tell(s, s->held[i]);
	drop_held(s);
}

static void
tell_packed(struct sub *s, const char **p, size_t *left)
{
	struct wire_event w;
	struct say_event *e;

	if (!wire_take(p, left, &w, sizeof(w)) || w.binlen + w.jsonlen > *left)
		return;
	e = say_event_new(w.id, w.type, *p, w.binlen, w.jsonlen);
	*p += w.binlen + w.jsonlen;
	*left -= w.binlen + w.jsonlen;
	tell(s, e);
	say_event_drop(e);
}

void
sub_replayed(struct conn *c, const char *p, size_t len)
{
	struct sub *s = c->stream;
	struct wire_replayed r;
	size_t i;

	if (s == NULL || !s->replaying || !wire_take(&p, &len, &r, sizeof(r)))
		return;
	if (r.resync)
		resync(s, r.newest);
	for (i = 0; i < r.nevents && !c->dead; i++)
		tell_packed(s, &p, &len);
	tell_held(s);
}

void
sub_replay_lost(struct conn *c)
{
	struct sub *s = c->stream;

	if (s == NULL || !s->replaying)
		return;
	resync(s, 0);
	tell_held(s);
}

/* --- events ---------------------------------------------------------------- */

static void
hold(struct sub *s, struct say_event *e)
{
	if (s->nheld == CONN_MAX_EVENTS) {
		s->missed = true;
		return;
	}
	s->held = xreallocarray(s->held, s->nheld + 1, sizeof(*s->held));
	s->held[s->nheld++] = say_event_ref(e);
}

/* A stream that ends leaves the list: the next one is found before. */
void
sub_event(const char *user, struct say_event *e)
{
	struct sub *s, *next;

	for (s = board_next(user, NULL); s != NULL; s = next) {
		next = board_next(user, s);
		if (s->replaying)
			hold(s, e);
		else
			tell(s, e);
	}
}

void
sub_resync_all(void)
{
	struct sub *s, *next;

	for (s = board_all(NULL); s != NULL; s = next) {
		next = board_all(s);
		resync(s, 0);
	}
}

void
sub_stop_all(void)
{
	struct sub *s, *next;

	stopping = true;
	for (s = board_all(NULL); s != NULL; s = next) {
		next = board_all(s);
		end(s, &ends_stop);
	}
}

/* --- sessions -------------------------------------------------------------- */

static void
ask_check(struct sub *s)
{
	struct wire_request rq = { .varslen = s->varslen };

	s->recheck = s->checking;
	if (s->checking)
		return;
	s->checking =
	    loop.ask(s->conn, WIRE_CHECK, &rq, sizeof(rq), s->vars, s->varslen);
}

/* A service that does not answer ends no stream. */
void
sub_checked(struct conn *c, const struct wire_checked *checked)
{
	struct sub *s = c->stream;

	if (s == NULL || c->stage != CONN_OPEN)
		return;
	s->checking = false;
	if (checked->code == CODE_NOT_FOUND)
		end(s, &ends_user);
	else if (checked->code == CODE_PERMISSION_DENIED)
		end(s, &ends_forbidden);
	/* Too many attempts without a session are no session either. */
	else if (checked->code == CODE_UNAUTHENTICATED ||
	    checked->code == CODE_RESOURCE_EXHAUSTED ||
	    (checked->code == CODE_OK &&
		strcmp(checked->user, s->who.user) != 0))
		end(s, &ends_auth);
	else if (s->recheck)
		ask_check(s);
}

void
sub_check_lost(struct conn *c)
{
	struct sub *s = c->stream;

	if (s != NULL)
		s->checking = false;
}

static bool
is_about(const struct sub *s, const char *key, size_t len)
{
	const char *value = memchr(key, ':', len);
	const char *own;

	if (value == NULL)
		return true; /* a whole group */
	value = (const char *)memrchr(key, ':', len) + 1;
	len -= (size_t)(value - key);
	own = key[0] == 's' ? s->who.credential : s->who.identity;
	return strlen(own) == len && strncmp(own, value, len) == 0;
}

void
sub_revoked(const char *key, size_t len)
{
	struct sub *s;

	for (s = board_all(NULL); s != NULL; s = board_all(s)) {
		if (is_about(s, key, len))
			ask_check(s);
	}
}

/* --- time ------------------------------------------------------------------ */

void
sub_due(struct conn *c)
{
	struct sub *s = c->stream;

	if (clock_mono_ms() >= s->ends_ms) {
		end(s,
		    s->ends == CODE_DEADLINE_EXCEEDED ? &ends_time : &ends_age);
		return;
	}
	set_beat(s, loop.beat_ms);
	keep_alive(s);
	if (c->stage == CONN_OPEN && !c->dead)
		ask_check(s);
}

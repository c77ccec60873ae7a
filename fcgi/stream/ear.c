/*
 * LISTEN on the application database for events of people, and on it and the
 * identity database for callers whose cached session is stale. An event's row
 * is read in a transaction of its person, and only if the loop has a stream of
 * theirs. A lost database is tried again, later each time; after it, what
 * happened is unknown, and the loop is told so.
 */
#include "ear.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/cache.h"
#include "db/db.h"
#include "part.h"
#include "say.h"
#include "service/notice.h"
#include "service/notice_event.h"
#include "wire.h"

#define CACHE_CHANNEL "mirai_cache"
#define WAIT_MIN_MS   200
#define WAIT_MAX_MS   5000
#define FETCH_MS      5000
#define LOOK_MS	      60000

struct source {
	struct db *db;
	bool events; /* events of people are heard here, too */
	bool listening;
};

static struct ear {
	struct req_env env;
	int fd; /* the loop */
	struct source sources[2];
	nfds_t nsources;
	int64_t next_ms; /* no try to connect before */
	int wait_ms;	 /* that long after the last one; 0: all is well */
	bool dead;	 /* the loop is gone */
} ear;

static void
tell(enum wire_kind kind, const void *p, size_t len, const struct buf *more)
{
	if (wire_send(ear.fd, kind, 0, p, len, more) == -1)
		ear.dead = true;
}

/* --- connections ----------------------------------------------------------- */

static void
drop_callers(struct cache *cache)
{
	cache_drop(cache, NULL, "session");
	cache_drop(cache, NULL, "identity");
	cache_drop(cache, NULL, "user");
}

static bool
listen_source(struct source *s)
{
	if (s->listening)
		return true;
	if (db_listen(s->db, CACHE_CHANNEL) == -1 ||
	    (s->events && db_listen(s->db, NOTICE_CHANNEL) == -1))
		return false;
	s->listening = true;
	drop_callers(ear.env.cache);
	if (s->events)
		tell(WIRE_LISTENS, NULL, 0, NULL);
	return true;
}

static void
listen_all(void)
{
	bool all = true;
	nfds_t i;

	if (clock_mono_ms() < ear.next_ms)
		return;
	for (i = 0; i < ear.nsources; i++)
		all = listen_source(&ear.sources[i]) && all;
	if (all)
		ear.wait_ms = 0;
	else if (ear.wait_ms == 0)
		ear.wait_ms = WAIT_MIN_MS;
	else if (ear.wait_ms < WAIT_MAX_MS)
		ear.wait_ms *= 2;
	ear.next_ms = clock_mono_ms() + ear.wait_ms;
}

/* --- what is heard --------------------------------------------------------- */

/* "tenant_id user_id event_id" */
static bool
parse_event(const char *s, struct wire_ref *out)
{
	char tenant[STR_UUID_LEN + 1], user[STR_UUID_LEN + 1];

	if (strlen(s) < 2 * (STR_UUID_LEN + 1) || s[STR_UUID_LEN] != ' ' ||
	    s[2 * STR_UUID_LEN + 1] != ' ')
		return false;
	memcpy(tenant, s, STR_UUID_LEN);
	memcpy(user, s + STR_UUID_LEN + 1, STR_UUID_LEN);
	tenant[STR_UUID_LEN] = user[STR_UUID_LEN] = '\0';
	return str_uuid_canon(tenant, out->tenant) &&
	    str_uuid_canon(user, out->user) &&
	    str_to_i64(s + 2 * (STR_UUID_LEN + 1), 1, INT64_MAX, &out->event);
}

static void
hear_event(const char *payload)
{
	struct wire_ref ref;

	memset(&ref, 0, sizeof(ref));
	if (parse_event(payload, &ref))
		tell(WIRE_HEARD, &ref, sizeof(ref), NULL);
	else
		log_warn("%s: a payload that is none", NOTICE_CHANNEL);
}

/* Of all that goes stale in the cache, streams depend on their callers. */
static void
hear_cache(const char *payload)
{
	static const char *const groups[] = { "session", "identity", "user" };
	const char *key;
	size_t i, len;

	cache_apply(ear.env.cache, payload);
	if ((key = strrchr(payload, ' ')) == NULL)
		return;
	key++;
	for (i = 0; i < NITEMS(groups); i++) {
		len = strlen(groups[i]);
		if (strncmp(key, groups[i], len) == 0 &&
		    (key[len] == ':' || key[len] == '\0'))
			tell(WIRE_REVOKED, key, strlen(key), NULL);
	}
}

static void
hear(struct source *s)
{
	const char *channel, *payload;
	int rc;

	while ((rc = db_wait(s->db, 0, &channel, &payload)) == 1) {
		if (strcmp(channel, CACHE_CHANNEL) == 0)
			hear_cache(payload);
		else
			hear_event(payload);
	}
	if (rc == -1)
		s->listening = false;
}

/* --- what the loop wants --------------------------------------------------- */

static void
fetch(const struct wire_ref *ref)
{
	struct db_scope who = { .tenant_id = ref->tenant,
		.user_id = ref->user,
		.deadline_ms = clock_mono_ms() + FETCH_MS };
	struct pb_subscribe_notifications_response msg = { 0 };
	struct arena *a = arena_new();
	struct buf *b = buf_new(a);
	enum code code;

	code = notice_event_get(ear.env.db, a, &who, ref->event, &msg);
	if (code == CODE_OK) {
		say_pack(ear.env.conf, a, b, ref->user, &msg);
		tell(WIRE_EVENT, NULL, 0, b);
	} else if (code != CODE_NOT_FOUND) {
		/* Nobody will ask for it again: let them load it anew. */
		log_warn("an event could not be read");
		tell(WIRE_LISTENS, NULL, 0, NULL);
	}
	arena_free(a);
}

static void
obey(void)
{
	struct buf in = BUF_INIT;
	struct wire_head h;
	struct wire_ref ref;
	const char *p;
	size_t left;

	if (wire_recv(ear.fd, &h, &in) == -1)
		ear.dead = true;
	p = in.data;
	left = in.len;
	if (!ear.dead && h.kind == WIRE_FETCH &&
	    wire_take(&p, &left, &ref, sizeof(ref)))
		fetch(&ref);
	buf_free(&in);
}

/* --- the wait -------------------------------------------------------------- */

static void
wait_once(void)
{
	struct pollfd fds[3];
	nfds_t i;

	fds[0] = (struct pollfd){ .fd = ear.fd, .events = POLLIN };
	listen_all();
	for (i = 0; i < ear.nsources; i++)
		fds[i + 1] = (struct pollfd){ .fd = ear.sources[i].listening
			    ? db_fd(ear.sources[i].db)
			    : -1,
			.events = POLLIN };
	if (poll(fds, ear.nsources + 1,
		ear.wait_ms > 0 ? ear.wait_ms : LOOK_MS) == -1)
		return;
	if (fds[0].revents != 0)
		obey();
	for (i = 0; i < ear.nsources; i++) {
		if (ear.sources[i].listening)
			hear(&ear.sources[i]);
	}
}

void
ear_run(const struct conf *conf, int fd)
{
	const char *identity = conf_text(conf, "identity.reader_url");

	ear.env.conf = conf;
	ear.fd = fd;
	part_open(&ear.env, "mirai-stream");
	/* Its own connection: events are read over another one meanwhile. */
	ear.sources[ear.nsources++] =
	    (struct source){ .db = db_open(conf_text(conf, "database.url"),
				 "mirai-stream-ear"),
		    .events = true };
	if (!str_is_empty(identity) &&
	    str_eq(conf_text(conf, "identity.mode"), "embedded"))
		ear.sources[ear.nsources++] = (struct source){
			.db = db_open(identity, "mirai-stream-ear")
		};
	while (!ear.dead)
		wait_once();
	part_close(&ear.env);
}

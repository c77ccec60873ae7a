/*
 * LISTEN mirai_cache on the application database and, when one is named, the
 * identity database. After a lost connection what was missed is unknown, so
 * all that is known of callers is dropped.
 */
#include "rpc/listener.h"

#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/cache.h"
#include "db/db.h"

#define CHANNEL	 "mirai_cache"
#define RETRY_MS 2000
#define LOOK_MS	 60000

struct source {
	struct db *db;
	bool listening;
};

static void
drop_callers(struct cache *cache)
{
	cache_drop(cache, NULL, "session");
	cache_drop(cache, NULL, "identity");
	cache_drop(cache, NULL, "user");
}

/* True when the source is connected and listens. */
static bool
connect_source(struct source *s, struct cache *cache)
{
	if (s->listening)
		return true;
	if (db_listen(s->db, CHANNEL) == -1)
		return false;
	drop_callers(cache);
	s->listening = true;
	return true;
}

static void
take_messages(struct source *s, struct cache *cache)
{
	const char *channel, *payload;
	int rc;

	while ((rc = db_wait(s->db, 0, &channel, &payload)) == 1)
		cache_apply(cache, payload);
	if (rc == -1)
		s->listening = false;
}

void
listener_run(struct req_env *env)
{
	struct source sources[2] = { { env->db, false }, { NULL, false } };
	struct pollfd fds[2];
	const char *identity = conf_text(env->conf, "identity.reader_url");
	nfds_t i, n = 1;
	bool all;

	/* A service elsewhere tells nobody (identity.mode kratos). */
	if (!str_is_empty(identity) &&
	    str_eq(conf_text(env->conf, "identity.mode"), "embedded"))
		sources[n++].db = db_open(identity, "mirai-listener");
	for (;;) {
		all = true;
		for (i = 0; i < n; i++) {
			all = connect_source(&sources[i], env->cache) && all;
			fds[i].fd =
			    sources[i].listening ? db_fd(sources[i].db) : -1;
			fds[i].events = POLLIN;
		}
		if (poll(fds, n, all ? LOOK_MS : RETRY_MS) == -1)
			continue;
		for (i = 0; i < n; i++) {
			if (sources[i].listening)
				take_messages(&sources[i], env->cache);
		}
	}
}

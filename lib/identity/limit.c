/*
 * One row per action and subject with the times of its hits. Identifiers are
 * kept as HMACs: what somebody types into a form may be a password in the
 * wrong field. A device that signed in before has a row of its own, so that a
 * stranger cannot lock its owner out.
 */
#include "identity/limit.h"

#include <arpa/inet.h>

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "identity/device.h"
#include "identity/nfc.h"
#include "net/crypt.h"

#define MAX_AGES 512

enum query {
	Q_READ,
	Q_COUNT,
	Q_PLACE,
	Q_LOCK,
	Q_CLEAR,
	Q_SHOW,
	Q_FREE,
	Q__MAX
};

#define AGES                                                                \
	"ARRAY(SELECT (extract(epoch FROM now() - h) * 1000)::bigint::text" \
	" FROM unnest(hits) h)"

const struct db_query limit_queries[] = {
	[Q_READ] = {
	    .name = "limit_read",
	    .nargs = 3, /* action, subject, address */
	    .sql = "SELECT subject = $2, " AGES " FROM attempts"
		   " WHERE action = $1 AND subject IN ($2, $3)",
	},
	[Q_COUNT] = {
	    .name = "limit_count",
	    .nargs = 3, /* action, subject, address */
	    .sql = "INSERT INTO attempts (action, subject, hits)"
		   " SELECT $1, s, ARRAY[now()] FROM unnest(ARRAY[$2, $3]) s"
		   " WHERE s <> '' ORDER BY s"
		   " ON CONFLICT (action, subject) DO UPDATE SET hits ="
		   " ARRAY(SELECT h FROM unnest(attempts.hits) h"
		   " WHERE h > now() - interval '1 day'"
		   " ORDER BY h DESC LIMIT 511) || now(), updated_at = now()"
		   " RETURNING subject = $2, " AGES,
	},
	[Q_PLACE] = {
	    .name = "limit_place",
	    .nargs = 3, /* action, subject, address */
	    .sql = "INSERT INTO attempts (action, subject, hits)"
		   " SELECT $1, s, '{}' FROM unnest(ARRAY[$2, $3]) s"
		   " WHERE s <> '' ORDER BY s ON CONFLICT DO NOTHING",
	},
	[Q_LOCK] = {
	    .name = "limit_lock",
	    .nargs = 3, /* action, subject, address */
	    .sql = "SELECT subject = $2, " AGES " FROM attempts"
		   " WHERE action = $1 AND subject IN ($2, $3)"
		   " ORDER BY subject FOR UPDATE",
	},
	[Q_CLEAR] = {
	    .name = "limit_clear",
	    .nargs = 2, /* action, subject */
	    .sql = "DELETE FROM attempts WHERE action = $1 AND subject = $2",
	},
	[Q_SHOW] = {
	    .name = "limit_show",
	    .nargs = 1, /* subject */
	    .sql = "SELECT action, " AGES " FROM attempts"
		   " WHERE subject = $1 OR starts_with(subject, $1 || ':')",
	},
	[Q_FREE] = {
	    .name = "limit_free",
	    .nargs = 1, /* subject */
	    .sql = "DELETE FROM attempts"
		   " WHERE subject = $1 OR starts_with(subject, $1 || ':')",
	},
	[Q__MAX] = { 0 },
};

/* --- the rules ------------------------------------------------------------- */

#define MINUTE 60
#define HOUR   3600
#define DAY    86400

enum hold {
	HOLD_WINDOW = 0, /* until the oldest has left the window */
	HOLD_DOUBLING,	 /* 1 s after the last, twice that after the next ... */
	HOLD_LOCK	 /* LOCK_SECONDS after the last */
};

#define DOUBLING_MAX 60
#define LOCK_SECONDS (15 * MINUTE)

/* At most max in so many seconds; max 0: no such window. */
struct window {
	size_t max;
	int seconds;
	enum hold hold;
};

static const struct rule {
	const char *name;
	struct window identifier[2];
	struct window address;
} rules[LIMIT__MAX] = {
	[LIMIT_SIGN_IN] = { "sign_in",
	    { { 5, 5 * MINUTE, HOLD_DOUBLING }, { 20, HOUR, HOLD_LOCK } },
	    { 50, 5 * MINUTE, HOLD_WINDOW } },
	[LIMIT_SEND] = { "send",
	    { { 3, 10 * MINUTE, HOLD_WINDOW }, { 10, DAY, HOLD_WINDOW } },
	    { 20, HOUR, HOLD_WINDOW } },
	[LIMIT_CODE] = { "code", { { 20, HOUR, HOLD_WINDOW } },
	    { 100, HOUR, HOLD_WINDOW } },
	[LIMIT_FLOW] = { "flow", { { 0 } }, { 300, 5 * MINUTE, HOLD_WINDOW } },
	[LIMIT_REGISTER] = { "register", { { 0 } }, { 10, HOUR, HOLD_WINDOW } },
};

/* ages are in rising order. */
static int64_t
window_wait(const struct window *w, const int64_t *ages, size_t nages)
{
	int64_t span = (int64_t)w->seconds * 1000, delay;
	size_t n = 0;

	while (n < nages && ages[n] < span)
		n++;
	if (w->max == 0 || n < w->max)
		return 0;
	switch (w->hold) {
	case HOLD_DOUBLING:
		delay =
		    n - w->max >= 6 ? DOUBLING_MAX : (int64_t)1 << (n - w->max);
		return delay * 1000 - ages[0];
	case HOLD_LOCK:
		return (int64_t)LOCK_SECONDS * 1000 - ages[0];
	case HOLD_WINDOW:
		break;
	}
	return span - ages[w->max - 1];
}

static int
compare_ages(const void *x, const void *y)
{
	const int64_t *a = x, *b = y;

	return *a < *b ? -1 : *a > *b;
}

int64_t
limit_wait(enum limit_action action, bool per_address, int64_t *ages,
    size_t nages)
{
	const struct rule *rule = &rules[action];
	int64_t most = 0, wait;
	size_t i;

	if (nages == 0)
		return 0;
	qsort(ages, nages, sizeof(*ages), compare_ages);
	if (per_address) {
		wait = window_wait(&rule->address, ages, nages);
		return wait < 0 ? 0 : wait;
	}
	for (i = 0; i < NITEMS(rule->identifier); i++) {
		wait = window_wait(&rule->identifier[i], ages, nages);
		most = wait > most ? wait : most;
	}
	return most;
}

/* --- who ------------------------------------------------------------------- */

static const char *
identifier_subject(struct arena *a, const char *const *secrets,
    const char *identifier)
{
	uint8_t mac[CRYPT_SHA256_LEN];
	const char *text;

	text = arena_printf(a, "limit:%s", nfc_identifier(a, identifier));
	crypt_hmac_sha256(secrets[0], strlen(secrets[0]), text, strlen(text),
	    mac);
	return arena_printf(a, "id:%s", str_hex(a, mac, sizeof(mac)));
}

/* "" when the action has no limit per identifier. */
static const char *
subject(struct visit *c, enum limit_action action, const char *identifier)
{
	const char *device, *text;

	if (str_is_empty(identifier) || rules[action].identifier[0].max == 0)
		return "";
	text = identifier_subject(c->mem, c->p->secrets, identifier);
	if (action == LIMIT_SIGN_IN &&
	    (device = device_of(c, identifier)) != NULL)
		return arena_printf(c->mem, "%s:%s", text, device);
	return text;
}

/* The client's address; of IPv6 the /64 it is in. */
static const char *
address(struct visit *c)
{
	struct in6_addr v6;
	char text[INET6_ADDRSTRLEN];
	const char *remote = c->r->remote;

	if (str_is_empty(remote))
		return "";
	if (inet_pton(AF_INET6, remote, &v6) != 1)
		return arena_printf(c->mem, "ip:%s", remote);
	if (IN6_IS_ADDR_V4MAPPED(&v6)) {
		inet_ntop(AF_INET, &v6.s6_addr[12], text, sizeof(text));
		return arena_printf(c->mem, "ip:%s", text);
	}
	memset(&v6.s6_addr[8], 0, 8);
	inet_ntop(AF_INET6, &v6, text, sizeof(text));
	return arena_printf(c->mem, "ip:%s/64", text);
}

/* --- counting -------------------------------------------------------------- */

static size_t
read_ages(const struct db_rows *rows, unsigned col, int64_t ages[MAX_AGES])
{
	const char **texts;
	size_t i, n;

	texts = db_array(rows, col, &n);
	for (i = 0; i < n && i < MAX_AGES; i++)
		if (!str_to_i64(texts[i], 0, INT64_MAX, &ages[i]))
			ages[i] = 0;
	return i;
}

/* The longest wait of the rows of a subject and its address. */
static int
rows_wait(enum limit_action action, struct db_rows *rows, bool *counted)
{
	int64_t ages[MAX_AGES], wait, most = 0;
	size_t n;
	bool mine;

	while (db_next(rows)) {
		mine = db_bool(rows, 0);
		n = read_ages(rows, 1, ages);
		if (mine && n > 0 && counted != NULL)
			*counted = true;
		wait = limit_wait(action, !mine, ages, n);
		most = wait > most ? wait : most;
	}
	return (int)((most + 999) / 1000);
}

enum code
limit_check(struct visit *c, enum limit_action action, const char *identifier,
    int *seconds, bool *counted)
{
	struct db_rows *rows;

	*seconds = 0;
	if (counted != NULL)
		*counted = false;
	if (!c->p->limits)
		return CODE_OK;
	rows = db_run(c->db, &limit_queries[Q_READ],
	    DB_ARGS(rules[action].name, subject(c, action, identifier),
		address(c)));
	if (rows == NULL)
		return identity_fault(c->db);
	*seconds = rows_wait(action, rows, counted);
	return CODE_OK;
}

static bool
is_lock(enum limit_action action, const struct db_rows *rows)
{
	int64_t ages[MAX_AGES];
	size_t n = read_ages(rows, 1, ages);

	return db_bool(rows, 0) &&
	    limit_wait(action, false, ages, n) > DOUBLING_MAX * 1000;
}

enum code
limit_count(struct visit *c, enum limit_action action, const char *identifier,
    bool *locked)
{
	struct db_rows *rows;

	if (locked != NULL)
		*locked = false;
	if (!c->p->limits)
		return CODE_OK;
	rows = db_run(c->db, &limit_queries[Q_COUNT],
	    DB_ARGS(rules[action].name, subject(c, action, identifier),
		address(c)));
	if (rows == NULL)
		return identity_fault(c->db);
	while (locked != NULL && !*locked && db_next(rows))
		*locked = is_lock(action, rows);
	return CODE_OK;
}

enum code
limit_take(struct visit *c, enum limit_action action, const char *identifier,
    int *seconds)
{
	const char *who = subject(c, action, identifier), *from = address(c);
	struct db_rows *rows;

	*seconds = 0;
	if (!c->p->limits)
		return CODE_OK;
	db_queue(c->db, &limit_queries[Q_PLACE],
	    DB_ARGS(rules[action].name, who, from));
	rows = db_run(c->db, &limit_queries[Q_LOCK],
	    DB_ARGS(rules[action].name, who, from));
	if (rows == NULL)
		return identity_fault(c->db);
	*seconds = rows_wait(action, rows, NULL);
	return *seconds > 0 ? CODE_OK
			    : limit_count(c, action, identifier, NULL);
}

enum code
limit_clear(struct visit *c, enum limit_action action, const char *identifier)
{
	const char *who = subject(c, action, identifier);

	if (!c->p->limits || *who == '\0')
		return CODE_OK;
	if (db_run(c->db, &limit_queries[Q_CLEAR],
		DB_ARGS(rules[action].name, who)) == NULL)
		return identity_fault(c->db);
	return CODE_OK;
}

/* --- administrators -------------------------------------------------------- */

static int64_t
wait_of_row(const struct db_rows *rows)
{
	int64_t ages[MAX_AGES];
	size_t n = read_ages(rows, 1, ages), i;

	for (i = 0; i < LIMIT__MAX; i++)
		if (str_eq(rules[i].name, db_text(rows, 0)))
			return limit_wait((enum limit_action)i, false, ages, n);
	return 0;
}

enum code
limit_show(struct db *db, struct arena *a, const char *const *secrets,
    const char *identifier, int *seconds)
{
	struct db_rows *rows;
	int64_t wait, most = 0;

	rows = db_run(db, &limit_queries[Q_SHOW],
	    DB_ARGS(identifier_subject(a, secrets, identifier)));
	if (rows == NULL)
		return identity_fault(db);
	while (db_next(rows)) {
		wait = wait_of_row(rows);
		most = wait > most ? wait : most;
	}
	*seconds = (int)((most + 999) / 1000);
	return CODE_OK;
}

int64_t
limit_free(struct db *db, struct arena *a, const char *const *secrets,
    const char *identifier)
{
	struct db_rows *rows;

	rows = db_run(db, &limit_queries[Q_FREE],
	    DB_ARGS(identifier_subject(a, secrets, identifier)));
	return rows == NULL ? -1 : db_affected(rows);
}

void
limit_refuse(struct visit *c, int seconds)
{
	visit_refuse(c,
	    &(struct problem){
		.status = 429,
		.id = "rate_limit_exceeded",
		.reason = "Too many attempts. Please wait, then try again.",
		.retry_after = seconds,
	    });
}

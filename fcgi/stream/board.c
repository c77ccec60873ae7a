/*
 * Streams in buckets by their person's id. A bucket is a list in the order of
 * opening, so the first that fits is the oldest.
 */
#include "board.h"

#include <string.h>

#define BUCKETS 4096 /* a power of two */

TAILQ_HEAD(bucket, sub);

static struct bucket buckets[BUCKETS];
static bool made;
static size_t total;

static size_t
place(const char *user)
{
	uint32_t h = UINT32_C(0x811c9dc5);

	for (; *user != '\0'; user++)
		h = (h ^ (uint8_t)*user) * UINT32_C(0x01000193);
	return h & (BUCKETS - 1);
}

static struct bucket *
bucket_of(const char *user)
{
	size_t i;

	for (i = 0; !made && i < BUCKETS; i++)
		TAILQ_INIT(&buckets[i]);
	made = true;
	return &buckets[place(user)];
}

void
board_add(struct sub *s)
{
	TAILQ_INSERT_TAIL(bucket_of(s->who.user), s, entry);
	s->on_board = true;
	total++;
}

void
board_remove(struct sub *s)
{
	if (!s->on_board)
		return;
	TAILQ_REMOVE(bucket_of(s->who.user), s, entry);
	s->on_board = false;
	total--;
}

size_t
board_count(void)
{
	return total;
}

struct sub *
board_next(const char *user, struct sub *s)
{
	s = s == NULL ? TAILQ_FIRST(bucket_of(user)) : TAILQ_NEXT(s, entry);
	while (s != NULL && strcmp(s->who.user, user) != 0)
		s = TAILQ_NEXT(s, entry);
	return s;
}

struct sub *
board_all(struct sub *s)
{
	size_t i = 0;

	if (total == 0)
		return NULL;
	if (s != NULL) {
		i = place(s->who.user) + 1;
		s = TAILQ_NEXT(s, entry);
	}
	for (; s == NULL && i < BUCKETS; i++)
		s = TAILQ_FIRST(&buckets[i]);
	return s;
}

struct sub *
board_surplus(const struct wire_who *who)
{
	struct sub *s, *oldest = NULL, *oldest_session = NULL;
	size_t n = 0, nsession = 0;

	for (s = board_next(who->user, NULL); s != NULL;
	     s = board_next(who->user, s)) {
		if (n++ == 0)
			oldest = s;
		if (strcmp(s->who.session, who->session) != 0)
			continue;
		if (nsession++ == 0)
			oldest_session = s;
	}
	if (nsession >= BOARD_PER_SESSION)
		return oldest_session;
	return n >= BOARD_PER_USER ? oldest : NULL;
}

/*
 * Who listens: the open streams by their person, oldest first.
 */
#ifndef MIRAI_STREAM_BOARD_H
#define MIRAI_STREAM_BOARD_H

#include <sys/queue.h>

#include "conn.h"
#include "say.h"
#include "wire.h"

#define BOARD_PER_SESSION 5
#define BOARD_PER_USER	  10

/* An open stream. */
struct sub {
	TAILQ_ENTRY(sub) entry; /* of its bucket */
	struct sub *next_old;	/* of those to be freed */
	struct conn *conn;
	struct say_form form;
	struct wire_who who;
	bool jobs; /* is told where jobs stand */
	bool on_board;
	bool replaying; /* live events wait in held */
	bool checking;	/* a checker looks at its session */
	bool recheck;	/* once more when it has answered */
	int64_t opened_ms;
	int64_t ends_ms;
	enum code ends; /* why, when ends_ms has come */
	int64_t told;	/* id of the newest event, 0: none */
	struct say_event **held;
	size_t nheld;
	bool missed; /* more was held than there is room */
	char *vars;  /* the parameters that a look at the session needs */
	size_t varslen;
	unsigned long nevents; /* for the log */
};

/* The whole table: every stream once. */
void board_add(struct sub *s);
void board_remove(struct sub *s);
size_t board_count(void);

/* The streams of a person: s NULL begins, NULL ends. */
struct sub *board_next(const char *user, struct sub *s);

/* All streams: s NULL begins, NULL ends. s may not be removed in between. */
struct sub *board_all(struct sub *s);

/*
 * The stream that has to go before another of that caller may open; NULL:
 * none.
 */
struct sub *board_surplus(const struct wire_who *who);

#endif

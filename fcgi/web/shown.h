/*
 * A flow of the identity service that a page shows: where it begins, how it
 * is read, what of it is drawn.
 */
#ifndef MIRAI_WEB_SHOWN_H
#define MIRAI_WEB_SHOWN_H

#include "base/conf.h"
#include "identity/view.h"
#include "nodes.h"

/* The window on the identity service. Each process opens its own, once. */
int shown_open(const struct conf *conf) MUST_CHECK;

/* Gives its connection back if unused for idle_ms. */
void shown_idle(int64_t idle_ms);

struct view *shown_view(void);

enum shown_state {
	SHOWN_READY,
	SHOWN_NONE,    /* the address names no flow */
	SHOWN_GONE,    /* expired, unknown, or not this browser's */
	SHOWN_FOREIGN, /* the browser sent no cookie at all */
	SHOWN_FAILED   /* no answer */
};

struct shown {
	const char *kind; /* "login" */
	const char *id;
	struct view_flow flow;
	struct nodes nodes;
	enum code error; /* of SHOWN_FAILED */
};

/* Reads the flow that ?flow= names. */
enum shown_state shown_load(struct page *p, const char *kind, struct shown *s);

/*
 * To the identity service, where a new flow of the kind begins; it comes back
 * with ?flow=. return_to NULL: none; more is added to the query ("&aal=aal2").
 */
void shown_begin(struct page *p, const char *kind, const char *return_to,
    const char *more);

/*
 * Answers for every state but SHOWN_READY: a new flow takes the place of one
 * that is missing, silently; a failure is a card with a way to try again.
 * False: answered.
 */
bool shown_need(struct page *p, const char *kind, const char *title,
    struct shown *s);

/* The card of a failure; again NULL: only a fresh start is left. */
void shown_put_failure(struct page *p, const char *title, const char *text,
    const char *again);

/* The card for a browser that sent no cookie. */
void shown_put_foreign(struct page *p, const char *title);

/* The script of forms; once per page that has any. */
void shown_put_script(struct page *p);

/* Messages and all forms. */
void shown_put(struct page *p, struct shown *s);

#endif

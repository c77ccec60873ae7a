/*
 * Providers: who turns text into knowledge, outlines and lessons (spec
 * content.md 9). A table with one interface: gemini and openai ask a model,
 * extractive works here on the author's own sentences.
 *
 * A model's answer is never passed on as it came: it is checked against our
 * schema, its HTML sanitised, its components in the stored form of 9.5. No
 * transaction may be open while an operation runs.
 */
#ifndef MIRAI_AI_PROVIDER_H
#define MIRAI_AI_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ai/doc.h"
#include "ai/knowledge.h"
#include "base/arena.h"
#include "base/conf.h"

/* Called between steps: what is being done, how many of how many are done. */
struct progress_sink {
	void (*step)(void *arg, const char *what, size_t done, size_t total);
	void *arg;
};

void provider_progress(const struct progress_sink *p, const char *what,
    size_t done, size_t total);

/* --- how an operation ends -------------------------------------------------- */

enum provider_end {
	PROVIDER_DONE = 0,
	PROVIDER_CANCELLED,   /* stop() said so */
	PROVIDER_UNAVAILABLE, /* no answer, a time-out or a server error */
	PROVIDER_BUSY,	      /* its rate limit, also after repeats */
	PROVIDER_TRUNCATED,   /* the answer ended at its length limit */
	PROVIDER_MALFORMED,   /* no JSON, or not of our schema */
	PROVIDER_NO_KEY,      /* none is configured */
	PROVIDER_KEY,	      /* the key was rejected */
	PROVIDER_REFUSED,     /* the request was: address, model or size */
	PROVIDER_SAFETY,      /* blocked by the provider's safety rules */
	PROVIDER_LIMIT,	      /* may_spend() gave no leave: the token limit */
	PROVIDER_EMPTY,	      /* there is no knowledge to work from */
	PROVIDER_UNABLE,      /* this provider cannot do that */
	PROVIDER__MAX
};

/*
 * Whether the same operation may succeed later (content.md 8.3); attempt is
 * 0 for a job's first one. An answer that is cut off twice stays so.
 */
bool provider_is_transient(enum provider_end end, unsigned attempt);

/* "truncated", for records and tests; and a sentence for the user. */
const char *provider_end_name(enum provider_end end);
const char *provider_end_text(enum provider_end end);

/* --- what operations are told ----------------------------------------------- */

/* Members are "" where nothing is known, lists may be empty. */
struct ask_audience {
	const char *role;
	const char *level; /* beginner, intermediate, advanced, expert */
	const char *industry;
	const char *background;
	const char *const *goals;
	size_t ngoals;
	const char *const *prerequisites;
	size_t nprerequisites;
	const char *const *challenges;
	size_t nchallenges;
	const char *const *motivations;
	size_t nmotivations;
};

/* An expert. Its chunks are first .. first+nchunks-1 of the knowledge. */
struct ask_source {
	const char *name;
	const char *domain;
	const char *summary;
	const char *const *keywords;
	size_t nkeywords;
	size_t first;
	size_t nchunks; /* best first */
};

/* What outline and lessons stand on. */
struct ask_course {
	const char *title;
	const char *outcome;
	const char *context;  /* additional, may be "" */
	const char *feedback; /* of who rejected the version before, or "" */
	const struct ask_audience *audiences;
	size_t naudiences;
	const struct ask_source *sources;
	size_t nsources;
	struct knowledge *k; /* chunks of all sources; lang */
};

struct ask_lesson {
	const struct ask_course *course;
	const char *section; /* title */
	/* Without chunks, those that match the plan best are taken. */
	const struct outline_lesson *plan;
	const char *previous; /* titles; NULL: the first, the last lesson */
	const char *next;
};

struct ask_component {
	enum component_type type;
	const char *json;    /* stored form */
	const char *request; /* what is to change */
	const char *lesson;  /* title */
	const char *const *objectives;
	size_t nobjectives;
	const struct ask_audience *audience; /* NULL: none */
};

struct ask_distil {
	const char *name; /* of the expert, "" if none */
	const char *domain;
	const char *title; /* of the material; "": the document's own */
	const char *lang;  /* BCP 47; "": recognised */
	/* One of both. */
	const struct doc *doc;
	const char *text; /* UTF-8 */
};

enum ask_enhance {
	ASK_SUMMARIZE = 0,
	ASK_IMPROVE
};

/* --- the table -------------------------------------------------------------- */

struct provider_run;
struct provider_wire;
struct sockaddr;

/*
 * Every operation sets *out, all in r->a, when it gives PROVIDER_DONE, and
 * leaves it otherwise.
 */
struct provider {
	const char *name;
	/* "": the output needs no mark; else the mark it must carry. */
	const char *mark;
	const struct provider_wire *wire; /* NULL: works here */

	/* Summary and chunks of a text. */
	enum provider_end (*distil)(struct provider_run *r,
	    const struct ask_distil *in, struct knowledge *out);

	/* Sections and lesson plans: calls A and B of content.md 9.3. */
	enum provider_end (*outline)(struct provider_run *r,
	    const struct ask_course *in, struct outline *out);

	/* Components and the transition of one lesson. */
	enum provider_end (*lesson)(struct provider_run *r,
	    const struct ask_lesson *in, struct lesson *out);

	/* A component changed as asked; same type, new id. */
	enum provider_end (*component)(struct provider_run *r,
	    const struct ask_component *in, struct component *out);

	/* Plain text from plain text. */
	enum provider_end (*enhance)(struct provider_run *r,
	    enum ask_enhance how, const char *text, const char **out);

	/*
	 * Whether the key works: PROVIDER_DONE, PROVIDER_KEY, PROVIDER_REFUSED,
	 * PROVIDER_BUSY (it works, its quota is used up) or another failure.
	 */
	enum provider_end (*test)(struct provider_run *r);
};

/* Whether it cannot be called without a key. */
bool provider_needs_key(const struct provider *p);

/* NULL when there is none of that name. */
const struct provider *provider_find(const char *name);

/* Row i of the table, NULL past its end. */
const struct provider *provider_at(size_t i);

/* --- a run ------------------------------------------------------------------- */

/* Where a provider is reached. Texts are copied. */
struct provider_setup {
	const struct provider *provider;
	const char *url;   /* NULL: the provider's own */
	const char *model; /* NULL: the provider's own */
	const char *key;   /* NULL: none */
	/* File where the processes of this host meet; NULL: this one alone. */
	const char *bucket;
	unsigned per_minute; /* calls of one key; 0: no limit */
	unsigned burst;
	int64_t retry_ms;   /* first wait before a repeat; 0: 4 s */
	int64_t timeout_ms; /* of one call; 0: 120 s */
	unsigned output;    /* tokens of an answer; 0: 8192 */
	/* Without a key no call is made, whatever the provider: NO_KEY. */
	bool needs_key;
	/*
	 * Where a connection may go (net/http.h); NULL: anywhere. Must be as
	 * long there as the link.
	 */
	bool (*may_connect)(void *connect_arg, const struct sockaddr *to);
	void *connect_arg;
};

/*
 * The setup of provider p in the installation's configuration (ai.*), with key
 * (NULL: none). Borrowed from conf.
 */
void provider_configure(struct provider_setup *s, const struct conf *conf,
    const struct provider *p, const char *key);

/* The installation's own key of p; NULL: none. */
const char *provider_key(const struct conf *conf, const struct provider *p);

struct provider_link;

/* The caller owns it. Closing wipes the key. */
struct provider_link *provider_open(const struct provider_setup *s);
void provider_close(struct provider_link *l);

/* What the calls of a run cost, in tokens, when leave is asked for one more. */
struct provider_cost {
	int64_t spent;	 /* by those that have ended */
	int64_t running; /* about, and at most, by those under way */
	int64_t next;	 /* the same by the one that is asked for */
};

enum provider_leave {
	PROVIDER_LEAVE_NONE = 0, /* the limit is reached: PROVIDER_LIMIT */
	PROVIDER_LEAVE_LATER,	 /* it is asked again in a moment */
	PROVIDER_LEAVE_GIVEN
};

/* One operation, or several in a row, and what they cost. */
struct provider_run {
	struct arena *a;
	const struct provider *provider;
	struct provider_link
	    *link; /* NULL: only for providers that work here */
	/*
	 * Asked five times a second while a call or a wait lasts; true drops
	 * it at once. What costs more (a look into the database, a lease) it
	 * spaces itself. May be NULL.
	 */
	bool (*stop)(void *arg);
	/* Asked before every call, also before a repeat. May be NULL. */
	enum provider_leave (
	    *may_spend)(void *arg, const struct provider_cost *cost);
	void *arg;
	/* Of all calls so far, also of operations that failed. */
	int64_t tokens;
	unsigned calls;
	/*
	 * More about the last failure, for an operator: where the answer broke
	 * which rule, the address that does not answer. Never a key, nor text
	 * of a document. "" or NULL if there is none.
	 */
	const char *detail;
};

#endif

/*
 * How a model is asked: what the providers that call out share, and the two
 * functions in which their wire forms differ.
 */
#ifndef MIRAI_AI_PROVIDER_WIRE_H
#define MIRAI_AI_PROVIDER_WIRE_H

#include "ai/provider.h"
#include "base/buf.h"
#include "net/http.h"
#include "net/json.h"

/* One question. */
struct provider_ask {
	const char *system;	   /* the fixed part */
	const char *user;	   /* with the data */
	const char *name;	   /* of the schema: letters and underscores */
	const struct json *schema; /* NULL: plain text is wanted */
	unsigned output;	   /* tokens at most; 0: as set up */
	int64_t timeout_ms;	   /* 0: as set up */
	bool once;		   /* neither waits nor repeats */
};

struct provider_answer {
	enum provider_end end;
	const char *text;	 /* PROVIDER_DONE: what the model wrote */
	const struct json *json; /* the same, if a schema was given */
	int64_t tokens;
	const char *detail;
	int64_t retry_ms; /* how long the server asks to wait; 0: not said */
	bool again;	  /* to be asked in another form, at once */
};

/* What a server was found not to take; the wire form avoids it from then on. */
enum provider_quirk {
	QUIRK_NO_SCHEMA = 1, /* json_schema: then json_object */
	QUIRK_NEW_LIMIT = 2  /* max_tokens: then max_completion_tokens */
};

struct provider_link {
	struct provider_setup setup; /* texts are the link's own */
	struct provider_bucket *bucket;
	unsigned quirks;
};

struct provider_wire {
	const char *url; /* without slash at the end */
	const char *model;
	bool needs_key;
	/* The request into *url and body. */
	void (*request)(struct provider_link *l, struct arena *a,
	    const struct provider_ask *ask, const char **url, struct buf *body);
	/* The name of the header that carries the key, and its prefix. */
	const char *key_header;
	const char *key_prefix;
	/* A 2xx answer: end, text, tokens, detail. */
	void (*read)(struct arena *a, const struct json *j,
	    struct provider_answer *out);
	/*
	 * Any other: may change what the status alone says, set retry_ms, or a
	 * quirk of the link with again.
	 */
	void (*refusal)(struct provider_link *l, const struct provider_ask *ask,
	    const struct json *j, int status, struct provider_answer *out);
};

extern const struct provider_wire gemini_wire;
extern const struct provider_wire openai_wire;

/*
 * Asks n questions, up to PROVIDER_PARALLEL at a time, repeats what the server
 * could not answer now (content.md 9.2), counts into r. answers in r->a, each
 * with its own end where PROVIDER_DONE is returned: done, malformed, truncated.
 * Any other end is returned: cancelled, limit, key at once; of a server that
 * fails when the calls under way have ended, and no other is begun.
 */
#define PROVIDER_PARALLEL 3
enum provider_end provider_call(struct provider_run *r,
    const struct provider_ask *asks, struct provider_answer *answers, size_t n);

#endif

/*
 * Configuration: "key value" lines of /etc/mirai/mirai.conf plus the
 * environment, read by one table (key, type, default, secret, environment
 * name). A wrong or unknown key stops the start with file, line and key.
 * mirai.conf(5) and etc/mirai.conf are held against the table by a test.
 */
#ifndef MIRAI_BASE_CONF_H
#define MIRAI_BASE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/xmalloc.h"

enum conf_type {
	CONF_TEXT,
	CONF_INT,     /* min..max */
	CONF_BOOL,    /* yes, no, true, false, on, off, 1, 0 */
	CONF_SIZE,    /* bytes, suffix K M G allowed */
	CONF_SECONDS, /* number with s m h d suffix, bare = seconds */
	CONF_URL,     /* http or https, no query; trailing slash dropped */
	CONF_LIST,    /* comma or white space separated */
	CONF_KEYS,    /* a list of keys of 256 bits: 64 hex digits each */
	CONF_PATH
};

/* One row of the table; rows are sorted by key. */
struct conf_key {
	const char *key;  /* "rpc.workers" */
	const char *env;  /* "RPC_WORKERS"; NULL for none */
	const char *def;  /* default as text; NULL = unset */
	const char *help; /* one line for the manual and -h */
	enum conf_type type;
	bool secret;	  /* never printed */
	int64_t min, max; /* numbers; 0,0 = no bound */
};

extern const struct conf_key conf_keys[];
extern const size_t conf_nkeys;

struct conf;

/*
 * Reads path (NULL: $MIRAI_CONF, else the built-in default path, which may
 * be absent), then the environment, which wins (but an empty URL there counts
 * as none). NULL after one line on
 * standard error naming file, line, key and rule. The caller owns the result
 * and frees it with conf_free().
 */
struct conf *conf_load(const char *path);
void conf_free(struct conf *c);

/* Borrowed until conf_free(). An unknown key is a programming error. */
const char *conf_text(const struct conf *c, const char *key); /* NULL unset */
/* Also sizes and seconds. */
int64_t conf_int(const struct conf *c, const char *key);
bool conf_bool(const struct conf *c, const char *key);

/* The entries of a list, NULL-terminated; never NULL. */
const char *const *conf_list(const struct conf *c, const char *key);

/*
 * Sets a key that neither the file nor the environment gave; one they gave
 * stays. NULL, or the rule that value breaks.
 */
const char *conf_offer(struct conf *c, const char *key, const char *value);

/*
 * For programs that know a configuration in another language: conf_load()
 * calls read with the file that key names, if it names one, after everything
 * else. read offers values and returns -1 after one line on standard error.
 */
void conf_know(const char *key, int (*read)(struct conf *c, const char *path));

/* Replaces a value, as a command-line option does; -1 if it breaks a rule. */
int conf_set(struct conf *c, const char *key, const char *value) MUST_CHECK;

#endif

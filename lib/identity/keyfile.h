/*
 * Small files of settings: "key value" lines, and secrets in files of their
 * own.
 */
#ifndef MIRAI_IDENTITY_KEYFILE_H
#define MIRAI_IDENTITY_KEYFILE_H

#include <stdbool.h>

#include "base/arena.h"

/*
 * Calls take with every pair of a file; empty lines and those that begin with
 * '#' are skipped. take returns the rule that a pair breaks, or NULL. NULL: all
 * is well; else "PATH:LINE: KEY: rule" or "PATH: cause", in a.
 */
const char *keyfile_read(struct arena *a, const char *path,
    const char *(*take)(void *arg, const char *key, const char *value),
    void *arg);

/*
 * The content of a small text file, without white space at its ends. NULL, or
 * what is wrong with it, in a.
 */
const char *keyfile_text(struct arena *a, const char *path, const char **out);

/* NULL: url is https, or plain if that is allowed, without user or fragment. */
const char *keyfile_url(const char *url, bool plain);

/* Whether s may be the name of such a file: 1 to 32 of a-z, 0-9, '-', '_'. */
bool keyfile_is_id(const char *s);

#endif

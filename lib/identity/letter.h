/*
 * What mails say: a template for each part of each type, built in or from the
 * directory courier.templates (spec identity.md Z-3, Z-4). All are read at
 * the start, so that a broken one stops it.
 */
#ifndef MIRAI_IDENTITY_LETTER_H
#define MIRAI_IDENTITY_LETTER_H

#include <stdbool.h>

#include "base/arena.h"
#include "net/json.h"

struct embed_file;

/* A type of mail, sorted by name; the last row is all zero. */
struct letter_type {
	const char *name;
	bool unknown; /* has a form for addresses nobody here has */
};
extern const struct letter_type letter_types[];

/* One of the identity service; NULL when there is none of that name. */
const struct letter_type *letter_type(const char *name);

/* Letters that go together: those of the identity service, or others. */
struct letter_set {
	const struct letter_type *types;
	const struct embed_file *files; /* as letter_files (learn/asset.h) */
};
extern const struct letter_set letter_identity;

struct letter_box; /* all templates of a set */

struct letter {
	const char *subject; /* one line */
	const char *html;
	const char *text;
};

/*
 * In a. dir/TYPE/valid/email.subject.gotmpl and its like replace those that
 * are built in; dir NULL: none do. NULL: *error names file and line. Every
 * built-in HTML part has the same frame, head.html and foot.html of
 * letter_files.
 */
struct letter_box *letter_open(struct arena *a, const struct letter_set *set,
    const char *dir, const char **error) MUST_CHECK;

/*
 * Fills the templates of a type from data. The subject is one line without
 * control characters, whatever data holds. -1: no such type or form.
 */
int letter_write(struct arena *a, const struct letter_box *box,
    const char *type, bool unknown, const struct json *data,
    struct letter *out) MUST_CHECK;

/*
 * data as an administrator may see it: what ends in Code is masked, and so is
 * the query of what ends in URL, at any depth.
 */
const struct json *letter_masked(struct arena *a, const struct json *data);

#endif

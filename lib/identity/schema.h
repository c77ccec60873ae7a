/*
 * Identity schemas: the slice of JSON Schema draft-07 that spec identity.md,
 * section 2 names, with the ory.sh/kratos keyword. A validation keyword that
 * is not implemented stops the start-up; none is silently ignored.
 */
#ifndef MIRAI_IDENTITY_SCHEMA_H
#define MIRAI_IDENTITY_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "identity/ui.h"
#include "net/json.h"

/* One trait that holds a value, found by walking the properties. */
struct schema_leaf {
	const char *name;	 /* "traits.name.first" */
	const char *const *path; /* "name", "first", NULL: below traits */
	const char *title;	 /* NULL: none */
	const char *type;	 /* of JSON Schema */
	const char *format;	 /* NULL: none */
	int maxlength;		 /* 0: none */
	bool required;
	bool identifier; /* of password credentials */
	bool account;	 /* names it in an authenticator app */
	bool recovery;	 /* via email */
	bool verification;
};

struct schema {
	const char *id;
	const struct json *root;
	const struct json *traits;
	const struct schema_leaf *leaves;
	size_t nleaves;
};

/* The built-in schema "user". */
extern const char schema_user[];

/* The schema of a text, in a; NULL after one logged line. */
struct schema *schema_load(struct arena *a, const char *id, const char *text);

/*
 * traits made of what was submitted: e-mail addresses trimmed and lowered
 * (ASCII), and if form is set texts converted to the schema's types and empty
 * ones dropped. in may be NULL.
 */
struct json *schema_traits(struct arena *a, const struct schema *s,
    const struct json *in, bool form);

/*
 * Says every violation in ui, at the node of the trait. True: there is none.
 * ui may be NULL.
 */
bool schema_check(struct arena *a, const struct schema *s,
    const struct json *traits, struct ui *ui);

/* The text of a leaf in traits; NULL when absent or not text. */
const char *schema_value(const struct schema_leaf *leaf,
    const struct json *traits);

/* Whether the leaves of both are equal, in whichever order. */
bool schema_same(struct arena *a, const struct schema *s, const struct json *x,
    const struct json *y);

/* The address in traits that is to be verified; NULL: none. */
const char *schema_address(const struct schema *s, const struct json *traits);

/*
 * Every text of traits, and the local part of addresses: what a password must
 * not resemble (identity.md P-2). NULL-terminated.
 */
const char *const *schema_texts(struct arena *a, const struct schema *s,
    const struct json *traits);

/* A hidden node for each leaf that has a value in traits. */
void schema_hidden(const struct schema *s, const struct json *traits,
    struct ui *ui);

/*
 * An input node for each leaf in group (NULL: "default"), values from traits
 * (may be NULL).
 */
void schema_nodes(const struct schema *s, const char *group,
    const struct json *traits, struct ui *ui);

#endif

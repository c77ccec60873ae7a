/*
 * The checks that handlers share: each returns CODE_OK and the cleaned value,
 * or fails the request with a message that names the field and the rule
 * (spec accounts.md 1.8, content.md 1.5). Results live in r->mem.
 */
#ifndef MIRAI_SERVICE_FIELD_H
#define MIRAI_SERVICE_FIELD_H

#include "rpc/req.h"

/* A UUID in canonical form; missing or malformed fails. */
enum code field_uuid(struct req *r, const char *field, const char *value,
    const char **out) MUST_CHECK;

/*
 * One line: trimmed, min to max characters, no control characters. With min 0
 * an empty value is fine and gives "".
 */
enum code field_line(struct req *r, const char *field, const char *value,
    size_t min, size_t max, const char **out) MUST_CHECK;

/* Line breaks as LF, whichever way they came; in a. */
char *field_lines(struct arena *a, const char *s);

/*
 * Running text: trimmed, at most max characters, tabs kept, and line breaks,
 * which become LF.
 */
enum code field_text(struct req *r, const char *field, const char *value,
    size_t max, const char **out) MUST_CHECK;

/*
 * An e-mail address in the form of identifiers (identity/nfc.h), so that two
 * spellings of one are not two here and one there: trimmed, lower-cased, at
 * most 254 characters, one "@", local part up to 64, a dot in the domain. NULL
 * when it is none.
 */
const char *field_email_clean(struct arena *a, const char *value);

/* field_line() without a request; NULL when a rule is broken. */
const char *field_line_clean(struct arena *a, const char *value, size_t min,
    size_t max);

#endif

/*
 * The letters of the application: what each must be told, and how it reads
 * (spec accounts.md, section 15).
 */
#ifndef MIRAI_SERVICE_OUTBOX_LETTER_H
#define MIRAI_SERVICE_OUTBOX_LETTER_H

#include "identity/letter.h"

struct outbox_kind {
	const char *name;
	const char *members; /* "inviter company due_at?": ? may be absent */
	const char *secret; /* the member that nobody may read later, or NULL */
	const char *reply_to; /* the member that answers go to, or NULL */
};

/* NULL when there is none of that name. */
const struct outbox_kind *outbox_kind(const char *name);

/* Whether data has all that the kind names. */
bool outbox_is_whole(struct arena *a, const struct outbox_kind *k,
    const struct json *data);

/* The templates; as letter_open(). */
struct letter_box *outbox_letters(struct arena *a, const char *dir,
    const char **error) MUST_CHECK;

struct outbox_letter {
	struct letter letter;
	const char *reply_to; /* one bare address, or NULL */
};

/*
 * Writes the letter of a kind. app is url.app; what is secret is masked when
 * the letter is to be shown. -1: no such kind, or data is not whole.
 */
int outbox_write(struct arena *a, const struct letter_box *box, const char *app,
    const char *kind, const struct json *data, bool shown,
    struct outbox_letter *out) MUST_CHECK;

#endif

/*
 * The queue of mails. A row holds what fills the template, sealed, so that a
 * copy of the database tells no code that still works; nothing here is ever
 * logged.
 */
#include "identity/courier.h"

#include <string.h>

#include "base/str.h"
#include "identity/identity.h"
#include "identity/letter.h"
#include "identity/seal.h"

#define ADDRESS_MAX ((size_t)320) /* RFC 5321 4.5.3.1: 64, @ and 255 */

enum query {
	Q_QUEUE,
	Q__MAX
};

const struct db_query courier_queries[] = {
	[Q_QUEUE] = {
	    .name = "courier_queue",
	    .nargs = 6, /* id, type, valid, recipient, identity, sealed */
	    .sql = "INSERT INTO mails (id, template, valid, recipient,"
		   " identity_id, sealed) VALUES ($1::uuid, $2, $3::boolean,"
		   " $4, $5::uuid, $6)",
	},
	[Q__MAX] = { 0 },
};

/* Nothing that could end a header line or name a second recipient. */
static bool
is_address(const char *s)
{
	const char *at = strrchr(s, '@');
	const unsigned char *p;

	if (at == NULL || at == s || at[1] == '\0' || strlen(s) > ADDRESS_MAX)
		return false;
	for (p = (const unsigned char *)s; *p != '\0'; p++)
		if (*p <= ' ' || *p == 0x7f || strchr(",;:<>()[]\"\\", *p))
			return false;
	return true;
}

const char *
courier_context(struct arena *a, const char *id)
{
	return arena_printf(a, "mail:%s", id);
}

enum code
courier_queue(struct db *db, struct arena *a, const char *const *secrets,
    const struct courier_mail *m)
{
	const struct letter_type *type = letter_type(m->type);
	char id[STR_UUID_LEN + 1];
	const char *text;

	if (type == NULL || (m->unknown && !type->unknown) ||
	    !is_address(m->to))
		return CODE_INVALID_ARGUMENT;
	str_uuid_new(id);
	text = m->data == NULL ? "{}" : json_string(a, m->data, JSON_COMPACT);
	if (db_run(db, &courier_queries[Q_QUEUE],
		DB_ARGS(id, m->type, m->unknown ? "no" : "yes", m->to,
		    m->identity_id,
		    seal_close(a, secrets, courier_context(a, id), text,
			strlen(text)))) == NULL)
		return identity_fault(db);
	db_notify(db, COURIER_CHANNEL, "");
	return CODE_OK;
}

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
#include "net/mail.h"

enum query {
	Q_QUEUE,
	Q_QUEUE_UNKNOWN,
	Q_TAKE_BACK,
	Q_LIST,
	Q_GET,
	Q_DISPATCHES,
	Q__MAX
};

#define COLUMNS                                                                \
	"m.id, m.status, m.recipient, m.subject, m.body, m.template, m.valid," \
	" m.channel, m.send_count, instant(m.created_at),"                     \
	" instant(m.updated_at)"

const struct db_query courier_queries[] = {
	[Q_QUEUE] = {
	    .name = "courier_queue",
	    .nargs = 5, /* id, type, recipient, identity, sealed */
	    .sql = "INSERT INTO mails (id, template, recipient, identity_id,"
		   " sealed) VALUES ($1::uuid, $2, $3, $4::uuid, $5)",
	},
	/* E-2: a stranger's address is not to be flooded. */
	[Q_QUEUE_UNKNOWN] = {
	    .name = "courier_queue_unknown",
	    .nargs = 4, /* id, type, recipient, sealed */
	    .sql = "INSERT INTO mails (id, template, valid, recipient, sealed)"
		   " SELECT $1::uuid, $2, false, $3, $4"
		   " WHERE NOT EXISTS (SELECT 1 FROM mails m WHERE NOT m.valid"
		   " AND lower(m.recipient) = lower($3)"
		   " AND m.created_at > now() - interval '1 day')",
	},
	[Q_TAKE_BACK] = {
	    .name = "courier_take_back",
	    .nargs = 1, /* id */
	    .sql = "DELETE FROM mails WHERE id = $1::uuid",
	},
	[Q_LIST] = {
	    .name = "courier_list",
	    .nargs = 4, /* status, recipient, after, limit */
	    .sql = "SELECT " COLUMNS " FROM mails m"
		   " WHERE ($1::text IS NULL OR m.status = $1)"
		   " AND ($2::text IS NULL OR lower(m.recipient) = lower($2))"
		   " AND ($3::uuid IS NULL OR (m.created_at, m.id) <"
		   " (SELECT n.created_at, n.id FROM mails n"
		   " WHERE n.id = $3::uuid))"
		   " ORDER BY m.created_at DESC, m.id DESC LIMIT $4::bigint",
	},
	[Q_GET] = {
	    .name = "courier_get",
	    .nargs = 1, /* id */
	    .sql = "SELECT " COLUMNS " FROM mails m WHERE m.id = $1::uuid",
	},
	[Q_DISPATCHES] = {
	    .name = "courier_dispatches",
	    .nargs = 1, /* id */
	    .sql = "SELECT id, status, error, instant(created_at),"
		   " instant(updated_at) FROM mail_dispatches"
		   " WHERE mail_id = $1::uuid ORDER BY created_at, id",
	},
	[Q__MAX] = { 0 },
};

const char *
courier_context(struct arena *a, const char *id)
{
	return arena_printf(a, "mail:%s", id);
}

static struct db_rows *
insert(struct db *db, const char *id, const struct courier_mail *m,
    const char *sealed)
{
	if (m->unknown)
		return db_run(db, &courier_queries[Q_QUEUE_UNKNOWN],
		    DB_ARGS(id, m->type, m->to, sealed));
	if (!m->nobody)
		return db_run(db, &courier_queries[Q_QUEUE],
		    DB_ARGS(id, m->type, m->to, m->identity_id, sealed));
	db_queue(db, &courier_queries[Q_QUEUE],
	    DB_ARGS(id, m->type, m->to, NULL, sealed));
	return db_run(db, &courier_queries[Q_TAKE_BACK], DB_ARGS(id));
}

enum code
courier_queue(struct db *db, struct arena *a, const char *const *secrets,
    const struct courier_mail *m)
{
	const struct letter_type *type = letter_type(m->type);
	char id[STR_UUID_LEN + 1];
	const char *text;

	if (type == NULL || (m->unknown && !type->unknown) ||
	    !mail_is_address(m->to))
		return CODE_INVALID_ARGUMENT;
	str_uuid_new(id);
	text = m->data == NULL ? "{}" : json_string(a, m->data, JSON_COMPACT);
	if (insert(db, id, m,
		seal_close(a, secrets, courier_context(a, id), text,
		    strlen(text))) == NULL)
		return identity_fault(db);
	db_notify(db, COURIER_CHANNEL, "");
	return CODE_OK;
}

/* --- the administrator's view ---------------------------------------------- */

bool
courier_is_status(const char *s)
{
	return str_eq(s, "queued") || str_eq(s, "processing") ||
	    str_eq(s, "sent") || str_eq(s, "abandoned");
}

/* As Kratos names them: codes and links with their case, notices without. */
static const char *
template_type(struct arena *a, const char *type, bool valid)
{
	const struct letter_type *t = letter_type(type);

	if (!str_ends(type, "_code") && (t == NULL || !t->unknown))
		return type;
	return arena_printf(a, "%s_%s", type, valid ? "valid" : "invalid");
}

static void
put_mail(struct arena *a, struct json *o, const struct db_rows *rows)
{
	json_put_text(o, "id", db_text(rows, 0));
	json_put_text(o, "status", db_text(rows, 1));
	json_put_text(o, "type", db_text(rows, 7));
	json_put_text(o, "recipient", db_text(rows, 2));
	json_put_text(o, "body", db_text(rows, 4));
	json_put_text(o, "subject", db_text(rows, 3));
	json_put_text(o, "template_type",
	    template_type(a, db_text(rows, 5), db_bool(rows, 6)));
	json_put_text(o, "channel", db_text(rows, 7));
	json_put_int(o, "send_count", db_int(rows, 8));
	json_put_text(o, "created_at", db_text(rows, 9));
	json_put_text(o, "updated_at", db_text(rows, 10));
}

enum code
courier_list(struct db *db, struct arena *a, const struct courier_filter *f,
    struct json **out)
{
	struct db_rows *rows;

	rows = db_run(db, &courier_queries[Q_LIST],
	    DB_ARGS(f->status, f->recipient, f->after,
		db_arg_int(a, (int64_t)f->limit)));
	if (rows == NULL)
		return identity_fault(db);
	*out = json_new_list(a);
	while (db_next(rows))
		put_mail(a, json_add_object(*out), rows);
	return CODE_OK;
}

enum code
courier_get(struct db *db, struct arena *a, const char *id, struct json **out)
{
	struct db_rows *rows;
	struct json *list, *o;

	if (!str_is_uuid(id))
		return CODE_NOT_FOUND;
	rows = db_run(db, &courier_queries[Q_GET], DB_ARGS(id));
	if (rows == NULL)
		return identity_fault(db);
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	*out = json_new_object(a);
	put_mail(a, *out, rows);
	rows = db_run(db, &courier_queries[Q_DISPATCHES], DB_ARGS(id));
	if (rows == NULL)
		return identity_fault(db);
	list = json_put_list(*out, "dispatches");
	while (db_next(rows)) {
		o = json_add_object(list);
		json_put_text(o, "id", db_text(rows, 0));
		json_put_text(o, "message_id", id);
		json_put_text(o, "status", db_text(rows, 1));
		if (!db_null(rows, 2))
			json_put_text(json_put_object(o, "error"), "message",
			    db_text(rows, 2));
		json_put_text(o, "created_at", db_text(rows, 3));
		json_put_text(o, "updated_at", db_text(rows, 4));
	}
	return CODE_OK;
}

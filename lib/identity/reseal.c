/*
 * A row per place of sealed texts: how they are read, what binds them to their
 * place, how one is replaced. Places that live for minutes are listed too:
 * whoever is half-way through a form notices nothing.
 */
#include "identity/reseal.h"

#include <assert.h>
#include <string.h>

#include "base/str.h"
#include "identity/identity.h"
#include "identity/seal.h"
#include "net/crypt.h"

#define BATCH 100
#define TEXT  "100" /* BATCH */

/* Reads key, what the context ends with, and the text; $1 is the last key. */
#define READ_CREDENTIALS(type, member)                                     \
	"SELECT id, identity_id, config ->> '" member "' FROM credentials" \
	" WHERE type = '" type "' AND config ? '" member "'"               \
	" AND ($1 = '' OR id > nullif($1, '')::uuid) ORDER BY id LIMIT " TEXT
#define WRITE_CREDENTIALS(member)                                           \
	"UPDATE credentials SET config = jsonb_set(config, '{" member "}'," \
	" to_jsonb($3::text)) WHERE id = $1::uuid AND config ->> '" member  \
	"' = $2"
#define READ_FLOWS(type)                                              \
	"SELECT id, id, internal #>> '{" type ",pending}' FROM flows" \
	" WHERE internal #> '{" type ",pending}' IS NOT NULL"         \
	" AND expires_at > now()"                                     \
	" AND ($1 = '' OR id > nullif($1, '')::uuid) ORDER BY id LIMIT " TEXT
#define WRITE_FLOWS(type)                                         \
	"UPDATE flows SET internal = jsonb_set(internal, '{" type \
	",pending}', to_jsonb($3::text)) WHERE id = $1::uuid"     \
	" AND internal #>> '{" type ",pending}' = $2"
#define READ_STATES(column)                                        \
	"SELECT encode(hash, 'hex'), encode(hash, 'hex'), " column \
	" FROM oidc_states WHERE " column " IS NOT NULL"           \
	" AND expires_at > now() AND hash > decode($1, 'hex')"     \
	" ORDER BY hash LIMIT " TEXT
#define WRITE_STATES(column)                     \
	"UPDATE oidc_states SET " column " = $3" \
	" WHERE hash = decode($1, 'hex') AND " column " = $2"

enum query {
	Q_READ_TOTP,
	Q_READ_LOOKUP,
	Q_READ_MAILS,
	Q_READ_HOOKS,
	Q_READ_TOTP_PENDING,
	Q_READ_LOOKUP_PENDING,
	Q_READ_PARKED,
	Q_READ_TICKETS,
	Q_READ_ANSWERS,
	Q_READ_EXCHANGES,
	Q_WRITE_TOTP,
	Q_WRITE_LOOKUP,
	Q_WRITE_MAILS,
	Q_WRITE_HOOKS,
	Q_WRITE_TOTP_PENDING,
	Q_WRITE_LOOKUP_PENDING,
	Q_WRITE_PARKED,
	Q_WRITE_TICKETS,
	Q_WRITE_ANSWERS,
	Q_WRITE_EXCHANGES,
	Q_TOTAL,
	Q_CODES,
	Q__MAX
};

const struct db_query reseal_queries[] = {
	[Q_READ_TOTP] = {
	    .name = "reseal_read_totp",
	    .nargs = 1, /* after, as in all that read */
	    .sql = READ_CREDENTIALS("totp", "secret"),
	},
	[Q_READ_LOOKUP] = {
	    .name = "reseal_read_lookup",
	    .nargs = 1,
	    .sql = READ_CREDENTIALS("lookup_secret", "codes"),
	},
	[Q_READ_MAILS] = {
	    .name = "reseal_read_mails",
	    .nargs = 1,
	    .sql = "SELECT id, id, sealed FROM mails WHERE sealed IS NOT NULL"
		   " AND ($1 = '' OR id > nullif($1, '')::uuid)"
		   " ORDER BY id LIMIT " TEXT,
	},
	[Q_READ_HOOKS] = {
	    .name = "reseal_read_hooks",
	    .nargs = 1,
	    .sql = "SELECT id, id, sealed FROM web_hooks"
		   " WHERE sealed IS NOT NULL"
		   " AND ($1 = '' OR id > nullif($1, '')::uuid)"
		   " ORDER BY id LIMIT " TEXT,
	},
	[Q_READ_TOTP_PENDING] = {
	    .name = "reseal_read_totp_pending",
	    .nargs = 1,
	    .sql = READ_FLOWS("totp"),
	},
	[Q_READ_LOOKUP_PENDING] = {
	    .name = "reseal_read_lookup_pending",
	    .nargs = 1,
	    .sql = READ_FLOWS("lookup_secret"),
	},
	[Q_READ_PARKED] = {
	    .name = "reseal_read_parked",
	    .nargs = 1,
	    .sql = "SELECT id, id, sealed FROM parked_submits"
		   " WHERE expires_at > now()"
		   " AND ($1 = '' OR id > nullif($1, '')::uuid)"
		   " ORDER BY id LIMIT " TEXT,
	},
	[Q_READ_TICKETS] = {
	    .name = "reseal_read_tickets",
	    .nargs = 1,
	    .sql = READ_STATES("ticket"),
	},
	[Q_READ_ANSWERS] = {
	    .name = "reseal_read_answers",
	    .nargs = 1,
	    .sql = READ_STATES("answer"),
	},
	[Q_READ_EXCHANGES] = {
	    .name = "reseal_read_exchanges",
	    .nargs = 1,
	    .sql = "SELECT encode(init_hash, 'hex'), encode(init_hash, 'hex'),"
		   " token FROM session_exchanges WHERE token IS NOT NULL"
		   " AND expires_at > now() AND init_hash > decode($1, 'hex')"
		   " ORDER BY init_hash LIMIT " TEXT,
	},
	[Q_WRITE_TOTP] = {
	    .name = "reseal_write_totp",
	    .nargs = 3, /* key, text that was read, new one; as in all */
	    .sql = WRITE_CREDENTIALS("secret"),
	},
	[Q_WRITE_LOOKUP] = {
	    .name = "reseal_write_lookup",
	    .nargs = 3,
	    .sql = WRITE_CREDENTIALS("codes"),
	},
	[Q_WRITE_MAILS] = {
	    .name = "reseal_write_mails",
	    .nargs = 3,
	    .sql = "UPDATE mails SET sealed = $3 WHERE id = $1::uuid"
		   " AND sealed = $2",
	},
	[Q_WRITE_HOOKS] = {
	    .name = "reseal_write_hooks",
	    .nargs = 3,
	    .sql = "UPDATE web_hooks SET sealed = $3 WHERE id = $1::uuid"
		   " AND sealed = $2",
	},
	[Q_WRITE_TOTP_PENDING] = {
	    .name = "reseal_write_totp_pending",
	    .nargs = 3,
	    .sql = WRITE_FLOWS("totp"),
	},
	[Q_WRITE_LOOKUP_PENDING] = {
	    .name = "reseal_write_lookup_pending",
	    .nargs = 3,
	    .sql = WRITE_FLOWS("lookup_secret"),
	},
	[Q_WRITE_PARKED] = {
	    .name = "reseal_write_parked",
	    .nargs = 3,
	    .sql = "UPDATE parked_submits SET sealed = $3"
		   " WHERE id = $1::uuid AND sealed = $2",
	},
	[Q_WRITE_TICKETS] = {
	    .name = "reseal_write_tickets",
	    .nargs = 3,
	    .sql = WRITE_STATES("ticket"),
	},
	[Q_WRITE_ANSWERS] = {
	    .name = "reseal_write_answers",
	    .nargs = 3,
	    .sql = WRITE_STATES("answer"),
	},
	[Q_WRITE_EXCHANGES] = {
	    .name = "reseal_write_exchanges",
	    .nargs = 3,
	    .sql = "UPDATE session_exchanges SET token = $3"
		   " WHERE init_hash = decode($1, 'hex') AND token = $2",
	},
	[Q_TOTAL] = {
	    .name = "reseal_total",
	    .nargs = 0,
	    .sql = "SELECT (SELECT count(*) FROM credentials"
		   " WHERE type = 'totp' AND config ? 'secret'"
		   " OR type = 'lookup_secret' AND config ? 'codes')"
		   " + (SELECT count(*) FROM mails WHERE sealed IS NOT NULL)",
	},
	[Q_CODES] = {
	    .name = "reseal_codes",
	    .nargs = 0,
	    .sql = "SELECT count(*), max(expires_at) FROM onetime_codes"
		   " WHERE used_at IS NULL AND expires_at > now()",
	},
	[Q__MAX] = { 0 },
};

static const struct place {
	const char *name;
	enum query read;
	enum query write;
	const char *context; /* what comes before the row's own part */
} places[RESEAL__MAX] = {
	[RESEAL_TOTP] = { "authenticator apps", Q_READ_TOTP, Q_WRITE_TOTP,
	    "totp:" },
	[RESEAL_LOOKUP] = { "back-up codes", Q_READ_LOOKUP, Q_WRITE_LOOKUP,
	    "lookup_secret:" },
	[RESEAL_MAILS] = { "queued mails", Q_READ_MAILS, Q_WRITE_MAILS,
	    "mail:" },
	[RESEAL_HOOKS] = { "queued web hooks", Q_READ_HOOKS, Q_WRITE_HOOKS,
	    "web_hook:" },
	[RESEAL_TOTP_PENDING] = { "apps being set up", Q_READ_TOTP_PENDING,
	    Q_WRITE_TOTP_PENDING, "totp of flow:" },
	[RESEAL_LOOKUP_PENDING] = { "codes being set up", Q_READ_LOOKUP_PENDING,
	    Q_WRITE_LOOKUP_PENDING, "lookup_secret of flow:" },
	[RESEAL_PARKED] = { "waiting forms", Q_READ_PARKED, Q_WRITE_PARKED,
	    "parked:" },
	[RESEAL_TICKETS] = { "ways to providers", Q_READ_TICKETS,
	    Q_WRITE_TICKETS, "oidc ticket:" },
	[RESEAL_ANSWERS] = { "answers of providers", Q_READ_ANSWERS,
	    Q_WRITE_ANSWERS, "oidc answer:" },
	[RESEAL_EXCHANGES] = { "tokens to be fetched", Q_READ_EXCHANGES,
	    Q_WRITE_EXCHANGES, "exchange:" },
};

const char *
reseal_name(enum reseal_kind kind)
{
	return places[kind].name;
}

/* Replaces one text by one of the first secret. */
static enum code
replace(struct db *db, struct arena *a, const char *const *secrets,
    const struct place *p, const struct db_rows *row, const char *context,
    const char *plain, size_t len, struct reseal_count *n)
{
	const char *sealed = seal_close(a, secrets, context, plain, len);
	struct db_rows *rows;

	rows = db_run(db, &reseal_queries[p->write],
	    DB_ARGS(db_text(row, 0), db_text(row, 2), sealed));
	if (rows == NULL)
		return identity_fault(db);
	if (db_affected(rows) == 0)
		n->left++;
	else
		n->done++;
	return CODE_OK;
}

static enum code
look_at(struct db *db, struct arena *a, const char *const *secrets,
    struct reseal *s, const struct db_rows *row)
{
	const struct place *p = &places[s->kind];
	struct reseal_count *n = &s->counts[s->kind];
	const char *context;
	enum code code = CODE_OK;
	bool stale = false;
	char *plain;
	size_t len;

	n->seen++;
	context = arena_printf(a, "%s%s", p->context, db_text(row, 1));
	plain = seal_open(a, secrets, context, db_text(row, 2), &len, &stale);
	if (plain == NULL) {
		n->lost++;
		return CODE_OK;
	}
	if (stale && s->dry)
		n->left++;
	else if (stale)
		code = replace(db, a, secrets, p, row, context, plain, len, n);
	crypt_wipe(plain, len);
	return code;
}

static void
remember(struct reseal *s, const char *key)
{
	size_t len = strlen(key);

	assert(len < sizeof(s->after));
	memcpy(s->after, key, len + 1);
}

static enum code
batch(struct db *db, struct arena *a, const char *const *secrets,
    struct reseal *s)
{
	struct db_rows *rows;
	enum code code = CODE_OK;

	rows = db_run(db, &reseal_queries[places[s->kind].read],
	    DB_ARGS(s->after));
	if (rows == NULL)
		return identity_fault(db);
	while (code == CODE_OK && db_next(rows)) {
		remember(s, db_text(rows, 0));
		code = look_at(db, a, secrets, s, rows);
	}
	if (db_count(rows) < BATCH) {
		s->kind++;
		s->after[0] = '\0';
	}
	return code;
}

enum code
reseal_step(struct db *db, struct arena *a, const char *const *secrets,
    struct reseal *s)
{
	struct db_scope scope = { 0 };
	struct reseal next = *s;
	enum code code;

	db_use(db, a);
	db_begin(db, s->dry ? DB_TX_READ : DB_TX_WRITE, &scope);
	code = db_end(db, batch(db, a, secrets, &next));
	if (code == CODE_OK)
		*s = next;
	return code;
}

/* One row of numbers about it all. */
static enum code
ask(struct db *db, struct arena *a, enum query q, struct db_rows **rows)
{
	struct db_scope scope = { 0 };

	db_use(db, a);
	db_begin(db, DB_TX_READ, &scope);
	*rows = db_last(db, &reseal_queries[q], DB_NOARGS);
	return db_end(db,
	    *rows == NULL || !db_next(*rows) ? CODE_UNAVAILABLE : CODE_OK);
}

enum code
reseal_total(struct db *db, struct arena *a, int64_t *n)
{
	struct db_rows *rows;
	enum code code;

	if ((code = ask(db, a, Q_TOTAL, &rows)) == CODE_OK)
		*n = db_int(rows, 0);
	return code;
}

enum code
reseal_codes(struct db *db, struct arena *a, int64_t *n, int64_t *until)
{
	struct db_rows *rows;
	enum code code;

	if ((code = ask(db, a, Q_CODES, &rows)) == CODE_OK) {
		*n = db_int(rows, 0);
		*until = db_null(rows, 1) ? 0 : db_time(rows, 1);
	}
	return code;
}

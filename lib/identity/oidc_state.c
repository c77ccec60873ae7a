/*
 * Rows of oidc_states. A state is 43 characters of a CSPRNG and stands in the
 * table as its SHA-256; its row seals the rest under that name.
 */
#include "identity/oidc_state.h"

#include <string.h>

#include "identity/seal.h"

#define STATE_LEN ((size_t)43)

enum query {
	Q_INSERT,
	Q_FIND,
	Q_KEEP,
	Q_USE,
	Q__MAX
};

const struct db_query oidc_state_queries[] = {
	[Q_INSERT] = {
	    .name = "oidc_state_insert",
	    .nargs = 5, /* hash, flow, provider, ticket, expires */
	    .sql = "INSERT INTO oidc_states"
		   " (hash, flow_id, provider, ticket, expires_at)"
		   " VALUES (decode($1, 'hex'), $2, $3, $4, $5)",
	},
	[Q_FIND] = {
	    .name = "oidc_state_find",
	    .nargs = 1, /* hash */
	    .sql = "SELECT s.flow_id, f.kind, s.provider, s.ticket, s.answer,"
		   " s.used_at IS NOT NULL"
		   " FROM oidc_states s JOIN flows f ON f.id = s.flow_id"
		   " WHERE s.hash = decode($1, 'hex')",
	},
	[Q_KEEP] = {
	    .name = "oidc_state_keep",
	    .nargs = 2, /* hash, answer */
	    .sql = "UPDATE oidc_states SET answer = $2"
		   " WHERE hash = decode($1, 'hex') AND answer IS NULL"
		   " AND used_at IS NULL",
	},
	[Q_USE] = {
	    .name = "oidc_state_use",
	    .nargs = 1, /* hash */
	    .sql = "UPDATE oidc_states SET used_at = now(), answer = NULL"
		   " WHERE hash = decode($1, 'hex') AND used_at IS NULL",
	},
	[Q__MAX] = { 0 },
};

static const char *
hash_of(struct visit *c, const char *state)
{
	return crypt_sha256_hex(c->mem, state, strlen(state));
}

static const char *
context(struct visit *c, const char *what, const char *hash)
{
	return arena_printf(c->mem, "oidc %s:%s", what, hash);
}

static const char *
seal(struct visit *c, const char *what, const char *hash, const struct json *o)
{
	const char *text = json_string(c->mem, o, JSON_COMPACT);

	return seal_close(c->mem, c->p->secrets, context(c, what, hash), text,
	    strlen(text));
}

/* NULL: sealed by a secret that is gone. */
static const struct json *
unseal(struct visit *c, const char *what, const char *hash, const char *text)
{
	size_t len;
	const char *p;

	p = seal_open(c->mem, c->p->secrets, context(c, what, hash), text, &len,
	    NULL);
	return p == NULL ? NULL : json_parse(c->mem, p, len, NULL, NULL);
}

void
oidc_state_make(struct visit *c, const struct oidc_provider *p,
    struct oidc_ticket *out)
{
	memset(out, 0, sizeof(*out));
	out->state = crypt_token(c->mem, STATE_LEN);
	out->nonce = crypt_token(c->mem, STATE_LEN);
	out->verifier = crypt_token(c->mem, STATE_LEN);
	out->redirect_uri = arena_printf(c->mem,
	    "%s/self-service/methods/oidc/callback/%s", c->p->base_url, p->id);
}

enum code
oidc_state_insert(struct visit *c, const struct flow *f,
    const struct oidc_provider *p, const struct oidc_ticket *ticket)
{
	const char *hash = hash_of(c, ticket->state);
	struct json *o = json_new_object(c->mem);

	json_put_text(o, "nonce", ticket->nonce);
	json_put_text(o, "verifier", ticket->verifier);
	json_put_text(o, "redirect_uri", ticket->redirect_uri);
	if (db_run(c->db, &oidc_state_queries[Q_INSERT],
		DB_ARGS(hash, f->id, p->id, seal(c, "ticket", hash, o),
		    db_arg_time(c->mem, f->expires_at))) == NULL)
		return identity_fault(c->db);
	return CODE_OK;
}

static bool
kind_of(const char *name, enum flow_kind *out)
{
	enum flow_kind kind;

	for (kind = FLOW_LOGIN; kind < FLOW__MAX; kind++) {
		if (strcmp(flow_name(kind), name) == 0) {
			*out = kind;
			return true;
		}
	}
	return false;
}

static bool
read_row(struct visit *c, const char *state, const struct db_rows *rows,
    struct oidc_state *out)
{
	const char *hash = hash_of(c, state);
	const struct json *ticket, *answer;

	memset(out, 0, sizeof(*out));
	ticket = unseal(c, "ticket", hash, db_text(rows, 3));
	if (ticket == NULL || !kind_of(db_text(rows, 1), &out->kind))
		return false;
	str_uuid_canon(db_text(rows, 0), out->flow_id);
	out->provider = db_text(rows, 2);
	out->used = db_bool(rows, 5);
	out->ticket.state = state;
	out->ticket.nonce = json_get_text(ticket, "nonce", "");
	out->ticket.verifier = json_get_text(ticket, "verifier", "");
	out->ticket.redirect_uri = json_get_text(ticket, "redirect_uri", "");
	answer = unseal(c, "answer", hash, db_text(rows, 4));
	out->answer.code = json_get_text(answer, "code", NULL);
	out->answer.issuer = json_get_text(answer, "iss", NULL);
	out->answer.user = json_get_text(answer, "user", NULL);
	return true;
}

enum code
oidc_state_find(struct visit *c, const char *state, struct oidc_state *out)
{
	struct db_rows *rows;

	if (state == NULL || strlen(state) != STATE_LEN)
		return CODE_NOT_FOUND;
	rows = db_run(c->db, &oidc_state_queries[Q_FIND],
	    DB_ARGS(hash_of(c, state)));
	if (rows == NULL)
		return identity_fault(c->db);
	if (!db_next(rows) || !read_row(c, state, rows, out))
		return CODE_NOT_FOUND;
	return CODE_OK;
}

enum code
oidc_state_keep(struct visit *c, const char *state,
    const struct oidc_answer *answer)
{
	const char *hash = hash_of(c, state);
	struct json *o = json_new_object(c->mem);

	json_put_text(o, "code", answer->code);
	json_put_text(o, "iss", answer->issuer);
	json_put_text(o, "user", answer->user);
	if (db_run(c->db, &oidc_state_queries[Q_KEEP],
		DB_ARGS(hash, seal(c, "answer", hash, o))) == NULL)
		return identity_fault(c->db);
	return CODE_OK;
}

enum code
oidc_state_use(struct visit *c, const char *state)
{
	struct db_rows *rows;

	rows = db_run(c->db, &oidc_state_queries[Q_USE],
	    DB_ARGS(hash_of(c, state)));
	if (rows == NULL)
		return identity_fault(c->db);
	return db_affected(rows) == 0 ? CODE_ABORTED : CODE_OK;
}

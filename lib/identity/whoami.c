/*
 * The data routes of sessions: always JSON, never a CSRF cookie. whoami is the
 * hot path: one statement, and no credential is read.
 */
#include "identity/whoami.h"

#include <string.h>

#include "base/clock.h"
#include "identity/exchange.h"
#include "identity/known.h"
#include "identity/level.h"
#include "identity/metrics.h"
#include "identity/page.h"
#include "identity/self.h"
#include "identity/self_login.h"
#include "rpc/resp.h"

#define PREFIX "/sessions/"

static void
refuse_inactive(struct visit *c)
{
	visit_refuse_simple(c, 401, "session_inactive",
	    "No active session was found in this request.");
}

/* Whether the session was proven as far as it must be. False: answered. */
static bool
is_enough(struct visit *c)
{
	enum level level = level_of_session(c, c->session);

	if (level != LEVEL_PROVE && level != LEVEL_ENROL)
		return true;
	level_refuse(c, level, NULL);
	return false;
}

/* Leaves the transaction open; false: answered. */
static bool
need_session(struct visit *c, enum db_tx tx)
{
	c->json_only = true;
	visit_begin(c, tx);
	if (!visit_session(c))
		return false;
	if (c->session == NULL) {
		refuse_inactive(c);
		return false;
	}
	return is_enough(c);
}

static void
answer_known(struct visit *c, const struct known *k)
{
	resp_header(c->r, "x-kratos-authenticated-identity-id", k->identity_id);
	visit_text(c, 200, k->text, k->len);
}

/* The session from the database, if it is good for this route. */
static void
answer_found(struct visit *c, const struct known_since *since)
{
	const struct json *json = c->session->json;
	struct known k;

	if (!is_enough(c))
		return;
	k.text = json_string(c->mem, json, JSON_COMPACT);
	k.len = strlen(k.text);
	k.identity_id = c->session->identity.id;
	known_put(c->session, since, k.text, k.len);
	answer_known(c, &k);
}

static void
show(struct visit *c)
{
	enum session_carrier carrier;
	const char *hash = visit_credential(c, &carrier);
	struct known_since since;
	struct known k;

	c->json_only = true;
	if (!str_is_empty(req_query(c->r, "tokenize_as"))) {
		visit_refuse_simple(c, 400, NULL,
		    "No tokenizer of this name is set up.");
		return;
	}
	if (hash != NULL && known_get(c->r, carrier, hash, &k, &since)) {
		answer_known(c, &k);
		return;
	}
	if (!visit_session_alone(c))
		return;
	if (c->session == NULL)
		refuse_inactive(c);
	else
		answer_found(c, &since);
}

void
whoami_show(struct visit *c)
{
	int64_t begun = clock_mono_us();

	show(c);
	metrics_observe(METRICS_WHOAMI, clock_mono_us() - begun);
}

/* --- listing --------------------------------------------------------------- */

void
whoami_list(struct visit *c)
{
	struct json *list = json_new_list(c->mem);
	struct session *sessions;
	struct page page;
	int64_t total;
	size_t n, i;

	if (!need_session(c, DB_TX_READ))
		return;
	if (!page_read(c, &page))
		return;
	if (!visit_end(c,
		session_list(c->db, c->mem, c->p->base_url,
		    c->session->identity.id, c->session->id, page.offset,
		    page.size, &sessions, &n, &total)))
		return;
	for (i = 0; i < n; i++)
		json_add(list, sessions[i].json);
	page_headers(c, &page,
	    arena_printf(c->mem, "%s/sessions", c->p->base_url), n, total);
	visit_json(c, 200, list);
}

/* --- ending ---------------------------------------------------------------- */

void
whoami_end_others(struct visit *c)
{
	struct json *o = json_new_object(c->mem);
	enum code code;
	size_t n;

	if (!need_session(c, DB_TX_WRITE))
		return;
	code = self_end_sessions(c, c->session->id, &n);
	if (code == CODE_OK)
		code = self_trail(c, "session.revoke_others", NULL,
		    c->session->identity.id, c->session->id);
	if (!visit_end(c, code))
		return;
	json_put_int(o, "count", (int64_t)n);
	visit_json(c, 200, o);
}

void
whoami_end_one(struct visit *c)
{
	const char *hash;
	char id[STR_UUID_LEN + 1];
	enum code code = CODE_NOT_FOUND;

	if (!need_session(c, DB_TX_WRITE))
		return;
	if (str_uuid_canon(c->r->path + strlen(PREFIX), id)) {
		if (strcmp(id, c->session->id) == 0) {
			visit_refuse_simple(c, 400, NULL,
			    "The current session ends by logging out.");
			return;
		}
		code = session_revoke(c->db, c->mem, id,
		    c->session->identity.id, &hash);
	}
	if (code == CODE_NOT_FOUND) {
		visit_refuse_simple(c, 404, NULL, "There is no such session.");
		return;
	}
	if (code == CODE_OK) {
		visit_forget(c, hash);
		code = self_trail(c, "session.revoke", NULL,
		    c->session->identity.id, id);
	}
	if (visit_end(c, code))
		visit_empty(c, 204);
}

static bool
is_exchange_code(const char *s)
{
	return strlen(s) == 64 &&
	    s[strspn(s,
		"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz")] == '\0';
}

/* What the two codes must be; false: refused. */
static bool
check_exchange(struct visit *c, const char *init, const char *back)
{
	if (str_is_empty(init) || str_is_empty(back)) {
		visit_refuse_simple(c, 400, NULL,
		    "init_code and return_to_code must be given.");
		return false;
	}
	if (is_exchange_code(init) && is_exchange_code(back))
		return true;
	visit_refuse_simple(c, 422, NULL,
	    "init_code or return_to_code is no such code.");
	return false;
}

/*
 * A sign-in with a provider, which happens in a browser, leaves a session for
 * the app to fetch here. Password flows answer their token directly.
 */
void
whoami_exchange(struct visit *c)
{
	const char *init = req_query(c->r, "init_code");
	const char *back = req_query(c->r, "return_to_code");
	const char *id, *token;
	struct session s;
	enum code code;

	c->json_only = true;
	if (!check_exchange(c, init, back))
		return;
	visit_begin(c, DB_TX_WRITE);
	code = exchange_take(c, init, back, &id, &token);
	if (code == CODE_OK)
		code = session_get(c->db, c->mem, c->p->base_url, id, &s);
	if (code == CODE_NOT_FOUND)
		visit_refuse_simple(c, 404, NULL,
		    "There is no session for these codes.");
	else if (code == CODE_FAILED_PRECONDITION ||
	    (code == CODE_OK && !s.active))
		visit_refuse_simple(c, 410, NULL,
		    "The session for these codes was fetched, or has ended.");
	else if (visit_end(c, code))
		self_login_answer_token(c, &s, token);
}

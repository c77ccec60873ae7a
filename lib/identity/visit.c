/*
 * Sessions of callers, forms of answers, the error envelope. An answer is sent
 * only after the transaction that made it true is committed.
 */
#include "identity/visit.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "identity/limit.h"
#include "identity/negotiate.h"
#include "identity/returnto.h"
#include "rpc/after.h"
#include "rpc/auth.h"
#include "rpc/cors.h"
#include "rpc/resp.h"
#include "rpc/site.h"

#define CACHE_CONTROL "private, no-cache, no-store, must-revalidate"

enum query {
	Q_STORE_ERROR,
	Q__MAX
};

const struct db_query visit_queries[] = {
	[Q_STORE_ERROR] = {
	    .name = "visit_store_error",
	    .nargs = 2, /* id, error */
	    .sql = "INSERT INTO errors (id, error) VALUES ($1, $2)",
	},
	[Q__MAX] = { 0 },
};

/* --- transactions ---------------------------------------------------------- */

void
visit_begin(struct visit *c, enum db_tx tx)
{
	struct db_scope scope = { .deadline_ms = c->r->deadline_ms };

	assert(!c->in_tx);
	db_begin(c->db, tx, &scope);
	c->in_tx = true;
}

bool
visit_end(struct visit *c, enum code code)
{
	if (c->in_tx) {
		c->in_tx = false;
		code = db_end(c->db, code);
		after_run(c->r, code == CODE_OK);
	}
	if (code == CODE_OK)
		return true;
	visit_refuse_code(c, code);
	return false;
}

void
visit_abort(struct visit *c)
{
	if (!c->in_tx)
		return;
	c->in_tx = false;
	(void)db_end(c->db, CODE_ABORTED); /* rolled back either way */
	after_run(c->r, false);
}

/* --- the caller ------------------------------------------------------------ */

const char *
visit_bearer(const struct visit *c)
{
	const char *value = req_header(c->r, "authorization");

	if (value == NULL || strncasecmp(value, "bearer ", 7) != 0)
		return NULL;
	value += 7;
	return value + strspn(value, " ");
}

/* The credential of the request in the order of K-2. */
static const char *
credential(struct visit *c, enum session_carrier *carrier)
{
	const char *value;

	*carrier = SESSION_TOKEN;
	if (!str_is_empty(value = req_header(c->r, "x-session-token")))
		return value;
	if (!str_is_empty(value = req_cookie(c->r, IDP_SESSION_COOKIE))) {
		*carrier = SESSION_COOKIE;
		return value;
	}
	if (!str_is_empty(value = visit_bearer(c)))
		return value;
	if (c->p->token_cookie)
		return req_cookie(c->r, IDP_TOKEN_COOKIE);
	return NULL;
}

const char *
visit_credential(struct visit *c, enum session_carrier *carrier)
{
	const char *secret = credential(c, carrier);

	return session_hash(c->mem, *carrier, secret);
}

const char *const *
visit_keys(struct visit *c)
{
	enum session_carrier carrier;
	const char **keys = arena_calloc(c->mem, 2, sizeof(*keys));

	keys[0] = c->issued != NULL ? c->issued : credential(c, &carrier);
	return keys;
}

static bool
find_session(struct visit *c, bool last)
{
	enum session_carrier carrier;
	struct session *s;
	const char *secret, *hash;
	enum code code;

	if (c->session_known)
		return true;
	secret = credential(c, &carrier);
	if ((hash = session_hash(c->mem, carrier, secret)) != NULL) {
		s = arena_zalloc(c->mem, sizeof(*s));
		code = (last ? session_find_last : session_find)(c->db, c->mem,
		    c->p->base_url, carrier, hash, s);
		if (code != CODE_OK && code != CODE_NOT_FOUND)
			return visit_end(c, code);
		if (code == CODE_OK && s->active)
			c->session = s;
		if (carrier == SESSION_TOKEN)
			c->token = secret;
	}
	c->session_known = true;
	return true;
}

bool
visit_session(struct visit *c)
{
	return find_session(c, false);
}

/* Whether the session is in the last part of its life, to be renewed. */
static bool
is_ending(const struct visit *c)
{
	return c->p->extend_us > 0 &&
	    c->session->expires_at < clock_now_us() + c->p->extend_us;
}

/*
 * Notes that the session is in use, where anybody wants to know (W-5): with
 * both settings off, or noted a moment ago, this costs nothing.
 */
static bool
use_session(struct visit *c)
{
	bool ending = is_ending(c);
	struct session *s;
	enum code code = CODE_OK;

	if (!ending && !session_is_worn(c->session->idle_at, c->p->idle_us))
		return true;
	s = arena_zalloc(c->mem, sizeof(*s));
	visit_begin(c, DB_TX_WRITE);
	if (ending)
		code = session_extend(c->db, c->mem, c->session->id,
		    c->p->session_us);
	if (code == CODE_OK)
		code =
		    session_used(c->db, c->mem, c->session->id, c->p->idle_us);
	if (code == CODE_OK)
		code = session_get(c->db, c->mem, c->p->base_url,
		    c->session->id, s);
	if (!visit_end(c, code))
		return false;
	c->session = s->active ? s : NULL;
	if (ending && s->active)
		visit_renew_session(c);
	return true;
}

bool
visit_session_alone(struct visit *c)
{
	visit_begin(c, DB_TX_READ);
	return find_session(c, true) && visit_end(c, CODE_OK) &&
	    (c->session == NULL || use_session(c));
}

const char *
visit_base(struct visit *c)
{
	struct site site = site_find(c->mem, c->r->env->conf, c->r->host);
	const char *scheme = str_starts(site.app, "https:") ? "https" : "http";

	if (!site.alias)
		return c->p->base_url;
	return arena_printf(c->mem, "%s://%s", scheme, c->r->host);
}

const char *
visit_pages(struct visit *c)
{
	struct site site = site_find(c->mem, c->r->env->conf, c->r->host);

	if (!site.alias)
		return c->p->pages;
	return arena_printf(c->mem, "%s/auth", site.app);
}

bool
visit_knows_origin(const struct visit *c, const char *origin)
{
	const char *const *own =
	    conf_list(c->r->env->conf, "identity.allowed_origin");

	return *own != NULL ? cors_in(own, origin)
			    : cors_listed(c->r->env->conf, origin);
}

void
visit_use_schema(struct visit *c, const char *id)
{
	const struct schema *s = idp_schema(c->p, id);

	if (s != NULL)
		c->schema = s;
}

const char *
visit_page(struct visit *c, size_t page)
{
	static const char *const names[IDP_PAGES] = { "login", "registration",
		"recovery", "verification", "settings", "error" };

	return c->p->page[page] != NULL
	    ? c->p->page[page]
	    : arena_printf(c->mem, "%s/%s", visit_pages(c), names[page]);
}

const char *
visit_agent(struct visit *c)
{
	const char *value = req_header(c->r, "user-agent");

	if (value == NULL || !utf8_valid(value, strlen(value)))
		return NULL;
	return arena_strndup(c->mem, value, utf8_prefix(value, 128));
}

void
visit_forget(struct visit *c, const char *hash)
{
	auth_forget_session(c->r, hash);
}

/* --- answers --------------------------------------------------------------- */

bool
visit_wants_json(const struct visit *c)
{
	return c->json_only || negotiate_json(req_header(c->r, "accept"));
}

bool
visit_is_json(const struct visit *c)
{
	return c->json_only ||
	    negotiate_is_json(req_header(c->r, "accept"), c->r->type);
}

void
visit_text(struct visit *c, int status, const char *json, size_t len)
{
	assert(!c->in_tx);
	resp_header(c->r, "cache-control", CACHE_CONTROL);
	resp_send(c->r, status, "application/json; charset=utf-8", json, len);
}

void
visit_json(struct visit *c, int status, const struct json *body)
{
	struct buf *b = buf_new(c->mem);

	json_write(b, body, JSON_COMPACT);
	visit_text(c, status, (const char *)b->data, b->len);
}

void
visit_empty(struct visit *c, int status)
{
	assert(!c->in_tx);
	resp_header(c->r, "cache-control", CACHE_CONTROL);
	resp_send(c->r, status, NULL, NULL, 0);
}

void
visit_redirect(struct visit *c, const char *url)
{
	assert(!c->in_tx);
	resp_header(c->r, "cache-control", CACHE_CONTROL);
	resp_redirect(c->r, 303, url);
}

void
visit_cookie(struct visit *c, const char *name, const char *value,
    int64_t max_age)
{
	resp_cookie(c->r,
	    &(struct resp_cookie){
		.name = name,
		.value = value,
		.domain = c->p->cookie_domain,
		.max_age = max_age,
		.secure = c->p->cookie_secure,
	    });
}

static void
session_cookie(struct visit *c, const char *value, int64_t max_age)
{
	resp_cookie(c->r,
	    &(struct resp_cookie){
		.same_site = c->p->same_site,
		.name = IDP_SESSION_COOKIE,
		.value = value,
		.domain = site_find(c->mem, c->r->env->conf, c->r->host)
			      .cookie_domain,
		.max_age = max_age,
		.secure = c->p->cookie_secure,
	    });
}

void
visit_set_session(struct visit *c, const char *value)
{
	session_cookie(c, value,
	    c->p->cookie_persistent ? c->p->session_us / 1000000 : 0);
}

void
visit_renew_session(struct visit *c)
{
	int64_t left = (c->session->expires_at - clock_now_us()) / 1000000;

	if (c->session->carrier == SESSION_COOKIE && left > 0)
		session_cookie(c, req_cookie(c->r, IDP_SESSION_COOKIE),
		    c->p->cookie_persistent ? left : 0);
}

void
visit_end_session(struct visit *c)
{
	if (req_cookie(c->r, IDP_SESSION_COOKIE) != NULL)
		session_cookie(c, "", -1);
}

/* --- refusals -------------------------------------------------------------- */

static const char *
status_text(int status)
{
	static const struct {
		int status;
		const char *text;
	} rows[] = {
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 409, "Conflict" },
		{ 410, "Gone" },
		{ 413, "Content Too Large" },
		{ 422, "Unprocessable Content" },
		{ 429, "Too Many Requests" },
		{ 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
	};
	size_t i;

	for (i = 0; i < NITEMS(rows); i++)
		if (rows[i].status == status)
			return rows[i].text;
	return "Internal Server Error";
}

static const char *
status_message(int status)
{
	switch (status) {
	case 400:
		return "The request was malformed or contained invalid "
		       "parameters";
	case 401:
		return "The request could not be authorized";
	case 403:
		return "The requested action was forbidden";
	case 404:
		return "The requested resource could not be found";
	case 410:
		return "The requested resource is no longer available";
	default:
		return status_text(status);
	}
}

struct json *
visit_problem(struct visit *c, const struct problem *p)
{
	struct json *o = json_new_object(c->mem), *error;
	const struct json *details = p->details;
	struct json *own;

	if (p->redirect_browser_to != NULL) {
		own = json_new_object(c->mem);
		json_put_text(own, "redirect_browser_to",
		    p->redirect_browser_to);
		details = own;
	}
	error = json_put_object(o, "error");
	json_put_text(error, "id", p->id);
	json_put_int(error, "code", p->status);
	json_put_text(error, "status", status_text(p->status));
	json_put_text(error, "request", c->r->id);
	json_put_text(error, "reason", p->reason);
	if (details != NULL)
		json_put(error, "details", details);
	json_put_text(error, "message", status_message(p->status));

	json_put_text(o, "redirect_browser_to", p->redirect_browser_to);
	json_put_text(o, "use_flow_id", p->use_flow_id);
	json_put_text(o, "expired_at", p->expired_at);
	if (p->expired_at != NULL)
		json_put_int(o, "since", p->since_ns);
	return o;
}

/*
 * Keeps the error for its page; NULL when even that fails, or when so many
 * came from there that keeping them all would be work for nobody.
 */
static const char *
store_error(struct visit *c, const struct json *whole)
{
	char *id = arena_alloc(c->mem, STR_UUID_LEN + 1);
	struct db_scope scope = { .deadline_ms = c->r->deadline_ms };
	enum code code;
	int seconds;

	str_uuid_new(id);
	db_begin(c->db, DB_TX_WRITE, &scope);
	code = limit_take(c, LIMIT_FLOW, NULL, &seconds);
	if (code == CODE_OK && seconds > 0)
		code = CODE_RESOURCE_EXHAUSTED;
	if (code == CODE_OK &&
	    db_last(c->db, &visit_queries[Q_STORE_ERROR],
		DB_ARGS(id,
		    json_string(c->mem, json_get(whole, "error"),
			JSON_COMPACT))) == NULL)
		code = CODE_INTERNAL;
	return db_end(c->db, code) == CODE_OK ? id : NULL;
}

/*
 * For people where nothing can be stored, or should be: a busy database, or
 * somebody who comes too often.
 */
static void
answer_page(struct visit *c, const struct problem *p)
{
	const char *title =
	    p->retry_after > 0 ? "Please wait" : "Something went wrong";
	const char *when = "";
	const char *text;

	if (p->retry_after > 0)
		when = arena_printf(c->mem, " You can try again in %d seconds.",
		    p->retry_after);
	text = arena_printf(c->mem,
	    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	    "<title>%s</title></head><body><h1>%s</h1><p>%s%s</p></body>"
	    "</html>\n",
	    title, title, p->reason, when);
	resp_header(c->r, "cache-control", CACHE_CONTROL);
	resp_send(c->r, p->status, "text/html; charset=utf-8", text,
	    strlen(text));
}

void
visit_refuse(struct visit *c, const struct problem *p)
{
	struct json *whole;
	const char *id;

	visit_abort(c);
	whole = visit_problem(c, p);
	if (p->retry_after > 0)
		resp_header(c->r, "retry-after",
		    arena_printf(c->mem, "%d", p->retry_after));
	if (!visit_is_json(c) && p->retry_after == 0 && p->status < 500 &&
	    (id = store_error(c, whole)) != NULL) {
		visit_redirect(c,
		    arena_printf(c->mem, "%s?id=%s",
			visit_page(c, IDP_PAGE_ERROR), id));
		return;
	}
	if (visit_is_json(c))
		visit_json(c, p->status, whole);
	else
		answer_page(c, p);
}

void
visit_refuse_simple(struct visit *c, int status, const char *id,
    const char *reason)
{
	visit_refuse(c,
	    &(struct problem){ .status = status, .id = id, .reason = reason });
}

void
visit_refuse_code(struct visit *c, enum code code)
{
	struct problem p = { .status = 500 };

	p.reason = "An internal error occurred. Please try again later.";
	if (code == CODE_UNAVAILABLE || code == CODE_ABORTED ||
	    code == CODE_DEADLINE_EXCEEDED) {
		p.status = 503;
		p.retry_after = 1;
		p.reason = "The service is busy. Please try again.";
	}
	visit_refuse(c, &p);
}

const char *
visit_return_to(struct visit *c, const char *stored, const char *fallback)
{
	const char *url;

	if (str_is_empty(stored))
		return fallback;
	url = returnto_check(c->mem, stored, c->p->default_return,
	    c->p->return_to);
	if (url == NULL)
		visit_refuse_simple(c, 400,
		    "self_service_flow_return_to_forbidden",
		    "The return_to address is not allowed.");
	return url;
}

/*
 * The pages ask a Kratos as the browser would. Of the browser's cookies only
 * those are sent on that are a Kratos's: session, flow state and CSRF. Who may
 * see a flow or end a session is decided there.
 */
#include "identity/view_http.h"

#include <string.h>

#include "base/clock.h"
#include "identity/idp.h"
#include "identity/kratos.h"
#include "net/crypt.h"

#define MAX_SESSIONS 100

/* --- credentials ----------------------------------------------------------- */

static bool
is_kratos_cookie(const char *pair)
{
	return str_starts(pair, "ory_kratos_") ||
	    str_starts(pair, "csrf_token");
}

/* The Kratos's own cookies of a request; NULL: none came. */
static const char *
own_cookies(struct req *r)
{
	const char *p = req_header(r, "cookie");
	struct buf *b = buf_new(r->mem);
	char *pair;
	size_t n;

	for (; p != NULL && *p != '\0'; p += n + (p[n] == ';')) {
		n = strcspn(p, ";");
		pair = str_trim(r->mem, arena_strndup(r->mem, p, n));
		if (is_kratos_cookie(pair) && kratos_is_credential(pair))
			buf_printf(b, "%s%s", b->len == 0 ? "" : "; ", pair);
	}
	return b->len == 0 ? NULL : buf_str(b);
}

/* A session token that a page script has stored. */
static const char *
own_token(struct req *r)
{
	const char *token = req_cookie(r, IDP_TOKEN_COOKIE);

	return token != NULL && kratos_is_credential(token) ? token : NULL;
}

static const char *
own_session(struct req *r)
{
	const char *cookie = req_cookie(r, IDP_SESSION_COOKIE);

	return cookie != NULL && kratos_is_credential(cookie) ? cookie : NULL;
}

/* --- flows ----------------------------------------------------------------- */

static void
read_flow(const struct json *j, struct view_flow *out)
{
	out->sent = json_get_object(j, "ui");
	out->state = json_get_text(j, "state", "");
	out->active = json_get_text(j, "active", NULL);
	out->requested_aal = json_get_text(j, "requested_aal", "aal1");
	out->return_to = json_get_text(j, "return_to", NULL);
	out->refresh = json_get_bool(j, "refresh", false);
}

/* What a flow that is over leaves to go on with. */
static enum code
read_expired(const struct kratos_answer *answer, struct view_flow *out)
{
	const struct json *details;

	details =
	    json_get_object(json_get_object(answer->json, "error"), "details");
	out->return_to = json_get_text(details, "return_to", NULL);
	out->requested_aal = "aal1";
	out->expired = true;
	return CODE_OK;
}

static enum code
read_refusal(const struct kratos_answer *answer, const char *cookies,
    struct view_flow *out)
{
	const char *id = kratos_error_id(answer);

	if (str_eq(id, "session_aal2_required")) {
		out->state = out->requested_aal = "";
		out->aal2_due = true;
		return CODE_OK;
	}
	/* A browser without cookies would be sent round in circles. */
	if (str_eq(id, "security_csrf_violation") &&
	    (cookies == NULL || strstr(cookies, "csrf_token") == NULL))
		return CODE_FAILED_PRECONDITION;
	return CODE_NOT_FOUND;
}

static enum code
http_flow(struct view *v, struct req *r, const char *kind, const char *id,
    struct view_flow *out)
{
	struct kratos_call call = { .cookie = own_cookies(r) };
	struct kratos_answer answer;
	enum code code;

	if (own_session(r) == NULL)
		call.token = own_token(r);
	call.path = arena_printf(r->mem, "/self-service/%s/flows?id=%s", kind,
	    str_url_encode(r->mem, id));
	code = kratos_do(v->kratos, r->mem, &call, &answer);
	if (code != CODE_OK)
		return code;
	switch (answer.status) {
	case 200:
		read_flow(answer.json, out);
		return out->sent != NULL ? CODE_OK
					 : kratos_strange(&call, &answer);
	case 403:
		return read_refusal(&answer, call.cookie, out);
	case 410:
		return read_expired(&answer, out);
	case 400:
	case 401:
	case 404:
		return CODE_NOT_FOUND;
	default:
		return kratos_strange(&call, &answer);
	}
}

static enum code
http_error(struct view *v, struct req *r, const char *id,
    const struct json **out)
{
	struct kratos_call call = { .cookie = own_cookies(r) };
	struct kratos_answer answer;
	enum code code;

	call.path = arena_printf(r->mem, "/self-service/errors?id=%s",
	    str_url_encode(r->mem, id));
	code = kratos_do(v->kratos, r->mem, &call, &answer);
	if (code != CODE_OK)
		return code;
	if (answer.status != 200)
		return CODE_NOT_FOUND;
	*out = json_get_object(answer.json, "error");
	return *out == NULL ? CODE_NOT_FOUND : CODE_OK;
}

/* --- sessions -------------------------------------------------------------- */

/*
 * Makes a call with the token, then, if that is none, with the cookie: the
 * order in which the caller was found (rpc/caller.h).
 */
static enum code
as_caller(struct view *v, struct req *r, struct kratos_call *call,
    struct kratos_answer *out)
{
	enum code code = CODE_OK;

	out->status = 401;
	if ((call->token = own_token(r)) != NULL)
		code = kratos_do(v->kratos, r->mem, call, out);
	if (code != CODE_OK || out->status != 401 || own_session(r) == NULL)
		return code;
	call->token = NULL;
	call->cookie = own_cookies(r);
	return kratos_do(v->kratos, r->mem, call, out);
}

static bool
read_session(const struct json *j, struct view_session *out)
{
	const struct json *device;

	device = json_at(json_get_list(j, "devices"), 0);
	out->id = json_get_text(j, "id", "");
	out->ip = json_get_text(device, "ip_address", NULL);
	out->agent = json_get_text(device, "user_agent", NULL);
	out->location = json_get_text(device, "location", NULL);
	return str_is_uuid(out->id) &&
	    clock_parse_rfc3339(json_get_text(j, "authenticated_at", ""),
		&out->authenticated_at) &&
	    clock_parse_rfc3339(json_get_text(j, "expires_at", ""),
		&out->expires_at);
}

static enum code
http_sessions(struct view *v, struct req *r, struct view_session **out,
    size_t *nout)
{
	struct kratos_call call = { .path = "/sessions/whoami" };
	struct view_session *list;
	struct kratos_answer answer;
	enum code code;
	size_t i;

	*out = list = arena_calloc(r->mem, MAX_SESSIONS, sizeof(*list));
	if ((code = as_caller(v, r, &call, &answer)) != CODE_OK)
		return code;
	if (answer.status != 200 || !read_session(answer.json, &list[0]))
		return kratos_strange(&call, &answer);
	list[0].current = true;
	*nout = 1;
	call.path = "/sessions?page_size=100";
	code = kratos_do(v->kratos, r->mem, &call, &answer);
	if (code != CODE_OK)
		return code;
	if (answer.status != 200)
		return kratos_strange(&call, &answer);
	for (i = 0; i < json_count(answer.json) && *nout < MAX_SESSIONS; i++)
		if (read_session(json_at(answer.json, i), &list[*nout]))
			(*nout)++;
	return CODE_OK;
}

static enum code
http_end_session(struct view *v, struct req *r, const char *id, size_t *ended)
{
	struct kratos_call call = { .method = "DELETE" };
	struct kratos_answer answer;
	enum code code;

	call.path =
	    arena_printf(r->mem, "/sessions/%s", str_url_encode(r->mem, id));
	if ((code = as_caller(v, r, &call, &answer)) != CODE_OK)
		return code;
	*ended = answer.status == 204;
	/* Its credential is not known here: all of the person's are looked at
	 * again. */
	if (*ended != 0)
		view_forget(r, NULL, 0, r->who.identity_id);
	return CODE_OK;
}

static enum code
http_end_others(struct view *v, struct req *r, size_t *ended)
{
	struct kratos_call call = { .method = "DELETE", .path = "/sessions" };
	struct kratos_answer answer;
	enum code code;

	if ((code = as_caller(v, r, &call, &answer)) != CODE_OK)
		return code;
	if (answer.status != 200)
		return CODE_OK;
	*ended = (size_t)json_get_int(answer.json, "count", 0, INT32_MAX, 0);
	if (*ended != 0)
		view_forget(r, NULL, 0, r->who.identity_id);
	return CODE_OK;
}

/* --- signing out ----------------------------------------------------------- */

/* A session that had ended before is no failure in either. */
static enum code
end_cookie(struct view *v, struct req *r)
{
	struct kratos_call call = { .path = "/self-service/logout/browser" };
	struct kratos_answer answer;
	const char *token;
	enum code code;

	call.cookie = own_cookies(r);
	code = kratos_do(v->kratos, r->mem, &call, &answer);
	if (code != CODE_OK || answer.status == 401)
		return code;
	token = json_get_text(answer.json, "logout_token", NULL);
	if (answer.status != 200 || token == NULL)
		return kratos_strange(&call, &answer);
	call.path = arena_printf(r->mem, "/self-service/logout?token=%s",
	    str_url_encode(r->mem, token));
	code = kratos_do(v->kratos, r->mem, &call, &answer);
	if (code != CODE_OK)
		return code;
	return answer.status == 204 || answer.status == 401
	    ? CODE_OK
	    : kratos_strange(&call, &answer);
}

static enum code
end_token(struct view *v, struct req *r, const char *token)
{
	struct json *body = json_new_object(r->mem);
	const struct kratos_call call = { .method = "DELETE",
		.path = "/self-service/logout/api",
		.body = body };
	struct kratos_answer answer;

	json_put_text(body, "session_token", token);
	return kratos_do(v->kratos, r->mem, &call, &answer);
}

static enum code
http_sign_out(struct view *v, struct req *r)
{
	const char *cookie = own_session(r), *token = own_token(r);
	const char *hashes[2];
	enum code first = CODE_OK, second = CODE_OK;
	size_t n = 0;

	if (cookie != NULL) {
		hashes[n++] = crypt_sha256_hex(r->mem, cookie, strlen(cookie));
		first = end_cookie(v, r);
	}
	if (token != NULL) {
		hashes[n++] = crypt_sha256_hex(r->mem, token, strlen(token));
		second = end_token(v, r, token);
	}
	if (n > 0)
		view_forget(r, hashes, n, NULL);
	return first != CODE_OK ? first : second;
}

const struct view_way view_http = {
	.flow = http_flow,
	.error = http_error,
	.sessions = http_sessions,
	.end_session = http_end_session,
	.end_others = http_end_others,
	.sign_out = http_sign_out,
};

/*
 * Every call is one http_do() with the same bounds. An outage is told apart
 * from a refusal: only a Kratos that answered may say that somebody is not
 * signed in.
 */
#include "identity/kratos.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xmalloc.h"
#include "identity/idp.h"
#include "net/http.h"

#define MAX_ANSWER ((size_t)1024 * 1024)
#define HEADERS	   6 /* of one call, the end included */
#define TRIES	   2 /* of a GET */

struct kratos {
	struct http *http;
	const char *base[2]; /* by enum kratos_side */
	const char *admin_token;
	int64_t timeout_ms;
	int64_t whoami_ms;
};

struct kratos *
kratos_open(const struct conf *conf)
{
	const char *url[2];
	struct kratos *k;

	k = xcalloc(1, sizeof(*k));
	if ((k->http = http_open()) == NULL) {
		free(k);
		return NULL;
	}
	url[KRATOS_PUBLIC] = conf_text(conf, "identity.kratos.public_url");
	url[KRATOS_ADMIN] = conf_text(conf, "identity.kratos.admin_url");
	k->base[KRATOS_PUBLIC] = url[KRATOS_PUBLIC];
	k->base[KRATOS_ADMIN] = url[KRATOS_ADMIN];
	k->admin_token = conf_text(conf, "identity.kratos.admin_token");
	k->timeout_ms = conf_int(conf, "identity.kratos.timeout") * 1000;
	k->whoami_ms = conf_int(conf, "identity.kratos.whoami_timeout") * 1000;
	return k;
}

void
kratos_close(struct kratos *k)
{
	if (k == NULL)
		return;
	http_close(k->http);
	free(k);
}

/* --- one call -------------------------------------------------------------- */

/* RFC 6265 4.1.1: what a cookie may consist of; tokens are of the same. */
bool
kratos_is_credential(const char *s)
{
	const char *p;

	for (p = s; *p != '\0'; p++)
		if (*p <= ' ' || *p >= 0x7f || strchr("\",;\\", *p) != NULL)
			return false;
	return p != s;
}

static const char *const *
headers_of(const struct kratos *k, struct arena *a,
    const struct kratos_call *call)
{
	const char **h = arena_calloc(a, HEADERS, sizeof(*h));
	size_t n = 0;

	h[n++] = "accept: application/json";
	if (call->body != NULL)
		h[n++] = "content-type: application/json";
	if (call->side == KRATOS_ADMIN && k->admin_token != NULL)
		h[n++] =
		    arena_printf(a, "authorization: Bearer %s", k->admin_token);
	if (call->token != NULL)
		h[n++] = arena_printf(a, "x-session-token: %s", call->token);
	if (call->cookie != NULL)
		h[n++] = arena_printf(a, "cookie: %s", call->cookie);
	h[n] = NULL;
	return h;
}

/* The path of a call without its query, which may name people. */
static const char *
path_of(struct arena *a, const struct kratos_call *call)
{
	return arena_strndup(a, call->path, strcspn(call->path, "?"));
}

static int
exchange(struct kratos *k, struct arena *a, const struct kratos_call *call,
    int64_t timeout_ms, struct http_answer *out)
{
	struct http_call http = { .timeout_ms = timeout_ms, .max = MAX_ANSWER };
	const char *error = "";
	int tries;

	http.method = call->method;
	http.url = arena_printf(a, "%s%s", k->base[call->side], call->path);
	http.headers = headers_of(k, a, call);
	if (call->body != NULL) {
		http.body = json_string(a, call->body, JSON_COMPACT);
		http.bodylen = strlen(http.body);
	}
	tries = call->method == NULL ? TRIES : 1;
	while (tries-- > 0) {
		if (http_do(k->http, a, &http, out, &error) == 0)
			return 0;
		if (http_fault(k->http) != HTTP_FAULT_CONNECTION)
			break;
	}
	log_error("kratos: %s: %s", path_of(a, call), error);
	return -1;
}

enum code
kratos_strange(const struct kratos_call *call,
    const struct kratos_answer *answer)
{
	log_error("kratos: %.*s: an answer of status %d that is of no use",
	    (int)strcspn(call->path, "?"), call->path, answer->status);
	return CODE_UNAVAILABLE;
}

static enum code
call_within(struct kratos *k, struct arena *a, const struct kratos_call *call,
    int64_t timeout_ms, struct kratos_answer *out)
{
	struct http_answer answer;

	memset(out, 0, sizeof(*out));
	if (exchange(k, a, call, timeout_ms, &answer) == -1)
		return CODE_UNAVAILABLE;
	out->status = answer.status;
	if (answer.status < 200 || answer.status >= 500 ||
	    (answer.status >= 300 && answer.status < 400))
		return kratos_strange(call, out);
	if (answer.len == 0)
		return CODE_OK;
	out->json = json_parse(a, answer.body, answer.len, NULL, NULL);
	/* A refusal by something in between may be of any form. */
	if (out->json == NULL && answer.status < 300)
		return kratos_strange(call, out);
	return CODE_OK;
}

enum code
kratos_do(struct kratos *k, struct arena *a, const struct kratos_call *call,
    struct kratos_answer *out)
{
	return call_within(k, a, call, k->timeout_ms, out);
}

const char *
kratos_error_id(const struct kratos_answer *answer)
{
	return json_get_text(json_get_object(answer->json, "error"), "id", "");
}

/* --- people ---------------------------------------------------------------- */

bool
kratos_read_person(const struct json *identity, struct ident_person *out)
{
	const struct json *traits = json_get_object(identity, "traits");
	const struct json *name = json_get_object(traits, "name");

	out->email = json_get_text(traits, "email", "");
	out->first_name = json_get_text(name, "first", "");
	out->last_name = json_get_text(name, "last", "");
	return str_uuid_canon(json_get_text(identity, "id", ""),
	    out->identity_id);
}

/* Whether the address one signs in with is proven. */
static bool
is_verified(const struct json *identity, const char *email)
{
	const struct json *list, *one;
	size_t i;

	list = json_get_list(identity, "verifiable_addresses");
	for (i = 0; i < json_count(list); i++) {
		one = json_at(list, i);
		if (str_ieq(json_get_text(one, "value", ""), email))
			return json_get_bool(one, "verified", false);
	}
	return false;
}

/* --- sessions -------------------------------------------------------------- */

static bool
read_session(const struct json *j, struct ident_session *out)
{
	const struct json *identity = json_get_object(j, "identity");
	struct ident_person who;

	if (!kratos_read_person(identity, &who) ||
	    !str_uuid_canon(json_get_text(j, "id", ""), out->session_id) ||
	    !clock_parse_rfc3339(json_get_text(j, "expires_at", ""),
		&out->expires_at))
		return false;
	memcpy(out->identity_id, who.identity_id, sizeof(out->identity_id));
	out->email = who.email;
	out->first_name = who.first_name;
	out->last_name = who.last_name;
	out->email_verified = is_verified(identity, who.email);
	return true;
}

static enum code
whoami_by(struct kratos *k, struct arena *a, const struct kratos_call *call,
    struct ident_session *out)
{
	struct kratos_answer answer;
	enum code code;

	code = call_within(k, a, call, k->whoami_ms, &answer);
	if (code != CODE_OK)
		return code;
	switch (answer.status) {
	case 200:
		if (!json_get_bool(answer.json, "active", false))
			return CODE_UNAUTHENTICATED;
		return read_session(answer.json, out)
		    ? CODE_OK
		    : kratos_strange(call, &answer);
	case 403:
		return str_eq(kratos_error_id(&answer), "session_aal2_required")
		    ? CODE_PERMISSION_DENIED
		    : CODE_UNAUTHENTICATED;
	case 400:
	case 401:
		return CODE_UNAUTHENTICATED;
	default:
		return kratos_strange(call, &answer);
	}
}

enum code
kratos_whoami(struct kratos *k, struct arena *a, const char *token,
    const char *cookie, struct ident_session *out)
{
	struct kratos_call call = { .path = "/sessions/whoami" };
	enum code code = CODE_UNAUTHENTICATED;

	memset(out, 0, sizeof(*out));
	if (token != NULL && kratos_is_credential(token)) {
		call.token = token;
		code = whoami_by(k, a, &call, out);
	}
	if (code == CODE_UNAUTHENTICATED && cookie != NULL &&
	    kratos_is_credential(cookie)) {
		call.token = NULL;
		call.cookie = arena_printf(a, IDP_SESSION_COOKIE "=%s", cookie);
		code = whoami_by(k, a, &call, out);
	}
	return code;
}

/* --- signing in ------------------------------------------------------------ */

/* Path and query of a flow's ui.action, which may name any host. */
static const char *
action_path(const struct json *flow)
{
	const char *action, *p;

	action = json_get_text(json_get_object(flow, "ui"), "action", "");
	if ((p = strstr(action, "://")) != NULL)
		p = strchr(p + 3, '/');
	else if (action[0] == '/')
		p = action;
	if (p == NULL)
		return NULL;
	/* A path prefix of the public address is in the base URL already. */
	return strstr(p, "/self-service/login?");
}

static const char *
refusal(const struct json *j)
{
	const struct json *messages;
	const char *text = NULL;

	messages = json_get_list(json_get_object(j, "ui"), "messages");
	if (json_count(messages) > 0)
		text = json_get_text(json_at(messages, 0), "text", NULL);
	if (text == NULL)
		text = json_get_text(json_get_object(j, "error"), "message",
		    "signing in failed");
	return text;
}

static enum code
read_login(const struct kratos_call *call, const struct kratos_answer *answer,
    struct kratos_login *out)
{
	const struct json *session = json_get_object(answer->json, "session");

	out->token = json_get_text(answer->json, "session_token", NULL);
	if (out->token == NULL ||
	    !str_uuid_canon(json_get_text(session, "id", ""),
		out->session_id) ||
	    !clock_parse_rfc3339(json_get_text(session, "expires_at", ""),
		&out->expires_at))
		return kratos_strange(call, answer);
	/* So a Kratos shows a session that lacks its second factor. */
	return json_get_object(session, "identity") == NULL
	    ? CODE_PERMISSION_DENIED
	    : CODE_OK;
}

enum code
kratos_log_in(struct kratos *k, struct arena *a, const char *identifier,
    const char *password, struct kratos_login *out, const char **why)
{
	struct kratos_call call = { .path = "/self-service/login/api" };
	struct kratos_answer answer;
	struct json *form;
	enum code code;

	memset(out, 0, sizeof(*out));
	if ((code = kratos_do(k, a, &call, &answer)) != CODE_OK)
		return code;
	if (answer.status != 200 ||
	    (call.path = action_path(answer.json)) == NULL) {
		call.path = "/self-service/login/api";
		return kratos_strange(&call, &answer);
	}
	form = json_new_object(a);
	json_put_text(form, "method", "password");
	json_put_text(form, "identifier", identifier);
	json_put_text(form, "password", password);
	call.method = "POST";
	call.body = form;
	if ((code = kratos_do(k, a, &call, &answer)) != CODE_OK)
		return code;
	if (answer.status == 200)
		return read_login(&call, &answer, out);
	*why = refusal(answer.json);
	return CODE_UNAUTHENTICATED;
}

/* --- what it is ------------------------------------------------------------ */

/*
 * Nobody's id: whoever issues sessions knows no such identity, and whoever
 * does not has no such method (405) or finds the body wrong (400).
 */
static bool
issues_sessions(struct kratos *k, struct arena *a)
{
	struct json *body = json_new_object(a);
	const struct kratos_call call = {
		.side = KRATOS_ADMIN,
		.method = "POST",
		.path = "/admin/sessions",
		.body = body,
	};
	struct kratos_answer answer;

	json_put_text(body, "identity_id",
	    "00000000-0000-0000-0000-000000000000");
	return kratos_do(k, a, &call, &answer) == CODE_OK &&
	    answer.status == 404;
}

/* A Kratos that has nothing to say against a nobody is one that works. */
static enum code
knock_public(struct kratos *k, struct arena *a)
{
	const struct kratos_call call = { .path = "/sessions/whoami" };
	struct kratos_answer answer;
	enum code code;

	code = kratos_do(k, a, &call, &answer);
	if (code == CODE_OK && answer.status != 401)
		code = kratos_strange(&call, &answer);
	return code;
}

enum code
kratos_probe(struct kratos *k, struct arena *a, struct kratos_about *out)
{
	struct kratos_call call = { .side = KRATOS_ADMIN,
		.path = "/admin/health/ready" };
	struct kratos_answer answer;
	enum code code;

	memset(out, 0, sizeof(*out));
	if ((code = knock_public(k, a)) != CODE_OK ||
	    (code = kratos_do(k, a, &call, &answer)) != CODE_OK)
		return code;
	if (answer.status != 200)
		return kratos_strange(&call, &answer);
	call.path = "/admin/version";
	if ((code = kratos_do(k, a, &call, &answer)) != CODE_OK)
		return code;
	out->version = json_get_text(answer.json, "version", "");
	out->issues_sessions = issues_sessions(k, a);
	return CODE_OK;
}

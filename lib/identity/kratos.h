/*
 * A real Ory Kratos (1.3) behind two addresses: the one client for every call
 * the product makes of it (spec identity.md 24, accounts.md 13). No redirect
 * is followed, no answer above 1 MiB is read, connections are kept. What a
 * Kratos sends is data: it is checked here, and of it only the version is logged.
 */
#ifndef MIRAI_IDENTITY_KRATOS_H
#define MIRAI_IDENTITY_KRATOS_H

#include "base/arena.h"
#include "base/code.h"
#include "base/conf.h"
#include "net/json.h"
#include "rpc/auth.h"

struct kratos;

/* NULL only if libcurl will not start. The caller owns it. */
struct kratos *kratos_open(const struct conf *conf);
void kratos_close(struct kratos *k);

enum kratos_side {
	KRATOS_PUBLIC = 0,
	KRATOS_ADMIN /* with identity.kratos.admin_token */
};

struct kratos_call {
	enum kratos_side side;
	const char *method; /* NULL: GET */
	const char *path;   /* from "/" on, with its query */
	const char *token;  /* a session token; NULL: none */
	const char *cookie; /* a Cookie header; NULL: none */
	const struct json *body;
};

struct kratos_answer {
	int status;	   /* 2xx or 4xx */
	struct json *json; /* NULL: no body */
};

/*
 * CODE_OK and the answer in a. CODE_UNAVAILABLE: none, or none that can be
 * relied on: a status of 5xx or a redirect, a body that is not JSON (logged).
 * A GET is tried twice when the connection fails, nothing else is.
 */
enum code kratos_do(struct kratos *k, struct arena *a,
    const struct kratos_call *call, struct kratos_answer *out) MUST_CHECK;

/* error.id of an answer, "" if it has none. */
const char *kratos_error_id(const struct kratos_answer *answer);

/* Logs that an answer is not what it must be; CODE_UNAVAILABLE. */
enum code kratos_strange(const struct kratos_call *call,
    const struct kratos_answer *answer);

/* Whether s can stand in a header as a token or the value of a cookie. */
bool kratos_is_credential(const char *s);

/* Traits and id of an identity; false: it has no id. */
bool kratos_read_person(const struct json *identity, struct ident_person *out);

/* As struct ident has it (rpc/auth.h). */
enum code kratos_whoami(struct kratos *k, struct arena *a, const char *token,
    const char *cookie, struct ident_session *out) MUST_CHECK;

/* A login by password: what it gave. */
struct kratos_login {
	const char *token;
	char session_id[STR_UUID_LEN + 1];
	int64_t expires_at; /* us since 1970 */
};

/*
 * CODE_UNAUTHENTICATED: refused, *why is the flow's own sentence, in a.
 * CODE_PERMISSION_DENIED: right, but a second factor is due.
 */
enum code kratos_log_in(struct kratos *k, struct arena *a,
    const char *identifier, const char *password, struct kratos_login *out,
    const char **why) MUST_CHECK;

/* What there is at the two addresses. */
struct kratos_about {
	const char *version;  /* "v1.3.0"; "" if it does not say */
	bool issues_sessions; /* POST /admin/sessions {identity_id} */
};

/* CODE_UNAVAILABLE: one of the addresses does not answer, or is not ready. */
enum code kratos_probe(struct kratos *k, struct arena *a,
    struct kratos_about *out) MUST_CHECK;

#endif

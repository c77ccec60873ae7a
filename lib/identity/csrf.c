/*
 * A token is 32 random bytes, in the cookie as base64, in forms behind a fresh
 * one-time pad so that compression never sees it twice.
 */
#include "identity/csrf.h"

#include <string.h>
#include <strings.h>

#define TOKEN_LEN ((size_t)32)
#define ONE_YEAR  INT64_C(31536000)

/* The 32 bytes of a masked or plain token; false if it is neither. */
static bool
unmask(struct arena *a, const char *given, uint8_t out[TOKEN_LEN])
{
	const uint8_t *raw;
	size_t len, i;

	raw = crypt_unbase64(a, given, strlen(given), &len);
	if (raw == NULL || (len != TOKEN_LEN && len != 2 * TOKEN_LEN))
		return false;
	for (i = 0; i < TOKEN_LEN; i++)
		out[i] =
		    len == TOKEN_LEN ? raw[i] : raw[i] ^ raw[TOKEN_LEN + i];
	return true;
}

static bool
is_token(struct arena *a, const char *s)
{
	size_t len;

	return strlen(s) == 44 &&
	    crypt_unbase64(a, s, strlen(s), &len) != NULL && len == TOKEN_LEN;
}

const char *
csrf_cookie(struct visit *c)
{
	const char *value = req_cookie(c->r, c->p->csrf_cookie);

	return value != NULL && is_token(c->mem, value) ? value : NULL;
}

const char *
csrf_rotate(struct visit *c)
{
	uint8_t raw[TOKEN_LEN];

	crypt_random(raw, sizeof(raw));
	c->cookie_token = crypt_base64(c->mem, raw, sizeof(raw));
	visit_cookie(c, c->p->csrf_cookie, c->cookie_token, ONE_YEAR);
	return c->cookie_token;
}

const char *
csrf_ensure(struct visit *c)
{
	if (c->cookie_token == NULL)
		c->cookie_token = csrf_cookie(c);
	return c->cookie_token == NULL ? csrf_rotate(c) : c->cookie_token;
}

const char *
csrf_mask(struct arena *a, const char *token)
{
	uint8_t masked[2 * TOKEN_LEN], raw[TOKEN_LEN];
	size_t i;

	if (!unmask(a, token, raw))
		return "";
	crypt_random(masked, TOKEN_LEN);
	for (i = 0; i < TOKEN_LEN; i++)
		masked[TOKEN_LEN + i] = masked[i] ^ raw[i];
	return crypt_base64(a, masked, sizeof(masked));
}

bool
csrf_matches(struct arena *a, const char *given, const char *token)
{
	uint8_t x[TOKEN_LEN], y[TOKEN_LEN];

	return unmask(a, given, x) && unmask(a, token, y) &&
	    crypt_equal(x, sizeof(x), y, sizeof(y));
}

static bool
violation(struct visit *c, const char *why)
{
	struct json *details = json_new_object(c->mem);

	json_put_text(details, "reject_reason", why);
	json_put_text(details, "hint",
	    "Cookies must be sent with the request, and the form must carry "
	    "the csrf_token of this very flow.");
	visit_refuse(c,
	    &(struct problem){
		.status = 403,
		.id = "security_csrf_violation",
		.reason = "The request was refused to protect you from "
			  "cross-site request forgery.",
		.details = details,
	    });
	return false;
}

const char *
csrf_flaw(struct visit *c, const char *stored, const char *given)
{
	const char *cookie = csrf_cookie(c);

	if (given == NULL || *given == '\0')
		given = req_header(c->r, "x-csrf-token");
	if (cookie == NULL)
		return "The CSRF cookie is missing.";
	if (given == NULL || *given == '\0')
		return "The CSRF token is missing.";
	if (!csrf_matches(c->mem, given, cookie))
		return "The CSRF token does not fit the cookie.";
	if (!csrf_matches(c->mem, stored, cookie))
		return "The CSRF cookie is not of this flow.";
	return NULL;
}

bool
csrf_check(struct visit *c, const char *stored, const char *given)
{
	const char *flaw = csrf_flaw(c, stored, given);

	return flaw == NULL || violation(c, flaw);
}

bool
csrf_check_read(struct visit *c, const char *stored)
{
	const char *cookie = csrf_cookie(c);

	if (cookie == NULL)
		return violation(c, "The CSRF cookie is missing.");
	if (!csrf_matches(c->mem, stored, cookie))
		return violation(c, "The CSRF cookie is not of this flow.");
	return true;
}

/* A cookie that an edge proxy adds on its own. */
static bool
is_edge_cookie(const char *name)
{
	return str_starts(name, "__cf") || str_starts(name, "_cf") ||
	    str_starts(name, "cf_");
}

bool
csrf_check_api(struct visit *c)
{
	const char *s = req_header(c->r, "cookie");

	if (req_header(c->r, "origin") != NULL) {
		visit_refuse_simple(c, 400, NULL,
		    "An API flow was submitted with an Origin header. Use a "
		    "browser flow in browsers.");
		return false;
	}
	while (s != NULL && *(s += strspn(s, " ;")) != '\0') {
		if (!is_edge_cookie(s)) {
			visit_refuse_simple(c, 400, NULL,
			    "An API flow was submitted with cookies. Use a "
			    "browser flow in browsers.");
			return false;
		}
		s = strchr(s, ';');
	}
	return true;
}

/*
 * The authorization-code flow of OpenID Connect, GitHub's OAuth, and ID tokens
 * that apps bring. Nothing a provider sends is believed before it is checked
 * against what this browser was sent away with.
 */
#include "identity/oidc.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "identity/gate.h"
#include "identity/oidc_fetch.h"
#include "identity/oidc_map.h"
#include "net/crypt.h"
#include "net/jwt.h"

#define LEEWAY_S	INT64_C(60)
#define APPLE_SECRET_S	INT64_C(300)
#define CONSUMERS	"9188040d-6c67-4c5b-b112-36a304b66dad"
#define MAX_CODE	((size_t)4096)
#define MAX_SUBJECT_LEN ((size_t)255)

struct oidc {
	const struct oidc_config *config;
	struct oidc_fetch *fetch;
	struct gate *gate;
};

/* One sign-in under way. */
struct errand {
	struct oidc *o;
	struct arena *mem;
	const struct oidc_provider *p;
	int64_t until_ms;
};

struct oidc *
oidc_open(const struct oidc_config *config, size_t places)
{
	struct oidc *o = xcalloc(1, sizeof(*o));

	o->config = config;
	o->fetch = oidc_fetch_open(config);
	if ((o->gate = gate_open(places, places)) == NULL) {
		oidc_close(o);
		return NULL;
	}
	return o;
}

void
oidc_close(struct oidc *o)
{
	if (o == NULL)
		return;
	oidc_fetch_close(o->fetch);
	gate_close(o->gate);
	free(o);
}

static enum code
distrust(const struct errand *e, const char *why)
{
	log_warn("sign-in provider %s: not believed: %s", e->p->id, why);
	return CODE_PERMISSION_DENIED;
}

/* --- what the provider publishes ------------------------------------------- */

/* One of its addresses: as set, or as published. NULL: none, or no https. */
static const char *
endpoint(const struct errand *e, const char *set, const char *name,
    const struct json *metadata)
{
	const char *url = set;

	if (url == NULL)
		url = json_get_text(metadata, name, NULL);
	if (url == NULL || str_starts(url, "https://"))
		return url;
	/* Plain http is for those whose own address is so. */
	return str_starts(url, "http://") && str_starts(e->p->issuer, "http://")
	    ? url
	    : NULL;
}

static const struct json *
metadata_of(const struct errand *e)
{
	return oidc_fetch_metadata(e->o->fetch, e->p, e->until_ms);
}

/* --- sending away ---------------------------------------------------------- */

static void
put_param(struct buf *b, struct arena *a, const char *name, const char *value)
{
	if (value == NULL)
		return;
	if (b->len > 0)
		buf_putc(b, '&');
	buf_printf(b, "%s=%s", name, str_url_encode(a, value));
}

static const char *
challenge(struct arena *a, const char *verifier)
{
	uint8_t hash[CRYPT_SHA256_LEN];

	crypt_sha256(verifier, strlen(verifier), hash);
	return crypt_base64url(a, hash, sizeof(hash));
}

static const char *
auth_query(const struct errand *e, const struct oidc_ticket *t)
{
	struct buf *b = buf_new(e->mem);
	struct arena *a = e->mem;

	put_param(b, a, "response_type", "code");
	put_param(b, a, "client_id", e->p->client_id);
	put_param(b, a, "redirect_uri", t->redirect_uri);
	put_param(b, a, "scope", e->p->scopes);
	put_param(b, a, "state", t->state);
	put_param(b, a, "code_challenge", challenge(a, t->verifier));
	put_param(b, a, "code_challenge_method", "S256");
	if (e->p->kind != OIDC_GITHUB)
		put_param(b, a, "nonce", t->nonce);
	if (e->p->kind == OIDC_APPLE)
		put_param(b, a, "response_mode", "form_post");
	else if (t->again)
		put_param(b, a, "prompt", "login");
	put_param(b, a, "login_hint", t->login_hint);
	return buf_str(b);
}

/* Fit for a Location header, and for a query behind it. */
static bool
is_plain(const char *url)
{
	for (; *url != '\0'; url++)
		if (*url <= ' ' || *url >= 0x7f ||
		    strchr("#\"\\<>", *url) != NULL)
			return false;
	return true;
}

static enum code
begin(const struct errand *e, const struct oidc_ticket *t, const char **url)
{
	const struct json *metadata = metadata_of(e);
	const char *base;

	if (metadata == NULL)
		return CODE_UNAVAILABLE;
	base = endpoint(e, e->p->auth_url, "authorization_endpoint", metadata);
	if (base == NULL || !is_plain(base)) {
		log_warn("sign-in provider %s: no address to send people to",
		    e->p->id);
		return CODE_UNAVAILABLE;
	}
	*url = arena_printf(e->mem, "%s%s%s", base,
	    strchr(base, '?') == NULL ? "?" : "&", auth_query(e, t));
	return CODE_OK;
}

/* --- ID tokens ------------------------------------------------------------- */

/* Whether tid is a directory that the configured address stands for. */
static bool
is_directory(const char *tenant, size_t len, const char *tid)
{
	if (!str_is_uuid(tid))
		return false;
	if (len == 6 && strncmp(tenant, "common", len) == 0)
		return true;
	if (len == 9 && strncmp(tenant, "consumers", len) == 0)
		return strcmp(tid, CONSUMERS) == 0;
	return len == 13 && strncmp(tenant, "organizations", len) == 0 &&
	    strcmp(tid, CONSUMERS) != 0;
}

/*
 * The issuer a token must name. Microsoft's common addresses issue in the name
 * of the person's own directory, which the token tells.
 */
static const char *
token_issuer(const struct errand *e, const struct json *claims)
{
	const char *issuer = e->p->issuer, *tenant = NULL, *host, *tid;
	size_t len = 0;

	if (e->p->kind == OIDC_MICROSOFT &&
	    (host = strstr(issuer, "://")) != NULL &&
	    (tenant = strchr(host + 3, '/')) != NULL)
		len = strcspn(++tenant, "/");
	tid = oidc_map_text(e->mem, claims, "/tid");
	if (len == 0 || tid == NULL || !is_directory(tenant, len, tid))
		return issuer;
	return arena_printf(e->mem, "%.*s%s%s", (int)(tenant - issuer), issuer,
	    tid, tenant + len);
}

/* The claims of a token whose signature holds; NULL: *code says why not. */
static const struct json *
signed_claims(const struct errand *e, const char *token, enum code *code)
{
	const struct json *metadata = metadata_of(e), *keys, *claims = NULL;
	const char *url, *why = NULL;
	enum jwt_result rc = JWT_BAD;

	*code = CODE_UNAVAILABLE;
	if (metadata == NULL)
		return NULL;
	if ((url = endpoint(e, e->p->jwks_url, "jwks_uri", metadata)) == NULL) {
		log_warn("sign-in provider %s: no address of its keys",
		    e->p->id);
		return NULL;
	}
	keys = oidc_fetch_keys(e->o->fetch, e->p, url, false, e->until_ms);
	if (keys == NULL)
		return NULL;
	rc = jwt_verify(e->mem, token, keys, &claims, &why);
	if (rc == JWT_UNKNOWN_KEY &&
	    (keys = oidc_fetch_keys(e->o->fetch, e->p, url, true,
		 e->until_ms)) != NULL)
		rc = jwt_verify(e->mem, token, keys, &claims, &why);
	if (rc == JWT_OK)
		return claims;
	*code = distrust(e, why);
	return NULL;
}

/* The claims of an ID token that is ours; NULL: *code says why not. */
static const struct json *
token_claims(const struct errand *e, const char *token, const char *nonce,
    const char *const *others, enum code *code)
{
	const struct json *claims = signed_claims(e, token, code);
	struct jwt_rules rules = { 0 };
	const char *why;

	if (claims == NULL)
		return NULL;
	rules.issuer = token_issuer(e, claims);
	rules.audience = e->p->client_id;
	rules.others = others;
	rules.nonce = nonce;
	rules.now_s = clock_now_us() / 1000000;
	rules.leeway_s = LEEWAY_S;
	if (jwt_check(claims, &rules, &why)) {
		*code = CODE_OK;
		return claims;
	}
	*code = distrust(e, why);
	return NULL;
}

/* --- people ---------------------------------------------------------------- */

static enum code
make_person(const struct errand *e, const struct json *claims,
    struct oidc_person *out)
{
	const char *email = oidc_map_text(e->mem, claims, "/email");

	memset(out, 0, sizeof(*out));
	out->provider = e->p;
	out->subject = oidc_map_text(e->mem, claims, "/sub");
	if (out->subject == NULL || strlen(out->subject) > MAX_SUBJECT_LEN)
		return distrust(e, "it does not say who it is");
	out->email = email == NULL ? NULL : str_lower(e->mem, email);
	out->verified =
	    email != NULL && oidc_map_yes(e->mem, claims, e->p->verified);
	out->traits = oidc_map_traits(e->mem, e->p, claims);
	return CODE_OK;
}

/* All of more, and over it all of claims. */
static struct json *
merged(struct arena *a, const struct json *more, const struct json *claims)
{
	struct json *o = json_new_object(a);
	const char *key;
	size_t i;

	for (i = 0; (key = json_key_at(more, i)) != NULL; i++)
		if (json_has(more, key))
			json_put(o, key, json_get(more, key));
	for (i = 0; (key = json_key_at(claims, i)) != NULL; i++)
		if (json_has(claims, key))
			json_put(o, key, json_get(claims, key));
	return o;
}

static const struct json *
with_bearer(const struct errand *e, const char *url, const char *token)
{
	struct oidc_fetch_call call = { .provider = e->p,
		.url = url,
		.until_ms = e->until_ms };

	if (strpbrk(token, "\r\n") != NULL)
		return NULL;
	call.header = arena_printf(e->mem, "authorization: Bearer %s", token);
	return oidc_fetch_json(e->o->fetch, e->mem, &call);
}

/*
 * The claims, and what else the provider tells about the person if the ID
 * token lacks something. An answer about somebody else is dropped.
 */
static const struct json *
with_userinfo(const struct errand *e, const struct json *claims,
    const char *access)
{
	const struct json *metadata = metadata_of(e), *more;
	const char *url;

	url = endpoint(e, e->p->userinfo_url, "userinfo_endpoint", metadata);
	if (url == NULL || str_is_empty(access) ||
	    !oidc_map_lacks(e->mem, e->p, claims))
		return claims;
	more = with_bearer(e, url, access);
	if (more == NULL ||
	    !str_eq(oidc_map_text(e->mem, more, "/sub"),
		oidc_map_text(e->mem, claims, "/sub")))
		return claims;
	return merged(e->mem, more, claims);
}

/* Apple tells the name once, and beside the token; it is worth no more. */
static const struct json *
with_apple_name(const struct errand *e, const struct json *claims,
    const char *user)
{
	struct json *more = json_new_object(e->mem);
	const struct json *j;

	if (e->p->kind != OIDC_APPLE || user == NULL)
		return claims;
	j = json_parse(e->mem, user, strlen(user), NULL, NULL);
	json_put_text(more, "given_name",
	    oidc_map_text(e->mem, j, "/name/firstName"));
	json_put_text(more, "family_name",
	    oidc_map_text(e->mem, j, "/name/lastName"));
	return merged(e->mem, more, claims);
}

/* --- GitHub ---------------------------------------------------------------- */

/* The main address, if it is verified. */
static void
put_github_email(const struct errand *e, struct json *o,
    const struct json *list)
{
	const struct json *j;
	size_t i;

	for (i = 0; i < json_count(list); i++) {
		j = json_at(list, i);
		if (!oidc_map_yes(e->mem, j, "/primary") ||
		    !oidc_map_yes(e->mem, j, "/verified"))
			continue;
		json_put_text(o, "email", oidc_map_text(e->mem, j, "/email"));
		json_put_bool(o, "email_verified", true);
	}
}

/* One text for the whole name: the last word is the family's. */
static void
put_github_name(const struct errand *e, struct json *o, const struct json *user)
{
	const char *name = oidc_map_text(e->mem, user, "/name"), *space;

	if (name == NULL)
		return;
	if ((space = strrchr(name, ' ')) == NULL) {
		json_put_text(o, "given_name", name);
		return;
	}
	json_put_text(o, "given_name",
	    str_trim(e->mem,
		arena_strndup(e->mem, name, (size_t)(space - name))));
	json_put_text(o, "family_name", space + 1);
}

static enum code
github_person(const struct errand *e, const char *access,
    struct oidc_person *out)
{
	const struct json *user, *emails;
	struct json *o = json_new_object(e->mem);
	int64_t id;

	user = with_bearer(e, e->p->userinfo_url, access);
	if (user == NULL)
		return CODE_UNAVAILABLE;
	id = json_get_int(user, "id", 1, INT64_MAX, 0);
	if (id == 0)
		return distrust(e, "it does not say who it is");
	emails = with_bearer(e, e->p->emails_url, access);
	if (emails == NULL)
		return CODE_UNAVAILABLE;
	put_github_name(e, o, user);
	put_github_email(e, o, emails);
	json_put_text(o, "sub", arena_printf(e->mem, "%lld", (long long)id));
	json_put_text(o, "login", oidc_map_text(e->mem, user, "/login"));
	json_put_text(o, "picture", oidc_map_text(e->mem, user, "/avatar_url"));
	return make_person(e, o, out);
}

/* --- coming back ----------------------------------------------------------- */

/* A token instead of a password, good for five minutes. */
static const char *
apple_secret(const struct errand *e)
{
	struct json *claims = json_new_object(e->mem);
	int64_t now = clock_now_us() / 1000000;

	json_put_text(claims, "iss", e->p->apple_team);
	json_put_int(claims, "iat", now);
	json_put_int(claims, "exp", now + APPLE_SECRET_S);
	json_put_text(claims, "aud", e->p->issuer);
	json_put_text(claims, "sub", e->p->client_id);
	return jwt_sign(e->mem, e->p->apple_key, e->p->apple_key_id, claims);
}

/* RFC 6749 2.3.1: both halves are encoded before they are joined. */
static const char *
basic_header(struct arena *a, const struct oidc_provider *p)
{
	const char *pair =
	    arena_printf(a, "%s:%s", str_url_encode(a, p->client_id),
		str_url_encode(a, p->client_secret));

	return arena_printf(a, "authorization: Basic %s",
	    crypt_base64(a, pair, strlen(pair)));
}

static const struct json *
redeem(const struct errand *e, const struct oidc_ticket *t, const char *code,
    const char *url)
{
	struct oidc_fetch_call call = { .provider = e->p,
		.url = url,
		.until_ms = e->until_ms };
	const char *secret =
	    e->p->kind == OIDC_APPLE ? apple_secret(e) : e->p->client_secret;
	struct buf *b = buf_new(e->mem);

	put_param(b, e->mem, "grant_type", "authorization_code");
	put_param(b, e->mem, "code", code);
	put_param(b, e->mem, "redirect_uri", t->redirect_uri);
	put_param(b, e->mem, "code_verifier", t->verifier);
	if (secret != NULL && !e->p->secret_in_body)
		call.header = basic_header(e->mem, e->p);
	else {
		put_param(b, e->mem, "client_id", e->p->client_id);
		put_param(b, e->mem, "client_secret", secret);
	}
	call.form = buf_str(b);
	return oidc_fetch_json(e->o->fetch, e->mem, &call);
}

/* RFC 9207: who answers must be whom this browser was sent to. */
static bool
is_right_issuer(const struct errand *e, const struct json *metadata,
    const char *issuer)
{
	const struct json *claims;

	if (issuer == NULL)
		return !json_get_bool(metadata,
		    "authorization_response_iss_parameter_supported", false);
	claims = json_new_object(e->mem);
	return strcmp(issuer, token_issuer(e, claims)) == 0 ||
	    e->p->kind == OIDC_GITHUB;
}

static enum code
person_of_tokens(const struct errand *e, const struct oidc_ticket *t,
    const struct oidc_answer *answer, const struct json *tokens,
    struct oidc_person *out)
{
	const char *access = json_get_text(tokens, "access_token", "");
	const char *id_token = json_get_text(tokens, "id_token", "");
	const struct json *claims;
	enum code code;

	if (e->p->kind == OIDC_GITHUB)
		return *access == '\0'
		    ? distrust(e, "the code was not accepted")
		    : github_person(e, access, out);
	if (*id_token == '\0')
		return distrust(e, "it sent no ID token");
	claims = token_claims(e, id_token, t->nonce, NULL, &code);
	if (claims == NULL)
		return code;
	claims = with_userinfo(e, claims, access);
	claims = with_apple_name(e, claims, answer->user);
	return make_person(e, claims, out);
}

static enum code
finish(const struct errand *e, const struct oidc_ticket *t,
    const struct oidc_answer *answer, struct oidc_person *out)
{
	const struct json *metadata = metadata_of(e), *tokens;
	const char *url;

	if (metadata == NULL)
		return CODE_UNAVAILABLE;
	if (!is_right_issuer(e, metadata, answer->issuer))
		return distrust(e, "the answer is of another issuer");
	if (strlen(answer->code) > MAX_CODE)
		return distrust(e, "the code is too long");
	url = endpoint(e, e->p->token_url, "token_endpoint", metadata);
	if (url == NULL) {
		log_warn("sign-in provider %s: no address to redeem codes at",
		    e->p->id);
		return CODE_UNAVAILABLE;
	}
	tokens = redeem(e, t, answer->code, url);
	if (tokens == NULL)
		return CODE_UNAVAILABLE;
	return person_of_tokens(e, t, answer, tokens, out);
}

static enum code
bring(const struct errand *e, const char *id_token, const char *nonce,
    struct oidc_person *out)
{
	const struct json *claims;
	enum code code;

	if (e->p->kind == OIDC_GITHUB)
		return distrust(e, "it has no ID tokens");
	claims = token_claims(e, id_token, nonce, e->p->audiences, &code);
	if (claims == NULL)
		return code;
	/* A token made for a nonce is not taken from who does not know it. */
	if (nonce == NULL && json_has(claims, "nonce"))
		return distrust(e, "its nonce was not given");
	return make_person(e, claims, out);
}

/* --- within the bound ------------------------------------------------------ */

enum code
oidc_begin(struct oidc *o, struct arena *a, const struct oidc_provider *p,
    const struct oidc_ticket *ticket, int64_t until_ms, const char **url)
{
	struct errand e = { o, a, p, until_ms };
	enum code code;

	if (gate_enter(o->gate, 0) == -1)
		return CODE_RESOURCE_EXHAUSTED;
	code = begin(&e, ticket, url);
	gate_leave(o->gate);
	return code;
}

enum code
oidc_finish(struct oidc *o, struct arena *a, const struct oidc_provider *p,
    const struct oidc_ticket *ticket, const struct oidc_answer *answer,
    int64_t until_ms, struct oidc_person *out)
{
	struct errand e = { o, a, p, until_ms };
	enum code code;

	if (gate_enter(o->gate, 0) == -1)
		return CODE_RESOURCE_EXHAUSTED;
	code = finish(&e, ticket, answer, out);
	gate_leave(o->gate);
	return code;
}

enum code
oidc_token(struct oidc *o, struct arena *a, const struct oidc_provider *p,
    const char *id_token, const char *nonce, int64_t until_ms,
    struct oidc_person *out)
{
	struct errand e = { o, a, p, until_ms };
	enum code code;

	if (gate_enter(o->gate, 0) == -1)
		return CODE_RESOURCE_EXHAUSTED;
	code = bring(&e, id_token, nonce, out);
	gate_leave(o->gate);
	return code;
}

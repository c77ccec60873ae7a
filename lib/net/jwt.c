/*
 * Tokens on libcjose. What is checked before it is asked: the algorithm comes
 * from our list, never from the key; the key is one of the set that fits it,
 * reduced to its public numbers; nothing critical is left unread.
 */
#include "net/jwt.h"

#include <cjose/cjose.h>

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "net/crypt.h"

#define ALPHABET \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
#define MAX_KEYS    ((size_t)64)
#define MIN_RSA_LEN ((size_t)256) /* bytes: 2048 bits */
#define MAX_RSA_LEN ((size_t)1024)
#define P256_LEN    ((size_t)32)
#define MAX_SUBJECT ((size_t)255)

/* The algorithms we know. */
static const struct algorithm {
	const char *name;
	const char *kty;
	const char *numbers[3]; /* members of a public key */
} algorithms[] = {
	{ "RS256", "RSA", { "n", "e", NULL } },
	{ "ES256", "EC", { "x", "y", NULL } },
};

/* A token cut into its parts. */
struct parts {
	const char *whole;
	const struct json *header;
	const struct algorithm *algorithm;
	const char *kid; /* NULL: none */
};

/* --- the token ------------------------------------------------------------- */

/* One part in base64url as JSON; NULL if it is none. */
static const struct json *
part_json(struct arena *a, const char *p, size_t len)
{
	static const struct json_limits limits = { JWT_MAX_BYTES, 16 };
	const uint8_t *raw;
	const struct json *j;
	size_t n;

	if ((raw = crypt_unbase64(a, p, len, &n)) == NULL)
		return NULL;
	j = json_parse(a, raw, n, &limits, NULL);
	return json_kind(j) == JSON_OBJECT ? j : NULL;
}

static const struct algorithm *
find_algorithm(const char *name)
{
	size_t i;

	for (i = 0; i < NITEMS(algorithms); i++)
		if (strcmp(algorithms[i].name, name) == 0)
			return &algorithms[i];
	return NULL;
}

/* What is wrong with a header; NULL: nothing. */
static const char *
check_header(struct parts *t)
{
	const char *type = json_get_text(t->header, "typ", NULL);

	t->algorithm = find_algorithm(json_get_text(t->header, "alg", ""));
	t->kid = json_get_text(t->header, "kid", NULL);
	if (t->algorithm == NULL)
		return "the algorithm is not accepted";
	if (json_has(t->header, "crit") || json_has(t->header, "b64"))
		return "the header asks for what is not understood";
	if (type != NULL && !str_ieq(type, "JWT"))
		return "the token is of another type";
	if (json_error(t->header) != NULL)
		return "the header is malformed";
	return NULL;
}

static const char *
split(struct arena *a, const char *token, struct parts *t)
{
	size_t head = strspn(token, ALPHABET), body, sig;

	t->whole = token;
	if (head == 0 || token[head] != '.' || strlen(token) > JWT_MAX_BYTES)
		return "not a token";
	body = strspn(token + head + 1, ALPHABET);
	if (body == 0 || token[head + 1 + body] != '.')
		return "not a token";
	sig = strspn(token + head + body + 2, ALPHABET);
	if (sig == 0 || token[head + body + 2 + sig] != '\0')
		return "not a token";
	if ((t->header = part_json(a, token, head)) == NULL)
		return "the header is malformed";
	return check_header(t);
}

/* --- the key --------------------------------------------------------------- */

/* Whether a number of a key has the length its kind needs. */
static bool
number_fits(struct arena *a, const struct json *key, const char *name)
{
	const char *text = json_get_text(key, name, "");
	size_t len;

	if (crypt_unbase64(a, text, strlen(text), &len) == NULL || len == 0)
		return false;
	if (*name == 'n')
		return len >= MIN_RSA_LEN && len <= MAX_RSA_LEN;
	return *name == 'e' ? len <= 8 : len == P256_LEN;
}

/* Whether key may verify what t says of itself. */
static bool
key_fits(struct arena *a, const struct json *key, const struct parts *t)
{
	const struct algorithm *alg = t->algorithm;
	size_t i;

	if (t->kid != NULL && !str_eq(json_get_text(key, "kid", NULL), t->kid))
		return false;
	if (strcmp(json_get_text(key, "kty", ""), alg->kty) != 0 ||
	    strcmp(json_get_text(key, "alg", alg->name), alg->name) != 0 ||
	    strcmp(json_get_text(key, "use", "sig"), "sig") != 0)
		return false;
	if (*alg->kty == 'E' &&
	    strcmp(json_get_text(key, "crv", ""), "P-256") != 0)
		return false;
	for (i = 0; alg->numbers[i] != NULL; i++)
		if (!number_fits(a, key, alg->numbers[i]))
			return false;
	return true;
}

/* The public half alone, whatever else the set's author published. */
static const char *
public_half(struct arena *a, const struct json *key,
    const struct algorithm *alg)
{
	struct json *o = json_new_object(a);
	size_t i;

	json_put_text(o, "kty", alg->kty);
	if (*alg->kty == 'E')
		json_put_text(o, "crv", "P-256");
	for (i = 0; alg->numbers[i] != NULL; i++)
		json_put_text(o, alg->numbers[i],
		    json_get_text(key, alg->numbers[i], ""));
	return json_string(a, o, JSON_COMPACT);
}

/* The payload if the key made the signature; NULL otherwise. */
static const struct json *
payload_by(struct arena *a, const struct parts *t, const char *key)
{
	const struct json *claims = NULL;
	cjose_jwk_t *jwk = NULL;
	cjose_jws_t *jws = NULL;
	const char *alg;
	uint8_t *p;
	size_t len;

	jwk = cjose_jwk_import(key, strlen(key), NULL);
	jws = cjose_jws_import(t->whole, strlen(t->whole), NULL);
	if (jwk == NULL || jws == NULL)
		goto out;
	/* Both readers must have seen the same header. */
	alg = cjose_header_get(cjose_jws_get_protected(jws), "alg", NULL);
	if (alg == NULL || strcmp(alg, t->algorithm->name) != 0)
		goto out;
	if (!cjose_jws_verify(jws, jwk, NULL) ||
	    !cjose_jws_get_plaintext(jws, &p, &len, NULL))
		goto out;
	claims = json_parse(a, p, len, NULL, NULL);
out:
	cjose_jws_release(jws);
	cjose_jwk_release(jwk);
	return claims;
}

enum jwt_result
jwt_verify(struct arena *a, const char *token, const struct json *keys,
    const struct json **claims, const char **why)
{
	const struct json *list = json_get_list(keys, "keys"), *key, *found;
	struct parts t = { 0 };
	size_t i, n = json_count(list), fit = 0;

	if ((*why = split(a, token, &t)) != NULL)
		return JWT_BAD;
	for (i = 0; i < n && i < MAX_KEYS; i++) {
		key = json_at(list, i);
		if (!key_fits(a, key, &t))
			continue;
		fit++;
		found = payload_by(a, &t, public_half(a, key, t.algorithm));
		if (json_kind(found) == JSON_OBJECT) {
			*claims = found;
			return JWT_OK;
		}
	}
	if (fit == 0) {
		*why = "signed by a key that is not known";
		return JWT_UNKNOWN_KEY;
	}
	*why = "the signature does not fit";
	return JWT_BAD;
}

/* --- claims ---------------------------------------------------------------- */

/* A NumericDate (RFC 7519 2), whole seconds; false: absent or no number. */
static bool
get_date(const struct json *claims, const char *name, int64_t *out)
{
	const struct json *j = json_get(claims, name);
	double d;

	if (json_kind(j) == JSON_INT) {
		*out = json_get_int(claims, name, 0, INT64_MAX / 2, -1);
		return *out >= 0;
	}
	if (json_kind(j) != JSON_REAL)
		return false;
	d = json_get_real(claims, name, -1);
	if (!(d >= 0 && d < 1e15))
		return false;
	*out = (int64_t)d;
	return true;
}

static bool
is_client(const struct json *j, const struct jwt_rules *rules)
{
	size_t i;

	if (json_kind(j) != JSON_TEXT)
		return false;
	if (strcmp(json_text(j), rules->audience) == 0)
		return true;
	for (i = 0; rules->others != NULL && rules->others[i] != NULL; i++)
		if (strcmp(json_text(j), rules->others[i]) == 0)
			return true;
	return false;
}

/* Whether aud, one text or a list, holds the client; *n is how many it has. */
static bool
has_audience(const struct json *aud, const struct jwt_rules *rules, size_t *n)
{
	bool found = false;
	size_t i;

	*n = 1;
	if (json_kind(aud) == JSON_TEXT)
		return is_client(aud, rules);
	*n = json_count(aud);
	for (i = 0; i < *n; i++)
		found = is_client(json_at(aud, i), rules) || found;
	return found;
}

static const char *
check_audience(const struct json *claims, const struct jwt_rules *rules)
{
	const struct json *azp = json_get(claims, "azp");
	size_t n;

	if (!has_audience(json_get(claims, "aud"), rules, &n))
		return "aud is not this client";
	if (azp == NULL)
		return n > 1 ? "several audiences and no azp" : NULL;
	return is_client(azp, rules) ? NULL : "azp is not this client";
}

static const char *
check_dates(const struct json *claims, const struct jwt_rules *rules)
{
	int64_t exp, iat, nbf;

	if (!get_date(claims, "exp", &exp))
		return "exp is missing";
	if (!get_date(claims, "iat", &iat))
		return "iat is missing";
	if (exp + rules->leeway_s <= rules->now_s)
		return "the token has expired";
	if (iat > rules->now_s + rules->leeway_s)
		return "the token is from the future";
	if (json_has(claims, "nbf") &&
	    (!get_date(claims, "nbf", &nbf) ||
		nbf > rules->now_s + rules->leeway_s))
		return "the token is not valid yet";
	return NULL;
}

/* A text member; NULL if it is something else. */
static const char *
claim_text(const struct json *claims, const char *name)
{
	const struct json *j = json_get(claims, name);

	return json_kind(j) == JSON_TEXT ? json_text(j) : NULL;
}

bool
jwt_check(const struct json *claims, const struct jwt_rules *rules,
    const char **why)
{
	const char *sub = claim_text(claims, "sub");
	const char *nonce = claim_text(claims, "nonce");

	*why = NULL;
	if (!str_eq(claim_text(claims, "iss"), rules->issuer))
		*why = "iss is another issuer";
	else if (sub == NULL || *sub == '\0' || strlen(sub) > MAX_SUBJECT)
		*why = "sub is missing";
	else if ((*why = check_audience(claims, rules)) == NULL)
		*why = check_dates(claims, rules);
	if (*why == NULL && rules->nonce != NULL &&
	    (nonce == NULL || !crypt_equal_str(nonce, rules->nonce)))
		*why = "nonce is another one";
	return *why == NULL;
}

/* --- signing --------------------------------------------------------------- */

/* A copy in a of what cjose exports. */
static char *
sign_by(struct arena *a, const char *key, const char *kid, const char *text)
{
	cjose_jwk_t *jwk = cjose_jwk_import(key, strlen(key), NULL);
	cjose_header_t *header = cjose_header_new(NULL);
	cjose_jws_t *jws = NULL;
	const char *out;
	char *copy = NULL;

	if (jwk != NULL && header != NULL &&
	    cjose_header_set(header, "alg", "ES256", NULL) &&
	    cjose_header_set(header, "kid", kid, NULL))
		jws = cjose_jws_sign(jwk, header, (const uint8_t *)text,
		    strlen(text), NULL);
	if (jws != NULL && cjose_jws_export(jws, &out, NULL))
		copy = arena_strdup(a, out);
	cjose_jws_release(jws);
	cjose_header_release(header);
	cjose_jwk_release(jwk);
	return copy;
}

char *
jwt_sign(struct arena *a, const char *pem, const char *kid,
    const struct json *claims)
{
	struct json *o = json_new_object(a);
	struct crypt_p256 key;

	if (crypt_read_p256(pem, &key) == -1)
		return NULL;
	json_put_text(o, "kty", "EC");
	json_put_text(o, "crv", "P-256");
	json_put_text(o, "x", crypt_base64url(a, key.x, sizeof(key.x)));
	json_put_text(o, "y", crypt_base64url(a, key.y, sizeof(key.y)));
	json_put_text(o, "d", crypt_base64url(a, key.d, sizeof(key.d)));
	crypt_wipe(&key, sizeof(key));
	return sign_by(a, json_string(a, o, JSON_COMPACT), kid,
	    json_string(a, claims, JSON_COMPACT));
}

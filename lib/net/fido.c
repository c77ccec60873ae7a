/*
 * Reads what the browser says itself (clientDataJSON) and the frame of what
 * the authenticator says; keys and signatures are libfido2's. No byte goes
 * there before its CBOR was walked here: libfido2's own reader allocates what
 * a head promises, before it looks whether that is there.
 */
#include "net/fido.h"

#include <string.h>

#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>

#include "base/str.h"
#include "net/cbor.h"
#include "net/crypt.h"

/* Authenticator data (WebAuthn 6.1). */
#define HASH_LEN  32
#define HEAD_LEN  (HASH_LEN + 1 + 4)
#define FLAG_UP	  0x01
#define FLAG_UV	  0x04
#define FLAG_BE	  0x08
#define FLAG_BS	  0x10
#define FLAG_AT	  0x40
#define FLAG_ED	  0x80
#define FLAGS_BAD 0x22 /* reserved */

struct auth_data {
	struct fido_bytes all;
	const uint8_t *rp_hash;
	uint8_t flags;
	uint32_t count;
	const uint8_t *aaguid; /* NULL: no credential in it */
	struct fido_bytes id;
	struct fido_bytes cose;
};

struct attestation {
	struct fido_bytes format;
	struct fido_bytes statement; /* CBOR, a map */
	size_t nstatement;
	struct fido_bytes auth;
};

static const int algorithms[] = { COSE_ES256, COSE_EDDSA, COSE_RS256 };

static bool
bad(const char **why, const char *rule)
{
	*why = rule;
	return false;
}

/* --- what the browser sends ------------------------------------------------- */

const struct json *
fido_read(struct arena *a, const char *text)
{
	const struct json_limits limits = {
		.max_bytes = FIDO_ANSWER_MAX,
		.max_depth = 8,
	};
	const struct json *o;

	if (strlen(text) > FIDO_ANSWER_MAX)
		return NULL;
	o = json_parse(a, text, strlen(text), &limits, NULL);
	if (json_kind(o) != JSON_OBJECT ||
	    json_kind(json_get(o, "response")) != JSON_OBJECT)
		return NULL;
	return o;
}

/* A member in base64url; empty if it is absent or malformed. */
static struct fido_bytes
get_bytes(struct arena *a, const struct json *o, const char *name)
{
	const char *text = json_get_text(o, name, "");
	struct fido_bytes out = { NULL, 0 };

	if (*text != '\0')
		out.p = crypt_unbase64(a, text, strlen(text), &out.len);
	if (out.p == NULL)
		out.len = 0;
	return out;
}

static bool
bytes_equal(struct fido_bytes x, struct fido_bytes y)
{
	return x.len == y.len && (x.len == 0 || memcmp(x.p, y.p, x.len) == 0);
}

/* Both spellings of base64 are one challenge. */
static bool
same_challenge(struct arena *a, const char *sent, const char *got)
{
	size_t len, gotlen;
	const uint8_t *x = crypt_unbase64(a, sent, strlen(sent), &len);
	const uint8_t *y = crypt_unbase64(a, got, strlen(got), &gotlen);

	return x != NULL && y != NULL && len >= 16 &&
	    crypt_equal(x, len, y, gotlen);
}

/* clientDataJSON (WebAuthn 5.8.1), and its hash for the signature. */
static bool
check_client(struct arena *a, const struct json *response, const char *type,
    const struct fido_rules *rules, uint8_t hash[CRYPT_SHA256_LEN],
    const char **why)
{
	struct fido_bytes data = get_bytes(a, response, "clientDataJSON");
	const struct json *o;

	if (data.len == 0)
		return bad(why, "clientDataJSON: missing");
	o = json_parse(a, data.p, data.len, NULL, NULL);
	if (json_kind(o) != JSON_OBJECT)
		return bad(why, "clientDataJSON: no object");
	if (strcmp(json_get_text(o, "type", ""), type) != 0)
		return bad(why, "clientDataJSON: another type");
	if (!same_challenge(a, rules->challenge,
		json_get_text(o, "challenge", "")))
		return bad(why, "clientDataJSON: another challenge");
	if (!str_is_listed(rules->origins, json_get_text(o, "origin", "")))
		return bad(why, "clientDataJSON: another origin");
	if (json_get_bool(o, "crossOrigin", false) || json_has(o, "topOrigin"))
		return bad(why, "clientDataJSON: from inside another site");
	if (json_error(o) != NULL)
		return bad(why, "clientDataJSON: a member of another type");
	crypt_sha256(data.p, data.len, hash);
	return true;
}

/* --- what the authenticator says -------------------------------------------- */

/* Attested credential data (WebAuthn 6.5.1). */
static bool
read_attested(struct cbor *c, struct auth_data *out)
{
	struct cbor start;
	size_t len;

	if (c->left < FIDO_AAGUID_LEN + 2)
		return false;
	out->aaguid = c->p;
	len = (size_t)c->p[FIDO_AAGUID_LEN] << 8 | c->p[FIDO_AAGUID_LEN + 1];
	c->p += FIDO_AAGUID_LEN + 2;
	c->left -= FIDO_AAGUID_LEN + 2;
	if (len == 0 || len > FIDO_ID_MAX || len > c->left)
		return false;
	out->id = (struct fido_bytes){ c->p, len };
	c->p += len;
	c->left -= len;
	start = *c;
	if (!cbor_skip(c))
		return false;
	out->cose = (struct fido_bytes){ start.p, start.left - c->left };
	return true;
}

/* Cuts authenticator data up; false: not what its flags say. */
static bool
read_auth(struct fido_bytes all, struct auth_data *out)
{
	const uint8_t *p = all.p;
	struct cbor c;

	if (all.len < HEAD_LEN)
		return false;
	memset(out, 0, sizeof(*out));
	out->all = all;
	out->rp_hash = p;
	out->flags = p[HASH_LEN];
	p += HASH_LEN + 1;
	out->count = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
	c = (struct cbor){ all.p + HEAD_LEN, all.len - HEAD_LEN };
	if ((out->flags & FLAG_AT) != 0 && !read_attested(&c, out))
		return false;
	if ((out->flags & FLAG_ED) != 0 && !cbor_skip(&c))
		return false;
	return c.left == 0;
}

/* What registration and assertion ask of it alike. */
static bool
check_auth(const struct auth_data *auth, const struct fido_rules *rules,
    const char **why)
{
	uint8_t hash[CRYPT_SHA256_LEN];

	crypt_sha256(rules->rp_id, strlen(rules->rp_id), hash);
	if (!crypt_equal(hash, sizeof(hash), auth->rp_hash, HASH_LEN))
		return bad(why, "authenticator data: for another site");
	if ((auth->flags & FLAG_UP) == 0)
		return bad(why, "authenticator data: nobody was present");
	if (rules->verified && (auth->flags & FLAG_UV) == 0)
		return bad(why, "authenticator data: nobody was verified");
	if ((auth->flags & FLAG_BS) != 0 && (auth->flags & FLAG_BE) == 0)
		return bad(why, "authenticator data: contradicts itself");
	if ((auth->flags & FLAGS_BAD) != 0)
		return bad(why, "authenticator data: unknown flags");
	return true;
}

static void
free_cred(void *p)
{
	fido_cred_t *cred = p;

	fido_cred_free(&cred);
}

static void
free_assert(void *p)
{
	fido_assert_t *assertion = p;

	fido_assert_free(&assertion);
}

/* The data as libfido2 reads it, by whichever algorithm; NULL: by none. */
static fido_cred_t *
open_cred(struct arena *a, struct fido_bytes auth)
{
	fido_cred_t *cred;
	size_t i;

	for (i = 0; i < NITEMS(algorithms); i++) {
		if ((cred = fido_cred_new()) == NULL)
			return NULL;
		arena_defer(a, free_cred, cred);
		if (fido_cred_set_type(cred, algorithms[i]) == FIDO_OK &&
		    fido_cred_set_authdata_raw(cred, auth.p, auth.len) ==
			FIDO_OK)
			return cred;
	}
	return NULL;
}

/* --- public keys ------------------------------------------------------------ */

static void
free_es256(void *p)
{
	es256_pk_t *pk = p;

	es256_pk_free(&pk);
}

static void
free_eddsa(void *p)
{
	eddsa_pk_t *pk = p;

	eddsa_pk_free(&pk);
}

static void
free_rs256(void *p)
{
	rs256_pk_t *pk = p;

	rs256_pk_free(&pk);
}

/*
 * How to hold and fill a key of each algorithm. The libraries' makers have as
 * many types as there are algorithms, hence the small functions.
 */
static void *
fill_es256(struct arena *a, const uint8_t *p, size_t len)
{
	es256_pk_t *pk = es256_pk_new();

	if (pk == NULL)
		return NULL;
	arena_defer(a, free_es256, pk);
	return es256_pk_from_ptr(pk, p, len) == FIDO_OK ? pk : NULL;
}

static void *
fill_eddsa(struct arena *a, const uint8_t *p, size_t len)
{
	eddsa_pk_t *pk = eddsa_pk_new();

	if (pk == NULL)
		return NULL;
	arena_defer(a, free_eddsa, pk);
	return eddsa_pk_from_ptr(pk, p, len) == FIDO_OK ? pk : NULL;
}

static void *
fill_rs256(struct arena *a, const uint8_t *p, size_t len)
{
	rs256_pk_t *pk = rs256_pk_new();

	if (pk == NULL)
		return NULL;
	arena_defer(a, free_rs256, pk);
	return rs256_pk_from_ptr(pk, p, len) == FIDO_OK ? pk : NULL;
}

/* The key of a credential, checked to be one; NULL: it is none. */
static void *
public_key(struct arena *a, const fido_cred_t *cred)
{
	static void *(*const fill[])(struct arena * a, const uint8_t *p,
	    size_t len) = { fill_es256, fill_eddsa, fill_rs256 };
	size_t i;

	for (i = 0; i < NITEMS(algorithms); i++)
		if (fido_cred_type(cred) == algorithms[i])
			return fill[i](a, fido_cred_pubkey_ptr(cred),
			    fido_cred_pubkey_len(cred));
	return NULL;
}

/*
 * A COSE key alone: libfido2 reads one only where authenticators send it, so
 * it gets that frame around.
 */
static fido_cred_t *
open_cose(struct arena *a, struct fido_bytes cose)
{
	size_t len = HEAD_LEN + FIDO_AAGUID_LEN + 2 + 1 + cose.len;
	uint8_t *frame = arena_zalloc(a, len);
	struct cbor c = { cose.p, cose.len };

	if (cose.len == 0 || !cbor_skip(&c) || c.left != 0)
		return NULL;
	frame[HASH_LEN] = FLAG_UP | FLAG_AT;
	frame[HEAD_LEN + FIDO_AAGUID_LEN + 1] = 1; /* length of the id */
	memcpy(frame + len - cose.len, cose.p, cose.len);
	return open_cred(a, (struct fido_bytes){ frame, len });
}

bool
fido_key_ok(struct arena *a, struct fido_bytes cose)
{
	fido_cred_t *cred = open_cose(a, cose);

	return cred != NULL && public_key(a, cred) != NULL;
}

/* --- a new credential (7.1) ------------------------------------------------- */

static bool
is_text(const char *p, size_t len, const char *want)
{
	return len == strlen(want) && memcmp(p, want, len) == 0;
}

/* One pair of the attestation object; false: not one of the three. */
static bool
read_member(struct cbor *c, struct attestation *out)
{
	struct cbor start;
	const char *key, *text;
	size_t len, n;

	if (!cbor_text(c, &key, &len))
		return false;
	if (is_text(key, len, "fmt")) {
		if (out->format.p != NULL || !cbor_text(c, &text, &n))
			return false;
		out->format = (struct fido_bytes){ (const uint8_t *)text, n };
		return true;
	}
	if (is_text(key, len, "authData"))
		return out->auth.p == NULL &&
		    cbor_bytes(c, &out->auth.p, &out->auth.len);
	if (!is_text(key, len, "attStmt") || out->statement.p != NULL)
		return false;
	start = *c;
	if (!cbor_skip(c))
		return false;
	out->statement = (struct fido_bytes){ start.p, start.left - c->left };
	return cbor_map(&start, &out->nstatement);
}

static bool
read_attestation(struct fido_bytes all, struct attestation *out)
{
	struct cbor c = { all.p, all.len };
	size_t i, n;

	memset(out, 0, sizeof(*out));
	if (!cbor_map(&c, &n) || n != 3)
		return false;
	for (i = 0; i < n; i++)
		if (!read_member(&c, out))
			return false;
	return c.left == 0;
}

/*
 * The statement. Browsers that are asked for none still let a "packed" one of
 * the key about itself through: it tells nothing about the maker.
 */
static bool
check_statement(struct arena *a, const struct attestation *at,
    const struct fido_rules *rules, const uint8_t hash[CRYPT_SHA256_LEN],
    fido_cred_t *cred)
{
	const char *format =
	    arena_strndup(a, (const char *)at->format.p, at->format.len);

	if (strcmp(format, "none") == 0)
		return at->nstatement == 0;
	return strcmp(format, "packed") == 0 &&
	    fido_cred_set_fmt(cred, format) == FIDO_OK &&
	    fido_cred_set_rp(cred, rules->rp_id, NULL) == FIDO_OK &&
	    fido_cred_set_clientdata_hash(cred, hash, CRYPT_SHA256_LEN) ==
	    FIDO_OK &&
	    fido_cred_set_attstmt(cred, at->statement.p, at->statement.len) ==
	    FIDO_OK &&
	    fido_cred_verify_self(cred) == FIDO_OK;
}

static void
fill_key(const struct auth_data *auth, struct fido_key *out)
{
	memset(out, 0, sizeof(*out));
	out->id = auth->id;
	out->cose = auth->cose;
	memcpy(out->aaguid, auth->aaguid, FIDO_AAGUID_LEN);
	out->count = auth->count;
	out->verified = (auth->flags & FLAG_UV) != 0;
	out->kind_known = true;
	out->may_back_up = (auth->flags & FLAG_BE) != 0;
	out->backed_up = (auth->flags & FLAG_BS) != 0;
}

/* The id beside the answer is the one the authenticator gave. */
static bool
names_itself(struct arena *a, const struct json *answer, struct fido_bytes id)
{
	return bytes_equal(get_bytes(a, answer, "rawId"), id) &&
	    bytes_equal(get_bytes(a, answer, "id"), id) &&
	    strcmp(json_get_text(answer, "type", ""), "public-key") == 0;
}

bool
fido_register(struct arena *a, const struct json *answer,
    const struct fido_rules *rules, struct fido_key *out, const char **why)
{
	const struct json *response = json_get(answer, "response");
	uint8_t hash[CRYPT_SHA256_LEN];
	struct attestation at;
	struct auth_data auth;
	fido_cred_t *cred;

	if (!check_client(a, response, "webauthn.create", rules, hash, why))
		return false;
	if (!read_attestation(get_bytes(a, response, "attestationObject"), &at))
		return bad(why, "attestationObject: malformed");
	if (!read_auth(at.auth, &auth))
		return bad(why, "authenticator data: malformed");
	if (!check_auth(&auth, rules, why))
		return false;
	if (auth.aaguid == NULL || !names_itself(a, answer, auth.id))
		return bad(why, "authenticator data: no such credential");
	if ((cred = open_cred(a, auth.all)) == NULL ||
	    public_key(a, cred) == NULL)
		return bad(why, "authenticator data: a key of no use");
	if (!check_statement(a, &at, rules, hash, cred))
		return bad(why, "attestationObject: not a statement we take");
	fill_key(&auth, out);
	return true;
}

/* --- a proof (7.2) ---------------------------------------------------------- */

bool
fido_claims(struct arena *a, const struct json *answer, struct fido_claim *out)
{
	const struct json *response = json_get(answer, "response");

	out->id = get_bytes(a, answer, "rawId");
	out->user = get_bytes(a, response, "userHandle");
	return out->id.len > 0 && out->id.len <= FIDO_ID_MAX &&
	    names_itself(a, answer, out->id);
}

/* The signature over the data and the hash, by libfido2. */
static bool
verify(struct arena *a, struct fido_bytes data, struct fido_bytes sig,
    const uint8_t hash[CRYPT_SHA256_LEN], const struct fido_rules *rules,
    const struct fido_key *key)
{
	fido_assert_t *assertion = fido_assert_new();
	fido_cred_t *cred = open_cose(a, key->cose);
	const void *pk;

	if (assertion == NULL)
		return false;
	arena_defer(a, free_assert, assertion);
	if (cred == NULL || (pk = public_key(a, cred)) == NULL)
		return false;
	return fido_assert_set_rp(assertion, rules->rp_id) == FIDO_OK &&
	    fido_assert_set_clientdata_hash(assertion, hash,
		CRYPT_SHA256_LEN) == FIDO_OK &&
	    fido_assert_set_count(assertion, 1) == FIDO_OK &&
	    fido_assert_set_up(assertion, FIDO_OPT_TRUE) == FIDO_OK &&
	    fido_assert_set_uv(assertion,
		rules->verified ? FIDO_OPT_TRUE : FIDO_OPT_OMIT) == FIDO_OK &&
	    fido_assert_set_authdata_raw(assertion, 0, data.p, data.len) ==
	    FIDO_OK &&
	    fido_assert_set_sig(assertion, 0, sig.p, sig.len) == FIDO_OK &&
	    fido_assert_verify(assertion, 0, fido_cred_type(cred), pk) ==
	    FIDO_OK;
}

bool
fido_prove(struct arena *a, const struct json *answer,
    const struct fido_rules *rules, const struct fido_key *key,
    struct fido_proof *out, const char **why)
{
	const struct json *response = json_get(answer, "response");
	struct fido_bytes sig = get_bytes(a, response, "signature");
	uint8_t hash[CRYPT_SHA256_LEN];
	struct auth_data auth;

	if (!names_itself(a, answer, key->id))
		return bad(why, "another credential");
	if (!check_client(a, response, "webauthn.get", rules, hash, why))
		return false;
	if (!read_auth(get_bytes(a, response, "authenticatorData"), &auth))
		return bad(why, "authenticator data: malformed");
	if (!check_auth(&auth, rules, why))
		return false;
	if (key->kind_known &&
	    ((auth.flags & FLAG_BE) != 0) != key->may_back_up)
		return bad(why, "authenticator data: of another kind of key");
	if (sig.len == 0 || !verify(a, auth.all, sig, hash, rules, key))
		return bad(why, "the signature is not by this key");
	if ((auth.count != 0 || key->count != 0) && auth.count <= key->count)
		return bad(why, "the counter went back: the key was copied");
	out->count = auth.count;
	out->verified = (auth.flags & FLAG_UV) != 0;
	out->may_back_up = (auth.flags & FLAG_BE) != 0;
	out->backed_up = (auth.flags & FLAG_BS) != 0;
	return true;
}

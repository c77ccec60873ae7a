/*
 * fido: answers of authenticators with keys of all three kinds (the corpus of
 * the fuzzer, made by tests/identity/kit/authenticator.mjs), and each part of
 * them that may be wrong.
 */
#include "net/fido.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "net/crypt.h"

#include "tests/test.h"

#define CHALLENGE "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"

/* Where the flags stand in authenticator data. */
#define FLAGS_AT 32
#define COUNT_AT 33

static struct arena *a;
static const char *const origins[] = { "https://other.example",
	"https://app.mirai.example", NULL };
static const char *const foreign[] = { "https://app.mirai.example:8443",
	"https://mirai.example", "http://app.mirai.example", NULL };

static struct fido_rules
rules(void)
{
	return (struct fido_rules){
		.rp_id = "app.mirai.example",
		.origins = origins,
		.challenge = CHALLENGE,
		.verified = true,
	};
}

/* A file of the corpus: its first line, and the second in *rest. */
static const struct json *
load(const char *name, const char **rest)
{
	char *text = arena_zalloc(a, 8192), *end;
	FILE *f = fopen(arena_printf(a, "%s/tests/fuzz/corpus/webauthn/%s",
			    getenv("SRCDIR"), name),
	    "r");

	if (f == NULL || fread(text, 1, 8191, f) == 0)
		abort();
	fclose(f);
	end = strchr(text, '\n');
	if (end != NULL)
		*end = '\0';
	if (rest != NULL)
		*rest = end == NULL ? "" : end + 1;
	return fido_read(a, text);
}

static struct fido_bytes
bytes_of(const struct json *o, const char *name)
{
	const char *text = json_get_text(o, name, "");
	struct fido_bytes b;

	b.p = crypt_unbase64(a, text, strlen(text), &b.len);
	return b;
}

/* answer with one member of its response replaced. */
static const struct json *
with(const struct json *answer, const char *name, struct fido_bytes value)
{
	const struct json *response = json_get(answer, "response");
	struct json *o = json_new_object(a), *r;
	const char *key;
	size_t i;

	for (i = 0; (key = json_key_at(answer, i)) != NULL; i++)
		json_put(o, key, json_get(answer, key));
	r = json_put_object(o, "response");
	for (i = 0; (key = json_key_at(response, i)) != NULL; i++)
		json_put(r, key, json_get(response, key));
	json_put_text(r, name, crypt_base64url(a, value.p, value.len));
	return o;
}

/* The same with one byte of that member flipped by mask; at from its end. */
static const struct json *
flip(const struct json *answer, const char *name, size_t at, uint8_t mask)
{
	struct fido_bytes old = bytes_of(json_get(answer, "response"), name);
	uint8_t *copy = arena_alloc(a, old.len);

	memcpy(copy, old.p, old.len);
	copy[at] ^= mask;
	return with(answer, name, (struct fido_bytes){ copy, old.len });
}

/* Where authenticator data begins in an attestation object. */
static size_t
auth_at(const struct json *answer)
{
	struct fido_bytes o =
	    bytes_of(json_get(answer, "response"), "attestationObject");
	const uint8_t *p = memmem(o.p, o.len, "authData", 8);

	return (size_t)(p - o.p) + 8 + 2; /* its head has two bytes */
}

/* What is said of a registration; "" when it is fine. */
static const char *
made(const struct json *answer, const struct fido_rules *r)
{
	struct fido_key key;
	const char *why = "silent";

	return fido_register(a, answer, r, &key, &why) ? "" : why;
}

static const char *
proven(const struct json *answer, const struct fido_rules *r,
    const struct fido_key *key)
{
	struct fido_proof proof;
	const char *why = "silent";

	return fido_prove(a, answer, r, key, &proof, &why) ? "" : why;
}

/* The key a file's proof is by. */
static struct fido_key
key_of(const char *name, const struct json **proof)
{
	struct fido_key key = { 0 };
	const char *cose;
	struct fido_claim claim;

	*proof = load(name, &cose);
	CHECK(fido_claims(a, *proof, &claim));
	key.id = claim.id;
	key.cose.p = crypt_unbase64(a, cose, strlen(cose), &key.cose.len);
	key.kind_known = true;
	return key;
}

static void
test_kinds(void)
{
	static const char *const kinds[] = { "ES256", "EdDSA", "RS256" };
	struct fido_rules r = rules();
	const struct json *answer;
	struct fido_key key, other;
	struct fido_proof proof;
	const char *why;
	size_t i;

	for (i = 0; i < NITEMS(kinds); i++) {
		answer = load(arena_printf(a, "register-%s", kinds[i]), NULL);
		CHECK(fido_register(a, answer, &r, &key, &why));
		CHECK(key.count == 1 && key.verified && !key.may_back_up);
		CHECK(fido_key_ok(a, key.cose));
		other = key_of(arena_printf(a, "prove-%s", kinds[i]), &answer);
		CHECK(other.id.len == key.id.len &&
		    memcmp(other.id.p, key.id.p, key.id.len) == 0);
		CHECK(fido_prove(a, answer, &r, &key, &proof, &why));
		CHECK(proof.count == 2 && proof.verified);
	}
	CHECK_STR(made(load("register-packed", NULL), &r), "");
	CHECK_STR(made(load("register-extensions", NULL), &r), "");
}

static void
test_browser(void)
{
	const struct json *answer = load("register-ES256", NULL);
	const struct json *proof;
	struct fido_key key = key_of("prove-ES256", &proof);
	struct fido_rules r = rules();

	r.origins = foreign;
	CHECK_STR(made(answer, &r), "clientDataJSON: another origin");
	CHECK_STR(proven(proof, &r, &key), "clientDataJSON: another origin");
	r = rules();
	r.challenge = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWA";
	CHECK_STR(made(answer, &r), "clientDataJSON: another challenge");
	r.challenge = "";
	CHECK_STR(made(answer, &r), "clientDataJSON: another challenge");
	r = rules();
	CHECK_STR(made(proof, &r), "clientDataJSON: another type");
	CHECK_STR(proven(answer, &r, &key), "clientDataJSON: another type");
}

/* What clientDataJSON says with another text in it. */
static void
test_client_data(void)
{
	static const struct {
		const char *more;
		const char *why;
	} rows[] = {
		{ ",\"crossOrigin\":true",
		    "clientDataJSON: from inside another site" },
		{ ",\"topOrigin\":\"https://evil.example\"",
		    "clientDataJSON: from inside another site" },
		{ ",\"crossOrigin\":\"no\"",
		    "clientDataJSON: a member of another type" },
		{ ",\"extra_keys_may_be_added_here\":\"x\"", "" },
		{ "}", "clientDataJSON: no object" },
	};
	const struct json *answer = load("register-ES256", NULL);
	struct fido_rules r = rules();
	const char *text;
	size_t i;

	for (i = 0; i < NITEMS(rows); i++) {
		text = arena_printf(a,
		    "{\"type\":\"webauthn.create\",\"challenge\":\"" CHALLENGE
		    "\",\"origin\":\"https://app.mirai.example\"%s}",
		    rows[i].more);
		CHECK_STR(made(with(answer, "clientDataJSON",
				   (struct fido_bytes){ (const uint8_t *)text,
				       strlen(text) }),
			      &r),
		    rows[i].why);
	}
}

static void
test_authenticator(void)
{
	const struct json *answer = load("register-ES256", NULL);
	size_t at = auth_at(answer);
	struct fido_rules r = rules();
	static const struct {
		uint8_t mask;
		const char *why;
	} flags[] = {
		{ 0x01, "authenticator data: nobody was present" },
		{ 0x04, "authenticator data: nobody was verified" },
		{ 0x10, "authenticator data: contradicts itself" },
		{ 0x18, "" },
		{ 0x02, "authenticator data: unknown flags" },
		{ 0x20, "authenticator data: unknown flags" },
		{ 0x40, "authenticator data: malformed" },
		{ 0x80, "authenticator data: malformed" },
	};
	size_t i;

	for (i = 0; i < NITEMS(flags); i++)
		CHECK_STR(made(flip(answer, "attestationObject", at + FLAGS_AT,
				   flags[i].mask),
			      &r),
		    flags[i].why);
	r.verified = false;
	CHECK_STR(made(flip(answer, "attestationObject", at + FLAGS_AT, 0x04),
		      &r),
	    "");
	r.rp_id = "mirai.example";
	CHECK_STR(made(answer, &r), "authenticator data: for another site");
}

static void
test_attestation(void)
{
	const struct json *answer = load("register-ES256", NULL);
	const struct json *packed = load("register-packed", NULL);
	struct fido_bytes all =
	    bytes_of(json_get(answer, "response"), "attestationObject");
	struct fido_rules r = rules();
	size_t i;

	for (i = 0; i < all.len; i++)
		CHECK(*made(with(answer, "attestationObject",
				(struct fido_bytes){ all.p, i }),
			  &r) != '\0');
	CHECK_STR(made(with(answer, "attestationObject",
			   (struct fido_bytes){ all.p, all.len + 1 }),
		      &r),
	    "attestationObject: malformed");
	/* The point is no longer on the curve. */
	CHECK_STR(made(flip(answer, "attestationObject", all.len - 1, 1), &r),
	    "authenticator data: a key of no use");
	CHECK_STR(made(load("register-huge-count", NULL), &r),
	    "authenticator data: malformed");
	/* Signed over: the counter is not what the key said. */
	CHECK_STR(made(flip(packed, "attestationObject",
			   auth_at(packed) + COUNT_AT, 1),
		      &r),
	    "attestationObject: not a statement we take");
	/* "none" is spelled otherwise. */
	CHECK_STR(made(flip(answer, "attestationObject", 6, 1), &r),
	    "attestationObject: not a statement we take");
}

static void
test_proof(void)
{
	const struct json *proof, *other;
	struct fido_key key = key_of("prove-ES256", &proof), k;
	struct fido_key rsa = key_of("prove-RS256", &other);
	struct fido_rules r = rules();

	CHECK_STR(proven(proof, &r, &key), "");
	CHECK_STR(proven(flip(proof, "signature", 20, 1), &r, &key),
	    "the signature is not by this key");
	CHECK_STR(proven(flip(proof, "authenticatorData", COUNT_AT, 1), &r,
		      &key),
	    "the signature is not by this key");
	CHECK_STR(proven(flip(proof, "authenticatorData", 0, 1), &r, &key),
	    "authenticator data: for another site");
	CHECK_STR(proven(flip(proof, "authenticatorData", FLAGS_AT, 4), &r,
		      &key),
	    "authenticator data: nobody was verified");
	CHECK_STR(proven(other, &r, &key), "another credential");
	k = key;
	k.cose = rsa.cose;
	CHECK_STR(proven(proof, &r, &k), "the signature is not by this key");
	k = key;
	k.may_back_up = true;
	CHECK_STR(proven(proof, &r, &k),
	    "authenticator data: of another kind of key");
	k.kind_known = false;
	CHECK_STR(proven(proof, &r, &k), "");
}

/* Proofs of the corpus carry the count 2. */
static void
test_counter(void)
{
	static const char gone[] = "the counter went back: the key was copied";
	const struct json *proof;
	struct fido_key key = key_of("prove-EdDSA", &proof);
	struct fido_rules r = rules();

	key.count = 1;
	CHECK_STR(proven(proof, &r, &key), "");
	key.count = 2;
	CHECK_STR(proven(proof, &r, &key), gone);
	key.count = UINT32_MAX;
	CHECK_STR(proven(proof, &r, &key), gone);
}

static void
test_shapes(void)
{
	static const char *const bad[] = { "", "null", "[]", "{}",
		"{\"id\":", "{\"response\":[]}", "\"x\"" };
	struct fido_claim claim;
	size_t i;

	for (i = 0; i < NITEMS(bad); i++)
		CHECK(fido_read(a, bad[i]) == NULL);
	CHECK(!fido_claims(a, NULL, &claim));
	CHECK(!fido_claims(a, fido_read(a, "{\"response\":{}}"), &claim));
	CHECK(!fido_key_ok(a, (struct fido_bytes){ NULL, 0 }));
	CHECK(
	    !fido_key_ok(a, (struct fido_bytes){ (const uint8_t *)"\xa0", 1 }));
}

int
main(void)
{
	a = arena_new();
	test_kinds();
	test_browser();
	test_client_data();
	test_authenticator();
	test_attestation();
	test_proof();
	test_counter();
	test_shapes();
	arena_free(a);
	return test_done();
}

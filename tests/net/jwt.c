/*
 * jwt: the published examples (RFC 7515, A.2 and A.3), and every way a token
 * may be wrong: another algorithm, key, header, signature, claim or time.
 */
#include "net/jwt.h"

#include <string.h>

#include "base/str.h"
#include "net/crypt.h"

#include "tests/test.h"

#define NOW 1800000000

#define RFC_CLAIMS                                                         \
	"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt" \
	"cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
#define RFC_RS256                                                           \
	"eyJhbGciOiJSUzI1NiJ9." RFC_CLAIMS                                  \
	".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7" \
	"AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4"  \
	"BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K"  \
	"0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv"  \
	"hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrB"  \
	"p0igcN_IoypGlUPQGe77Rw"
#define RFC_ES256                                                           \
	"eyJhbGciOiJFUzI1NiJ9." RFC_CLAIMS                                  \
	".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA" \
	"pmWQxfKTUJqPP3-Kg6NU1Q"
#define RFC_RSA                                                             \
	"{\"kty\":\"RSA\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQ" \
	"oTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SF"  \
	"d2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf6"  \
	"3kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdV"  \
	"MTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_"  \
	"h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\",\"e\":\"AQAB\"}"
#define RFC_EC                                                   \
	"{\"kty\":\"EC\",\"crv\":\"P-256\","                     \
	"\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"," \
	"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}"

/* A key of this test's own. */
#define PEM                                                                  \
	"-----BEGIN PRIVATE KEY-----\n"                                      \
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgwiM9IOfahSUyrgSl\n" \
	"PgP01yxWIeFNPSZZ0fMnmEdNc+KhRANCAASpoX8leAGy79jrwbpKIUzzn0H3QCL7\n" \
	"w7Re6go9E8vhQqxCc0Q5TRQK5fueAeRAZy/m99o/fdbPOhrVGG8z4Rqu\n"         \
	"-----END PRIVATE KEY-----\n"
#define OWN(more)                                                \
	"{\"kty\":\"EC\",\"crv\":\"P-256\"," more                \
	"\"x\":\"qaF_JXgBsu_Y68G6SiFM859B90Ai-8O0XuoKPRPL4UI\"," \
	"\"y\":\"rEJzRDlNFArl-54B5EBnL-b32j991s86GtUYbzPhGq4\"}"

/* 1024 bits, and a token it signed. */
#define SMALL_RSA                                                                \
	"{\"kty\":\"RSA\",\"kid\":\"small\",\"e\":\"AQAB\",\"n\":\"wytiXihPPFLW" \
	"RFKK8fIqWbEuHgwTQ5K0uQYx1Lr5J8txuEMyq0EcR5MiF7lyBUA1oi2p8rfjU2vm"       \
	"elbcFNugQgFmZkYtTbZAQgFPCObppsoyPLNkOhBcTbDcv1A1Oq-SISsuuEvrlM59"       \
	"bS9pgGXZ7cJy-NKWX_uTNO8RoGbh1OU\"}"
#define SMALL_TOKEN                                                        \
	"eyJhbGciOiJSUzI1NiIsImtpZCI6InNtYWxsIn0.eyJzdWIiOiJ4In0.UbNAyxF8" \
	"qAlnAkEn7GaTSq4GkW6rFNzTEKtQJ9VQilO_NrpDnlfAE7rcFDJLECo2Yqv-fXRf" \
	"joW_EflKiZ2lgu31YzDpjxWfLoam96ADyKE4AYkGbldaOc21P74NrEchfDFxum2H" \
	"i2NKxJDLKuvvUVUCNyI5mkbn5ha7s4u31t8"

#define P384_PEM                                                             \
	"-----BEGIN EC PRIVATE KEY-----\n"                                   \
	"MIGkAgEBBDCiYEpvNqg9/Lu9b2bXoZygIANcilF87wWO9PAAkEFTrRSMKUsDf0yy\n" \
	"6FdtgDU3ajugBwYFK4EEACKhZANiAARiVc0nnnHi9w4A64B+GccFv1/6ajqVI+C4\n" \
	"hm9f3OgorPKQi0YiLCS69XQt3deDPCn5UaMk/129m1+eiQyWo9Myhnp3uV/UbMnE\n" \
	"25eTigYmw+qTWSqcQHV4wdgX+DsLPZk=\n"                                 \
	"-----END EC PRIVATE KEY-----\n"

static struct arena *a;

static const struct json *
parse(const char *text)
{
	return json_parse(a, text, strlen(text), NULL, NULL);
}

static const struct json *
key_set(const char *keys)
{
	return parse(arena_printf(a, "{\"keys\":[%s]}", keys));
}

/* What is said of a token; "" when it is fine. */
static const char *
verdict(const char *token, const char *keys)
{
	const struct json *claims = NULL;
	const char *why;

	switch (jwt_verify(a, token, key_set(keys), &claims, &why)) {
	case JWT_OK:
		return claims == NULL ? "no claims" : "";
	case JWT_UNKNOWN_KEY:
		return "unknown key";
	case JWT_BAD:
		break;
	}
	return why;
}

static const char *
signed_by_us(const char *claims)
{
	return jwt_sign(a, PEM, "k1", parse(claims));
}

/* The header in front of the rest of a token. */
static const char *
with_header(const char *header, const char *token)
{
	return arena_printf(a, "%s%s",
	    crypt_base64url(a, header, strlen(header)), strchr(token, '.'));
}

static void
test_published(void)
{
	const struct json *claims = NULL;
	const char *why;

	CHECK(jwt_verify(a, RFC_RS256, key_set(RFC_RSA), &claims, &why) ==
	    JWT_OK);
	CHECK_STR(json_get_text(claims, "iss", ""), "joe");
	CHECK(
	    jwt_verify(a, RFC_ES256, key_set(RFC_EC), &claims, &why) == JWT_OK);
	CHECK(json_get_bool(claims, "http://example.com/is_root", false));
	CHECK_STR(verdict(RFC_RS256, RFC_EC "," RFC_RSA), "");
	CHECK_STR(verdict(RFC_RS256, RFC_EC), "unknown key");
	CHECK_STR(verdict(RFC_ES256, RFC_RSA), "unknown key");
}

static void
test_signing(void)
{
	const char *token = signed_by_us("{\"sub\":\"x\"}");

	CHECK(token != NULL);
	CHECK_STR(verdict(token, OWN("\"kid\":\"k1\",")), "");
	CHECK_STR(verdict(token, OWN("\"kid\":\"k2\",")), "unknown key");
	CHECK_STR(verdict(token, OWN("")), "unknown key");
	CHECK_STR(verdict(token, OWN("\"kid\":\"k1\",\"use\":\"enc\",")),
	    "unknown key");
	CHECK_STR(verdict(token, OWN("\"kid\":\"k1\",\"alg\":\"ES384\",")),
	    "unknown key");
	/* Two keys of one name: the one that fits counts. */
	CHECK_STR(
	    verdict(token,
		"{\"kid\":\"k1\",\"kty\":\"EC\",\"crv\":\"P-256\","
		"\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
		"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}," OWN(
		    "\"kid\":\"k1\",")),
	    "");
	CHECK(jwt_sign(a, P384_PEM, "k", parse("{}")) == NULL);
	CHECK(jwt_sign(a, "no key", "k", parse("{}")) == NULL);
	CHECK(jwt_sign(a, "", "k", parse("{}")) == NULL);
}

static void
test_algorithms(void)
{
	static const char *const refused[] = { "none", "None", "NONE", "",
		"HS256", "HS512", "RS512", "PS256", "ES384", "EdDSA", "rs256" };
	const char *header, *token;
	size_t i;

	for (i = 0; i < NITEMS(refused); i++) {
		header = arena_printf(a, "{\"alg\":\"%s\"}", refused[i]);
		token = with_header(header, RFC_RS256);
		CHECK_STR(verdict(token, RFC_RSA),
		    "the algorithm is not accepted");
	}
	CHECK_STR(verdict(with_header("{}", RFC_RS256), RFC_RSA),
	    "the algorithm is not accepted");
	CHECK_STR(verdict(with_header("{\"alg\":1}", RFC_RS256), RFC_RSA),
	    "the algorithm is not accepted");
	/* No signature at all, with and without the dot. */
	CHECK_STR(verdict("eyJhbGciOiJub25lIn0." RFC_CLAIMS ".", RFC_RSA),
	    "not a token");
	CHECK_STR(verdict("eyJhbGciOiJub25lIn0." RFC_CLAIMS, RFC_RSA),
	    "not a token");
}

/* HS256 with the public key as its secret: the classic confusion. */
static void
test_confusion(void)
{
	uint8_t mac[CRYPT_SHA256_LEN];
	const char *head = "eyJhbGciOiJIUzI1NiJ9." RFC_CLAIMS;
	const char *token;

	crypt_hmac_sha256(RFC_RSA, strlen(RFC_RSA), head, strlen(head), mac);
	token = arena_printf(a, "%s.%s", head,
	    crypt_base64url(a, mac, sizeof(mac)));
	CHECK_STR(verdict(token, RFC_RSA), "the algorithm is not accepted");
	CHECK_STR(verdict(token,
		      RFC_RSA ",{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}"),
	    "the algorithm is not accepted");
}

static void
test_headers(void)
{
	const char *token = RFC_ES256;

	CHECK_STR(verdict(with_header("{\"alg\":\"ES256\",\"crit\":[\"x\"],"
				      "\"x\":1}",
			      token),
		      RFC_EC),
	    "the header asks for what is not understood");
	CHECK_STR(verdict(with_header("{\"alg\":\"ES256\",\"b64\":false}",
			      token),
		      RFC_EC),
	    "the header asks for what is not understood");
	CHECK_STR(verdict(with_header("{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}",
			      token),
		      RFC_EC),
	    "the token is of another type");
	CHECK_STR(verdict(with_header("{\"alg\":\"ES256\",\"kid\":7}", token),
		      RFC_EC),
	    "the header is malformed");
	CHECK_STR(verdict(with_header("[]", token), RFC_EC),
	    "the header is malformed");
	CHECK_STR(verdict(with_header("{\"alg\":\"ES256\",\"typ\":\"jwt\"}",
			      token),
		      RFC_EC),
	    "the signature does not fit");
	CHECK_STR(verdict(with_header("{\"alg\":\"ES256\",\"alg\":\"none\"}",
			      token),
		      RFC_EC),
	    "the algorithm is not accepted");
}

static void
test_shapes(void)
{
	char *token = arena_strdup(a, RFC_ES256);
	size_t len = strlen(token);

	CHECK_STR(verdict("", RFC_EC), "not a token");
	CHECK_STR(verdict("a.b", RFC_EC), "not a token");
	CHECK_STR(verdict("..", RFC_EC), "not a token");
	CHECK_STR(verdict(RFC_ES256 ".x", RFC_EC), "not a token");
	CHECK_STR(verdict(RFC_ES256 "=", RFC_EC), "not a token");
	CHECK_STR(verdict(RFC_ES256 "\n", RFC_EC), "not a token");
	CHECK_STR(verdict("!.a.b", RFC_EC), "not a token");
	token[len - 10] = token[len - 10] == 'A' ? 'B' : 'A';
	CHECK_STR(verdict(token, RFC_EC), "the signature does not fit");
	token = arena_strdup(a, RFC_ES256);
	token[40] = token[40] == 'A' ? 'B' : 'A'; /* in the claims */
	CHECK_STR(verdict(token, RFC_EC), "the signature does not fit");
	token = arena_strdup(a, RFC_ES256);
	token[len - 20] = '\0';
	CHECK_STR(verdict(token, RFC_EC), "the signature does not fit");
}

static void
test_keys(void)
{
	const struct json *claims;
	const char *why;

	CHECK_STR(verdict(SMALL_TOKEN, SMALL_RSA), "unknown key");
	CHECK_STR(verdict(RFC_ES256,
		      "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\","
		      "\"y\":\"AA\"}"),
	    "unknown key");
	/* A point that is not on the curve. */
	CHECK_STR(verdict(RFC_ES256,
		      "{\"kty\":\"EC\",\"crv\":\"P-256\","
		      "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
		      "\"y\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"}"),
	    "the signature does not fit");
	CHECK_STR(verdict(RFC_ES256, ""), "unknown key");
	CHECK_STR(verdict(RFC_ES256, "7,null,\"x\",[]"), "unknown key");
	CHECK(jwt_verify(a, RFC_ES256, NULL, &claims, &why) == JWT_UNKNOWN_KEY);
	CHECK(jwt_verify(a, RFC_ES256, parse("{\"keys\":7}"), &claims, &why) ==
	    JWT_UNKNOWN_KEY);
}

/* --- claims ---------------------------------------------------------------- */

static const char *
claims_verdict(const char *text)
{
	static const char *const others[] = { "my-app", NULL };
	struct jwt_rules rules = { "https://i.example", "me", others, "n1", NOW,
		60 };
	const char *why;

	return jwt_check(parse(text), &rules, &why) ? "" : why;
}

#define CLAIMS(iss, sub, aud, exp, iat, more)                           \
	"{\"iss\":" iss ",\"sub\":" sub ",\"aud\":" aud ",\"exp\":" exp \
	",\"iat\":" iat more "}"
#define GOOD_ISS "\"https://i.example\""
#define LATER	 "1800000300"
#define BEFORE	 "1799999990"
#define NONCE	 ",\"nonce\":\"n1\""

static void
test_good_claims(void)
{
	CHECK_STR(claims_verdict(CLAIMS(GOOD_ISS, "\"s\"", "\"me\"", LATER,
		      BEFORE, NONCE)),
	    "");
	CHECK_STR(claims_verdict(CLAIMS(GOOD_ISS, "\"s\"", "[\"me\"]", LATER,
		      BEFORE, NONCE)),
	    "");
	CHECK_STR(claims_verdict(CLAIMS(GOOD_ISS, "\"s\"", "[\"me\",\"you\"]",
		      LATER, BEFORE, NONCE ",\"azp\":\"me\"")),
	    "");
	CHECK_STR(claims_verdict(CLAIMS(GOOD_ISS, "\"s\"", "\"me\"", LATER,
		      BEFORE, NONCE ",\"azp\":\"my-app\"")),
	    "");
	CHECK_STR(claims_verdict(CLAIMS(GOOD_ISS, "\"s\"", "[\"my-app\"]",
		      LATER, BEFORE, NONCE)),
	    "");
	CHECK_STR(claims_verdict(CLAIMS(GOOD_ISS, "\"s\"", "\"me\"",
		      "1799999950", "1800000050", NONCE)),
	    ""); /* within the leeway */
	CHECK_STR(claims_verdict(CLAIMS(GOOD_ISS, "\"s\"", "\"me\"",
		      "1800000300.5", "1.79999999e9", NONCE)),
	    "");
}

static void
test_bad_claims(void)
{
	static const struct {
		const char *text;
		const char *why;
	} rows[] = {
		{ CLAIMS("\"https://j.example\"", "\"s\"", "\"me\"", LATER,
		      BEFORE, NONCE),
		    "iss is another issuer" },
		{ CLAIMS("\"https://i.example/\"", "\"s\"", "\"me\"", LATER,
		      BEFORE, NONCE),
		    "iss is another issuer" },
		{ CLAIMS("[" GOOD_ISS "]", "\"s\"", "\"me\"", LATER, BEFORE,
		      NONCE),
		    "iss is another issuer" },
		{ CLAIMS(GOOD_ISS, "\"\"", "\"me\"", LATER, BEFORE, NONCE),
		    "sub is missing" },
		{ CLAIMS(GOOD_ISS, "7", "\"me\"", LATER, BEFORE, NONCE),
		    "sub is missing" },
		{ CLAIMS(GOOD_ISS, "\"s\"", "\"you\"", LATER, BEFORE, NONCE),
		    "aud is not this client" },
		{ CLAIMS(GOOD_ISS, "\"s\"", "[]", LATER, BEFORE, NONCE),
		    "aud is not this client" },
		{ CLAIMS(GOOD_ISS, "\"s\"", "null", LATER, BEFORE, NONCE),
		    "aud is not this client" },
		{ CLAIMS(GOOD_ISS, "\"s\"", "[\"me\",\"you\"]", LATER, BEFORE,
		      NONCE),
		    "several audiences and no azp" },
		{ CLAIMS(GOOD_ISS, "\"s\"", "\"me\"", LATER, BEFORE,
		      NONCE ",\"azp\":\"you\""),
		    "azp is not this client" },
		{ CLAIMS(GOOD_ISS, "\"s\"", "\"me\"", "null", BEFORE, NONCE),
		    "exp is missing" },
		{ CLAIMS(GOOD_ISS, "\"s\"", "\"me\"", "\"1800000300\"", BEFORE,
		      NONCE),
		    "exp is missing" },
		{ CLAIMS(GOOD_ISS, "\"s\"", "\"me\"", "-1", BEFORE, NONCE),
		    "exp is missing" },
		{ CLAIMS(GOOD_ISS, "\"s\"", "\"me\"", "1799999940", BEFORE,
		      NONCE),
		    "the token has expired" },
		{ CLAIMS(GOOD_ISS, "\"s\"", "\"me\"", LATER, "null", NONCE),
		    "iat is missing" },
		{ CLAIMS(GOOD_ISS, "\"s\"", "\"me\"", LATER, "1800000061",
		      NONCE),
		    "the token is from the future" },
		{ CLAIMS(GOOD_ISS, "\"s\"", "\"me\"", LATER, BEFORE,
		      NONCE ",\"nbf\":1800000061"),
		    "the token is not valid yet" },
		{ CLAIMS(GOOD_ISS, "\"s\"", "\"me\"", LATER, BEFORE, ""),
		    "nonce is another one" },
		{ CLAIMS(GOOD_ISS, "\"s\"", "\"me\"", LATER, BEFORE,
		      ",\"nonce\":\"n2\""),
		    "nonce is another one" },
		{ CLAIMS(GOOD_ISS, "\"s\"", "\"me\"", LATER, BEFORE,
		      ",\"nonce\":1"),
		    "nonce is another one" },
	};
	size_t i;

	for (i = 0; i < NITEMS(rows); i++)
		CHECK_STR(claims_verdict(rows[i].text), rows[i].why);
}

int
main(void)
{
	a = arena_new();
	test_published();
	test_signing();
	test_algorithms();
	test_confusion();
	test_headers();
	test_shapes();
	test_keys();
	test_good_claims();
	test_bad_claims();
	arena_free(a);
	return test_done();
}

/*
 * Hashes, MACs, random bytes, base64 and passwords, on OpenSSL's libcrypto,
 * libargon2 and libcrypt. A library failure here (no entropy, no memory) ends
 * the process: going on with a weak value is never an answer.
 */
#include "net/crypt.h"

#include <argon2.h>
#include <crypt.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <assert.h>
#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "net/passhash.h"

#define SALT_LEN 16
#define KEY_LEN	 32

/* Costs an imported hash may ask for (identity.md P-6). */
#define IMPORT_MAX_KIB	  (1024U * 1024U)
#define IMPORT_MAX_PASSES 10
#define IMPORT_MAX_LANES  16
#define SCRYPT_MAX_MEMORY ((uint64_t)256 * 1024 * 1024)
#define BCRYPT_MIN_COST	  4
#define BCRYPT_MAX_COST	  15
#define BCRYPT_LEN	  60
#define BCRYPT_MAX_INPUT  72

void
crypt_random(void *out, size_t len)
{
	assert(len <= INT_MAX);
	if (RAND_bytes(out, (int)len) != 1)
		errx(1, "RAND_bytes: no entropy");
}

void
crypt_sha256(const void *p, size_t len, uint8_t out[CRYPT_SHA256_LEN])
{
	/* Found once: looking for them costs more than a short hash. */
	static EVP_MD *md;
	static EVP_MD_CTX *ctx;

	if (ctx == NULL &&
	    ((md = EVP_MD_fetch(NULL, "SHA256", NULL)) == NULL ||
		(ctx = EVP_MD_CTX_new()) == NULL))
		errx(1, "SHA256: failed");
	if (EVP_DigestInit_ex2(ctx, md, NULL) != 1 ||
	    EVP_DigestUpdate(ctx, p, len) != 1 ||
	    EVP_DigestFinal_ex(ctx, out, NULL) != 1)
		errx(1, "SHA256: failed");
}

char *
crypt_sha256_hex(struct arena *a, const void *p, size_t len)
{
	uint8_t hash[CRYPT_SHA256_LEN];

	crypt_sha256(p, len, hash);
	return str_hex(a, hash, sizeof(hash));
}

/* OpenSSL's own, under a name that says what it is for. */
struct crypt_hash *
crypt_hash_begin(void)
{
	EVP_MD_CTX *ctx;

	if ((ctx = EVP_MD_CTX_new()) == NULL ||
	    EVP_DigestInit_ex2(ctx, EVP_sha256(), NULL) != 1)
		errx(1, "SHA256: failed");
	return (struct crypt_hash *)ctx;
}

void
crypt_hash_add(struct crypt_hash *h, const void *p, size_t len)
{
	if (EVP_DigestUpdate((EVP_MD_CTX *)h, p, len) != 1)
		errx(1, "SHA256: failed");
}

void
crypt_hash_end(struct crypt_hash *h, uint8_t out[CRYPT_SHA256_LEN])
{
	if (EVP_DigestFinal_ex((EVP_MD_CTX *)h, out, NULL) != 1)
		errx(1, "SHA256: failed");
	EVP_MD_CTX_free((EVP_MD_CTX *)h);
}

char *
crypt_sha1_hex(struct arena *a, const void *p, size_t len)
{
	uint8_t hash[SHA_DIGEST_LENGTH];
	char *hex, *c;

	if (SHA1(p, len, hash) == NULL)
		errx(1, "SHA1: failed");
	hex = str_hex(a, hash, sizeof(hash));
	for (c = hex; *c != '\0'; c++)
		if (*c >= 'a')
			*c = (char)(*c - 'a' + 'A');
	return hex;
}

void
crypt_hmac_sha256(const void *key, size_t keylen, const void *p, size_t len,
    uint8_t out[CRYPT_SHA256_LEN])
{
	assert(keylen <= INT_MAX);
	if (HMAC(EVP_sha256(), key, (int)keylen, p, len, out, NULL) == NULL)
		errx(1, "HMAC: failed");
}

bool
crypt_equal(const void *x, size_t xlen, const void *y, size_t ylen)
{
	return xlen == ylen && (xlen == 0 || CRYPTO_memcmp(x, y, xlen) == 0);
}

bool
crypt_equal_str(const char *x, const char *y)
{
	return crypt_equal(x, strlen(x), y, strlen(y));
}

void
crypt_wipe(void *p, size_t len)
{
	OPENSSL_cleanse(p, len);
}

char *
crypt_token(struct arena *a, size_t n)
{
	static const char set[] = "0123456789"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz";
	uint8_t raw[64];
	char *out;
	size_t i, have;

	out = arena_alloc(a, n + 1);
	for (have = 0; have < n;) {
		crypt_random(raw, sizeof(raw));
		/* 248 = 4 * 62: dropping the rest keeps every letter as likely */
		for (i = 0; i < sizeof(raw) && have < n; i++)
			if (raw[i] < 248)
				out[have++] = set[raw[i] % 62];
	}
	out[n] = '\0';
	crypt_wipe(raw, sizeof(raw));
	return out;
}

/* --- authenticated encryption ---------------------------------------------- */

#define GCM_NONCE 12
#define GCM_TAG	  16

static EVP_CIPHER_CTX *
gcm_context(const uint8_t *key, const uint8_t *nonce, bool seal,
    const void *aad, size_t aadlen)
{
	EVP_CIPHER_CTX *ctx;
	int n;

	assert(aadlen <= INT_MAX);
	if ((ctx = EVP_CIPHER_CTX_new()) == NULL ||
	    EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce,
		seal ? 1 : 0) != 1 ||
	    EVP_CipherUpdate(ctx, NULL, &n, aad, (int)aadlen) != 1)
		errx(1, "AES-GCM: failed");
	return ctx;
}

uint8_t *
crypt_gcm_seal(struct arena *a, const uint8_t key[CRYPT_GCM_KEY],
    const void *aad, size_t aadlen, const void *p, size_t len, size_t *outlen)
{
	EVP_CIPHER_CTX *ctx;
	uint8_t *out;
	int n, last;

	assert(len <= INT_MAX - CRYPT_GCM_OVERHEAD);
	out = arena_alloc(a, len + CRYPT_GCM_OVERHEAD);
	crypt_random(out, GCM_NONCE);
	ctx = gcm_context(key, out, true, aad, aadlen);
	if (EVP_EncryptUpdate(ctx, out + GCM_NONCE, &n, p, (int)len) != 1 ||
	    EVP_EncryptFinal_ex(ctx, out + GCM_NONCE + n, &last) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, GCM_TAG,
		out + GCM_NONCE + len) != 1)
		errx(1, "AES-GCM: failed");
	EVP_CIPHER_CTX_free(ctx);
	*outlen = len + CRYPT_GCM_OVERHEAD;
	return out;
}

uint8_t *
crypt_gcm_open(struct arena *a, const uint8_t key[CRYPT_GCM_KEY],
    const void *aad, size_t aadlen, const void *p, size_t len, size_t *outlen)
{
	const uint8_t *in = p;
	uint8_t tag[GCM_TAG], *out;
	EVP_CIPHER_CTX *ctx;
	int n, last;
	bool ok;

	if (len < CRYPT_GCM_OVERHEAD || len > INT_MAX)
		return NULL;
	len -= CRYPT_GCM_OVERHEAD;
	out = arena_alloc(a, len + 1);
	memcpy(tag, in + GCM_NONCE + len, GCM_TAG);
	ctx = gcm_context(key, in, false, aad, aadlen);
	ok = EVP_DecryptUpdate(ctx, out, &n, in + GCM_NONCE, (int)len) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, GCM_TAG, tag) ==
		1 &&
	    EVP_DecryptFinal_ex(ctx, out + n, &last) == 1;
	EVP_CIPHER_CTX_free(ctx);
	if (!ok)
		crypt_wipe(out, len); /* nobody vouches for it */
	out[len] = '\0';
	*outlen = len;
	return ok ? out : NULL;
}

/* --- base64 ---------------------------------------------------------------- */

char *
crypt_base64(struct arena *a, const void *p, size_t len)
{
	char *out;

	assert(len <= INT_MAX / 2);
	out = arena_alloc(a, (len + 2) / 3 * 4 + 1);
	EVP_EncodeBlock((unsigned char *)out, p, (int)len);
	return out;
}

char *
crypt_base64url(struct arena *a, const void *p, size_t len)
{
	char *out, *s;

	out = crypt_base64(a, p, len);
	for (s = out; *s != '\0' && *s != '='; s++) {
		if (*s == '+')
			*s = '-';
		else if (*s == '/')
			*s = '_';
	}
	*s = '\0';
	return out;
}

/* The six bits of a letter, -1 if none; notes which alphabet it belongs to. */
static int
base64_value(char c, bool *standard, bool *url)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '/') {
		*standard = true;
		return c == '+' ? 62 : 63;
	}
	if (c == '-' || c == '_') {
		*url = true;
		return c == '-' ? 62 : 63;
	}
	return -1;
}

/* The length without padding; SIZE_MAX when the padding is wrong. */
static size_t
base64_unpad(const char *s, size_t len)
{
	size_t n;

	for (n = len; n > 0 && s[n - 1] == '='; n--)
		continue;
	if (n % 4 == 1)
		return SIZE_MAX;
	if (n != len && (len % 4 != 0 || len - n > 2))
		return SIZE_MAX;
	return n;
}

uint8_t *
crypt_unbase64(struct arena *a, const char *s, size_t slen, size_t *len)
{
	bool standard = false, url = false;
	uint8_t *out;
	uint32_t bits = 0;
	size_t i, n, have = 0;
	int v;

	if ((n = base64_unpad(s, slen)) == SIZE_MAX)
		return NULL;
	out = arena_alloc(a, n / 4 * 3 + 4);
	for (i = 0; i < n; i++) {
		if ((v = base64_value(s[i], &standard, &url)) == -1)
			return NULL;
		bits = bits << 6 | (uint32_t)v;
		if (i % 4 == 0)
			continue;
		out[have++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
	}
	if (standard && url)
		return NULL;
	out[have] = '\0';
	*len = have;
	return out;
}

/* --- digests of other systems ---------------------------------------------- */

static const EVP_MD *
digest_md(enum crypt_digest d)
{
	switch (d) {
	case CRYPT_MD5:
		return EVP_md5();
	case CRYPT_SHA1:
		return EVP_sha1();
	case CRYPT_SHA224:
		return EVP_sha224();
	case CRYPT_SHA256:
		return EVP_sha256();
	case CRYPT_SHA384:
		return EVP_sha384();
	case CRYPT_SHA512:
		break;
	}
	return EVP_sha512();
}

size_t
crypt_digest_len(enum crypt_digest d)
{
	return (size_t)EVP_MD_get_size(digest_md(d));
}

void
crypt_digest(enum crypt_digest d, const void *p, size_t len, uint8_t *out)
{
	if (EVP_Digest(p, len, out, NULL, digest_md(d), NULL) != 1)
		errx(1, "EVP_Digest: failed");
}

void
crypt_hmac(enum crypt_digest d, const void *key, size_t keylen, const void *p,
    size_t len, uint8_t *out)
{
	assert(keylen <= INT_MAX);
	if (HMAC(digest_md(d), key, (int)keylen, p, len, out, NULL) == NULL)
		errx(1, "HMAC: failed");
}

void
crypt_pbkdf2(enum crypt_digest d, const char *password, const void *salt,
    size_t saltlen, uint32_t iterations, uint8_t *out, size_t outlen)
{
	assert(
	    saltlen <= INT_MAX && outlen <= INT_MAX && iterations <= INT_MAX);
	if (PKCS5_PBKDF2_HMAC(password, (int)strlen(password), salt,
		(int)saltlen, (int)iterations, digest_md(d), (int)outlen,
		out) != 1)
		errx(1, "PBKDF2: failed");
}

bool
crypt_scrypt(const char *password, const void *salt, size_t saltlen, uint64_t n,
    uint64_t r, uint64_t p, uint8_t *out, size_t outlen)
{
	return EVP_PBE_scrypt(password, strlen(password), salt, saltlen, n, r,
		   p, SCRYPT_MAX_MEMORY, out, outlen) == 1;
}

/* --- passwords ------------------------------------------------------------- */

char *
crypt_password_hash(struct arena *a, const char *password,
    const struct crypt_cost *cost)
{
	uint8_t salt[SALT_LEN];
	size_t len;
	char *out;
	int rc;

	crypt_random(salt, sizeof(salt));
	len = argon2_encodedlen(cost->passes, cost->memory_kib, cost->lanes,
	    SALT_LEN, KEY_LEN, Argon2_id);
	out = arena_alloc(a, len + 1);
	rc = argon2id_hash_encoded(cost->passes, cost->memory_kib, cost->lanes,
	    password, strlen(password), salt, sizeof(salt), KEY_LEN, out, len);
	if (rc != ARGON2_OK)
		errx(1, "argon2id: %s", argon2_error_message(rc));
	return out;
}

enum hash_kind {
	HASH_OTHER = 0,
	HASH_ARGON2ID,
	HASH_ARGON2I,
	HASH_BCRYPT
};

static enum hash_kind
hash_kind(const char *hash)
{
	if (str_starts(hash, "$argon2id$"))
		return HASH_ARGON2ID;
	if (str_starts(hash, "$argon2i$"))
		return HASH_ARGON2I;
	if (str_starts(hash, "$2a$") || str_starts(hash, "$2b$") ||
	    str_starts(hash, "$2y$"))
		return HASH_BCRYPT;
	return HASH_OTHER;
}

/* Reads "name=DIGITS" at *s and steps over it. */
static bool
phc_number(const char **s, const char *name, uint32_t *out)
{
	const char *p = *s;
	uint64_t n = 0;
	size_t len = strlen(name);

	if (strncmp(p, name, len) != 0)
		return false;
	p += len;
	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		n = n * 10 + (uint64_t)(*p - '0');
		if (n > UINT32_MAX)
			return false;
	}
	*out = (uint32_t)n;
	*s = p;
	return true;
}

/* $argon2id$v=19$m=65536,t=2,p=1$SALT$KEY; false when out of shape. */
static bool
argon2_cost(const char *hash, struct crypt_cost *cost, size_t *keychars)
{
	const char *p, *key;
	uint32_t version;

	if ((p = strchr(hash + 1, '$')) == NULL)
		return false;
	if (!phc_number(&p, "$v=", &version) || version != 19 ||
	    !phc_number(&p, "$m=", &cost->memory_kib) ||
	    !phc_number(&p, ",t=", &cost->passes) ||
	    !phc_number(&p, ",p=", &cost->lanes) || *p != '$')
		return false;
	if ((key = strchr(p + 1, '$')) == NULL)
		return false;
	*keychars = strlen(key + 1);
	return true;
}

static const char *
argon2_why(const char *hash)
{
	struct crypt_cost cost;
	size_t keychars;

	if (!argon2_cost(hash, &cost, &keychars))
		return "argon2 hash out of shape";
	if (cost.memory_kib < 8 || cost.memory_kib > IMPORT_MAX_KIB)
		return "argon2 memory not from 8 KiB to 1 GiB";
	if (cost.passes < 1 || cost.passes > IMPORT_MAX_PASSES)
		return "argon2 passes not from 1 to 10";
	if (cost.lanes < 1 || cost.lanes > IMPORT_MAX_LANES)
		return "argon2 lanes not from 1 to 16";
	return NULL;
}

static const char *
bcrypt_why(const char *hash)
{
	int cost;

	if (strlen(hash) != BCRYPT_LEN || hash[6] != '$' || hash[4] < '0' ||
	    hash[4] > '9' || hash[5] < '0' || hash[5] > '9')
		return "bcrypt hash out of shape";
	cost = (hash[4] - '0') * 10 + (hash[5] - '0');
	if (cost < BCRYPT_MIN_COST)
		return "bcrypt cost below 4";
	return cost > BCRYPT_MAX_COST ? "bcrypt cost above 15" : NULL;
}

const char *
crypt_password_hash_why(const char *hash)
{
	switch (hash_kind(hash)) {
	case HASH_ARGON2ID:
	case HASH_ARGON2I:
		return argon2_why(hash);
	case HASH_BCRYPT:
		return bcrypt_why(hash);
	case HASH_OTHER:
		break;
	}
	return passhash_why(hash);
}

bool
crypt_password_hash_ok(const char *hash)
{
	return crypt_password_hash_why(hash) == NULL;
}

bool
crypt_unix(const char *password, const char *hash)
{
	struct crypt_data *data;
	const char *got;
	bool ok;

	data = xcalloc(1, sizeof(*data));
	got = crypt_r(password, hash, data);
	ok = got != NULL && crypt_equal_str(got, hash);
	crypt_wipe(data, sizeof(*data));
	free(data);
	return ok;
}

char *
crypt_bcrypt_hash(struct arena *a, const char *password, unsigned cost)
{
	char random[16], setting[CRYPT_GENSALT_OUTPUT_SIZE];
	struct crypt_data *data;
	char *hash = NULL, *got;

	assert(cost >= BCRYPT_MIN_COST && cost <= BCRYPT_MAX_COST);
	assert(strlen(password) <= BCRYPT_MAX_INPUT);
	crypt_random(random, sizeof(random));
	data = xcalloc(1, sizeof(*data));
	if (crypt_gensalt_rn("$2b$", cost, random, sizeof(random), setting,
		sizeof(setting)) != NULL &&
	    (got = crypt_r(password, setting, data)) != NULL)
		hash = arena_strdup(a, got);
	crypt_wipe(data, sizeof(*data));
	free(data);
	if (hash == NULL || bcrypt_why(hash) != NULL)
		errx(1, "crypt: no bcrypt hash could be made");
	return hash;
}

static bool
bcrypt_verify(const char *password, const char *hash)
{
	return strlen(password) <= BCRYPT_MAX_INPUT &&
	    crypt_unix(password, hash);
}

static bool
argon2_verify_kind(const char *password, const char *hash, argon2_type type)
{
	int rc;

	rc = argon2_verify(hash, password, strlen(password), type);
	if (rc != ARGON2_OK && rc != ARGON2_VERIFY_MISMATCH)
		log_error("argon2: %s", argon2_error_message(rc));
	return rc == ARGON2_OK;
}

/* Not made by crypt_password_hash() with this cost. */
static bool
hash_is_stale(const char *hash, const struct crypt_cost *cost)
{
	struct crypt_cost had;
	size_t keychars;

	if (hash_kind(hash) != HASH_ARGON2ID ||
	    !argon2_cost(hash, &had, &keychars))
		return true;
	return had.memory_kib != cost->memory_kib ||
	    had.passes != cost->passes || had.lanes != cost->lanes ||
	    keychars != (KEY_LEN * 8 + 5) / 6;
}

bool
crypt_password_verify(const char *password, const char *hash,
    const struct crypt_cost *cost, bool *stale)
{
	bool ok = false;

	if (stale != NULL)
		*stale = hash_is_stale(hash, cost);
	if (!crypt_password_hash_ok(hash))
		return false;
	switch (hash_kind(hash)) {
	case HASH_ARGON2ID:
		ok = argon2_verify_kind(password, hash, Argon2_id);
		break;
	case HASH_ARGON2I:
		ok = argon2_verify_kind(password, hash, Argon2_i);
		break;
	case HASH_BCRYPT:
		ok = bcrypt_verify(password, hash);
		break;
	case HASH_OTHER:
		ok = passhash_verify(password, hash);
		break;
	}
	return ok;
}

/* --- keys ------------------------------------------------------------------ */

/* The numbers of a key; false: of another curve, or without private half. */
static bool
p256_numbers(EVP_PKEY *key, struct crypt_p256 *out)
{
	uint8_t point[65];
	char group[32];
	BIGNUM *d = NULL;
	size_t len;
	bool ok;

	if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME,
		group, sizeof(group), &len) != 1 ||
	    strcmp(group, "prime256v1") != 0)
		return false;
	if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point,
		sizeof(point), &len) != 1 ||
	    len != sizeof(point) || point[0] != 4)
		return false;
	memcpy(out->x, point + 1, sizeof(out->x));
	memcpy(out->y, point + 33, sizeof(out->y));
	ok = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &d) == 1 &&
	    BN_bn2binpad(d, out->d, sizeof(out->d)) == sizeof(out->d);
	BN_clear_free(d);
	return ok;
}

/* Nobody is asked for a passphrase. */
static int
no_passphrase(char *buf, int size, int rwflag, void *arg)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	(void)arg;
	return -1;
}

int
crypt_read_p256(const char *pem, struct crypt_p256 *out)
{
	EVP_PKEY *key = NULL;
	BIO *bio;
	bool ok;

	if (strlen(pem) > 16384)
		return -1;
	if ((bio = BIO_new_mem_buf(pem, -1)) == NULL)
		errx(1, "BIO_new_mem_buf: failed");
	key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	ok = key != NULL && p256_numbers(key, out);
	EVP_PKEY_free(key);
	BIO_free(bio);
	ERR_clear_error(); /* what it was is of no use to anyone */
	return ok ? 0 : -1;
}

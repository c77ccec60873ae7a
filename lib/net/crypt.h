/*
 * Hashes, MACs, random bytes, passwords, base64. The only user of OpenSSL's
 * libcrypto, of libargon2 and of libcrypt.
 */
#ifndef MIRAI_NET_CRYPT_H
#define MIRAI_NET_CRYPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define CRYPT_SHA256_LEN 32

void crypt_random(void *out, size_t len);
void crypt_sha256(const void *p, size_t len, uint8_t out[CRYPT_SHA256_LEN]);
char *crypt_sha256_hex(struct arena *a, const void *p, size_t len);

/* SHA-256 of what comes in pieces; _end() writes the hash and frees h. */
struct crypt_hash;
struct crypt_hash *crypt_hash_begin(void);
void crypt_hash_add(struct crypt_hash *h, const void *p, size_t len);
void crypt_hash_end(struct crypt_hash *h, uint8_t out[CRYPT_SHA256_LEN]);

/* Upper-case hex; for look-ups in lists of others only. */
char *crypt_sha1_hex(struct arena *a, const void *p, size_t len);
void crypt_hmac_sha256(const void *key, size_t keylen, const void *p,
    size_t len, uint8_t out[CRYPT_SHA256_LEN]);

/* Constant time for equal lengths; different lengths are unequal. */
bool crypt_equal(const void *x, size_t xlen, const void *y, size_t ylen);
bool crypt_equal_str(const char *x, const char *y);

void crypt_wipe(void *p, size_t len);

/* n random characters of [0-9A-Za-z], unbiased, in a. */
char *crypt_token(struct arena *a, size_t n);

/* Base64 (RFC 4648): standard with padding; URL-safe without. In a. */
char *crypt_base64(struct arena *a, const void *p, size_t len);
char *crypt_base64url(struct arena *a, const void *p, size_t len);

/*
 * Decodes either alphabet (not mixed), padding optional. NULL if malformed;
 * the result is NUL-terminated besides its *len bytes.
 */
uint8_t *crypt_unbase64(struct arena *a, const char *s, size_t slen,
    size_t *len);

/* A private key on the curve P-256 as its numbers, big-endian. */
struct crypt_p256 {
	uint8_t x[32];
	uint8_t y[32];
	uint8_t d[32];
};

/* The key of a PEM text without passphrase; -1: it holds no such key. */
int crypt_read_p256(const char *pem, struct crypt_p256 *out) MUST_CHECK;

/*
 * AES-256-GCM (NIST SP 800-38D) with a fresh 96-bit nonce: nonce, text and
 * 128-bit tag in a, *outlen bytes. aad is bound to it but not in it.
 */
#define CRYPT_GCM_KEY	   32
#define CRYPT_GCM_OVERHEAD 28
uint8_t *crypt_gcm_seal(struct arena *a, const uint8_t key[CRYPT_GCM_KEY],
    const void *aad, size_t aadlen, const void *p, size_t len, size_t *outlen);

/* The text, NUL-terminated besides its *outlen bytes; NULL: not authentic. */
uint8_t *crypt_gcm_open(struct arena *a, const uint8_t key[CRYPT_GCM_KEY],
    const void *aad, size_t aadlen, const void *p, size_t len, size_t *outlen);

/* Digests that other systems hashed passwords with. */
enum crypt_digest {
	CRYPT_MD5,
	CRYPT_SHA1,
	CRYPT_SHA224,
	CRYPT_SHA256,
	CRYPT_SHA384,
	CRYPT_SHA512
};
#define CRYPT_DIGEST_MAX_LEN 64
size_t crypt_digest_len(enum crypt_digest d);

/* out has room for crypt_digest_len(d) bytes. */
void crypt_digest(enum crypt_digest d, const void *p, size_t len, uint8_t *out);
void crypt_hmac(enum crypt_digest d, const void *key, size_t keylen,
    const void *p, size_t len, uint8_t *out);

/* PBKDF2 (RFC 8018 5.2): outlen bytes of key. */
void crypt_pbkdf2(enum crypt_digest d, const char *password, const void *salt,
    size_t saltlen, uint32_t iterations, uint8_t *out, size_t outlen);

/* scrypt (RFC 7914), up to 256 MiB of memory; false: beyond, or no memory. */
bool crypt_scrypt(const char *password, const void *salt, size_t saltlen,
    uint64_t n, uint64_t r, uint64_t p, uint8_t *out, size_t outlen);

/* Whether password has this hash of crypt(3). */
bool crypt_unix(const char *password, const char *hash);

/* argon2id cost (RFC 9106): memory in KiB, passes, lanes. */
struct crypt_cost {
	uint32_t memory_kib;
	uint32_t passes;
	uint32_t lanes;
};

/* PHC string of an argon2id hash, 16-byte salt, 32-byte key, in a. Never NULL. */
char *crypt_password_hash(struct arena *a, const char *password,
    const struct crypt_cost *cost);

/*
 * bcrypt ("$2b$"), for a service that reads nothing else; cost 4 to 15. It sees
 * no byte after the 72nd: the caller refuses longer passwords. In a.
 */
char *crypt_bcrypt_hash(struct arena *a, const char *password, unsigned cost);

/*
 * A hash crypt_password_verify() reads, of a cost it is willing to pay: argon2
 * up to 1 GiB, 10 passes, 16 lanes; bcrypt up to 15; and what passhash.h takes.
 */
bool crypt_password_hash_ok(const char *hash);

/* The same; NULL: fine, else the rule it breaks, as "bcrypt cost above 15". */
const char *crypt_password_hash_why(const char *hash);

/*
 * Whether password matches a PHC argon2id/argon2i, a bcrypt ($2a$ $2b$ $2y$)
 * hash or one of passhash.h. bcrypt sees no byte after the 72nd, so that no
 * longer password matches one. *stale (may be NULL) says that algorithm or
 * cost differ from cost, so the caller should hash anew.
 */
bool crypt_password_verify(const char *password, const char *hash,
    const struct crypt_cost *cost, bool *stale);

#endif

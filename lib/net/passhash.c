/*
 * A table of prefixes decides how a hash is read and computed. Every length
 * and cost is bounded before anything is computed.
 */
#include "net/passhash.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "net/crypt.h"

#define MAX_HASH	 ((size_t)4096)
#define MAX_SALT	 ((size_t)1024)
#define MAX_FORM	 ((size_t)1024)
#define MIN_KEY		 ((size_t)8)
#define MAX_KEY		 ((size_t)256)
#define MAX_ITERATIONS	 10000000
#define MAX_SCRYPT_N	 (INT64_C(1) << 17)
#define MAX_SCRYPT_R	 8
#define MAX_SCRYPT_P	 10
#define MAX_CRYPT_ROUNDS 1000000
#define MAX_CRYPT	 128

/* A hash cut into its parts. */
struct parts {
	struct arena *mem;
	const struct form *form;
	int64_t cost, block, lanes;
	const uint8_t *salt, *key, *pattern;
	size_t saltlen, keylen, patternlen;
	const char *setting; /* for crypt(3) */
	const char *why;
};

struct form {
	const char *prefix;
	enum crypt_digest digest;
	const char *replace; /* the prefix crypt(3) knows */
	bool (*read)(struct parts *p, const char *rest);
	bool (*verify)(const struct parts *p, const char *password);
};

static bool
refuse(struct parts *p, const char *why)
{
	p->why = why;
	return false;
}

/* --- fields ---------------------------------------------------------------- */

/* Steps *s over "name=DIGITS"; false when something else stands there. */
static bool
number(const char **s, const char *name, int64_t *out)
{
	const char *p = *s, *digits;
	size_t len = strlen(name);
	char text[20];

	if (strncmp(p, name, len) != 0 || p[len] != '=')
		return false;
	digits = p + len + 1;
	len = strspn(digits, "0123456789");
	if (len == 0 || len >= sizeof(text))
		return false;
	memcpy(text, digits, len);
	text[len] = '\0';
	*s = digits + len;
	return str_to_i64(text, 0, INT64_MAX, out);
}

static bool
skip(const char **s, char c)
{
	if (**s != c)
		return false;
	(*s)++;
	return true;
}

/* Base64 up to the next dollar or the end, which *s then points at. */
static bool
base64_field(struct parts *p, const char **s, size_t max, const uint8_t **out,
    size_t *outlen)
{
	size_t len = strcspn(*s, "$");

	*out = crypt_unbase64(p->mem, *s, len, outlen);
	*s += len;
	return *out != NULL && *outlen <= max;
}

static bool
key_field(struct parts *p, const char **s)
{
	return base64_field(p, s, MAX_KEY, &p->key, &p->keylen) &&
	    p->keylen >= MIN_KEY;
}

/* "$SALT$KEY" at the end of a hash. */
static bool
salt_and_key(struct parts *p, const char *s)
{
	return skip(&s, '$') &&
	    base64_field(p, &s, MAX_SALT, &p->salt, &p->saltlen) &&
	    skip(&s, '$') && key_field(p, &s) && *s == '\0';
}

/* --- pbkdf2, scrypt -------------------------------------------------------- */

static bool
pbkdf2_read(struct parts *p, const char *s)
{
	int64_t len;

	if (!number(&s, "i", &p->cost) || !skip(&s, ',') ||
	    !number(&s, "l", &len) || !salt_and_key(p, s))
		return refuse(p, "pbkdf2 hash out of shape");
	if ((int64_t)p->keylen != len)
		return refuse(p, "pbkdf2 hash of another length than it says");
	if (p->cost < 1)
		return refuse(p, "pbkdf2 without iterations");
	if (p->cost > MAX_ITERATIONS)
		return refuse(p, "pbkdf2 iterations above 10000000");
	return true;
}

static bool
pbkdf2_verify(const struct parts *p, const char *password)
{
	uint8_t key[MAX_KEY];
	bool ok;

	crypt_pbkdf2(p->form->digest, password, p->salt, p->saltlen,
	    (uint32_t)p->cost, key, p->keylen);
	ok = crypt_equal(key, p->keylen, p->key, p->keylen);
	crypt_wipe(key, sizeof(key));
	return ok;
}

static bool
scrypt_read(struct parts *p, const char *s)
{
	if (!number(&s, "ln", &p->cost) || !skip(&s, ',') ||
	    !number(&s, "r", &p->block) || !skip(&s, ',') ||
	    !number(&s, "p", &p->lanes) || !salt_and_key(p, s))
		return refuse(p, "scrypt hash out of shape");
	if (p->cost < 64)
		p->cost = p->cost < 1 ? 0 : INT64_C(1) << p->cost % 63;
	if (p->cost > MAX_SCRYPT_N)
		return refuse(p, "scrypt cost above 131072");
	if (p->cost < 2 || (p->cost & (p->cost - 1)) != 0)
		return refuse(p, "scrypt cost is no power of two");
	if (p->block < 1 || p->block > MAX_SCRYPT_R)
		return refuse(p, "scrypt block size not from 1 to 8");
	if (p->lanes < 1 || p->lanes > MAX_SCRYPT_P)
		return refuse(p, "scrypt parallelism not from 1 to 10");
	return true;
}

static bool
scrypt_verify(const struct parts *p, const char *password)
{
	uint8_t key[MAX_KEY];
	bool ok;

	ok = crypt_scrypt(password, p->salt, p->saltlen, (uint64_t)p->cost,
		 (uint64_t)p->block, (uint64_t)p->lanes, key, p->keylen) &&
	    crypt_equal(key, p->keylen, p->key, p->keylen);
	crypt_wipe(key, sizeof(key));
	return ok;
}

/* --- crypt(3) -------------------------------------------------------------- */

#define CRYPT_SET                                                          \
	"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" \
	"$=,"

static bool
unix_read(struct parts *p, const char *s)
{
	int64_t rounds = 1;
	const char *rest = s;

	if (strspn(s, CRYPT_SET) != strlen(s) || strlen(s) > MAX_CRYPT)
		return refuse(p, "crypt hash out of shape");
	if (str_starts(s, "rounds=") && !number(&rest, "rounds", &rounds))
		return refuse(p, "crypt hash out of shape");
	if (rounds > MAX_CRYPT_ROUNDS)
		return refuse(p, "crypt rounds above 1000000");
	if (!str_starts(s, "rounds="))
		rest = strchr(s, '$');
	else
		rest = *rest == '$' ? strchr(rest + 1, '$') : NULL;
	if (rest == NULL || strlen(rest + 1) < 22 ||
	    strchr(rest + 1, '$') != NULL)
		return refuse(p, "crypt hash out of shape");
	p->setting = arena_printf(p->mem, "%s%s", p->form->replace, s);
	return true;
}

static bool
unix_verify(const struct parts *p, const char *password)
{
	return crypt_unix(password, p->setting);
}

/* --- plain digests --------------------------------------------------------- */

static bool
ssha_read(struct parts *p, const char *s)
{
	const uint8_t *raw;
	size_t len, n = crypt_digest_len(p->form->digest);

	if (!base64_field(p, &s, MAX_KEY + MAX_SALT, &raw, &len) || *s != '\0')
		return refuse(p, "SSHA hash out of shape");
	if (len < n)
		return refuse(p, "SSHA hash too short");
	p->key = raw;
	p->keylen = n;
	p->salt = raw + n;
	p->saltlen = len - n;
	return true;
}

/* Whether the digest of text is the key. */
static bool
digest_is(const struct parts *p, const void *text, size_t len)
{
	uint8_t out[CRYPT_DIGEST_MAX_LEN];

	crypt_digest(p->form->digest, text, len, out);
	return crypt_equal(out, crypt_digest_len(p->form->digest), p->key,
	    p->keylen);
}

static bool
ssha_verify(const struct parts *p, const char *password)
{
	size_t n = strlen(password);
	uint8_t *text = arena_alloc(p->mem, n + p->saltlen + 1);

	memcpy(text, password, n);
	memcpy(text + n, p->salt, p->saltlen);
	return digest_is(p, text, n + p->saltlen);
}

static bool
has_digest_len(struct parts *p)
{
	return p->keylen == crypt_digest_len(p->form->digest) ||
	    refuse(p, "hash of another length than its digest has");
}

static bool
sha_read(struct parts *p, const char *s)
{
	if (!str_starts(s, "pf="))
		return refuse(p, "hash without pf=");
	s += 3;
	if (!base64_field(p, &s, MAX_FORM, &p->pattern, &p->patternlen) ||
	    strlen((const char *)p->pattern) != p->patternlen ||
	    strstr((const char *)p->pattern, "{PASSWORD}") == NULL)
		return refuse(p, "pf= without {PASSWORD}");
	if (!salt_and_key(p, s))
		return refuse(p, "hash out of shape");
	return has_digest_len(p);
}

/* Without pf= it is the digest of the bare password. */
static bool
md5_read(struct parts *p, const char *s)
{
	if (str_starts(s, "pf="))
		return sha_read(p, s);
	if (!key_field(p, &s) || *s != '\0')
		return refuse(p, "hash out of shape");
	return has_digest_len(p);
}

static void
put(uint8_t *out, size_t *n, const void *text, size_t len)
{
	if (len > 0)
		memcpy(out + *n, text, len);
	*n += len;
}

static bool
sha_verify(const struct parts *p, const char *password)
{
	static const char salt[] = "{SALT}", pass[] = "{PASSWORD}";
	const char *s = (const char *)p->pattern;
	size_t n = 0, len = strlen(password);
	size_t max = p->saltlen > len ? p->saltlen : len;
	uint8_t *text;

	if (s == NULL)
		return digest_is(p, password, len);
	/* The shortest mark has six letters. */
	text =
	    arena_alloc(p->mem, p->patternlen + (p->patternlen / 6 + 1) * max);
	while (*s != '\0') {
		if (str_starts(s, salt)) {
			put(text, &n, p->salt, p->saltlen);
			s += strlen(salt);
		} else if (str_starts(s, pass)) {
			put(text, &n, password, len);
			s += strlen(pass);
		} else {
			text[n++] = (uint8_t)*s++;
		}
	}
	return digest_is(p, text, n);
}

/* --- HMAC ------------------------------------------------------------------ */

/* The key as bytes if it is hex text of the digest's length. */
static void
unhex_key(struct parts *p)
{
	size_t n = crypt_digest_len(p->form->digest), i;
	uint8_t *out;
	int hi, lo;

	if (p->keylen != 2 * n)
		return;
	out = arena_alloc(p->mem, n);
	for (i = 0; i < n; i++) {
		hi = str_hex_value((char)p->key[2 * i]);
		lo = str_hex_value((char)p->key[2 * i + 1]);
		if (hi == -1 || lo == -1)
			return;
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	p->key = out;
	p->keylen = n;
}

static bool
hmac_read(struct parts *p, const char *s)
{
	if (!key_field(p, &s) || !skip(&s, '$') ||
	    !base64_field(p, &s, MAX_SALT, &p->salt, &p->saltlen) || *s != '\0')
		return refuse(p, "hmac hash out of shape");
	unhex_key(p);
	return has_digest_len(p);
}

static bool
hmac_verify(const struct parts *p, const char *password)
{
	uint8_t out[CRYPT_DIGEST_MAX_LEN];

	crypt_hmac(p->form->digest, p->salt, p->saltlen, password,
	    strlen(password), out);
	return crypt_equal(out, p->keylen, p->key, p->keylen);
}

/* --- the table ------------------------------------------------------------- */

#define PBKDF2(name, digest)                                                  \
	{                                                                     \
		"$pbkdf2-" name "$", digest, NULL, pbkdf2_read, pbkdf2_verify \
	}
#define UNIX(prefix, as)                                      \
	{                                                     \
		prefix, CRYPT_MD5, as, unix_read, unix_verify \
	}
#define SSHA(prefix, digest)                                 \
	{                                                    \
		prefix, digest, NULL, ssha_read, ssha_verify \
	}
#define SHA(prefix, digest)                                \
	{                                                  \
		prefix, digest, NULL, sha_read, sha_verify \
	}
#define HMAC(name, digest)                                              \
	{                                                               \
		"$hmac-" name "$", digest, NULL, hmac_read, hmac_verify \
	}

static const struct form forms[] = {
	PBKDF2("sha1", CRYPT_SHA1),
	PBKDF2("sha224", CRYPT_SHA224),
	PBKDF2("sha256", CRYPT_SHA256),
	PBKDF2("sha384", CRYPT_SHA384),
	PBKDF2("sha512", CRYPT_SHA512),
	{ "$scrypt$", CRYPT_SHA256, NULL, scrypt_read, scrypt_verify },
	UNIX("$1$", "$1$"),
	UNIX("$5$", "$5$"),
	UNIX("$6$", "$6$"),
	UNIX("$md5-crypt$", "$1$"),
	UNIX("$sha256-crypt$", "$5$"),
	UNIX("$sha512-crypt$", "$6$"),
	SSHA("{SSHA}", CRYPT_SHA1),
	SSHA("{SSHA256}", CRYPT_SHA256),
	SSHA("{SSHA512}", CRYPT_SHA512),
	SHA("$sha1$", CRYPT_SHA1),
	SHA("$sha256$", CRYPT_SHA256),
	SHA("$sha512$", CRYPT_SHA512),
	{ "$md5$", CRYPT_MD5, NULL, md5_read, sha_verify },
	HMAC("md5", CRYPT_MD5),
	HMAC("sha1", CRYPT_SHA1),
	HMAC("sha224", CRYPT_SHA224),
	HMAC("sha256", CRYPT_SHA256),
	HMAC("sha384", CRYPT_SHA384),
	HMAC("sha512", CRYPT_SHA512),
};

static bool
read_hash(struct parts *p, struct arena *a, const char *hash)
{
	size_t i;

	memset(p, 0, sizeof(*p));
	p->mem = a;
	if (strlen(hash) > MAX_HASH)
		return refuse(p, "hash longer than 4096 bytes");
	for (i = 0; i < NITEMS(forms); i++) {
		if (!str_starts(hash, forms[i].prefix))
			continue;
		p->form = &forms[i];
		return p->form->read(p, hash + strlen(p->form->prefix));
	}
	return refuse(p, "hash of no known kind");
}

const char *
passhash_why(const char *hash)
{
	struct arena *a = arena_new();
	struct parts p;

	(void)read_hash(&p, a, hash); /* why says it as well */
	arena_free(a);
	return p.why;
}

bool
passhash_verify(const char *password, const char *hash)
{
	struct arena *a = arena_new();
	struct parts p;
	bool ok;

	arena_set_wipe(a);
	ok = read_hash(&p, a, hash) && p.form->verify(&p, password);
	arena_free(a);
	return ok;
}

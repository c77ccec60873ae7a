/*
 * AWS Signature Version 4 by its description in the S3 API reference
 * ("Authenticating Requests"): canonical request, string to sign, a key that
 * is derived for day, region and service.
 */
#include "net/s3_sign.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/str.h"
#include "net/crypt.h"

#define ALGORITHM  "AWS4-HMAC-SHA256"
#define MAX_QUERY  16 /* of ours and of the signature */
#define DATE_LEN   8
#define SIGN_EXTRA 6 /* what a signed URL adds, with the signature */

char *
s3_sign_path(struct arena *a, const char *path)
{
	struct buf *b;
	size_t n;

	b = buf_new(a);
	for (;; path += n + 1) {
		n = strcspn(path, "/");
		buf_puts(b, str_url_encode(a, arena_strndup(a, path, n)));
		if (path[n] == '\0')
			return arena_strdup(a, buf_str(b));
		buf_putc(b, '/');
	}
}

static int
by_name(const void *x, const void *y)
{
	const struct s3_pair *a = x, *b = y;
	int order;

	order = strcmp(a->name, b->name);
	return order != 0 ? order : strcmp(a->value, b->value);
}

char *
s3_sign_query(struct arena *a, const struct s3_pair *query, size_t nquery)
{
	struct s3_pair pairs[MAX_QUERY];
	struct buf *b;
	size_t i;

	assert(nquery <= MAX_QUERY);
	for (i = 0; i < nquery; i++) {
		pairs[i].name = str_url_encode(a, query[i].name);
		pairs[i].value = str_url_encode(a, query[i].value);
	}
	qsort(pairs, nquery, sizeof(*pairs), by_name);
	b = buf_new(a);
	for (i = 0; i < nquery; i++)
		buf_printf(b, "%s%s=%s", i == 0 ? "" : "&", pairs[i].name,
		    pairs[i].value);
	return arena_strdup(a, buf_str(b));
}

char *
s3_sign_time(struct arena *a, int64_t at)
{
	char text[32];
	struct tm tm;
	time_t t;

	t = (time_t)(at / 1000000);
	(void)gmtime_r(&t, &tm);
	(void)strftime(text, sizeof(text), "%Y%m%dT%H%M%SZ", &tm);
	return arena_strdup(a, text);
}

/* What the signature is good for: day/region/service. */
static char *
scope_of(struct arena *a, const struct s3_credentials *c, const char *stamp)
{
	return arena_printf(a, "%.*s/%s/s3/aws4_request", DATE_LEN, stamp,
	    c->region);
}

static char *
signed_names(struct arena *a, const struct s3_sign *s)
{
	struct buf *b;
	size_t i;

	b = buf_new(a);
	for (i = 0; i < s->nheaders; i++)
		buf_printf(b, "%s%s", i == 0 ? "" : ";", s->headers[i].name);
	return arena_strdup(a, buf_str(b));
}

/* The request in the one form that both sides hash. */
static char *
canonical(struct arena *a, const struct s3_sign *s, const char *query,
    const char *payload)
{
	struct buf *b;
	size_t i;

	b = buf_new(a);
	buf_printf(b, "%s\n%s\n%s\n", s->method, s->path, query);
	for (i = 0; i < s->nheaders; i++)
		buf_printf(b, "%s:%s\n", s->headers[i].name,
		    str_trim(a, s->headers[i].value));
	buf_printf(b, "\n%s\n%s", signed_names(a, s), payload);
	return arena_strdup(a, buf_str(b));
}

static void
derive(uint8_t key[CRYPT_SHA256_LEN], size_t keylen, const void *from,
    const char *text, size_t len)
{
	uint8_t out[CRYPT_SHA256_LEN];

	crypt_hmac_sha256(from, keylen, text, len, out);
	memcpy(key, out, sizeof(out));
	crypt_wipe(out, sizeof(out));
}

static char *
signature(struct arena *a, const struct s3_credentials *c, const char *stamp,
    const char *request)
{
	uint8_t key[CRYPT_SHA256_LEN];
	char *first, *text;

	text = arena_printf(a, ALGORITHM "\n%s\n%s\n%s", stamp,
	    scope_of(a, c, stamp),
	    crypt_sha256_hex(a, request, strlen(request)));
	first = xasprintf("AWS4%s", c->secret_key);
	derive(key, strlen(first), first, stamp, DATE_LEN);
	crypt_wipe(first, strlen(first));
	free(first);
	derive(key, sizeof(key), key, c->region, strlen(c->region));
	derive(key, sizeof(key), key, "s3", 2);
	derive(key, sizeof(key), key, "aws4_request", 12);
	derive(key, sizeof(key), key, text, strlen(text));
	text = str_hex(a, key, sizeof(key));
	crypt_wipe(key, sizeof(key));
	return text;
}

char *
s3_sign_header(struct arena *a, const struct s3_credentials *c,
    const struct s3_sign *s)
{
	const char *request, *stamp;

	stamp = s3_sign_time(a, s->at);
	request =
	    canonical(a, s, s3_sign_query(a, s->query, s->nquery), s->payload);
	return arena_printf(a,
	    ALGORITHM " Credential=%s/%s, SignedHeaders=%s, Signature=%s",
	    c->access_key, scope_of(a, c, stamp), signed_names(a, s),
	    signature(a, c, stamp, request));
}

char *
s3_sign_url(struct arena *a, const struct s3_credentials *c,
    const struct s3_sign *s, int64_t expires_s)
{
	struct s3_pair q[MAX_QUERY];
	const char *request, *stamp;
	size_t i, n;

	assert(s->nquery + SIGN_EXTRA <= MAX_QUERY);
	stamp = s3_sign_time(a, s->at);
	for (i = n = 0; i < s->nquery; i++)
		q[n++] = s->query[i];
	q[n++] = (struct s3_pair){ "X-Amz-Algorithm", ALGORITHM };
	q[n++] = (struct s3_pair){ "X-Amz-Credential",
		arena_printf(a, "%s/%s", c->access_key,
		    scope_of(a, c, stamp)) };
	q[n++] = (struct s3_pair){ "X-Amz-Date", stamp };
	q[n++] = (struct s3_pair){ "X-Amz-Expires",
		arena_printf(a, "%lld", (long long)expires_s) };
	q[n++] = (struct s3_pair){ "X-Amz-SignedHeaders", signed_names(a, s) };
	request = canonical(a, s, s3_sign_query(a, q, n), S3_UNSIGNED);
	q[n++] = (struct s3_pair){ "X-Amz-Signature",
		signature(a, c, stamp, request) };
	return s3_sign_query(a, q, n);
}

/*
 * One request at a time: address, hash of the body, signature, and again when
 * the server was busy or the connection broke. All calls can be repeated: each
 * names the whole state it wants. Knows no tenants.
 */
#include "net/s3.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "base/utf8.h"
#include "net/crypt.h"
#include "net/s3_multi.h"

#define TRIES	   3
#define PAUSE_MS   200		 /* before the second; then four times that */
#define SHORT_MAX  (1024 * 1024) /* more is timed by progress */
#define CALL_MS	   30000
#define ANSWER_MIN 65536 /* room for an error, however small the object */

struct s3 {
	struct http *http;
	struct s3_credentials who;
	char *base; /* "https://host" */
	char *host; /* as in the Host header */
	char *path; /* what the encoded key comes behind: "/bucket" or "" */
	char *bucket;
	int64_t until_ms; /* on the monotonic clock; 0: no end */
};

/* --- opening -------------------------------------------------------------- */

bool
s3_wanted(const struct conf *conf)
{
	return !str_is_empty(conf_text(conf, "s3.access_key")) &&
	    !str_is_empty(conf_text(conf, "s3.secret_key"));
}

static bool
made_of(const char *s, size_t min, size_t max, const char *punctuation)
{
	size_t n;

	for (n = 0; s[n] != '\0'; n++)
		if (!isalnum((unsigned char)s[n]) &&
		    strchr(punctuation, s[n]) == NULL)
			return false;
	return n >= min && n <= max;
}

static bool
usable(const struct conf *conf)
{
	const char *key;

	key = conf_text(conf, "s3.access_key");
	return made_of(conf_text(conf, "s3.bucket"), 3, 255, ".-_") &&
	    made_of(conf_text(conf, "s3.region"), 1, 64, "-_") &&
	    made_of(key, 1, 256, "+/=-_.") && strchr(key, '/') == NULL;
}

/* AWS: the bucket is part of the name, unless no certificate would fit it. */
static void
place_aws(struct s3 *s, const char *bucket)
{
	const char *region, *top;

	region = s->who.region;
	top = str_starts(region, "cn-") ? "amazonaws.com.cn" : "amazonaws.com";
	if (made_of(bucket, 3, 63, "-")) {
		s->host = xasprintf("%s.s3.%s.%s", bucket, region, top);
		s->path = xstrdup("");
	} else {
		s->host = xasprintf("s3.%s.%s", region, top);
		s->path = xasprintf("/%s", bucket);
	}
	s->base = xasprintf("https://%s", s->host);
}

/* Host names are compared in lower case, and usual ports are not named. */
static char *
host_of(const char *authority, size_t len, bool tls)
{
	const char *port;
	char *host, *p;

	host = xstrndup(authority, len);
	for (p = host; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	port = tls ? ":443" : ":80";
	if (str_ends(host, port))
		host[len - strlen(port)] = '\0';
	return host;
}

static void
place_endpoint(struct s3 *s, const char *endpoint, const char *bucket)
{
	const char *authority;
	size_t len;
	bool tls;

	tls = strncasecmp(endpoint, "https:", 6) == 0;
	authority = strstr(endpoint, "://");
	authority = authority == NULL ? endpoint : authority + 3;
	len = strcspn(authority, "/");
	s->host = host_of(authority, len, tls);
	s->path = xasprintf("%s/%s", authority + len, bucket);
	s->base = xasprintf("%s://%s", tls ? "https" : "http", s->host);
}

struct s3 *
s3_open(const struct conf *conf)
{
	const char *endpoint;
	struct s3 *s;

	if (!usable(conf)) {
		log_error("store: s3.bucket, s3.region or s3.access_key is "
			  "not usable");
		return NULL;
	}
	s = xcalloc(1, sizeof(*s));
	if ((s->http = http_open()) == NULL) {
		free(s);
		log_error("store: libcurl does not start");
		return NULL;
	}
	s->who.access_key = xstrdup(conf_text(conf, "s3.access_key"));
	s->who.secret_key = xstrdup(conf_text(conf, "s3.secret_key"));
	s->who.region = xstrdup(conf_text(conf, "s3.region"));
	s->bucket = xstrdup(conf_text(conf, "s3.bucket"));
	endpoint = conf_text(conf, "s3.endpoint");
	if (endpoint == NULL)
		place_aws(s, conf_text(conf, "s3.bucket"));
	else
		place_endpoint(s, endpoint, conf_text(conf, "s3.bucket"));
	return s;
}

static void
drop(const char *p)
{
	free((void *)(uintptr_t)p);
}

void
s3_close(struct s3 *s)
{
	if (s == NULL)
		return;
	http_close(s->http);
	crypt_wipe((void *)(uintptr_t)s->who.secret_key,
	    strlen(s->who.secret_key));
	drop(s->who.access_key);
	drop(s->who.secret_key);
	drop(s->who.region);
	free(s->base);
	free(s->host);
	free(s->path);
	free(s->bucket);
	free(s);
}

void
s3_until(struct s3 *s, int64_t until_ms)
{
	s->until_ms = until_ms;
}

const char *
s3_origin(const struct s3 *s)
{
	return s->base;
}

/* --- one call ------------------------------------------------------------- */

/* The path as it is sent and signed. */
static char *
path_of(const struct s3 *s, struct arena *a, const char *key)
{
	if (key != NULL)
		return arena_printf(a, "%s/%s", s->path, s3_sign_path(a, key));
	return arena_strdup(a, s->path[0] == '\0' ? "/" : s->path);
}

/* The hash of a body in hex; NULL after a logged line. */
static const char *
hash_of(struct arena *a, const struct s3_body *b)
{
	uint8_t hash[CRYPT_SHA256_LEN];
	struct crypt_hash *h;
	int64_t done;
	char *piece;
	ssize_t n;

	if (b == NULL || b->p != NULL || b->len == 0)
		return crypt_sha256_hex(a, b == NULL ? "" : b->p,
		    b == NULL ? 0 : (size_t)b->len);
	piece = xmalloc(65536);
	h = crypt_hash_begin();
	n = 1;
	for (done = 0; done < b->len && n > 0; done += n) {
		n = pread(b->fd, piece,
		    b->len - done < 65536 ? (size_t)(b->len - done) : 65536,
		    (off_t)(b->at + done));
		if (n > 0)
			crypt_hash_add(h, piece, (size_t)n);
	}
	crypt_hash_end(h, hash);
	free(piece);
	if (n > 0)
		return str_hex(a, hash, sizeof(hash));
	log_error("store: %s: %s", "reading a file to store",
	    n == 0 ? "it became shorter" : strerror(errno));
	return NULL;
}

/* The headers of one try, signed; NULL-terminated, as http_do() wants them. */
static const char *const *
headers_of(const struct s3 *s, struct arena *a, const struct s3_call *c,
    const char *path, const char *payload)
{
	struct s3_sign sign = { .method = c->method,
		.path = path,
		.query = c->query,
		.nquery = c->nquery,
		.payload = payload,
		.at = clock_now_us() };
	struct s3_pair h[5];
	const char **out;
	size_t i, n;

	n = 0;
	if (c->type != NULL)
		h[n++] = (struct s3_pair){ "content-type", c->type };
	h[n++] = (struct s3_pair){ "host", s->host };
	h[n++] = (struct s3_pair){ "x-amz-content-sha256", payload };
	if (c->from != NULL)
		h[n++] = (struct s3_pair){ "x-amz-copy-source",
			arena_printf(a, "/%s/%s", s->bucket,
			    s3_sign_path(a, c->from)) };
	h[n++] = (struct s3_pair){ "x-amz-date", s3_sign_time(a, sign.at) };
	sign.headers = h;
	sign.nheaders = n;
	out = arena_calloc(a, n + 3, sizeof(*out));
	for (i = 0; i < n; i++)
		out[i] = arena_printf(a, "%s: %s", h[i].name, h[i].value);
	out[i++] = arena_printf(a, "authorization: %s",
	    s3_sign_header(a, &s->who, &sign));
	if (c->type == NULL)
		out[i] = "content-type:"; /* none, and none of libcurl's */
	return out;
}

/* How a try ended. */
enum outcome {
	DONE,
	FAILED,
	AGAIN
};

/* What an answer says; *why for the log, unless it is DONE. */
static enum outcome
judge(const struct s3 *s, struct arena *a, const struct s3_call *c,
    const struct http_answer *ans, enum code *code, const char **why)
{
	const char *error;
	bool good, late;

	good = ans->status >= 200 && ans->status < 300;
	late = strcmp(c->method, "POST") == 0 || c->from != NULL;
	error = ans->len == 0 || (good && !late)
	    ? NULL
	    : s3_xml_error(a, ans->body, ans->len);
	if (good && error == NULL) { /* who is slow may be sorry later */
		*code = CODE_OK;
		return DONE;
	}
	if (ans->status == 404 && c->key != NULL &&
	    (error == NULL || str_eq(error, "NoSuchKey"))) {
		*code = CODE_NOT_FOUND;
		return DONE;
	}
	*code = ans->status == 501 ? CODE_UNIMPLEMENTED : CODE_UNAVAILABLE;
	*why = arena_printf(a, "%s: %d %s", s->base, ans->status,
	    error == NULL ? "without a reason" : error);
	if (ans->status == 501)
		return c->may_lack ? DONE : FAILED;
	return good || ans->status >= 500 || ans->status == 429 ||
		str_eq(error, "SlowDown") || str_eq(error, "RequestTimeout")
	    ? AGAIN
	    : FAILED;
}

/* Long transfers may take as long as they go on, unless there is an end. */
static void
set_times(const struct s3 *s, const struct s3_call *c, struct http_call *call)
{
	int64_t left;

	if (c->fd > 0 || c->max > SHORT_MAX || call->bodylen > SHORT_MAX)
		call->stall_ms = CALL_MS;
	else
		call->timeout_ms = CALL_MS;
	if (s->until_ms == 0)
		return;
	left = s->until_ms - clock_mono_ms();
	if (call->timeout_ms == 0 || left < call->timeout_ms)
		call->timeout_ms = left < 1 ? 1 : left;
}

static enum outcome
try_once(struct s3 *s, struct arena *a, const struct s3_call *c,
    const char *payload, struct http_answer *out, enum code *code,
    const char **why)
{
	const struct s3_body *b = c->body;
	struct http_call call = { .method = c->method,
		.max = c->max,
		.fd = c->fd,
		.fd_max = c->fd_max };
	const char *path;

	path = path_of(s, a, c->key);
	call.url = arena_printf(a, "%s%s%s%s", s->base, path,
	    c->nquery == 0 ? "" : "?", s3_sign_query(a, c->query, c->nquery));
	call.headers = headers_of(s, a, c, path, payload);
	if (b != NULL) {
		call.body = b->p == NULL ? "" : b->p;
		call.bodylen = (size_t)b->len;
		call.body_fd = b->p == NULL && b->len > 0 ? b->fd : 0;
		call.body_at = b->at;
	}
	set_times(s, c, &call);
	if (http_do(s->http, a, &call, out, why) == 0)
		return judge(s, a, c, out, code, why);
	*code = http_too_large(s->http) ? CODE_RESOURCE_EXHAUSTED
					: CODE_UNAVAILABLE;
	return http_fault(s->http) == HTTP_FAULT_OTHER ? FAILED : AGAIN;
}

/* A pause that grows, and differs from that of others; false: no time. */
static bool
pause_before(const struct s3 *s, int try)
{
	struct timespec t;
	uint16_t r;
	int64_t ms;

	crypt_random(&r, sizeof(r));
	ms = (try == 1 ? PAUSE_MS : PAUSE_MS * 4);
	ms = ms / 2 + ms * r / 2 / UINT16_MAX;
	if (s->until_ms != 0 && clock_mono_ms() + ms >= s->until_ms)
		return false;
	t.tv_sec = ms / 1000;
	t.tv_nsec = ms % 1000 * 1000000;
	(void)nanosleep(&t, NULL);
	return true;
}

/* Takes back what a broken try left in the file. */
static bool
rewind_to(int fd, off_t start)
{
	if (fd <= 0)
		return true;
	return start != -1 && ftruncate(fd, start) == 0 &&
	    lseek(fd, start, SEEK_SET) == start;
}

enum code
s3_do(struct s3 *s, struct arena *a, const struct s3_call *c,
    struct http_answer *out)
{
	enum outcome outcome;
	const char *payload, *why;
	enum code code;
	off_t start;
	int try;

	if ((payload = hash_of(a, c->body)) == NULL)
		return CODE_UNAVAILABLE;
	start = c->fd > 0 ? lseek(c->fd, 0, SEEK_CUR) : -1;
	for (try = 1;; try++) {
		outcome = try_once(s, a, c, payload, out, &code, &why);
		if (outcome == DONE)
			return code;
		if (!rewind_to(c->fd, start) || outcome == FAILED ||
		    try == TRIES || !pause_before(s, try))
			break;
	}
	if (code != CODE_RESOURCE_EXHAUSTED)
		log_error("store: %s: %s", c->method, why);
	return code;
}

/* --- objects -------------------------------------------------------------- */

enum code
s3_put(struct s3 *s, const char *key, const char *type,
    const struct s3_body *body)
{
	struct s3_call call = { .method = "PUT",
		.key = key,
		.type = type,
		.body = body };
	struct http_answer answer;
	struct arena *a;
	enum code code;

	if (body->len > S3_WHOLE_MAX)
		return s3_multi_put(s, key, type, body);
	a = arena_new();
	code = s3_do(s, a, &call, &answer);
	arena_free(a);
	return code == CODE_NOT_FOUND ? CODE_UNAVAILABLE : code;
}

enum code
s3_get(struct s3 *s, struct arena *a, const char *key, size_t max, void **p,
    size_t *len)
{
	struct s3_call call = { .method = "GET", .key = key };
	struct http_answer answer;
	enum code code;

	call.max = max < ANSWER_MIN ? ANSWER_MIN : max;
	code = s3_do(s, a, &call, &answer);
	if (code != CODE_OK)
		return code;
	if (answer.len > max)
		return CODE_RESOURCE_EXHAUSTED;
	*p = (void *)(uintptr_t)answer.body;
	*len = answer.len;
	return CODE_OK;
}

enum code
s3_get_fd(struct s3 *s, const char *key, int fd, int64_t max, int64_t *len)
{
	struct s3_call call = { .method = "GET",
		.key = key,
		.fd = fd,
		.fd_max = max };
	struct http_answer answer;
	struct arena *a;
	enum code code;
	off_t start, end;

	start = lseek(fd, 0, SEEK_CUR);
	a = arena_new();
	code = s3_do(s, a, &call, &answer);
	arena_free(a);
	if (code != CODE_OK)
		return code;
	end = lseek(fd, 0, SEEK_CUR);
	*len = end - start;
	return CODE_OK;
}

enum code
s3_head(struct s3 *s, const char *key, int64_t *len)
{
	struct s3_call call = { .method = "HEAD", .key = key };
	struct http_answer answer;
	const char *text;
	struct arena *a;
	enum code code;

	a = arena_new();
	code = s3_do(s, a, &call, &answer);
	if (code == CODE_OK) {
		text = http_header(a, &answer, "content-length");
		if (text == NULL || !str_to_i64(text, 0, INT64_MAX, len))
			code = CODE_UNAVAILABLE;
	}
	arena_free(a);
	return code;
}

enum code
s3_copy(struct s3 *s, const char *from, const char *to)
{
	const struct s3_body nothing = { .p = "" };
	struct s3_call call = { .method = "PUT",
		.key = to,
		.from = from,
		.body = &nothing };
	struct http_answer answer;
	struct arena *a;
	enum code code;

	a = arena_new();
	code = s3_do(s, a, &call, &answer);
	arena_free(a);
	return code;
}

enum code
s3_delete(struct s3 *s, const char *key)
{
	struct s3_call call = { .method = "DELETE", .key = key };
	struct http_answer answer;
	struct arena *a;
	enum code code;

	a = arena_new();
	code = s3_do(s, a, &call, &answer);
	arena_free(a);
	return code == CODE_NOT_FOUND ? CODE_OK : code;
}

enum code
s3_list(struct s3 *s, struct arena *a, const char *prefix,
    const char *delimiter, struct s3_listing *out)
{
	struct s3_pair q[5] = { { "list-type", "2" }, { "prefix", prefix },
		{ "encoding-type", "url" } };
	struct s3_call call = { .method = "GET", .query = q };
	struct http_answer answer;
	struct arena *page;
	enum code code;
	size_t n;

	memset(out, 0, sizeof(*out));
	n = 3;
	if (delimiter != NULL)
		q[n++] = (struct s3_pair){ "delimiter", delimiter };
	do {
		call.nquery = n;
		if (out->next != NULL)
			q[call.nquery++] =
			    (struct s3_pair){ "continuation-token", out->next };
		page = arena_new();
		code = s3_do(s, page, &call, &answer);
		if (code == CODE_OK &&
		    s3_xml_listing(a, answer.body, answer.len, out) == -1) {
			log_error("store: %s: %s", s->base,
			    "the list cannot be read");
			code = CODE_UNAVAILABLE;
		}
		arena_free(page);
	} while (code == CODE_OK && out->next != NULL);
	return code;
}

/* --- signed URLs ---------------------------------------------------------- */

static char *
signed_url(struct s3 *s, struct arena *a, const char *key, struct s3_sign *sign,
    int64_t expires_at)
{
	int64_t now, seconds;

	now = clock_now_us() / 1000000;
	seconds = expires_at / 1000000 - now;
	if (seconds < 1) { /* one that is over already */
		now += seconds - 1;
		seconds = 1;
	}
	if (seconds > S3_EXPIRES_MAX)
		seconds = S3_EXPIRES_MAX;
	sign->at = now * 1000000;
	sign->path = path_of(s, a, key);
	return arena_printf(a, "%s%s?%s", s->base, sign->path,
	    s3_sign_url(a, &s->who, sign, seconds));
}

/* The parameters are those of the official client, so that both are equal. */
char *
s3_url_get(struct s3 *s, struct arena *a, const char *key,
    const char *disposition, int64_t expires_at)
{
	struct s3_pair q[] = { { "X-Amz-Content-Sha256", S3_UNSIGNED },
		{ "x-id", "GetObject" },
		{ "response-content-disposition", disposition } };
	struct s3_pair h[] = { { "host", s->host } };
	struct s3_sign sign = { .method = "GET",
		.query = q,
		.nquery = NITEMS(q),
		.headers = h,
		.nheaders = NITEMS(h) };

	return signed_url(s, a, key, &sign, expires_at);
}

char *
s3_url_put(struct s3 *s, struct arena *a, const char *key, const char *type,
    int64_t len, int64_t expires_at)
{
	struct s3_pair q[] = { { "X-Amz-Content-Sha256", S3_UNSIGNED },
		{ "x-id", "PutObject" } };
	struct s3_pair h[] = { { "content-length",
				   arena_printf(a, "%lld", (long long)len) },
		{ "content-type", type }, { "host", s->host } };
	struct s3_sign sign = { .method = "PUT",
		.query = q,
		.nquery = NITEMS(q),
		.headers = h,
		.nheaders = NITEMS(h) };

	return signed_url(s, a, key, &sign, expires_at);
}

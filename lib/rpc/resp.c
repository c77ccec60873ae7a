/*
 * Answers: status line, headers and body handed to req.c in one piece. HTTP
 * statuses exist here and in code_http() only. Never sends a header that could
 * end early: names and values are checked where they are set.
 */
#include "rpc/resp.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/log.h"
#include "rpc/deadline.h"
#include "rpc/meta.h"
#include "rpc/req_io.h"

#define WRITE_MS 60000

static bool
name_ok(const char *s)
{
	return *s != '\0' &&
	    s[strspn(s,
		"abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789-_.")] == '\0';
}

static void
put_header(struct buf *b, const char *name, const char *value)
{
	buf_puts(b, name);
	buf_put(b, ": ", 2);
	buf_puts(b, value);
	buf_put(b, "\r\n", 2);
}

/* On every answer's way, so without printf. */
static void
put_number(struct buf *b, const char *name, int64_t n)
{
	char digits[24];
	size_t at = sizeof(digits);

	digits[--at] = '\0';
	do {
		digits[--at] = (char)('0' + n % 10);
	} while ((n /= 10) > 0);
	put_header(b, name, digits + at);
}

void
resp_header(struct req *r, const char *name, const char *value)
{
	assert(name_ok(name) && meta_value_ok(value));
	put_header(req_head(r), name, value);
}

void
resp_reset(struct req *r)
{
	assert(req_stage(r) == REQ_UNANSWERED);
	buf_reset(req_head(r));
}

static bool
cookie_ok(const char *s)
{
	return meta_value_ok(s) && strpbrk(s, " \",;\\") == NULL;
}

void
resp_cookie(struct req *r, const struct resp_cookie *c)
{
	static const char *const same_site[] = {
		[RESP_LAX] = "Lax",
		[RESP_STRICT] = "Strict",
		[RESP_NONE] = "None",
	};
	struct buf *b;

	assert(name_ok(c->name) && cookie_ok(c->value));
	b = buf_new(r->mem);
	buf_printf(b, "%s=%s; Path=%s", c->name, c->value,
	    c->path == NULL ? "/" : c->path);
	if (!str_is_empty(c->domain))
		buf_printf(b, "; Domain=%s", c->domain);
	if (c->max_age > 0)
		buf_printf(b, "; Max-Age=%lld", (long long)c->max_age);
	else if (c->max_age < 0)
		buf_puts(b, "; Max-Age=0");
	buf_printf(b, "; SameSite=%s", same_site[c->same_site]);
	if (!c->script)
		buf_puts(b, "; HttpOnly");
	if (c->secure)
		buf_puts(b, "; Secure");
	resp_header(r, "Set-Cookie", buf_str(b));
}

/* Whether a header of that name was set; the head holds whole lines. */
static bool
has_header(const struct buf *head, const char *name)
{
	size_t len = strlen(name);
	const char *s;

	for (s = buf_str(head); *s != '\0'; s = strchr(s, '\n') + 1) {
		if (strncasecmp(s, name, len) == 0 && s[len] == ':')
			return true;
	}
	return false;
}

/* The status line goes first, so the whole head is made anew in the arena. */
static struct buf *
make_head(struct req *r, int status, const char *type, int64_t len)
{
	const struct buf *set = req_head(r);
	struct buf *b;

	b = buf_new(r->mem);
	buf_reserve(b, set->len + 1024);
	put_number(b, "Status", status);
	if (type != NULL)
		put_header(b, "Content-Type", type);
	if (len >= 0)
		put_number(b, "Content-Length", len);
	if (!has_header(set, "Cache-Control"))
		buf_puts(b, "Cache-Control: no-store\r\n");
	buf_puts(b, "X-Content-Type-Options: nosniff\r\n");
	put_header(b, "X-Request-Id", r->id);
	buf_put(b, set->data, set->len);
	buf_put(b, "\r\n", 2);
	return b;
}

static bool
has_body(int status)
{
	return status >= 200 && status != 204 && status != 304;
}

void
resp_pack(struct req *r, struct buf *out, int status, const char *type,
    const void *body, size_t len)
{
	struct buf *head;

	head = make_head(r, status, type, has_body(status) ? (int64_t)len : -1);
	buf_put(head, body, len);
	req_pack(r, out, head->data, head->len, true);
}

bool
resp_late(struct req *r)
{
	if (req_fd(r) == -1 || !deadline_stop())
		return false;
	req_set_stage(r, REQ_ANSWERED, 504);
	return true;
}

/* The timer has answered instead: nothing may follow. */
static bool
too_late(struct req *r)
{
	assert(req_stage(r) == REQ_UNANSWERED);
	if (resp_late(r))
		return true;
	if (req_fd(r) != -1)
		deadline_read(req_fd(r), clock_mono_ms() + WRITE_MS);
	return false;
}

void
resp_send(struct req *r, int status, const char *type, const void *body,
    size_t len)
{
	struct buf *head;

	if (too_late(r))
		return;
	head = make_head(r, status, type, has_body(status) ? (int64_t)len : -1);
	req_set_stage(r, REQ_ANSWERED, status);
	if (req_put(r, head, body, len, true) == -1)
		log_info("the client left before its answer");
}

void
resp_text(struct req *r, int status, const char *text)
{
	resp_send(r, status, "text/plain; charset=utf-8", text, strlen(text));
}

/* What no header can carry is encoded: an address may hold what was asked for. */
static const char *
header_address(struct req *r, const char *s)
{
	struct buf *b = buf_new(r->mem);

	for (; *s != '\0'; s++) {
		if ((unsigned char)*s <= ' ' || (unsigned char)*s > '~')
			buf_printf(b, "%%%02X", (unsigned)(unsigned char)*s);
		else
			buf_putc(b, *s);
	}
	return buf_str(b);
}

void
resp_redirect(struct req *r, int status, const char *location)
{
	resp_header(r, "Location", header_address(r, location));
	resp_send(r, status >= 300 && status < 400 ? status : 303, NULL, NULL,
	    0);
}

void
resp_begin(struct req *r, int status, const char *type, int64_t len)
{
	struct buf *head;

	if (too_late(r))
		return;
	head = make_head(r, status, type, len);
	req_set_stage(r, REQ_BEGUN, status);
	if (req_put(r, head, NULL, 0, false) == -1)
		req_set_stage(r, REQ_ANSWERED, status);
}

int
resp_write(struct req *r, const void *p, size_t len)
{
	if (req_stage(r) != REQ_BEGUN)
		return -1;
	if (req_fd(r) != -1)
		deadline_read(req_fd(r), clock_mono_ms() + WRITE_MS);
	if (len > 0 && req_put(r, NULL, p, len, false) == -1) {
		req_set_stage(r, REQ_ANSWERED, req_status(r));
		return -1;
	}
	return 0;
}

int
resp_end(struct req *r)
{
	if (req_stage(r) != REQ_BEGUN)
		return -1;
	req_set_stage(r, REQ_ANSWERED, req_status(r));
	return req_put(r, NULL, NULL, 0, true);
}

bool
resp_sent(const struct req *r)
{
	return req_stage(r) != REQ_UNANSWERED;
}

int
resp_status(const struct req *r)
{
	return req_status(r);
}

const char *
resp_captured(const struct req *r, size_t *len)
{
	const struct buf *b = req_capture(r);

	if (b == NULL)
		return NULL;
	if (len != NULL)
		*len = b->len;
	return buf_str(b);
}

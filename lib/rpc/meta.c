/*
 * Metadata and failures on the wire. Details are bounded to 4 KiB together
 * (E-5): what does not fit is left out whole.
 */
#include "rpc/meta.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "google/protobuf/any.pb.h"
#include "google/rpc/status.pb.h"
#include "net/crypt.h"
#include "rpc/pb.h"
#include "rpc/resp.h"

#define MAX_DETAILS ((size_t)4096)

bool
meta_name_ok(const char *name)
{
	static const char *const reserved[] = { "connect-", "grpc-", "trailer-",
		"content-", "accept-", "access-control-", "x-request-id" };
	static const char *const hop[] = { "connection", "host", "keep-alive",
		"proxy-connection", "set-cookie", "status", "te", "trailer",
		"transfer-encoding", "upgrade" };
	size_t i;

	if (*name == '\0' ||
	    name[strspn(name,
		"abcdefghijklmnopqrstuvwxyz"
		"0123456789-.")] != '\0')
		return false;
	for (i = 0; i < NITEMS(reserved); i++) {
		if (str_starts(name, reserved[i]))
			return false;
	}
	for (i = 0; i < NITEMS(hop); i++) {
		if (strcmp(name, hop[i]) == 0)
			return false;
	}
	return true;
}

bool
meta_value_ok(const char *value)
{
	for (; *value != '\0'; value++) {
		if ((unsigned char)*value < 0x20 ||
		    (unsigned char)*value > 0x7e)
			return false;
	}
	return true;
}

void
meta_send_headers(struct req *r)
{
	const struct req_meta *m;

	for (m = r->meta; m != NULL; m = m->next) {
		if (!m->trailer)
			resp_header(r, m->name, m->value);
	}
	if (r->code != CODE_OK && r->reason != NULL)
		resp_header(r, "Mirai-Error-Code", r->reason);
	if (r->code != CODE_OK && r->retry_after > 0)
		resp_header(r, "Retry-After",
		    arena_printf(r->mem, "%d", r->retry_after));
}

void
meta_send_trailers(struct req *r)
{
	const struct req_meta *m;
	const char *name;

	for (m = r->meta; m != NULL; m = m->next) {
		if (!m->trailer)
			continue;
		name = arena_printf(r->mem, "Trailer-%s", m->name);
		resp_header(r, name, m->value);
	}
}

void
meta_put_trailers(struct req *r, struct buf *b)
{
	const struct req_meta *m;

	for (m = r->meta; m != NULL; m = m->next) {
		if (m->trailer)
			buf_printf(b, "%s: %s\r\n", m->name, m->value);
	}
}

char *
meta_base64(struct arena *a, const void *p, size_t len)
{
	char *s = crypt_base64(a, p, len);

	s[strcspn(s, "=")] = '\0';
	return s;
}

void
meta_put_json(struct buf *b, const char *s)
{
	buf_putc(b, '"');
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			buf_putc(b, '\\');
		if (c < 0x20 || c == 0x7f)
			buf_printf(b, "\\u%04x", c);
		else
			buf_putc(b, (char)c);
	}
	buf_putc(b, '"');
}

/* A detail that is an Any already goes out as what it holds. */
static void
pack_detail(struct req *r, const struct req_detail *d, const char **type,
    struct pb_bytes *raw)
{
	const struct pb_any *any = d->msg;
	const char *slash;
	struct buf *b;

	if (d->desc == &pb_any_desc) {
		slash = strrchr(any->type_url, '/');
		*type = slash == NULL ? any->type_url : slash + 1;
		*raw = any->value;
		return;
	}
	b = buf_new(r->mem);
	pb_encode(b, d->desc, d->msg);
	*type = pb_name(d->desc);
	raw->data = (const uint8_t *)buf_str(b);
	raw->len = b->len;
}

/* One detail; false when it would make the list too long. */
static bool
put_detail(struct req *r, struct buf *b, const struct req_detail *d,
    size_t *left)
{
	struct buf *json = buf_new(r->mem);
	struct pb_error err;
	struct pb_bytes raw;
	const char *type;

	pack_detail(r, d, &type, &raw);
	if (raw.len > *left)
		return false;
	buf_printf(b, "%s{\"type\":\"%s\",\"value\":\"%s\"",
	    *left == MAX_DETAILS ? "" : ",", type,
	    meta_base64(r->mem, raw.data, raw.len));
	*left -= raw.len;
	if (d->desc != &pb_any_desc &&
	    pb_json_encode(r->mem, json, d->desc, d->msg, false, &err) == 0)
		buf_printf(b, ",\"debug\":%s", buf_str(json));
	buf_putc(b, '}');
	return true;
}

void
meta_put_error(struct req *r, struct buf *b)
{
	const struct req_detail *d;
	size_t left = MAX_DETAILS;

	buf_printf(b, "{\"code\":\"%s\"", code_name(r->code));
	if (!str_is_empty(r->message)) {
		buf_puts(b, ",\"message\":");
		meta_put_json(b, r->message);
	}
	if (r->details != NULL) {
		buf_puts(b, ",\"details\":[");
		for (d = r->details; d != NULL; d = d->next) {
			if (!put_detail(r, b, d, &left))
				break;
		}
		buf_putc(b, ']');
	}
	buf_putc(b, '}');
}

static void
fill_any(struct req *r, const struct req_detail *d, struct pb_any *any)
{
	const char *type;

	pack_detail(r, d, &type, &any->value);
	any->type_url = arena_printf(r->mem, "type.googleapis.com/%s", type);
}

bool
meta_put_status(struct req *r, struct buf *b)
{
	struct pb_status status = { .code = (int32_t)r->code,
		.message = r->message == NULL ? "" : r->message };
	const struct req_detail *d;
	size_t n = 0, left = MAX_DETAILS;

	if (r->details == NULL)
		return false;
	for (d = r->details; d != NULL; d = d->next)
		n++;
	status.details = arena_calloc(r->mem, n, sizeof(*status.details));
	for (d = r->details; d != NULL; d = d->next) {
		fill_any(r, d, &status.details[status.ndetails]);
		if (status.details[status.ndetails].value.len > left)
			break;
		left -= status.details[status.ndetails++].value.len;
	}
	pb_encode(b, &pb_status_desc, &status);
	return true;
}

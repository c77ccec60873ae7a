/*
 * ConformanceService: answers as the request asks and echoes what arrived
 * (spec rpc.md C-4). The only handler file of the conformance program; the
 * rest is the production library.
 */
#include "service.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "conformance/service.rpc.h"
#include "google/protobuf/any.pb.h"
#include "rpc/query.h"
#include "rpc/resp.h"
#include "rpc/stream.h"

#define TYPE_PREFIX "type.googleapis.com/"

static struct pb_any *
any_of(struct req *r, const struct pb_desc *d, const void *msg)
{
	struct pb_any *any = arena_zalloc(r->mem, sizeof(*any));
	struct buf *b = buf_new(r->mem);

	pb_encode(b, d, msg);
	any->type_url = arena_printf(r->mem, TYPE_PREFIX "%s", pb_name(d));
	any->value.data = (const uint8_t *)buf_str(b);
	any->value.len = b->len;
	return any;
}

static void
set_header(struct req *r, struct pb_header *h, const char *name,
    const char *value)
{
	h->name = name;
	h->value = arena_alloc(r->mem, sizeof(*h->value));
	h->value[0] = value;
	h->nvalue = 1;
}

static void
echo_headers(struct req *r, struct pb_conformance_payload_request_info *info)
{
	const char *name, *value;
	size_t i, n = 0;

	while (req_header_at(r, n, &name, &value))
		n++;
	info->request_headers =
	    arena_calloc(r->mem, n, sizeof(*info->request_headers));
	for (i = 0; i < n && req_header_at(r, i, &name, &value); i++)
		set_header(r, &info->request_headers[i], name, value);
	info->nrequest_headers = n;
}

static void
echo_query(struct req *r, struct pb_conformance_payload_request_info *info)
{
	struct pb_conformance_payload_connect_get_info *get;
	const char *text = r->query;
	struct query_pair p;
	size_t len, n = 0;

	if (strcmp(r->method, "GET") != 0)
		return;
	get = arena_zalloc(r->mem, sizeof(*get));
	while (query_next(&text, &p))
		n++;
	get->query_params = arena_calloc(r->mem, n, sizeof(*get->query_params));
	for (text = r->query; query_next(&text, &p);)
		set_header(r, &get->query_params[get->nquery_params++],
		    query_decode(r->mem, p.name, p.namelen, true, &len),
		    query_decode(r->mem, p.value, p.valuelen, true, &len));
	info->connect_get_info = get;
}

static struct pb_conformance_payload_request_info *
echo(struct req *r, const struct pb_desc *d, const void *in)
{
	struct pb_conformance_payload_request_info *info;

	info = arena_zalloc(r->mem, sizeof(*info));
	echo_headers(r, info);
	echo_query(r, info);
	if (req_header(r, "connect-timeout-ms") != NULL ||
	    req_header(r, "grpc-timeout") != NULL) {
		info->has_timeout_ms = true;
		info->timeout_ms = r->deadline_ms - clock_mono_ms();
	}
	info->requests = any_of(r, d, in);
	info->nrequests = 1;
	return info;
}

static void
send_headers(struct req *r, const struct pb_header *h, size_t n, bool trailer)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		for (k = 0; k < h[i].nvalue; k++) {
			const char *name = str_lower(r->mem, h[i].name);

			if (trailer)
				req_set_trailer(r, name, h[i].value[k]);
			else
				req_set_header(r, name, h[i].value[k]);
		}
	}
}

/* Sleeps through signals: the deadline must not depend on the handler. */
static void
delay(uint32_t ms)
{
	struct timespec ts = { .tv_sec = ms / 1000,
		.tv_nsec = (long)(ms % 1000) * 1000000 };

	while (nanosleep(&ts, &ts) == -1 && errno == EINTR)
		continue;
}

static void
add_detail(struct req *r, const struct pb_any *any)
{
	struct req_detail *d = arena_zalloc(r->mem, sizeof(*d)), **end;

	d->desc = &pb_any_desc;
	d->msg = any;
	for (end = &r->details; *end != NULL; end = &(*end)->next)
		continue;
	*end = d;
}

/* The error asked for, with the echo, if any, as a further detail. */
static enum code
fail(struct req *r, const struct pb_error_message *e,
    const struct pb_conformance_payload_request_info *info)
{
	enum code code = (enum code)e->code;
	size_t i;

	req_fail_verbatim(r, code, "%s", e->message == NULL ? "" : e->message);
	for (i = 0; i < e->ndetails; i++)
		add_detail(r, &e->details[i]);
	if (info != NULL)
		add_detail(r,
		    any_of(r, &pb_conformance_payload_request_info_desc, info));
	return code;
}

static enum code
answer(struct req *r, const struct pb_unary_response_definition *def,
    struct pb_conformance_payload_request_info *info,
    struct pb_conformance_payload **out)
{
	*out = arena_zalloc(r->mem, sizeof(**out));
	(*out)->request_info = info;
	if (def == NULL)
		return CODE_OK;
	send_headers(r, def->response_headers, def->nresponse_headers, false);
	send_headers(r, def->response_trailers, def->nresponse_trailers, true);
	if (def->response_delay_ms > 0)
		delay(def->response_delay_ms);
	if (def->which_response == PB_UNARY_RESPONSE_DEFINITION_RESPONSE_ERROR)
		return fail(r, def->error, info);
	(*out)->data = def->response_data;
	return CODE_OK;
}

enum code
conformance_unary(struct req *r, const struct pb_unary_request *in,
    struct pb_unary_response *out)
{
	return answer(r, in->response_definition,
	    echo(r, &pb_unary_request_desc, in), &out->payload);
}

enum code
conformance_idempotent_unary(struct req *r,
    const struct pb_idempotent_unary_request *in,
    struct pb_idempotent_unary_response *out)
{
	return answer(r, in->response_definition,
	    echo(r, &pb_idempotent_unary_request_desc, in), &out->payload);
}

enum code
conformance_server_stream(struct req *r,
    const struct pb_server_stream_request *in,
    struct pb_server_stream_response *out)
{
	const struct pb_stream_response_definition *def =
	    in->response_definition;
	struct pb_conformance_payload_request_info *info;
	enum code code = CODE_OK;
	size_t i;

	info = echo(r, &pb_server_stream_request_desc, in);
	if (def == NULL)
		return CODE_OK;
	send_headers(r, def->response_headers, def->nresponse_headers, false);
	send_headers(r, def->response_trailers, def->nresponse_trailers, true);
	if (def->nresponse_data > 0)
		code = rpc_stream_open(r);
	for (i = 0; code == CODE_OK && i < def->nresponse_data; i++) {
		delay(def->response_delay_ms);
		out->payload = arena_zalloc(r->mem, sizeof(*out->payload));
		out->payload->data = def->response_data[i];
		/* Only the first message echoes (C-5). */
		out->payload->request_info = i == 0 ? info : NULL;
		code = rpc_stream_send(r, out);
	}
	if (code != CODE_OK || def->error == NULL)
		return code;
	return fail(r, def->error, i == 0 ? info : NULL);
}

static void
serve(struct req *r)
{
	static const struct rpc_service *const services[] = {
		&conformance_service,
		NULL,
	};

	rpc_serve(r, services);
}

const struct pool_program service_program = {
	.name = "conformance",
	.serve = serve,
};

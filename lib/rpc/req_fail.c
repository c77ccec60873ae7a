/*
 * Failures: code, text and details of a request. The last one set wins, so a
 * caller may put a better text over what failed below. Texts come from our
 * source; values of users and libraries never enter them.
 */
#include <stdarg.h>

#include "base/log.h"
#include "db/db.h"
#include "google/protobuf/duration.pb.h"
#include "google/rpc/error_details.pb.h"
#include "rpc/pb.h"
#include "rpc/req.h"

#define DOMAIN "mirai.v1"

void
req_fail_detail(struct req *r, const struct pb_desc *desc, const void *msg)
{
	struct req_detail *d, **end;

	d = arena_zalloc(r->mem, sizeof(*d));
	d->desc = desc;
	d->msg = msg;
	for (end = &r->details; *end != NULL; end = &(*end)->next)
		continue;
	*end = d;
}

void
req_fail_because(struct req *r, const char *reason)
{
	struct pb_error_info *info;

	r->reason = reason;
	info = arena_zalloc(r->mem, sizeof(*info));
	info->reason = reason;
	info->domain = DOMAIN;
	req_fail_detail(r, &pb_error_info_desc, info);
}

static void
set(struct req *r, enum code code, const char *reason, const char *text)
{
	r->code = code;
	r->message = text;
	r->reason = NULL;
	r->details = NULL;
	r->retry_after = 0;
	if (reason != NULL)
		req_fail_because(r, reason);
}

static void set_va(struct req *, enum code, const char *, const char *, va_list)
    PRINTF_LIKE(4, 0);

/* What goes wrong inside is no business of the client, but it needs an id. */
static void
set_va(struct req *r, enum code code, const char *reason, const char *fmt,
    va_list ap)
{
	const char *text = arena_vprintf(r->mem, fmt, ap);

	if (code == CODE_INTERNAL || code == CODE_UNKNOWN) {
		log_error("%s", text);
		text = arena_printf(r->mem,
		    "something went wrong on our side (request %s)", r->id);
		if (reason == NULL)
			reason = "INTERNAL_ERROR";
	} else if (code == CODE_UNAVAILABLE) {
		text = arena_printf(r->mem, "%s (request %s)", text, r->id);
	}
	set(r, code, reason, text);
}

enum code
req_fail(struct req *r, enum code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_va(r, code, NULL, fmt, ap);
	va_end(ap);
	return code;
}

enum code
req_fail_verbatim(struct req *r, enum code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(r, code, NULL, arena_vprintf(r->mem, fmt, ap));
	va_end(ap);
	return code;
}

enum code
req_fail_reason(struct req *r, enum code code, const char *reason,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_va(r, code, reason, fmt, ap);
	va_end(ap);
	return code;
}

enum code
req_fail_forbidden(struct req *r, const char *text)
{
	return req_fail_reason(r, CODE_PERMISSION_DENIED, "AUTH_FORBIDDEN",
	    "%s", text);
}

static void fail_field(struct req *, const char *, const char *, const char *,
    va_list) PRINTF_LIKE(4, 0);

static void
fail_field(struct req *r, const char *reason, const char *field,
    const char *fmt, va_list ap)
{
	struct pb_bad_request_field_violation *v;
	struct pb_bad_request *bad;

	set_va(r, CODE_INVALID_ARGUMENT, reason, fmt, ap);
	v = arena_zalloc(r->mem, sizeof(*v));
	v->field = field;
	v->description = r->message;
	bad = arena_zalloc(r->mem, sizeof(*bad));
	bad->field_violations = v;
	bad->nfield_violations = 1;
	req_fail_detail(r, &pb_bad_request_desc, bad);
	r->message = arena_printf(r->mem, "%s %s", field, v->description);
}

enum code
req_fail_field(struct req *r, const char *field, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fail_field(r, "VALIDATION_INVALID_INPUT", field, fmt, ap);
	va_end(ap);
	return CODE_INVALID_ARGUMENT;
}

static void missing(struct req *, const char *, const char *, ...)
    PRINTF_LIKE(3, 4);

static void
missing(struct req *r, const char *field, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fail_field(r, "VALIDATION_MISSING_REQUIRED", field, fmt, ap);
	va_end(ap);
}

enum code
req_fail_missing(struct req *r, const char *field, const char *rule)
{
	missing(r, field, "%s", rule);
	return CODE_INVALID_ARGUMENT;
}

enum code
req_fail_retry(struct req *r, enum code code, const char *reason, int seconds,
    const char *fmt, ...)
{
	struct pb_retry_info *retry;
	va_list ap;

	va_start(ap, fmt);
	set_va(r, code, reason, fmt, ap);
	va_end(ap);
	retry = arena_zalloc(r->mem, sizeof(*retry));
	retry->retry_delay = arena_zalloc(r->mem, sizeof(*retry->retry_delay));
	retry->retry_delay->seconds = seconds;
	req_fail_detail(r, &pb_retry_info_desc, retry);
	r->retry_after = seconds;
	return code;
}

enum code
req_fail_quota(struct req *r, const char *subject, const char *fmt, ...)
{
	struct pb_quota_failure_violation *v;
	struct pb_quota_failure *quota;
	va_list ap;

	va_start(ap, fmt);
	set_va(r, CODE_RESOURCE_EXHAUSTED, NULL, fmt, ap);
	va_end(ap);
	v = arena_zalloc(r->mem, sizeof(*v));
	v->subject = subject;
	v->description = r->message;
	quota = arena_zalloc(r->mem, sizeof(*quota));
	quota->violations = v;
	quota->nviolations = 1;
	req_fail_detail(r, &pb_quota_failure_desc, quota);
	return CODE_RESOURCE_EXHAUSTED;
}

enum code
req_fail_db(struct req *r)
{
	static const struct {
		enum code code;
		const char *reason;
		const char *text;
	} rows[] = {
		[DB_FAULT_NONE] = { CODE_INTERNAL, NULL,
		    "a failed call found no fault in the database" },
		[DB_FAULT_UNIQUE] = { CODE_ALREADY_EXISTS, NULL,
		    "it exists already" },
		[DB_FAULT_FOREIGN_KEY] = { CODE_FAILED_PRECONDITION, NULL,
		    "something it refers to does not exist" },
		[DB_FAULT_CHECK] = { CODE_INVALID_ARGUMENT,
		    "VALIDATION_INVALID_INPUT", "a value is out of range" },
		[DB_FAULT_TIMEOUT] = { CODE_DEADLINE_EXCEEDED, NULL,
		    "time is up" },
		[DB_FAULT_RETRY] = { CODE_ABORTED, NULL,
		    "another change came first; try again" },
		[DB_FAULT_READ_ONLY] = { CODE_INTERNAL, NULL,
		    "a read method tried to write" },
		[DB_FAULT_LOST] = { CODE_UNAVAILABLE, NULL,
		    "the database does not answer" },
		[DB_FAULT_UNKNOWN_OUTCOME] = { CODE_UNKNOWN, NULL,
		    "the connection was lost during COMMIT" },
		[DB_FAULT_OTHER] = { CODE_INTERNAL, NULL,
		    "the database failed" },
	};
	enum db_fault f = db_fault(r->db);

	return req_fail_reason(r, rows[f].code, rows[f].reason, "%s",
	    rows[f].text);
}

void
req_unfail(struct req *r)
{
	r->code = CODE_OK;
	r->message = NULL;
	r->reason = NULL;
	r->details = NULL;
	r->retry_after = 0;
}

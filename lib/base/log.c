/*
 * Log lines are built whole and written with one write(2), so lines of
 * several processes never mix.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"

static const char *program = "mirai";
static enum log_form form = LOG_FORM_PLAIN;
static enum log_level least = LOG_LEVEL_INFO;
static const char *request_id;

static const char *const level_names[] = {
	[LOG_LEVEL_DEBUG] = "debug",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_WARN] = "warn",
	[LOG_LEVEL_ERROR] = "error",
};

void
log_open(const char *name, enum log_form f, enum log_level l)
{
	program = name;
	form = f;
	least = l;
}

void
log_request(const char *id)
{
	request_id = id;
}

static void
put_json_text(struct buf *b, const char *s)
{
	buf_putc(b, '"');
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\') {
			buf_putc(b, '\\');
			buf_putc(b, (char)c);
		} else if (c < 0x20 || c == 0x7f) {
			buf_printf(b, "\\u%04x", c);
		} else {
			buf_putc(b, (char)c);
		}
	}
	buf_putc(b, '"');
}

static void
write_line(struct buf *b)
{
	buf_putc(b, '\n');
	/* A full disk or a closed pipe must not end a request. */
	if (write(STDERR_FILENO, b->data, b->len) == -1)
		return;
}

static void
put_stamp(struct buf *b, enum log_level level)
{
	struct timespec now;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	buf_printf(b,
	    "{\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\","
	    "\"level\":\"%s\",\"program\":\"%s\",\"pid\":%d",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec, (int)(now.tv_nsec / 1000000), level_names[level],
	    program, (int)getpid());
	if (request_id != NULL) {
		buf_puts(b, ",\"request_id\":");
		put_json_text(b, request_id);
	}
}

void
log_event(enum log_level level, const char *msg, const char *json)
{
	struct buf b = BUF_INIT;

	if (level < least)
		return;
	buf_reserve(&b, 511);
	if (form == LOG_FORM_JSON) {
		put_stamp(&b, level);
		buf_puts(&b, ",\"msg\":");
		put_json_text(&b, msg);
		if (json != NULL && *json != '\0') {
			buf_putc(&b, ',');
			buf_puts(&b, json);
		}
		buf_putc(&b, '}');
	} else {
		buf_printf(&b, "%s: %s", program, msg);
		if (json != NULL && *json != '\0')
			buf_printf(&b, " {%s}", json);
	}
	write_line(&b);
	buf_free(&b);
}

static void log_va(enum log_level level, const char *fmt, va_list ap)
    PRINTF_LIKE(2, 0);

static void
log_va(enum log_level level, const char *fmt, va_list ap)
{
	struct buf b = BUF_INIT;

	if (level < least)
		return;
	buf_vprintf(&b, fmt, ap);
	log_event(level, buf_str(&b), NULL);
	buf_free(&b);
}

void
log_debug(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_va(LOG_LEVEL_DEBUG, fmt, ap);
	va_end(ap);
}

void
log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_va(LOG_LEVEL_INFO, fmt, ap);
	va_end(ap);
}

void
log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_va(LOG_LEVEL_WARN, fmt, ap);
	va_end(ap);
}

void
log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_va(LOG_LEVEL_ERROR, fmt, ap);
	va_end(ap);
}

const char *
log_mask_email(const char *email)
{
	static char out[320];
	const char *at;

	if (email == NULL || (at = strchr(email, '@')) == NULL || at == email)
		return "***";
	snprintf(out, sizeof(out), "%c***%.300s", email[0], at);
	return out;
}

/*
 * The log: one JSON line per event on standard error (servers) or plain
 * "program: text" lines (commands and cron). Log once, where the cause is
 * known. Never a password, token, cookie, request body or full address.
 */
#ifndef MIRAI_BASE_LOG_H
#define MIRAI_BASE_LOG_H

#include "base/xmalloc.h"

enum log_level {
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARN,
	LOG_LEVEL_ERROR
};

enum log_form {
	LOG_FORM_PLAIN,
	LOG_FORM_JSON
};

/* Before the first line; program is kept, not copied. */
void log_open(const char *program, enum log_form form, enum log_level least);

/* The request id put on every line until the next call; NULL for none. */
void log_request(const char *id);

void log_debug(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_info(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_warn(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_error(const char *fmt, ...) PRINTF_LIKE(1, 2);

/*
 * A line with members of the caller's making: json is a list of members
 * ("\"code\":\"ok\",\"ms\":3") that is already valid JSON.
 */
void log_event(enum log_level level, const char *msg, const char *json);

/* An e-mail address as j***@example.com in a static buffer. */
const char *log_mask_email(const char *email);

#endif

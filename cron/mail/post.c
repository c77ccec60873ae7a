/*
 * The ways mails leave, chosen once by the configuration. What a way says of a
 * failure names servers and numbers, never what the mail holds.
 */
#include "post.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "net/http.h"
#include "net/json.h"

#define HEADERS_MAX 16
#define ANSWER_MAX  ((size_t)64 * 1024)

enum way {
	WAY_SMTP,
	WAY_HTTP,
	WAY_MAILDIR,
	WAY__MAX
};

static const char *const way_names[] = { "smtp", "http", "maildir" };

struct post {
	struct arena *mem;
	struct http *http;
	enum way way;
	struct mail_smtp *smtp;
	const char *url; /* WAY_HTTP */
	const char *authorization;
	const char *dir; /* WAY_MAILDIR */
	const char *from;
	const char *from_name;
	const char *headers[HEADERS_MAX + 1];
	int64_t timeout_ms;
};

/* --- settings -------------------------------------------------------------- */

static int
read_way(struct post *p, const struct conf *conf)
{
	const char *s = conf_text(conf, "courier.delivery_strategy");
	int i;

	if (str_is_empty(s))
		s = str_is_empty(conf_text(conf, "courier.smtp.connection_uri"))
		    ? "maildir"
		    : "smtp";
	for (i = 0; i < WAY__MAX; i++) {
		if (str_eq(s, way_names[i])) {
			p->way = (enum way)i;
			return 0;
		}
	}
	log_error("courier.delivery_strategy: not smtp, http or maildir");
	return -1;
}

static int
read_smtp(struct post *p, const struct conf *conf)
{
	const char *uri = conf_text(conf, "courier.smtp.connection_uri");
	const char *why = "not set";

	p->smtp = str_is_empty(uri) ? NULL : mail_smtp_parse(p->mem, uri, &why);
	if (p->smtp == NULL) {
		log_error("courier.smtp.connection_uri: %s", why);
		return -1;
	}
	p->smtp->timeout_ms = p->timeout_ms;
	if (p->smtp->user != NULL && !p->smtp->starttls &&
	    str_starts(p->smtp->url, "smtp:"))
		log_warn("courier.smtp.connection_uri: the password travels in "
			 "the clear");
	return 0;
}

static int
read_http(struct post *p, const struct conf *conf)
{
	const char *auth = conf_text(conf, "courier.http.authorization");

	p->url = conf_text(conf, "courier.http.url");
	if (p->url == NULL) {
		log_error("courier.http.url: not set");
		return -1;
	}
	if (auth != NULL)
		p->authorization =
		    arena_printf(p->mem, "Authorization: %s", auth);
	return 0;
}

static void
read_maildir(struct post *p, const struct conf *conf)
{
	p->dir = conf_text(conf, "courier.maildir");
	if (str_is_empty(p->dir))
		p->dir = arena_printf(p->mem, "%s/mail",
		    conf_text(conf, "state.dir"));
}

static int
read_from(struct post *p, const struct conf *conf)
{
	const char *host = strstr(conf_text(conf, "url.app"), "://") + 3;

	p->from_name = conf_text(conf, "courier.smtp.from_name");
	p->from = conf_text(conf, "courier.smtp.from_address");
	if (str_is_empty(p->from))
		p->from = arena_printf(p->mem, "no-reply@%.*s",
		    (int)strcspn(host, ":/"), host);
	if (mail_is_address(p->from))
		return 0;
	log_error("courier.smtp.from_address: not a bare address");
	return -1;
}

/* "Name: value; Name: value". */
static int
read_headers(struct post *p, const struct conf *conf)
{
	const char *s = conf_text(conf, "courier.smtp.headers"), *one;
	size_t n = 0, len;

	for (; s != NULL && *s != '\0'; s += len + (s[len] == ';')) {
		len = strcspn(s, ";");
		one = str_trim(p->mem, arena_strndup(p->mem, s, len));
		if (*one == '\0')
			continue;
		if (n == HEADERS_MAX || !mail_is_header(one)) {
			log_error("courier.smtp.headers: one that cannot be "
				  "added");
			return -1;
		}
		p->headers[n++] = one;
	}
	return 0;
}

static int
read_settings(struct post *p, const struct conf *conf)
{
	p->timeout_ms = conf_int(conf, "courier.timeout") * 1000;
	if (read_from(p, conf) == -1 || read_headers(p, conf) == -1 ||
	    read_way(p, conf) == -1)
		return -1;
	if (p->way == WAY_SMTP)
		return read_smtp(p, conf);
	if (p->way == WAY_HTTP)
		return read_http(p, conf);
	read_maildir(p, conf);
	return 0;
}

struct post *
post_open(const struct conf *conf)
{
	struct post *p;

	p = xcalloc(1, sizeof(*p));
	p->mem = arena_new();
	p->http = http_open();
	if (p->http == NULL)
		log_error("libcurl does not start");
	if (p->http != NULL && read_settings(p, conf) == 0)
		return p;
	post_close(p);
	return NULL;
}

void
post_close(struct post *p)
{
	if (p == NULL)
		return;
	http_close(p->http);
	arena_free(p->mem);
	free(p);
}

/* --- delivery -------------------------------------------------------------- */

static const char *
http_body(struct post *p, struct arena *a, const struct courier_work *w,
    const struct letter *letter)
{
	struct json *o = json_new_object(a);

	json_put_text(o, "id", w->id);
	json_put_text(o, "template_type", w->type);
	json_put_text(o, "from", p->from);
	json_put_text(o, "from_name", p->from_name);
	json_put_text(o, "recipient", w->to);
	json_put_text(o, "subject", letter->subject);
	json_put_text(o, "body", letter->text);
	json_put_text(o, "html", letter->html);
	return json_string(a, o, JSON_COMPACT);
}

/* Refusals that the same request will always meet. */
static bool
is_final(int status)
{
	return status == 400 || status == 413 || status == 422;
}

static enum mail_end
by_http(struct post *p, struct arena *a, const struct courier_work *w,
    const struct letter *letter, const char **error)
{
	const char *headers[] = { "Content-Type: application/json",
		arena_printf(a, "Idempotency-Key: %s", w->id), p->authorization,
		NULL };
	struct http_call call = { .url = p->url, .headers = headers };
	struct http_answer answer;

	call.body = http_body(p, a, w, letter);
	call.bodylen = strlen(call.body);
	call.timeout_ms = p->timeout_ms;
	call.max = ANSWER_MAX;
	if (http_do(p->http, a, &call, &answer, error) == -1)
		return MAIL_AGAIN;
	if (answer.status >= 200 && answer.status < 300)
		return MAIL_SENT;
	*error = arena_printf(a, "courier.http.url answered %d", answer.status);
	return is_final(answer.status) ? MAIL_REFUSED : MAIL_AGAIN;
}

enum mail_end
post_send(struct post *p, struct arena *a, const struct courier_work *w,
    const struct letter *letter, const char **error)
{
	struct mail m = {
		.from = p->from,
		.from_name = p->from_name,
		.to = w->to,
		.subject = letter->subject,
		.text = letter->text,
		.html = letter->html,
		.id = w->id,
		.date_us = w->created_us,
		.headers = p->headers,
	};
	struct buf *b;

	if (p->way == WAY_HTTP)
		return by_http(p, a, w, letter, error);
	b = buf_new(a);
	if (mail_build(b, &m) == -1) {
		*error = "no message can be made of it";
		return MAIL_REFUSED;
	}
	if (p->way == WAY_SMTP)
		return mail_send(p->http, a, p->smtp, &m, b, error);
	return mail_store(a, p->dir, &m, b, error);
}

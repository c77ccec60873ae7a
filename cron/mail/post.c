/*
 * The ways mails leave, chosen once by the configuration. What a way says of a
 * failure names servers and numbers, never what the mail holds.
 */
#include "post.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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
	size_t nheaders;
	int64_t timeout_ms;
};

/* --- settings -------------------------------------------------------------- */

static int
way_by_name(struct post *p, const char *s)
{
	int i;

	for (i = 0; i < WAY__MAX; i++) {
		if (str_eq(s, way_names[i])) {
			p->way = (enum way)i;
			return 0;
		}
	}
	log_error("courier.delivery_strategy: not smtp, http or maildir");
	return -1;
}

static void
warn_clear(const struct post *p, const char *key)
{
	if (p->smtp->user != NULL && str_starts(p->smtp->url, "smtp:") &&
	    !(p->smtp->starttls && !p->smtp->may_plain) && !p->smtp->local)
		log_warn("%s: the password travels in the clear", key);
}

/* courier.smtp.connection_uri */
static int
read_uri(struct post *p, const struct conf *conf)
{
	const char *uri = conf_text(conf, "courier.smtp.connection_uri");
	const char *why = "not set";

	p->smtp = str_is_empty(uri) ? NULL : mail_smtp_parse(p->mem, uri, &why);
	if (p->smtp == NULL) {
		log_error("courier.smtp.connection_uri: %s", why);
		return -1;
	}
	p->smtp->timeout_ms = p->timeout_ms;
	warn_clear(p, "courier.smtp.connection_uri");
	return 0;
}

static const char *
text_or_null(const struct conf *conf, const char *key)
{
	const char *s = conf_text(conf, key);

	return str_is_empty(s) ? NULL : s;
}

/* smtp.host and what goes with it */
static int
read_host(struct post *p, const struct conf *conf)
{
	p->way = WAY_SMTP;
	p->smtp = mail_smtp_host(p->mem, conf_text(conf, "smtp.host"),
	    conf_int(conf, "smtp.port"), text_or_null(conf, "smtp.username"),
	    conf_text(conf, "smtp.password"),
	    conf_bool(conf, "smtp.allow_plaintext"));
	if (p->smtp == NULL) {
		log_error("smtp.host: not a host name or address");
		return -1;
	}
	p->smtp->timeout_ms = p->timeout_ms;
	warn_clear(p, "smtp.host");
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

/* No way is set: said when the Maildir is made, so once. */
static void
read_no_way(struct post *p, const struct conf *conf, bool dry)
{
	read_maildir(p, conf);
	p->way = WAY_MAILDIR;
	if (!dry && mkdir(p->dir, 0700) == 0 &&
	    str_is_empty(conf_text(conf, "courier.maildir")))
		log_warn("no mail server is set: mails are kept in %s", p->dir);
}

static int
read_courier(struct post *p, const struct conf *conf)
{
	const char *s = conf_text(conf, "courier.delivery_strategy");

	p->way = WAY_SMTP;
	if (!str_is_empty(s) && way_by_name(p, s) == -1)
		return -1;
	if (p->way == WAY_SMTP)
		return read_uri(p, conf);
	if (p->way == WAY_HTTP)
		return read_http(p, conf);
	read_maildir(p, conf);
	return 0;
}

/* Its own settings, else those of the other, else the Maildir. */
static int
read_way(struct post *p, const struct conf *conf, enum post_whose whose,
    bool dry)
{
	bool host = text_or_null(conf, "smtp.host") != NULL;
	bool courier =
	    text_or_null(conf, "courier.delivery_strategy") != NULL ||
	    text_or_null(conf, "courier.smtp.connection_uri") != NULL;

	if (host && (whose == POST_APP || !courier))
		return read_host(p, conf);
	if (courier)
		return read_courier(p, conf);
	read_no_way(p, conf, dry);
	return 0;
}

static int
read_from(struct post *p, const struct conf *conf, enum post_whose whose)
{
	static const char *const keys[] = { "courier.smtp.from_address",
		"smtp.from" };
	const char *host = strstr(conf_text(conf, "url.app"), "://") + 3;
	const char *key = keys[whose == POST_APP ? 1 : 0];

	if (text_or_null(conf, key) == NULL)
		key = keys[whose == POST_APP ? 0 : 1];
	p->from_name = conf_text(conf, "courier.smtp.from_name");
	p->from = conf_text(conf, key);
	if (str_is_empty(p->from))
		p->from = arena_printf(p->mem, "no-reply@%.*s",
		    (int)strcspn(host, ":/"), host);
	if (mail_is_address(p->from))
		return 0;
	log_error("%s: not a bare address", key);
	return -1;
}

/* "Name: value; Name: value". */
static int
read_headers(struct post *p, const struct conf *conf)
{
	const char *s = conf_text(conf, "courier.smtp.headers"), *one;
	size_t len;

	for (; s != NULL && *s != '\0'; s += len + (s[len] == ';')) {
		len = strcspn(s, ";");
		one = str_trim(p->mem, arena_strndup(p->mem, s, len));
		if (*one == '\0')
			continue;
		if (p->nheaders == HEADERS_MAX || !mail_is_header(one)) {
			log_error("courier.smtp.headers: one that cannot be "
				  "added");
			return -1;
		}
		p->headers[p->nheaders++] = one;
	}
	return 0;
}

struct post *
post_open(const struct conf *conf, enum post_whose whose, bool dry)
{
	struct post *p;

	p = xcalloc(1, sizeof(*p));
	p->mem = arena_new();
	p->timeout_ms = conf_int(conf, "courier.timeout") * 1000;
	p->http = http_open();
	if (p->http == NULL)
		log_error("libcurl does not start");
	if (p->http != NULL && read_from(p, conf, whose) == 0 &&
	    read_headers(p, conf) == 0 && read_way(p, conf, whose, dry) == 0)
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
http_body(struct post *p, struct arena *a, const struct post_mail *m)
{
	struct json *o = json_new_object(a);

	json_put_text(o, "id", m->id);
	json_put_text(o, "template_type", m->type);
	json_put_text(o, "from", p->from);
	json_put_text(o, "from_name", p->from_name);
	json_put_text(o, "recipient", m->to);
	json_put_text(o, "reply_to", m->reply_to);
	json_put_text(o, "subject", m->letter->subject);
	json_put_text(o, "body", m->letter->text);
	json_put_text(o, "html", m->letter->html);
	return json_string(a, o, JSON_COMPACT);
}

/* Refusals that the same request will always meet. */
static bool
is_final(int status)
{
	return status == 400 || status == 413 || status == 422;
}

static enum mail_end
by_http(struct post *p, struct arena *a, const struct post_mail *m,
    const char **error)
{
	const char *headers[] = { "Content-Type: application/json",
		arena_printf(a, "Idempotency-Key: %s", m->id), p->authorization,
		NULL };
	struct http_call call = { .url = p->url, .headers = headers };
	struct http_answer answer;

	call.body = http_body(p, a, m);
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

/* The headers of the configuration and that of the mail. */
static const char *const *
all_headers(struct post *p, struct arena *a, const struct post_mail *m)
{
	const char **list, *reply;

	list = arena_calloc(a, p->nheaders + 2, sizeof(*list));
	memcpy(list, p->headers, p->nheaders * sizeof(*list));
	if (m->reply_to == NULL)
		return list;
	reply = arena_printf(a, "Reply-To: <%s>", m->reply_to);
	if (mail_is_header(reply))
		list[p->nheaders] = reply;
	return list;
}

enum mail_end
post_send(struct post *p, struct arena *a, const struct post_mail *m,
    const char **error)
{
	struct mail mail = {
		.from = p->from,
		.from_name = p->from_name,
		.to = m->to,
		.subject = m->letter->subject,
		.text = m->letter->text,
		.html = m->letter->html,
		.id = m->id,
		.date_us = m->created_us,
		.headers = all_headers(p, a, m),
	};
	struct buf *b;

	if (p->way == WAY_HTTP)
		return by_http(p, a, m, error);
	b = buf_new(a);
	if (mail_build(b, &mail) == -1) {
		*error = "no message can be made of it";
		return MAIL_REFUSED;
	}
	if (p->way == WAY_SMTP)
		return mail_send(p->http, a, p->smtp, &mail, b, error);
	return mail_store(a, p->dir, &mail, b, error);
}

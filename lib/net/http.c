/*
 * libcurl, made plain. What comes back lives in the caller's arena; a body
 * over the bound ends the transfer, it is never cut.
 */
#include "net/http.h"

#include <curl/curl.h>

#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/str.h"

#define DEFAULT_TIMEOUT_MS 30000L
#define CONNECT_TIMEOUT_MS 5000L
#define DEFAULT_MAX	   ((size_t)8 * 1024 * 1024)
#define MAX_HEADERS	   ((size_t)64 * 1024)

struct http {
	CURL *curl;
	enum http_fault fault; /* of the last call */
	bool too_large;
};

/* One transfer under way. */
struct transfer {
	const struct http_call *call;
	CURL *curl;
	struct buf *body;
	struct buf *head;
	struct curl_slist *headers;
	size_t max;
	int64_t written; /* to call->fd */
	int64_t sent;	 /* of call->body_fd */
	bool too_large;
	bool refused; /* by may_connect() */
};

struct http *
http_open(void)
{
	struct http *h;

	h = xcalloc(1, sizeof(*h));
	h->curl = curl_easy_init();
	if (h->curl == NULL) {
		free(h);
		return NULL;
	}
	return h;
}

void
http_close(struct http *h)
{
	if (h == NULL)
		return;
	curl_easy_cleanup(h->curl);
	free(h);
}

static bool
goes_to_file(const struct transfer *t)
{
	long status = 0;

	if (t->call->fd <= 0)
		return false;
	curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	return status >= 200 && status < 300;
}

static size_t
to_file(struct transfer *t, const char *p, size_t len)
{
	t->written += (int64_t)len;
	if (t->call->fd_max > 0 && t->written > t->call->fd_max) {
		t->too_large = true;
		return 0;
	}
	return fd_write(t->call->fd, p, len) == 0 ? len : 0;
}

static size_t
on_body(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	size_t len = size * n;

	if (goes_to_file(t))
		return to_file(t, p, len);
	if (t->body->len + len > t->max) {
		t->too_large = true;
		return 0;
	}
	buf_put(t->body, p, len);
	return len;
}

static size_t
on_header(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	size_t len = size * n;

	if (len >= 5 && memcmp(p, "HTTP/", 5) == 0)
		buf_reset(t->head); /* an interim answer came before */
	if (t->head->len + len > MAX_HEADERS) {
		t->too_large = true;
		return 0;
	}
	buf_put(t->head, p, len);
	return len;
}

static int
on_progress(void *arg, curl_off_t total, curl_off_t now, curl_off_t utotal,
    curl_off_t unow)
{
	struct transfer *t = arg;

	(void)utotal; /* uploads are small */
	(void)unow;
	t->call->progress(t->call->arg, now, total > 0 ? total : -1);
	return 0;
}

/* The next bytes of a file that is sent. */
static size_t
on_file(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	int64_t left = (int64_t)t->call->bodylen - t->sent;
	size_t len = size * n;
	ssize_t got;

	if ((int64_t)len > left)
		len = (size_t)left;
	do {
		got = pread(t->call->body_fd, p, len,
		    (off_t)(t->call->body_at + t->sent));
	} while (got == -1 && errno == EINTR);
	if (got < 0 || (got == 0 && left > 0))
		return CURL_READFUNC_ABORT; /* the file became shorter */
	t->sent += got;
	return (size_t)got;
}

/* A connection that was found dead: the file is sent anew over another. */
static int
on_seek(void *arg, curl_off_t to, int origin)
{
	struct transfer *t = arg;

	if (origin != SEEK_SET)
		return CURL_SEEKFUNC_CANTSEEK;
	t->sent = to;
	return CURL_SEEKFUNC_OK;
}

static curl_socket_t
on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct transfer *t = arg;

	if (purpose != CURLSOCKTYPE_IPCXN ||
	    !t->call->may_connect(t->call->connect_arg, &to->addr)) {
		t->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static struct curl_slist *
header_list(const struct http_call *call)
{
	struct curl_slist *list = NULL;
	size_t i;

	/* Waiting for "100 Continue" would only cost time. */
	list = curl_slist_append(list, "Expect:");
	for (i = 0; call->headers != NULL && call->headers[i] != NULL; i++)
		list = curl_slist_append(list, call->headers[i]);
	return list;
}

static void
set_body(CURL *c, struct transfer *t)
{
	const struct http_call *call = t->call;

	if (call->body_fd > 0) {
		curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(c, CURLOPT_READFUNCTION, on_file);
		curl_easy_setopt(c, CURLOPT_READDATA, t);
		curl_easy_setopt(c, CURLOPT_SEEKFUNCTION, on_seek);
		curl_easy_setopt(c, CURLOPT_SEEKDATA, t);
		curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE,
		    (curl_off_t)call->bodylen);
	} else if (call->body != NULL) {
		curl_easy_setopt(c, CURLOPT_POST, 1L);
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, call->body);
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)call->bodylen);
	}
	if (call->method == NULL)
		return;
	if (strcmp(call->method, "HEAD") == 0)
		curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
	else
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, call->method);
}

/* How long the call may take, or how long nothing may happen in it. */
static void
set_times(CURL *c, const struct http_call *call)
{
	long whole = (long)call->timeout_ms;
	long connect =
	    call->connect_ms == 0 ? CONNECT_TIMEOUT_MS : (long)call->connect_ms;

	if (call->stall_ms > 0) {
		curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
		curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME,
		    (long)((call->stall_ms + 999) / 1000));
	} else if (whole == 0) {
		whole = DEFAULT_TIMEOUT_MS;
	}
	if (whole > 0 && whole < connect)
		connect = whole;
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, whole);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, connect);
}

static void
set_options(CURL *c, struct transfer *t, struct curl_slist *headers)
{
	const struct http_call *call = t->call;

	curl_easy_reset(c);
	curl_easy_setopt(c, CURLOPT_URL, call->url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	set_times(c, call);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
	set_body(c, t);
	if (call->may_connect != NULL) {
		curl_easy_setopt(c, CURLOPT_PROXY, "");
		curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_socket);
		curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, t);
	}
	if (call->progress != NULL) {
		curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
		curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
		curl_easy_setopt(c, CURLOPT_XFERINFODATA, t);
	}
}

/* scheme://host:port of a URL: what an error may name. */
static const char *
origin_of(struct arena *a, const char *url)
{
	const char *p = strstr(url, "://");

	if (p == NULL)
		return "the server";
	return arena_strndup(a, url,
	    (size_t)(p - url) + 3 + strcspn(p + 3, "/?#"));
}

static const char *
cause(const struct transfer *t, CURLcode rc)
{
	if (t->too_large)
		return "the answer is too large";
	if (t->refused)
		return "the address is not allowed";
	return curl_easy_strerror(rc);
}

static enum http_fault
fault_of(CURLcode rc)
{
	/* Others than these say nothing of the connection. */
	if (rc == CURLE_OPERATION_TIMEDOUT)
		return HTTP_FAULT_TIMEOUT;
	return rc == CURLE_COULDNT_RESOLVE_HOST ||
		rc == CURLE_COULDNT_CONNECT || rc == CURLE_SEND_ERROR ||
		rc == CURLE_RECV_ERROR || rc == CURLE_GOT_NOTHING ||
		rc == CURLE_PARTIAL_FILE
	    ? HTTP_FAULT_CONNECTION
	    : HTTP_FAULT_OTHER;
}

enum http_fault
http_fault(const struct http *h)
{
	return h->fault;
}

bool
http_too_large(const struct http *h)
{
	return h->too_large;
}

static void
transfer_start(struct transfer *t, CURL *c, struct arena *a,
    const struct http_call *call)
{
	t->call = call;
	t->curl = c;
	t->body = buf_new(a);
	t->head = buf_new(a);
	t->max = call->max == 0 ? DEFAULT_MAX : call->max;
	t->headers = header_list(call);
	set_options(c, t, t->headers);
}

/* NULL and the answer, or why there is none. */
static const char *
transfer_end(struct transfer *t, struct arena *a, CURLcode rc,
    struct http_answer *out)
{
	char *type = NULL;
	long status = 0;

	curl_slist_free_all(t->headers);
	if (rc != CURLE_OK)
		return arena_printf(a, "%s: %s", origin_of(a, t->call->url),
		    cause(t, rc));
	curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(t->curl, CURLINFO_CONTENT_TYPE, &type);
	out->status = (int)status;
	out->type = arena_strdup(a, type == NULL ? "" : type);
	out->body = buf_str(t->body);
	out->len = t->body->len;
	out->headers = buf_str(t->head);
	return NULL;
}

int
http_do(struct http *h, struct arena *a, const struct http_call *call,
    struct http_answer *out, const char **error)
{
	struct transfer t = { 0 };
	const char *why;
	CURLcode rc;

	transfer_start(&t, h->curl, a, call);
	rc = curl_easy_perform(h->curl);
	h->fault = fault_of(rc);
	h->too_large = t.too_large;
	if ((why = transfer_end(&t, a, rc, out)) == NULL)
		return 0;
	*error = why;
	return -1;
}

/* --- several at a time ------------------------------------------------------ */

struct flight {
	struct transfer t;
	struct arena *a;
	void *tag;
	struct flight *next;
};

struct http_group {
	CURLM *multi;
	struct flight *flights;
};

struct http_group *
http_group_open(void)
{
	struct http_group *g;

	g = xcalloc(1, sizeof(*g));
	g->multi = curl_multi_init();
	if (g->multi == NULL) {
		free(g);
		return NULL;
	}
	return g;
}

static void
flight_free(struct http_group *g, struct flight *f)
{
	struct flight **p;

	for (p = &g->flights; *p != f; p = &(*p)->next)
		continue;
	*p = f->next;
	(void)curl_multi_remove_handle(g->multi, f->t.curl); /* it was added */
	curl_easy_cleanup(f->t.curl);
	free(f);
}

void
http_group_close(struct http_group *g)
{
	if (g == NULL)
		return;
	while (g->flights != NULL) {
		curl_slist_free_all(g->flights->t.headers);
		flight_free(g, g->flights);
	}
	(void)curl_multi_cleanup(g->multi); /* nothing is left in it */
	free(g);
}

int
http_group_add(struct http_group *g, struct arena *a,
    const struct http_call *call, void *tag)
{
	struct flight *f;
	CURL *c;

	if ((c = curl_easy_init()) == NULL)
		return -1;
	f = xcalloc(1, sizeof(*f));
	f->a = a;
	f->tag = tag;
	transfer_start(&f->t, c, a, call);
	curl_easy_setopt(c, CURLOPT_PRIVATE, f);
	/* A name that is being looked up is not waited for either. */
	curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L);
	if (curl_multi_add_handle(g->multi, c) != CURLM_OK) {
		curl_slist_free_all(f->t.headers);
		curl_easy_cleanup(c);
		free(f);
		return -1;
	}
	f->next = g->flights;
	g->flights = f;
	return 0;
}

/* The next that has ended; libcurl keeps them until they are read. */
static bool
group_take(struct http_group *g, struct http_ended *out)
{
	const CURLMsg *m;
	struct flight *f = NULL;
	CURLcode rc;
	int left;

	if ((m = curl_multi_info_read(g->multi, &left)) == NULL)
		return false;
	rc = m->data.result;
	curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &f);
	*out = (struct http_ended){ .tag = f->tag,
		.fault = fault_of(rc),
		.too_large = f->t.too_large };
	out->error = transfer_end(&f->t, f->a, rc, &out->answer);
	flight_free(g, f);
	return true;
}

bool
http_group_wait(struct http_group *g, int timeout_ms, struct http_ended *out)
{
	int running = 0;

	if (curl_multi_perform(g->multi, &running) == CURLM_OK &&
	    group_take(g, out))
		return true;
	if (curl_multi_poll(g->multi, NULL, 0, timeout_ms, NULL) != CURLM_OK ||
	    curl_multi_perform(g->multi, &running) != CURLM_OK)
		return false;
	return group_take(g, out);
}

const char *
http_header(struct arena *a, const struct http_answer *answer, const char *name)
{
	size_t len = strlen(name), n;
	const char *p = answer->headers;
	char *line;

	for (; *p != '\0'; p += n + (p[n] == '\n')) {
		n = strcspn(p, "\n");
		if (n <= len || p[len] != ':')
			continue;
		line = arena_strndup(a, p, n);
		line[len] = '\0';
		if (str_ieq(line, name))
			return str_trim(a, line + len + 1);
	}
	return NULL;
}

/* --- SMTP ------------------------------------------------------------------ */

/* What is left to send. */
struct upload {
	const char *p;
	size_t left;
};

static size_t
on_send(char *p, size_t size, size_t n, void *arg)
{
	struct upload *u = arg;
	size_t len = size * n;

	if (len > u->left)
		len = u->left;
	memcpy(p, u->p, len);
	u->p += len;
	u->left -= len;
	return len;
}

static long
mail_encryption(const struct http_mail *m)
{
	if (!m->starttls)
		return (long)CURLUSESSL_NONE;
	return m->may_plain ? (long)CURLUSESSL_TRY : (long)CURLUSESSL_ALL;
}

static void
set_mail_options(CURL *c, const struct http_mail *m, struct upload *u,
    struct curl_slist *to, const char *from)
{
	long timeout = (long)m->timeout_ms;

	curl_easy_reset(c);
	curl_easy_setopt(c, CURLOPT_URL, m->url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, timeout);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS,
	    timeout < CONNECT_TIMEOUT_MS ? timeout : CONNECT_TIMEOUT_MS);
	curl_easy_setopt(c, CURLOPT_USE_SSL, mail_encryption(m));
	if (!m->verify) {
		curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (m->user != NULL) {
		curl_easy_setopt(c, CURLOPT_USERNAME, m->user);
		curl_easy_setopt(c, CURLOPT_PASSWORD, m->password);
	}
	curl_easy_setopt(c, CURLOPT_MAIL_FROM, from);
	curl_easy_setopt(c, CURLOPT_MAIL_RCPT, to);
	curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(c, CURLOPT_READFUNCTION, on_send);
	curl_easy_setopt(c, CURLOPT_READDATA, u);
	curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE, (curl_off_t)m->len);
}

int
http_send_mail(struct http *h, struct arena *a, const struct http_mail *m,
    int *reply, const char **error)
{
	struct upload u = { m->message, m->len };
	struct curl_slist *to;
	long last = 0;
	CURLcode rc;

	to = curl_slist_append(NULL, arena_printf(a, "<%s>", m->to));
	set_mail_options(h->curl, m, &u, to, arena_printf(a, "<%s>", m->from));
	rc = curl_easy_perform(h->curl);
	curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &last);
	curl_slist_free_all(to);
	*reply = 0;
	if (rc == CURLE_OK)
		return 0;
	/* How libcurl says that MAIL, RCPT, DATA or the text was refused. */
	if (rc == CURLE_SEND_ERROR || rc == CURLE_WEIRD_SERVER_REPLY)
		*reply = (int)last;
	*error = arena_printf(a, "%s: %s (last reply %ld)",
	    origin_of(a, m->url), curl_easy_strerror(rc), last);
	return -1;
}

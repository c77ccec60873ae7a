/*
 * Requests over FastCGI. libfcgi takes the request apart; the answer is
 * written here, because libfcgi cuts it at 8 KiB where one writev(2) does.
 * Promises that memory taken for a request is bounded by caps, never by what
 * a header announces. Never keeps a connection: one request each.
 */
#include "rpc/req.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fcgiapp.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "net/store.h"
#include "rpc/cookie.h"
#include "rpc/deadline.h"
#include "rpc/form.h"
#include "rpc/meta.h"
#include "rpc/proxy.h"
#include "rpc/query.h"
#include "rpc/req_io.h"

#define MAX_VARS      256
#define MAX_DRAIN     ((size_t)64 * 1024 * 1024)
#define READ_STEP     ((size_t)16 * 1024)
#define RECORD_MAX    65528 /* a multiple of 8 below 64 KiB: no padding */
#define READ_MS	      15000
#define DEFAULT_MS    30000
#define LOCAL_MS      120000
#define MAX_ID	      64
#define FCGI_STDOUT   6
#define FCGI_END      3
#define RECORD_HEADER 8

/* One variable of the FastCGI environment: NAME=value. */
struct var {
	const char *name;
	const char *value;
	size_t namelen;
};

struct req_io {
	struct req req;
	FCGX_Request fcgx;
	const struct req_env *env;
	int listen_fd; /* -1: a local request */
	int epoll_fd;
	int fd;		 /* the connection in hand, -1 for none */
	sigset_t inside; /* signals let in while waiting */
	struct var vars[MAX_VARS];
	size_t nvars;
	bool body_read; /* some of it */
	bool body_end;	/* all of it */
	enum req_stage stage;
	int status;
	struct buf head;
	struct buf out;	     /* packing room, kept */
	struct buf *capture; /* of a local request */
	struct form *form;   /* of the body, once asked for */
	bool replayed;	     /* of another process; what is left of its body: */
	const uint8_t *given;
	size_t givenlen;
};

static void
set_nonblocking(int fd)
{
	int flags;

	flags = fcntl(fd, F_GETFL);
	if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
		log_error("socket: cannot make it non-blocking: %s",
		    strerror(errno));
}

struct req_io *
req_open(int fd, const struct req_env *env)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLEXCLUSIVE };
	struct req_io *io;

	FCGX_Init();
	signal(SIGPIPE, SIG_IGN);
	io = xcalloc(1, sizeof(*io));
	io->env = env;
	io->listen_fd = fd;
	io->fd = -1;
	io->req.mem = arena_new();
	sigemptyset(&io->inside);
	set_nonblocking(fd);
	io->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (io->epoll_fd == -1 ||
	    epoll_ctl(io->epoll_fd, EPOLL_CTL_ADD, fd, &ev) == -1) {
		log_error("epoll: %s", strerror(errno));
		req_close(io);
		return NULL;
	}
	return io;
}

void
req_close(struct req_io *io)
{
	if (io == NULL)
		return;
	if (io->epoll_fd != -1)
		close(io->epoll_fd);
	arena_free(io->req.mem);
	buf_free(&io->head);
	buf_free(&io->out);
	free(io);
}

static void
add_var(struct req_io *io, const char *s)
{
	const char *eq;

	if (io->nvars == MAX_VARS || (eq = strchr(s, '=')) == NULL)
		return;
	io->vars[io->nvars++] = (struct var){ .name = s,
		.value = eq + 1,
		.namelen = (size_t)(eq - s) };
}

/* Splits the environment once; later look-ups compare lengths first. */
static void
index_vars(struct req_io *io)
{
	char **e;

	io->nvars = 0;
	for (e = io->fcgx.envp; *e != NULL; e++)
		add_var(io, *e);
}

static const char *
var_get(const struct req_io *io, const char *name)
{
	size_t i, len = strlen(name);

	for (i = 0; i < io->nvars; i++) {
		if (io->vars[i].namelen == len &&
		    memcmp(io->vars[i].name, name, len) == 0)
			return io->vars[i].value;
	}
	return NULL;
}

static const char *
var_text(const struct req_io *io, const char *name)
{
	const char *s;

	s = var_get(io, name);
	return s == NULL ? "" : s;
}

/* A request id from outside goes into logs: short and plain only. */
static bool
id_ok(const char *s)
{
	size_t i;

	for (i = 0; s[i] != '\0'; i++) {
		if (i == MAX_ID ||
		    strchr("0123456789abcdefghijklmnopqrstuvwxyz"
			   "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_.",
			s[i]) == NULL)
			return false;
	}
	return i > 0;
}

static const char *
make_id(struct req *r)
{
	const char *s;
	char *id;

	if ((s = req_header(r, "x-request-id")) != NULL && id_ok(s))
		return s;
	id = arena_alloc(r->mem, STR_UUID_LEN + 1);
	str_uuid_new(id);
	return id;
}

/* The path without its query, as the client wrote it. */
static const char *
raw_path(struct req *r)
{
	const char *uri;

	uri = var_get(r->io, "REQUEST_URI");
	if (uri == NULL)
		return var_text(r->io, "SCRIPT_NAME");
	return arena_strndup(r->mem, uri, strcspn(uri, "?"));
}

/* Nobody waits while a worker sleeps; else not longer than since one did. */
static int64_t
queued_ms(struct req_idle *idle, int64_t now)
{
	size_t i;

	for (i = 0; i < REQ_IDLE_SLOTS; i++)
		if (atomic_load_explicit(&idle->asleep[i],
			memory_order_relaxed))
			return 0;
	return now - atomic_load(&idle->at);
}

static void
fill(struct req *r)
{
	struct req_io *io = r->io;
	const char *proto;

	r->env = io->env;
	r->db = io->env == NULL ? NULL : io->env->db;
	r->started_ms = clock_mono_ms();
	r->deadline_ms = r->started_ms + DEFAULT_MS;
	r->id = make_id(r);
	r->method = var_text(io, "REQUEST_METHOD");
	r->path = raw_path(r);
	r->query = var_text(io, "QUERY_STRING");
	r->type = var_text(io, "CONTENT_TYPE");
	r->host = var_text(io, "HTTP_HOST");
	r->remote = var_text(io, "REMOTE_ADDR");
	r->https = str_ieq(var_text(io, "HTTPS"), "on");
	if (r->env != NULL && r->env->idle != NULL)
		r->queued_ms = queued_ms(r->env->idle, r->started_ms);
	if (r->env == NULL || !proxy_trusted(r->env->conf, r->remote))
		return;
	r->remote = proxy_client(r->mem, r->env->conf, r->remote,
	    var_get(io, "HTTP_X_FORWARDED_FOR"));
	if ((proto = var_get(io, "HTTP_X_FORWARDED_PROTO")) != NULL)
		r->https = str_ieq(proto, "https");
}

/* Back to the state of a fresh request; arena and buffers are kept. */
static void
clear(struct req_io *io)
{
	struct arena *mem = io->req.mem;

	arena_reset(mem);
	arena_set_limit(mem, 0);
	memset(&io->req, 0, sizeof(io->req));
	io->req.mem = mem;
	io->req.io = io;
	io->nvars = 0;
	io->body_read = io->body_end = false;
	io->form = NULL;
	io->stage = REQ_UNANSWERED;
	io->status = 0;
	buf_reset(&io->head);
}

static bool
take_connection(struct req_io *io)
{
	io->fd = accept4(io->listen_fd, NULL, NULL, SOCK_CLOEXEC);
	if (io->fd == -1) {
		/* Another worker was faster, or the peer gave up. */
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			log_error("accept: %s", strerror(errno));
		return false;
	}
	return true;
}

static void
drop_connection(struct req_io *io)
{
	if (io->fd != -1)
		close(io->fd);
	io->fd = -1;
}

/*
 * libfcgi reads from the connection that was accepted here (ipcFd, and the
 * claim that the last request kept it open): that spares its select(2) and
 * lets signals in only while waiting. A connection that sends no request makes it try the listening
 * socket, which is non-blocking and so ends the attempt.
 */
static bool
read_head(struct req_io *io)
{
	int rc;

	FCGX_InitRequest(&io->fcgx, io->listen_fd, 0);
	io->fcgx.ipcFd = io->fd;
	io->fcgx.keepConnection = 1;
	deadline_read(io->fd, clock_mono_ms() + READ_MS);
	rc = FCGX_Accept_r(&io->fcgx);
	/* It may have closed ours and taken another one. */
	io->fd = io->fcgx.ipcFd;
	if (rc == 0)
		return true;
	deadline_stop();
	FCGX_Free(&io->fcgx, 0);
	drop_connection(io);
	return false;
}

static void
note_sleep(struct req_io *io, bool asleep)
{
	struct req_idle *idle = io->env == NULL ? NULL : io->env->idle;

	if (idle == NULL)
		return;
	atomic_store(&idle->at, clock_mono_ms());
	atomic_store(&idle->asleep[io->env->idle_slot], asleep);
}

/*
 * Whether a connection is there. Finding none at once is noted for the whole
 * pool: connections are taken in their order, so none that comes later can
 * have waited since before.
 */
static bool
wait_connection(struct req_io *io, int timeout_ms)
{
	struct epoll_event ev;
	int n;

	n = epoll_pwait(io->epoll_fd, &ev, 1, 0, &io->inside);
	if (n != 0)
		return n > 0;
	note_sleep(io, true);
	n = epoll_pwait(io->epoll_fd, &ev, 1, timeout_ms, &io->inside);
	note_sleep(io, false);
	return n > 0;
}

struct req *
req_accept(struct req_io *io, int timeout_ms)
{
	assert(io->listen_fd != -1 && io->fd == -1);
	if (!wait_connection(io, timeout_ms) || !take_connection(io))
		return NULL;
	clear(io);
	if (!read_head(io))
		return NULL;
	index_vars(io);
	fill(&io->req);
	if (io->env !=
	    NULL) /* a job's request, made by req_local(), has no end */
		store_until(io->env->store, io->req.deadline_ms);
	log_request(io->req.id);
	return &io->req;
}

static void
local_done(struct req_io *io)
{
	arena_free(io->req.mem);
	buf_free(&io->head);
	buf_free(&io->out);
	free(io);
}

void
req_done(struct req *r)
{
	struct req_io *io = r->io;

	log_request(NULL);
	if (io->listen_fd == -1) {
		local_done(io);
		return;
	}
	deadline_stop();
	FCGX_Free(&io->fcgx, 0);
	drop_connection(io);
	clear(io);
}

static struct req_io *
open_local(const struct req_env *env)
{
	struct req_io *io;

	io = xcalloc(1, sizeof(*io));
	io->env = env;
	io->listen_fd = io->epoll_fd = io->fd = -1;
	io->req.mem = arena_new();
	clear(io);
	io->capture = buf_new(io->req.mem);
	return io;
}

struct req *
req_local(const struct req_env *env)
{
	struct req_io *io = open_local(env);

	fill(&io->req);
	io->req.method = "POST";
	io->req.deadline_ms = io->req.started_ms + LOCAL_MS;
	return &io->req;
}

struct req *
req_replay(const struct req_env *env, const char *vars, size_t len,
    const void *body, size_t bodylen)
{
	struct req_io *io = open_local(env);
	const char *end = vars + len;

	for (; vars < end; vars += strlen(vars) + 1)
		add_var(io, vars);
	io->replayed = true;
	io->given = body;
	io->givenlen = bodylen;
	fill(&io->req);
	log_request(io->req.id);
	return &io->req;
}

/* --- headers --------------------------------------------------------------- */

static const char *
header_var(const struct req_io *io, const char *name)
{
	char var[128] = "HTTP_";
	size_t i;

	for (i = 0; name[i] != '\0'; i++) {
		if (i + 6 >= sizeof(var))
			return NULL;
		var[i + 5] = name[i] == '-' ? '_' : name[i];
		if (name[i] >= 'a' && name[i] <= 'z')
			var[i + 5] = (char)(name[i] - 'a' + 'A');
	}
	var[i + 5] = '\0';
	return var_get(io, var);
}

const char *
req_var(const struct req *r, const char *name)
{
	return var_get(r->io, name);
}

const char *
req_header(const struct req *r, const char *name)
{
	const char *value;

	if (strcmp(name, "content-type") == 0)
		value = var_get(r->io, "CONTENT_TYPE");
	else if (strcmp(name, "content-length") == 0)
		value = var_get(r->io, "CONTENT_LENGTH");
	else
		value = header_var(r->io, name);
	return value;
}

bool
req_header_at(struct req *r, size_t i, const char **name, const char **value)
{
	const struct req_io *io = r->io;
	size_t k, n = 0;
	char *s, *p;

	for (k = 0; k < io->nvars; k++) {
		if (strncmp(io->vars[k].name, "HTTP_", 5) != 0 || n++ != i)
			continue;
		s = arena_strndup(r->mem, io->vars[k].name + 5,
		    io->vars[k].namelen - 5);
		for (p = s; *p != '\0'; p++)
			*p = *p == '_' ? '-' : *p;
		*name = str_lower(r->mem, s);
		*value = io->vars[k].value;
		return true;
	}
	return false;
}

int64_t
req_length(const struct req *r)
{
	const char *s;
	int64_t n;

	s = var_get(r->io, "CONTENT_LENGTH");
	if (s == NULL || !str_to_i64(s, 0, INT64_MAX, &n))
		return -1;
	return n;
}

const char *
req_cookie(struct req *r, const char *name)
{
	const char *s = var_get(r->io, "HTTP_COOKIE");

	return s == NULL ? NULL : cookie_get(r->mem, s, name);
}

const char *
req_query(struct req *r, const char *name)
{
	return query_get(r->mem, r->query, name);
}

/* Parsed at the first question; a malformed body has no fields. */
const char *
req_form(struct req *r, const char *name)
{
	if (r->io->form == NULL) {
		r->io->form = arena_zalloc(r->mem, sizeof(*r->io->form));
		if (r->body == NULL ||
		    !form_parse(r->mem, r->type, r->body, r->bodylen,
			r->io->form))
			r->io->form->nfields = 0;
	}
	return form_text(r->io->form, name);
}

/* --- metadata of the answer ------------------------------------------------ */

static void
add_meta(struct req *r, const char *name, const char *value, bool trailer)
{
	struct req_meta *m, **end;

	assert(meta_name_ok(name) && meta_value_ok(value));
	m = arena_zalloc(r->mem, sizeof(*m));
	m->name = arena_strdup(r->mem, name);
	m->value = arena_strdup(r->mem, value);
	m->trailer = trailer;
	for (end = &r->meta; *end != NULL; end = &(*end)->next)
		continue;
	*end = m;
}

void
req_set_header(struct req *r, const char *name, const char *value)
{
	add_meta(r, name, value, false);
}

void
req_set_trailer(struct req *r, const char *name, const char *value)
{
	add_meta(r, name, value, true);
}

/* --- body ------------------------------------------------------------------ */

static size_t
read_given(struct req_io *io, void *p, size_t len)
{
	if (len > io->givenlen)
		len = io->givenlen;
	if (len > 0)
		memcpy(p, io->given, len);
	io->given += len;
	io->givenlen -= len;
	return len;
}

size_t
req_read(struct req *r, void *p, size_t len)
{
	int n;

	r->io->body_read = true;
	if (r->io->listen_fd == -1)
		return read_given(r->io, p, len);
	if (len > READ_STEP)
		len = READ_STEP;
	n = FCGX_GetStr(p, (int)len, r->io->fcgx.in);
	r->io->body_end = n <= 0;
	return n > 0 ? (size_t)n : 0;
}

void
req_extend(struct req *r, int64_t ms)
{
	if (r->io->fd != -1)
		deadline_read(r->io->fd, clock_mono_ms() + ms);
}

/* A front server that cannot write all to us answers 503 in our place. */
static void
drain(struct req *r)
{
	char trash[4096];
	size_t n, sum = 0;

	while (!r->io->body_end && sum < MAX_DRAIN &&
	    (n = req_read(r, trash, sizeof(trash))) > 0)
		sum += n;
}

enum req_body
req_read_body(struct req *r, size_t cap)
{
	int64_t announced = req_length(r);
	struct buf *b;
	size_t n, step;

	assert(!r->io->body_read);
	b = buf_new(r->mem);
	/* A short body in one allocation; a long one grows as it comes. */
	step = announced >= 0 && announced < (int64_t)READ_STEP
	    ? (size_t)announced + 1
	    : READ_STEP;
	while ((n = req_read(r, buf_reserve(b, step), step)) > 0) {
		b->len += n;
		if (b->len > cap) {
			drain(r);
			return REQ_BODY_TOO_LONG;
		}
	}
	if ((r->io->listen_fd != -1 || r->io->replayed) &&
	    var_text(r->io, "CONTENT_LENGTH")[0] != '\0' &&
	    req_length(r) != (int64_t)b->len)
		return REQ_BODY_LENGTH;
	*buf_reserve(b, 1) = '\0';
	r->body = (const uint8_t *)b->data;
	r->bodylen = b->len;
	return REQ_BODY_OK;
}

/* --- output ---------------------------------------------------------------- */

enum req_stage
req_stage(const struct req *r)
{
	return r->io->stage;
}

void
req_set_stage(struct req *r, enum req_stage stage, int status)
{
	r->io->stage = stage;
	r->io->status = status;
}

int
req_status(const struct req *r)
{
	return r->io->status;
}

struct buf *
req_head(struct req *r)
{
	return &r->io->head;
}

int
req_fd(const struct req *r)
{
	return r->io->fd;
}

struct buf *
req_capture(const struct req *r)
{
	return r->io->capture;
}

static void
put_record(const struct req *r, struct buf *b, int type, const void *p,
    size_t len)
{
	int id = r->io->fcgx.requestId;
	uint8_t h[RECORD_HEADER] = { 1, (uint8_t)type, (uint8_t)(id >> 8),
		(uint8_t)id, (uint8_t)(len >> 8), (uint8_t)len, 0, 0 };

	buf_put(b, h, sizeof(h));
	buf_put(b, p, len);
}

void
req_pack(const struct req *r, struct buf *b, const void *p, size_t len,
    bool end)
{
	static const uint8_t complete[8];
	const char *s = p;
	size_t n;

	for (; len > 0; s += n, len -= n) {
		n = len < RECORD_MAX ? len : RECORD_MAX;
		put_record(r, b, FCGI_STDOUT, s, n);
	}
	if (end) {
		put_record(r, b, FCGI_STDOUT, "", 0);
		put_record(r, b, FCGI_END, complete, sizeof(complete));
	}
}

/* Head, body and end are packed first, so an answer is one write. */
int
req_put(struct req *r, const struct buf *head, const void *body, size_t len,
    bool end)
{
	struct buf *out = &r->io->out;
	struct buf *all = r->io->capture;
	int rc;

	if (all != NULL) {
		if (head != NULL)
			buf_put(all, head->data, head->len);
		buf_put(all, body, len);
		return 0;
	}
	if (r->io->fd == -1)
		return -1;
	drain(r);
	buf_reset(out);
	if (head != NULL)
		req_pack(r, out, head->data, head->len, false);
	req_pack(r, out, body, len, end);
	rc = fd_write(r->io->fd, out->data, out->len);
	if (out->cap > RECORD_MAX * 4)
		buf_free(out);
	return rc;
}

/*
 * Runs one .t file: speaks FastCGI over a Unix socket to the real programs,
 * which it starts on first use and stops at the end. Databases with the people
 * of tests/fixtures/ come from tests/run. TAP on standard output.
 *
 * A comment names the tests that follow. A line that begins with white space
 * continues the one before. $name in any line is what a want captured.
 *
 *   conf    KEY VALUE         a line of mirai.conf, before the first call
 *   program NAME              mirai-NAME answers from now on (api, and account
 *                             for its services)
 *   as      WHO@COMPANY       calls carry this session's token; "-": none
 *   cookie  WHO@COMPANY       calls carry it as a cookie
 *   sql     app|identity SQL  changes a database, as its superuser
 *   hold    SECONDS SQL       does it in a transaction of the application's
 *                             database that stays open so long; "-": until
 *                             the next release
 *   release                   its transaction is rolled back
 *   call    Service/Method JSON   Connect, JSON; also: proto get grpc text
 *   http    METHOD PATH [BODY]    anything else; \n \r \t \\ \xNN in BODY
 *   every   STATUS REASON SERVICE ... [-Service/Method ...]
 *                             calls each method of these services, but those
 *                             after a "-"; REASON as mirai-error-code, "!": none
 *   times   N Service/Method JSON  that many calls; the last one is looked at
 * For the next request only (for an every or times: each of its requests):
 *   header  NAME: VALUE
 *   body    TEXT              instead of the message, escapes as above
 *   repeat  N TEXT            the body is N times TEXT, escapes as above
 *   pack    gzip|br|zstd      the body is compressed
 * About the last answer:
 *   want    STATUS [JSON]     members that are named must be equal; "*": any
 *                             value, "!": absent, "$name": captured or equal
 *   want-header NAME: VALUE   "*": any value, "!": absent, N..M: a number from
 *                             N to M
 *   want-body TEXT
 *   want-has TEXT             the body has it somewhere
 *   want-lacks TEXT           the body has it nowhere
 *   want-order TEXT ...       the body has them, each behind the one before;
 *                             "_" stands for a blank in one
 *   within  MS                it took no longer
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <sys/socket.h>
#include <sys/wait.h>

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/code.h"
#include "base/str.h"
#include "mirai/services.h"
#include "net/crypt.h"
#include "net/json.h"
#include "rpc/b64text.h"
#include "rpc/compress.h"
#include "rpc/envelope.h"
#include "rpc/fastcgi.h"
#include "rpc/query.h"

#define MAX_PROGRAMS 8
#define MAX_CAPTURES 64
#define MAX_ITEMS    32
#define START_MS     60000
#define ANSWER_S     60

enum {
	FCGI_BEGIN = 1,
	FCGI_END = 3,
	FCGI_PARAMS,
	FCGI_STDIN,
	FCGI_STDOUT
};

struct pair {
	const char *name;
	const char *value;
};

struct program {
	const char *name;
	char *socket;
	pid_t pid;
};

/* The answer in Connect's terms, whatever carried it. */
struct answer {
	int status;
	const char *head; /* as the program wrote it */
	const char *body;
	size_t len;
	int64_t ms;
	bool given;
};

static struct arena *mem;
static const char *file;
static int line_no, ntests, nfailed;
static const char *test_name = "";

static struct program programs[MAX_PROGRAMS];
static size_t nprograms;
static const char *program_name = "api";
static struct buf conf;

static struct pair captures[MAX_CAPTURES];
static size_t ncaptures;

static struct pair headers[MAX_ITEMS]; /* of the next request */
static size_t nheaders;
static const char *credential[2]; /* header name and value, or NULL */
static const struct buf *raw_body;
static enum compress packing;
static struct answer last;
static pid_t holder; /* its transaction is open as long as this is */
static int held_by = -1;

static void die(const char *, ...) PRINTF_LIKE(1, 2) __attribute__((noreturn));

/* The end of each program's log, as comments: why a test failed. */
static void
show_logs(void)
{
	char line[1024], cmd[512];
	FILE *p;

	snprintf(cmd, sizeof(cmd), "tail -n 4 %s/*.log 2>/dev/null",
	    getenv("TEST_DIR") == NULL ? "." : getenv("TEST_DIR"));
	if ((p = popen(cmd, "re")) == NULL)
		return;
	while (fgets(line, sizeof(line), p) != NULL)
		printf("# %s", line);
	pclose(p);
}

static void
die(const char *fmt, ...)
{
	va_list ap;

	show_logs();
	printf("Bail out! %s:%d: ", file, line_no);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	exit(1);
}

/* --- programs -------------------------------------------------------------- */

static void
stop_programs(void)
{
	size_t i;

	for (i = 0; i < nprograms; i++)
		kill(programs[i].pid, SIGTERM);
	for (i = 0; i < nprograms; i++)
		waitpid(programs[i].pid, NULL, 0);
	nprograms = 0;
}

static const char *
env(const char *name, const char *def)
{
	const char *s = getenv(name);

	return s == NULL ? def : s;
}

static char *
write_conf(void)
{
	char *path =
	    arena_printf(mem, "%s/mirai.conf", env("TEST_DIR", "/tmp"));
	FILE *f;

	if ((f = fopen(path, "w")) == NULL)
		die("%s: %s", path, strerror(errno));
	fprintf(f, "cache.path %s/cache.db\nstore.secret %s\n%s",
	    env("TEST_DIR", "/tmp"), "a-secret-of-the-tests", buf_str(&conf));
	fclose(f);
	return path;
}

static void
exec_program(const char *name, const char *socket)
{
	char *bin =
	    arena_printf(mem, "%s/bin/mirai-%s", env("BUILD", "build"), name);
	char *log =
	    arena_printf(mem, "%s/%s.log", env("TEST_DIR", "/tmp"), name);
	char *conf_path = write_conf();
	int fd;

	if ((fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600)) != -1)
		dup2(fd, STDERR_FILENO);
	dup2(open("/dev/null", O_RDWR), STDOUT_FILENO);
	execl(bin, bin, "-f", conf_path, "-s", socket, "-w", "2", NULL);
	_exit(127);
}

static const struct program *
start_program(const char *name)
{
	struct program *p = &programs[nprograms];
	int64_t end = clock_mono_ms() + START_MS;
	int fd;

	if (nprograms == MAX_PROGRAMS)
		die("too many programs");
	p->name = name;
	p->socket =
	    arena_printf(mem, "%s/%s.sock", env("TEST_DIR", "/tmp"), name);
	fflush(NULL);
	if ((p->pid = fork()) == 0)
		exec_program(name, p->socket);
	nprograms++;
	while ((fd = fastcgi_connect(p->socket)) == -1) {
		if (clock_mono_ms() > end || waitpid(p->pid, NULL, WNOHANG) > 0)
			die("mirai-%s does not start; see %s/%s.log", name,
			    env("TEST_DIR", "/tmp"), name);
		usleep(2000);
	}
	close(fd);
	return p;
}

/* The program that holds the service, unless one was named. */
static const char *
program_for(const char *target)
{
	static const char *const apart[] = { "/mirai.v1.AuthService/",
		"/mirai.v1.BillingService/", "/mirai.v1.InvitationService/",
		"/mirai.v1.SMEService/EnhanceSubmissionContent",
		"/mirai.v1.TenantSettingsService/" };
	size_t i;

	for (i = 0; strcmp(program_name, "api") == 0 && i < NITEMS(apart); i++)
		if (str_starts(target, apart[i]))
			return "account";
	return program_name;
}

static const struct program *
the_program(const char *target)
{
	const char *name = program_for(target);
	size_t i;

	for (i = 0; i < nprograms; i++) {
		if (strcmp(programs[i].name, name) == 0)
			return &programs[i];
	}
	return start_program(name);
}

/* --- FastCGI --------------------------------------------------------------- */

static void
put_param(struct buf *b, const char *name, const char *value)
{
	fastcgi_param(b, name, strlen(name), value, strlen(value));
}

/* X-Thing becomes HTTP_X_THING; the two content headers stand alone. */
static void
put_header_param(struct buf *b, const char *name, const char *value)
{
	char *var, *p;
	bool content = strcasecmp(name, "content-type") == 0 ||
	    strcasecmp(name, "content-length") == 0;

	var = arena_printf(mem, "%s%s", content ? "" : "HTTP_", name);
	for (p = var; *p != '\0'; p++)
		*p = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
	put_param(b, var, value);
}

static bool
has_header(const char *name)
{
	size_t i;

	for (i = 0; i < nheaders; i++) {
		if (strcasecmp(headers[i].name, name) == 0)
			return true;
	}
	return false;
}

static void
put_params(struct buf *b, const char *method, const char *target,
    const char *type, size_t len)
{
	const char *query = strchr(target, '?');
	size_t i;

	put_param(b, "REQUEST_METHOD", method);
	put_param(b, "REQUEST_URI", target);
	put_param(b, "SCRIPT_NAME",
	    arena_strndup(mem, target, strcspn(target, "?")));
	put_param(b, "QUERY_STRING", query == NULL ? "" : query + 1);
	put_param(b, "SERVER_PROTOCOL", "HTTP/1.1");
	put_param(b, "REMOTE_ADDR", "127.0.0.1");
	if (!has_header("host"))
		put_param(b, "HTTP_HOST", "localhost:8080");
	if (type != NULL && !has_header("content-type"))
		put_param(b, "CONTENT_TYPE", type);
	if (!has_header("content-length") && strcmp(method, "GET") != 0)
		put_param(b, "CONTENT_LENGTH", arena_printf(mem, "%zu", len));
	if (credential[0] != NULL)
		put_header_param(b, credential[0], credential[1]);
	for (i = 0; i < nheaders; i++)
		put_header_param(b, headers[i].name, headers[i].value);
}

static const char *
answer_header(const char *name)
{
	size_t len = strlen(name);
	const char *s, *eol;

	for (s = last.head; s != NULL && *s != '\0'; s = eol + 2) {
		if ((eol = strstr(s, "\r\n")) == NULL)
			break;
		if (strncasecmp(s, name, len) == 0 && s[len] == ':')
			return arena_strndup(mem, s + len + 2,
			    (size_t)(eol - s) - len - 2);
	}
	return NULL;
}

static void
split_answer(struct buf *out)
{
	const char *gap = out->len == 0 ? NULL : strstr(out->data, "\r\n\r\n");
	const char *status;

	if (gap == NULL)
		die("the answer has no header");
	last.head =
	    arena_strndup(mem, out->data, (size_t)(gap - out->data) + 2);
	last.body = gap + 4;
	last.len = out->len - (size_t)(last.body - out->data);
	status = answer_header("Status");
	last.status = status == NULL ? 200 : atoi(status);
}

static void
exchange(const char *method, const char *target, const char *type,
    const struct buf *body)
{
	struct timeval limit = { .tv_sec = ANSWER_S };
	struct buf *params = buf_new(mem), *b = buf_new(mem),
		   *out = buf_new(mem);
	int64_t start;
	int fd;

	memset(&last, 0, sizeof(last));
	put_params(params, method, target, type, body->len);
	fastcgi_request(b, params, body->data, body->len);
	if ((fd = fastcgi_connect(the_program(target)->socket)) == -1)
		die("%s: its program does not accept", target);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	start = clock_mono_ms();
	fastcgi_send(fd, b);
	if (!fastcgi_receive(fd, out))
		die("%s %s: the connection broke", method, target);
	last.ms = clock_mono_ms() - start;
	close(fd);
	split_answer(out);
	last.given = true;
	nheaders = 0;
	raw_body = NULL;
	packing = COMPRESS_IDENTITY;
}

/* --- text ------------------------------------------------------------------ */

static const char *
captured(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < ncaptures; i++) {
		if (strlen(captures[i].name) == len &&
		    strncmp(captures[i].name, name, len) == 0)
			return captures[i].value;
	}
	return NULL;
}

/* $name by its value; a name that was not captured stays as it is. */
static const char *
expand(const char *s)
{
	struct buf *b = buf_new(mem);
	const char *value;
	size_t n;

	for (; *s != '\0'; s++) {
		n = *s == '$' ? strspn(s + 1,
				    "abcdefghijklmnopqrstuvwxyz"
				    "0123456789_")
			      : 0;
		if (n > 0 && (value = captured(s + 1, n)) != NULL) {
			buf_puts(b, value);
			s += n;
		} else {
			buf_putc(b, *s);
		}
	}
	return buf_str(b);
}

static struct buf *
unescape(const char *s)
{
	static const char from[] = "nrt\\", to[] = "\n\r\t\\";
	struct buf *b = buf_new(mem);
	const char *k;
	unsigned x;

	for (; *s != '\0'; s++) {
		if (*s != '\\') {
			buf_putc(b, *s);
		} else if (s[1] == 'x' && sscanf(s + 2, "%2x", &x) == 1) {
			buf_putc(b, (char)x);
			s += 3;
		} else if (s[1] != '\0' && (k = strchr(from, s[1])) != NULL) {
			buf_putc(b, to[k - from]);
			s++;
		} else {
			die("unknown escape");
		}
	}
	return b;
}

/* The next word of *s, which moves behind it and the blanks. */
static const char *
word(const char **s)
{
	size_t len = strcspn(*s, " \t\n");
	const char *w = arena_strndup(mem, *s, len);

	*s += len;
	*s += strspn(*s, " \t\n");
	return w;
}

static void
split_header(const char *s, struct pair *out)
{
	size_t len = strcspn(s, ":");

	if (s[len] != ':')
		die("a header needs a colon");
	out->name = arena_strndup(mem, s, len);
	s += len + 1;
	out->value = s + strspn(s, " ");
}

static void
add_header(const char *name, const char *value)
{
	if (nheaders == MAX_ITEMS)
		die("too many headers");
	headers[nheaders++] = (struct pair){ name, value };
}

/* --- calls ----------------------------------------------------------------- */

static const struct rpc_method *
find_method(const char *path)
{
	const struct rpc_service *const *s;
	size_t i;

	for (s = pb_all_services; *s != NULL; s++) {
		for (i = 0; i < (*s)->nmethods; i++) {
			if (strcmp((*s)->methods[i].path, path) == 0)
				return &(*s)->methods[i];
		}
	}
	die("%s: no such method in the contracts", path);
}

static struct buf *
to_binary(const struct pb_desc *d, const char *json)
{
	struct buf *b = buf_new(mem);
	void *msg = arena_zalloc(mem, pb_size(d));
	struct pb_error e;

	if (pb_json_decode(mem, d, json, strlen(json), NULL, msg, &e) !=
	    CODE_OK)
		die("not a %s: %s: %s", pb_name(d), e.path, e.text);
	pb_encode(b, d, msg);
	return b;
}

static const char *
to_json(const struct pb_desc *d, const void *p, size_t len)
{
	struct buf *b = buf_new(mem);
	void *msg = arena_zalloc(mem, pb_size(d));
	struct pb_error e;

	if (pb_decode(mem, d, p, len, NULL, msg, &e) != CODE_OK)
		die("the answer is not a %s: %s", pb_name(d), e.text);
	if (pb_json_encode(mem, b, d, msg, false, &e) == -1)
		die("the answer has no JSON form: %s", e.text);
	return buf_str(b);
}

/* Takes the compression off the answer that its header names. */
static void
unpack_answer(const char *header)
{
	const char *name = answer_header(header);
	struct buf *b = buf_new(mem);

	if (name == NULL)
		return;
	if (compress_find(name) == COMPRESS__MAX ||
	    compress_get(compress_find(name), b, last.body, last.len,
		(size_t)1 << 30) != CODE_OK)
		die("the answer is not %s", name);
	last.body = b->data;
	last.len = b->len;
}

static const struct buf *
prepare_body(const struct buf *body)
{
	struct buf *b;

	if (raw_body != NULL)
		body = raw_body;
	if (packing == COMPRESS_IDENTITY)
		return body;
	b = buf_new(mem);
	compress_put(packing, b, body->data, body->len);
	return b;
}

static void
call_connect(const char *path, const char *json, bool binary)
{
	const struct rpc_method *m = find_method(path);
	struct buf *b = unescape("");

	if (binary)
		b = to_binary(m->in, json);
	else
		buf_puts(b, json);
	exchange("POST", path,
	    binary ? "application/proto" : "application/json", prepare_body(b));
	unpack_answer("Content-Encoding");
	if (binary && last.status == 200) {
		last.body = to_json(m->out, last.body, last.len);
		last.len = strlen(last.body);
	}
}

static void
call_get(const char *path, const char *json)
{
	const char *target;

	target = arena_printf(mem, "%s?connect=v1&encoding=json&message=%s",
	    path, str_url_encode(mem, json));
	exchange("GET", target, NULL, buf_new(mem));
	unpack_answer("Content-Encoding");
}

/* grpc-status and grpc-message as a Connect error. */
static void
take_trailers(const struct envelope *e)
{
	const char *s = arena_strndup(mem, (const char *)e->data, e->len);
	const char *status = strstr(s, "grpc-status: ");
	const char *msg = strstr(s, "grpc-message: ");
	struct buf *b = buf_new(mem);
	size_t len;
	int n;

	if (status == NULL)
		die("the trailer frame has no status");
	n = atoi(status + 13);
	if (n == 0)
		return;
	last.status = code_http((enum code)n);
	buf_printf(b, "{\"code\":\"%s\"", code_name((enum code)n));
	if (msg != NULL) {
		buf_puts(b, ",\"message\":");
		msg += 14;
		json_quote(b,
		    query_decode(mem, msg, strcspn(msg, "\r"), false, &len));
	}
	buf_putc(b, '}');
	last.body = buf_str(b);
	last.len = b->len;
}

static void
take_frames(const struct rpc_method *m, bool text)
{
	const uint8_t *p = (const uint8_t *)last.body;
	const char *message = "";
	struct envelope e;
	size_t len = last.len;

	if (last.status != 200)
		return;
	if (text &&
	    (p = b64text_decode(mem, last.body, last.len, &len)) == NULL)
		die("the answer is not base64");
	while (envelope_next(&p, &len, &e) == ENVELOPE_ONE) {
		if ((e.flags & ENVELOPE_TRAILER) != 0) {
			last.body = message;
			last.len = strlen(message);
			take_trailers(&e);
			return;
		}
		last.body = (const char *)e.data;
		last.len = e.len;
		if ((e.flags & ENVELOPE_COMPRESSED) != 0)
			unpack_answer("Grpc-Encoding");
		message = to_json(m->out, last.body, last.len);
	}
	die("the answer has no trailer frame");
}

static void
call_grpc(const char *path, const char *json, bool text)
{
	const struct rpc_method *m = find_method(path);
	const struct buf *msg = to_binary(m->in, json);
	struct buf *b = buf_new(mem);
	uint8_t flags = packing == COMPRESS_IDENTITY ? 0 : ENVELOPE_COMPRESSED;

	msg = prepare_body(msg);
	if (raw_body != NULL) {
		buf_put(b, raw_body->data, raw_body->len);
	} else {
		envelope_put(b, flags, msg->data, msg->len);
		if (text)
			b = b64text_encode(mem, b->data, b->len);
	}
	exchange("POST", path,
	    text ? "application/grpc-web-text+proto"
		 : "application/grpc-web+proto",
	    b);
	take_frames(m, text);
}

/* --- wants ----------------------------------------------------------------- */

static void
report(bool ok, const char *why)
{
	ntests++;
	if (!ok)
		nfailed++;
	printf("%sok %d - %s:%d %s\n", ok ? "" : "not ", ntests, file, line_no,
	    test_name);
	if (!ok && why != NULL)
		printf("#   %s\n", why);
	if (!ok)
		printf("#   status %d\n#   %.2000s\n", last.status, last.body);
	fflush(stdout);
}

static const char *match(const struct json *want, const struct json *got,
    const char *at);

static const char *
match_text(const char *want, const struct json *got, const char *at)
{
	const char *value;

	if (json_kind(got) != JSON_TEXT)
		return arena_printf(mem, "%s is not text", at);
	if (*want == '$' && captured(want + 1, strlen(want + 1)) == NULL) {
		if (ncaptures == MAX_CAPTURES)
			die("too many captures");
		captures[ncaptures++] =
		    (struct pair){ want + 1, json_text(got) };
		return NULL;
	}
	value = expand(want);
	if (strcmp(value, json_text(got)) == 0)
		return NULL;
	return arena_printf(mem, "%s is \"%s\", not \"%s\"", at, json_text(got),
	    value);
}

static const char *
match_object(const struct json *want, const struct json *got, const char *at)
{
	const struct json *w, *g;
	const char *key, *why, *path;
	size_t i;

	if (json_kind(got) != JSON_OBJECT)
		return arena_printf(mem, "%s is not an object", at);
	for (i = 0; (key = json_key_at(want, i)) != NULL; i++) {
		w = json_get(want, key);
		g = json_get(got, key);
		path = arena_printf(mem, "%s.%s", at, key);
		if (json_kind(w) == JSON_TEXT &&
		    strcmp(json_text(w), "!") == 0) {
			if (json_has(got, key))
				return arena_printf(mem, "%s is there", path);
			continue;
		}
		if (!json_has(got, key))
			return arena_printf(mem, "%s is absent", path);
		if ((why = match(w, g, path)) != NULL)
			return why;
	}
	return NULL;
}

static const char *
match_list(const struct json *want, const struct json *got, const char *at)
{
	const char *why;
	size_t i;

	if (json_kind(got) != JSON_LIST || json_count(got) != json_count(want))
		return arena_printf(mem, "%s has %zu elements, not %zu", at,
		    json_count(got), json_count(want));
	for (i = 0; i < json_count(want); i++) {
		why = match(json_at(want, i), json_at(got, i),
		    arena_printf(mem, "%s[%zu]", at, i));
		if (why != NULL)
			return why;
	}
	return NULL;
}

/* NULL when got is as want says, else where and how it differs. */
static const char *
match(const struct json *want, const struct json *got, const char *at)
{
	switch (json_kind(want)) {
	case JSON_OBJECT:
		return match_object(want, got, at);
	case JSON_LIST:
		return match_list(want, got, at);
	case JSON_TEXT:
		if (strcmp(json_text(want), "*") == 0)
			return NULL;
		return match_text(json_text(want), got, at);
	case JSON_NULL:
	case JSON_BOOL:
	case JSON_INT:
	case JSON_REAL:
		break;
	}
	if (strcmp(json_string(mem, want, JSON_COMPACT),
		json_string(mem, got, JSON_COMPACT)) == 0)
		return NULL;
	return arena_printf(mem, "%s differs", at);
}

static void
want(const char *s)
{
	int status = atoi(word(&s));
	const struct json *w, *g;
	const char *error, *why = NULL;

	if (!last.given)
		die("nothing was asked yet");
	if (status != last.status)
		why = arena_printf(mem, "wanted status %d", status);
	if (why == NULL && *s != '\0') {
		w = json_parse(mem, s, strlen(s), NULL, &error);
		if (w == NULL)
			die("%s", error);
		g = json_parse(mem, last.body, last.len, NULL, &error);
		why = g == NULL ? error : match(w, g, "$");
	}
	report(why == NULL, why);
}

static void
want_header(const char *s)
{
	struct pair p;
	const char *got;
	bool ok;

	long low, high;

	split_header(s, &p);
	got = answer_header(p.name);
	if (strcmp(p.value, "!") == 0)
		ok = got == NULL;
	else if (strcmp(p.value, "*") == 0)
		ok = got != NULL;
	else if (sscanf(p.value, "%ld..%ld", &low, &high) == 2)
		ok = got != NULL && atol(got) >= low && atol(got) <= high;
	else
		ok = got != NULL && strcmp(got, p.value) == 0;
	report(ok,
	    arena_printf(mem, "%s: %s", p.name,
		got == NULL ? "(absent)" : got));
}

static void
want_body(const char *s)
{
	struct buf *b = unescape(s);

	report(b->len == last.len &&
		(b->len == 0 || memcmp(buf_str(b), last.body, b->len) == 0),
	    "the body differs");
}

static void
want_part(const char *s, bool wanted)
{
	const struct buf *b = unescape(s);
	const char *at = memmem(last.body, last.len, buf_str(b), b->len);

	report((at != NULL) == wanted,
	    wanted ? "it is not there" : "it is there");
}

static void
want_order(const char *s)
{
	const char *at = last.body, *end = last.body + last.len, *w = "";
	char *c;

	while (at != NULL && *s != '\0') {
		w = c = arena_strdup(mem, word(&s));
		while ((c = strchr(c, '_')) != NULL)
			*c = ' ';
		at = memmem(at, (size_t)(end - at), w, strlen(w));
		if (at != NULL)
			at += strlen(w);
	}
	report(at != NULL, arena_printf(mem, "%s is not there", w));
}

/* --- each method ----------------------------------------------------------- */

/* Whether "/mirai.v1.Service/Method" is among the words of list. */
static bool
is_listed(const char *list, const char *path)
{
	const char *name = path + strlen("/mirai.v1.");
	size_t len = strcspn(name, "/");
	bool listed = false;
	const char *w;

	while (*list != '\0') {
		w = word(&list);
		if (*w == '-' && strcmp(w + 1, name) == 0)
			return false;
		listed |= strlen(w) == len && strncmp(w, name, len) == 0;
	}
	return listed;
}

static void
want_refusal(const char *path, int status, const char *reason)
{
	const char *got = answer_header("mirai-error-code");
	bool ok;

	ok = strcmp(reason, "!") == 0 ? got == NULL
				      : got != NULL && strcmp(got, reason) == 0;
	report(ok && last.status == status,
	    arena_printf(mem, "%s: %d %s, not %d %s", path, last.status,
		got == NULL ? "!" : got, status, reason));
}

static void
every(const char *s)
{
	int status = atoi(word(&s));
	const char *reason = word(&s);
	const struct rpc_service *const *each;
	const struct buf *body = raw_body;
	size_t i, nset = nheaders, before = (size_t)ntests;

	for (each = pb_all_services; *each != NULL; each++) {
		for (i = 0; i < (*each)->nmethods; i++) {
			if (!is_listed(s, (*each)->methods[i].path))
				continue;
			nheaders = nset;
			raw_body = body;
			call_connect((*each)->methods[i].path, "{}", false);
			want_refusal((*each)->methods[i].path, status, reason);
		}
	}
	if (before == (size_t)ntests)
		die("no such service");
}

/* --- the file -------------------------------------------------------------- */

/* "owner@acme" as the name in a credential: letters, padded with zeros. */
static char *
padded(const char *who, size_t len)
{
	char *s = arena_alloc(mem, len + 1);
	size_t n = 0;

	for (; *who != '\0' && n < len; who++) {
		if (*who != '@')
			s[n++] = *who;
	}
	memset(s + n, '0', len - n);
	s[len] = '\0';
	return s;
}

static void
set_caller(const char *who, bool cookie)
{
	credential[0] = NULL;
	if (strcmp(who, "-") == 0)
		return;
	if (cookie) {
		credential[0] = "cookie";
		credential[1] =
		    arena_printf(mem, "ory_kratos_session=%s", padded(who, 43));
	} else {
		credential[0] = "authorization";
		credential[1] =
		    arena_printf(mem, "Bearer ory_st_%s", padded(who, 32));
	}
}

static void
run_sql(const char *s)
{
	const char *which = word(&s);
	const char *url;
	int status;
	pid_t pid;

	url = env(strcmp(which, "identity") == 0 ? "IDENTITY_DATABASE_URL"
						 : "DATABASE_URL",
	    "");
	url = arena_printf(mem, "%s user=postgres", url);
	fflush(NULL);
	if ((pid = fork()) == 0) {
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execlp("psql", "psql", "-qAtX", "-o", "/dev/null", "-v",
		    "ON_ERROR_STOP=1", "-c", s, url, NULL);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid || status != 0)
		die("psql failed");
}

/* A psql that does what comes through in; what it says goes to out. */
static pid_t
start_psql(int in[2], int out[2])
{
	pid_t pid;

	fflush(NULL);
	if (pipe2(in, O_CLOEXEC) == -1 || pipe2(out, O_CLOEXEC) == -1 ||
	    (pid = fork()) == -1)
		die("%s", strerror(errno));
	if (pid == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		execlp("psql", "psql", "-qAtX", "-v", "ON_ERROR_STOP=1",
		    arena_printf(mem, "%s user=postgres",
			env("DATABASE_URL", "")),
		    NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	return pid;
}

/* Returns when the statement has run, so that its locks are held. */
static void
hold(const char *s)
{
	const char *seconds = word(&s);
	int in[2], out[2];
	pid_t pid;
	char c;

	pid = start_psql(in, out);
	dprintf(in[1], "BEGIN;\n%s\n;\n\\echo held\n", s);
	if (read(out[0], &c, 1) != 1)
		die("psql failed");
	if (strcmp(seconds, "-") == 0) {
		holder = pid;
		held_by = in[1];
		return;
	}
	dprintf(in[1], "SELECT pg_sleep(%s);\n", seconds);
	close(in[1]);
}

static void
release(void)
{
	if (held_by == -1)
		die("nothing is held");
	close(held_by);
	waitpid(holder, NULL, 0);
	held_by = -1;
}

static void
repeat(const char *s)
{
	struct buf *b = buf_new(mem), *once;
	long n = atol(word(&s));

	once = unescape(s);
	while (n-- > 0)
		buf_put(b, once->data, once->len);
	raw_body = b;
}

static bool
do_call(const char *verb, const char *s)
{
	const char *path = arena_printf(mem, "/mirai.v1.%s", word(&s));
	const char *json = *s == '\0' ? "{}" : s;

	if (strcmp(verb, "call") == 0)
		call_connect(path, json, false);
	else if (strcmp(verb, "proto") == 0)
		call_connect(path, json, true);
	else if (strcmp(verb, "get") == 0)
		call_get(path, json);
	else if (strcmp(verb, "grpc") == 0)
		call_grpc(path, json, false);
	else if (strcmp(verb, "text") == 0)
		call_grpc(path, json, true);
	else
		return false;
	return true;
}

/* The same call N times. */
static void
times(const char *s)
{
	size_t i, n = strtoul(word(&s), NULL, 10), kept = nheaders;

	for (i = 0; i < n; i++) {
		nheaders = kept;
		do_call("call", s);
	}
}

static void
do_http(const char *s)
{
	const char *method = word(&s);
	const char *target = word(&s);

	exchange(method, target, NULL, prepare_body(unescape(s)));
	unpack_answer("Content-Encoding");
}

static bool
do_setting(const char *verb, const char *s)
{
	struct pair p;

	if (strcmp(verb, "conf") == 0) {
		buf_printf(&conf, "%s\n", s);
	} else if (strcmp(verb, "program") == 0) {
		program_name = s;
	} else if (strcmp(verb, "as") == 0) {
		set_caller(s, false);
	} else if (strcmp(verb, "cookie") == 0) {
		set_caller(s, true);
	} else if (strcmp(verb, "sql") == 0) {
		run_sql(s);
	} else if (strcmp(verb, "hold") == 0) {
		hold(s);
	} else if (strcmp(verb, "release") == 0) {
		release();
	} else if (strcmp(verb, "header") == 0) {
		split_header(s, &p);
		add_header(p.name, p.value);
	} else if (strcmp(verb, "body") == 0) {
		raw_body = unescape(s);
	} else if (strcmp(verb, "repeat") == 0) {
		repeat(s);
	} else if (strcmp(verb, "pack") == 0) {
		packing = compress_find(s);
	} else {
		return false;
	}
	return true;
}

static void
run_line(const char *s)
{
	const char *verb;

	if (*s == '#') {
		s += strspn(s, "# ");
		test_name = s;
		return;
	}
	verb = word(&s);
	/* What a want captures must not be expanded before it is. */
	if (strcmp(verb, "want") == 0) {
		want(s);
		return;
	}
	s = expand(s);
	if (strcmp(verb, "http") == 0)
		do_http(s);
	else if (strcmp(verb, "every") == 0)
		every(s);
	else if (strcmp(verb, "times") == 0)
		times(s);
	else if (strcmp(verb, "want-header") == 0)
		want_header(s);
	else if (strcmp(verb, "want-body") == 0)
		want_body(s);
	else if (strcmp(verb, "want-has") == 0)
		want_part(s, true);
	else if (strcmp(verb, "want-lacks") == 0)
		want_part(s, false);
	else if (strcmp(verb, "want-order") == 0)
		want_order(s);
	else if (strcmp(verb, "within") == 0)
		report(last.ms <= atol(s),
		    arena_printf(mem, "it took %lld ms", (long long)last.ms));
	else if (!do_setting(verb, s) && !do_call(verb, s))
		die("%s: unknown verb", verb);
}

/* Joins continuation lines and runs each whole line. */
static void
run_file(FILE *f)
{
	struct buf line = BUF_INIT;
	char *s = NULL;
	size_t cap = 0;
	int n = 0;
	ssize_t len;

	while ((len = getline(&s, &cap, f)) != -1) {
		n++;
		while (len > 0 && isspace((unsigned char)s[len - 1]))
			s[--len] = '\0';
		if (len == 0)
			continue;
		if (s[0] == ' ' || s[0] == '\t') {
			buf_putc(&line, ' ');
			buf_puts(&line, s + strspn(s, " \t"));
			continue;
		}
		if (line.len > 0)
			run_line(arena_strdup(mem, buf_str(&line)));
		line_no = n;
		buf_reset(&line);
		buf_puts(&line, s);
	}
	if (line.len > 0)
		run_line(arena_strdup(mem, buf_str(&line)));
	buf_free(&line);
	free(s);
}

int
main(int argc, char **argv)
{
	FILE *f;

	if (argc != 2)
		errx(2, "usage: rpctest FILE.t");
	file = argv[1];
	if ((f = fopen(file, "r")) == NULL)
		err(2, "%s", file);
	mem = arena_new();
	atexit(stop_programs);
	run_file(f);
	fclose(f);
	stop_programs();
	arena_free(mem);
	buf_free(&conf);
	printf("1..%d\n", ntests);
	return nfailed != 0;
}

/*
 * mirai-file behind a real lighttpd: whole objects and ranges, uploads that
 * are exact or nothing, and what a tampered address gets.
 */
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "net/store.h"
#include "rpc/fastcgi.h"

#include "tests/test.h"

#define TENANT	"11111111-1111-4111-8111-111111111111"
#define HOPE_MS 60000 /* when there is none left */

static struct arena *mem;
static struct store *store;
static char dir[] = "/tmp/mirai-file.XXXXXX";
static pid_t pids[2];

static const char *
build(void)
{
	const char *s = getenv("BUILD");

	return s == NULL ? "build" : s;
}

static void
nap_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	(void)nanosleep(&ts, NULL);
}

/* Whether a command succeeds, now or at last. */
static bool
until(const char *cmd)
{
	int64_t end = clock_mono_ms() + HOPE_MS;

	while (system(cmd) != 0) {
		if (clock_mono_ms() > end)
			return false;
		nap_ms(20);
	}
	return true;
}

/* The same of a program that is to take connections at a socket. */
static bool
listens(const char *path)
{
	int64_t end = clock_mono_ms() + HOPE_MS;
	int fd;

	while ((fd = fastcgi_connect(path)) == -1) {
		if (clock_mono_ms() > end)
			return false;
		nap_ms(20);
	}
	(void)close(fd);
	return true;
}

static void
write_file(const char *name, const char *text)
{
	FILE *fp;

	fp = fopen(arena_printf(mem, "%s/%s", dir, name), "w");
	if (fp == NULL || fputs(text, fp) == EOF || fclose(fp) != 0)
		exit(1);
}

static pid_t
spawn(const char *cmd)
{
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) == 0) {
		(void)execl("/bin/sh", "sh", "-c",
		    arena_printf(mem, "exec %s", cmd), (char *)NULL);
		_exit(127);
	}
	return pid;
}

static void
end_programs(void)
{
	(void)kill(pids[1], SIGTERM);
	(void)kill(pids[0], SIGTERM);
	(void)waitpid(pids[0], NULL, 0);
	(void)waitpid(pids[1], NULL, 0);
}

static void
start(void)
{
	struct conf *c;
	bool up;

	write_file("mirai.conf",
	    arena_printf(mem,
		"store.dir %s/store\nstore.secret 0123456789abcdef\n"
		"allowed_origin https://app.example.org\n",
		dir));
	write_file("lighttpd.conf",
	    arena_printf(mem,
		"server.document-root = \"%s\"\n"
		"server.bind = \"%s/http\"\n"
		"server.modules = ( \"mod_fastcgi\" )\n"
		"server.range-requests = \"disable\"\n" /* ours are tested */
		"fastcgi.server = ( \"/\" => (( \"socket\" => \"%s/fcgi\","
		" \"check-local\" => \"disable\" )) )\n",
		dir, dir, dir));
	pids[0] = spawn(arena_printf(mem,
	    "%s/bin/mirai-file -f %s/mirai.conf -s %s/fcgi -w 2", build(), dir,
	    dir));
	/* First the program: a web server would remember that it was away. */
	up = listens(arena_printf(mem, "%s/fcgi", dir));
	pids[1] =
	    spawn(arena_printf(mem, "lighttpd -D -f %s/lighttpd.conf", dir));
	c = conf_load(arena_printf(mem, "%s/mirai.conf", dir));
	if (c == NULL || (store = store_open(c)) == NULL)
		exit(1);
	conf_free(c);
	if (up &&
	    until(arena_printf(mem,
		"curl -s --unix-socket %s/http -o %s/back http://x/", dir,
		dir)))
		return;
	printf("Bail out! mirai-file or lighttpd does not start\n");
	end_programs();
	exit(1);
}

static void
stop(void)
{
	end_programs();
	CHECK(system(arena_printf(mem, "rm -rf '%s'", dir)) == 0);
}

/* Head and body of what curl gets with these options. */
static char *
curl(const char *options, const char *url)
{
	char part[4096];
	struct buf *b;
	size_t n;
	FILE *fp;

	fflush(stdout);
	fp = popen(arena_printf(mem,
		       "curl -s -i -m 20 --path-as-is --unix-socket %s/http %s"
		       " 'http://x%s'",
		       dir, options, url),
	    "r");
	b = buf_new(mem);
	while (fp != NULL && (n = fread(part, 1, sizeof(part), fp)) > 0)
		buf_put(b, part, n);
	if (fp != NULL)
		(void)pclose(fp);
	return arena_strdup(mem, buf_str(b));
}

static int
status(const char *answer)
{
	return str_starts(answer, "HTTP/1.1 ")
	    ? (int)strtol(answer + 9, NULL, 10)
	    : 0;
}

static const char *
body(const char *answer)
{
	const char *s = strstr(answer, "\r\n\r\n");

	return s == NULL ? "" : s + 4;
}

static bool
has(const char *answer, const char *line)
{
	return strstr(answer, arena_printf(mem, "\r\n%s\r\n", line)) != NULL;
}

/* The path and query of a URL. */
static char *
path_of(char *url)
{
	return url == NULL ? NULL : strstr(url, "/local-storage/");
}

static char *
get_url(const char *key, const char *name, int64_t seconds)
{
	return path_of(store_sign_get(store, mem, TENANT, key, name,
	    clock_now_us() + seconds * 1000000));
}

static char *
put_url(const char *key, const char *type, int64_t len)
{
	return path_of(store_sign_put(store, mem, TENANT, key, type, len,
	    clock_now_us() + 60 * INT64_C(1000000)));
}

static const char *
stored(const char *key)
{
	size_t len;
	void *p;

	if (store_get(store, mem, TENANT, key, 1 << 26, &p, &len) != CODE_OK)
		return NULL;
	return p;
}

static void
test_get(void)
{
	const char *a, *etag;
	char *url;

	CHECK(store_put(store, TENANT, "exports/a.zip", "", "0123456789", 10) ==
	    CODE_OK);
	url = get_url("exports/a.zip", "F\xc3\xbcr \"x\".zip", 60);
	a = curl("", url);
	CHECK(status(a) == 200);
	CHECK_STR(body(a), "0123456789");
	CHECK(has(a, "Content-Type: application/zip"));
	CHECK(has(a, "Content-Length: 10"));
	CHECK(has(a, "X-Content-Type-Options: nosniff"));
	CHECK(has(a, "Accept-Ranges: bytes"));
	CHECK(has(a,
	    "Content-Disposition: attachment;"
	    " filename=\"F__r _x_.zip\";"
	    " filename*=UTF-8''F%C3%BCr%20%22x%22.zip"));
	CHECK(strstr(a, "Access-Control-Allow-Origin") == NULL);
	a = curl("-H 'Origin: https://app.example.org'", url);
	CHECK(has(a, "Access-Control-Allow-Origin: https://app.example.org"));
	a = curl("-I", url);
	CHECK(status(a) == 200);
	CHECK(has(a, "Content-Length: 10"));
	CHECK_STR(body(a), "");

	etag = strstr(a, "ETag: ") + 6;
	etag = arena_strndup(mem, etag, strcspn(etag, "\r"));
	a = curl(arena_printf(mem, "-H 'If-None-Match: \"x\", W/%s'", etag),
	    url);
	CHECK(status(a) == 304);
	CHECK_STR(body(a), "");
	CHECK(status(curl("-H 'If-None-Match: *'", url)) == 304);
	CHECK(status(curl("-H 'If-None-Match: \"x\"'", url)) == 200);
	CHECK(status(curl("-H 'If-Match: \"x\"'", url)) == 412);
	a = curl(arena_printf(mem, "-H 'If-Match: %s'", etag), url);
	CHECK(status(a) == 200);
	a = curl(arena_printf(mem, "-r 2-3 -H 'If-Range: %s'", etag), url);
	CHECK(status(a) == 206);
	CHECK(status(curl("-r 2-3 -H 'If-Range: \"x\"'", url)) == 200);
	a = curl("", get_url("exports/a.zip", NULL, 60));
	CHECK(has(a, "Content-Disposition: attachment"));
	CHECK(status(curl("", get_url("exports/none.zip", NULL, 60))) == 404);
}

static void
check_range(const char *url, const char *range, int want, const char *text,
    const char *content_range)
{
	const char *a;

	a = curl(arena_printf(mem, "-H 'Range: %s'", range), url);
	CHECK(status(a) == want);
	if (text != NULL)
		CHECK_STR(body(a), text);
	if (content_range != NULL)
		CHECK(has(a,
		    arena_printf(mem, "Content-Range: bytes %s",
			content_range)));
}

static void
test_ranges(void)
{
	static const char whole[] = "0123456789";
	const char *a, *b;
	char *url;

	url = get_url("exports/a.zip", NULL, 60);
	check_range(url, "bytes=0-0", 206, "0", "0-0/10");
	check_range(url, "bytes=3-5", 206, "345", "3-5/10");
	check_range(url, "bytes=7-", 206, "789", "7-9/10");
	check_range(url, "bytes=-3", 206, "789", "7-9/10");
	check_range(url, "bytes=-30", 206, whole, "0-9/10");
	check_range(url, "bytes=8-99999999999", 206, "89", "8-9/10");
	check_range(url, "bytes=10-", 416, NULL, "*/10");
	check_range(url, "bytes=-0", 416, NULL, "*/10");
	check_range(url, "bytes=10-12,20-", 416, NULL, "*/10");
	check_range(url, "bytes=20-,3-3", 206, "3", "3-3/10");
	/* what cannot be understood asks for the whole */
	check_range(url, "bytes=5-3", 200, whole, NULL);
	check_range(url, "bytes=a-b", 200, whole, NULL);
	check_range(url, "bytes=", 200, whole, NULL);
	check_range(url, "bytes=1", 200, whole, NULL);
	check_range(url, "bytes=99999999999999999999-", 200, whole, NULL);
	check_range(url, "lines=1-2", 200, whole, NULL);
	check_range(url, "bytes=0-9,0-9", 200, whole, NULL);
	check_range(url,
	    "bytes=0-0,0-0,0-0,0-0,0-0,0-0,0-0,0-0,0-0,0-0,0-0,0-0,0-0,0-0,"
	    "0-0,0-0,0-0",
	    200, whole, NULL);

	a = curl("-H 'Range: bytes=1-2, 5-5'", url);
	CHECK(status(a) == 206);
	b = strstr(a, "boundary=") + 9;
	b = arena_strndup(mem, b, strcspn(b, "\r"));
	CHECK_STR(body(a),
	    arena_printf(mem,
		"\r\n--%s\r\nContent-Type: application/zip\r\n"
		"Content-Range: bytes 1-2/10\r\n\r\n12"
		"\r\n--%s\r\nContent-Type: application/zip\r\n"
		"Content-Range: bytes 5-5/10\r\n\r\n5\r\n--%s--\r\n",
		b, b, b));
	CHECK(
	    has(a, arena_printf(mem, "Content-Length: %zu", strlen(body(a)))));
}

static char *
swap(const char *url, const char *from, const char *to)
{
	const char *at = strstr(url, from);

	return arena_printf(mem, "%.*s%s%s", (int)(at - url), url, to,
	    at + strlen(from));
}

static void
test_refused(void)
{
	const char *a;
	char *url;

	url = get_url("exports/a.zip", NULL, 60);
	a = curl("", swap(url, "a.zip", "b.zip"));
	CHECK(status(a) == 403);
	CHECK(has(a, "Content-Type: application/json"));
	CHECK(str_starts(body(a), "{\"code\":\"permission_denied\","));
	CHECK(strstr(body(a), "b.zip") == NULL);
	CHECK(status(curl("", swap(url, "1111", "2222"))) == 403);
	CHECK(status(curl("", swap(url, "sig=", "sig=0"))) == 403);
	CHECK(status(curl("", swap(url, "?", "?name=x&"))) == 403);
	CHECK(status(curl("", get_url("exports/a.zip", NULL, -5))) == 403);
	CHECK(status(curl("", swap(url, "exports/", "../"))) == 404);
	CHECK(status(curl("", swap(url, "exports/", "..%2f"))) == 404);
	CHECK(status(curl("", "/local-storage/")) == 404);
	CHECK(status(curl("", "/elsewhere")) == 404);
	CHECK(status(curl("-X DELETE", url)) == 405);
	CHECK(status(curl("-X POST -d x", url)) == 405);
	CHECK(status(curl("-X PUT -d x", url)) == 403);
	a = curl("-X OPTIONS -H 'Origin: https://app.example.org'"
		 " -H 'Access-Control-Request-Method: PUT'",
	    url);
	CHECK(status(a) == 204);
	CHECK(has(a, "Access-Control-Allow-Methods: GET, HEAD, PUT"));
	a = curl("-X OPTIONS -H 'Origin: https://evil.example'", url);
	CHECK(strstr(a, "Access-Control-Allow") == NULL);
}

static void
test_put(void)
{
	const char *key = "submissions/s/files/a.pdf";
	const char *pdf = "-H 'Content-Type: application/pdf'"
			  " -X PUT --data-binary";
	char *url;

	url = put_url(key, "application/pdf", 5);
	CHECK(status(curl(arena_printf(mem, "%s hello", pdf), url)) == 200);
	CHECK_STR(stored(key), "hello");
	CHECK(status(curl(arena_printf(mem, "%s hell", pdf), url)) == 400);
	CHECK(status(curl(arena_printf(mem, "%s helloo", pdf), url)) == 400);
	CHECK(status(curl("-H 'Content-Type: text/html' -X PUT"
			  " --data-binary HELLO",
		  url)) == 400);
	CHECK(status(curl(arena_printf(mem,
			      "-H 'Content-Range: bytes 0-4/9' %s HELLO", pdf),
		  url)) == 400);
	CHECK(status(curl(arena_printf(mem, "%s HELLO", pdf),
		  swap(url, "len=5", "len=6"))) == 403);
	CHECK(status(curl("", url)) == 403);
	CHECK_STR(stored(key), "hello");
	CHECK(status(curl(arena_printf(mem, "%s HELLO", pdf), url)) == 200);
	CHECK_STR(stored(key), "HELLO");
}

/* 20 MiB there and back, in pieces. */
static void
test_large(void)
{
	const size_t len = (size_t)20 << 20;
	char *url, *cmd;

	cmd = arena_printf(mem,
	    "head -c %zu /dev/urandom >%s/large && cd %s && cp large copy", len,
	    dir, dir);
	CHECK(system(cmd) == 0);
	url = put_url("submissions/s/files/b.mp4", "video/mp4", (int64_t)len);
	CHECK(status(curl(arena_printf(mem,
			      "-H 'Content-Type: video/mp4' -H 'Expect:'"
			      " -T %s/large",
			      dir),
		  url)) == 200);
	url = get_url("submissions/s/files/b.mp4", "b.mp4", 60);
	cmd = arena_printf(mem,
	    "curl -s --unix-socket %s/http -o %s/back 'http://x%s' &&"
	    " cmp %s/back %s/copy",
	    dir, dir, url, dir, dir);
	CHECK(system(cmd) == 0);
	cmd = arena_printf(mem,
	    "curl -s --unix-socket %s/http -r 1000000- 'http://x%s'"
	    " | cmp - %s/copy 0 1000000",
	    dir, url, dir);
	CHECK(system(cmd) == 0);
}

/* --- a client that leaves in the middle, without a web server ------------- */

static void
put_pair(struct buf *b, const char *name, const char *value)
{
	buf_putc(b, (char)strlen(name));
	buf_put_u32be(b, 0x80000000U | (uint32_t)strlen(value));
	buf_puts(b, name);
	buf_puts(b, value);
}

static void
put_record(struct buf *b, int type, const void *p, size_t len)
{
	const char head[8] = { 1, (char)type, 0, 1, (char)(len >> 8), (char)len,
		0, 0 };

	buf_put(b, head, sizeof(head));
	buf_put(b, p, len);
}

static void
cut_upload(const char *url, const char *text)
{
	const char *parts = arena_printf(mem, "%s/store/data/.tmp", dir);
	static const char begin[8] = { 0, 1 };
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct buf *b, *params;
	int fd;

	params = buf_new(mem);
	put_pair(params, "REQUEST_METHOD", "PUT");
	put_pair(params, "REQUEST_URI", url);
	put_pair(params, "QUERY_STRING", strchr(url, '?') + 1);
	put_pair(params, "CONTENT_TYPE", "application/pdf");
	put_pair(params, "CONTENT_LENGTH", "100");
	b = buf_new(mem);
	put_record(b, 1, begin, sizeof(begin));
	put_record(b, 4, params->data, params->len);
	put_record(b, 4, "", 0);
	put_record(b, 5, text, strlen(text));
	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/fcgi", dir);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0);
	CHECK(write(fd, b->data, b->len) == (ssize_t)b->len);
	CHECK(until(arena_printf(mem, "test -n \"$(ls -A %s)\"", parts)));
	(void)close(fd);
	CHECK(until(arena_printf(mem, "test -z \"$(ls -A %s)\"", parts)));
}

static void
test_cut(void)
{
	const char *key = "submissions/s/files/cut.pdf";

	cut_upload(put_url(key, "application/pdf", 100), "only the beginning");
	CHECK(stored(key) == NULL);
}

int
main(void)
{
	log_open("file", LOG_FORM_PLAIN, LOG_LEVEL_WARN);
	mem = arena_new();
	(void)unsetenv("LOCAL_STORAGE_DIR"); /* would win over ours */
	if (mkdtemp(dir) == NULL)
		return 1;
	start();
	test_get();
	test_ranges();
	test_refused();
	test_put();
	test_large();
	test_cut();
	stop();
	store_close(store);
	arena_free(mem);
	return test_done();
}

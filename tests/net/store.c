/*
 * Object storage: whole objects or none, hostile names, and signed URLs that
 * mean one thing only. The same for every adapter: a directory, or the S3 that
 * the environment names (tests/net/store_s3.mjs); at the end, what only a
 * directory has.
 */
#include "net/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "net/http.h"
#include "net/store_dir.h"
#include "tests/test.h"

#define T1 "11111111-1111-4111-8111-111111111111"
#define T2 "22222222-2222-4222-8222-222222222222"

#define LARGE ((size_t)70 * 1024 * 1024) /* of S3: in five parts */

static struct arena *mem;
static bool on_s3;
static char dir[] = "/tmp/mirai-store.XXXXXX";

static struct conf *
conf_here(const char *secret)
{
	struct conf *c;

	c = conf_load("/dev/null");
	if (c == NULL || conf_set(c, "store.dir", dir) == -1 ||
	    conf_set(c, "url.api", "https://api.example.org") == -1 ||
	    (secret != NULL && conf_set(c, "store.secret", secret) == -1))
		abort();
	return c;
}

static struct store *
store_here(const char *secret)
{
	struct conf *c;
	struct store *s;

	c = conf_here(secret);
	s = store_open(c);
	conf_free(c);
	return s;
}

static const char *
get(struct store *s, const char *tenant, const char *key)
{
	size_t len;
	void *p;

	if (store_get(s, mem, tenant, key, 1 << 20, &p, &len) != CODE_OK)
		return NULL;
	return strlen(p) == len ? p : "length";
}

static enum code
put(struct store *s, const char *tenant, const char *key, const char *text)
{
	return store_put(s, tenant, key, "text/plain", text, strlen(text));
}

static void
test_keys(struct store *s)
{
	static const char *const bad[] = { "", "/", "/a", "a/", "a//b", ".",
		"..", "../a", "a/..", "a/../b", "a/./b", "a\\b", "..\\a",
		"a\nb", "a\x7f", "a\xc2\x85", "\xff", "a\xc0\xaf",
		"a/\xed\xa0\x80" };
	static const char *const good[] = { "a", "a/b", "...", "a/..b", ".a",
		"courses/x/content.1.json", "\xc3\xa9 %2e%2e", "a:b?c#d&e=f" };
	char longest[STORE_KEY_MAX + 2];
	size_t i;

	for (i = 0; i < NITEMS(bad); i++) {
		CHECK(!store_key_ok(bad[i]));
		CHECK(put(s, T1, bad[i], "x") == CODE_INVALID_ARGUMENT);
		CHECK(store_delete(s, T1, bad[i]) == CODE_INVALID_ARGUMENT);
		CHECK(
		    store_exists(s, T1, bad[i], NULL) == CODE_INVALID_ARGUMENT);
		CHECK(store_sign_get(s, mem, T1, bad[i], NULL, 1) == NULL);
	}
	for (i = 0; i < NITEMS(good); i++)
		CHECK(store_key_ok(good[i]));
	CHECK(!store_key_ok(NULL));
	memset(longest, 'a', sizeof(longest));
	longest[256] = '\0';
	CHECK(!store_key_ok(longest));
	longest[255] = '\0';
	CHECK(store_key_ok(longest));
	memset(longest, 'a', sizeof(longest));
	for (i = 100; i < sizeof(longest); i += 100)
		longest[i] = '/';
	longest[STORE_KEY_MAX + 1] = '\0';
	CHECK(!store_key_ok(longest));

	CHECK(put(s, "..", "a", "x") == CODE_INVALID_ARGUMENT);
	CHECK(put(s, "", "a", "x") == CODE_INVALID_ARGUMENT);
	CHECK(put(s, NULL, "a", "x") == CODE_INVALID_ARGUMENT);
	CHECK(put(s, T1 "/x", "a", "x") == CODE_INVALID_ARGUMENT);
	CHECK(store_delete_all(s, T1, "../") == CODE_INVALID_ARGUMENT);
	CHECK(store_delete_all(s, "..", "") == CODE_INVALID_ARGUMENT);
	CHECK(store_delete_all(s, T1, "a//") == CODE_INVALID_ARGUMENT);
}

static void
test_objects(struct store *s)
{
	const char **keys;
	int64_t len;
	void *p;
	size_t n;

	CHECK(get(s, T1, "a/b/c.json") == NULL);
	CHECK(put(s, T1, "a/b/c.json", "one") == CODE_OK);
	CHECK_STR(get(s, T1, "a/b/c.json"), "one");
	CHECK(put(s, T1, "a/b/c.json", "second") == CODE_OK);
	CHECK_STR(get(s, T1, "a/b/c.json"), "second");
	CHECK(store_exists(s, T1, "a/b/c.json", &len) == CODE_OK && len == 6);
	CHECK(store_exists(s, T1, "a/b", NULL) == CODE_NOT_FOUND);
	CHECK(store_exists(s, T1, "a/b/c.json/d", NULL) == CODE_NOT_FOUND);
	CHECK(get(s, T2, "a/b/c.json") == NULL);
	CHECK(store_get(s, mem, T1, "a/b/c.json", 5, &p, &n) ==
	    CODE_RESOURCE_EXHAUSTED);
	CHECK(put(s, T1, "a/empty", "") == CODE_OK);
	CHECK_STR(get(s, T1, "a/empty"), "");

	CHECK(put(s, T1, "a/bb", "x") == CODE_OK);
	CHECK(put(s, T1, "z", "x") == CODE_OK);
	CHECK(put(s, T2, "a/other", "x") == CODE_OK);
	CHECK(store_list(s, mem, T1, "", &keys) == CODE_OK);
	CHECK_STR(keys[0], "a/b/c.json");
	CHECK_STR(keys[1], "a/bb");
	CHECK_STR(keys[2], "a/empty");
	CHECK_STR(keys[3], "z");
	CHECK(keys[4] == NULL);
	CHECK(store_list(s, mem, T1, "a/b", &keys) == CODE_OK);
	CHECK(keys[0] != NULL && keys[1] != NULL && keys[2] == NULL);
	CHECK(store_list(s, mem, T1, "a/b/", &keys) == CODE_OK);
	CHECK(keys[0] != NULL && keys[1] == NULL);
	CHECK(store_tenants(s, mem, &keys) == CODE_OK);
	CHECK_STR(keys[0], T1);
	CHECK_STR(keys[1], T2);
	CHECK(keys[2] == NULL);

	CHECK(store_delete_all(s, T1, "a/") == CODE_OK);
	CHECK(store_list(s, mem, T1, "", &keys) == CODE_OK);
	CHECK_STR(keys[0], "z");
	CHECK(keys[1] == NULL);
	CHECK_STR(get(s, T2, "a/other"), "x");
	CHECK(store_delete(s, T1, "z") == CODE_OK);
	CHECK(store_delete(s, T1, "z") == CODE_OK);
	CHECK(store_tenants(s, mem, &keys) == CODE_OK && keys[1] == NULL);
	CHECK(store_list(s, mem, T1, "", &keys) == CODE_OK && keys[0] == NULL);
}

static void
test_move(struct store *s)
{
	const char **keys;

	CHECK(put(s, T1, "m/in/é (1) %.txt", "moved") == CODE_OK);
	CHECK(put(s, T1, "m/to/x.txt", "old") == CODE_OK);
	CHECK(store_move(s, T1, "m/in/é (1) %.txt", "m/to/x.txt") == CODE_OK);
	CHECK_STR(get(s, T1, "m/to/x.txt"), "moved");
	CHECK(store_exists(s, T1, "m/in/é (1) %.txt", NULL) == CODE_NOT_FOUND);
	/* Whoever writes there still changes another object. */
	CHECK(put(s, T1, "m/in/é (1) %.txt", "later") == CODE_OK);
	CHECK_STR(get(s, T1, "m/to/x.txt"), "moved");
	CHECK(store_move(s, T1, "m/to/x.txt", "m/deep/er/é%y.txt") == CODE_OK);
	CHECK_STR(get(s, T1, "m/deep/er/é%y.txt"), "moved");
	CHECK(store_move(s, T1, "m/to/x.txt", "m/z") == CODE_NOT_FOUND);
	CHECK(store_move(s, T2, "m/deep/er/é%y.txt", "m/z") == CODE_NOT_FOUND);
	CHECK(store_move(s, T1, "../a", "m/z") == CODE_INVALID_ARGUMENT);
	CHECK(store_move(s, T1, "m/z", "../a") == CODE_INVALID_ARGUMENT);
	CHECK(store_list(s, mem, T1, "m/", &keys) == CODE_OK);
	CHECK(keys[0] != NULL && keys[1] != NULL && keys[2] == NULL);
	CHECK(store_delete_all(s, T1, "m/") == CODE_OK);
}

/* A temporary file without a name, holding text. */
static int
scratch(const char *text)
{
	char path[] = "/tmp/mirai-put.XXXXXX";
	int fd;

	fd = mkstemp(path);
	CHECK(fd != -1 && unlink(path) == 0 &&
	    write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	return fd;
}

static void
test_files(struct store *s)
{
	char path[] = "/tmp/mirai-put.XXXXXX", got[32] = "";
	int64_t len;
	int fd;

	fd = mkstemp(path);
	CHECK(fd != -1 && write(fd, "file", 4) == 4 && close(fd) == 0);
	CHECK(store_put_file(s, T1, "f/x.zip", "application/zip", path) ==
	    CODE_OK);
	CHECK_STR(get(s, T1, "f/x.zip"), "file");
	(void)unlink(path);
	CHECK(store_put_file(s, T1, "f/y.zip", "application/zip", path) ==
	    CODE_UNAVAILABLE);
	CHECK(store_exists(s, T1, "f/y.zip", NULL) == CODE_NOT_FOUND);

	fd = scratch("before:");
	CHECK(store_put_fd(s, T1, "f/fd", "text/plain", fd) == CODE_OK);
	CHECK_STR(get(s, T1, "f/fd"), "before:");
	CHECK(store_get_fd(s, T1, "f/x.zip", fd, 4, &len) == CODE_OK);
	CHECK(len == 4 && pread(fd, got, sizeof(got), 0) == 11);
	CHECK_STR(got, "before:file");
	CHECK(store_get_fd(s, T1, "f/x.zip", fd, 3, &len) ==
	    CODE_RESOURCE_EXHAUSTED);
	CHECK(store_get_fd(s, T1, "f/none", fd, 99, &len) == CODE_NOT_FOUND);
	CHECK(
	    store_get_fd(s, T1, "../x", fd, 99, &len) == CODE_INVALID_ARGUMENT);
	CHECK(store_put_fd(s, T1, "../x", "", fd) == CODE_INVALID_ARGUMENT);
	CHECK(lseek(fd, 0, SEEK_END) == 11); /* nothing was left of those */
	(void)close(fd);
	fd = scratch("");
	CHECK(store_put_fd(s, T1, "f/fd", "text/plain", fd) == CODE_OK);
	CHECK_STR(get(s, T1, "f/fd"), "");
	(void)close(fd);
}

static void
test_json(struct store *s)
{
	struct json *j;

	j = json_new_object(mem);
	json_put_text(j, "name", "Caf\xc3\xa9");
	json_put_int(json_put_object(j, "inner"), "n", 7);
	CHECK(store_put_json(s, T1, "j/a.json", j) == CODE_OK);
	CHECK_STR(get(s, T1, "j/a.json"),
	    "{\n  \"name\": \"Caf\xc3\xa9\",\n  \"inner\": {\n    \"n\": 7\n"
	    "  }\n}\n");
	j = NULL;
	CHECK(store_get_json(s, mem, T1, "j/a.json", 1000, &j) == CODE_OK);
	CHECK_STR(json_get_text(j, "name", ""), "Caf\xc3\xa9");
	CHECK(store_get_json(s, mem, T1, "j/b", 99, &j) == CODE_NOT_FOUND);
	CHECK(put(s, T1, "j/b", "{\"a\": ") == CODE_OK);
	CHECK(store_get_json(s, mem, T1, "j/b", 99, &j) == CODE_DATA_LOSS);
}

/* Names as hostile as they may be come back from the list as they were. */
static void
test_names(struct store *s)
{
	static const char *const names[] = { "n/%2e%2e", "n/+ +", "n/...",
		"n/a%20b c", "n/a&b<c>\"d'e;f", "n/a:b?c#d&e=f", "n/b!*'()~",
		"n/\xc3\xa9\xf0\x9f\x98\x80", NULL };
	const char **keys;
	size_t i, n = NITEMS(names) - 1;

	for (i = 0; i < n; i++)
		CHECK(put(s, T1, names[i], names[i]) == CODE_OK);
	CHECK(store_list(s, mem, T1, "n/", &keys) == CODE_OK);
	for (i = 0; i < n && keys[i] != NULL; i++) {
		CHECK(str_is_listed(names, keys[i]) ||
		    printf("# listed: %s\n", keys[i]) < 0);
		CHECK_STR(get(s, T1, names[i]), names[i]);
		CHECK(i == 0 || strcmp(keys[i - 1], keys[i]) < 0);
	}
	CHECK(i == n && keys[i] == NULL);
	CHECK(store_delete_all(s, T1, "n/") == CODE_OK);
	CHECK(
	    store_list(s, mem, T1, "n/", &keys) == CODE_OK && keys[0] == NULL);
}

/* More than goes over in one piece, and more than one page of names. */
static void
test_large(struct store *s)
{
	const char **keys;
	char *p, *q;
	int64_t len;
	size_t i;
	int fd;

	p = malloc(LARGE);
	q = malloc(LARGE);
	for (i = 0; i < LARGE; i++)
		p[i] = (char)(i * 2654435761U >> 13);
	CHECK(store_put(s, T1, "l/memory", "video/mp4", p, LARGE) == CODE_OK);
	CHECK(store_exists(s, T1, "l/memory", &len) == CODE_OK &&
	    len == (int64_t)LARGE);
	fd = scratch("");
	CHECK(store_get_fd(s, T1, "l/memory", fd, INT64_MAX, &len) == CODE_OK &&
	    len == (int64_t)LARGE);
	CHECK(pread(fd, q, LARGE, 0) == (ssize_t)LARGE &&
	    memcmp(p, q, LARGE) == 0);
	CHECK(pwrite(fd, "changed", 7, LARGE - 7) == 7);
	CHECK(store_put_fd(s, T1, "l/memory", "video/mp4", fd) == CODE_OK);
	CHECK(ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
	CHECK(store_get_fd(s, T1, "l/memory", fd, INT64_MAX, &len) == CODE_OK);
	CHECK(pread(fd, q, 7, LARGE - 7) == 7 && memcmp(q, "changed", 7) == 0);
	CHECK(store_delete_all(s, T1, "l/") == CODE_OK);
	(void)close(fd);
	free(p);
	free(q);
	for (i = 0; i < 25; i++)
		CHECK(
		    put(s, T1, arena_printf(mem, "p/%02zu", i), "") == CODE_OK);
	CHECK(store_list(s, mem, T1, "p/", &keys) == CODE_OK);
	for (i = 0; keys[i] != NULL; i++)
		CHECK_STR(keys[i], arena_printf(mem, "p/%02zu", i));
	CHECK(i == 25);
	CHECK(store_delete_all(s, T1, "p/") == CODE_OK);
	CHECK(store_clean(s, 3600) == CODE_OK);
}

static void
test_end(struct store *s)
{
	const char *origin;

	store_until(NULL, 1);
	store_until(s, clock_mono_ms() + 60000);
	CHECK(put(s, T1, "end", "in time") == CODE_OK);
	store_until(s, 0);
	CHECK_STR(get(s, T1, "end"), "in time");
	origin = store_origin(s, mem);
	CHECK(str_starts(store_sign_get(s, mem, T1, "end", NULL, 1),
	    arena_printf(mem, "%s/", origin)));
	CHECK(strchr(strstr(origin, "://") + 3, '/') == NULL);
	CHECK(store_delete(s, T1, "end") == CODE_OK);
}

/* Files in the place where objects are written. */
static int
leftovers(void)
{
	char path[PATH_MAX];
	struct dirent *e;
	DIR *d;
	int n;

	(void)snprintf(path, sizeof(path), "%s/data/.tmp", dir);
	if ((d = opendir(path)) == NULL)
		return -1;
	for (n = 0; (e = readdir(d)) != NULL;)
		n += e->d_name[0] != '.';
	(void)closedir(d);
	return n;
}

/* A disk that is full, and a writer that is killed. */
static void
test_failures(struct store *s)
{
	struct rlimit old, small;
	struct store_writer *w;
	struct store_dir *d;
	struct conf *c;
	pid_t pid;

	CHECK(put(s, T1, "full", "old") == CODE_OK);
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = 4;
	(void)setrlimit(RLIMIT_FSIZE, &small);
	CHECK(put(s, T1, "full", "longer than four") == CODE_UNAVAILABLE);
	(void)setrlimit(RLIMIT_FSIZE, &old);
	CHECK_STR(get(s, T1, "full"), "old");
	CHECK(leftovers() == 0);

	c = conf_here(NULL);
	d = store_dir_open(c);
	conf_free(c);
	fflush(stdout);
	if ((pid = fork()) == 0) {
		w = store_dir_writer(d);
		if (w == NULL || store_dir_write(w, "half", 4) == -1)
			_exit(1);
		(void)raise(SIGKILL);
	}
	(void)waitpid(pid, NULL, 0);
	CHECK_STR(get(s, T1, "full"), "old");
	CHECK(leftovers() == 1);
	CHECK(store_clean(s, 3600) == CODE_OK && leftovers() == 1);
	CHECK(store_clean(s, -1) == CODE_OK && leftovers() == 0);

	w = store_dir_writer(d);
	CHECK(w != NULL && store_dir_write(w, "x", 1) == 0);
	CHECK(store_dir_commit(w, T1, "../x") == CODE_INVALID_ARGUMENT);
	CHECK(leftovers() == 0);
	store_dir_close(d);
}

/* Deleting (which takes directories away) under a writer's feet. */
static void
test_race(struct store *s)
{
	int i, ok, status;
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) == 0) {
		if (on_s3) /* a connection is one process's */
			s = store_here("0123456789abcdef");
		for (i = 0; i < 300; i++)
			if (store_delete(s, T1, "r/s/t/one") != CODE_OK)
				_exit(1);
		_exit(0);
	}
	for (i = ok = 0; i < 300; i++)
		ok += put(s, T1, "r/s/t/one", "x") == CODE_OK;
	(void)waitpid(pid, &status, 0);
	CHECK(ok == 300);
	CHECK(status == 0);
}

static enum code
verify(struct store_dir *d, const char *method, const char *url,
    struct store_grant *g)
{
	const char *path, *query;

	path = url + strlen("https://api.example.org");
	query = strchr(path, '?');
	if (query == NULL)
		return store_dir_verify(d, mem, method, path, "", g);
	return store_dir_verify(d, mem, method,
	    arena_strndup(mem, path, (size_t)(query - path)), query + 1, g);
}

/* url with the first occurrence of one text made another. */
static char *
swap(const char *url, const char *from, const char *to)
{
	const char *at;

	if ((at = strstr(url, from)) == NULL)
		return arena_strdup(mem, "https://api.example.org/none");
	return arena_printf(mem, "%.*s%s%s", (int)(at - url), url, to,
	    at + strlen(from));
}

/* --- what a holder of a URL can do, whoever serves it ----------------------- */

/* As mirai-file(8) does with what store_dir_verify() grants. */
static int
ask_dir(struct store *s, struct store_dir *d, const char *method,
    const char *url, const char *type, const char *body)
{
	struct store_grant g;
	enum code code;

	code = verify(d, method, url, &g);
	if (code != CODE_OK)
		return code == CODE_NOT_FOUND ? 404 : 403;
	if (!g.put)
		return get(s, g.tenant, g.key) == NULL ? 404 : 200;
	if (!str_eq(g.content_type, type) || g.len != (int64_t)strlen(body))
		return 400;
	return put(s, g.tenant, g.key, body) == CODE_OK ? 200 : 503;
}

static int
ask_s3(const char *method, const char *url, const char *type, const char *body)
{
	const char *const headers[] = {
		arena_printf(mem, "content-type: %s", type), NULL
	};
	struct http_call call = { .method = method,
		.url = url,
		.headers = type == NULL ? NULL : headers,
		.body = body,
		.bodylen = body == NULL ? 0 : strlen(body) };
	static struct http *http;
	struct http_answer answer;
	const char *error;

	if (http == NULL)
		http = http_open();
	return http_do(http, mem, &call, &answer, &error) == 0 ? answer.status
							       : 0;
}

static bool
may(struct store *s, struct store_dir *d, const char *method, const char *url,
    const char *type, const char *body)
{
	int status;

	status = on_s3 ? ask_s3(method, url, type, body)
		       : ask_dir(s, d, method, url, type, body);
	return status >= 200 && status < 300;
}

/*
 * A URL with any one character changed opens nothing. (Changed to another of
 * its kind, so that it stays a URL; hex digits in escapes may become what
 * stands for the same.)
 */
static int
leaks(struct store *s, struct store_dir *d, const char *url)
{
	char *other, *p;
	int n;

	n = 0;
	other = arena_strdup(mem, url);
	for (p = strstr(other, T1) + 5; *p != '\0'; p++) {
		if (strchr("%/?&=-._~", *p) != NULL || p[-1] == '%' ||
		    p[-2] == '%')
			continue;
		*p ^= 1;
		if (may(s, d, "GET", other, NULL, NULL)) {
			n++;
			printf("# opens: %s\n", other);
		}
		*p ^= 1;
	}
	return n;
}

static void
test_urls(struct store *s)
{
	struct store_dir *d;
	struct conf *c;
	int64_t soon;
	char *url;

	c = conf_here("0123456789abcdef");
	d = store_dir_open(c);
	conf_free(c);
	soon = clock_now_us() + 900 * INT64_C(1000000);
	CHECK(put(s, T1, "u/a b%+.zip", "content") == CODE_OK);
	CHECK(put(s, T2, "u/a b%+.zip", "content") == CODE_OK);
	url = store_sign_get(s, mem, T1, "u/a b%+.zip", "F\xc3\xbcr \"x\".zip",
	    soon);
	printf("# %s\n", url);
	CHECK(may(s, d, "GET", url, NULL, NULL));
	CHECK(may(s, d, "GET",
	    store_sign_get(s, mem, T1, "u/a b%+.zip", NULL, soon), NULL, NULL));
	CHECK(!may(s, d, "DELETE", url, NULL, NULL));
	CHECK(!may(s, d, "PUT", url, "text/plain", "changed"));
	CHECK(!may(s, d, "GET", swap(url, T1, T2), NULL, NULL));
	CHECK(leaks(s, d, url) == 0);
	url = store_sign_get(s, mem, T1, "u/a b%+.zip", NULL,
	    clock_now_us() - 2000000);
	CHECK(!may(s, d, "GET", url, NULL, NULL));
	url = store_sign_get(s, mem, T1, "u/none", NULL, soon);
	CHECK(!may(s, d, "GET", url, NULL, NULL));
	CHECK(store_sign_get(s, mem, T1, "x", "a\nb", soon) == NULL);

	url =
	    store_sign_put(s, mem, T1, "u/new.pdf", "application/pdf", 9, soon);
	printf("# %s\n", url);
	CHECK(!may(s, d, "PUT", url, "application/pdf", "ten bytes!"));
	CHECK(!may(s, d, "PUT", url, "application/zip", "123456789"));
	CHECK(store_exists(s, T1, "u/new.pdf", NULL) == CODE_NOT_FOUND);
	CHECK(may(s, d, "PUT", url, "application/pdf", "123456789"));
	CHECK_STR(get(s, T1, "u/new.pdf"), "123456789");
	CHECK(!may(s, d, "GET", url, NULL, NULL));
	CHECK(!may(s, d, "PUT", swap(url, "new", "old"), "application/pdf",
	    "123456789"));
	CHECK(store_sign_put(s, mem, T1, "x", "a\nb", 1, soon) == NULL);
	CHECK(store_sign_put(s, mem, T1, "x", "a/b", -1, soon) == NULL);
	CHECK(store_delete_all(s, T1, "u/") == CODE_OK);
	CHECK(store_delete_all(s, T2, "u/") == CODE_OK);
	store_dir_close(d);
}

/* --- only a directory ------------------------------------------------------ */

static void
test_sign_get(struct store *s, struct store_dir *d, int64_t soon)
{
	struct store_grant g;
	char *url;

	url = store_sign_get(s, mem, T1, "exports/a b%.zip",
	    "F\xc3\xbcr \"x\"+&.zip", soon);
	printf("# %s\n", url);
	CHECK(str_starts(url,
	    "https://api.example.org/local-storage/data/" T1
	    "/exports/a%20b%25.zip?expires="));
	CHECK(verify(d, "GET", url, &g) == CODE_OK);
	CHECK_STR(g.tenant, T1);
	CHECK_STR(g.key, "exports/a b%.zip");
	CHECK_STR(g.filename, "F\xc3\xbcr \"x\"+&.zip");
	CHECK(!g.put);
	CHECK(verify(d, "HEAD", url, &g) == CODE_OK);
	CHECK(verify(d, "PUT", url, &g) == CODE_PERMISSION_DENIED);
	CHECK(verify(d, "POST", url, &g) == CODE_PERMISSION_DENIED);
	CHECK(verify(d, "DELETE", url, &g) == CODE_PERMISSION_DENIED);
	CHECK(
	    verify(d, "GET", swap(url, T1, T2), &g) == CODE_PERMISSION_DENIED);
	CHECK(verify(d, "GET", swap(url, "exports", "export5"), &g) ==
	    CODE_PERMISSION_DENIED);
	CHECK(verify(d, "GET", swap(url, "expires=", "expires=1"), &g) ==
	    CODE_PERMISSION_DENIED);
	CHECK(verify(d, "GET", swap(url, "name=F", "name=G"), &g) ==
	    CODE_PERMISSION_DENIED);
	CHECK(verify(d, "GET", swap(url, "&name", "&nome"), &g) ==
	    CODE_PERMISSION_DENIED);
	CHECK(verify(d, "GET", swap(url, "&name", "&type=text/html&name"),
		  &g) == CODE_PERMISSION_DENIED);
	CHECK(verify(d, "GET", swap(url, "&sig=", "&sig=0"), &g) ==
	    CODE_PERMISSION_DENIED);
	CHECK(verify(d, "GET", swap(url, "&sig=", "&gis="), &g) ==
	    CODE_PERMISSION_DENIED);
	CHECK(verify(d, "GET", swap(url, "&sig=", "&expires=9&sig="), &g) ==
	    CODE_PERMISSION_DENIED);
	CHECK(
	    verify(d, "GET", swap(url, "exports", ".."), &g) == CODE_NOT_FOUND);
	CHECK(verify(d, "GET", swap(url, "exports", "%2e%2e"), &g) ==
	    CODE_NOT_FOUND);
	CHECK(verify(d, "GET", swap(url, "/data/", "/datb/"), &g) ==
	    CODE_NOT_FOUND);
	CHECK(verify(d, "GET", swap(url, "local-storage", "local"), &g) ==
	    CODE_NOT_FOUND);
	CHECK(verify(d, "GET", "https://api.example.org/local-storage/data/" T1,
		  &g) == CODE_NOT_FOUND);
	url = store_sign_get(s, mem, T1, "exports/x.zip", NULL,
	    clock_now_us() - 1000000);
	CHECK(verify(d, "GET", url, &g) == CODE_PERMISSION_DENIED);
	CHECK(store_sign_get(s, mem, T1, "x", "a\nb", soon) == NULL);
}

static void
test_sign_put(struct store *s, struct store_dir *d, int64_t soon)
{
	struct store_grant g;
	char *url;

	url = store_sign_put(s, mem, T1, "submissions/s/files/a.pdf",
	    "application/pdf", 9, soon);
	CHECK(verify(d, "PUT", url, &g) == CODE_OK);
	CHECK(g.put && g.len == 9 && g.filename == NULL);
	CHECK_STR(g.content_type, "application/pdf");
	CHECK(verify(d, "GET", url, &g) == CODE_PERMISSION_DENIED);
	CHECK(verify(d, "PUT", swap(url, "len=9", "len=10"), &g) ==
	    CODE_PERMISSION_DENIED);
	CHECK(verify(d, "PUT", swap(url, "pdf&len", "zip&len"), &g) ==
	    CODE_PERMISSION_DENIED);
	CHECK(store_sign_put(s, mem, T1, "x", "a/b", -1, soon) == NULL);
}

static void
test_sign(struct store *s)
{
	struct store *other, *none;
	struct store_grant g;
	struct store_dir *d;
	struct conf *c;
	int64_t soon;

	soon = clock_now_us() + 900 * INT64_C(1000000);
	c = conf_here("0123456789abcdef");
	d = store_dir_open(c);
	conf_free(c);
	test_sign_get(s, d, soon);
	test_sign_put(s, d, soon);
	other = store_here("fedcba9876543210");
	CHECK(verify(d, "GET", store_sign_get(other, mem, T1, "x", NULL, soon),
		  &g) == CODE_PERMISSION_DENIED);
	none = store_here(NULL);
	CHECK(store_sign_get(none, mem, T1, "x", NULL, soon) == NULL);
	CHECK(store_here("tooshort") == NULL);
	store_close(other);
	store_close(none);
	store_dir_close(d);
}

/* Which of the two it is; the keys of S3 come together or not at all. */
static void
test_choice(void)
{
	static const struct {
		const char *access, *secret, *origin; /* NULL: refused */
	} rows[] = {
		{ "", "", "https://api.example.org" },
		{ "AK", "SK", "https://mirai.s3.us-east-1.amazonaws.com" },
		{ "AK", "", NULL },
		{ "", "SK", NULL },
		{ "A K", "SK", NULL },
	};
	struct store *s;
	size_t i;

	for (i = 0; i < NITEMS(rows); i++) {
		(void)setenv("S3_ACCESS_KEY", rows[i].access, 1);
		(void)setenv("S3_SECRET_KEY", rows[i].secret, 1);
		(void)setenv("S3_ENDPOINT", "", 1);
		s = store_here("0123456789abcdef");
		CHECK_STR(s == NULL ? NULL : store_origin(s, mem),
		    rows[i].origin);
		store_close(s);
	}
	(void)unsetenv("S3_ACCESS_KEY");
	(void)unsetenv("S3_SECRET_KEY");
	(void)unsetenv("S3_ENDPOINT");
}

static void
test_directory(struct store *s)
{
	test_choice();
	test_failures(s);
	test_sign(s);
}

int
main(void)
{
	struct store *s;
	char *cmd;

	log_open("store", LOG_FORM_PLAIN, LOG_LEVEL_ERROR);
	mem = arena_new();
	on_s3 = getenv("S3_ENDPOINT") != NULL;
	if (mkdtemp(dir) == NULL)
		return 1;
	s = store_here("0123456789abcdef");
	if (s == NULL)
		return 1;
	test_keys(s);
	test_objects(s);
	test_files(s);
	test_move(s);
	test_json(s);
	test_names(s);
	test_large(s);
	test_end(s);
	test_race(s);
	test_urls(s);
	if (!on_s3)
		test_directory(s);
	CHECK_STR(store_type("a/b.PDF"), "application/pdf");
	CHECK_STR(store_type("zip"), "application/octet-stream");
	store_close(s);
	cmd = arena_printf(mem, "rm -rf '%s'", dir);
	CHECK(system(cmd) == 0);
	arena_free(mem);
	return test_done();
}

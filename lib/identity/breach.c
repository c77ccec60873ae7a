/*
 * The file is the published one: lines "SHA1:COUNT", sorted by hash. It is
 * searched in place, a few reads for gigabytes. Passwords and whole hashes
 * never leave the machine.
 */
#include "identity/breach.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "net/crypt.h"
#include "net/http.h"

#define HASH_LEN   40
#define PREFIX_LEN 5
#define LINE_MAX_  64 /* hash, colon, count, line end */
#define TIMEOUT_MS 1000

struct breach {
	char *url; /* NULL: no service */
	struct http *http;
	int fd; /* -1: no file */
	int64_t size;
	int64_t max;
	bool ignore_errors;
};

struct breach *
breach_open(const struct conf *conf)
{
	const char *path = conf_text(conf, "identity.breach.file");
	const char *url = conf_text(conf, "identity.breach.url");
	struct breach *b = xcalloc(1, sizeof(*b));
	struct stat st;

	b->fd = -1;
	b->max = conf_int(conf, "identity.breach.max");
	b->ignore_errors = conf_bool(conf, "identity.breach.ignore_errors");
	if (url != NULL)
		b->url = xstrdup(url);
	if (path == NULL)
		return b;
	b->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (b->fd == -1 || fstat(b->fd, &st) == -1) {
		log_error("identity.breach.file: %s: %s", path,
		    strerror(errno));
		breach_close(b);
		return NULL;
	}
	b->size = st.st_size;
	return b;
}

void
breach_close(struct breach *b)
{
	if (b == NULL)
		return;
	if (b->fd != -1)
		close(b->fd);
	http_close(b->http);
	free(b->url);
	free(b);
}

/* --- the file -------------------------------------------------------------- */

/*
 * The first whole line that starts at or after offset at: its text in line
 * and where it starts. False: there is none.
 */
static bool
line_at(const struct breach *b, int64_t at, char line[LINE_MAX_ + 1],
    int64_t *start)
{
	char raw[2 * LINE_MAX_ + 1];
	char *text = raw, *end;
	ssize_t n;

	/* One byte before: a line that starts exactly here is seen as such. */
	*start = at == 0 ? 0 : at - 1;
	if ((n = pread(b->fd, raw, sizeof(raw) - 1, *start)) <= 0)
		return false;
	raw[n] = '\0';
	if (at > 0) {
		if ((text = strchr(raw, '\n')) == NULL)
			return false;
		text++;
	}
	if ((size_t)(text - raw) >= (size_t)n)
		return false;
	*start += text - raw;
	end = text + strcspn(text, "\r\n");
	*end = '\0';
	if (strlen(text) > LINE_MAX_)
		return false;
	memcpy(line, text, strlen(text) + 1);
	return true;
}

static int64_t
line_count(const char *line)
{
	const char *colon = strchr(line, ':');
	int64_t n;

	if (colon == NULL || !str_to_i64(colon + 1, 0, INT64_MAX, &n))
		return 1;
	return n;
}

/* How often the hash is in the file: binary search over offsets. */
static int64_t
in_file(const struct breach *b, const char *hash)
{
	int64_t lo = 0, hi = b->size, mid, start;
	char line[LINE_MAX_ + 1];
	int order;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (!line_at(b, mid, line, &start) || start >= hi) {
			hi = mid;
			continue;
		}
		order = strncasecmp(hash, line, HASH_LEN);
		if (order == 0)
			return line_count(line);
		if (order < 0)
			hi = mid;
		else
			lo = start + 1;
	}
	return 0;
}

/* --- the service ----------------------------------------------------------- */

/*
 * How often the suffix is in the answer of a range service: lines "SUFFIX" or
 * "SUFFIX:COUNT", upper-case hex; 0: not in it. A line without a count counts
 * once.
 */
static int64_t
in_range(const char *text, const char *suffix)
{
	size_t len = strlen(suffix);
	char line[LINE_MAX_ + 1];
	size_t n;

	while (*text != '\0') {
		n = strcspn(text, "\r\n");
		if (n >= len && n <= LINE_MAX_ &&
		    strncasecmp(text, suffix, len) == 0 &&
		    (n == len || text[len] == ':')) {
			memcpy(line, text, n);
			line[n] = '\0';
			return line_count(line);
		}
		text += n;
		text += strspn(text, "\r\n");
	}
	return 0;
}

/* -1: the service did not answer; logged. */
static int64_t
in_service(struct breach *b, struct arena *a, const char *hash)
{
	struct http_call call = { .timeout_ms = TIMEOUT_MS };
	struct http_answer answer;
	const char *error;

	if (b->http == NULL)
		b->http = http_open();
	call.url = arena_printf(a, "%s/%.*s", b->url, PREFIX_LEN, hash);
	if (http_do(b->http, a, &call, &answer, &error) == -1) {
		log_warn("identity.breach.url: %s", error);
		return -1;
	}
	if (answer.status != 200) {
		log_warn("identity.breach.url: answered %d", answer.status);
		return -1;
	}
	return in_range(answer.body, hash + PREFIX_LEN);
}

enum breach_verdict
breach_check(struct breach *b, struct arena *a, const char *password)
{
	const char *hash;
	int64_t n = 0;

	if (b->fd == -1 && b->url == NULL)
		return BREACH_FINE;
	hash = crypt_sha1_hex(a, password, strlen(password));
	if (b->fd != -1)
		n = in_file(b, hash);
	if (n == 0 && b->url != NULL)
		n = in_service(b, a, hash);
	if (n == -1)
		return b->ignore_errors ? BREACH_FINE : BREACH_UNKNOWN;
	return n > b->max ? BREACH_KNOWN : BREACH_FINE;
}

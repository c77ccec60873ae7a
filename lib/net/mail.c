/*
 * Internet messages. Bodies are quoted-printable, so no line is ever too long
 * and none can end the message; headers take nothing that holds a control
 * character. SMTP itself is libcurl's (net/http.c).
 */
#include "net/mail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"
#include "base/utf8.h"
#include "net/crypt.h"
#include "net/http.h"

#define ADDRESS_MAX ((size_t)320)
#define LOCAL_MAX   64
#define HEADER_MAX  ((size_t)900)
#define ID_MAX	    ((size_t)100)
#define TEXT_MAX    ((size_t)10000) /* of a subject or name */
#define PLAIN_MAX   ((size_t)66)    /* longer ones are folded */
#define WORD_BYTES  ((size_t)45)    /* 60 characters of base64 */
#define QP_LINE	    ((size_t)75)

#define ALNUM                        \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"abcdefghijklmnopqrstuvwxyz0123456789"

/* --- what headers may hold ------------------------------------------------- */

/* A dotted host: letters, digits and hyphens. */
static bool
is_host(const char *s)
{
	size_t len = strlen(s);

	if (len == 0 || strchr(".-", s[0]) != NULL ||
	    strchr(".-", s[len - 1]) != NULL)
		return false;
	return strspn(s, ALNUM ".-") == len;
}

bool
mail_is_address(const char *s)
{
	const char *at = strrchr(s, '@'), *p;
	size_t len = strlen(s);

	if (at == NULL || at == s || at - s > LOCAL_MAX || len > ADDRESS_MAX ||
	    !utf8_valid(s, len) || !utf8_is_printable(s))
		return false;
	for (p = s; p < at; p++)
		if (strchr(" \"(),:;<>@[\\]", *p) != NULL)
			return false;
	if (s[0] == '.' || at[-1] == '.' || strstr(s, "..") != NULL)
		return false;
	return is_host(at + 1);
}

/* One line of text. */
static bool
is_line(const char *s)
{
	size_t len = strlen(s);

	return len <= TEXT_MAX && utf8_valid(s, len) && utf8_is_printable(s);
}

bool
mail_is_header(const char *s)
{
	static const char *const ours[] = { "from", "sender", "to", "cc", "bcc",
		"subject", "date", "message-id", "mime-version",
		"auto-submitted", "return-path", "resent-to", "resent-cc",
		"resent-bcc" };
	size_t name = strcspn(s, ":"), i;

	if (name == 0 || s[name] != ':' || strlen(s) > HEADER_MAX)
		return false;
	if (strspn(s, ALNUM "-") != name)
		return false;
	for (i = name; s[i] != '\0'; i++)
		if (s[i] < ' ' || s[i] > '~')
			return false;
	for (i = 0; i < NITEMS(ours); i++)
		if (strncasecmp(s, ours[i], name) == 0 && ours[i][name] == '\0')
			return false;
	return strncasecmp(s, "content-", strlen("content-")) != 0;
}

static bool
is_id(const char *s)
{
	size_t len = strlen(s);

	return len > 0 && len <= ID_MAX && s[0] != '.' &&
	    strspn(s, ALNUM "-._") == len;
}

static bool
is_sound(const struct mail *m)
{
	size_t i;

	for (i = 0; m->headers != NULL && m->headers[i] != NULL; i++)
		if (!mail_is_header(m->headers[i]))
			return false;
	return mail_is_address(m->from) && mail_is_address(m->to) &&
	    is_id(m->id) && is_line(m->subject) &&
	    (m->from_name == NULL || is_line(m->from_name));
}

/* --- headers --------------------------------------------------------------- */

/* Encoded words (RFC 2047), none splitting a character. */
static void
put_words(struct buf *b, const char *s)
{
	struct arena *a = arena_new();
	size_t n, len = strlen(s);
	uint32_t cp;

	while (len > 0) {
		for (n = 0; n < len && n + 4 <= WORD_BYTES;)
			n += utf8_decode(s + n, len - n, &cp);
		buf_printf(b, "=?UTF-8?B?%s?=", crypt_base64(a, s, n));
		s += n;
		len -= n;
		if (len > 0)
			buf_puts(b, "\r\n ");
	}
	arena_free(a);
}

static bool
needs_words(const char *s)
{
	const char *p;

	for (p = s; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			return true;
	return strlen(s) > PLAIN_MAX || strstr(s, "=?") != NULL ||
	    s[0] == ' ' || str_ends(s, " ");
}

static void
put_subject(struct buf *b, const char *s)
{
	buf_puts(b, "Subject: ");
	if (needs_words(s))
		put_words(b, s);
	else
		buf_puts(b, s);
	buf_puts(b, "\r\n");
}

static void
put_from(struct buf *b, const struct mail *m)
{
	const char *p;

	buf_puts(b, "From: ");
	if (!str_is_empty(m->from_name) && needs_words(m->from_name)) {
		put_words(b, m->from_name);
		buf_puts(b, "\r\n ");
	} else if (!str_is_empty(m->from_name)) {
		buf_putc(b, '"');
		for (p = m->from_name; *p != '\0'; p++) {
			if (*p == '"' || *p == '\\')
				buf_putc(b, '\\');
			buf_putc(b, *p);
		}
		buf_puts(b, "\"\r\n ");
	}
	buf_printf(b, "<%s>\r\n", m->from);
}

static void
put_date(struct buf *b, int64_t us)
{
	struct arena *a = arena_new();
	const char *date = clock_http_date(a, us);

	/* RFC 5322 3.3 wants the zone in digits. */
	buf_printf(b, "Date: %.*s+0000\r\n", (int)strlen(date) - 3, date);
	arena_free(a);
}

static void
put_headers(struct buf *b, const struct mail *m)
{
	size_t i;

	put_date(b, m->date_us);
	put_from(b, m);
	buf_printf(b, "To: <%s>\r\n", m->to);
	put_subject(b, m->subject);
	buf_printf(b, "Message-ID: <%s@%s>\r\n", m->id,
	    strrchr(m->from, '@') + 1);
	buf_puts(b, "Auto-Submitted: auto-generated\r\n");
	for (i = 0; m->headers != NULL && m->headers[i] != NULL; i++)
		buf_printf(b, "%s\r\n", m->headers[i]);
	buf_puts(b, "MIME-Version: 1.0\r\n");
}

/* --- bodies ---------------------------------------------------------------- */

/* Whether a blank at p stands at the end of its line. */
static bool
ends_line(const char *p)
{
	return p[1] == '\0' || p[1] == '\n' || (p[1] == '\r' && p[2] == '\n');
}

/* Quoted-printable (RFC 2045 6.7). */
static void
put_quoted(struct buf *b, const char *s)
{
	size_t col = 0, need;
	bool plain;

	for (; *s != '\0'; s++) {
		if (*s == '\n' || (*s == '\r' && s[1] == '\n')) {
			s += *s == '\r';
			buf_puts(b, "\r\n");
			col = 0;
			continue;
		}
		plain = (*s > ' ' && *s <= '~' && *s != '=') ||
		    ((*s == ' ' || *s == '\t') && !ends_line(s));
		/* A lone dot ends a message, and mbox knows "From ". */
		if (col == 0 && (*s == '.' || str_starts(s, "From ")))
			plain = false;
		need = plain ? 1 : 3;
		if (col + need > QP_LINE) {
			buf_puts(b, "=\r\n");
			col = 0;
			s--;
			continue;
		}
		if (plain)
			buf_putc(b, *s);
		else
			buf_printf(b, "=%02X", (unsigned)(unsigned char)*s);
		col += need;
	}
	if (col > 0)
		buf_puts(b, "\r\n");
}

static void
put_part(struct buf *b, const char *type, const char *text)
{
	buf_printf(b,
	    "Content-Type: %s; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
	    type);
	put_quoted(b, text);
}

int
mail_build(struct buf *b, const struct mail *m)
{
	if (!is_sound(m))
		return -1;
	put_headers(b, m);
	if (m->html == NULL) {
		put_part(b, "text/plain", m->text);
		return 0;
	}
	/* "=_" cannot stand in quoted-printable text. */
	buf_printf(b,
	    "Content-Type: multipart/alternative;\r\n"
	    " boundary=\"=_%s\"\r\n\r\n--=_%s\r\n",
	    m->id, m->id);
	put_part(b, "text/plain", m->text);
	buf_printf(b, "\r\n--=_%s\r\n", m->id);
	put_part(b, "text/html", m->html);
	buf_printf(b, "\r\n--=_%s--\r\n", m->id);
	return 0;
}

/* --- SMTP ------------------------------------------------------------------ */

/* The options after the path: "a=true&b=false". -1: one is unknown. */
static int
parse_options(struct arena *a, struct mail_smtp *smtp, const char *s)
{
	const char *option;
	size_t n;

	for (; *s != '\0'; s += n + (s[n] == '&')) {
		n = strcspn(s, "&");
		option = arena_strndup(a, s, n);
		if (str_eq(option, "disable_starttls=true"))
			smtp->starttls = false;
		else if (str_eq(option, "skip_ssl_verify=true"))
			smtp->verify = false;
		else if (!str_eq(option, "disable_starttls=false") &&
		    !str_eq(option, "skip_ssl_verify=false"))
			return -1;
	}
	return 0;
}

/* "user:password" before the @, percent-encoded. -1: a bad escape. */
static int
parse_user(struct arena *a, struct mail_smtp *smtp, const char *s, size_t len)
{
	const char *colon = memchr(s, ':', len);
	size_t n = colon == NULL ? len : (size_t)(colon - s);

	if (len == 0)
		return 0;
	smtp->user = str_url_decode(a, s, n, false);
	smtp->password = "";
	if (colon != NULL)
		smtp->password =
		    str_url_decode(a, colon + 1, len - n - 1, false);
	return smtp->user == NULL || smtp->password == NULL ? -1 : 0;
}

static bool
is_host_port(const char *s)
{
	const char *colon = strrchr(s, ':');
	int64_t port;

	if (s[0] == '[')
		return strchr(s, ']') != NULL &&
		    strspn(s, "[]:.0123456789abcdefABCDEF") == strlen(s);
	if (colon == NULL)
		return is_host(s);
	return str_to_i64(colon + 1, 1, 65535, &port) && colon > s;
}

struct mail_smtp *
mail_smtp_parse(struct arena *a, const char *uri, const char **error)
{
	struct mail_smtp *smtp;
	const char *s, *at, *host, *rest;
	bool tls;
	size_t n;

	smtp = arena_zalloc(a, sizeof(*smtp));
	smtp->verify = true;
	tls = str_starts(uri, "smtps://");
	*error = "not smtp:// or smtps://";
	if (!tls && !str_starts(uri, "smtp://"))
		return NULL;
	smtp->starttls = !tls;
	s = strstr(uri, "://") + 3;
	n = strcspn(s, "/?");
	at = memrchr(s, '@', n);
	*error = "the user or password is not percent-encoded";
	if (at != NULL && parse_user(a, smtp, s, (size_t)(at - s)) == -1)
		return NULL;
	host = at == NULL ? s : at + 1;
	host = arena_strndup(a, host, (size_t)(s + n - host));
	*error = "not a host, or a host and a port";
	if (!is_host_port(host))
		return NULL;
	smtp->url = arena_printf(a, "%s://%s", tls ? "smtps" : "smtp", host);
	rest = s + n;
	rest += *rest == '/';
	*error = "an unknown option";
	if (*rest != '\0' &&
	    (*rest != '?' || parse_options(a, smtp, rest + 1) == -1))
		return NULL;
	*error = NULL;
	return smtp;
}

static bool
is_this_host(const char *host)
{
	bool v4 = strspn(host, "0123456789.") == strlen(host);

	return str_ieq(host, "localhost") || str_eq(host, "[::1]") ||
	    (v4 && str_starts(host, "127."));
}

struct mail_smtp *
mail_smtp_host(struct arena *a, const char *host, int64_t port,
    const char *user, const char *password, bool allow_plain)
{
	struct mail_smtp *smtp;
	bool v6 = strchr(host, ':') != NULL && host[0] != '[';
	bool tls = port == 465;

	host = v6 ? arena_printf(a, "[%s]", host) : host;
	if (host[0] == '[' ? !is_host_port(host) : !is_host(host))
		return NULL;
	smtp = arena_zalloc(a, sizeof(*smtp));
	smtp->url = arena_printf(a, "%s://%s:%lld", tls ? "smtps" : "smtp",
	    host, (long long)port);
	smtp->user = user;
	smtp->password = password == NULL ? "" : password;
	smtp->starttls = !tls;
	smtp->local = is_this_host(host);
	smtp->may_plain = !tls && (allow_plain || smtp->local);
	smtp->verify = !allow_plain && !smtp->local;
	return smtp;
}

/* Refusals that a later try will not change, and that are not about login. */
static bool
is_final(int reply)
{
	return reply >= 500 && reply <= 599 && reply != 530 && reply != 534 &&
	    reply != 535 && reply != 538;
}

enum mail_end
mail_send(struct http *h, struct arena *a, const struct mail_smtp *smtp,
    const struct mail *m, const struct buf *message, const char **error)
{
	struct http_mail call = {
		.url = smtp->url,
		.user = smtp->user,
		.password = smtp->password,
		.from = m->from,
		.to = m->to,
		.message = message->data,
		.len = message->len,
		.starttls = smtp->starttls,
		.may_plain = smtp->may_plain,
		.verify = smtp->verify,
		.timeout_ms = smtp->timeout_ms,
	};
	int reply = 0;

	if (http_send_mail(h, a, &call, &reply, error) == 0)
		return MAIL_SENT;
	return is_final(reply) ? MAIL_REFUSED : MAIL_AGAIN;
}

/* --- Maildir --------------------------------------------------------------- */

static enum mail_end
disk_error(struct arena *a, const char *path, const char **error)
{
	*error = arena_printf(a, "%s: %s", path, strerror(errno));
	return MAIL_AGAIN;
}

static int
make_dirs(struct arena *a, const char *dir)
{
	static const char *const names[] = { "", "/cur", "/new", "/tmp" };
	size_t i;

	for (i = 0; i < NITEMS(names); i++)
		if (mkdir(arena_printf(a, "%s%s", dir, names[i]), 0700) == -1 &&
		    errno != EEXIST)
			return -1;
	return 0;
}

static int
sync_close(int fd, int rc)
{
	if (rc == 0)
		rc = fsync(fd);
	if (close(fd) == -1)
		rc = -1;
	return rc;
}

/* The message with LF line ends, on the disk. */
static int
write_file(struct arena *a, const char *path, const struct buf *message)
{
	struct buf *b = buf_new(a);
	size_t i;
	int fd;

	for (i = 0; i < message->len; i++)
		if (message->data[i] != '\r')
			buf_putc(b, message->data[i]);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	return sync_close(fd, fd_write(fd, buf_str(b), b->len));
}

static int
sync_dir(const char *path)
{
	int fd;

	if ((fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return -1;
	return sync_close(fd, 0);
}

enum mail_end
mail_store(struct arena *a, const char *dir, const struct mail *m,
    const struct buf *message, const char **error)
{
	const char *name, *tmp, *new;

	if (make_dirs(a, dir) == -1)
		return disk_error(a, dir, error);
	/* Unique by the id; the time lets readers sort. */
	name = arena_printf(a, "%lld.%s.mirai",
	    (long long)(m->date_us / 1000000), m->id);
	tmp = arena_printf(a, "%s/tmp/%s.%ld", dir, name, (long)getpid());
	new = arena_printf(a, "%s/new/%s", dir, name);
	if (write_file(a, tmp, message) == -1 || rename(tmp, new) == -1) {
		(void)disk_error(a, tmp, error);
		(void)unlink(tmp);
		return MAIL_AGAIN;
	}
	if (sync_dir(arena_printf(a, "%s/new", dir)) == -1)
		return disk_error(a, dir, error);
	return MAIL_SENT;
}

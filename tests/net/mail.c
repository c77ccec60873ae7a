/*
 * mail: messages byte by byte, what may not become one, connection URIs, and
 * files of a Maildir. tests/cron/mail.mjs holds them against other people's
 * parsers and servers.
 */
#include "net/mail.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

#include "tests/test.h"

#define WHEN INT64_C(1700000000000000)

static struct arena *a;

static struct mail
simple(void)
{
	struct mail m = { .from = "m@x.example",
		.to = "a@b.example",
		.subject = "Hello",
		.text = "Text\n",
		.id = "id-1",
		.date_us = WHEN };

	return m;
}

static const char *
build(const struct mail *m)
{
	struct buf *b = buf_new(a);

	return mail_build(b, m) == -1 ? b->len == 0 ? NULL : "leftovers"
				      : buf_str(b);
}

static void
test_whole(void)
{
	static const char *const headers[] = { "X-A: b", NULL };
	struct mail m = simple();

	CHECK_STR(build(&m),
	    "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
	    "From: <m@x.example>\r\n"
	    "To: <a@b.example>\r\n"
	    "Subject: Hello\r\n"
	    "Message-ID: <id-1@x.example>\r\n"
	    "Auto-Submitted: auto-generated\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
	    "Text\r\n");
	m.html = "<p>Text</p>";
	m.from_name = "A \"B\" \\C";
	m.subject = "Gr\xc3\xbc\xc3\x9f"
		    "e";
	m.headers = headers;
	CHECK_STR(build(&m),
	    "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
	    "From: \"A \\\"B\\\" \\\\C\"\r\n"
	    " <m@x.example>\r\n"
	    "To: <a@b.example>\r\n"
	    "Subject: =?UTF-8?B?R3LDvMOfZQ==?=\r\n"
	    "Message-ID: <id-1@x.example>\r\n"
	    "Auto-Submitted: auto-generated\r\n"
	    "X-A: b\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/alternative;\r\n"
	    " boundary=\"=_id-1\"\r\n\r\n"
	    "--=_id-1\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
	    "Text\r\n"
	    "\r\n--=_id-1\r\n"
	    "Content-Type: text/html; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
	    "<p>Text</p>\r\n"
	    "\r\n--=_id-1--\r\n");
}

/* The body alone. */
static const char *
quoted(const char *text)
{
	struct mail m = simple();
	const char *s;

	m.text = text;
	s = strstr(build(&m), "\r\n\r\n");
	return s == NULL ? NULL : s + 4;
}

static void
test_quoted(void)
{
	char x[200], want[220];

	CHECK_STR(quoted(""), "");
	CHECK_STR(quoted("a=b\xc3\xbc"), "a=3Db=C3=BC\r\n");
	CHECK_STR(quoted("a \nb\t\r\nc "), "a=20\r\nb=09\r\nc=20\r\n");
	CHECK_STR(quoted(".\n..\na."), "=2E\r\n=2E.\r\na.\r\n");
	CHECK_STR(quoted("From me\nxFrom "), "=46rom me\r\nxFrom=20\r\n");
	CHECK_STR(quoted("a\rb"), "a=0Db\r\n");
	CHECK_STR(quoted("\n\n"), "\r\n\r\n");
	memset(x, 'x', sizeof(x));
	x[75] = '\0';
	snprintf(want, sizeof(want), "%s\r\n", x);
	CHECK_STR(quoted(x), want);
	x[75] = 'x';
	x[76] = '\0';
	snprintf(want, sizeof(want), "%.75s=\r\nx\r\n", x);
	CHECK_STR(quoted(x), want);
	x[73] = '=';
	x[74] = '\0';
	snprintf(want, sizeof(want), "%.73s=\r\n=3D\r\n", x);
	CHECK_STR(quoted(x), want);
	x[73] = '.'; /* not at the beginning of a line of its own */
	x[74] = '\0';
	snprintf(want, sizeof(want), "%s\r\n", x);
	CHECK_STR(quoted(x), want);
	memset(x, 'x', 75);
	memcpy(x + 75, ".", 2);
	snprintf(want, sizeof(want), "%.75s=\r\n=2E\r\n", x);
	CHECK_STR(quoted(x), want);
}

static void
test_addresses(void)
{
	static const char *const good[] = { "a@b", "a+b.c@d-e.example",
		"!#$%&'*/=?^_`{|}~-@x.example", "\xc3\xbc@x.example" };
	static const char *const bad[] = {
		"",
		"a",
		"@b",
		"a@",
		"a b@c",
		"a@b c",
		"a@b\r\nTo: c@d",
		"a@b\n",
		"\"a\"@b",
		"<a@b>",
		"a@b,c@d",
		"a@b;c",
		"a@@b",
		"a..b@c",
		"a.@b",
		".a@b",
		"a@b.",
		"a@.b",
		"a@-b",
		"a@b-",
		"a@b_c",
		"a@\xc3\xbc",
		"\xff@b",
		"a\x01@b",
		"a@[127.0.0.1]",
	};
	size_t i;
	char local[65 + sizeof("@b")];

	memset(local, 'a', sizeof(local));
	memcpy(local + 64, "@b", 3);
	CHECK(mail_is_address(local));
	memcpy(local + 64, "a@b", 4);
	CHECK(!mail_is_address(local));
	for (i = 0; i < NITEMS(good); i++)
		CHECK(mail_is_address(good[i]));
	for (i = 0; i < NITEMS(bad); i++)
		CHECK(!mail_is_address(bad[i]));
}

static void
test_headers(void)
{
	static const char *const bad[] = { "", "X", ": x", "X y: z", "Bcc: a@b",
		"bCC: a@b", "To: a@b", "Content-Type: text/html",
		"content-anything: x", "X: a\r\nBcc: b", "X: a\n b",
		"X: \xc3\xbc", "MIME-Version: 2.0", "Date: x", "From: x@y",
		"Message-Id: <x>" };
	size_t i;

	CHECK(mail_is_header("X-Mailer: mirai"));
	CHECK(mail_is_header("List-Unsubscribe: <mailto:x@y>"));
	CHECK(mail_is_header("Tom: x") && mail_is_header("Reply-To: a@b"));
	for (i = 0; i < NITEMS(bad); i++)
		CHECK(!mail_is_header(bad[i]));
}

static void
test_refusals(void)
{
	static const char *const headers[] = { "Bcc: x@y.example", NULL };
	struct mail m;

	m = simple();
	m.to = "a@b.example\r\nBcc: c@d.example";
	CHECK_STR(build(&m), NULL);
	m = simple();
	m.from = "a@b.example>";
	CHECK_STR(build(&m), NULL);
	m = simple();
	m.subject = "a\r\nBcc: c@d.example";
	CHECK_STR(build(&m), NULL);
	m = simple();
	m.subject = "\xff";
	CHECK_STR(build(&m), NULL);
	m = simple();
	m.from_name = "a\nb";
	CHECK_STR(build(&m), NULL);
	m = simple();
	m.id = "a b";
	CHECK_STR(build(&m), NULL);
	m = simple();
	m.id = "../x";
	CHECK_STR(build(&m), NULL);
	m = simple();
	m.headers = headers;
	CHECK_STR(build(&m), NULL);
	m = simple();
	m.subject = "=?UTF-8?Q?x?=";
	CHECK(strstr(build(&m), "Subject: =?UTF-8?B?PT9VVEYtOD9RP3g/PQ==?=") !=
	    NULL);
}

static void
test_uri(void)
{
	static const char *const bad[] = { "", "smtp:", "http://h", "smtp://",
		"smtp://h:0", "smtp://h:x", "smtp://h/x", "smtp://h/?x=true",
		"smtp://u:%zz@h", "smtp://h_h", "smtp://h?disable_starttls=1",
		"smtp://u@:25" };
	struct mail_smtp *s;
	const char *error;
	size_t i;

	s = mail_smtp_parse(a, "smtp://u%40x:p%3aw@h.example:587/", &error);
	CHECK_STR(s->url, "smtp://h.example:587");
	CHECK_STR(s->user, "u@x");
	CHECK_STR(s->password, "p:w");
	CHECK(s->starttls && s->verify);
	s = mail_smtp_parse(a,
	    "smtps://h?skip_ssl_verify=true&disable_starttls=true", &error);
	CHECK_STR(s->url, "smtps://h");
	CHECK(s->user == NULL && !s->starttls && !s->verify);
	s = mail_smtp_parse(a, "smtp://u@[::1]:25/?skip_ssl_verify=false",
	    &error);
	CHECK_STR(s->url, "smtp://[::1]:25");
	CHECK(s->verify && s->starttls);
	CHECK_STR(s->password, "");
	for (i = 0; i < NITEMS(bad); i++) {
		error = NULL;
		CHECK(mail_smtp_parse(a, bad[i], &error) == NULL &&
		    error != NULL);
	}
}

static void
test_maildir(void)
{
	const char *dir = arena_printf(a, "%s/box", getenv("TEST_DIR"));
	const char *error = NULL, *file;
	struct mail m = simple();
	struct buf *b = buf_new(a);
	struct stat st;

	CHECK(mail_build(b, &m) == 0);
	CHECK(mail_store(a, dir, &m, b, &error) == MAIL_SENT);
	CHECK(mail_store(a, dir, &m, b, &error) == MAIL_SENT);
	file = arena_printf(a, "%s/new/1700000000.id-1.mirai", dir);
	CHECK(stat(file, &st) == 0 && (st.st_mode & 0777) == 0600);
	CHECK((size_t)st.st_size < b->len); /* without CR */
	CHECK(mail_store(a, "/proc/nowhere", &m, b, &error) == MAIL_AGAIN);
	CHECK(error != NULL && str_starts(error, "/proc/nowhere: "));
}

static void
test_host(void)
{
	static const char *const bad[] = { "", "a b", "smtp://x", "x:25", "-x",
		"u@x", "[x]", "x/y", "[::1" };
	struct mail_smtp *s;
	size_t i;

	for (i = 0; i < NITEMS(bad); i++)
		CHECK(mail_smtp_host(a, bad[i], 25, NULL, NULL, true) == NULL);
	s = mail_smtp_host(a, "mail.example", 587, "u", NULL, false);
	CHECK_STR(s->url, "smtp://mail.example:587");
	CHECK(s->starttls && !s->may_plain && s->verify && !s->local);
	CHECK_STR(s->user, "u");
	CHECK_STR(s->password, "");
	s = mail_smtp_host(a, "mail.example", 25, NULL, NULL, true);
	CHECK(s->starttls && s->may_plain && !s->verify && !s->local);
	s = mail_smtp_host(a, "mail.example", 465, NULL, NULL, false);
	CHECK_STR(s->url, "smtps://mail.example:465");
	CHECK(!s->starttls && !s->may_plain && s->verify);
	s = mail_smtp_host(a, "::1", 1025, NULL, NULL, false);
	CHECK_STR(s->url, "smtp://[::1]:1025");
	CHECK(s->local && s->may_plain && !s->verify);
	CHECK(mail_smtp_host(a, "LocalHost", 25, NULL, NULL, false)->local);
	CHECK(mail_smtp_host(a, "127.0.0.9", 25, NULL, NULL, false)->local);
	CHECK(!mail_smtp_host(a, "127.example.com", 25, NULL, NULL, false)
		   ->local);
}

int
main(void)
{
	a = arena_new();
	test_whole();
	test_quoted();
	test_addresses();
	test_headers();
	test_refusals();
	test_uri();
	test_host();
	test_maildir();
	arena_free(a);
	return test_done();
}

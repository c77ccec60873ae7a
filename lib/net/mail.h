/*
 * Mails: built as Internet messages (RFC 5322, MIME), and delivered to an SMTP
 * server (RFC 5321) or into a Maildir. Knows nothing of what they say.
 */
#ifndef MIRAI_NET_MAIL_H
#define MIRAI_NET_MAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

struct http;

/* A message before it is built. Strings are UTF-8 and borrowed. */
struct mail {
	const char *from;      /* one bare address */
	const char *from_name; /* NULL or "": none */
	const char *to;	       /* one bare address */
	const char *subject;
	const char *text; /* the plain part */
	const char *html; /* NULL: no such part */
	const char
	    *id; /* unique text of letters, digits, "-._": of Message-ID */
	int64_t date_us;
	/* "Name: value", NULL-terminated, or NULL. */
	const char *const *headers;
};

/*
 * One bare address (RFC 5321 4.1.2, no quoted local part): at most 320 bytes
 * and nothing that could end a header line or name a second recipient.
 */
bool mail_is_address(const char *s);

/*
 * "Name: value" on one line: a name of RFC 5322 2.2 that the builder does not
 * write itself, a value without control characters, at most 900 bytes.
 */
bool mail_is_header(const char *s);

/*
 * Appends the message: CRLF line ends, no line above 998 bytes, seven-bit. The
 * same mail gives the same bytes. -1: an address, a header or the id is not
 * what it must be, nothing was appended.
 */
int mail_build(struct buf *b, const struct mail *m) MUST_CHECK;

/* Where mails go by SMTP. */
struct mail_smtp {
	const char *url;  /* "smtp://host:port" or smtps, for libcurl */
	const char *user; /* NULL: none */
	const char *password;
	bool starttls;	/* smtp only: required, else never */
	bool may_plain; /* with starttls: where offered, not required */
	bool verify;	/* the server's certificate */
	bool local;	/* on this host, as mail_smtp_host() sees it */
	int64_t timeout_ms;
};

/*
 * Reads a Kratos connection URI: smtp[s]://[user:password@]host[:port]/ with
 * disable_starttls=true and skip_ssl_verify=true. NULL: *error, which tells
 * nothing of the user and password. In a.
 */
struct mail_smtp *mail_smtp_parse(struct arena *a, const char *uri,
    const char **error) MUST_CHECK;

/*
 * The server host:port, STARTTLS being required of it, or TLS from the start
 * on port 465. Where plain text is allowed or the host is this one (localhost,
 * 127.*, ::1), STARTTLS is used if offered, and certificates, which then prove
 * nothing, are not verified. user NULL: none. NULL: not a host. In a.
 */
struct mail_smtp *mail_smtp_host(struct arena *a, const char *host,
    int64_t port, const char *user, const char *password,
    bool allow_plain) MUST_CHECK;

/*
 * How a delivery ended. A mail of which this is not known counts as failed,
 * so it may arrive twice but is not lost.
 */
enum mail_end {
	MAIL_SENT = 0,
	MAIL_AGAIN,  /* may go better later */
	MAIL_REFUSED /* never will: the server said so for good (5xx) */
};

/*
 * Hands a message to an SMTP server. Unless sent, *error names the server and
 * its reply code, in a.
 */
enum mail_end mail_send(struct http *h, struct arena *a,
    const struct mail_smtp *smtp, const struct mail *m,
    const struct buf *message, const char **error) MUST_CHECK;

/*
 * Writes a message into the Maildir dir, which is made if it is not there;
 * on return it is on the disk. A second delivery of the same id replaces the
 * first if nobody has read it yet. Lines end in LF there.
 */
enum mail_end mail_store(struct arena *a, const char *dir, const struct mail *m,
    const struct buf *message, const char **error) MUST_CHECK;

#endif

/*
 * A URL is taken apart by a strict grammar of our own, and refused when any
 * part of it could be read differently by a browser: user-info, backslashes,
 * control characters, dot segments, other schemes.
 */
#include "identity/returnto.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

#define MAX_URL	     ((size_t)4096)
#define MAX_FRAGMENT ((size_t)1024)

/* The parts of an absolute http or https URL; they point into its text. */
struct url {
	bool tls;
	const char *host;
	size_t hostlen;
	int64_t port;
	const char *path; /* "" or from its first slash, without query */
	size_t pathlen;
};

static bool
host_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	    c == '*';
}

/* Host of name characters, or a bracketed IPv6 address. */
static const char *
host_end(const char *s)
{
	const char *p = s;

	if (*p == '[') {
		p += 1 + strspn(p + 1, "0123456789abcdefABCDEF:.");
		return *p == ']' ? p + 1 : NULL;
	}
	while (host_char(*p))
		p++;
	return p == s ? NULL : p;
}

static bool
url_port(const char *s, size_t len, int64_t *port)
{
	char text[8];

	if (len == 0 || len >= sizeof(text))
		return false;
	memcpy(text, s, len);
	text[len] = '\0';
	return text[0] != '+' && text[0] != '-' &&
	    str_to_i64(text, 1, 65535, port);
}

static bool
url_parse(const char *s, struct url *u)
{
	const char *p, *end;

	memset(u, 0, sizeof(*u));
	if (strncasecmp(s, "https://", 8) == 0) {
		u->tls = true;
		s += 8;
	} else if (strncasecmp(s, "http://", 7) == 0)
		s += 7;
	else
		return false;
	if ((p = host_end(s)) == NULL)
		return false;
	u->host = s;
	u->hostlen = (size_t)(p - s);
	u->port = u->tls ? 443 : 80;
	if (*p == ':') {
		end = p + 1 + strspn(p + 1, "0123456789");
		if (!url_port(p + 1, (size_t)(end - p - 1), &u->port))
			return false;
		p = end;
	}
	if (*p != '\0' && *p != '/' && *p != '?' && *p != '#')
		return false;
	u->path = p;
	u->pathlen = strcspn(p, "?#");
	return true;
}

/* Printable ASCII without what browsers repair on their own. */
static bool
text_is_plain(const char *s)
{
	const char *p, *fragment;

	for (p = s; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~' || *p == '\\' || *p == '"' ||
		    *p == '<' || *p == '>')
			return false;
	fragment = strchr(s, '#');
	return (size_t)(p - s) <= MAX_URL &&
	    (fragment == NULL || strlen(fragment + 1) <= MAX_FRAGMENT);
}

/* "." or "..", dots written plainly or as %2e. */
static bool
is_dot_segment(const char *s, size_t len)
{
	unsigned dots = 0;

	while (len > 0) {
		if (*s == '.') {
			s++;
			len--;
		} else if (len >= 3 && strncasecmp(s, "%2e", 3) == 0) {
			s += 3;
			len -= 3;
		} else
			return false;
		dots++;
	}
	return dots == 1 || dots == 2;
}

/* No dot segment, no encoded slash or backslash, no control character. */
static bool
path_is_plain(const char *path, size_t len)
{
	size_t i, start;

	for (i = start = 0; i <= len; i++) {
		if (i < len && path[i] != '/') {
			if (path[i] == '%' && len - i >= 3 &&
			    (strncasecmp(path + i, "%2f", 3) == 0 ||
				strncasecmp(path + i, "%5c", 3) == 0 ||
				path[i + 1] == '0' || path[i + 1] == '1'))
				return false;
			continue;
		}
		if (is_dot_segment(path + start, i - start))
			return false;
		start = i + 1;
	}
	return true;
}

/* entry may be "*.example.org": one or more labels stand for the star. */
static bool
host_matches(const struct url *u, const struct url *entry)
{
	const char *tail;
	size_t taillen;

	if (entry->hostlen < 2 || strncmp(entry->host, "*.", 2) != 0)
		return u->hostlen == entry->hostlen &&
		    strncasecmp(u->host, entry->host, u->hostlen) == 0;
	taillen = entry->hostlen - 1; /* with its dot */
	if (u->hostlen <= taillen || u->host[0] == '.')
		return false;
	tail = u->host + u->hostlen - taillen;
	return strncasecmp(tail, entry->host + 1, taillen) == 0;
}

static bool
path_matches(const struct url *u, const struct url *entry)
{
	size_t len = entry->pathlen;

	while (len > 0 && entry->path[len - 1] == '/')
		len--;
	if (len == 0)
		return true;
	return u->pathlen >= len && strncmp(u->path, entry->path, len) == 0 &&
	    (u->pathlen == len || u->path[len] == '/');
}

static bool
url_matches(const struct url *u, const char *allowed)
{
	struct url entry;

	return url_parse(allowed, &entry) && u->tls == entry.tls &&
	    u->port == entry.port && host_matches(u, &entry) &&
	    path_matches(u, &entry);
}

/* A relative value behind scheme and host of fallback; NULL if neither. */
static char *
absolute(struct arena *a, const char *value, const char *fallback)
{
	struct url base;
	size_t head;

	if (strncasecmp(value, "http://", 7) == 0 ||
	    strncasecmp(value, "https://", 8) == 0)
		return arena_strdup(a, value);
	if (strncmp(value, "//", 2) == 0 || !url_parse(fallback, &base))
		return NULL;
	/* a colon before the first slash makes a scheme of what precedes it */
	head = strcspn(value, ":/?#");
	if (value[head] == ':')
		return NULL;
	return arena_printf(a, "%.*s%s%s", (int)(base.path - fallback),
	    fallback, value[0] == '/' ? "" : "/", value);
}

char *
returnto_check(struct arena *a, const char *value, const char *fallback,
    const char *const *allowed)
{
	struct url u;
	char *whole;
	size_t i;

	if (!text_is_plain(value) ||
	    (whole = absolute(a, value, fallback)) == NULL ||
	    !url_parse(whole, &u) || memchr(u.host, '*', u.hostlen) != NULL ||
	    !path_is_plain(u.path, u.pathlen))
		return NULL;
	for (i = 0; allowed[i] != NULL; i++)
		if (url_matches(&u, allowed[i]))
			return whole;
	return NULL;
}

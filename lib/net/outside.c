/*
 * Every address is held as 16 bytes, IPv4 in its mapped form, so one table of
 * prefixes serves both. An IPv6 address that carries an IPv4 one (mapped,
 * NAT64) is judged by what it carries.
 */
#include "net/outside.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"

struct prefix {
	uint8_t bytes[16];
	unsigned bits;
};

struct outside {
	struct prefix *items;
	size_t nitems;
};

#define V4(b) (96 + (b))

/* Special-purpose addresses of IPv4. */
static const char *const special4[] = { "0.0.0.0/8", "10.0.0.0/8",
	"100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
	"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",
	"240.0.0.0/4" };

/* Of IPv6 only 2000::/3 is public, and these in it are not. */
static const char *const special6[] = { "2001::/23", "2001:db8::/32",
	"2002::/16", "3fff::/20" };

static void
map4(const uint8_t four[4], uint8_t out[16])
{
	memset(out, 0, 10);
	out[10] = out[11] = 0xff;
	memcpy(out + 12, four, 4);
}

static bool
is_mapped(const uint8_t bytes[16])
{
	static const uint8_t head[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(bytes, head, sizeof(head)) == 0;
}

/* The address as 16 bytes; false: of another family. */
static bool
read_address(const struct sockaddr *to, uint8_t out[16])
{
	static const uint8_t nat64[12] = { 0, 0x64, 0xff, 0x9b };
	struct sockaddr_in6 six;
	struct sockaddr_in four;
	uint8_t carried[4];

	if (to->sa_family == AF_INET) {
		memcpy(&four, to, sizeof(four));
		map4((const uint8_t *)&four.sin_addr, out);
		return true;
	}
	if (to->sa_family != AF_INET6)
		return false;
	memcpy(&six, to, sizeof(six));
	memcpy(out, &six.sin6_addr, 16);
	if (memcmp(out, nat64, sizeof(nat64)) == 0) {
		memcpy(carried, out + 12, sizeof(carried));
		map4(carried, out);
	}
	return true;
}

static bool
covers(const struct prefix *p, const uint8_t bytes[16])
{
	unsigned whole = p->bits / 8, rest = p->bits % 8;

	if (memcmp(p->bytes, bytes, whole) != 0)
		return false;
	return rest == 0 || (p->bytes[whole] ^ bytes[whole]) >> (8 - rest) == 0;
}

/* "ADDRESS" or "ADDRESS/BITS". */
static bool
read_prefix(const char *text, struct prefix *out)
{
	char host[INET6_ADDRSTRLEN];
	size_t len = strcspn(text, "/");
	int64_t bits;
	uint8_t four[4];
	unsigned max = 128;

	if (len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	if (inet_pton(AF_INET, host, four) == 1) {
		map4(four, out->bytes);
		max = 32;
	} else if (inet_pton(AF_INET6, host, out->bytes) != 1)
		return false;
	bits = max;
	if (text[len] == '/' && !str_to_i64(text + len + 1, 0, max, &bits))
		return false;
	out->bits = max == 32 ? V4((unsigned)bits) : (unsigned)bits;
	return true;
}

struct outside *
outside_new(struct arena *a, const char *const *list, const char **bad)
{
	struct outside *o = arena_zalloc(a, sizeof(*o));
	size_t n;

	for (n = 0; list[n] != NULL; n++)
		continue;
	o->items = arena_calloc(a, n + 1, sizeof(*o->items));
	for (o->nitems = 0; o->nitems < n; o->nitems++) {
		if (!read_prefix(list[o->nitems], &o->items[o->nitems])) {
			*bad = list[o->nitems];
			return NULL;
		}
	}
	return o;
}

static bool
is_special(const uint8_t bytes[16], const char *const *list, size_t n)
{
	struct prefix p;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!read_prefix(list[i], &p))
			return true; /* not reached: the lists are ours */
		if (covers(&p, bytes))
			return true;
	}
	return false;
}

bool
outside_is_public(const struct sockaddr *to)
{
	uint8_t bytes[16];

	if (!read_address(to, bytes))
		return false;
	if (is_mapped(bytes))
		return !is_special(bytes, special4, NITEMS(special4));
	return (bytes[0] & 0xe0) == 0x20 &&
	    !is_special(bytes, special6, NITEMS(special6));
}

bool
outside_is_listed(const struct outside *o, const struct sockaddr *to)
{
	uint8_t bytes[16];
	size_t i;

	if (!read_address(to, bytes))
		return false;
	for (i = 0; i < o->nitems; i++)
		if (covers(&o->items[i], bytes))
			return true;
	return false;
}

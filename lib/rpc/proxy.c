/*
 * Which address a request came from. X-Forwarded-For is believed only as far
 * as trusted proxies wrote it: read from its end, never from its start.
 */
#include "rpc/proxy.h"

#include <arpa/inet.h>

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

struct address {
	uint8_t bytes[16];
	unsigned bits; /* 32 or 128 */
};

static bool
read_address(const char *s, struct address *out)
{
	if (inet_pton(AF_INET, s, out->bytes) == 1)
		out->bits = 32;
	else if (inet_pton(AF_INET6, s, out->bytes) == 1)
		out->bits = 128;
	else
		return false;
	return true;
}

static bool
same_prefix(const uint8_t *x, const uint8_t *y, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(x, y, whole) != 0)
		return false;
	return rest == 0 || (x[whole] ^ y[whole]) >> (8 - rest) == 0;
}

/* entry is an address or a network in CIDR form. */
static bool
matches(const char *entry, const struct address *addr)
{
	struct address net;
	char text[64];
	size_t len = strcspn(entry, "/");
	int64_t bits;

	if (len >= sizeof(text))
		return false;
	memcpy(text, entry, len);
	text[len] = '\0';
	if (!read_address(text, &net) || net.bits != addr->bits)
		return false;
	bits = net.bits;
	if (entry[len] == '/' &&
	    !str_to_i64(entry + len + 1, 0, net.bits, &bits))
		return false;
	return same_prefix(net.bytes, addr->bytes, (unsigned)bits);
}

bool
proxy_trusted(const struct conf *conf, const char *addr)
{
	const char *const *list;
	struct address a;

	list = conf_list(conf, "proxies");
	if (*list == NULL || !read_address(addr, &a))
		return false;
	for (; *list != NULL; list++) {
		if (matches(*list, &a))
			return true;
	}
	return false;
}

const char *
proxy_client(struct arena *a, const struct conf *conf, const char *addr,
    const char *forwarded)
{
	struct address parsed;
	const char *one;
	char *list, *comma;

	if (forwarded == NULL)
		return addr;
	list = arena_strdup(a, forwarded);
	do {
		comma = strrchr(list, ',');
		one = str_trim(a, comma == NULL ? list : comma + 1);
		if (!read_address(one, &parsed))
			return addr;
		addr = one;
		if (comma != NULL)
			*comma = '\0';
	} while (comma != NULL && proxy_trusted(conf, one));
	return addr;
}

/*
 * Whoever has one IPv6 address has at least 2^64 of them: a limit on single
 * addresses would be none.
 */
#include "rpc/address.h"

#include <arpa/inet.h>

#include <string.h>

char *
address_unit(struct arena *a, const char *address)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr six;

	if (inet_pton(AF_INET6, address, &six) != 1)
		return arena_strdup(a, address);
	if (IN6_IS_ADDR_V4MAPPED(&six)) {
		(void)inet_ntop(AF_INET, &six.s6_addr[12], text, sizeof(text));
		return arena_strdup(a, text);
	}
	memset(&six.s6_addr[8], 0, 8);
	(void)inet_ntop(AF_INET6, &six, text, sizeof(text));
	return arena_printf(a, "%s/64", text);
}

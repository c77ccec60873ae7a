/*
 * Client addresses as limits count them.
 */
#ifndef MIRAI_RPC_ADDRESS_H
#define MIRAI_RPC_ADDRESS_H

#include "base/arena.h"

/*
 * What one client has for sure: an IPv4 address, or the /64 of an IPv6
 * address; an IPv4 address written as IPv6 is the former. Other text comes back
 * as it is. In a.
 */
char *address_unit(struct arena *a, const char *address);

#endif

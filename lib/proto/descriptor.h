/*
 * What protoc hands over, read into contracts.
 */
#ifndef MIRAI_PROTO_DESCRIPTOR_H
#define MIRAI_PROTO_DESCRIPTOR_H

#include <stddef.h>

struct request {
	const char **asked; /* the contracts to write code for */
	size_t nasked;
	const char *parameter; /* "" when there is none */
};

/*
 * Reads a CodeGeneratorRequest: every descriptor goes to contracts, which
 * contract_resolve() then makes whole.
 */
struct request descriptor_read(const void *p, size_t len);

#endif

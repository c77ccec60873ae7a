/*
 * The one error type of the tree: the Connect code list. Values equal the
 * gRPC numbers, so no table translates them.
 */
#ifndef MIRAI_BASE_CODE_H
#define MIRAI_BASE_CODE_H

enum code {
	CODE_OK = 0,
	CODE_CANCELED = 1,
	CODE_UNKNOWN = 2,
	CODE_INVALID_ARGUMENT = 3,
	CODE_DEADLINE_EXCEEDED = 4,
	CODE_NOT_FOUND = 5,
	CODE_ALREADY_EXISTS = 6,
	CODE_PERMISSION_DENIED = 7,
	CODE_RESOURCE_EXHAUSTED = 8,
	CODE_FAILED_PRECONDITION = 9,
	CODE_ABORTED = 10,
	CODE_OUT_OF_RANGE = 11,
	CODE_UNIMPLEMENTED = 12,
	CODE_INTERNAL = 13,
	CODE_UNAVAILABLE = 14,
	CODE_DATA_LOSS = 15,
	CODE_UNAUTHENTICATED = 16,
	CODE__MAX
};

/* The wire name ("not_found"); "unknown" for a value outside the list. */
const char *code_name(enum code code);

/* The code of a wire name; CODE__MAX when there is none. */
enum code code_from_name(const char *name);

/* The HTTP status a unary Connect answer carries (spec rpc.md, section 3). */
int code_http(enum code code);

#endif

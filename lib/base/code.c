/*
 * Names and HTTP statuses of the Connect codes, as one table.
 */
#include "base/code.h"

#include <string.h>

static const struct code_row {
	const char *name;
	int http;
} rows[CODE__MAX] = {
	[CODE_OK] = { "ok", 200 },
	[CODE_CANCELED] = { "canceled", 499 },
	[CODE_UNKNOWN] = { "unknown", 500 },
	[CODE_INVALID_ARGUMENT] = { "invalid_argument", 400 },
	[CODE_DEADLINE_EXCEEDED] = { "deadline_exceeded", 504 },
	[CODE_NOT_FOUND] = { "not_found", 404 },
	[CODE_ALREADY_EXISTS] = { "already_exists", 409 },
	[CODE_PERMISSION_DENIED] = { "permission_denied", 403 },
	[CODE_RESOURCE_EXHAUSTED] = { "resource_exhausted", 429 },
	[CODE_FAILED_PRECONDITION] = { "failed_precondition", 400 },
	[CODE_ABORTED] = { "aborted", 409 },
	[CODE_OUT_OF_RANGE] = { "out_of_range", 400 },
	[CODE_UNIMPLEMENTED] = { "unimplemented", 501 },
	[CODE_INTERNAL] = { "internal", 500 },
	[CODE_UNAVAILABLE] = { "unavailable", 503 },
	[CODE_DATA_LOSS] = { "data_loss", 500 },
	[CODE_UNAUTHENTICATED] = { "unauthenticated", 401 },
};

const char *
code_name(enum code code)
{
	if ((unsigned)code >= CODE__MAX)
		return "unknown";
	return rows[code].name;
}

enum code
code_from_name(const char *name)
{
	unsigned i;

	for (i = 0; i < CODE__MAX; i++) {
		if (strcmp(rows[i].name, name) == 0)
			return (enum code)i;
	}
	return CODE__MAX;
}

int
code_http(enum code code)
{
	if ((unsigned)code >= CODE__MAX)
		return 500;
	return rows[code].http;
}

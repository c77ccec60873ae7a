/*
 * Which form of answer a client wants (spec identity.md N-1, N-2).
 */
#ifndef MIRAI_IDENTITY_NEGOTIATE_H
#define MIRAI_IDENTITY_NEGOTIATE_H

#include <stdbool.h>

/*
 * Creation and completion: JSON only if accept prefers application/json over
 * text/html; ties, a lone wildcard and NULL mean HTML.
 */
bool negotiate_json(const char *accept);

/* Errors and submits: preferred over wildcards too, or sent as JSON. */
bool negotiate_is_json(const char *accept, const char *content_type);

#endif

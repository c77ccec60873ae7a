/*
 * Which function answers which method and path, for both listeners.
 */
#ifndef MIRAI_IDENTITY_ROUTE_H
#define MIRAI_IDENTITY_ROUTE_H

#include <stddef.h>

#include "identity/visit.h"

/*
 * "GET" also answers HEAD, "*" any method. A segment in braces stands for any
 * one that is not empty. The first row that fits answers: exact paths stand
 * before those with braces.
 */
struct route {
	const char *method;
	const char *path; /* "/sessions/{id}" */
	void (*serve)(struct visit *c);
};

/* A visit of the request, its memory wiped at the end. */
struct visit *route_visit(const struct idp *p, struct req *r);

/* Calls the row that fits, else refuses: 404, or 405 with Allow. */
void route_serve(struct visit *c, const struct route *rows, size_t nrows);

/*
 * What stands for the i-th braces in the path, from 0, percent-decoded; "" if
 * it cannot be decoded or is not UTF-8. In c->mem.
 */
const char *route_arg(struct visit *c, size_t i);

#endif

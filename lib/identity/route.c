/*
 * Paths are compared segment by segment as they came, undecoded: an encoded
 * slash never makes another path of one.
 */
#include "identity/route.h"

#include <string.h>

#include "base/utf8.h"
#include "rpc/resp.h"

static bool
is_braces(const char *segment)
{
	return *segment == '{';
}

/*
 * Whether path fits. The segments for braces go to args, which may be NULL
 * when only the answer is wanted.
 */
static bool
path_fits(const char *pattern, const char *path, struct visit *c)
{
	size_t n, len, args = 0;

	for (;;) {
		n = strcspn(pattern, "/");
		len = strcspn(path, "/");
		if (is_braces(pattern)) {
			if (len == 0)
				return false;
			if (c != NULL && args < VISIT_ARGS)
				c->args[args++] =
				    arena_strndup(c->mem, path, len);
		} else if (n != len || memcmp(pattern, path, n) != 0) {
			return false;
		}
		if (pattern[n] == '\0' || path[len] == '\0')
			return pattern[n] == path[len];
		pattern += n + 1;
		path += len + 1;
	}
}

static bool
method_fits(const struct route *row, const char *method)
{
	return strcmp(row->method, "*") == 0 ||
	    strcmp(row->method, method) == 0 ||
	    (strcmp(row->method, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

/* The methods path knows, for Allow; NULL: the path is unknown. */
static const char *
allowed_methods(struct visit *c, const struct route *rows, size_t nrows)
{
	const char *list = NULL;
	size_t i;

	for (i = 0; i < nrows; i++) {
		if (!path_fits(rows[i].path, c->r->path, NULL))
			continue;
		list =
		    arena_printf(c->mem, "%s%s%s%s", list == NULL ? "" : list,
			list == NULL ? "" : ", ", rows[i].method,
			strcmp(rows[i].method, "GET") == 0 ? ", HEAD" : "");
	}
	return list;
}

static void
refuse(struct visit *c, const struct route *rows, size_t nrows)
{
	const char *allow = allowed_methods(c, rows, nrows);

	c->json_only = true;
	if (allow == NULL) {
		visit_refuse_simple(c, 404, NULL,
		    "There is nothing at this address.");
		return;
	}
	resp_header(c->r, "allow", allow);
	visit_refuse_simple(c, 405, NULL,
	    "This address does not know the method.");
}

struct visit *
route_visit(const struct idp *p, struct req *r)
{
	struct visit *c = arena_zalloc(r->mem, sizeof(*c));

	c->p = p;
	c->schema = p->schema;
	c->r = r;
	c->mem = r->mem;
	c->db = r->db;
	db_use(c->db, c->mem);
	arena_set_wipe(c->mem);
	return c;
}

void
route_serve(struct visit *c, const struct route *rows, size_t nrows)
{
	size_t i;

	for (i = 0; i < nrows; i++) {
		if (method_fits(&rows[i], c->r->method) &&
		    path_fits(rows[i].path, c->r->path, c)) {
			rows[i].serve(c);
			return;
		}
	}
	refuse(c, rows, nrows);
}

const char *
route_arg(struct visit *c, size_t i)
{
	const char *raw = i < VISIT_ARGS ? c->args[i] : NULL, *text;

	if (raw == NULL)
		return "";
	text = str_url_decode(c->mem, raw, strlen(raw), false);
	return text == NULL || !utf8_valid(text, strlen(text)) ? "" : text;
}

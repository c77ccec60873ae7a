/*
 * Parts of a document in a ZIP archive: which are read, finding them by name,
 * and what points from one to the other.
 */
#include "ai/package.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"

#define TOTAL_MAX ((size_t)64 * 1024 * 1024)
#define MAX_RELS  10000

bool
package_is_text(const char *name)
{
	static const char *const ends[] = { ".xml", ".rels", ".xhtml", ".html",
		".htm", ".xht", ".opf", ".ncx", "mimetype", NULL };
	size_t i, n = strlen(name);

	for (i = 0; ends[i] != NULL; i++) {
		if (n >= strlen(ends[i]) &&
		    str_ieq(name + n - strlen(ends[i]), ends[i]))
			return true;
	}
	return false;
}

static const char *
open_why(enum unzip_result r)
{
	switch (r) {
	case UNZIP_ENCRYPTED:
		return "encrypted; save it without a password";
	case UNZIP_TOO_LARGE:
		return "expands to more than 64 MiB";
	case UNZIP_TOO_MANY:
		return "holds more than 10000 files";
	case UNZIP_BROKEN:
	case UNZIP_OK:
	default:
		return "a damaged ZIP archive";
	}
}

int
package_open(struct package *pkg, struct arena *a, const char *p, size_t len,
    const char **why)
{
	enum unzip_result r;

	*pkg = (struct package){ .a = a };
	r = unzip_read(a, p, len, package_is_text, TOTAL_MAX, &pkg->parts,
	    &pkg->nparts);
	if (r == UNZIP_OK)
		return 0;
	*why = open_why(r);
	return -1;
}

static int
part_cmp(const void *key, const void *row)
{
	return strcmp(key, ((const struct unzip_member *)row)->name);
}

const struct unzip_member *
package_find(const struct package *pkg, const char *name)
{
	const struct unzip_member *m;

	if (name == NULL || pkg->nparts == 0)
		return NULL;
	m = bsearch(name, pkg->parts, pkg->nparts, sizeof(*pkg->parts),
	    part_cmp);
	return m == NULL || m->p == NULL ? NULL : m;
}

int
package_read(const struct package *pkg, const char *name,
    const struct xml_events *ev, void *arg, const char **why)
{
	const struct unzip_member *m = package_find(pkg, name);

	return m == NULL ? 0 : xml_read_typed(m->p, m->len, ev, arg, why);
}

/* --- names ------------------------------------------------------------------ */

/* Appends the segments of path to out; ".." never leaves the top. */
static void
walk(struct buf *out, const char *path)
{
	size_t n;

	for (; *path != '\0'; path += n + (path[n] == '/')) {
		n = strcspn(path, "/");
		if (n == 0 || (n == 1 && *path == '.'))
			continue;
		if (n == 2 && memcmp(path, "..", 2) == 0) {
			while (out->len > 0 && out->data[--out->len] != '/')
				;
			continue;
		}
		if (out->len > 0)
			buf_putc(out, '/');
		buf_put(out, path, n);
	}
}

const char *
package_resolve(struct arena *a, const char *base, const char *href)
{
	struct buf *b = buf_new(a);
	const char *path, *slash;

	if (href[strcspn(href, ":/?#")] == ':')
		return NULL;
	path = str_url_decode(a, href, strcspn(href, "#?"), false);
	if (path == NULL || *path == '\0')
		return NULL;
	if (*path != '/' && (slash = strrchr(base, '/')) != NULL)
		walk(b, arena_strndup(a, base, (size_t)(slash - base)));
	walk(b, path);
	return arena_strndup(a, buf_str(b), b->len);
}

/* --- relations -------------------------------------------------------------- */

struct rels_reader {
	struct arena *a;
	const char *base;
	struct package_rels rels;
	size_t cap;
};

static void
rel_add(struct rels_reader *r, const char *id, const char *type,
    const char *target)
{
	const char *word = strrchr(type, '/');
	size_t cap;

	if (r->rels.n == r->cap) {
		cap = r->cap == 0 ? 16 : r->cap * 2;
		r->rels.rel = arena_grow(r->a, r->rels.rel, r->rels.n, cap,
		    sizeof(*r->rels.rel));
		r->cap = cap;
	}
	r->rels.rel[r->rels.n++] = (struct package_rel){
		.id = arena_strdup(r->a, id),
		.type = arena_strdup(r->a, word == NULL ? type : word + 1),
		.target = target,
	};
}

static void
rels_open(void *arg, const char *name, const char *const *attrs)
{
	struct rels_reader *r = arg;
	const char *id, *type, *target, *mode;

	if (strcmp(name, "Relationship") != 0 || r->rels.n == MAX_RELS)
		return;
	id = xml_attr(attrs, "Id");
	type = xml_attr(attrs, "Type");
	target = xml_attr(attrs, "Target");
	mode = xml_attr(attrs, "TargetMode");
	if (id == NULL || type == NULL || target == NULL ||
	    str_eq(mode, "External") ||
	    (target = package_resolve(r->a, r->base, target)) == NULL)
		return;
	rel_add(r, id, type, target);
}

struct package_rels
package_rels(const struct package *pkg, const char *name)
{
	static const struct xml_events ev = { rels_open, package_no_close,
		package_no_text };
	struct rels_reader r = { .a = pkg->a, .base = name };
	const char *slash = strrchr(name, '/'), *why;
	int dir = slash == NULL ? 0 : (int)(slash + 1 - name);

	if (package_read(pkg,
		arena_printf(pkg->a, "%.*s_rels/%s.rels", dir, name,
		    name + dir),
		&ev, &r, &why) == -1)
		r.rels.n = 0;
	return r.rels;
}

const char *
package_rel_of(const struct package_rels *rels, const char *type)
{
	size_t i;

	for (i = 0; i < rels->n; i++) {
		if (strcmp(rels->rel[i].type, type) == 0)
			return rels->rel[i].target;
	}
	return NULL;
}

const char *
package_rel_id(const struct package_rels *rels, const char *id)
{
	size_t i;

	for (i = 0; id != NULL && i < rels->n; i++) {
		if (strcmp(rels->rel[i].id, id) == 0)
			return rels->rel[i].target;
	}
	return NULL;
}

/* --- nothing ---------------------------------------------------------------- */

void
package_no_close(void *arg, const char *name)
{
	(void)arg;
	(void)name;
}

void
package_no_text(void *arg, const char *p, size_t len)
{
	(void)arg;
	(void)p;
	(void)len;
}

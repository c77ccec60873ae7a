/*
 * A growing list of findings; nothing is dropped and nothing is repeated.
 */
#include "learn/finding.h"

#include <stdarg.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"

void
finding_init(struct findings *f, struct arena *a)
{
	memset(f, 0, sizeof(*f));
	f->mem = a;
}

static bool
is_known(const struct findings *f, const struct finding *n)
{
	const struct finding *o;
	size_t i;

	for (i = 0; i < f->nitems; i++) {
		o = &f->items[i];
		if (o->kind == n->kind && str_eq(o->part, n->part) &&
		    str_eq(o->field, n->field) && str_eq(o->text, n->text))
			return true;
	}
	return false;
}

static void
add(struct findings *f, const struct finding *n)
{
	size_t cap;

	if (is_known(f, n))
		return;
	if (f->nitems == f->cap) {
		cap = f->cap == 0 ? 8 : f->cap * 2;
		f->items = arena_grow(f->mem, f->items, f->cap, cap,
		    sizeof(*f->items));
		f->cap = cap;
	}
	f->items[f->nitems++] = *n;
	if (n->kind == FINDING_ERROR)
		f->nerrors++;
}

static struct finding
make(struct findings *f, enum finding_kind kind, const char *part,
    const char *field)
{
	struct finding n = { 0 };

	n.kind = kind;
	n.part = arena_strdup(f->mem, part);
	n.field = arena_strdup(f->mem, field);
	return n;
}

void
finding_error(struct findings *f, const char *part, const char *field,
    const char *fmt, ...)
{
	struct finding n;
	va_list ap;

	n = make(f, FINDING_ERROR, part, field);
	va_start(ap, fmt);
	n.text = arena_vprintf(f->mem, fmt, ap);
	va_end(ap);
	add(f, &n);
}

void
finding_warning(struct findings *f, const char *part, const char *field,
    const char *fmt, ...)
{
	struct finding n;
	va_list ap;

	n = make(f, FINDING_WARNING, part, field);
	va_start(ap, fmt);
	n.text = arena_vprintf(f->mem, fmt, ap);
	va_end(ap);
	add(f, &n);
}

char *
finding_list(const struct findings *f, enum finding_kind kind)
{
	struct buf b = BUF_INIT;
	char *text;
	size_t i;

	for (i = 0; i < f->nitems; i++)
		if (f->items[i].kind == kind)
			buf_printf(&b, "%s%s: %s: %s", b.len > 0 ? "\n" : "",
			    f->items[i].part, f->items[i].field,
			    f->items[i].text);
	text = arena_strdup(f->mem, buf_str(&b));
	buf_free(&b);
	return text;
}

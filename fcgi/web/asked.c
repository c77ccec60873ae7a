/* Reads the query of a request; nothing here fails. */
#include "asked.h"

#include <string.h>

#include "base/utf8.h"

#define SEARCH_MAX 200 /* bytes */

const char *
asked_text(struct page *p, const char *name)
{
	const char *s = req_query(p->r, name);

	return s == NULL ? "" : s;
}

const char *
asked_search(struct page *p, const char *name)
{
	const char *s = str_trim(p->r->mem, asked_text(p, name));
	size_t n = strlen(s);

	return n > SEARCH_MAX || !utf8_valid(s, n) ? "" : s;
}

void
asked_option(struct page *p, const char *name, const struct entry_option *rows,
    int32_t *out)
{
	const char *value = asked_text(p, name);

	for (; rows->value != NULL; rows++)
		if (str_eq(rows->value, value))
			*out = rows->wire;
}

const struct entry_option asked_directions[] = {
	{ 0, "desc", "Descending" },
	{ 1, "asc", "Ascending" },
	{ 0, NULL, NULL },
};

void
asked_put_choice(struct page *p, const char *name, const char *label,
    const char *any, const struct entry_option *rows, int32_t chosen)
{
	const struct tmpl_tools_choice choice = { .name = name,
		.label = label };

	tmpl_tools_choice_open(&p->h, &choice);
	if (any != NULL)
		entry_put_option(p, "", any, false);
	entry_put_options(p, rows, chosen);
	tmpl_tools_choice_close(&p->h);
}

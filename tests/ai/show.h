/*
 * A document as lines, for comparing.
 */
#ifndef MIRAI_TESTS_AI_SHOW_H
#define MIRAI_TESTS_AI_SHOW_H

#include "ai/doc.h"
#include "base/buf.h"

/* One line per block: kind, level, text with its marks. */
static const char *
show(struct arena *a, const struct doc *d)
{
	struct buf *b = buf_new(a);
	const struct doc_block *k;
	size_t i, j, s;

	buf_printf(b, "title %s\n", d->title);
	for (i = 0; i < d->nblocks; i++) {
		k = &d->blocks[i];
		buf_printf(b, "%c%u%s ", "HPIRQC"[k->kind], k -> level,
		    k -> ordered ? "n" : "");
		for (j = 0; j <= k->len; j++) {
			for (s = 0; s < k->nspans; s++) {
				if (k->spans[s].start + k->spans[s].len == j)
					buf_puts(b, "}");
			}
			for (s = 0; s < k->nspans; s++) {
				if (k->spans[s].start == j)
					buf_printf(b, "%c{",
					    "sec"[k->spans[s].mark]);
			}
			if (j < k->len)
				buf_putc(b,
				    k->text[j] == DOC_CELL   ? '|'
					: k->text[j] == '\n' ? '$'
							     : k->text[j]);
		}
		buf_putc(b, '\n');
	}
	return buf_str(b);
}

#endif

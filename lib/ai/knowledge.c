/*
 * Ids from content, and chunks that come without blocks.
 */
#include "ai/knowledge.h"

#include <string.h>

#include "ai/extract.h"
#include "net/crypt.h"

const char *
knowledge_id(struct arena *a, const char *kind, const char *x, const char *y)
{
	uint8_t sum[CRYPT_SHA256_LEN];
	char uuid[STR_UUID_LEN + 1];
	struct buf b = BUF_INIT;

	buf_printf(&b, "mirai/%s", kind);
	buf_putc(&b, '\0');
	buf_puts(&b, x);
	buf_putc(&b, '\0');
	buf_puts(&b, y);
	crypt_sha256(b.data, b.len, sum);
	buf_free(&b);
	str_uuid_from(sum, uuid);
	return arena_strdup(a, uuid);
}

void
knowledge_blocks(struct arena *a, struct chunk *c)
{
	struct doc_maker *m;
	struct doc *d;
	const char *why;

	if (c->blocks == NULL) {
		m = doc_maker_new(a, "line");
		/* Markdown cannot fail; what is none of it is a paragraph. */
		(void)extract_md(m, c->content, strlen(c->content), &why);
		d = doc_finish(m);
		c->blocks = d->blocks;
		c->nblocks = d->nblocks;
	}
	if (c->words == 0) {
		size_t i;

		for (i = 0; i < c->nblocks; i++)
			c->words +=
			    lang_count(c->blocks[i].text, c->blocks[i].len);
	}
}

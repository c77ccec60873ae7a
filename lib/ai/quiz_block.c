/*
 * Questions about blocks: what a list names, which step follows, what a table
 * says.
 */
#include <string.h>

#include "ai/phrases.h"
#include "ai/quiz_maker.h"
#include "base/str.h"
#include "base/utf8.h"

#define MAX_CELL 60 /* characters */

/* --- lists and steps ------------------------------------------------------ */

/* An item as an option: without the mark at its end. */
static char *
item_text(struct arena *a, const struct doc_block *b)
{
	size_t n = b->len;

	while (n > 0 && strchr(".,;: ", b->text[n - 1]) != NULL)
		n--;
	return arena_strndup(a, b->text, n);
}

static size_t
list_len(const struct chunk *c, size_t i)
{
	size_t j = i;

	while (j < c->nblocks && c->blocks[j].kind == c->blocks[i].kind &&
	    c->blocks[j].group == c->blocks[i].group)
		j++;
	return j - i;
}

/* Items of other lists that look alike; not those this list has, too. */
static size_t
other_items(struct quiz_maker *m, size_t chunk, size_t first, size_t len,
    size_t want_len, const char **out)
{
	const struct chunk *own = &m->k->chunks[chunk], *c;
	const struct doc_block *b;
	size_t i, j, l, n = 0, dist;

	for (dist = 1; dist <= 2 * m->k->nchunks && n < QUIZ_OPTIONS - 1;
	     dist++) {
		i = dist % 2 == 1 ? chunk + (dist + 1) / 2 : chunk - dist / 2;
		if (i >= m->k->nchunks)
			continue;
		c = &m->k->chunks[i];
		for (j = 0; j < c->nblocks && n < QUIZ_OPTIONS - 1; j++) {
			b = &c->blocks[j];
			if (b->kind != DOC_ITEM || b->len > want_len * 2 + 20 ||
			    b->len * 3 < want_len)
				continue;
			for (l = 0; l < len; l++) {
				if (strcmp(own->blocks[first + l].text,
					b->text) == 0)
					break;
			}
			if (l == len && strpbrk(b->text, ":<>[]{}") == NULL)
				out[n++] = item_text(m->a, b);
		}
	}
	return n;
}

static const char *
without_colon(struct arena *a, const struct doc_block *b)
{
	size_t n = b->len;

	while (n > 0 && strchr(": ", b->text[n - 1]) != NULL)
		n--;
	return arena_printf(a, "%.*s …", (int)n, b->text);
}

static void
make_list(struct quiz_maker *m, size_t chunk, size_t i, size_t len)
{
	const struct chunk *c = &m->k->chunks[chunk];
	const struct doc_block *lead = i > 0 ? &c->blocks[i - 1] : NULL, *b;
	struct quiz q = { .kind = QUIZ_LIST, .chunk = chunk, .block = i };

	if (lead == NULL || lead->kind != DOC_PARA || len < 3 ||
	    lead->text[lead->len - 1] != ':' || utf8_count(lead->text) > 200)
		return;
	b = &c->blocks[i + quiz_hash(lead->text, "") % len];
	if (memchr(b->text, ':', b->len) != NULL)
		return;
	q.options[0] = item_text(m->a, b);
	q.noptions = 1 + other_items(m, chunk, i, len, b->len, q.options + 1);
	q.question = phrases_fill(m->a, m->c->lang, PH_Q_LIST,
	    quiz_quote(m, without_colon(m->a, lead)), "");
	q.score = 0.8;
	q.source = b->text;
	q.explanation = phrases_fill(m->a, m->c->lang, PH_E_LIST,
	    quiz_quote(m, b->text), "");
	quiz_propose(m, &q);
}

static void
make_step(struct quiz_maker *m, size_t chunk, size_t i, size_t len)
{
	const struct doc_block *b = &m->k->chunks[chunk].blocks[i];
	struct quiz q = { .kind = QUIZ_STEP, .chunk = chunk, .block = i };
	size_t at, j;

	if (len < 4)
		return;
	at = quiz_hash(b[0].text, b[1].text) % (len - 1);
	q.options[q.noptions++] = item_text(m->a, &b[at + 1]);
	for (j = 0; j < len && q.noptions < QUIZ_OPTIONS; j++) {
		if (j != at && j != at + 1)
			q.options[q.noptions++] = item_text(m->a, &b[j]);
	}
	q.question = phrases_fill(m->a, m->c->lang, PH_Q_STEP,
	    quiz_quote(m, item_text(m->a, &b[at])), "");
	q.score = 0.85;
	q.source = b[at + 1].text;
	q.explanation = phrases_fill(m->a, m->c->lang, PH_E_STEP,
	    quiz_quote(m, b[at].text), quiz_quote(m, b[at + 1].text));
	quiz_propose(m, &q);
}

/* --- tables --------------------------------------------------------------- */

/* Cell number n of a row, in a; "" when there is none. */
static char *
cell(struct arena *a, const struct doc_block *row, size_t n)
{
	const char *p = row->text, *end = p + row->len, *sep;

	for (;; p = sep + 1, n--) {
		sep = memchr(p, DOC_CELL, (size_t)(end - p));
		if (n == 0)
			return str_trim(a,
			    arena_strndup(a, p,
				(size_t)((sep == NULL ? end : sep) - p)));
		if (sep == NULL)
			return arena_strdup(a, "");
	}
}

static size_t
cells(const struct doc_block *row)
{
	size_t i, n = 1;

	for (i = 0; i < row->len; i++)
		n += row->text[i] == DOC_CELL;
	return n;
}

static char *
row_text(struct arena *a, const struct doc_block *row)
{
	struct buf b = BUF_INIT;
	char *out;
	size_t i;

	for (i = 0; i < row->len; i++) {
		if (row->text[i] == DOC_CELL)
			buf_puts(&b, " | ");
		else
			buf_putc(&b, row->text[i]);
	}
	out = arena_strdup(a, buf_str(&b));
	buf_free(&b);
	return out;
}

static void
make_cell(struct quiz_maker *m, size_t chunk, size_t first, size_t len,
    size_t row, size_t col)
{
	const struct doc_block *b = &m->k->chunks[chunk].blocks[first];
	struct quiz q = { .kind = QUIZ_CELL, .chunk = chunk, .block = first };
	const char *key = cell(m->a, &b[row], 0), *text;
	size_t i, j;

	q.options[q.noptions++] = cell(m->a, &b[row], col);
	if (*key == '\0' || utf8_count(q.options[0]) > MAX_CELL)
		return;
	for (i = 1; i < len && q.noptions < QUIZ_OPTIONS; i++) {
		text = cell(m->a, &b[i], col);
		/* The same key twice would have two answers. */
		if (i != row && strcmp(cell(m->a, &b[i], 0), key) == 0)
			return;
		for (j = 0; j < q.noptions; j++) {
			if (str_ieq(q.options[j], text))
				break;
		}
		if (j == q.noptions && *text != '\0')
			q.options[q.noptions++] = text;
	}
	q.question = phrases_fill(m->a, m->c->lang, PH_Q_CELL,
	    quiz_quote(m, key), cell(m->a, &b[0], col));
	q.score = 0.8 - 0.02 * (double)col;
	q.source = row_text(m->a, &b[row]);
	q.explanation = phrases_fill(m->a, m->c->lang, PH_E_CELL, q.source, "");
	quiz_propose(m, &q);
}

static void
make_table(struct quiz_maker *m, size_t chunk, size_t i, size_t len)
{
	const struct doc_block *b = &m->k->chunks[chunk].blocks[i];
	size_t col, n;

	if (b[0].level != 1 || len < 4)
		return;
	n = cells(&b[0]);
	for (col = 1; col < n && col < 4; col++) {
		if (*cell(m->a, &b[0], col) == '\0' ||
		    *cell(m->a, &b[0], 0) == '\0')
			continue;
		make_cell(m, chunk, i, len,
		    1 +
			quiz_hash(b[0].text, b[len - 1].text + col % b->len) %
			    (len - 1),
		    col);
	}
}

/* --- the whole ------------------------------------------------------------ */

void
quiz_from_blocks(struct quiz_maker *m, size_t chunk)
{
	const struct chunk *c = &m->k->chunks[chunk];
	size_t i, n;

	for (i = 0; i < c->nblocks; i += n) {
		n = list_len(c, i);
		if (c->blocks[i].kind == DOC_ITEM && c->blocks[i].ordered)
			make_step(m, chunk, i, n);
		else if (c->blocks[i].kind == DOC_ITEM)
			make_list(m, chunk, i, n);
		else if (c->blocks[i].kind == DOC_ROW)
			make_table(m, chunk, i, n);
		else
			n = 1;
	}
}

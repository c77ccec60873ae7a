/*
 * The document: building it from pieces, and the form in which it crosses
 * from a sandboxed child. The decoder trusts nothing it reads.
 */
#include "ai/doc.h"

#include <assert.h>
#include <string.h>

#include "base/utf8.h"

#define MAX_BLOCKS ((size_t)400000)

static const char magic[8] = "MDOC\0\0\0\1";

struct doc_maker {
	struct arena *a;
	struct doc doc;
	size_t cap;
	size_t total; /* bytes of text */
	struct buf *text;
	struct doc_span *spans;
	size_t nspans, capspans;
	size_t open_at[DOC_MARK__MAX]; /* start + 1, 0 = off */
	bool on[DOC_MARK__MAX];
	struct doc_block cur;
	bool open;
	bool space; /* white space waits for the next character */
	uint32_t group;
	uint32_t pos;
};

struct doc_maker *
doc_maker_new(struct arena *a, const char *unit)
{
	struct doc_maker *m;

	m = arena_zalloc(a, sizeof(*m));
	m->a = a;
	m->doc.title = "";
	m->doc.lang = "";
	m->doc.unit = unit;
	m->text = buf_new(a);
	m->group = 1;
	return m;
}

struct arena *
doc_arena(const struct doc_maker *m)
{
	return m->a;
}

bool
doc_is_open(const struct doc_maker *m)
{
	return m->open;
}

bool
doc_is_full(const struct doc_maker *m)
{
	return m->total + m->text->len > DOC_MAX_TEXT ||
	    m->doc.nblocks >= MAX_BLOCKS;
}

void
doc_pos(struct doc_maker *m, uint32_t pos)
{
	m->pos = pos;
}

void
doc_unit(struct doc_maker *m, const char *unit)
{
	m->doc.unit = unit;
}

void
doc_group(struct doc_maker *m)
{
	m->group++;
}

void
doc_ordered(struct doc_maker *m, bool ordered)
{
	m->cur.ordered = ordered;
}

void
doc_head(struct doc_maker *m)
{
	m->cur.level = 1;
}

void
doc_begin(struct doc_maker *m, enum doc_kind kind, unsigned level)
{
	size_t i;

	doc_end(m);
	m->cur = (struct doc_block){ .kind = kind, .level = level };
	m->cur.pos = m->pos;
	if (kind == DOC_ITEM || kind == DOC_ROW)
		m->cur.group = m->group;
	buf_reset(m->text);
	m->nspans = 0;
	m->space = false;
	m->open = true;
	for (i = 0; i < DOC_MARK__MAX; i++)
		m->open_at[i] = m->on[i] ? 1 : 0;
}

static void
span_add(struct doc_maker *m, enum doc_mark mark, size_t start, size_t end)
{
	size_t cap;

	if (end <= start)
		return;
	if (m->nspans == m->capspans) {
		cap = m->capspans == 0 ? 16 : m->capspans * 2;
		m->spans = arena_grow(m->a, m->spans, m->nspans, cap,
		    sizeof(*m->spans));
		m->capspans = cap;
	}
	m->spans[m->nspans++] = (struct doc_span){
		.start = (uint32_t)start,
		.len = (uint32_t)(end - start),
		.mark = mark,
	};
}

/* White space at the start of a block or cell is never written. */
static bool
space_waits(const struct doc_maker *m)
{
	return m->space && m->text->len > 0 &&
	    m->text->data[m->text->len - 1] != DOC_CELL;
}

void
doc_on(struct doc_maker *m, enum doc_mark mark)
{
	if (m->on[mark])
		return;
	m->on[mark] = true;
	/* A waiting space belongs before the mark. */
	m->open_at[mark] = m->text->len + (space_waits(m) ? 1 : 0) + 1;
}

void
doc_off(struct doc_maker *m, enum doc_mark mark)
{
	if (!m->on[mark])
		return;
	m->on[mark] = false;
	if (m->open && m->open_at[mark] != 0)
		span_add(m, mark, m->open_at[mark] - 1, m->text->len);
	m->open_at[mark] = 0;
}

/* What a character is written as; NULL drops it, "" means white space. */
static const char *
clean(uint32_t cp)
{
	static const char *const ligatures[] = { "ff", "fi", "fl", "ffi", "ffl",
		"st", "st" };

	if (cp >= 0xfb00 && cp <= 0xfb06)
		return ligatures[cp - 0xfb00];
	if (cp == ' ' || (cp >= '\t' && cp <= '\r') || cp == 0x85 ||
	    cp == 0xa0 || (cp >= 0x2000 && cp <= 0x200a) || cp == 0x2028 ||
	    cp == 0x2029 || cp == 0x202f || cp == 0x205f || cp == 0x3000)
		return "";
	return NULL;
}

static bool
is_dropped(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0xad ||
	    (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x202a && cp <= 0x202e) ||
	    (cp >= 0x2060 && cp <= 0x206f) || cp == 0xfeff || cp == 0xfffd ||
	    (cp >= 0xe000 && cp <= 0xf8ff) || (cp & 0xfffe) == 0xfffe ||
	    (cp >= 0xfdd0 && cp <= 0xfdef) || cp >= 0xe0000;
}

static void
put_space(struct doc_maker *m)
{
	if (space_waits(m))
		buf_putc(m->text, ' ');
	m->space = false;
}

static void
put_folded(struct doc_maker *m, const char *p, size_t n, uint32_t cp)
{
	const char *as = clean(cp);

	if (as != NULL && *as == '\0') {
		m->space = true;
		return;
	}
	if (as == NULL && is_dropped(cp))
		return;
	put_space(m);
	if (as != NULL)
		buf_puts(m->text, as);
	else
		buf_put(m->text, p, n);
}

static void
put_code(struct doc_maker *m, const char *p, size_t n, uint32_t cp)
{
	if (cp == '\t')
		buf_puts(m->text, "    ");
	else if (cp == '\n' || (!is_dropped(cp) && cp != 0x2028))
		buf_put(m->text, p, n);
}

void
doc_text(struct doc_maker *m, const char *p, size_t len)
{
	uint32_t cp;
	size_t n;

	if (!m->open)
		return;
	for (; len > 0 && !doc_is_full(m); p += n, len -= n) {
		n = utf8_decode(p, len, &cp);
		if (n == 0) {
			n = 1;
			continue;
		}
		if (m->cur.kind == DOC_CODE)
			put_code(m, p, n, cp);
		else
			put_folded(m, p, n, cp);
	}
}

void
doc_cell(struct doc_maker *m)
{
	if (!m->open || m->cur.kind != DOC_ROW)
		return;
	m->space = false;
	buf_putc(m->text, DOC_CELL);
}

static bool
has_text(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if ((unsigned char)p[i] > ' ' && p[i] != DOC_CELL)
			return true;
	}
	return false;
}

/* Spans in order of start, the longer first; few, so insertion does. */
static void
span_sort(struct doc_span *s, size_t n)
{
	struct doc_span t;
	size_t i, j;

	for (i = 1; i < n; i++) {
		t = s[i];
		for (j = i; j > 0 &&
		     (s[j - 1].start > t.start ||
			 (s[j - 1].start == t.start && s[j - 1].len < t.len));
		     j--)
			s[j] = s[j - 1];
		s[j] = t;
	}
}

static void
block_keep(struct doc_maker *m)
{
	struct doc *d = &m->doc;
	size_t cap;

	if (d->nblocks == m->cap) {
		cap = m->cap == 0 ? 64 : m->cap * 2;
		d->blocks = arena_grow(m->a, d->blocks, d->nblocks, cap,
		    sizeof(*d->blocks));
		m->cap = cap;
	}
	d->blocks[d->nblocks++] = m->cur;
}

void
doc_end(struct doc_maker *m)
{
	struct buf *t = m->text;
	size_t i;

	if (!m->open)
		return;
	for (i = 0; i < DOC_MARK__MAX; i++) {
		if (m->on[i] && m->open_at[i] != 0)
			span_add(m, (enum doc_mark)i, m->open_at[i] - 1,
			    t->len);
	}
	m->open = false;
	if (m->cur.kind == DOC_CODE) {
		while (t->len > 0 &&
		    (t->data[t->len - 1] == '\n' || t->data[t->len - 1] == ' '))
			t->data[--t->len] = '\0';
	}
	if (t->len == 0 || !has_text(t->data, t->len))
		return;
	m->cur.text = arena_strndup(m->a, t->data, t->len);
	m->cur.len = t->len;
	m->total += t->len;
	while (m->nspans > 0 && m->cur.kind != DOC_CODE && m->nspans <= 1000) {
		m->cur.spans = arena_calloc(m->a, m->nspans, sizeof(*m->spans));
		memcpy(m->cur.spans, m->spans, m->nspans * sizeof(*m->spans));
		m->cur.nspans = m->nspans;
		span_sort(m->cur.spans, m->cur.nspans);
		break;
	}
	block_keep(m);
}

/* One line of folded text, at most 500 characters. */
static const char *
fold_line(struct doc_maker *m, const char *p, size_t len)
{
	struct doc_maker *t;

	t = doc_maker_new(m->a, "");
	doc_begin(t, DOC_PARA, 0);
	doc_text(t, p, len);
	buf_puts(t->text, "");
	return arena_strndup(m->a, buf_str(t->text),
	    utf8_prefix(buf_str(t->text), 500));
}

void
doc_title(struct doc_maker *m, const char *p, size_t len)
{
	if (*m->doc.title == '\0')
		m->doc.title = fold_line(m, p, len);
}

void
doc_lang(struct doc_maker *m, const char *p, size_t len)
{
	size_t i;

	if (len < 2 || len > 35 || *m->doc.lang != '\0')
		return;
	for (i = 0; i < len; i++) {
		if (!((p[i] >= 'a' && p[i] <= 'z') ||
			(p[i] >= 'A' && p[i] <= 'Z') ||
			(p[i] >= '0' && p[i] <= '9') || p[i] == '-'))
			return;
	}
	m->doc.lang = arena_strndup(m->a, p, len);
}

struct doc *
doc_finish(struct doc_maker *m)
{
	struct doc *d;

	doc_end(m);
	d = arena_alloc(m->a, sizeof(*d));
	*d = m->doc;
	return d;
}

size_t
doc_weight(const struct doc *d)
{
	size_t i, j, n = 0;

	for (i = 0; i < d->nblocks; i++) {
		for (j = 0; j < d->blocks[i].len; j++) {
			unsigned char c = (unsigned char)d->blocks[i].text[j];

			n += (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
			    (c >= 'a' && c <= 'z') || c >= 0xc0;
		}
	}
	return n;
}

/* --- the form between child and parent ----------------------------------- */

static void
put_str(struct buf *b, const char *s, size_t len)
{
	buf_put_u32be(b, (uint32_t)len);
	buf_put(b, s, len);
}

void
doc_encode(struct buf *b, const struct doc *d)
{
	const struct doc_block *k;
	size_t i, j;

	buf_put(b, magic, sizeof(magic));
	put_str(b, d->title, strlen(d->title));
	put_str(b, d->lang, strlen(d->lang));
	buf_putc(b, d->unit[0]);
	buf_put_u32be(b, (uint32_t)d->nblocks);
	for (i = 0; i < d->nblocks; i++) {
		k = &d->blocks[i];
		buf_putc(b, (char)k->kind);
		buf_putc(b, (char)k->level);
		buf_putc(b, (char)k->ordered);
		buf_put_u32be(b, k->group);
		buf_put_u32be(b, k->pos);
		put_str(b, k->text, k->len);
		buf_put_u32be(b, (uint32_t)k->nspans);
		for (j = 0; j < k->nspans; j++) {
			buf_put_u32be(b, k->spans[j].start);
			buf_put_u32be(b, k->spans[j].len);
			buf_putc(b, (char)k->spans[j].mark);
		}
	}
}

struct reader {
	struct arena *a;
	const unsigned char *p;
	size_t len;
	bool bad;
};

static unsigned
get_u8(struct reader *r)
{
	if (r->len < 1) {
		r->bad = true;
		return 0;
	}
	r->len--;
	return *r->p++;
}

static uint32_t
get_u32(struct reader *r)
{
	uint32_t n = 0;
	int i;

	for (i = 0; i < 4; i++)
		n = n << 8 | get_u8(r);
	return r->bad ? 0 : n;
}

/* Text of the maker's kind: UTF-8, no control character it would not write. */
static bool
text_ok(const char *p, size_t len)
{
	size_t i;

	if (!utf8_valid(p, len))
		return false;
	for (i = 0; i < len; i++) {
		if ((unsigned char)p[i] < ' ' && p[i] != '\n' &&
		    p[i] != DOC_CELL)
			return false;
	}
	return true;
}

static const char *
get_str(struct reader *r, size_t *len)
{
	const char *s = "";
	size_t n = get_u32(r);

	*len = 0;
	if (r->bad || n > r->len || !text_ok((const char *)r->p, n)) {
		r->bad = true;
		return s;
	}
	s = arena_strndup(r->a, (const char *)r->p, n);
	r->p += n;
	r->len -= n;
	*len = n;
	return s;
}

static bool
on_character(const char *s, size_t len, size_t at)
{
	return at == len || ((unsigned char)s[at] & 0xc0) != 0x80;
}

static void
get_spans(struct reader *r, struct doc_block *k)
{
	struct doc_span *s;
	size_t i, n = get_u32(r);
	unsigned mark;

	if (r->bad || n > r->len / 9) {
		r->bad = true;
		return;
	}
	k->spans = arena_calloc(r->a, n, sizeof(*k->spans));
	k->nspans = n;
	for (i = 0; i < n; i++) {
		s = &k->spans[i];
		s->start = get_u32(r);
		s->len = get_u32(r);
		mark = get_u8(r);
		if (mark >= DOC_MARK__MAX || s->start > k->len ||
		    s->len > k->len - s->start ||
		    !on_character(k->text, k->len, s->start) ||
		    !on_character(k->text, k->len, s->start + s->len) ||
		    (i > 0 && s->start < s[-1].start)) {
			r->bad = true;
			return;
		}
		s->mark = (enum doc_mark)mark;
	}
}

static void
get_block(struct reader *r, struct doc_block *k)
{
	unsigned kind = get_u8(r);

	k->level = get_u8(r);
	k->ordered = get_u8(r) == 1;
	k->group = get_u32(r);
	k->pos = get_u32(r);
	k->text = get_str(r, &k->len);
	get_spans(r, k);
	if (kind >= DOC__MAX ||
	    (kind == DOC_HEADING && (k->level < 1 || k->level > 6)) ||
	    k->len == 0)
		r->bad = true;
	else
		k->kind = (enum doc_kind)kind;
}

static const char *
unit_of(int letter)
{
	switch (letter) {
	case 'p':
		return "page";
	case 's':
		return "slide";
	case 'c':
		return "chapter";
	default:
		return "line";
	}
}

struct doc *
doc_decode(struct arena *a, const void *p, size_t len)
{
	struct reader r = { .a = a, .p = p, .len = len };
	struct doc *d;
	size_t i, n;

	if (len < sizeof(magic) || memcmp(p, magic, sizeof(magic)) != 0)
		return NULL;
	r.p += sizeof(magic);
	r.len -= sizeof(magic);
	d = arena_zalloc(a, sizeof(*d));
	d->title = get_str(&r, &n);
	d->lang = get_str(&r, &n);
	d->unit = unit_of(get_u8(&r));
	d->nblocks = get_u32(&r);
	if (r.bad || d->nblocks > r.len / 19)
		return NULL;
	d->blocks = arena_calloc(a, d->nblocks, sizeof(*d->blocks));
	for (i = 0; i < d->nblocks && !r.bad; i++)
		get_block(&r, &d->blocks[i]);
	return r.bad || r.len != 0 ? NULL : d;
}

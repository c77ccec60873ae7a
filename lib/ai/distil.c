/*
 * Cutting a document into chunks of one topic each. Text is moved, never
 * changed; what teaches nothing (tables of contents, indexes, licence texts
 * of manuals) is left out.
 */
#include "ai/distil.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ai/corpus.h"
#include "ai/phrases.h"
#include "ai/pick.h"
#include "ai/render.h"
#include "base/utf8.h"

#define CHUNK_WORDS 320 /* more than this is split */
#define CHUNK_GOAL  220
#define PARA_WORDS  260 /* a longer paragraph is broken at sentences */
#define PARA_GOAL   110
#define MAX_PATH    8
#define SUMMARY	    9	 /* sentences */
#define DIM	    1024 /* of the hashed word vectors of topic cutting */
#define WINDOW	    120	 /* words compared on each side of a gap */

struct maker {
	struct arena *a;
	struct knowledge *k;
	enum lang lang;
	struct doc_block *blocks; /* the document, tidied */
	size_t nblocks, capblocks;
	size_t capchunks;
	const char *path[MAX_PATH];
	unsigned levels[MAX_PATH];
	size_t npath;
	bool skipping;
	bool skip_list; /* what is skipped is a list of contents */
	bool loud[7];	/* by level: headings are in capitals */
	unsigned skip_level;
};

/* --- tidying -------------------------------------------------------------- */

static void
block_add(struct maker *m, const struct doc_block *b)
{
	size_t cap;

	if (m->nblocks == m->capblocks) {
		cap = m->capblocks == 0 ? 256 : m->capblocks * 2;
		m->blocks = arena_grow(m->a, m->blocks, m->nblocks, cap,
		    sizeof(*m->blocks));
		m->capblocks = cap;
	}
	m->blocks[m->nblocks++] = *b;
}

/* The bytes from..to of a block as a block of its own, marks included. */
static void
add_part(struct maker *m, const struct doc_block *b, size_t from, size_t to)
{
	struct doc_block part = *b;
	size_t i;

	part.text = arena_strndup(m->a, b->text + from, to - from);
	part.len = to - from;
	part.spans = arena_calloc(m->a, b->nspans, sizeof(*part.spans));
	part.nspans = 0;
	for (i = 0; i < b->nspans; i++) {
		if (b->spans[i].start < from ||
		    b->spans[i].start + b->spans[i].len > to)
			continue;
		part.spans[part.nspans] = b->spans[i];
		part.spans[part.nspans++].start -= (uint32_t)from;
	}
	block_add(m, &part);
}

static void
add_long(struct maker *m, const struct doc_block *b)
{
	struct lang_cut *cuts;
	size_t i, n, from = 0, end, words = 0;

	n = lang_sentences(m->a, m->lang, b->text, b->len, &cuts);
	for (i = 0; i < n; i++) {
		end = cuts[i].start + cuts[i].len;
		words += lang_count(b->text + cuts[i].start, cuts[i].len);
		if (words < PARA_GOAL && i + 1 < n)
			continue;
		add_part(m, b, from, end);
		words = 0;
		from = i + 1 < n ? cuts[i + 1].start : b->len;
	}
}

static bool
is_all_strong(const struct doc_block *b)
{
	return b->nspans == 1 && b->spans[0].mark == DOC_STRONG &&
	    b->spans[0].start == 0 && b->spans[0].len >= b->len - 1;
}

/* A document without headings: short paragraphs all in bold serve as such. */
static bool
is_fake_heading(const struct doc_block *b)
{
	return b->kind == DOC_PARA && is_all_strong(b) &&
	    lang_count(b->text, b->len) <= 12 && b->len <= 120 &&
	    strchr(".,;", b->text[b->len - 1]) == NULL;
}

/* Copyright notices teach nothing. */
static bool
is_notice(const struct doc_block *b)
{
	return b->kind == DOC_PARA &&
	    (str_starts(b->text, "Copyright ") || str_starts(b->text, "©") ||
		str_starts(b->text, "Permission is granted ") ||
		str_starts(b->text, "All rights reserved"));
}

static bool
is_capitals(const char *s)
{
	for (; *s != '\0'; s++) {
		if ((*s >= 'a' && *s <= 'z') || (unsigned char)*s >= 0x80)
			return false;
	}
	return true;
}

/* Most headings of a level are in capitals, so capitals mean nothing. */
static bool
is_loud(const struct doc *d, unsigned level)
{
	size_t i, n = 0, loud = 0;

	for (i = 0; i < d->nblocks; i++) {
		if (d->blocks[i].kind != DOC_HEADING ||
		    d->blocks[i].level != level)
			continue;
		n++;
		loud += is_capitals(d->blocks[i].text);
	}
	return n >= 3 && loud * 2 > n;
}

static void
tidy(struct maker *m, const struct doc *d)
{
	struct doc_block b;
	size_t i, headings = 0;

	for (i = 0; i < d->nblocks; i++)
		headings += d->blocks[i].kind == DOC_HEADING;
	for (i = 0; i < NITEMS(m->loud); i++)
		m->loud[i] = is_loud(d, (unsigned)i);
	for (i = 0; i < d->nblocks; i++) {
		b = d->blocks[i];
		if (is_notice(&b))
			continue;
		if (headings <= 1 && is_fake_heading(&b)) {
			b.kind = DOC_HEADING;
			b.level = 3;
		}
		if (b.kind == DOC_PARA &&
		    lang_count(b.text, b.len) > PARA_WORDS)
			add_long(m, &b);
		else
			block_add(m, &b);
	}
}

/* --- headings ------------------------------------------------------------- */

/* "2.1 Title", "Chapter 3: Title" and "IV. Title" without their number. */
static const char *
strip_number(const char *s)
{
	const char *p = s;
	size_t n;

	n = strspn(p, "0123456789.");
	if (n == 0 && strspn(p, "IVX") > 0 && p[strspn(p, "IVX")] == '.')
		n = strspn(p, "IVX") + 1;
	if (n == 0 && p[0] >= 'A' && p[0] <= 'Z' && p[1] == '.' &&
	    (p[2] == ' ' || (p[2] >= '0' && p[2] <= '9')))
		n = 1 + strspn(p + 1, "0123456789.");
	p += n;
	if (n == 0 || (*p != ' ' && *p != ')'))
		return s;
	p += strspn(p, " )-");
	return *p == '\0' ? s : p;
}

/* Headings all in capitals are easier to read as words. */
static const char *
soften(struct arena *a, const char *s, bool loud)
{
	char *out;

	if (!is_capitals(s) || strpbrk(s, "(0123456789_") != NULL ||
	    strlen(s) < 4 || (!loud && strchr(s, ' ') == NULL))
		return s;
	out = str_lower(a, s);
	out[0] = s[0];
	return out;
}

static const char *
heading_text(struct arena *a, const char *s, bool loud)
{
	size_t n;
	char *t;

	s = soften(a, strip_number(s), loud);
	t = arena_strndup(a, s, utf8_prefix(s, 200));
	n = strlen(t);
	while (n > 1 && (t[n - 1] == ':' || t[n - 1] == ' '))
		t[--n] = '\0';
	return t;
}

/* Whether heading, folded, is one of n names. */
static bool
is_named(const char *heading, const char *const *names, size_t nnames)
{
	char low[64];
	uint32_t cp;
	size_t i, n, o = 0;

	for (i = 0; heading[i] != '\0' && o + 4 < sizeof(low); i += n) {
		if ((n = utf8_decode(heading + i, strlen(heading + i), &cp)) ==
		    0)
			return false;
		o += utf8_encode(lang_fold(cp), low + o);
	}
	low[o] = '\0';
	for (i = 0; i < nnames; i++) {
		if (strcmp(low, names[i]) == 0)
			return true;
	}
	return false;
}

static bool
is_contents(const char *heading)
{
	static const char *const names[] = { "table of contents", "contents",
		"inhaltsverzeichnis", "inhalt", "table des matières",
		"sommaire", "índice", "índice general" };

	return is_named(heading, names, NITEMS(names));
}

/* Parts that teach nothing, with all below them. */
static bool
is_skipped(const char *heading)
{
	static const char *const names[] = { "index", "concept index",
		"function index", "license", "licence", "licensing", "copying",
		"copyright", "copying information", "see also", "author",
		"authors", "reporting bugs", "bibliography", "references",
		"list of figures", "list of tables", "changelog", "badges",
		"stichwortverzeichnis", "abbildungsverzeichnis",
		"literaturverzeichnis", "lizenz", "bibliographie",
		"licence et droits d'auteur", "bibliografía", "licencia",
		"gnu free documentation license", "function and data index",
		"concept and function index" };

	return is_named(heading, names, NITEMS(names));
}

static void
push_heading(struct maker *m, const struct doc_block *b)
{
	const char *text = heading_text(m->a, b->text, m->loud[b->level]);

	while (m->npath > 0 && m->levels[m->npath - 1] >= b->level)
		m->npath--;
	/*
	 * A list of contents goes; headings below it are the document itself,
	 * which some tools put there.
	 */
	if (m->skipping && b->level > m->skip_level && !m->skip_list)
		return;
	m->skip_list = is_contents(text);
	m->skipping = m->skip_list || is_skipped(text);
	m->skip_level = b->level;
	if (m->npath < MAX_PATH) {
		m->path[m->npath] = text;
		m->levels[m->npath++] = b->level;
	}
}

/*
 * The index of the heading that is the document's title: the first block, or
 * after it only front matter, alone on its level. nblocks when none is.
 */
static size_t
title_heading(const struct maker *m)
{
	size_t i, first = m->nblocks;

	for (i = 0; i < m->nblocks; i++) {
		if (m->blocks[i].kind != DOC_HEADING)
			continue;
		if (first == m->nblocks) {
			first = i;
			continue;
		}
		if (m->blocks[i].level <= m->blocks[first].level)
			return m->nblocks;
	}
	return first;
}

/* --- chunks --------------------------------------------------------------- */

static void
chunk_add(struct maker *m, size_t from, size_t to, size_t part)
{
	struct knowledge *k = m->k;
	struct chunk *c;
	const char *head;
	size_t cap, i;

	if (k->nchunks == m->capchunks) {
		cap = m->capchunks == 0 ? 64 : m->capchunks * 2;
		k->chunks = arena_grow(m->a, k->chunks, k->nchunks, cap,
		    sizeof(*k->chunks));
		m->capchunks = cap;
	}
	c = &k->chunks[k->nchunks++];
	c->path = arena_calloc(m->a, m->npath, sizeof(*c->path));
	c->npath = m->npath;
	for (i = 0; i < m->npath; i++)
		c->path[i] = m->path[i];
	head = m->npath > 0 ? m->path[m->npath - 1] : "";
	c->topic = part > 1 && *head != '\0'
	    ? arena_printf(m->a, "%s (%zu)", head, part)
	    : head;
	c->blocks = &m->blocks[from];
	c->nblocks = to - from;
	c->pos = m->blocks[from].pos;
	knowledge_blocks(m->a, c);
}

static size_t
block_words(const struct doc_block *b)
{
	return lang_count(b->text, b->len);
}

/* Block i must stay with the one before it. */
static bool
is_bound(const struct maker *m, size_t i)
{
	const struct doc_block *b = &m->blocks[i], *prev = b - 1;

	if ((b->kind == DOC_ITEM || b->kind == DOC_ROW) &&
	    prev->kind == b->kind && prev->group == b->group)
		return true;
	return b->kind != DOC_PARA && prev->kind == DOC_PARA;
}

/* The blocks from..to-1 under one heading as one chunk or several. */
static void
chunks_of(struct maker *m, size_t from, size_t to)
{
	size_t i, words = 0, total = 0, part = 1;

	if (from == to || m->skipping)
		return;
	for (i = from; i < to; i++)
		total += block_words(&m->blocks[i]);
	if (total <= CHUNK_WORDS) {
		chunk_add(m, from, to, 1);
		return;
	}
	for (i = from; i < to; i++) {
		if (words >= CHUNK_GOAL && total > CHUNK_GOAL / 3 &&
		    (!is_bound(m, i) || words > 2 * CHUNK_WORDS)) {
			chunk_add(m, from, i, part++);
			from = i;
			words = 0;
		}
		words += block_words(&m->blocks[i]);
		total -= block_words(&m->blocks[i]);
	}
	chunk_add(m, from, to, part);
}

static void
cut_by_headings(struct maker *m)
{
	size_t i, from, title = title_heading(m);

	for (from = i = 0; i < m->nblocks; i++) {
		if (m->blocks[i].kind != DOC_HEADING)
			continue;
		chunks_of(m, from, i);
		from = i + 1;
		if (i != title)
			push_heading(m, &m->blocks[i]);
	}
	chunks_of(m, from, m->nblocks);
}

/* --- topics without headings ---------------------------------------------- */

static void
vector_add(struct maker *m, float *v, const struct doc_block *b, float sign)
{
	struct lang_word *w;
	uint32_t h;
	size_t i, n;
	const char *p;

	n = lang_words(m->a, m->lang, b->text, b->len, &w);
	for (i = 0; i < n; i++) {
		if ((w[i].flags & LANG_STOP) != 0)
			continue;
		for (h = 2166136261u, p = w[i].stem; *p != '\0'; p++)
			h = (h ^ (unsigned char)*p) * 16777619u;
		v[h % DIM] += sign;
	}
}

static double
cosine(const float *x, const float *y)
{
	double xy = 0.0, xx = 0.0, yy = 0.0;
	size_t i;

	for (i = 0; i < DIM; i++) {
		xy += (double)x[i] * (double)y[i];
		xx += (double)x[i] * (double)x[i];
		yy += (double)y[i] * (double)y[i];
	}
	return xx > 0.0 && yy > 0.0 ? xy / sqrt(xx * yy) : 0.0;
}

/* How alike the text before block i and the text from it on are. */
static double
likeness(struct maker *m, size_t i, float *before, float *after)
{
	size_t j, words;

	memset(before, 0, DIM * sizeof(*before));
	memset(after, 0, DIM * sizeof(*after));
	for (words = 0, j = i; j-- > 0 && words < WINDOW;) {
		vector_add(m, before, &m->blocks[j], 1.0F);
		words += block_words(&m->blocks[j]);
	}
	for (words = 0, j = i; j < m->nblocks && words < WINDOW; j++) {
		vector_add(m, after, &m->blocks[j], 1.0F);
		words += block_words(&m->blocks[j]);
	}
	return cosine(before, after);
}

/* TextTiling: cut where the words change, at sensible sizes. */
static void
cut_by_topics(struct maker *m)
{
	float *before = arena_calloc(m->a, DIM, sizeof(*before));
	float *after = arena_calloc(m->a, DIM, sizeof(*after));
	double *like = arena_calloc(m->a, m->nblocks + 1, sizeof(*like));
	double mean = 0.0;
	size_t i, from = 0, words = 0;
	bool dip;

	for (i = 1; i < m->nblocks; i++) {
		like[i] = likeness(m, i, before, after);
		mean += like[i] / (double)(m->nblocks - 1);
	}
	for (i = 0; i < m->nblocks; i++) {
		dip = i > 0 && like[i] <= mean && like[i] <= like[i - 1] &&
		    (i + 1 >= m->nblocks || like[i] <= like[i + 1]);
		if (i > from && !is_bound(m, i) &&
		    (words >= CHUNK_WORDS || (words >= WINDOW && dip))) {
			chunk_add(m, from, i, 1);
			from = i;
			words = 0;
		}
		words += block_words(&m->blocks[i]);
	}
	if (from < m->nblocks)
		chunk_add(m, from, m->nblocks, 1);
}

/* --- titles --------------------------------------------------------------- */

char *
distil_upper(struct arena *a, const char *s)
{
	char first[4];
	uint32_t cp, up;
	size_t n, m;

	if ((n = utf8_decode(s, strlen(s), &cp)) == 0)
		return arena_strdup(a, s);
	for (up = cp > 80 ? cp - 80 : 0; up < cp; up++) {
		if (lang_fold(up) == cp) {
			m = utf8_encode(up, first);
			return arena_printf(a, "%.*s%s", (int)m, first, s + n);
		}
	}
	return arena_strdup(a, s);
}

const char *
distil_join(struct arena *a, enum lang lang, const char *x, const char *y)
{
	const char *and = phrases_get(lang, PH_AND);

	if (strstr(x, and) != NULL || strstr(y, and) != NULL ||
	    strchr(x, ',') != NULL || strchr(y, ',') != NULL ||
	    strlen(x) + strlen(y) > 60)
		return arena_printf(a, "%s, %s", x, y);
	return arena_printf(a, "%s%s%s", x, and, y);
}

const char *
distil_title(struct arena *a, struct knowledge *k, size_t from, size_t to)
{
	struct corpus *c = distil_corpus(a, k);
	const char *first;
	uint32_t top[6];
	size_t i, n;

	n = corpus_top_terms(c, a, from, to, NITEMS(top), top);
	if (n == 0)
		return k->title;
	first = c->terms[top[0]].text;
	for (i = 1; i < n; i++) {
		if (strstr(c->terms[top[i]].key, c->terms[top[0]].key) !=
			NULL ||
		    strstr(c->terms[top[0]].key, c->terms[top[i]].key) != NULL)
			continue;
		return distil_upper(a,
		    distil_join(a, c->lang, first, c->terms[top[i]].text));
	}
	return distil_upper(a, first);
}

/* --- what is computed over chunks ----------------------------------------- */

struct corpus *
distil_corpus(struct arena *a, struct knowledge *k)
{
	struct corpus *c;
	size_t i, j;

	if (k->corpus != NULL)
		return k->corpus;
	k->corpus = c = corpus_new(a, k);
	/* Sentences compete inside their outermost heading. */
	for (i = 0; i < k->nchunks; i = j) {
		for (j = i + 1; j < k->nchunks && k->chunks[i].npath > 0 &&
		     k->chunks[j].npath > 0 &&
		     strcmp(k->chunks[i].path[0], k->chunks[j].path[0]) == 0;
		     j++)
			continue;
		corpus_rank(c, c->first[i], c->first[j] - c->first[i]);
	}
	return c;
}

static void
set_keywords(struct arena *a, struct knowledge *k, size_t i)
{
	struct corpus *c = distil_corpus(a, k);
	struct chunk *ch = &k->chunks[i];
	uint32_t top[8];
	size_t j, n;

	n = corpus_top_terms(c, a, i, i + 1, NITEMS(top), top);
	ch->keywords = arena_calloc(a, n, sizeof(*ch->keywords));
	for (j = 0; j < n; j++)
		ch->keywords[j] = c->terms[top[j]].text;
	ch->nkeywords = n;
}

/* How much of the whole text's vocabulary a chunk speaks about. */
static double
centrality(const struct corpus *c, size_t chunk)
{
	const struct corpus_sentence *s;
	double sum = 0.0;
	size_t i, j, n = 0;

	for (i = c->first[chunk]; i < c->first[chunk + 1]; i++) {
		s = &c->sentences[i];
		for (j = 0; j < s->nwords; j++) {
			if ((s->words[j].flags & LANG_STOP) != 0)
				continue;
			sum += log(1.0 + c->df[s->stems[j]]);
			n++;
		}
	}
	return n < 5 ? 0.0 : sum / (double)n;
}

static void
set_scores(struct knowledge *k, const struct corpus *c)
{
	double top = 0.0;
	size_t i;

	for (i = 0; i < k->nchunks; i++) {
		k->chunks[i].score = centrality(c, i);
		if (k->chunks[i].score > top)
			top = k->chunks[i].score;
	}
	for (i = 0; i < k->nchunks; i++)
		k->chunks[i].score = top > 0.0
		    ? floor((0.3 + 0.7 * k->chunks[i].score / top) * 1000.0) /
			1000.0
		    : 0.5;
}

static void
finish_chunks(struct arena *a, struct knowledge *k)
{
	struct chunk *c;
	struct buf b = BUF_INIT;
	size_t i;

	for (i = 0; i < k->nchunks; i++) {
		c = &k->chunks[i];
		buf_reset(&b);
		render_markdown(&b, c->blocks, c->nblocks);
		c->content = arena_strdup(a, buf_str(&b));
		c->id = knowledge_id(a, "chunk", arena_printf(a, "%zu", i),
		    c->content);
		if (*c->topic == '\0')
			c->topic = c->npath == 0 && i == 0 && k->nchunks > 1 &&
				k->chunks[1].npath > 0
			    ? k->title
			    : distil_title(a, k, i, i + 1);
		set_keywords(a, k, i);
	}
	buf_free(&b);
	set_scores(k, distil_corpus(a, k));
}

/* --- summary -------------------------------------------------------------- */

/* The best standing-alone sentence of each chunk. */
static size_t
pick_sentences(const struct knowledge *k, const struct corpus *c,
    struct pick *picks)
{
	size_t i, j, n = 0;

	for (i = 0; i < k->nchunks; i++) {
		struct pick best = { 0, 0.0 };

		for (j = c->first[i]; j < c->first[i + 1]; j++) {
			if (c->sentences[j].whole &&
			    c->sentences[j].nwords >= 7 &&
			    c->sentences[j].score * k->chunks[i].score >
				best.score)
				best = (struct pick){ j,
					c->sentences[j].score *
					    k->chunks[i].score };
		}
		if (best.score > 0.0)
			picks[n++] = best;
	}
	return n;
}

/* Two or three paragraphs of the author's own sentences, in their order. */
static void
set_summary(struct arena *a, struct knowledge *k)
{
	struct corpus *c = distil_corpus(a, k);
	struct pick *picks;
	struct buf b = BUF_INIT;
	size_t i, n;

	picks = arena_calloc(a, k->nchunks + 1, sizeof(*picks));
	n = pick_best(picks, pick_sentences(k, c, picks), SUMMARY);
	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_puts(&b, i % 3 == 0 ? "\n\n" : " ");
		buf_puts(&b, c->sentences[picks[i].sentence].text);
	}
	k->summary = arena_strdup(a, buf_str(&b));
	buf_free(&b);
}

/* --- the whole ------------------------------------------------------------ */

static const char *
text_lang(struct arena *a, const struct doc *d, const char *lang)
{
	struct buf b = BUF_INIT;
	const char *tag;
	size_t i;

	if (*lang != '\0')
		return arena_strdup(a, lang);
	for (i = 0; i < d->nblocks && b.len < 200000; i++) {
		if (d->blocks[i].kind == DOC_CODE)
			continue;
		buf_put(&b, d->blocks[i].text, d->blocks[i].len);
		buf_putc(&b, '\n');
	}
	tag = lang_detect(buf_str(&b), b.len);
	buf_free(&b);
	/* What a file declares counts only where nothing can be told. */
	if (strcmp(tag, "und") == 0 && *d->lang != '\0' &&
	    lang_of(d->lang) == LANG_NONE)
		return d->lang;
	return tag;
}

static const char *
find_title(struct maker *m, const struct doc *d, const char *title)
{
	size_t i = title_heading(m);

	if (*title != '\0')
		return title;
	if (i < m->nblocks)
		return heading_text(m->a, m->blocks[i].text,
		    m->loud[m->blocks[i].level]);
	if (*d->title != '\0')
		return d->title;
	for (i = 0; i < m->nblocks; i++) {
		if (m->blocks[i].kind == DOC_HEADING)
			return heading_text(m->a, m->blocks[i].text,
			    m->loud[m->blocks[i].level]);
	}
	return "";
}

static void
start(struct maker *m, const struct doc *d, const char *title, const char *lang)
{
	*m->k = (struct knowledge){ .lang = text_lang(m->a, d, lang) };
	m->lang = lang_of(m->k->lang);
	tidy(m, d);
	m->k->title = find_title(m, d, title);
}

void
distil_about(struct arena *a, const struct doc *d, const char *title,
    const char *lang, struct knowledge *out)
{
	struct maker m = { .a = a, .k = out };

	start(&m, d, title, lang);
}

void
distil_document(struct arena *a, const struct doc *d, const char *title,
    const char *lang, struct knowledge *out)
{
	struct maker m = { .a = a, .k = out };
	size_t i, headings = 0;

	start(&m, d, title, lang);
	for (i = 0; i < m.nblocks; i++)
		headings += m.blocks[i].kind == DOC_HEADING;
	headings -= title_heading(&m) < m.nblocks;
	if (headings > 0)
		cut_by_headings(&m);
	if (out->nchunks == 0) {
		/* Only headings that are skipped, or none: all the text. */
		size_t n = 0;

		for (i = 0; i < m.nblocks; i++) {
			if (m.blocks[i].kind != DOC_HEADING)
				m.blocks[n++] = m.blocks[i];
		}
		m.nblocks = n;
		m.npath = 0;
		m.skipping = false;
		cut_by_topics(&m);
	}
	finish_chunks(a, out);
	set_summary(a, out);
}

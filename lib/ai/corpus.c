/*
 * The corpus: sentences, stems, key terms, TextRank. Everything is counted in
 * reading order, so equal input gives equal numbers.
 */
#include "ai/corpus.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ai/define.h"
#include "base/buf.h"
#include "base/utf8.h"

#define MAX_RUN	    3	/* words of a term */
#define MAX_RANKED  600 /* sentences ranked together */
#define RANK_ROUNDS 20
#define DAMPING	    0.85

/* --- strings to numbers --------------------------------------------------- */

struct names {
	struct arena *a;
	const char **key;
	uint32_t *value; /* number + 1 */
	size_t cap, n;
};

static uint32_t
hash(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h;
}

static size_t
names_slot(const struct names *t, const char *key)
{
	size_t i;

	for (i = hash(key) & (t->cap - 1); t->key[i] != NULL;
	     i = (i + 1) & (t->cap - 1)) {
		if (strcmp(t->key[i], key) == 0)
			break;
	}
	return i;
}

static void
names_grow(struct names *t)
{
	struct names old = *t;
	size_t i, j;

	t->cap = old.cap == 0 ? 1024 : old.cap * 2;
	t->key = arena_calloc(t->a, t->cap, sizeof(*t->key));
	t->value = arena_calloc(t->a, t->cap, sizeof(*t->value));
	for (i = 0; i < old.cap; i++) {
		if (old.key[i] == NULL)
			continue;
		j = names_slot(t, old.key[i]);
		t->key[j] = old.key[i];
		t->value[j] = old.value[i];
	}
}

/* The number of a key, given in order of first use; the key is kept. */
static uint32_t
names_put(struct names *t, const char *key, bool *fresh)
{
	size_t i;

	if (t->n * 2 >= t->cap)
		names_grow(t);
	i = names_slot(t, key);
	*fresh = t->key[i] == NULL;
	if (*fresh) {
		t->key[i] = key;
		t->value[i] = (uint32_t)++t->n;
	}
	return t->value[i] - 1;
}

/* --- building ------------------------------------------------------------- */

struct builder {
	struct corpus *c;
	struct names stems, terms;
	size_t cap, capterms, capdf;
	uint32_t *seen; /* per stem: last sentence + 1 that counted it */
	struct form *forms;
};

/* How often a term was written in which way; the first few are enough. */
struct form {
	const char *text[4];
	unsigned count[4];
	unsigned upper, inner; /* with a capital, not first in a sentence */
};

static void
df_grow(struct builder *b)
{
	size_t cap;

	if (b->stems.n < b->capdf)
		return;
	cap = b->capdf == 0 ? 4096 : b->capdf * 2;
	b->c->df =
	    arena_grow(b->c->a, b->c->df, b->capdf, cap, sizeof(*b->c->df));
	b->seen = arena_grow(b->c->a, b->seen, b->capdf, cap, sizeof(*b->seen));
	b->capdf = cap;
}

static void
count_stems(struct builder *b, struct corpus_sentence *s, size_t number)
{
	uint32_t id;
	size_t i;
	bool fresh;

	s->stems = arena_calloc(b->c->a, s->nwords, sizeof(*s->stems));
	for (i = 0; i < s->nwords; i++) {
		df_grow(b);
		id = names_put(&b->stems, s->words[i].stem, &fresh);
		s->stems[i] = id;
		if (b->seen[id] != number + 1) {
			b->seen[id] = (uint32_t)number + 1;
			b->c->df[id]++;
		}
	}
	b->c->nstems = b->stems.n;
}

static size_t
sentence_chars(const struct corpus_sentence *s)
{
	return utf8_count(s->text);
}

/* Markup, paths and the like: nothing to ask about. */
static bool
has_code(const struct corpus_sentence *s)
{
	const char *slash = strchr(s->text, '/');

	return strpbrk(s->text, "{}<>|=_\\[]#~") != NULL ||
	    (slash != NULL && strchr(slash + 1, '/') != NULL);
}

/* A capital or a digit, quotation marks skipped; any letter without case. */
static bool
begins_well(const struct corpus_sentence *s)
{
	uint32_t cp;

	if (s->nwords == 0 ||
	    utf8_decode(s->text + s->words[0].start, s->words[0].len, &cp) == 0)
		return false;
	return lang_is_upper(cp) || lang_is_digit(cp) || cp >= 0x590;
}

/* Something is said of something: list items are often but names. */
static bool
has_verb(enum lang lang, const struct corpus_sentence *s)
{
	static const char *const list[] = { "am", "are", "be", "been", "can",
		"cannot", "could", "darf", "debe", "deben", "do", "does",
		"doit", "doivent", "dürfen", "es", "est", "está", "están",
		"faut", "had", "haben", "has", "hat", "have", "is", "ist",
		"kann", "können", "may", "might", "muss", "must", "müssen",
		"need", "ont", "peut", "peuvent", "puede", "pueden", "shall",
		"should", "sind", "soll", "sollen", "son", "sont", "tiene",
		"tienen", "war", "was", "werden", "were", "will", "wird",
		"would" };
	size_t i, j;

	if (lang == LANG_NONE)
		return true;
	for (i = 0; i < s->nwords; i++) {
		if ((s->words[i].flags & LANG_VERB) != 0)
			return true;
		for (j = 0; j < NITEMS(list); j++) {
			if (strcmp(s->words[i].norm, list[j]) == 0)
				return true;
		}
	}
	return false;
}

/* Enough words, a full stop, no leaning on what stands before. */
static bool
stands_alone(enum lang lang, const struct corpus_sentence *s)
{
	static const char *const pointers[] = { "above", "below", "following",
		"unten", "oben", "folgende", "folgenden", "ci-dessous",
		"ci-dessus", "suivant", "suivants", "suivante", "siguiente",
		"siguientes", "abajo", "arriba" };
	const char *end = s->text + s->len;
	size_t i, j;
	bool stop;

	stop = s->len > 3 &&
	    (end[-1] == '.' || end[-1] == '!' ||
		memcmp(end - 3, "\xe3\x80\x82", 3) == 0);
	if (!stop || s->nwords < 5 || s->nwords > 45 ||
	    sentence_chars(s) > 320 || !begins_well(s) ||
	    lang_leans(lang, s->words, s->nwords))
		return false;
	for (i = 0; i < s->nwords; i++) {
		for (j = 0; j < NITEMS(pointers); j++) {
			if (strcmp(s->words[i].norm, pointers[j]) == 0)
				return false;
		}
	}
	return s->kind != DOC_ITEM || has_verb(lang, s);
}

/* The block begins with a term that it explains: "**Care**: we ...". */
static bool
has_lead(const struct doc_block *k)
{
	const struct doc_span *s = k->spans;

	return k->nspans > 0 && s->start == 0 && s->mark != DOC_EM &&
	    s->len < k->len &&
	    (k->text[s->len] == ':' || k->text[s->len - 1] == ':');
}

static struct corpus_sentence *
sentence_new(struct builder *b)
{
	struct corpus *c = b->c;
	size_t cap;

	if (c->nsentences == b->cap) {
		cap = b->cap == 0 ? 256 : b->cap * 2;
		c->sentences = arena_grow(c->a, c->sentences, b->cap, cap,
		    sizeof(*c->sentences));
		b->cap = cap;
	}
	return &c->sentences[c->nsentences++];
}

static void
add_block(struct builder *b, size_t chunk, size_t block,
    const struct doc_block *k)
{
	struct corpus *c = b->c;
	struct corpus_sentence *s;
	struct lang_cut *cuts;
	size_t i, n;

	if (k->kind == DOC_CODE || k->kind == DOC_ROW || k->kind == DOC_HEADING)
		return;
	n = lang_sentences(c->a, c->lang, k->text, k->len, &cuts);
	for (i = 0; i < n; i++) {
		s = sentence_new(b);
		s->len = cuts[i].len;
		s->text = arena_strndup(c->a, k->text + cuts[i].start, s->len);
		s->chunk = (uint32_t)chunk;
		s->block = (uint32_t)block;
		s->kind = k->kind;
		s->nwords =
		    lang_words(c->a, c->lang, s->text, s->len, &s->words);
		if (s->nwords > UINT16_MAX)
			s->nwords = UINT16_MAX;
		count_stems(b, s, c->nsentences);
		s->code = has_code(s);
		s->whole = (i > 0 || !has_lead(k)) && stands_alone(c->lang, s);
	}
}

/* --- terms ---------------------------------------------------------------- */

/* An adverb or the like, which begins or ends no English term. */
static bool
is_adverb(enum lang lang, const struct lang_word *w)
{
	size_t n = strlen(w->norm);

	return lang == LANG_EN && n > 4 && strcmp(w->norm + n - 2, "ly") == 0;
}

/* The word may be part of a term. */
static bool
is_content(enum lang lang, const struct lang_word *w)
{
	size_t n;

	if ((w->flags & (LANG_STOP | LANG_NUMBER)) != 0)
		return false;
	if (strpbrk(w->norm, "_/=@") != NULL)
		return false;
	if (lang == LANG_DE)
		return (w->flags & LANG_UPPER) != 0;
	n = utf8_count(w->norm);
	if (lang == LANG_NONE)
		return n >= 4 || (n >= 2 && (unsigned char)*w->norm >= 0xe2);
	return (w->flags & LANG_VERB) == 0 && n >= 2 && !is_adverb(lang, w);
}

/* The end of the run of content words that begins at i. */
static size_t
run_end(const struct corpus *c, const struct corpus_sentence *s, size_t i)
{
	const struct lang_word *w = s->words;
	size_t end = i + 1;

	if (c->lang == LANG_NONE)
		return end;
	while (end < s->nwords && (w[end].flags & LANG_BREAK) == 0) {
		if (is_content(c->lang, &w[end])) {
			end++;
			continue;
		}
		if ((w[end].flags & LANG_LINK) != 0 && end + 1 < s->nwords &&
		    (w[end + 1].flags & LANG_BREAK) == 0 &&
		    is_content(c->lang, &w[end + 1]) && end == i + 1) {
			end += 2;
			break;
		}
		break;
	}
	return end;
}

static char *
join(struct arena *a, const struct corpus_sentence *s, size_t from, size_t to,
    bool stem)
{
	struct buf b = BUF_INIT;
	size_t i, start, end;
	char *out;

	if (!stem) {
		start = s->words[from].start;
		end = s->words[to - 1].start + s->words[to - 1].len;
		return arena_strndup(a, s->text + start, end - start);
	}
	for (i = from; i < to; i++) {
		if (i > from)
			buf_putc(&b, ' ');
		buf_puts(&b, s->words[i].stem);
	}
	out = arena_strdup(a, buf_str(&b));
	buf_free(&b);
	return out;
}

static void
form_count(struct form *f, const char *text)
{
	size_t i;

	for (i = 0; i < NITEMS(f->text); i++) {
		if (f->text[i] == NULL)
			f->text[i] = text;
		if (strcmp(f->text[i], text) == 0) {
			f->count[i]++;
			return;
		}
	}
}

static uint32_t
term_put(struct builder *b, const char *key, const struct corpus_sentence *s,
    size_t from, size_t to)
{
	struct corpus *c = b->c;
	struct corpus_term *t;
	uint32_t id;
	size_t cap;
	bool fresh;

	id = names_put(&b->terms, key, &fresh);
	if (fresh && c->nterms == b->capterms) {
		cap = b->capterms == 0 ? 1024 : b->capterms * 2;
		c->terms = arena_grow(c->a, c->terms, b->capterms, cap,
		    sizeof(*c->terms));
		b->forms = arena_grow(c->a, b->forms, b->capterms, cap,
		    sizeof(*b->forms));
		b->capterms = cap;
	}
	t = &c->terms[id];
	if (fresh) {
		c->nterms++;
		t->key = key;
		t->nwords = (unsigned)(to - from);
		t->chunk = s->chunk;
	}
	t->count++;
	return id;
}

static bool
is_all_caps(const struct corpus_sentence *s, size_t from, size_t to)
{
	for (; from < to; from++) {
		if ((s->words[from].flags & LANG_ALLCAPS) == 0)
			return false;
	}
	return true;
}

static void
term_forms(struct builder *b, uint32_t id, const struct corpus_sentence *s,
    size_t from, size_t to)
{
	struct form *f = &b->forms[id];
	const struct lang_word *w = &s->words[from];
	char *text = join(b->c->a, s, from, to, false);

	if ((w->flags & LANG_FIRST) == 0) {
		f->inner++;
		f->upper += (w->flags & LANG_UPPER) != 0;
	} else if (b->c->lang != LANG_DE && !is_all_caps(s, from, from + 1)) {
		text = lang_lower_first(b->c->a, text);
	}
	form_count(f, text);
}

static void
hit_add(struct corpus_sentence *s, struct corpus_hit *hits, uint32_t term,
    size_t from, size_t to)
{
	hits[s->nhits++] =
	    (struct corpus_hit){ term, (uint16_t)from, (uint16_t)to };
}

static unsigned
noun_flag(const struct corpus_sentence *s, size_t from)
{
	const struct lang_word *w = s->words;

	if (from == 0 || (w[from].flags & LANG_BREAK) != 0)
		return 0;
	return (w[from - 1].flags & LANG_DET) != 0 ? CORPUS_NOUN : 0;
}

static bool
is_plural(enum lang lang, const struct corpus_sentence *s, size_t to)
{
	const char *norm = s->words[to - 1].norm;
	size_t n = strlen(norm);

	return lang != LANG_DE && n > 3 && norm[n - 1] == 's' &&
	    norm[n - 2] != 's' && norm[n - 2] != 'u' && norm[n - 2] != 'i';
}

static uint64_t
word_bit(const struct lang_word *w)
{
	return (uint64_t)1 << (hash(w->norm) >> 7 & 63);
}

/* The words around a term, articles skipped, tell what kind of thing it is. */
static void
note_context(struct corpus_term *t, const struct corpus_sentence *s,
    size_t from, size_t to)
{
	size_t i = from;

	while (i > 0 && (s->words[i].flags & LANG_BREAK) == 0 &&
	    (s->words[i - 1].flags & LANG_DET) != 0)
		i--;
	if (i > 0 && (s->words[i].flags & LANG_BREAK) == 0)
		t->before |= word_bit(&s->words[i - 1]);
	if (to < s->nwords && (s->words[to].flags & LANG_BREAK) == 0)
		t->after |= word_bit(&s->words[to]);
}

/* The terms of a sentence: each run, its last words if it is too long. */
static void
find_terms(struct builder *b, struct corpus_sentence *s)
{
	struct corpus *c = b->c;
	struct corpus_hit *hits;
	struct corpus_term *t;
	size_t i, from, to;
	uint32_t id;

	hits = arena_calloc(c->a, s->nwords + 1, sizeof(*hits));
	s->hits = hits;
	for (i = 0; i < s->nwords; i = to) {
		to = i + 1;
		if (!is_content(c->lang, &s->words[i]))
			continue;
		to = run_end(c, s, i);
		from = to - i > MAX_RUN ? to - MAX_RUN : i;
		if (to - from == 1 &&
		    (s->words[from].flags & LANG_GENERAL) != 0)
			continue;
		id = term_put(b, join(c->a, s, from, to, true), s, from, to);
		t = &c->terms[id];
		if (from == i)
			t->flags |= noun_flag(s, from);
		if (is_plural(c->lang, s, to))
			t->flags |= CORPUS_PLURAL;
		if (c->lang == LANG_DE || c->lang == LANG_NONE)
			t->flags |= CORPUS_NOUN;
		note_context(t, s, from, to);
		term_forms(b, id, s, from, to);
		hit_add(s, hits, id, from, to);
	}
}

/* Bold and code words, and the words of headings, name terms. */
static void
flag_text(struct builder *b, const char *p, size_t len, unsigned flag)
{
	struct corpus_sentence s = { .text = p, .len = len };
	const char *key;
	size_t i, n;

	n = lang_words(b->c->a, b->c->lang, p, len, &s.words);
	s.nwords = n;
	for (i = 0; i < n && n <= 6; i++) {
		size_t to;

		for (to = i + 1; to <= n && to - i <= MAX_RUN; to++) {
			key = join(b->c->a, &s, i, to, true);
			if (b->terms.cap > 0) {
				size_t k = names_slot(&b->terms, key);

				if (b->terms.key[k] != NULL)
					b->c->terms[b->terms.value[k] - 1]
					    .flags |= flag;
			}
		}
	}
}

static void
flag_chunk(struct builder *b, const struct chunk *k)
{
	const struct doc_block *d;
	size_t i, j;

	if (k->npath > 0)
		flag_text(b, k->path[k->npath - 1],
		    strlen(k->path[k->npath - 1]), CORPUS_HEADING);
	for (i = 0; i < k->nblocks; i++) {
		d = &k->blocks[i];
		for (j = 0; j < d->nspans; j++) {
			if (d->spans[j].mark != DOC_EM)
				flag_text(b, d->text + d->spans[j].start,
				    d->spans[j].len, CORPUS_MARKED);
		}
	}
}

static void
score_terms(struct builder *b)
{
	struct corpus *c = b->c;
	struct corpus_term *t;
	struct form *f;
	size_t i, j, best;

	for (i = 0; i < c->nterms; i++) {
		t = &c->terms[i];
		f = &b->forms[i];
		for (best = 0, j = 1; j < NITEMS(f->text); j++) {
			if (f->count[j] > f->count[best])
				best = j;
		}
		t->text = f->text[best];
		if (f->inner > 0 && f->upper == f->inner)
			t->flags |= CORPUS_PROPER;
		t->score = log(1.0 + t->count) * (t->nwords > 1 ? 1.6 : 1.0);
		if ((t->flags & CORPUS_MARKED) != 0)
			t->score *= 1.6;
		if ((t->flags & CORPUS_HEADING) != 0)
			t->score *= 1.5;
		if ((t->flags & CORPUS_NOUN) != 0)
			t->score *= 1.3;
		else if (t->count == 1)
			t->score *= 0.5;
	}
}

struct corpus *
corpus_new(struct arena *a, struct knowledge *k)
{
	struct builder b = { 0 };
	struct corpus *c;
	size_t i, j;

	c = arena_zalloc(a, sizeof(*c));
	c->a = a;
	c->k = k;
	c->lang = lang_of(k->lang);
	c->first = arena_calloc(a, k->nchunks + 1, sizeof(*c->first));
	b.c = c;
	b.stems.a = b.terms.a = a;
	for (i = 0; i < k->nchunks; i++) {
		knowledge_blocks(a, &k->chunks[i]);
		c->first[i] = c->nsentences;
		for (j = 0; j < k->chunks[i].nblocks; j++)
			add_block(&b, i, j, &k->chunks[i].blocks[j]);
	}
	c->first[k->nchunks] = c->nsentences;
	for (i = 0; i < c->nsentences; i++)
		find_terms(&b, &c->sentences[i]);
	for (i = 0; i < k->nchunks; i++)
		flag_chunk(&b, &k->chunks[i]);
	score_terms(&b);
	define_find(c);
	return c;
}

double
corpus_idf(const struct corpus *c, uint32_t stem)
{
	return log((double)(c->nsentences + 1) / (c->df[stem] + 0.5));
}

/* --- ranking -------------------------------------------------------------- */

struct posting {
	uint32_t stem, sentence;
};

static int
posting_cmp(const void *x, const void *y)
{
	const struct posting *a = x, *b = y;

	if (a->stem != b->stem)
		return a->stem < b->stem ? -1 : 1;
	return a->sentence < b->sentence ? -1 : a->sentence > b->sentence;
}

/* Similarities of n sentences as a full matrix, rows normed to sum 1. */
static void
similarities(const struct corpus *c, size_t first, size_t n, float *m)
{
	const struct corpus_sentence *s;
	struct posting *p;
	size_t i, j, k, e, np = 0, total = 0;
	double w;

	for (i = 0; i < n; i++)
		total += c->sentences[first + i].nwords;
	p = xcalloc(total + 1, sizeof(*p));
	for (i = 0; i < n; i++) {
		s = &c->sentences[first + i];
		for (j = 0; j < s->nwords; j++) {
			if ((s->words[j].flags & LANG_STOP) == 0)
				p[np++] = (struct posting){ s->stems[j],
					(uint32_t)i };
		}
	}
	qsort(p, np, sizeof(*p), posting_cmp);
	for (i = 0; i < np; i = e) {
		for (e = i + 1; e < np && p[e].stem == p[i].stem; e++)
			continue;
		if (e - i > n / 2 + 4)
			continue; /* in every other sentence: says nothing */
		w = corpus_idf(c, p[i].stem);
		for (j = i; j < e; j++) {
			for (k = j + 1; k < e; k++) {
				if (p[j].sentence == p[k].sentence)
					continue;
				m[p[j].sentence * n + p[k].sentence] +=
				    (float)(w * w);
				m[p[k].sentence * n + p[j].sentence] +=
				    (float)(w * w);
			}
		}
	}
	free(p);
}

static void
norm_rows(const struct corpus *c, size_t first, size_t n, float *m)
{
	double sum, li, lj;
	size_t i, j;

	for (i = 0; i < n; i++) {
		li = log(2.0 + (double)c->sentences[first + i].nwords);
		for (j = 0; j < n; j++) {
			lj = log(2.0 + (double)c->sentences[first + j].nwords);
			m[i * n + j] =
			    (float)((double)m[i * n + j] / (li + lj));
		}
		sum = 0.0;
		for (j = 0; j < n; j++)
			sum += (double)m[i * n + j];
		for (j = 0; j < n && sum > 0.0; j++)
			m[i * n + j] = (float)((double)m[i * n + j] / sum);
	}
}

static void
power(const float *m, size_t n, double *rank, double *next)
{
	size_t i, j, round;

	for (i = 0; i < n; i++)
		rank[i] = 1.0 / (double)n;
	for (round = 0; round < RANK_ROUNDS; round++) {
		for (j = 0; j < n; j++)
			next[j] = (1.0 - DAMPING) / (double)n;
		for (i = 0; i < n; i++) {
			for (j = 0; j < n; j++)
				next[j] +=
				    DAMPING * rank[i] * (double)m[i * n + j];
		}
		memcpy(rank, next, n * sizeof(*rank));
	}
}

static void
rank_some(struct corpus *c, size_t first, size_t n)
{
	struct corpus_sentence *s;
	double *rank, top = 0.0;
	float *m;
	size_t i;

	m = xcalloc(n * n, sizeof(*m));
	rank = xcalloc(2 * n, sizeof(*rank));
	similarities(c, first, n, m);
	norm_rows(c, first, n, m);
	power(m, n, rank, rank + n);
	for (i = 0; i < n; i++) {
		s = &c->sentences[first + i];
		/* First sentences carry more; so does what stands alone. */
		if (s->block == 0 && (i == 0 || s[-1].chunk != s->chunk))
			rank[i] *= 1.4;
		if (!s->whole)
			rank[i] *= 0.5;
		if (rank[i] > top)
			top = rank[i];
	}
	for (i = 0; i < n; i++)
		/* Rounded, so that the last bits decide nothing. */
		c->sentences[first + i].score =
		    top > 0.0 ? floor(rank[i] / top * 1e6) / 1e6 : 0.0;
	free(m);
	free(rank);
}

void
corpus_rank(struct corpus *c, size_t first, size_t n)
{
	size_t part;

	for (; n > 0; first += part, n -= part) {
		part = n > MAX_RANKED ? MAX_RANKED : n;
		rank_some(c, first, part);
	}
}

/* --- terms of a part ------------------------------------------------------ */

struct tally {
	uint32_t term;
	double score;
};

static int
tally_cmp(const void *x, const void *y)
{
	const struct tally *a = x, *b = y;

	if (a->score > b->score)
		return -1;
	if (a->score < b->score)
		return 1;
	return a->term < b->term ? -1 : a->term > b->term;
}

static int
id_cmp(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return a < b ? -1 : a > b;
}

/* Often here, seldom elsewhere. */
static double
weight_here(const struct corpus_term *t, size_t here)
{
	double all = t->count > 0 ? (double)t->count : 1.0;

	return t->score * (0.5 + (double)here / all) * log(1.0 + (double)here);
}

size_t
corpus_top_terms(const struct corpus *c, struct arena *a, size_t from,
    size_t to, size_t max, uint32_t *out)
{
	const struct corpus_sentence *s;
	struct tally *t;
	uint32_t *ids;
	size_t i, j, e, n = 0, nt = 0;

	for (i = c->first[from]; i < c->first[to]; i++)
		n += c->sentences[i].nhits;
	ids = arena_calloc(a, n + 1, sizeof(*ids));
	t = arena_calloc(a, n + 1, sizeof(*t));
	for (n = 0, i = c->first[from]; i < c->first[to]; i++) {
		s = &c->sentences[i];
		for (j = 0; j < s->nhits; j++)
			ids[n++] = s->hits[j].term;
	}
	qsort(ids, n, sizeof(*ids), id_cmp);
	for (i = 0; i < n; i = e) {
		for (e = i + 1; e < n && ids[e] == ids[i]; e++)
			continue;
		t[nt++] = (struct tally){ ids[i],
			weight_here(&c->terms[ids[i]], e - i) };
	}
	qsort(t, nt, sizeof(*t), tally_cmp);
	if (nt > max)
		nt = max;
	for (i = 0; i < nt; i++)
		out[i] = t[i].term;
	return nt;
}

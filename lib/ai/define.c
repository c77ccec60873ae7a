/*
 * Definitions. Only forms that leave no doubt are taken: a term set off by the
 * author, or the copula with an article after it.
 */
#include "ai/define.h"

#include <string.h>

#include "base/str.h"
#include "base/utf8.h"

#define MAX_TERM_WORDS 5
#define MIN_DEF_WORDS  4
#define MAX_DEF_CHARS  280

struct finder {
	struct corpus *c;
	size_t cap;
};

static void
def_add(struct finder *f, const struct corpus_def *d)
{
	struct corpus *c = f->c;
	size_t cap, i;

	for (i = 0; i < c->ndefs; i++) {
		if (strcmp(c->defs[i].term, d->term) == 0)
			return; /* the first one counts */
	}
	if (c->ndefs == f->cap) {
		cap = f->cap == 0 ? 64 : f->cap * 2;
		c->defs =
		    arena_grow(c->a, c->defs, c->ndefs, cap, sizeof(*c->defs));
		f->cap = cap;
	}
	c->defs[c->ndefs++] = *d;
}

/* --- set off by the author ------------------------------------------------ */

static bool
is_notice(const char *term)
{
	static const char *const words[] = { "note", "warning", "important",
		"tip", "example", "caution", "attention", "hinweis", "achtung",
		"wichtig", "beispiel", "tipp", "remarque", "exemple", "nota",
		"aviso", "importante", "ejemplo", "q", "a", "todo", "nb" };
	size_t i;

	for (i = 0; i < NITEMS(words); i++) {
		if (str_ieq(term, words[i]))
			return true;
	}
	return false;
}

/* The mark that ends a term at p: its length with white space, 0 for none. */
static size_t
separator(const char *p)
{
	static const char *const marks[] = { ": ", " – ", " — ", " - ", ". " };
	size_t i;

	for (i = 0; i < NITEMS(marks); i++) {
		if (str_starts(p, marks[i]))
			return strlen(marks[i]);
	}
	return 0;
}

/* The first sentence, without the mark at its end. */
static const char *
first_sentence(struct corpus *c, const char *p)
{
	struct lang_cut *cuts;
	size_t n, len;

	n = lang_sentences(c->a, c->lang, p, strlen(p), &cuts);
	if (n == 0)
		return "";
	len = cuts[0].len;
	while (len > 1 && strchr(".,;", p[cuts[0].start + len - 1]) != NULL &&
	    p[cuts[0].start + len - 2] != ' ')
		len--;
	return arena_strndup(c->a, p + cuts[0].start, len);
}

/* How long the term at the start of a block is, its ':' not counted. */
static size_t
lead_len(const struct doc_block *b, size_t *skip, bool *mono)
{
	const struct doc_span *s;
	size_t end;

	if (b->nspans == 0 || b->spans[0].start != 0 ||
	    b->spans[0].mark == DOC_EM)
		return 0;
	s = &b->spans[0];
	end = s->len;
	*mono = s->mark == DOC_MONO;
	if (end > 1 && (b->text[end - 1] == ':' || b->text[end - 1] == '.') &&
	    b->text[end] == ' ') {
		*skip = end + 1;
		return end - 1;
	}
	if ((*skip = separator(b->text + end)) == 0)
		return 0;
	*skip += end;
	return end;
}

static void
find_in_block(struct finder *f, size_t chunk, size_t block)
{
	struct corpus *c = f->c;
	const struct doc_block *b = &c->k->chunks[chunk].blocks[block];
	struct corpus_def d = { .chunk = (uint32_t)chunk,
		.block = (uint32_t)block,
		.group = b->group };
	size_t len, skip = 0;

	if ((b->kind != DOC_ITEM && b->kind != DOC_PARA) ||
	    (len = lead_len(b, &skip, &d.mono)) == 0 || len > 80)
		return;
	d.term = arena_strndup(c->a, b->text, len);
	if (lang_count(d.term, len) > MAX_TERM_WORDS || is_notice(d.term) ||
	    (b->kind == DOC_PARA && d.mono))
		return;
	d.text = first_sentence(c, b->text + skip);
	d.source = b->text;
	if (lang_count(d.text, strlen(d.text)) >= MIN_DEF_WORDS &&
	    utf8_count(d.text) <= MAX_DEF_CHARS)
		def_add(f, &d);
}

/* --- "X is a Y" ----------------------------------------------------------- */

static bool
is_copula(enum lang lang, const char *norm)
{
	static const char *const words[LANG__MAX][6] = {
		[LANG_EN] = { "is", "are", "means", "denotes" },
		[LANG_DE] = { "ist", "sind", "bezeichnet", "bedeutet" },
		[LANG_FR] = { "est", "sont", "désigne" },
		[LANG_ES] = { "es", "son", "significa" },
	};
	size_t i;

	for (i = 0; words[lang][i] != NULL; i++) {
		if (strcmp(norm, words[lang][i]) == 0)
			return true;
	}
	return false;
}

/* An article that begins a description, not a comparison or a possessive. */
static bool
begins_description(enum lang lang, const char *norm)
{
	static const char *const words[LANG__MAX][12] = {
		[LANG_EN] = { "a", "an", "the", "any", "every" },
		[LANG_DE] = { "ein", "eine", "der", "die", "das", "jede",
		    "jeder", "jedes" },
		[LANG_FR] = { "un", "une", "le", "la", "l", "les", "tout",
		    "toute" },
		[LANG_ES] = { "un", "una", "el", "la", "los", "las",
		    "cualquier", "todo", "toda" },
	};
	size_t i;

	for (i = 0; words[lang][i] != NULL; i++) {
		if (strcmp(norm, words[lang][i]) == 0)
			return true;
	}
	return false;
}

/* English also says "X is treating ..." for doings. */
static bool
is_gerund(enum lang lang, const char *norm)
{
	size_t n = strlen(norm);

	return lang == LANG_EN && n > 5 && strcmp(norm + n - 3, "ing") == 0 &&
	    strcmp(norm, "nothing") != 0 && strcmp(norm, "something") != 0;
}

/* Words from..to-1 name a thing: no pronoun, no number, no break. */
static bool
is_term(const struct lang_word *w, size_t from, size_t to)
{
	bool content = false;
	size_t i;

	if (to <= from || to - from > 4)
		return false;
	for (i = from; i < to; i++) {
		if ((w[i].flags & (LANG_NUMBER | LANG_VERB)) != 0 ||
		    (i > from && (w[i].flags & LANG_BREAK) != 0))
			return false;
		if ((w[i].flags & LANG_STOP) != 0 &&
		    (w[i].flags & LANG_LINK) == 0)
			return false;
		content =
		    content || (w[i].flags & (LANG_STOP | LANG_GENERAL)) == 0;
	}
	return content;
}

static void
find_in_sentence(struct finder *f, const struct corpus_sentence *s)
{
	struct corpus *c = f->c;
	const struct lang_word *w = s->words;
	struct corpus_def d = { .chunk = s->chunk, .block = s->block };
	size_t from = 0, i, end;

	if (!s->whole || s->nwords < MIN_DEF_WORDS + 3)
		return;
	from = (w[0].flags & LANG_DET) != 0;
	for (i = from + 1; i < s->nwords && i <= from + 4; i++) {
		if (is_copula(c->lang, w[i].norm))
			break;
	}
	if (i + MIN_DEF_WORDS >= s->nwords || i > from + 4 ||
	    !is_copula(c->lang, w[i].norm) || !is_term(w, from, i) ||
	    (w[i].flags & LANG_BREAK) != 0 ||
	    (w[i + 1].flags & LANG_BREAK) != 0)
		return;
	if (!begins_description(c->lang, w[i + 1].norm) &&
	    !is_gerund(c->lang, w[i + 1].norm))
		return;
	d.term = arena_strndup(c->a, s->text + w[from].start,
	    w[i - 1].start + w[i - 1].len - w[from].start);
	end = s->len;
	while (end > 0 && strchr(".!", s->text[end - 1]) != NULL)
		end--;
	d.text =
	    arena_strndup(c->a, s->text + w[i + 1].start, end - w[i + 1].start);
	d.source = s->text;
	if (utf8_count(d.text) <= MAX_DEF_CHARS)
		def_add(f, &d);
}

/* The first word is written with a capital inside sentences, too. */
static bool
is_name(const struct corpus *c, const char *term)
{
	const struct lang_word *w;
	size_t i, j, n = strcspn(term, " ");

	for (i = 0; i < n; i++) {
		if (i > 0 && term[i] >= 'A' && term[i] <= 'Z')
			return true;
	}
	for (i = 0; i < c->nsentences; i++) {
		w = c->sentences[i].words;
		for (j = 1; j < c->sentences[i].nwords; j++) {
			if ((w[j].flags & LANG_FIRST) == 0 && w[j].len == n &&
			    memcmp(c->sentences[i].text + w[j].start, term,
				n) == 0)
				return true;
		}
	}
	return false;
}

/* Small first letters, as terms stand inside a sentence. */
static void
lower_terms(struct corpus *c)
{
	struct corpus_def *d;
	size_t i, j;

	for (i = 0; i < c->ndefs; i++) {
		d = &c->defs[i];
		if (d->mono || c->lang == LANG_DE || d->group != 0)
			continue;
		if (d->source[0] == d->term[0] && !is_name(c, d->term))
			d->term = lang_lower_first(c->a, d->term);
		for (j = 0; j < c->nterms; j++) {
			if (c->terms[j].count > 1 &&
			    str_ieq(c->terms[j].text, d->term)) {
				d->term = c->terms[j].text;
				c->terms[j].flags |= CORPUS_DEFINED;
				break;
			}
		}
	}
}

void
define_find(struct corpus *c)
{
	struct finder f = { .c = c };
	size_t i, j, next = 0;

	for (i = 0; i < c->k->nchunks; i++) {
		for (j = 0; j < c->k->chunks[i].nblocks; j++)
			find_in_block(&f, i, j);
		for (; next < c->first[i + 1]; next++)
			find_in_sentence(&f, &c->sentences[next]);
	}
	lower_terms(c);
}

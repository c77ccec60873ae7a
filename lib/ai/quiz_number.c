/*
 * Figures: digits with separators, times of day, and number words. Others of
 * the same form are taken from the text when the unit agrees, else computed.
 */
#include "ai/quiz_number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"

#define MAX_DIGITS 9

static const char *const words[LANG__MAX][13] = {
	[LANG_EN] = { "", "", "two", "three", "four", "five", "six", "seven",
	    "eight", "nine", "ten", "eleven", "twelve" },
	[LANG_DE] = { "", "", "zwei", "drei", "vier", "fünf", "sechs", "sieben",
	    "acht", "neun", "zehn", "elf", "zwölf" },
	[LANG_FR] = { "", "", "deux", "trois", "quatre", "cinq", "six", "sept",
	    "huit", "neuf", "dix", "onze", "douze" },
	[LANG_ES] = { "", "", "dos", "tres", "cuatro", "cinco", "seis", "siete",
	    "ocho", "nueve", "diez", "once", "doce" },
};

/* A figure taken apart. */
struct figure {
	enum {
		F_NONE,
		F_INT,
		F_TIME,
		F_DECIMAL,
		F_WORD
	} form;
	long value; /* minutes of a time; decimals times 10^places */
	int places;
	char group; /* separator of thousands, '\0' none */
	char point; /* of decimals and times */
	bool percent, year, pad;
};

static int
word_value(enum lang lang, const char *norm)
{
	int i;

	for (i = 2; i <= 12 && words[lang][i] != NULL; i++) {
		if (strcmp(norm, words[lang][i]) == 0)
			return i;
	}
	return 0;
}

/* Digits with at most one kind of separator; F_NONE for all else. */
static struct figure
parse(const char *p, size_t len)
{
	struct figure f = { .form = F_NONE };
	size_t i, digits = 0, after = 0, seps = 0;
	char sep = '\0';

	for (i = 0; i < len; i++) {
		if (p[i] >= '0' && p[i] <= '9') {
			if (++digits > MAX_DIGITS)
				return f;
			f.value = f.value * 10 + (p[i] - '0');
			after++;
			continue;
		}
		if (strchr(".,:", p[i]) == NULL || (sep != '\0' && sep != p[i]))
			return f;
		if (seps > 0 && after != 3)
			return f;
		sep = p[i];
		seps++;
		after = 0;
	}
	f.form = F_INT;
	if (seps == 0) {
		f.year = len == 4 && f.value >= 1800 && f.value <= 2100;
		f.pad = len > 1 && p[0] == '0';
	} else if (sep == ':') {
		f.form = seps == 1 && after == 2 ? F_TIME : F_NONE;
		f.value = f.value / 100 * 60 + f.value % 100;
		f.pad = len == 5 && p[0] == '0';
		if (f.value >= 24 * 60)
			f.form = F_NONE;
	} else if (after == 3 && digits > 3 && p[0] != '0') {
		f.group = sep;
	} else if (seps == 1) {
		f.form = F_DECIMAL;
		f.point = sep;
		f.places = (int)after;
	} else {
		f.form = F_NONE;
	}
	return f;
}

static struct figure
figure_of(enum lang lang, const struct corpus_sentence *s, size_t word)
{
	const struct lang_word *w = &s->words[word];
	struct figure f;
	size_t end = w->start + w->len;
	int v;

	if ((v = word_value(lang, w->norm)) > 0) {
		f = (struct figure){ .form = F_WORD, .value = v };
		return f;
	}
	if ((w->flags & LANG_NUMBER) == 0)
		return (struct figure){ .form = F_NONE };
	f = parse(s->text + w->start, w->len);
	f.percent = end < s->len && s->text[end] == '%';
	return f;
}

/* Words before a number that make it a name: "section 3", "room 12". */
static bool
names_number(const char *norm)
{
	static const char *const list[] = { "section", "chapter", "page",
		"figure", "table", "version", "rfc", "iso", "en", "room",
		"article", "paragraph", "part", "appendix", "annex", "class",
		"extension", "release", "level", "type", "option", "number",
		"no", "nr", "kapitel", "abschnitt", "seite", "abbildung",
		"tabelle", "raum", "artikel", "absatz", "anhang", "nummer",
		"durchwahl", "chapitre", "titre", "annexe", "salle", "numéro",
		"sección", "capítulo", "página", "figura", "tabla", "artículo",
		"anexo", "sala", "número", "versión", "python", "windows",
		"utf", "x", "posix", "ieee" };
	size_t i;

	for (i = 0; i < NITEMS(list); i++) {
		if (strcmp(norm, list[i]) == 0)
			return true;
	}
	return false;
}

static bool
ends_in(const char *p, size_t len, const char *what)
{
	size_t n = strlen(what);

	return len >= n && memcmp(p + len - n, what, n) == 0;
}

/* The character before or at byte i is one of a script without spaces. */
static bool
is_tight(const struct corpus_sentence *s, size_t i, bool before)
{
	uint32_t cp;

	if (before) {
		if (i == 0)
			return false;
		for (i--; i > 0 && ((unsigned char)s->text[i] & 0xc0) == 0x80;)
			i--;
	}
	return i < s->len && utf8_decode(s->text + i, s->len - i, &cp) > 0 &&
	    (lang_is_ideograph(cp) || (cp >= 0x3000 && cp <= 0x303f));
}

/* White space, a bracket or a currency stands before; no letter after. */
static bool
is_clean(const struct corpus_sentence *s, size_t word)
{
	const struct lang_word *w = &s->words[word];
	size_t end = w->start + w->len;
	char before = w->start > 0 ? s->text[w->start - 1] : ' ';
	char after = end < s->len ? s->text[end] : ' ';

	if (before == '(' && w->start > 1 && s->text[w->start - 2] != ' ')
		return false; /* "file(1)" */
	if (before != ' ' && before != '(' && before != '$' &&
	    !ends_in(s->text, w->start, "€") &&
	    !ends_in(s->text, w->start, "£") && !is_tight(s, w->start, true))
		return false;
	if ((unsigned char)after >= 0x80)
		return is_tight(s, end, false) ||
		    (s->len - end >= 2 && memcmp(s->text + end, "°", 2) == 0);
	return strchr(" .,;:%)!?", after) != NULL &&
	    !(after == '.' && end + 1 < s->len && s->text[end + 1] != ' ' &&
		s->text[end + 1] != '"');
}

size_t
quiz_number_find(const struct corpus *c, const struct corpus_sentence *s)
{
	struct figure f;
	size_t i, best = s->nwords;
	int rank, top = 0;

	if (s->code)
		return best;
	for (i = 1; i < s->nwords; i++) {
		f = figure_of(c->lang, s, i);
		if (f.form == F_NONE || f.pad || !is_clean(s, i) ||
		    names_number(s->words[i - 1].norm))
			continue;
		/* "one of the two", "two or three": nothing to know. */
		if (f.form == F_WORD &&
		    (i + 1 >= s->nwords ||
			(s->words[i + 1].flags & (LANG_STOP | LANG_BREAK)) !=
			    0 ||
			strcmp(s->words[i - 1].norm, "the") == 0))
			continue;
		if (f.form == F_INT && f.value == 0)
			continue;
		rank = f.form == F_WORD ? 1 : f.year ? 2 : 3;
		if (f.percent || f.form == F_TIME)
			rank = 4;
		if (rank > top) {
			top = rank;
			best = i;
		}
	}
	return best;
}

void
quiz_number_span(const struct corpus_sentence *s, size_t word, size_t *start,
    size_t *len)
{
	*start = s->words[word].start;
	*len = s->words[word].len;
	if (*start + *len < s->len && s->text[*start + *len] == '%')
		++*len;
}

/* --- others --------------------------------------------------------------- */

static char *
format(struct arena *a, enum lang lang, const struct figure *f, long v)
{
	char digits[32], out[48];
	int n, i, o = 0;
	long scale = 1;

	if (f->form == F_WORD)
		return arena_strdup(a, words[lang][v]);
	if (f->form == F_TIME)
		return arena_printf(a, "%ld:%02ld", v / 60, v % 60);
	if (f->form == F_DECIMAL) {
		for (i = 0; i < f->places; i++)
			scale *= 10;
		return arena_printf(a, "%ld%c%0*ld%s", v / scale, f->point,
		    f->places, v % scale, f->percent ? "%" : "");
	}
	n = snprintf(digits, sizeof(digits), "%ld", v);
	for (i = 0; i < n; i++) {
		if (i > 0 && (n - i) % 3 == 0 && f->group != '\0')
			out[o++] = f->group;
		out[o++] = digits[i];
	}
	out[o] = '\0';
	return arena_printf(a, "%s%s", out, f->percent ? "%" : "");
}

static bool
is_valid(const struct figure *f, long v)
{
	switch (f->form) {
	case F_WORD:
		return v >= 2 && v <= 12;
	case F_TIME:
		return v >= 0 && v < 24 * 60;
	case F_INT:
	case F_DECIMAL:
		if (f->group != '\0' && v < 1000)
			return false;
		return v > 0 &&
		    (!f->percent || f->value > 100 || v <= 100 ||
			f->form == F_DECIMAL);
	case F_NONE:
	default:
		return false;
	}
}

/* A step that keeps the look of the number: 3,800 moves by hundreds. */
static long
step_of(const struct figure *f)
{
	long step = 1;

	if (f->form == F_TIME)
		return 30;
	if (f->year)
		return f->value % 5 + 2;
	if (f->value >= 20 && f->value % 5 == 0)
		step = 5;
	while (f->value >= step * 20 && f->value % (step * 10) == 0)
		step *= 10;
	if (step == 1 && f->value >= 30)
		step = 3;
	if (f->value >= step * 100)
		step *= 10;
	return step;
}

/* The words around agree: the same unit follows. */
static bool
same_unit(const struct corpus_sentence *s, size_t i,
    const struct corpus_sentence *t, size_t j)
{
	if (i + 1 >= s->nwords || j + 1 >= t->nwords)
		return false;
	return s->stems[i + 1] == t->stems[j + 1];
}

static bool
is_taken(const struct corpus_sentence *s, const char *text, const char **out,
    size_t n)
{
	size_t i, len = strlen(text);

	for (i = 0; i < n; i++) {
		if (strcmp(out[i], text) == 0)
			return true;
	}
	for (i = 0; i < s->nwords; i++) {
		if (s->words[i].len == len - (text[len - 1] == '%') &&
		    strncmp(s->text + s->words[i].start, text,
			s->words[i].len) == 0)
			return true;
		if (strcmp(s->words[i].norm, text) == 0)
			return true;
	}
	return false;
}

/* Figures of the text that have the same unit and form. */
static size_t
others_of_text(struct corpus *c, const struct corpus_sentence *s, size_t word,
    const struct figure *f, const char **out, size_t want)
{
	const struct corpus_sentence *t;
	struct figure g;
	char *text;
	size_t i, j, n = 0;

	for (i = 0; i < c->nsentences && n < want; i++) {
		t = &c->sentences[i];
		for (j = 1; j + 1 < t->nwords && n < want; j++) {
			if (t == s || !same_unit(s, word, t, j))
				continue;
			g = figure_of(c->lang, t, j);
			if (g.form != f->form || g.percent != f->percent ||
			    g.year != f->year || g.places != f->places ||
			    (g.value > f->value * 8 && f->value > 0) ||
			    g.value * 8 < f->value || !is_valid(f, g.value))
				continue;
			text = format(c->a, c->lang, f, g.value);
			if (!is_taken(s, text, out, n))
				out[n++] = text;
		}
	}
	return n;
}

size_t
quiz_number_others(struct corpus *c, const struct corpus_sentence *s,
    size_t word, const char **out, size_t want)
{
	static const int turns[4][6] = { { 1, -1, 2, -2, 3, 4 },
		{ -1, 1, -2, 2, 3, -3 }, { 2, 1, -1, 3, -2, 4 },
		{ -2, -1, 1, 2, -3, 3 } };
	struct figure f = figure_of(c->lang, s, word);
	long step = step_of(&f), v;
	size_t i, n;
	char *text;

	n = others_of_text(c, s, word, &f, out, want < 2 ? want : 2);
	for (i = 0; i < NITEMS(turns[0]) && n < want; i++) {
		v = f.value + step * turns[(s->len + word) % 4][i];
		if (v == f.value || !is_valid(&f, v))
			continue;
		text = format(c->a, c->lang, &f, v);
		if (!is_taken(s, text, out, n))
			out[n++] = text;
	}
	return n;
}

static long
value_of(const char *s)
{
	struct figure f;
	size_t i, n = strlen(s);
	int l;

	for (l = 1; l < LANG__MAX; l++) {
		for (i = 2; i <= 12; i++) {
			if (strcmp(words[l][i], s) == 0)
				return (long)i;
		}
	}
	f = parse(s, n > 0 && s[n - 1] == '%' ? n - 1 : n);
	return f.value;
}

int
quiz_number_cmp(const char *x, const char *y)
{
	long a = value_of(x), b = value_of(y);

	return a < b ? -1 : a > b;
}

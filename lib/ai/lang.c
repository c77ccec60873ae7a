/*
 * Words and sentences of any UTF-8 text. No locale is consulted, so the same
 * text is cut the same way everywhere.
 */
#include "ai/lang.h"

#include <string.h>

#include "ai/lang_list.h"
#include "base/str.h"
#include "base/utf8.h"

#define SAMPLE	  200000 /* bytes that decide the language */
#define MAX_CJK	  4	 /* ideographs of one word */
#define READ_RATE 180	 /* words per minute, studied rather than skimmed */

static const char *const tags[LANG__MAX] = {
	[LANG_NONE] = "und",
	[LANG_EN] = "en",
	[LANG_DE] = "de",
	[LANG_FR] = "fr",
	[LANG_ES] = "es",
};

enum lang
lang_of(const char *tag)
{
	size_t i;

	for (i = 1; i < LANG__MAX; i++) {
		if (strncmp(tag, tags[i], 2) == 0 &&
		    (tag[2] == '\0' || tag[2] == '-'))
			return (enum lang)i;
	}
	return LANG_NONE;
}

bool
lang_is_rtl(const char *tag)
{
	return str_eq(tag, "ar") || str_eq(tag, "he") ||
	    str_starts(tag, "ar-") || str_starts(tag, "he-") ||
	    str_eq(tag, "fa") || str_eq(tag, "ur");
}

/* --- characters ----------------------------------------------------------- */

struct range {
	uint32_t first, last;
};

/* Above ASCII, what is no letter; all else is taken for one. */
static const struct range marks[] = {
	{ 0x80, 0xa9 },
	{ 0xab, 0xb4 },
	{ 0xb6, 0xb9 },
	{ 0xbb, 0xbf },
	{ 0xd7, 0xd7 },
	{ 0xf7, 0xf7 },
	{ 0x37e, 0x37e },
	{ 0x387, 0x387 },
	{ 0x55a, 0x55f },
	{ 0x589, 0x58a },
	{ 0x5be, 0x5be },
	{ 0x5c0, 0x5c0 },
	{ 0x5c3, 0x5c3 },
	{ 0x5f3, 0x5f4 },
	{ 0x600, 0x60f },
	{ 0x61b, 0x61f },
	{ 0x66a, 0x66d },
	{ 0x6d4, 0x6d4 },
	{ 0x964, 0x965 },
	{ 0x1360, 0x1368 },
	{ 0x2000, 0x206f },
	{ 0x20a0, 0x20cf },
	{ 0x2100, 0x2bff },
	{ 0x2e00, 0x2e7f },
	{ 0x3000, 0x3004 },
	{ 0x3006, 0x3020 },
	{ 0x3030, 0x3030 },
	{ 0x303d, 0x303f },
	{ 0x30fb, 0x30fb },
	{ 0xd800, 0xf8ff },
	{ 0xfe10, 0xfe6f },
	{ 0xff00, 0xff0f },
	{ 0xff1a, 0xff20 },
	{ 0xff3b, 0xff40 },
	{ 0xff5b, 0xff65 },
	{ 0xfff0, 0xffff },
	{ 0x1f000, 0x1faff },
	{ 0xe0000, 0x10ffff },
};

static bool
in_ranges(const struct range *r, size_t n, uint32_t cp)
{
	size_t lo = 0, hi = n, mid;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (cp < r[mid].first)
			hi = mid;
		else if (cp > r[mid].last)
			lo = mid + 1;
		else
			return true;
	}
	return false;
}

bool
lang_is_digit(uint32_t cp)
{
	return (cp >= '0' && cp <= '9') || (cp >= 0x660 && cp <= 0x669) ||
	    (cp >= 0x6f0 && cp <= 0x6f9) || (cp >= 0x966 && cp <= 0x96f) ||
	    (cp >= 0xff10 && cp <= 0xff19);
}

bool
lang_is_letter(uint32_t cp)
{
	if (cp < 0x80)
		return (cp >= 'a' && cp <= 'z') || (cp >= 'A' && cp <= 'Z');
	return !lang_is_digit(cp) && !in_ranges(marks, NITEMS(marks), cp);
}

bool
lang_is_ideograph(uint32_t cp)
{
	return (cp >= 0x2e80 && cp <= 0x2fdf) || cp == 0x3005 ||
	    (cp >= 0x3040 && cp <= 0x30ff && cp != 0x30fb) ||
	    (cp >= 0x31f0 && cp <= 0x31ff) || (cp >= 0x3400 && cp <= 0x4dbf) ||
	    (cp >= 0x4e00 && cp <= 0x9fff) || (cp >= 0xf900 && cp <= 0xfaff) ||
	    (cp >= 0xff66 && cp <= 0xff9f) || (cp >= 0x20000 && cp <= 0x3ffff);
}

uint32_t
lang_fold(uint32_t cp)
{
	if (cp < 0x80)
		return cp >= 'A' && cp <= 'Z' ? cp + 32 : cp;
	if (cp >= 0xc0 && cp <= 0xde)
		return cp == 0xd7 ? cp : cp + 32;
	if (cp == 0x130)
		return 'i';
	if (cp == 0x178)
		return 0xff;
	if ((cp >= 0x139 && cp <= 0x148) || (cp >= 0x179 && cp <= 0x17e))
		return cp % 2 == 1 ? cp + 1 : cp;
	if ((cp >= 0x100 && cp <= 0x177) || (cp >= 0x1e00 && cp <= 0x1eff) ||
	    (cp >= 0x460 && cp <= 0x481) || (cp >= 0x48a && cp <= 0x4bf) ||
	    (cp >= 0x4d0 && cp <= 0x52f))
		return cp % 2 == 0 ? cp + 1 : cp;
	if (cp >= 0x391 && cp <= 0x3ab)
		return cp + 32;
	if (cp == 0x386)
		return 0x3ac;
	if (cp >= 0x388 && cp <= 0x38a)
		return cp + 37;
	if (cp == 0x38c)
		return 0x3cc;
	if (cp >= 0x410 && cp <= 0x42f)
		return cp + 32;
	if (cp >= 0x400 && cp <= 0x40f)
		return cp + 80;
	if (cp >= 0x531 && cp <= 0x556)
		return cp + 48;
	return cp >= 0xff21 && cp <= 0xff3a ? cp + 32 : cp;
}

bool
lang_is_upper(uint32_t cp)
{
	return lang_fold(cp) != cp;
}

/* --- words ---------------------------------------------------------------- */

enum script {
	S_OTHER,
	S_LETTER,
	S_DIGIT,
	S_HAN,
	S_HIRAGANA,
	S_KATAKANA
};

static enum script
script_of(uint32_t cp)
{
	if (cp >= 0x3040 && cp <= 0x309f)
		return S_HIRAGANA;
	if ((cp >= 0x30a0 && cp <= 0x30ff && cp != 0x30fb) ||
	    (cp >= 0xff66 && cp <= 0xff9f))
		return S_KATAKANA;
	if (lang_is_ideograph(cp))
		return S_HAN;
	if (lang_is_digit(cp))
		return S_DIGIT;
	return lang_is_letter(cp) ? S_LETTER : S_OTHER;
}

struct cutter {
	struct arena *a;
	enum lang lang;
	const char *p;
	size_t len;
	struct lang_word *words;
	size_t n, cap;
	bool fresh; /* the next word is the first of a sentence */
	bool broken;
};

/* Characters that join letters or digits into one word when inside it. */
static bool
is_joint(const struct cutter *c, uint32_t cp, enum script before,
    enum script after)
{
	if (before == S_OTHER || after == S_OTHER)
		return false;
	if (cp == '-' || cp == '_' || cp == '/' || cp == '=' || cp == '@' ||
	    cp == 0x2010 || cp == 0x2011)
		return true;
	if (before == S_LETTER && after == S_LETTER)
		return cp == '\'' || cp == 0x2019 || cp == 0xb7 ||
		    cp == 0x200c || cp == 0x200d || cp == '.';
	if (before == S_DIGIT && after == S_DIGIT)
		return cp == '.' || cp == ',' || cp == ':' ||
		    (cp == 0x2019 && c->lang != LANG_FR);
	return before == S_LETTER && cp == '.'; /* "ASN.1" */
}

static bool
is_elided(enum lang lang, const char *p, size_t len)
{
	static const char *const heads[] = { "l", "d", "j", "m", "t", "s", "n",
		"c", "qu", "L", "D", "J", "M", "T", "S", "N", "C", "Qu",
		"jusqu", "lorsqu", "puisqu" };
	size_t i;

	if (lang != LANG_FR)
		return false;
	for (i = 0; i < NITEMS(heads); i++) {
		if (strlen(heads[i]) == len && memcmp(heads[i], p, len) == 0)
			return true;
	}
	return false;
}

/* Function characters of Chinese: words end before and after them. */
static bool
is_function_han(uint32_t cp)
{
	static const uint32_t list[] = { 0x7684, 0x662f, 0x5728, 0x548c, 0x4e86,
		0x6709, 0x4e0d, 0x4e3a, 0x4e0e, 0x53ca, 0x6216, 0x7b49, 0x5bf9,
		0x5c06, 0x88ab, 0x7531, 0x4ece, 0x5230, 0x4ee5, 0x4e8e, 0x53ef,
		0x987b, 0x5e94, 0x6bcf, 0x5728, 0x6211, 0x4f60, 0x4ed6, 0x5979,
		0x5b83, 0x4eec, 0x8fd9, 0x90a3, 0x4e5f, 0x90fd, 0x5c31, 0x8981,
		0x4f1a, 0x80fd, 0x5e76, 0x800c, 0x4f46, 0x5982, 0x56e0, 0x5176,
		0x6240, 0x4e4b, 0x4e2d, 0x4e0a, 0x4e0b, 0x524d, 0x540e,
		0x5f97 };
	size_t i;

	for (i = 0; i < NITEMS(list); i++) {
		if (list[i] == cp)
			return true;
	}
	return false;
}

/* The byte length of the word that starts at i. */
static size_t
word_len(const struct cutter *c, size_t i, enum script s)
{
	size_t start = i, n, m, chars = 0;
	enum script now = s, after;
	uint32_t cp, next;

	while (i < c->len && (n = utf8_decode(c->p + i, c->len - i, &cp)) > 0) {
		now = script_of(cp);
		if (s >= S_HAN) {
			if (now != s ||
			    (s == S_HAN &&
				(chars == MAX_CJK ||
				    (chars > 0 && is_function_han(cp)))))
				break;
			i += n;
			if (s == S_HAN && chars == 0 && is_function_han(cp))
				break;
			chars++;
			continue;
		}
		if (now == S_LETTER || now == S_DIGIT) {
			i += n;
			s = now;
			continue;
		}
		after = S_OTHER;
		if (i + n < c->len &&
		    (m = utf8_decode(c->p + i + n, c->len - i - n, &next)) > 0)
			after = script_of(next);
		if (now != S_OTHER || !is_joint(c, cp, s, after))
			break;
		if ((cp == '\'' || cp == 0x2019) &&
		    is_elided(c->lang, c->p + start, i - start))
			break;
		i += n;
	}
	return i - start;
}

static char *
folded(struct arena *a, const char *p, size_t len)
{
	char *out = arena_alloc(a, len * 2 + 1);
	size_t i, n, m = 0;
	uint32_t cp;

	for (i = 0; i < len; i += n) {
		if ((n = utf8_decode(p + i, len - i, &cp)) == 0)
			break;
		if (cp == 0x2019)
			cp = '\'';
		m += utf8_encode(lang_fold(cp), out + m);
	}
	out[m] = '\0';
	return out;
}

struct ending {
	const char *end;
	const char *to;
	size_t least; /* bytes that must stay */
};

static const struct ending endings[LANG__MAX][12] = {
	[LANG_EN] = { { "'s", "", 2 }, { "ies", "y", 2 }, { "sses", "ss", 2 },
	    { "xes", "x", 2 }, { "ches", "ch", 2 }, { "shes", "sh", 2 },
	    { "ss", "ss", 1 }, { "us", "us", 1 }, { "is", "is", 1 },
	    { "s", "", 3 } },
	[LANG_DE] = { { "innen", "in", 4 }, { "ungen", "ung", 3 },
	    { "ern", "er", 3 }, { "en", "", 4 }, { "er", "er", 2 },
	    { "es", "", 4 }, { "em", "", 4 }, { "e", "", 4 }, { "n", "", 5 },
	    { "s", "", 4 } },
	[LANG_FR] = { { "aux", "al", 3 }, { "ss", "ss", 1 }, { "s", "", 3 },
	    { "x", "", 4 } },
	[LANG_ES] = { { "ciones", "ción", 2 }, { "ces", "z", 3 },
	    { "res", "r", 3 }, { "des", "d", 3 }, { "les", "l", 3 },
	    { "nes", "n", 3 }, { "s", "", 3 } },
};

static const char *
stem_of(struct arena *a, enum lang lang, const char *norm)
{
	const struct ending *e;
	size_t i, n = strlen(norm), m;

	for (i = 0; i < NITEMS(endings[0]); i++) {
		e = &endings[lang][i];
		if (e->end == NULL)
			break;
		m = strlen(e->end);
		if (n < m + e->least || strcmp(norm + n - m, e->end) != 0)
			continue;
		return arena_printf(a, "%.*s%s", (int)(n - m), norm, e->to);
	}
	return norm;
}

static unsigned
case_flags(const char *p, size_t len)
{
	size_t i, n, upper = 0, lower = 0;
	unsigned flags = 0;
	uint32_t cp;

	for (i = 0; i < len; i += n) {
		if ((n = utf8_decode(p + i, len - i, &cp)) == 0)
			break;
		if (lang_is_upper(cp)) {
			upper++;
			if (i == 0)
				flags |= LANG_UPPER;
		} else if (lang_is_letter(cp)) {
			lower++;
		}
		if (i == 0 && lang_is_digit(cp))
			flags |= LANG_NUMBER;
	}
	return upper >= 2 && lower == 0 ? flags | LANG_ALLCAPS : flags;
}

static unsigned
list_flags(enum lang lang, const char *norm)
{
	unsigned f = 0;

	if (lang_list_has(lang, LANG_LIST_STOP, norm))
		f |= LANG_STOP;
	if (lang_list_has(lang, LANG_LIST_VERB, norm))
		f |= LANG_VERB;
	if (lang_list_has(lang, LANG_LIST_DET, norm))
		f |= LANG_DET | LANG_STOP;
	if (lang_list_has(lang, LANG_LIST_GEN, norm))
		f |= LANG_GENERAL;
	if (lang_list_has(lang, LANG_LIST_LINK, norm))
		f |= LANG_LINK | LANG_STOP;
	return f;
}

static void
word_add(struct cutter *c, size_t start, size_t len, enum script s)
{
	struct lang_word *w;
	size_t cap;
	uint32_t cp;

	if (c->n == c->cap) {
		cap = c->cap == 0 ? 32 : c->cap * 2;
		c->words =
		    arena_grow(c->a, c->words, c->n, cap, sizeof(*c->words));
		c->cap = cap;
	}
	w = &c->words[c->n++];
	w->start = (uint32_t)start;
	w->len = (uint32_t)len;
	w->norm = folded(c->a, c->p + start, len);
	w->stem = stem_of(c->a, c->lang, w->norm);
	w->flags = case_flags(c->p + start, len) | list_flags(c->lang, w->norm);
	if (s == S_HIRAGANA ||
	    (s == S_HAN && len <= 3 &&
		utf8_decode(c->p + start, len, &cp) > 0 && is_function_han(cp)))
		w->flags |= LANG_STOP;
	if (c->fresh)
		w->flags |= LANG_FIRST;
	if (c->broken)
		w->flags |= LANG_BREAK;
	c->fresh = c->broken = false;
}

static bool
is_sentence_end(uint32_t cp)
{
	return cp == '.' || cp == '!' || cp == '?' || cp == 0x2026 ||
	    cp == 0x3002 || cp == 0xff01 || cp == 0xff1f || cp == 0x61f ||
	    cp == 0x964 || cp == 0xff0e || cp == 0x6d4;
}

size_t
lang_words(struct arena *a, enum lang lang, const char *p, size_t len,
    struct lang_word **out)
{
	struct cutter c = { .a = a,
		.lang = lang,
		.p = p,
		.len = len,
		.fresh = true };
	enum script s;
	uint32_t cp;
	size_t i, n;

	for (i = 0; i < len; i += n) {
		if ((n = utf8_decode(p + i, len - i, &cp)) == 0) {
			n = 1;
			continue;
		}
		s = script_of(cp);
		if (s != S_OTHER) {
			n = word_len(&c, i, s);
			word_add(&c, i, n, s);
			continue;
		}
		if (cp == ' ' || cp == '\'' || cp == 0x2019)
			continue;
		c.broken = true;
		if (is_sentence_end(cp) || cp == ':')
			c.fresh = true;
	}
	*out = c.words;
	return c.n;
}

bool
lang_leans(enum lang lang, const struct lang_word *w, size_t n)
{
	return n == 0 || lang_list_has(lang, LANG_LIST_LEAN, w[0].norm);
}

/* --- sentences ------------------------------------------------------------ */

static bool
is_closing(uint32_t cp)
{
	return cp == ')' || cp == ']' || cp == '"' || cp == '\'' ||
	    cp == 0x201d || cp == 0x2019 || cp == 0xbb || cp == 0x201c ||
	    cp == 0x300d || cp == 0x300f || cp == 0xff09;
}

/* The word before a full stop at p + i is an abbreviation or an initial. */
static bool
is_abbreviation(enum lang lang, const char *p, size_t i)
{
	char word[24];
	size_t start = i, n;

	while (start > 0 && p[start - 1] != ' ' && p[start - 1] != '(')
		start--;
	n = i - start;
	if (n == 0 || n >= sizeof(word) / 2)
		return false;
	if (n == 1 && p[start] >= 'A' && p[start] <= 'Z' &&
	    (lang != LANG_EN || p[start] != 'I'))
		return true; /* an initial */
	if (lang == LANG_DE && n <= 2 && p[start] >= '0' && p[start] <= '9' &&
	    (n == 1 || (p[start + 1] >= '0' && p[start + 1] <= '9')))
		return true; /* an ordinal: "3. Mai" */
	{
		char tmp[24];
		size_t k, m, o = 0;
		uint32_t cp;

		memcpy(tmp, p + start, n);
		for (k = 0; k < n && o + 4 < sizeof(word); k += m) {
			if ((m = utf8_decode(tmp + k, n - k, &cp)) == 0)
				return false;
			o += utf8_encode(lang_fold(cp), word + o);
		}
		word[o] = '\0';
	}
	if (lang == LANG_NONE)
		lang = LANG_EN;
	return lang_list_has(lang, LANG_LIST_ABBR, word);
}

/* What follows a full stop, white space skipped, may begin a sentence. */
static bool
may_begin(const char *p, size_t len)
{
	uint32_t cp;
	size_t n;

	for (; len > 0; p += n, len -= n) {
		if ((n = utf8_decode(p, len, &cp)) == 0)
			return false;
		if (cp == ' ' || cp == '(' || cp == '"' || cp == 0x201c ||
		    cp == 0x201e || cp == 0xab || cp == '[' || cp == 0xbf ||
		    cp == 0xa1)
			continue;
		return !lang_is_letter(cp) || lang_is_upper(cp) ||
		    (cp >= 0x590 && lang_fold(cp) == cp);
	}
	return true;
}

struct splitter {
	struct arena *a;
	const char *p;
	struct lang_cut *cuts;
	size_t n, cap;
};

static void
cut_add(struct splitter *s, size_t start, size_t end)
{
	size_t cap;

	while (start < end && s->p[start] == ' ')
		start++;
	while (end > start && s->p[end - 1] == ' ')
		end--;
	if (start == end)
		return;
	if (s->n == s->cap) {
		cap = s->cap == 0 ? 8 : s->cap * 2;
		s->cuts =
		    arena_grow(s->a, s->cuts, s->n, cap, sizeof(*s->cuts));
		s->cap = cap;
	}
	s->cuts[s->n++] =
	    (struct lang_cut){ (uint32_t)start, (uint32_t)(end - start) };
}

/* The end of the sentence whose mark stands at i; 0 when it goes on. */
static size_t
sentence_end(enum lang lang, const char *p, size_t len, size_t i)
{
	size_t n, end = i;
	uint32_t cp, mark = 0;

	(void)utf8_decode(p + i, len - i,
	    &mark); /* the caller has decoded it */
	while (end < len && (n = utf8_decode(p + end, len - end, &cp)) > 0 &&
	    (is_sentence_end(cp) || is_closing(cp)))
		end += n;
	if (mark >= 0x3000)
		return end;
	if (end == len)
		return end;
	if (p[end] != ' ')
		return 0;
	if (mark == '.' && is_abbreviation(lang, p, i))
		return 0;
	return may_begin(p + end, len - end) ? end : 0;
}

size_t
lang_sentences(struct arena *a, enum lang lang, const char *p, size_t len,
    struct lang_cut **out)
{
	struct splitter s = { .a = a, .p = p };
	size_t i, n, start = 0, end;
	uint32_t cp;

	for (i = 0; i < len; i += n) {
		if ((n = utf8_decode(p + i, len - i, &cp)) == 0) {
			n = 1;
			continue;
		}
		if (!is_sentence_end(cp))
			continue;
		if ((end = sentence_end(lang, p, len, i)) == 0)
			continue;
		cut_add(&s, start, end);
		start = end;
		n = end > i ? end - i : n;
	}
	cut_add(&s, start, len);
	*out = s.cuts;
	return s.n;
}

/* --- which language ------------------------------------------------------- */

struct census {
	size_t letters, han, kana, hangul, cyrillic, ukrainian, greek, arabic,
	    hebrew, devanagari, thai;
};

static void
census_add(struct census *c, uint32_t cp)
{
	enum script s = script_of(cp);

	c->letters += s != S_OTHER && s != S_DIGIT;
	c->kana += s == S_HIRAGANA || s == S_KATAKANA;
	c->han += s == S_HAN;
	c->hangul += cp >= 0xac00 && cp <= 0xd7a3;
	c->cyrillic += cp >= 0x400 && cp <= 0x52f;
	c->ukrainian +=
	    cp == 0x456 || cp == 0x457 || cp == 0x454 || cp == 0x491;
	c->greek += cp >= 0x370 && cp <= 0x3ff;
	c->arabic += cp >= 0x600 && cp <= 0x6ff;
	c->hebrew += cp >= 0x590 && cp <= 0x5ff;
	c->devanagari += cp >= 0x900 && cp <= 0x97f;
	c->thai += cp >= 0xe00 && cp <= 0xe7f;
}

static const char *
by_script(const struct census *c)
{
	size_t half = c->letters / 2;

	if (c->kana * 10 > c->letters)
		return "ja";
	if (c->han > c->letters / 3)
		return "zh";
	if (c->hangul > half)
		return "ko";
	if (c->cyrillic > half)
		return c->ukrainian * 50 > c->cyrillic ? "uk" : "ru";
	if (c->greek > half)
		return "el";
	if (c->arabic > half)
		return "ar";
	if (c->hebrew > half)
		return "he";
	if (c->devanagari > half)
		return "hi";
	return c->thai > half ? "th" : NULL;
}

/* The language with most stop words, if they are enough and not shared. */
static enum lang
by_words(const char *p, size_t len)
{
	size_t hits[LANG__MAX] = { 0 }, i, n, best = 0, second = 0;
	struct lang_word *w;
	struct arena *a;
	enum lang lang = LANG_NONE;
	int l;

	a = arena_new();
	n = lang_words(a, LANG_FR, p, len, &w);
	for (i = 0; i < n; i++) {
		for (l = 1; l < LANG__MAX; l++)
			hits[l] += lang_list_has((enum lang)l, LANG_LIST_STOP,
			    w[i].norm);
	}
	arena_free(a);
	for (l = 1; l < LANG__MAX; l++) {
		if (hits[l] > best) {
			second = best;
			best = hits[l];
			lang = (enum lang)l;
		} else if (hits[l] > second) {
			second = hits[l];
		}
	}
	/* English manuals are full of names; Romance languages share words. */
	return best * 100 >= n * (lang == LANG_EN ? 18 : 25) &&
		best * 10 >= second * 12 && best > 1
	    ? lang
	    : LANG_NONE;
}

const char *
lang_detect(const char *p, size_t len)
{
	struct census c = { 0 };
	const char *tag;
	uint32_t cp;
	size_t i, n;

	if (len > SAMPLE) {
		len = SAMPLE;
		while (len > 0 && ((unsigned char)p[len] & 0xc0) == 0x80)
			len--;
	}
	for (i = 0; i < len; i += n) {
		if ((n = utf8_decode(p + i, len - i, &cp)) == 0) {
			n = 1;
			continue;
		}
		census_add(&c, cp);
	}
	if ((tag = by_script(&c)) != NULL)
		return tag;
	return tags[by_words(p, len)];
}

/* --- reading time --------------------------------------------------------- */

size_t
lang_count(const char *p, size_t len)
{
	size_t i, n, words = 0, ideographs = 0;
	bool inside = false;
	uint32_t cp;

	for (i = 0; i < len; i += n) {
		if ((n = utf8_decode(p + i, len - i, &cp)) == 0) {
			n = 1;
			continue;
		}
		if (lang_is_ideograph(cp)) {
			ideographs++;
			inside = false;
		} else if (lang_is_letter(cp) || lang_is_digit(cp)) {
			words += !inside;
			inside = true;
		} else if (cp == ' ' || cp == '\n' || cp == '\x1f') {
			inside = false;
		}
	}
	return words + ideographs / 2;
}

unsigned
lang_minutes(size_t words)
{
	size_t m = (words + READ_RATE / 2) / READ_RATE;

	return m < 1 ? 1 : m > 600 ? 600 : (unsigned)m;
}

char *
lang_lower_first(struct arena *a, const char *s)
{
	char first[4];
	uint32_t cp;
	size_t n, m;

	if ((n = utf8_decode(s, strlen(s), &cp)) == 0)
		return arena_strdup(a, s);
	m = utf8_encode(lang_fold(cp), first);
	return arena_printf(a, "%.*s%s", (int)m, first, s + n);
}

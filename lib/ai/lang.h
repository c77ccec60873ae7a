/*
 * What is known about languages: which one a text is in, its words, its
 * sentences, which words carry no meaning of their own. English, German,
 * French and Spanish are known well; any other UTF-8 text is cut into words
 * and sentences by script.
 */
#ifndef MIRAI_AI_LANG_H
#define MIRAI_AI_LANG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum lang {
	LANG_NONE, /* none of the four */
	LANG_EN,
	LANG_DE,
	LANG_FR,
	LANG_ES,
	LANG__MAX
};

/* The language of a BCP 47 tag ("de-AT" is LANG_DE). */
enum lang lang_of(const char *tag);

/*
 * The BCP 47 tag of a text: one of the four by its stop words, else by script
 * ("ru", "uk", "ja", "zh", "ko", "el", "ar", "he", "hi", "th"), else "und".
 */
const char *lang_detect(const char *p, size_t len);

/* Written from right to left. */
bool lang_is_rtl(const char *tag);

/* Character questions and folding, without locale. */
bool lang_is_letter(uint32_t cp);
bool lang_is_digit(uint32_t cp);
bool lang_is_upper(uint32_t cp);
bool lang_is_ideograph(uint32_t cp); /* Han, kana: written without spaces */
uint32_t lang_fold(uint32_t cp);     /* lower case */

enum lang_word_flag {
	LANG_STOP = 1,	    /* carries no meaning of its own */
	LANG_UPPER = 2,	    /* begins with a capital */
	LANG_NUMBER = 4,    /* begins with a digit */
	LANG_FIRST = 8,	    /* first of its sentence or after a colon */
	LANG_BREAK = 16,    /* punctuation stands before it */
	LANG_VERB = 32,	    /* a common verb, not a name of a thing */
	LANG_DET = 64,	    /* an article or the like: a noun follows */
	LANG_LINK = 128,    /* joins two nouns: of, de, of the */
	LANG_ALLCAPS = 256, /* two capitals and more, no small letter */
	LANG_GENERAL = 512  /* a noun too general to ask for */
};

struct lang_word {
	uint32_t start, len; /* bytes in the text */
	unsigned flags;
	const char *norm; /* folded */
	const char *stem; /* folded, common endings cut: for comparing only */
};

/* The words of a text in order. Memory from a. */
size_t lang_words(struct arena *a, enum lang lang, const char *p, size_t len,
    struct lang_word **out);

struct lang_cut {
	uint32_t start, len;
};

/* The sentences of one paragraph, without white space around them. */
size_t lang_sentences(struct arena *a, enum lang lang, const char *p,
    size_t len, struct lang_cut **out);

/*
 * The sentence leans on what stands before it (it begins with "this", "they",
 * "however" ...), so it cannot stand alone.
 */
bool lang_leans(enum lang lang, const struct lang_word *w, size_t n);

/* Minutes a text of so many words (or ideographs) takes to read, at least 1. */
unsigned lang_minutes(size_t words);

/* Words as read: ideographs count half. */
size_t lang_count(const char *p, size_t len);

/* s with a small first letter. */
char *lang_lower_first(struct arena *a, const char *s);

#endif

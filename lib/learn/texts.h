/*
 * The words of the player in the languages it speaks. Pages carry those of
 * their language, so the script itself holds none.
 */
#ifndef MIRAI_LEARN_TEXTS_H
#define MIRAI_LEARN_TEXTS_H

#include <stdbool.h>

#include "base/buf.h"

enum texts_lang {
	TEXTS_EN,
	TEXTS_DE,
	TEXTS_FR,
	TEXTS_ES,
	TEXTS__MAX
};

/* The language of a BCP 47 tag; English for one without texts. */
enum texts_lang texts_lang(const char *tag);

/* "en", "de", ... */
const char *texts_tag(enum texts_lang lang);

/* Whether the language of a BCP 47 tag is written right to left. */
bool texts_is_rtl(const char *tag);

/* The text of a key; an unknown key is a programming error. */
const char *texts_get(enum texts_lang lang, const char *key);

/* All of them as a JSON object, for the script. */
void texts_put_json(struct buf *b, enum texts_lang lang);

/* Text i in the table's order, for tests; NULL past the end. */
const char *texts_at(enum texts_lang lang, unsigned i);

#endif

/*
 * The word lists behind lang.c.
 */
#ifndef MIRAI_AI_LANG_LIST_H
#define MIRAI_AI_LANG_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "ai/lang.h"

enum lang_list {
	LANG_LIST_STOP,
	LANG_LIST_VERB,
	LANG_LIST_DET,
	LANG_LIST_LINK,
	LANG_LIST_LEAN,
	LANG_LIST_ABBR,
	LANG_LIST_GEN, /* nouns too general to ask for */
	LANG_LIST__MAX
};

/* Whether a folded word is on the list. */
bool lang_list_has(enum lang lang, enum lang_list which, const char *norm);

/* The list itself, sorted by byte, for the test. */
size_t lang_list_size(enum lang lang, enum lang_list which);
const char *lang_list_at(enum lang lang, enum lang_list which, size_t i);

#endif

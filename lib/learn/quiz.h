/*
 * The quiz JSON of a KNOWLEDGE_CHECK block (spec content.md 9.5, learning.md
 * 8), read and checked. Types that are not known are an error, so that no
 * package shows a question it cannot judge.
 */
#ifndef MIRAI_LEARN_QUIZ_H
#define MIRAI_LEARN_QUIZ_H

#include <stdbool.h>

#include "base/arena.h"
#include "learn/finding.h"
#include "learn/model.h"

/*
 * Fills q from text; all in a. False when an error was found; each one is in
 * f, under part.
 */
bool quiz_parse(struct arena *a, const char *text, const char *part,
    struct findings *f, struct model_question *q);

/* text looks like a quiz: an object with a question. */
bool quiz_is(struct arena *a, const char *text);

#endif

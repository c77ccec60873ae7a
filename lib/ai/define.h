/*
 * Finding what a text defines: "A mentor is an experienced colleague ...",
 * "**Care**: we treat ...", "--all: do not ignore ...".
 */
#ifndef MIRAI_AI_DEFINE_H
#define MIRAI_AI_DEFINE_H

#include "ai/corpus.h"

/* Sets c->defs, in reading order. */
void define_find(struct corpus *c);

#endif

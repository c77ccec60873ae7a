/*
 * Knowledge to an outline: sections and lessons of sensible size from the
 * headings, or from topics where there are none; objectives and minutes.
 */
#ifndef MIRAI_AI_OUTLINE_H
#define MIRAI_AI_OUTLINE_H

#include "ai/knowledge.h"

void outline_make(struct arena *a, struct knowledge *k, struct outline *out);

#endif

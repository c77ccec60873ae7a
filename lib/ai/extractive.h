/*
 * The provider that needs no model: an author's own sentences, ordered and
 * ranked, and questions derived from them. Deterministic; invents nothing.
 */
#ifndef MIRAI_AI_EXTRACTIVE_H
#define MIRAI_AI_EXTRACTIVE_H

#include "ai/provider.h"

extern const struct provider extractive_provider;

#endif

/* One component of a lesson under way: shown, edited, written anew. */
#ifndef MIRAI_WEB_BUILDER_COMPONENT_H
#define MIRAI_WEB_BUILDER_COMPONENT_H

#include "builder_content.h"

/* The address of a lesson in the builder. */
const char *builder_component_at(struct page *p, const struct builder *b,
    const char *lesson);

/* The course and the component of a post; false after an answer was sent. */
bool builder_component_take(struct page *p, struct builder *b,
    const struct pb_generated_lesson **l, const struct pb_lesson_component **c);

/* What the failed call means for the form; the request has not failed then. */
void builder_component_explain(struct page *p, struct entry *e);

/* The form of a component; nothing for a type that is not known. */
void builder_editor_put(struct page *p, const struct builder *b,
    const char *lesson, const struct pb_lesson_component *c,
    const struct builder_content *content, int64_t version);

/* The wishes for writing it anew. */
void builder_rewrite_put(struct page *p, const struct builder *b,
    const char *lesson, const char *component);

#endif

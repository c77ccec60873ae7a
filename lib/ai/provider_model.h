/*
 * The operations of provider.h by asking a model: for every row of the table
 * that has a wire form.
 */
#ifndef MIRAI_AI_PROVIDER_MODEL_H
#define MIRAI_AI_PROVIDER_MODEL_H

#include "ai/provider.h"

enum provider_end provider_model_distil(struct provider_run *r,
    const struct ask_distil *in, struct knowledge *out);
enum provider_end provider_model_outline(struct provider_run *r,
    const struct ask_course *in, struct outline *out);
enum provider_end provider_model_lesson(struct provider_run *r,
    const struct ask_lesson *in, struct lesson *out);
enum provider_end provider_model_component(struct provider_run *r,
    const struct ask_component *in, struct component *out);
enum provider_end provider_model_enhance(struct provider_run *r,
    enum ask_enhance how, const char *text, const char **out);
enum provider_end provider_model_test(struct provider_run *r);

#endif

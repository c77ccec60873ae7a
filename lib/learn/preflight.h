/*
 * What must hold before anything is built (spec learning.md 1.4): options in
 * range, a course that can be completed, limits, media that are there.
 */
#ifndef MIRAI_LEARN_PREFLIGHT_H
#define MIRAI_LEARN_PREFLIGHT_H

#include "base/code.h"
#include "learn/export.h"
#include "learn/model.h"

#define PREFLIGHT_STATE_SCORM12 4096

/* Options alone; CODE_OK or CODE_INVALID_ARGUMENT with errors in f. */
enum code preflight_options(const struct export_options *o, struct findings *f);

/*
 * The course against its options. CODE_OK, CODE_FAILED_PRECONDITION or, above
 * a limit, CODE_RESOURCE_EXHAUSTED. before is the number of errors in f when
 * the export began: those that model_build() added count.
 */
enum code preflight_course(struct arena *a, const struct model *m,
    const struct export_options *o, size_t before, struct findings *f);

#endif

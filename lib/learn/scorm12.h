/*
 * SCORM 1.2: the manifest and what lies in the package (spec learning.md 3).
 */
#ifndef MIRAI_LEARN_SCORM12_H
#define MIRAI_LEARN_SCORM12_H

#include "base/arena.h"
#include "learn/export.h"
#include "learn/model.h"
#include "learn/page.h"
#include "learn/zip.h"

/*
 * Adds every file of the package except media/ and assets/, which are in z
 * already: pages, schema files, and the manifest that lists them all. page
 * holds the choices; its range is set here.
 */
void scorm12_add(struct arena *a, struct zip *z, const struct model *m,
    const struct export_options *o, const struct page_options *page);

#endif

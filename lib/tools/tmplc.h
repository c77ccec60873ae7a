/*
 * The template compiler's one function; tmplc_main.c is the program around
 * it, tests and the fuzz target call it directly.
 */
#ifndef MIRAI_TOOLS_TMPLC_H
#define MIRAI_TOOLS_TMPLC_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

/*
 * Compiles one template of the given file name, appending to header and
 * source. NULL, or the error as "file:line: text" in mem; then neither buffer
 * has changed.
 */
char *tmplc_compile(struct arena *mem, const char *file, const char *text,
    size_t len, struct buf *header, struct buf *source);

#endif

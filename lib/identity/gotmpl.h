/*
 * The slice of Go templates that mails need (spec identity.md Z-4):
 *
 *	{{ .Name }}  {{ .Identity.traits.email }}  {{ . }}  {{ $.Name }}
 *	{{ if .Name }} ... {{ else if .Other }} ... {{ else }} ... {{ end }}
 *	{{ range .List }} ... {{ else }} ... {{ end }}
 *	{{- trims white space before it, and after it -}}
 *
 * Comments (slash and star, between the braces) are left out. Anything else is
 * an error when the template is read, never when it is used. What is absent
 * prints as nothing and counts as false, as do false, 0 and what is empty.
 */
#ifndef MIRAI_IDENTITY_GOTMPL_H
#define MIRAI_IDENTITY_GOTMPL_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "net/json.h"

struct gotmpl;

enum gotmpl_form {
	GOTMPL_TEXT,
	/*
	 * Values are escaped for where they stand: text, a quoted attribute,
	 * or a URL in one, which must be http, https or mailto. A value
	 * anywhere else (script, style, comment, bare attribute) is refused.
	 */
	GOTMPL_HTML
};

/*
 * A template of len bytes, in a; name and text are copied. NULL: *error is
 * "name:line: what is wrong", in a.
 */
struct gotmpl *gotmpl_parse(struct arena *a, const char *name, const char *text,
    size_t len, enum gotmpl_form form, const char **error);

/* Appends the template filled from data, an object. */
void gotmpl_run(struct buf *b, const struct gotmpl *t, const struct json *data);

#endif

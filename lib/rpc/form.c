/*
 * Form posts. Strict where browsers agree: CRLF line ends, a boundary of at
 * most 70 characters, a name on every part, a final boundary.
 */
#include "rpc/form.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "rpc/query.h"

#define MAX_BOUNDARY 70
#define MAX_HEAD     4096 /* headers of one part */

struct multipart {
	struct arena *mem;
	const char *p; /* what is left */
	const char *end;
	char delimiter[MAX_BOUNDARY + 5]; /* CRLF "--" boundary */
	size_t dlen;
};

static struct form_field *
add_field(struct arena *a, struct form *f)
{
	if (f->nfields == FORM_MAX_FIELDS)
		return NULL;
	if (f->fields == NULL)
		f->fields =
		    arena_calloc(a, FORM_MAX_FIELDS, sizeof(*f->fields));
	return &f->fields[f->nfields++];
}

/* --- urlencoded ------------------------------------------------------------ */

static bool
parse_pairs(struct arena *a, const char *body, size_t len, struct form *out)
{
	const char *text = arena_strndup(a, body, len);
	struct query_pair p;
	struct form_field *f;
	size_t n;

	if (strlen(text) != len)
		return false;
	while (query_next(&text, &p)) {
		if ((f = add_field(a, out)) == NULL)
			return false;
		f->name = query_decode(a, p.name, p.namelen, true, &n);
		if (f->name == NULL || strlen(f->name) != n)
			return false;
		f->value = query_decode(a, p.value, p.valuelen, true, &f->len);
		if (f->value == NULL)
			return false;
	}
	return true;
}

/* --- multipart ------------------------------------------------------------- */

/*
 * A parameter of a header value ("; name=\"x\"") in a, NULL when absent.
 * Browsers escape quotes as %22, so a backslash is only itself.
 */
static const char *
header_param(struct arena *a, const char *value, const char *name)
{
	size_t len = strlen(name), n;
	const char *s = value;

	while ((s = strchr(s, ';')) != NULL) {
		s++;
		s += strspn(s, " \t");
		n = strcspn(s, "=;");
		if (s[n] != '=' || n != len || strncasecmp(s, name, n) != 0) {
			/* A quoted value may hold a semicolon. */
			if (s[n] == '=' && s[n + 1] == '"') {
				s += n + 2;
				s += strcspn(s, "\"");
			}
			continue;
		}
		s += n + 1;
		if (*s != '"')
			return arena_strndup(a, s, strcspn(s, "; \t"));
		s++;
		n = strcspn(s, "\"");
		return s[n] == '"' ? arena_strndup(a, s, n) : NULL;
	}
	return NULL;
}

static bool
set_boundary(struct multipart *m, const char *type)
{
	const char *b = header_param(m->mem, type, "boundary");
	size_t len;

	if (b == NULL || (len = strlen(b)) == 0 || len > MAX_BOUNDARY)
		return false;
	memcpy(m->delimiter, "\r\n--", 4);
	memcpy(m->delimiter + 4, b, len);
	m->dlen = len + 4;
	return true;
}

/* After a delimiter: 1 another part follows, 0 the end, -1 malformed. */
static int
after_delimiter(struct multipart *m)
{
	size_t left = (size_t)(m->end - m->p);

	if (left >= 2 && memcmp(m->p, "--", 2) == 0)
		return 0;
	while (m->p < m->end && (*m->p == ' ' || *m->p == '\t'))
		m->p++;
	if (m->end - m->p < 2 || memcmp(m->p, "\r\n", 2) != 0)
		return -1;
	m->p += 2;
	return 1;
}

static void
take_header(struct multipart *m, const char *line, struct form_field *f)
{
	const char *value;

	if (strncasecmp(line, "Content-Disposition:", 20) == 0) {
		value = line + 20;
		value += strspn(value, " \t");
		if (strncasecmp(value, "form-data", 9) != 0)
			return;
		f->name = header_param(m->mem, value, "name");
		f->filename = header_param(m->mem, value, "filename");
	} else if (strncasecmp(line, "Content-Type:", 13) == 0) {
		f->type = str_trim(m->mem, line + 13);
	}
}

/* The header lines of a part, up to and with the empty one. */
static bool
read_head(struct multipart *m, struct form_field *f)
{
	const char *start = m->p, *eol;
	char *line;

	f->type = "";
	for (;;) {
		eol = memmem(m->p, (size_t)(m->end - m->p), "\r\n", 2);
		if (eol == NULL || eol - start > MAX_HEAD)
			return false;
		line = arena_strndup(m->mem, m->p, (size_t)(eol - m->p));
		if (strlen(line) != (size_t)(eol - m->p))
			return false;
		m->p = eol + 2;
		if (*line == '\0')
			return f->name != NULL;
		take_header(m, line, f);
	}
}

static bool
read_part(struct multipart *m, struct form_field *f)
{
	const char *end;

	if (!read_head(m, f))
		return false;
	/* An empty part's delimiter begins with the head's last CRLF. */
	end = memmem(m->p - 2, (size_t)(m->end - m->p) + 2, m->delimiter,
	    m->dlen);
	if (end == NULL)
		return false;
	f->len = end < m->p ? 0 : (size_t)(end - m->p);
	f->value = arena_strndup(m->mem, m->p, f->len);
	m->p = end + m->dlen;
	return true;
}

static bool
parse_multipart(struct multipart *m, struct form *out)
{
	struct form_field *f;
	int more;

	/* The first delimiter has no CRLF before it; a preamble is refused. */
	if ((size_t)(m->end - m->p) < m->dlen - 2 ||
	    memcmp(m->p, m->delimiter + 2, m->dlen - 2) != 0)
		return false;
	m->p += m->dlen - 2;
	while ((more = after_delimiter(m)) == 1) {
		if ((f = add_field(m->mem, out)) == NULL || !read_part(m, f))
			return false;
	}
	return more == 0;
}

bool
form_parse(struct arena *a, const char *type, const void *body, size_t len,
    struct form *out)
{
	struct multipart m = { .mem = a, .p = body };
	size_t n = strcspn(type, "; \t");

	memset(out, 0, sizeof(*out));
	if (n == 33 &&
	    strncasecmp(type, "application/x-www-form-urlencoded", n) == 0)
		return parse_pairs(a, body, len, out);
	if (n != 19 || strncasecmp(type, "multipart/form-data", n) != 0 ||
	    len == 0 || !set_boundary(&m, type))
		return false;
	m.end = m.p + len;
	return parse_multipart(&m, out);
}

const struct form_field *
form_find(const struct form *f, const char *name)
{
	size_t i;

	for (i = 0; i < f->nfields; i++) {
		if (strcmp(f->fields[i].name, name) == 0)
			return &f->fields[i];
	}
	return NULL;
}

const char *
form_text(const struct form *f, const char *name)
{
	const struct form_field *field = form_find(f, name);

	if (field == NULL || field->filename != NULL ||
	    strlen(field->value) != field->len)
		return NULL;
	return field->value;
}

/*
 * Templates of mails. A built-in HTML part stands between head.html and
 * foot.html; one from the directory is whole in itself.
 */
#include "identity/letter.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/xmalloc.h"
#include "identity/gotmpl.h"
#include "learn/asset.h"

#define FILE_MAX_BYTES ((size_t)256 * 1024)
#define MASK	       "******"

enum part {
	PART_SUBJECT,
	PART_HTML,
	PART_TEXT,
	PART__MAX
};

static const struct {
	const char *file;
	enum gotmpl_form form;
} parts[] = {
	[PART_SUBJECT] = { "email.subject.gotmpl", GOTMPL_TEXT },
	[PART_HTML] = { "email.body.gotmpl", GOTMPL_HTML },
	[PART_TEXT] = { "email.body.plaintext.gotmpl", GOTMPL_TEXT },
};

const struct letter_type letter_types[] = {
	{ "account_deletion", false },
	{ "account_locked", false },
	{ "authenticator_key_added", false },
	{ "authenticator_key_removed", false },
	{ "login_code", true },
	{ "new_device", false },
	{ "password_changed", false },
	{ "recovery", true },
	{ "recovery_code", true },
	{ "registration_code", false },
	{ "registration_exists", false },
	{ "verifiable_address_changed", false },
	{ "verification", true },
	{ "verification_code", true },
	{ 0 },
};

const struct letter_set letter_identity = { letter_types, letter_files };

/* One type: "valid" and "invalid". */
struct forms {
	struct gotmpl *parts[2][PART__MAX];
};

struct letter_box {
	const struct letter_set *set;
	struct forms *all; /* by type */
};

static const struct letter_type *
find_type(const struct letter_type *t, const char *name)
{
	for (; t->name != NULL; t++)
		if (strcmp(t->name, name) == 0)
			return t;
	return NULL;
}

const struct letter_type *
letter_type(const char *name)
{
	return find_type(letter_types, name);
}

/* --- reading --------------------------------------------------------------- */

static const struct embed_file *
find_file(const struct embed_file *f, const char *name)
{
	for (; f->name != NULL; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

/* 1 and the file's text, 0 when there is no such file, -1 and *error. */
static int
read_file(struct arena *a, const char *path, struct buf **out,
    const char **error)
{
	if ((*out = fd_slurp(a, path, FILE_MAX_BYTES)) != NULL)
		return 1;
	if (errno == ENOENT)
		return 0;
	if (errno == EFBIG)
		*error = arena_printf(a, "%s: not a file of at most %zu bytes",
		    path, FILE_MAX_BYTES);
	else
		*error = arena_printf(a, "%s: %s", path, strerror(errno));
	return -1;
}

static struct gotmpl *
parse_built_in(struct arena *a, const struct letter_set *set, const char *name,
    enum part part, const char **error)
{
	const struct embed_file *f = find_file(set->files, name), *head, *foot;
	struct buf *b = buf_new(a);

	if (f == NULL) {
		*error = arena_printf(a, "%s: not built in", name);
		return NULL;
	}
	head = find_file(letter_files, "head.html");
	foot = find_file(letter_files, "foot.html");
	if (part == PART_HTML && head != NULL)
		buf_put(b, head->data, head->len);
	buf_put(b, f->data, f->len);
	if (part == PART_HTML && foot != NULL)
		buf_put(b, foot->data, foot->len);
	return gotmpl_parse(a, name, buf_str(b), b->len, parts[part].form,
	    error);
}

static struct gotmpl *
parse_part(struct arena *a, const struct letter_set *set, const char *dir,
    const char *name, enum part part, const char **error)
{
	struct buf *b = NULL;
	const char *path;
	int rc = 0;

	path = dir == NULL ? name : arena_printf(a, "%s/%s", dir, name);
	if (dir != NULL && (rc = read_file(a, path, &b, error)) == -1)
		return NULL;
	if (rc == 0)
		return parse_built_in(a, set, name, part, error);
	return gotmpl_parse(a, path, buf_str(b), b->len, parts[part].form,
	    error);
}

/* One form of a type: "recovery_code/valid". */
static int
parse_form(struct arena *a, const struct letter_set *set, const char *dir,
    const char *form, struct gotmpl **out, const char **error)
{
	const char *name;
	int i;

	for (i = 0; i < PART__MAX; i++) {
		name = arena_printf(a, "%s/%s", form, parts[i].file);
		out[i] = parse_part(a, set, dir, name, (enum part)i, error);
		if (out[i] == NULL)
			return -1;
	}
	return 0;
}

static int
parse_type(struct arena *a, const struct letter_set *set, const char *dir,
    const struct letter_type *t, struct forms *out, const char **error)
{
	const char *valid = arena_printf(a, "%s/valid", t->name);
	const char *invalid = arena_printf(a, "%s/invalid", t->name);

	if (parse_form(a, set, dir, valid, out->parts[0], error) == -1)
		return -1;
	return t->unknown
	    ? parse_form(a, set, dir, invalid, out->parts[1], error)
	    : 0;
}

struct letter_box *
letter_open(struct arena *a, const struct letter_set *set, const char *dir,
    const char **error)
{
	struct letter_box *box;
	size_t i, n;

	for (n = 0; set->types[n].name != NULL; n++)
		continue;
	box = arena_zalloc(a, sizeof(*box));
	box->set = set;
	box->all = arena_calloc(a, n, sizeof(*box->all));
	for (i = 0; i < n; i++)
		if (parse_type(a, set, dir, &set->types[i], &box->all[i],
			error) == -1)
			return NULL;
	return box;
}

/* --- writing --------------------------------------------------------------- */

static const char *
fill(struct arena *a, const struct gotmpl *t, const struct json *data)
{
	struct buf *b = buf_new(a);

	gotmpl_run(b, t, data);
	return buf_str(b);
}

/* A blank for each control character: a header holds none (net/mail.h). */
static const char *
one_line(struct arena *a, const char *s)
{
	char *copy = arena_strdup(a, s), *p;

	for (p = copy; *p != '\0'; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
		else if ((unsigned char)*p == 0xc2 &&
		    (unsigned char)p[1] < 0xa0)
			p[0] = p[1] = ' '; /* U+0080 to U+009F */
	}
	return str_trim(a, copy);
}

int
letter_write(struct arena *a, const struct letter_box *box, const char *type,
    bool unknown, const struct json *data, struct letter *out)
{
	const struct letter_type *t = find_type(box->set->types, type);
	struct gotmpl *const *form;

	if (t == NULL || (unknown && !t->unknown))
		return -1;
	form = box->all[t - box->set->types].parts[unknown ? 1 : 0];
	out->subject = one_line(a, fill(a, form[PART_SUBJECT], data));
	out->html = fill(a, form[PART_HTML], data);
	out->text = fill(a, form[PART_TEXT], data);
	return 0;
}

/* --- masking --------------------------------------------------------------- */

static const struct json *mask_object(struct arena *a, const struct json *o);

static void
mask_member(struct arena *a, struct json *out, const char *key,
    const struct json *v)
{
	const char *s, *q;

	if (v == NULL) {
		json_put_null(out, key);
	} else if (str_ends(key, "Code")) {
		json_put_text(out, key, MASK);
	} else if (str_ends(key, "URL") && json_kind(v) == JSON_TEXT) {
		s = json_text(v);
		q = strpbrk(s, "?#");
		json_put_text(out, key,
		    q == NULL ? s
			      : arena_printf(a, "%.*s?" MASK, (int)(q - s), s));
	} else if (json_kind(v) == JSON_OBJECT) {
		json_put(out, key, mask_object(a, v));
	} else {
		json_put(out, key, v);
	}
}

static const struct json *
mask_object(struct arena *a, const struct json *o)
{
	struct json *out = json_new_object(a);
	const char *key;
	size_t i;

	for (i = 0; (key = json_key_at(o, i)) != NULL; i++)
		mask_member(a, out, key, json_get(o, key));
	return out;
}

const struct json *
letter_masked(struct arena *a, const struct json *data)
{
	return mask_object(a, data);
}

/*
 * The answers are two levels deep below their root: fields of the document, and
 * rows with fields of their own. One reader walks all of them and hands each
 * field to the document's own function; text is bounded.
 */
#include "net/s3_xml.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "net/xml.h"

#define MAX_TEXT  8192 /* a key of 1024 bytes, each percent-encoded */
#define MAX_NAME  48
#define MAX_DEPTH 3

struct doc {
	struct arena *mem;
	const char *root; /* what it must be */
	void *out;
	/* A field of row, "" for the document's own; text is in the arena. */
	void (*field)(struct doc *d, const char *row, const char *name,
	    const char *text);
	void (*row)(struct doc *d, const char *row); /* is complete */
	char names[MAX_DEPTH][MAX_NAME];
	int depth;
	struct buf text;
	bool seen; /* the root */
	bool bad;
	/* What the functions remember between calls. */
	bool truncated;
	bool encoded;
	struct s3_item item;
	struct s3_upload upload;
};

static void
on_open(void *arg, const char *name, const char *const *attrs)
{
	struct doc *d = arg;

	(void)attrs;
	if (d->depth == 0 && strcmp(name, d->root) != 0)
		d->bad = true;
	d->seen = true;
	if (d->depth < MAX_DEPTH && strlen(name) < MAX_NAME)
		(void)strcpy(d->names[d->depth], name);
	else if (d->depth < MAX_DEPTH)
		d->names[d->depth][0] = '\0';
	d->depth++;
	buf_reset(&d->text);
}

static void
on_close(void *arg, const char *name)
{
	struct doc *d = arg;
	int level;

	(void)name;
	level = --d->depth;
	if (d->bad)
		return;
	if (level == 1 && d->row != NULL)
		d->row(d, d->names[1]);
	if (level == 1 || level == 2)
		d->field(d, level == 1 ? "" : d->names[1], d->names[level],
		    arena_strdup(d->mem, buf_str(&d->text)));
	buf_reset(&d->text);
}

static void
on_text(void *arg, const char *p, size_t len)
{
	struct doc *d = arg;

	if (d->text.len + len > MAX_TEXT)
		d->bad = true;
	if (!d->bad)
		buf_put(&d->text, p, len);
}

static int
read_doc(struct doc *d, const char *p, size_t len)
{
	static const struct xml_events events = { on_open, on_close, on_text };
	const char *why;
	int rc;

	rc = xml_read(p, len, &events, d, &why);
	buf_free(&d->text);
	return rc == -1 || d->bad || !d->seen ? -1 : 0;
}

/* --- a page of objects ---------------------------------------------------- */

static void
listing_field(struct doc *d, const char *row, const char *name,
    const char *text)
{
	struct s3_listing *l = d->out;

	if (strcmp(row, "Contents") == 0) {
		if (strcmp(name, "Key") == 0)
			d->item.key = text;
		else if (strcmp(name, "Size") == 0)
			d->bad |= !str_to_i64(text, 0, INT64_MAX, &d->item.len);
		else if (strcmp(name, "LastModified") == 0)
			d->bad |=
			    !clock_parse_rfc3339(text, &d->item.modified_at);
	} else if (strcmp(row, "CommonPrefixes") == 0 &&
	    strcmp(name, "Prefix") == 0) {
		if (l->nprefixes == l->capprefixes) {
			l->capprefixes = l->capprefixes * 2 + 16;
			l->prefixes = arena_grow(d->mem, l->prefixes,
			    l->nprefixes, l->capprefixes, sizeof(*l->prefixes));
		}
		l->prefixes[l->nprefixes++] = text;
	} else if (row[0] == '\0') {
		if (strcmp(name, "NextContinuationToken") == 0)
			l->next = text;
		else if (strcmp(name, "IsTruncated") == 0)
			d->truncated = strcmp(text, "true") == 0;
		else if (strcmp(name, "EncodingType") == 0)
			d->encoded = strcmp(text, "url") == 0;
	}
}

static void
listing_row(struct doc *d, const char *row)
{
	struct s3_listing *l = d->out;

	if (strcmp(row, "Contents") != 0)
		return;
	if (d->item.key == NULL) {
		d->bad = true;
		return;
	}
	if (l->nitems == l->capitems) {
		l->capitems = l->capitems * 2 + 64;
		l->items = arena_grow(d->mem, l->items, l->nitems, l->capitems,
		    sizeof(*l->items));
	}
	l->items[l->nitems++] = d->item;
	memset(&d->item, 0, sizeof(d->item));
}

/* Some servers encode names, as they are asked to; some do not. */
static bool
decode(struct arena *a, const char **name)
{
	*name = str_url_decode(a, *name, strlen(*name), true);
	return *name != NULL;
}

static int
decode_page(struct arena *a, struct s3_listing *l, size_t items,
    size_t prefixes)
{
	size_t i;

	for (i = items; i < l->nitems; i++)
		if (!decode(a, &l->items[i].key))
			return -1;
	for (i = prefixes; i < l->nprefixes; i++)
		if (!decode(a, &l->prefixes[i]))
			return -1;
	return 0;
}

int
s3_xml_listing(struct arena *a, const char *p, size_t len, struct s3_listing *l)
{
	struct doc d = { .mem = a,
		.root = "ListBucketResult",
		.out = l,
		.field = listing_field,
		.row = listing_row };
	size_t items, prefixes;
	const char *last;

	items = l->nitems;
	prefixes = l->nprefixes;
	last = l->next;
	l->next = NULL;
	if (read_doc(&d, p, len) == -1)
		return -1;
	if (!d.truncated)
		l->next = NULL;
	else if (str_is_empty(l->next) || str_eq(l->next, last))
		return -1; /* the list would be cut, or never end */
	return d.encoded ? decode_page(a, l, items, prefixes) : 0;
}

/* --- a page of uploads ---------------------------------------------------- */

static void
uploads_field(struct doc *d, const char *row, const char *name,
    const char *text)
{
	struct s3_uploads *u = d->out;

	if (strcmp(row, "Upload") == 0) {
		if (strcmp(name, "Key") == 0)
			d->upload.key = text;
		else if (strcmp(name, "UploadId") == 0)
			d->upload.id = text;
		else if (strcmp(name, "Initiated") == 0)
			d->bad |=
			    !clock_parse_rfc3339(text, &d->upload.begun_at);
	} else if (row[0] == '\0') {
		if (strcmp(name, "NextKeyMarker") == 0)
			u->next_key = text;
		else if (strcmp(name, "NextUploadIdMarker") == 0)
			u->next_id = text;
		else if (strcmp(name, "IsTruncated") == 0)
			d->truncated = strcmp(text, "true") == 0;
	}
}

static void
uploads_row(struct doc *d, const char *row)
{
	struct s3_uploads *u = d->out;

	if (strcmp(row, "Upload") != 0)
		return;
	if (d->upload.key == NULL || d->upload.id == NULL) {
		d->bad = true;
		return;
	}
	if (u->nuploads == u->capuploads) {
		u->capuploads = u->capuploads * 2 + 16;
		u->uploads = arena_grow(d->mem, u->uploads, u->nuploads,
		    u->capuploads, sizeof(*u->uploads));
	}
	u->uploads[u->nuploads++] = d->upload;
	memset(&d->upload, 0, sizeof(d->upload));
}

int
s3_xml_uploads(struct arena *a, const char *p, size_t len, struct s3_uploads *u)
{
	struct doc d = { .mem = a,
		.root = "ListMultipartUploadsResult",
		.out = u,
		.field = uploads_field,
		.row = uploads_row };
	const char *key, *id;

	key = u->next_key;
	id = u->next_id;
	u->next_key = u->next_id = NULL;
	if (read_doc(&d, p, len) == -1)
		return -1;
	if (!d.truncated)
		u->next_key = u->next_id = NULL;
	else if (str_is_empty(u->next_key) || u->next_id == NULL ||
	    (str_eq(u->next_key, key) && str_eq(u->next_id, id)))
		return -1;
	return 0;
}

/* --- one field ------------------------------------------------------------ */

struct wanted {
	const char *name;
	const char *text;
};

static void
wanted_field(struct doc *d, const char *row, const char *name, const char *text)
{
	struct wanted *w = d->out;

	if (row[0] == '\0' && strcmp(name, w->name) == 0)
		w->text = text;
}

static const char *
one_field(struct arena *a, const char *p, size_t len, const char *root,
    const char *name)
{
	struct wanted w = { name, NULL };
	struct doc d = { .mem = a,
		.root = root,
		.out = &w,
		.field = wanted_field };

	if (read_doc(&d, p, len) == -1 || str_is_empty(w.text))
		return NULL;
	return w.text;
}

const char *
s3_xml_upload_id(struct arena *a, const char *p, size_t len)
{
	return one_field(a, p, len, "InitiateMultipartUploadResult",
	    "UploadId");
}

const char *
s3_xml_error(struct arena *a, const char *p, size_t len)
{
	const char *code, *c;

	code = one_field(a, p, len, "Error", "Code");
	if (code == NULL || strlen(code) > MAX_NAME)
		return NULL;
	for (c = code; *c != '\0'; c++)
		if (!isalnum((unsigned char)*c))
			return NULL;
	return code;
}

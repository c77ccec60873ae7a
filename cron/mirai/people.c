/*
 * People in and out of files: JSON Lines, one identity each, in the form that
 * Kratos gives and takes. A line is written as a whole or not at all, and says
 * where it stands when it is refused.
 */
#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "identity.h"
#include "identity/admin_export.h"
#include "identity/admin_view.h"
#include "identity/body.h"
#include "identity/trail.h"
#include "progress.h"

#define PAGE ((int64_t)250)

/* --- out ------------------------------------------------------------------- */

struct out {
	struct desk *d;
	bool credentials;
	int lost;
};

static enum code
write_one(struct out *x, const struct json *who)
{
	struct visit *c = &x->d->c;
	const struct json *line = NULL;
	enum code code;

	code = admin_export_make(c, who, x->credentials, &line, &x->lost);
	if (code == CODE_OK && x->credentials)
		code = trail_by(c->db, "credentials.export", c->actor,
		    json_get_text(who, "id", NULL));
	if (code == CODE_OK)
		puts(json_string(c->mem, line, JSON_COMPACT));
	return code;
}

static enum code
write_list(struct out *x, const struct json *list)
{
	enum code code = CODE_OK;
	size_t i;

	for (i = 0; code == CODE_OK && i < json_count(list); i++)
		code = write_one(x, json_at(list, i));
	return code;
}

/* One page after *after; how many, -1: failed. */
static int64_t
write_page(struct out *x, char after[STR_UUID_LEN + 1])
{
	struct admin_view_filter f = { .limit = PAGE };
	struct json *list = NULL;
	const char *last;
	enum code code;
	size_t n;

	f.after = *after == '\0' ? NULL : after;
	visit_begin(&x->d->c, DB_TX_WRITE);
	code = admin_view_list(&x->d->c, &f, NULL, &list);
	if (code == CODE_OK)
		code = write_list(x, list);
	if (desk_end(x->d, code) == -1)
		return -1;
	if ((n = json_count(list)) == 0)
		return 0;
	last = json_get_text(json_at(list, n - 1), "id", "");
	return str_uuid_canon(last, after) ? (int64_t)n : -1;
}

static int
write_all(struct out *x)
{
	char after[STR_UUID_LEN + 1] = "";
	int64_t n;

	do {
		desk_next(x->d);
		n = write_page(x, after);
	} while (n == PAGE && !ferror(stdout));
	return n == -1 ? -1 : 0;
}

static int
write_named(struct out *x, const char *name)
{
	const struct json *who;

	desk_next(x->d);
	if ((who = desk_find(x->d, name)) == NULL)
		return -1;
	visit_begin(&x->d->c, DB_TX_WRITE);
	return desk_end(x->d, write_one(x, who));
}

int
people_export(struct desk *d, const struct identity_opts *o, int argc,
    char **argv)
{
	struct out x = { .d = d, .credentials = o->credentials };
	int i, rc = 0;

	visit_begin(&d->c, DB_TX_WRITE);
	if (desk_end(d,
		trail_by(d->c.db, "identity.export", d->c.actor, NULL)) == -1)
		return 1;
	if (argc == 0)
		rc = write_all(&x);
	for (i = 0; i < argc; i++)
		if (write_named(&x, argv[i]) == -1)
			rc = -1;
	if (x.lost > 0)
		warnx("%d credentials can be opened by no secret that is set",
		    x.lost);
	return rc == -1 || x.lost > 0 ? 1 : 0;
}

/* --- in -------------------------------------------------------------------- */

struct in {
	struct desk *d;
	const struct identity_opts *o;
	const char *path;
	FILE *file;
	size_t size; /* 0: not known */
	size_t done; /* bytes */
	int64_t line;
	int64_t made;
	int64_t skipped;
	int64_t refused;
	struct progress progress;
};

static void
refuse(struct in *x, const char *why)
{
	progress_close(&x->progress);
	fprintf(stderr, "%s:%lld: %s\n", x->path, (long long)x->line, why);
	x->refused++;
}

/* The line as what is to be made; NULL and *why. */
static const struct json *
parse(struct in *x, const char *text, size_t len, struct admin_import *out,
    const char **why)
{
	static const struct json_limits limits = { .max_bytes = BODY_MAX_BYTES,
		.max_depth = BODY_MAX_DEPTH };
	struct visit *c = &x->d->c;
	const struct json *body;

	if (len > BODY_MAX_BYTES) {
		*why = "longer than 1 MiB";
		return NULL;
	}
	if ((body = json_parse(c->mem, text, len, &limits, why)) == NULL)
		return NULL;
	if (json_kind(body) != JSON_OBJECT) {
		*why = "not an object";
		return NULL;
	}
	return admin_export_read(c, body, out, why) ? body : NULL;
}

/* CODE_ALREADY_EXISTS: an id, identifier or address is taken. */
static enum code
make(struct in *x, struct admin_import *in)
{
	struct visit *c = &x->d->c;
	char id[STR_UUID_LEN + 1];
	enum code code;

	if ((code = admin_import_hash(c, in)) != CODE_OK)
		return code;
	visit_begin(c, DB_TX_WRITE);
	code = admin_import_create(c, in, id);
	if (code != CODE_OK || x->o->dry) {
		visit_abort(c);
		return code;
	}
	return visit_end(c, CODE_OK) ? CODE_OK : CODE_UNAVAILABLE;
}

/* 0, or -1 when there is no sense in going on. */
static int
take_line(struct in *x, const char *text, size_t len)
{
	struct admin_import in;
	const char *why = NULL;
	enum code code;

	desk_next(x->d);
	if (parse(x, text, len, &in, &why) == NULL) {
		refuse(x, why);
		return 0;
	}
	code = make(x, &in);
	if (code == CODE_OK) {
		x->made++;
	} else if (code == CODE_ALREADY_EXISTS && x->o->skip) {
		x->skipped++;
	} else if (code == CODE_ALREADY_EXISTS) {
		refuse(x,
		    "there is an identity with this id, address or "
		    "identifier");
	} else {
		refuse(x, "the database refused or does not answer");
		return -1;
	}
	return 0;
}

static void
show(struct in *x, size_t len)
{
	x->done += len;
	if (x->size > 0 && x->progress.terminal)
		progress_step(&x->progress, "import", x->done / 1024,
		    x->size / 1024);
}

static int
take_file(struct in *x)
{
	char *text = NULL;
	size_t cap = 0;
	ssize_t len;
	int rc = 0;

	while (rc == 0 && (len = getline(&text, &cap, x->file)) != -1) {
		x->line++;
		show(x, (size_t)len);
		while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
			len--;
		if (len > 0)
			rc = take_line(x, text, (size_t)len);
		crypt_wipe(text, cap);
	}
	free(text);
	progress_close(&x->progress);
	if (rc == 0 && ferror(x->file)) {
		warn("%s", x->path);
		rc = -1;
	}
	return rc;
}

static int
open_file(struct in *x, const char *path)
{
	struct stat st;

	x->path = path;
	if (strcmp(path, "-") == 0) {
		x->path = "stdin";
		x->file = stdin;
		return 0;
	}
	if ((x->file = fopen(path, "re")) == NULL) {
		warn("%s", path);
		return -1;
	}
	if (fstat(fileno(x->file), &st) == 0 && S_ISREG(st.st_mode))
		x->size = (size_t)st.st_size;
	return 0;
}

static void
sum_up(struct in *x)
{
	struct json *line;

	desk_next(x->d);
	line = json_new_object(x->d->c.mem);
	json_put_int(line, "made", x->made);
	json_put_int(line, "skipped", x->skipped);
	json_put_int(line, "refused", x->refused);
	json_put_bool(line, "dry_run", x->o->dry);
	identity_say(x->o, line, "%lld %s, %lld skipped, %lld refused",
	    (long long)x->made, x->o->dry ? "would be made" : "made",
	    (long long)x->skipped, (long long)x->refused);
}

int
people_import(struct desk *d, const struct identity_opts *o, int argc,
    char **argv)
{
	struct in x = { .d = d, .o = o };
	int rc;

	(void)argc;
	if (open_file(&x, argv[0]) == -1)
		return 1;
	progress_open(&x.progress, o->json ? PROGRESS_QUIET : PROGRESS_AUTO);
	rc = take_file(&x);
	if (x.file != stdin)
		fclose(x.file);
	sum_up(&x);
	return rc == -1 || x.refused > 0 ? 1 : 0;
}

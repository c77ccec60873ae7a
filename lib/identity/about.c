/*
 * Small answers about the service. Readiness asks the database, with a time
 * limit of its own.
 */
#include "identity/about.h"

#include <string.h>

#include "base/version.h"
#include "db/migrate.h"
#include "rpc/resp.h"

#define READY_MS 1000
#define PREFIX	 "/schemas/"

enum query {
	Q_READY,
	Q__MAX
};

const struct db_query about_queries[] = {
	[Q_READY] = {
	    .name = "about_ready",
	    .nargs = 0,
	    .sql = "SELECT coalesce(max(name), ''),"
		   " (SELECT count(*) FROM (SELECT 1 FROM identities LIMIT 1)"
		   " one) FROM schema_migrations WHERE name ~ '^[0-9]'",
	},
	[Q__MAX] = { 0 },
};

static void
answer_member(struct visit *c, const char *key, const char *value)
{
	struct json *o = json_new_object(c->mem);

	json_put_text(o, key, value);
	visit_json(c, 200, o);
}

void
about_alive(struct visit *c)
{
	answer_member(c, "status", "ok");
}

/* What is not as it must be, by dependency; NULL: nothing. */
static struct json *
find_faults(struct visit *c)
{
	struct db_scope scope = { .deadline_ms = c->r->started_ms + READY_MS };
	struct json *o = json_new_object(c->mem);
	struct db_rows *rows;
	enum code code;

	db_begin(c->db, DB_TX_READ, &scope);
	rows = db_last(c->db, &about_queries[Q_READY], DB_NOARGS);
	code = db_end(c->db, rows == NULL ? CODE_UNAVAILABLE : CODE_OK);
	if (code != CODE_OK || !db_next(rows))
		json_put_text(o, "database",
		    "the identity database does not answer");
	else if (strcmp(db_text(rows, 0), migrate_schema(MIGRATE_IDENTITY)) < 0)
		json_put_text(o, "migrations",
		    "the schema is older than this program; run mirai-migrate");
	else
		return NULL;
	return o;
}

void
about_ready(struct visit *c)
{
	struct json *faults = find_faults(c), *o;

	if (faults == NULL) {
		answer_member(c, "status", "ok");
		return;
	}
	o = json_new_object(c->mem);
	json_put(o, "errors", faults);
	visit_json(c, 503, o);
}

void
about_version(struct visit *c)
{
	answer_member(c, "version", MIRAI_VERSION);
}

void
about_schemas(struct visit *c)
{
	struct json *list = json_new_list(c->mem), *item;
	size_t i;

	for (i = 0; i < c->p->nschemas; i++) {
		item = json_add_object(list);
		json_put_text(item, "id", c->p->schemas[i]->id);
		json_put(item, "schema", c->p->schemas[i]->root);
	}
	resp_header(c->r, "link",
	    arena_printf(c->mem, "<%s/schemas>; rel=\"first\"",
		c->p->base_url));
	visit_json(c, 200, list);
}

/* By the id as it is, or in base64 as in schema_url. */
static const struct schema *
named_schema(struct visit *c, const char *id)
{
	const struct schema *s = idp_schema(c->p, id);
	const uint8_t *raw;
	size_t len;

	if (s != NULL)
		return s;
	raw = crypt_unbase64(c->mem, id, strlen(id), &len);
	return raw == NULL ? NULL : idp_schema(c->p, (const char *)raw);
}

void
about_schema(struct visit *c)
{
	const struct schema *s = named_schema(c, c->r->path + strlen(PREFIX));

	c->json_only = true;
	if (s != NULL)
		visit_json(c, 200, s->root);
	else
		visit_refuse_simple(c, 404, NULL, "There is no such schema.");
}

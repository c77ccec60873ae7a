/*
 * Small answers about the service. Readiness asks the database, with a time
 * limit of its own.
 */
#include "identity/about.h"

#include <string.h>

#include "base/version.h"
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
	    .sql = "SELECT 1 FROM identities LIMIT 1",
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

void
about_ready(struct visit *c)
{
	struct db_scope scope = { .deadline_ms = c->r->started_ms + READY_MS };
	struct db_rows *rows;
	struct json *o;

	db_begin(c->db, DB_TX_READ, &scope);
	rows = db_last(c->db, &about_queries[Q_READY], DB_NOARGS);
	if (db_end(c->db, rows == NULL ? CODE_UNAVAILABLE : CODE_OK) ==
	    CODE_OK) {
		answer_member(c, "status", "ok");
		return;
	}
	o = json_new_object(c->mem);
	json_put_text(json_put_object(o, "errors"), "database",
	    "the identity database does not answer");
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

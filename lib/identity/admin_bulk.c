/*
 * Many identities in one call. Each is made in a transaction of its own, so
 * one that is refused takes no other with it; the answer says what became of
 * each.
 */
#include "identity/admin_bulk.h"

#include <string.h>

#include "identity/admin_body.h"
#include "identity/admin_import.h"
#include "identity/password.h"

#define MAX_ITEMS ((size_t)1000)
#define MAX_PLAIN ((size_t)200)

static bool
has_plain_password(const struct json *item)
{
	const struct json *o = json_get(item, "create");

	o = json_get(json_get(o, "credentials"), "password");
	return json_has(json_get(o, "config"), "password");
}

/* The list of the body; NULL: refused. */
static const struct json *
read_items(struct visit *c)
{
	static const char *const members[] = { "identities", NULL };
	const struct json *body, *list;
	const char *why = NULL;
	size_t i, plain = 0;

	if ((body = admin_body_read(c, JSON_OBJECT)) == NULL)
		return NULL;
	list = json_need_list(body, "identities");
	for (i = 0; i < json_count(list); i++)
		plain += has_plain_password(json_at(list, i));
	if (json_error(body) != NULL)
		why = json_error(body);
	else if (!admin_body_only(c, body, members, NULL, &why))
		list = NULL;
	else if (json_count(list) > MAX_ITEMS)
		why = "identities: more than 1000";
	else if (plain > MAX_PLAIN)
		why = "identities: more than 200 with a password in clear";
	if (why == NULL)
		return list;
	admin_body_refuse(c, why);
	return NULL;
}

static void
put_failure(struct json *out, int status, const char *text, const char *why)
{
	struct json *error;

	json_put_text(out, "action", "error");
	error = json_put_object(out, "error");
	json_put_int(error, "code", status);
	json_put_text(error, "status", text);
	json_put_text(error, "message", text);
	json_put_text(error, "reason", why);
}

static void
put_code(struct json *out, enum code code)
{
	if (code == CODE_ALREADY_EXISTS)
		put_failure(out, 409, "Conflict",
		    "This identity conflicts with another identity that "
		    "already exists.");
	else
		put_failure(out, 503, "Service Unavailable",
		    "The service is busy. Please try again.");
}

/* One item, as a document of its own: the errors of others are not its. */
static const struct json *
read_item(struct visit *c, const struct json *in, struct json *out,
    struct admin_import *import)
{
	static const char *const members[] = { "create", "patch_id", NULL };
	const char *text = json_string(c->mem, in, JSON_COMPACT), *why = NULL;
	char id[STR_UUID_LEN + 1];
	const struct json *item, *create;

	item = json_parse(c->mem, text, strlen(text), NULL, NULL);
	text = json_get_text(item, "patch_id", NULL);
	if (text != NULL && str_uuid_canon(text, id))
		json_put_text(out, "patch_id", id);
	else if (text != NULL)
		why = "patch_id: not a UUID";
	create = json_need_object(item, "create");
	if (why == NULL && json_error(item) != NULL)
		why = json_error(item);
	if (why == NULL && admin_body_only(c, item, members, NULL, &why)) {
		/* Its getters' errors carry the path from here. */
		text = json_string(c->mem, create, JSON_COMPACT);
		create = json_parse(c->mem, text, strlen(text), NULL, NULL);
		if (admin_import_read(c, create, ADMIN_IMPORT_CREATE, import,
			&why))
			return create;
	}
	put_failure(out, 400, "Bad Request", why);
	return NULL;
}

/* Says in out what became of it; false: the commit failed, answered. */
static bool
make_item(struct visit *c, const struct json *in, struct json *out)
{
	struct admin_import import;
	char id[STR_UUID_LEN + 1];
	enum code code;

	if (read_item(c, in, out, &import) == NULL)
		return true;
	if ((code = admin_import_hash(c, &import)) != CODE_OK) {
		put_code(out, code);
		return true;
	}
	visit_begin(c, DB_TX_WRITE);
	if ((code = admin_import_create(c, &import, id)) != CODE_OK) {
		visit_abort(c);
		put_code(out, code);
		return true;
	}
	if (!visit_end(c, CODE_OK))
		return false;
	json_put_text(out, "action", "create");
	json_put_text(out, "identity", id);
	return true;
}

void
admin_bulk_create(struct visit *c)
{
	struct json *o = json_new_object(c->mem), *results;
	const struct json *list;
	size_t i;

	if ((list = read_items(c)) == NULL)
		return;
	results = json_put_list(o, "identities");
	for (i = 0; i < json_count(list); i++)
		if (!make_item(c, json_at(list, i), json_add_object(results)))
			return;
	visit_json(c, 200, o);
}

/*
 * Identities: found, made, changed, removed. Every write leaves its row in the
 * audit trail, in the same transaction, with the name of the caller.
 */
#include "identity/admin_identity.h"

#include <string.h>

#include "identity/admin_body.h"
#include "identity/admin_import.h"
#include "identity/admin_session.h"
#include "identity/admin_view.h"
#include "identity/page.h"
#include "identity/password.h"
#include "identity/route.h"
#include "identity/self.h"
#include "net/json_patch.h"
#include "rpc/query.h"
#include "rpc/resp.h"

#define LIST	"/admin/identities"
#define MAX_IDS ((size_t)500)

/* --- reading --------------------------------------------------------------- */

/* Every value of a repeated parameter; NULL: it is not there. */
static const char *const *
query_values(struct visit *c, const char *name)
{
	const char *text = c->r->query, *value;
	const char **list = NULL;
	struct query_pair pair;
	size_t n = 0, len;

	while (query_next(&text, &pair)) {
		if (!query_is(&pair, name))
			continue;
		value =
		    query_decode(c->mem, pair.value, pair.valuelen, true, &len);
		if (n % 16 == 0)
			list =
			    arena_grow(c->mem, list, n, n + 17, sizeof(*list));
		list[n++] = value == NULL ? "" : value;
		list[n] = NULL;
	}
	return list;
}

/* False: refused. */
static bool
check_config_types(struct visit *c, const char *const *types)
{
	static const char *const known[] = { "code", "lookup_secret", "oidc",
		"passkey", "password", "totp", "webauthn" };
	size_t i;

	for (; types != NULL && *types != NULL; types++) {
		for (i = 0; i < NITEMS(known); i++)
			if (strcmp(known[i], *types) == 0)
				break;
		if (i < NITEMS(known))
			continue;
		admin_body_refuse(c,
		    "include_credential: there is no such type of credential");
		return false;
	}
	return true;
}

static bool
check_ids(struct visit *c, const char *const *ids)
{
	size_t n;

	for (n = 0; ids != NULL && ids[n] != NULL; n++) {
		if (n == MAX_IDS) {
			admin_body_refuse(c, "ids: more than 500");
			return false;
		}
		if (!str_is_uuid(ids[n])) {
			admin_body_refuse(c, "ids: not a UUID");
			return false;
		}
	}
	return true;
}

/* What the query asks for; false: refused. */
static bool
read_filter(struct visit *c, struct admin_view_filter *f)
{
	int n;

	f->identifier = req_query(c->r, "credentials_identifier");
	f->ids = query_values(c, "ids");
	f->organization_id = req_query(c->r, "organization_id");
	n = (f->identifier != NULL) + (f->ids != NULL) +
	    (f->organization_id != NULL);
	if (n > 1) {
		admin_body_refuse(c,
		    "credentials_identifier, ids and organization_id do not "
		    "combine");
		return false;
	}
	if (f->organization_id != NULL && !str_is_uuid(f->organization_id)) {
		admin_body_refuse(c, "organization_id: not a UUID");
		return false;
	}
	return check_ids(c, f->ids);
}

void
admin_identity_list(struct visit *c)
{
	const char *const *config = query_values(c, "include_credential");
	struct admin_view_filter f;
	struct page page;
	struct json *list;

	if (!check_config_types(c, config) || !read_filter(c, &f) ||
	    !page_read(c, &page))
		return;
	f.after = page.after;
	f.limit = page.size;
	visit_begin(c, DB_TX_READ);
	if (!visit_end(c, admin_view_list(c, &f, config, &list)))
		return;
	page_headers_after(c, &page, LIST,
	    f.ids != NULL || f.identifier != NULL ? NULL
						  : page_last_id(&page, list));
	visit_json(c, 200, list);
}

static void
answer_one(struct visit *c, enum code code, const struct json **one)
{
	if (admin_body_end(c, code))
		visit_json(c, 200, *one);
}

static void
show(struct visit *c, const char *value,
    enum code (*find)(struct visit *, const char *, const char *const *,
	const struct json **))
{
	const char *const *config = query_values(c, "include_credential");
	const struct json *one = NULL;

	if (!check_config_types(c, config))
		return;
	visit_begin(c, DB_TX_READ);
	answer_one(c, find(c, value, config, &one), &one);
}

void
admin_identity_get(struct visit *c)
{
	show(c, route_arg(c, 0), admin_view_get);
}

void
admin_identity_by_external(struct visit *c)
{
	show(c, route_arg(c, 0), admin_view_by_external);
}

/* --- writing --------------------------------------------------------------- */

/* The identity the body describes, passwords hashed. False: answered. */
static bool
read_import(struct visit *c, enum admin_import_form form,
    struct admin_import *in)
{
	const struct json *body;
	const char *why;

	if ((body = admin_body_read(c, JSON_OBJECT)) == NULL)
		return false;
	if (!admin_import_read(c, body, form, in, &why)) {
		admin_body_refuse(c, why);
		return false;
	}
	if (admin_import_hash(c, in) != CODE_OK) {
		password_refuse_busy(c);
		return false;
	}
	return true;
}

void
admin_identity_create(struct visit *c)
{
	const struct json *one = NULL;
	struct admin_import in;
	char id[STR_UUID_LEN + 1];
	enum code code;

	if (!read_import(c, ADMIN_IMPORT_CREATE, &in))
		return;
	visit_begin(c, DB_TX_WRITE);
	code = admin_import_create(c, &in, id);
	if (code == CODE_OK)
		code = admin_view_get(c, id, NULL, &one);
	if (!admin_body_end(c, code))
		return;
	resp_header(c->r, "location", arena_printf(c->mem, LIST "/%s", id));
	visit_json(c, 201, one);
}

/* Replaces and shows it; in the open transaction. */
static void
replace(struct visit *c, const char *id, const struct admin_import *in)
{
	const struct json *one = NULL;
	enum code code;

	code = admin_import_replace(c, id, in);
	if (code == CODE_OK)
		code = admin_view_get(c, id, NULL, &one);
	answer_one(c, code, &one);
}

void
admin_identity_put(struct visit *c)
{
	const char *id = route_arg(c, 0);
	struct admin_import in;
	enum code code;

	if (!read_import(c, ADMIN_IMPORT_UPDATE, &in))
		return;
	visit_begin(c, DB_TX_WRITE);
	if ((code = admin_view_lock(c, id, NULL)) == CODE_OK)
		replace(c, id, &in);
	else
		(void)admin_body_end(c, code); /* answered in any case */
}

/* What a patch may not reach; NULL: nothing of it. */
static const char *
forbidden_path(const struct json *patch)
{
	static const char *const paths[] = { "/id", "/credentials",
		"/stateChangedAt", "/state_changed_at", "/schema_url",
		"/created_at", "/updated_at" };
	size_t i;

	for (i = 0; i < NITEMS(paths); i++)
		if (json_patch_touches(patch, paths[i]))
			return paths[i];
	return NULL;
}

void
admin_identity_patch(struct visit *c)
{
	const char *id = route_arg(c, 0), *why = NULL, *path;
	const struct json *patch, *now = NULL, *then;
	struct admin_import in;
	enum code code;

	if ((patch = admin_body_read(c, JSON_LIST)) == NULL)
		return;
	if ((path = forbidden_path(patch)) != NULL) {
		admin_body_refuse(c,
		    arena_printf(c->mem, "%s: cannot be patched", path));
		return;
	}
	visit_begin(c, DB_TX_WRITE);
	code = admin_view_lock(c, id, NULL);
	if (code == CODE_OK)
		code = admin_view_get(c, id, NULL, &now);
	if (code != CODE_OK) {
		(void)admin_body_end(c, code); /* answered in any case */
		return;
	}
	then = json_patch(c->mem, now, patch, &why);
	if (then != NULL && json_kind(then) != JSON_OBJECT)
		why = "the patch leaves no object";
	if (why == NULL &&
	    admin_import_read(c, then, ADMIN_IMPORT_PATCHED, &in, &why))
		replace(c, id, &in);
	else
		admin_body_refuse(c, why);
}

void
admin_identity_delete(struct visit *c)
{
	const char *id = route_arg(c, 0);
	enum code code;

	visit_begin(c, DB_TX_WRITE);
	code = admin_view_lock(c, id, NULL);
	if (code == CODE_OK)
		code = admin_session_end_of(c, id);
	if (code == CODE_OK)
		code = identity_delete(c->db, id);
	if (code == CODE_OK)
		code = self_trail(c, "identity.delete", NULL, id, NULL);
	if (admin_body_end(c, code))
		visit_empty(c, 204);
}

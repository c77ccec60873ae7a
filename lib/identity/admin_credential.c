/*
 * Taking credentials away. The last way to sign in stays, unless the caller
 * insists.
 */
#include "identity/admin_credential.h"

#include <string.h>

#include "identity/admin_body.h"
#include "identity/admin_view.h"
#include "identity/credential.h"
#include "identity/route.h"
#include "identity/self.h"
#include "rpc/auth.h"

static bool
is_first_factor(const char *type)
{
	return strcmp(type, "password") == 0 || strcmp(type, "passkey") == 0 ||
	    strcmp(type, "oidc") == 0 || strcmp(type, "code") == 0;
}

/* "google:SUBJECT" of one linked provider. */
static const char *
provider_identifier(struct arena *a, const struct json *provider)
{
	return arena_printf(a, "%s:%s", json_get_text(provider, "provider", ""),
	    json_get_text(provider, "subject", ""));
}

/* The config without the provider; *n says how many are left. */
static const struct json *
without_provider(struct visit *c, const struct credential *have,
    const char *identifier, size_t *n)
{
	struct json *o = json_new_object(c->mem), *list;
	const struct json *old = json_get_list(have->config, "providers");
	const struct json *item;
	size_t i;

	list = json_put_list(o, "providers");
	for (i = 0; i < json_count(old); i++) {
		item = json_at(old, i);
		if (strcmp(provider_identifier(c->mem, item), identifier) != 0)
			json_add(list, item);
	}
	*n = json_count(list);
	return o;
}

static const char *const *
without_text(struct arena *a, const char *const *list, const char *text)
{
	const char **out;
	size_t n = 0, i;

	for (i = 0; list[i] != NULL; i++)
		continue;
	out = arena_calloc(a, i + 1, sizeof(*out));
	for (i = 0; list[i] != NULL; i++)
		if (strcmp(list[i], text) != 0)
			out[n++] = list[i];
	return out;
}

/* Unlinks one provider; CODE_NOT_FOUND: it is not linked. */
static enum code
drop_provider(struct visit *c, const char *id, const char *identifier)
{
	struct credential have;
	const char *const *names;
	const struct json *config;
	enum code code;
	size_t i, left;

	code = credential_get(c->db, c->mem, id, "oidc", &have);
	if (code != CODE_OK)
		return code;
	for (i = 0; have.identifiers[i] != NULL; i++)
		if (strcmp(have.identifiers[i], identifier) == 0)
			break;
	if (have.identifiers[i] == NULL)
		return CODE_NOT_FOUND;
	config = without_provider(c, &have, identifier, &left);
	names = without_text(c->mem, have.identifiers, identifier);
	if (left == 0)
		return credential_delete(c->db, id, "oidc");
	return credential_put(c->db, c->mem, id, "oidc", config, names);
}

static enum code
drop(struct visit *c, const char *id, const char *type, const char *identifier)
{
	if (strcmp(type, "oidc") == 0)
		return drop_provider(c, id, identifier);
	return credential_delete(c->db, id, type);
}

/* Whether a way to sign in is left; false: refused. */
static bool
has_way_in(struct visit *c, const char *id, const char *type, enum code *code)
{
	int64_t n = 1;

	if (!is_first_factor(type) || str_eq(req_query(c->r, "force"), "true"))
		return true;
	*code = credential_first_factors(c->db, id, NULL, &n);
	if (*code != CODE_OK || n > 0)
		return true;
	admin_body_refuse(c,
	    "type: this is the last way to sign in; force=true takes it away");
	return false;
}

/* False: refused. */
static bool
check_type(struct visit *c, const char *type)
{
	static const char *const types[] = { "code", "lookup_secret", "oidc",
		"passkey", "password", "totp", "webauthn" };
	size_t i;

	for (i = 0; i < NITEMS(types); i++)
		if (strcmp(types[i], type) == 0)
			break;
	if (i == NITEMS(types)) {
		admin_body_refuse(c,
		    "type: there is no such type of credential");
		return false;
	}
	if (strcmp(type, "oidc") == 0 &&
	    str_is_empty(req_query(c->r, "identifier"))) {
		admin_body_refuse(c,
		    "identifier: must be given, as provider:subject");
		return false;
	}
	return true;
}

void
admin_credential_drop(struct visit *c)
{
	const char *id = route_arg(c, 0), *type = route_arg(c, 1);
	enum code code;

	if (!check_type(c, type))
		return;
	visit_begin(c, DB_TX_WRITE);
	code = admin_view_lock(c, id, NULL);
	if (code == CODE_OK)
		code = drop(c, id, type, req_query(c->r, "identifier"));
	if (code == CODE_OK && !has_way_in(c, id, type, &code))
		return;
	if (code == CODE_OK)
		code = self_trail(c, arena_printf(c->mem, "%s.remove", type),
		    NULL, id, NULL);
	if (code == CODE_OK)
		auth_forget_sessions(c->r, id);
	if (admin_body_end(c, code))
		visit_empty(c, 204);
}

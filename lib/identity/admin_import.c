/*
 * Whatever can be refused is refused before the transaction begins; what only
 * the database knows (an identifier is taken) ends it as a whole. Password
 * policy is not applied: an import keeps the passwords people have.
 */
#include "identity/admin_import.h"

#include <string.h>

#include "base/clock.h"
#include "identity/admin_body.h"
#include "identity/admin_factor.h"
#include "identity/admin_session.h"
#include "identity/nfc.h"
#include "identity/password.h"
#include "identity/policy.h"
#include "identity/self.h"
#include "identity/traits.h"
#include "rpc/auth.h"

#define MAX_EXTERNAL 255

enum query {
	Q_DETAILS,
	Q_VERIFIED,
	Q_RAW_PASSWORD,
	Q__MAX
};

const struct db_query admin_import_queries[] = {
	[Q_DETAILS] = {
	    .name = "admin_import_details",
	    /* id, traits, state, metadata twice, external, organization, schema */
	    .nargs = 8,
	    .sql = "UPDATE identities SET traits = $2,"
		   " state_changed_at = CASE WHEN state = coalesce($3, state)"
		   " THEN state_changed_at ELSE now() END,"
		   " state = coalesce($3, state), metadata_public = $4::jsonb,"
		   " metadata_admin = $5::jsonb, external_id = $6,"
		   " organization_id = $7::uuid, schema_id = $8, updated_at = now()"
		   " WHERE id = $1",
	},
	[Q_VERIFIED] = {
	    .name = "admin_import_verified",
	    .nargs = 4, /* identity, value, verified, verified at */
	    .sql = "UPDATE verifiable_addresses SET verified = $3::boolean,"
		   " verified_at = CASE WHEN $3::boolean THEN"
		   " coalesce($4::timestamptz, verified_at, now()) END,"
		   " status = CASE WHEN $3::boolean THEN 'completed'"
		   " WHEN status = 'completed' THEN 'pending' ELSE status END,"
		   " updated_at = now() WHERE identity_id = $1 AND value = $2",
	},
	[Q_RAW_PASSWORD] = {
	    .name = "admin_import_raw_password",
	    .nargs = 2, /* identity, raw */
	    .sql = "UPDATE credentials SET config = jsonb_set(config,"
		   " '{raw}', to_jsonb($2::boolean))"
		   " WHERE identity_id = $1 AND type = 'password'",
	},
	[Q__MAX] = { 0 },
};

static bool
wrong(const char **why, const char *text)
{
	*why = text;
	return false;
}

/* --- traits ---------------------------------------------------------------- */

static const char *
message_text(const struct json *node)
{
	return json_get_text(json_at(json_get_list(node, "messages"), 0),
	    "text", NULL);
}

/* The first message of a form, with the name of its node before it. */
static const char *
first_message(struct visit *c, const struct ui *ui)
{
	const struct json *drawn = ui_render(ui, "", NULL), *nodes, *node;
	const char *text;
	size_t i;

	nodes = json_get_list(drawn, "nodes");
	for (i = 0; i < json_count(nodes); i++) {
		node = json_at(nodes, i);
		if ((text = message_text(node)) != NULL)
			return arena_printf(c->mem, "%s: %s",
			    json_get_text(json_get_object(node, "attributes"),
				"name", "traits"),
			    text);
	}
	text = message_text(drawn);
	return arena_printf(c->mem, "traits: %s", text == NULL ? "" : text);
}

static bool
read_traits(struct visit *c, const struct json *body, struct admin_import *out,
    const char **why)
{
	const struct json *traits = json_need_object(body, "traits");
	struct ui *ui = ui_new(c->mem);

	if (traits == NULL)
		return wrong(why, json_error(body));
	out->traits = schema_traits(c->mem, c->schema, traits, false);
	schema_nodes(c->schema, NULL, out->traits, ui);
	if (schema_check(c->mem, c->schema, out->traits, ui))
		return true;
	return wrong(why, first_message(c, ui));
}

/* --- addresses ------------------------------------------------------------- */

/* The normalised values of traits that are addresses. */
enum leaf_use {
	LEAF_VERIFIABLE,
	LEAF_RECOVERY
};

static bool
leaf_is(const struct schema_leaf *leaf, enum leaf_use use)
{
	return use == LEAF_VERIFIABLE ? leaf->verification : leaf->recovery;
}

static const char **
leaf_values(struct visit *c, const struct json *traits, enum leaf_use use)
{
	const struct schema *s = c->schema;
	const char **list, *value;
	size_t i, n = 0;

	list = arena_calloc(c->mem, s->nleaves + 1, sizeof(*list));
	for (i = 0; i < s->nleaves; i++) {
		if (!leaf_is(&s->leaves[i], use) ||
		    (value = schema_value(&s->leaves[i], traits)) == NULL)
			continue;
		value = nfc_identifier(c->mem, value);
		if (!str_is_listed(list, value))
			list[n++] = value;
	}
	return list;
}

/*
 * One list of addresses; each must be of the traits, unless these were patched
 * and the list was not.
 */
static bool
read_addresses(struct visit *c, const struct json *body, const char *member,
    enum leaf_use use, const struct admin_import *in, const struct json **out,
    const char **why)
{
	const char *const *known = leaf_values(c, in->traits, use);
	const struct json *item;
	const char *value;
	int64_t at;
	size_t i;

	*out = json_get_list(body, member);
	for (i = 0; i < json_count(*out); i++) {
		item = json_at(*out, i);
		value = json_need_text(item, "value");
		if (strcmp(json_get_text(item, "via", "email"), "email") != 0)
			json_fail(json_get(item, "via"), "must be email");
		else if (!in->patched &&
		    !str_is_listed(known, nfc_identifier(c->mem, value)))
			json_fail(item, "not an address of the traits");
		(void)json_get_bool(item, "verified", false);
		value = json_get_text(item, "verified_at", NULL);
		if (value != NULL && !clock_parse_rfc3339(value, &at))
			json_fail(json_get(item, "verified_at"),
			    "not a time of RFC 3339");
	}
	return json_error(body) == NULL || wrong(why, json_error(body));
}

/* --- credentials ----------------------------------------------------------- */

static bool
read_password(struct visit *c, const struct json *config,
    struct admin_import *out, const char **why)
{
#define AT "credentials.password.config."
	static const char *const members[] = { "password", "hashed_password",
		"use_password_migration_hook", NULL };
	const char *rule;

	if (!admin_body_only(c, config, members, "credentials.password.config",
		why))
		return false;
	if (json_get_bool(config, "use_password_migration_hook", false))
		return wrong(why,
		    AT "use_password_migration_hook: there is no such hook");
	out->hash = json_get_text(config, "hashed_password", NULL);
	if (out->hash != NULL && json_has(config, "password"))
		return wrong(why,
		    AT "password: not together with hashed_password");
	if (out->hash != NULL) {
		out->raw = true;
		rule = crypt_password_hash_why(out->hash);
		return rule == NULL ||
		    wrong(why,
			arena_printf(c->mem, AT "hashed_password: %s", rule));
	}
	out->password = password_take(c, config, "password");
	if (*out->password == '\0')
		return wrong(why, AT "password: must be given");
	if (strlen(out->password) > POLICY_MAX_BYTES)
		return wrong(why, AT "password: longer than 1024 bytes");
	return true;
#undef AT
}

static bool
read_credentials(struct visit *c, const struct json *body,
    struct admin_import *out, const char **why)
{
	static const char *const types[] = { "lookup_secret", "oidc", "passkey",
		"password", "totp", "webauthn", NULL };
	static const char *const members[] = { "config", NULL };
	const struct json *password;

	out->credentials = json_get_object(body, "credentials");
	if (!admin_body_only(c, out->credentials, types, "credentials", why))
		return false;
	if (!admin_factor_check(c, out->credentials, why))
		return false;
	if ((password = json_get_object(out->credentials, "password")) == NULL)
		return true;
	return admin_body_only(c, password, members, "credentials.password",
		   why) &&
	    read_password(c, json_need_object(password, "config"), out, why);
}

/* --- the whole ------------------------------------------------------------- */

static bool
has_only(struct visit *c, const struct json *body, enum admin_import_form form,
    const char **why)
{
	static const char *const create[] = { "schema_id", "traits",
		"credentials", "verifiable_addresses", "recovery_addresses",
		"metadata_public", "metadata_admin", "state", "external_id",
		"organization_id", NULL };
	static const char *const update[] = { "schema_id", "traits",
		"credentials", "metadata_public", "metadata_admin", "state",
		"external_id", "organization_id", NULL };

	static const char *const patched[] = { "id", "schema_id", "schema_url",
		"traits", "credentials", "verifiable_addresses",
		"recovery_addresses", "metadata_public", "metadata_admin",
		"state", "state_changed_at", "external_id", "organization_id",
		"created_at", "updated_at", NULL };
	static const char *const *const lists[] = {
		[ADMIN_IMPORT_CREATE] = create,
		[ADMIN_IMPORT_UPDATE] = update,
		[ADMIN_IMPORT_PATCHED] = patched,
	};

	return admin_body_only(c, body, lists[form], NULL, why);
}

static bool
read_state(const struct json *body, enum admin_import_form form,
    struct admin_import *out, const char **why)
{
	out->state = json_get_text(body, "state", NULL);
	if (out->state == NULL)
		return form != ADMIN_IMPORT_UPDATE ||
		    wrong(why, "state: must be given");
	return strcmp(out->state, "active") == 0 ||
	    strcmp(out->state, "inactive") == 0 ||
	    wrong(why, "state: must be active or inactive");
}

static bool
read_names(struct visit *c, const struct json *body, struct admin_import *out,
    const char **why)
{
	const char *schema = json_get_text(body, "schema_id", NULL);
	const char *organization = json_get_text(body, "organization_id", NULL);
	char id[STR_UUID_LEN + 1];

	if (!str_is_empty(schema) && idp_schema(c->p, schema) == NULL)
		return wrong(why, "schema_id: there is no such schema");
	c->schema = c->p->schema; /* not that of the one before in a list */
	visit_use_schema(c, schema);
	out->schema = c->schema;
	out->external_id = json_get_text(body, "external_id", NULL);
	if (str_is_empty(out->external_id))
		out->external_id = NULL;
	else if (strlen(out->external_id) > MAX_EXTERNAL)
		return wrong(why, "external_id: longer than 255 bytes");
	if (str_is_empty(organization))
		return true;
	if (!str_uuid_canon(organization, id))
		return wrong(why, "organization_id: not a UUID");
	out->organization_id = arena_strdup(c->mem, id);
	return true;
}

bool
admin_import_read(struct visit *c, const struct json *body,
    enum admin_import_form form, struct admin_import *out, const char **why)
{
	memset(out, 0, sizeof(*out));
	out->patched = form == ADMIN_IMPORT_PATCHED;
	if (!has_only(c, body, form, why) ||
	    !read_state(body, form, out, why) ||
	    !read_names(c, body, out, why) || !read_traits(c, body, out, why) ||
	    !read_addresses(c, body, "verifiable_addresses", LEAF_VERIFIABLE,
		out, &out->verifiable, why) ||
	    !read_addresses(c, body, "recovery_addresses", LEAF_RECOVERY, out,
		&out->recovery, why))
		return false;
	out->metadata_public = json_get(body, "metadata_public");
	out->metadata_admin = json_get(body, "metadata_admin");
	if (form != ADMIN_IMPORT_PATCHED &&
	    !read_credentials(c, body, out, why))
		return false;
	return json_error(body) == NULL || wrong(why, json_error(body));
}

enum code
admin_import_hash(struct visit *c, struct admin_import *in)
{
	if (in->password == NULL)
		return CODE_OK;
	return password_hash(c, in->password, &in->hash);
}

/* --- writing --------------------------------------------------------------- */

static enum code
run(struct visit *c, enum query q, size_t nargs, const char *const *args)
{
	struct db_rows *rows;

	rows = db_run(c->db, &admin_import_queries[q], nargs, args);
	if (rows == NULL)
		return identity_fault(c->db);
	return q == Q_DETAILS && db_affected(rows) == 0 ? CODE_NOT_FOUND
							: CODE_OK;
}

static const char *
json_or_null(struct visit *c, const struct json *j)
{
	return j == NULL ? NULL : json_string(c->mem, j, JSON_COMPACT);
}

static enum code
write_details(struct visit *c, const char *id, const struct admin_import *in)
{
	return run(c, Q_DETAILS,
	    DB_ARGS(id, json_string(c->mem, in->traits, JSON_COMPACT),
		in->state, json_or_null(c, in->metadata_public),
		json_or_null(c, in->metadata_admin), in->external_id,
		in->organization_id, in->schema->id));
}

static enum code
write_verified(struct visit *c, const char *id, const struct admin_import *in)
{
	const struct json *item;
	enum code code = CODE_OK;
	size_t i;

	for (i = 0; code == CODE_OK && i < json_count(in->verifiable); i++) {
		item = json_at(in->verifiable, i);
		code = run(c, Q_VERIFIED,
		    DB_ARGS(id,
			nfc_identifier(c->mem, json_need_text(item, "value")),
			json_get_bool(item, "verified", false) ? "true"
							       : "false",
			json_get_text(item, "verified_at", NULL)));
	}
	return code;
}

enum code
admin_import_create(struct visit *c, const struct admin_import *in,
    char id[STR_UUID_LEN + 1])
{
	struct identity_new new = { .schema = in->schema };
	enum code code;

	new.id = in->id;
	new.traits = in->traits;
	new.password_hash = in->hash;
	new.raw_password = in->raw;
	code = identity_insert(c->db, c->mem, &new, id);
	if (code == CODE_OK)
		code = write_details(c, id, in);
	if (code == CODE_OK)
		code = write_verified(c, id, in);
	if (code == CODE_OK)
		code = admin_factor_write(c, id, in->credentials);
	if (code == CODE_OK)
		code = self_trail(c, "identity.create", NULL, id, NULL);
	return code;
}

static enum code
write_password(struct visit *c, const char *id, const struct admin_import *in)
{
	enum code code;

	if (in->hash == NULL)
		return CODE_OK;
	code = identity_set_password(c->db, c->mem, in->schema, id, in->hash);
	if (code == CODE_OK)
		code = run(c, Q_RAW_PASSWORD,
		    DB_ARGS(id, in->raw ? "true" : "false"));
	if (code == CODE_OK)
		code = self_trail(c, "password.set", NULL, id, NULL);
	return code;
}

enum code
admin_import_replace(struct visit *c, const char *id,
    const struct admin_import *in)
{
	enum code code;

	code = write_details(c, id, in);
	if (code == CODE_OK &&
	    (in->hash != NULL || str_eq(in->state, "inactive")))
		code = admin_session_end_of(c, id);
	if (code == CODE_OK)
		code = traits_follow(c->db, c->mem, in->schema, id, in->traits,
		    NULL);
	if (code == CODE_OK)
		code = write_password(c, id, in);
	if (code == CODE_OK)
		code = admin_factor_write(c, id, in->credentials);
	if (code == CODE_OK)
		code = write_verified(c, id, in);
	if (code == CODE_OK)
		code = self_trail(c, "identity.update", NULL, id, NULL);
	if (code == CODE_OK)
		auth_forget_sessions(c->r, id);
	return code;
}

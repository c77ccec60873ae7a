/*
 * The rows of a person. Whether an identifier is free is decided by the unique
 * index alone; no function here reads before it writes to find out.
 */
#include "identity/identity.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/utf8.h"
#include "identity/trail.h"
#include "identity/nfc.h"
#include "identity/policy.h"

enum query {
	Q_INSERT,
	Q_INSERT_CREDENTIAL,
	Q_INSERT_IDENTIFIER,
	Q_INSERT_VERIFIABLE,
	Q_INSERT_RECOVERY,
	Q_GET,
	Q_METADATA,
	Q_FIND,
	Q_FIND_PASSWORD,
	Q_SET_PASSWORD,
	Q_REHASH,
	Q_DELETE,
	Q__MAX
};

const struct db_query identity_queries[] = {
	[Q_INSERT] = {
	    .name = "identity_insert",
	    .nargs = 4, /* id, schema, traits, the administrators' data */
	    .sql = "INSERT INTO identities (id, schema_id, traits,"
		   " metadata_admin) VALUES ($1, $2, $3, $4)",
	},
	[Q_INSERT_CREDENTIAL] = {
	    .name = "identity_insert_credential",
	    .nargs = 4, /* id, identity, hash, raw */
	    .sql = "INSERT INTO credentials (id, identity_id, type, config)"
		   " VALUES ($1, $2, 'password', jsonb_build_object("
		   "'hashed_password', $3::text, 'raw', $4::boolean))",
	},
	[Q_INSERT_IDENTIFIER] = {
	    .name = "identity_insert_identifier",
	    .nargs = 2, /* credential, identifier */
	    .sql = "INSERT INTO credential_identifiers"
		   " (type, identifier, credential_id)"
		   " VALUES ('password', $2, $1)",
	},
	[Q_INSERT_VERIFIABLE] = {
	    .name = "identity_insert_verifiable",
	    .nargs = 3, /* identity, value, verified */
	    .sql = "INSERT INTO verifiable_addresses"
		   " (identity_id, value, verified, verified_at, status)"
		   " VALUES ($1, $2, $3::boolean,"
		   " CASE WHEN $3::boolean THEN now() END,"
		   " CASE WHEN $3::boolean THEN 'completed'"
		   " ELSE 'pending' END)",
	},
	[Q_INSERT_RECOVERY] = {
	    .name = "identity_insert_recovery",
	    .nargs = 2, /* identity, value */
	    .sql = "INSERT INTO recovery_addresses (identity_id, value)"
		   " VALUES ($1, $2)",
	},
	[Q_GET] = {
	    .name = "identity_get",
	    .nargs = 1, /* id */
	    .sql = "SELECT " IDENTITY_COLUMNS
		   " FROM identities i WHERE i.id = $1",
	},
	[Q_METADATA] = {
	    .name = "identity_metadata",
	    .nargs = 1, /* id */
	    .sql = "SELECT metadata_admin::text FROM identities WHERE id = $1",
	},
	[Q_FIND] = {
	    .name = "identity_find",
	    .nargs = 1, /* identifier */
	    .sql = "SELECT " IDENTITY_COLUMNS " FROM identities i"
		   " WHERE i.id = person_by_email($1)",
	},
	[Q_FIND_PASSWORD] = {
	    .name = "identity_find_password",
	    .nargs = 1, /* identifier */
	    .sql = "SELECT c.identity_id, c.config ->> 'hashed_password',"
		   " coalesce((c.config ->> 'raw')::boolean, true),"
		   " i.state = 'active'"
		   " FROM credential_identifiers n"
		   " JOIN credentials c ON c.id = n.credential_id"
		   " JOIN identities i ON i.id = c.identity_id"
		   " WHERE n.type = 'password' AND n.identifier = $1",
	},
	[Q_SET_PASSWORD] = {
	    .name = "identity_set_password",
	    .nargs = 2, /* identity, hash */
	    .sql = "UPDATE credentials SET config = jsonb_build_object("
		   "'hashed_password', $2::text, 'raw', false),"
		   " updated_at = now()"
		   " WHERE identity_id = $1 AND type = 'password'",
	},
	[Q_REHASH] = {
	    .name = "identity_rehash",
	    .nargs = 3, /* identity, old, hash */
	    .sql = "UPDATE credentials SET config = jsonb_build_object("
		   "'hashed_password', $3::text, 'raw', false),"
		   " updated_at = now()"
		   " WHERE identity_id = $1 AND type = 'password'"
		   " AND config ->> 'hashed_password' = $2::text",
	},
	[Q_DELETE] = {
	    .name = "identity_delete",
	    .nargs = 1, /* id */
	    .sql = "DELETE FROM identities WHERE id = $1",
	},
	[Q__MAX] = { 0 },
};

enum code
identity_fault(const struct db *db)
{
	switch (db_fault(db)) {
	case DB_FAULT_UNIQUE:
		return CODE_ALREADY_EXISTS;
	case DB_FAULT_TIMEOUT:
		return CODE_DEADLINE_EXCEEDED;
	case DB_FAULT_LOST:
	case DB_FAULT_UNKNOWN_OUTCOME:
		return CODE_UNAVAILABLE;
	case DB_FAULT_RETRY:
		return CODE_ABORTED;
	case DB_FAULT_CHECK:
		return CODE_INVALID_ARGUMENT;
	case DB_FAULT_NONE:
	case DB_FAULT_FOREIGN_KEY:
	case DB_FAULT_READ_ONLY:
	case DB_FAULT_OTHER:
		break;
	}
	return CODE_INTERNAL;
}

/* --- reading --------------------------------------------------------------- */

/* A jsonb column as a member of o; left out when NULL. */
static void
put_json(struct arena *a, struct json *o, const char *key,
    const struct db_rows *rows, unsigned col)
{
	const char *text = db_text(rows, col);

	if (!db_null(rows, col))
		json_put(o, key, json_parse(a, text, strlen(text), NULL, NULL));
}

static const struct json *
identity_json(struct arena *a, const struct db_rows *rows, unsigned col,
    const char *base_url)
{
	struct json *o = json_new_object(a);
	const char *schema = db_text(rows, col + 1);

	json_put_text(o, "id", db_text(rows, col));
	json_put_text(o, "schema_id", schema);
	json_put_text(o, "schema_url",
	    arena_printf(a, "%s/schemas/%s", base_url,
		crypt_base64url(a, schema, strlen(schema))));
	json_put_text(o, "state", db_text(rows, col + 2));
	json_put_text(o, "state_changed_at",
	    clock_rfc3339(a, db_time(rows, col + 7)));
	put_json(a, o, "traits", rows, col + 3);
	put_json(a, o, "verifiable_addresses", rows, col + 10);
	put_json(a, o, "recovery_addresses", rows, col + 11);
	if (db_null(rows, col + 4))
		json_put_null(o, "metadata_public");
	else
		put_json(a, o, "metadata_public", rows, col + 4);
	json_put_text(o, "external_id", db_text_null(rows, col + 5));
	json_put_text(o, "organization_id", db_text_null(rows, col + 6));
	json_put_text(o, "created_at",
	    clock_rfc3339(a, db_time(rows, col + 8)));
	json_put_text(o, "updated_at",
	    clock_rfc3339(a, db_time(rows, col + 9)));
	return o;
}

void
identity_read(struct arena *a, const struct db_rows *rows, unsigned col,
    const char *base_url, struct identity *out)
{
	const struct json *traits, *name;

	memset(out, 0, sizeof(*out));
	str_uuid_canon(db_text(rows, col), out->id);
	out->schema_id = db_text(rows, col + 1);
	out->state = db_text(rows, col + 2);
	out->active = strcmp(out->state, "active") == 0;
	out->json = identity_json(a, rows, col, base_url);
	traits = json_get(out->json, "traits");
	name = json_get(traits, "name");
	out->email = json_get_text(traits, "email", "");
	out->first_name = json_get_text(name, "first", "");
	out->last_name = json_get_text(name, "last", "");
	out->available_aal = db_text(rows, col + 12);
	if (!db_null(rows, col + 13))
		out->second_factor_after = db_time(rows, col + 13);
}

static enum code
one_identity(struct db *db, struct arena *a, const char *base_url,
    struct db_rows *rows, struct identity *out)
{
	if (rows == NULL)
		return identity_fault(db);
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	identity_read(a, rows, 0, base_url, out);
	return CODE_OK;
}

enum code
identity_get(struct db *db, struct arena *a, const char *base_url,
    const char *id, struct identity *out)
{
	if (!str_is_uuid(id))
		return CODE_NOT_FOUND;
	return one_identity(db, a, base_url,
	    db_run(db, &identity_queries[Q_GET], DB_ARGS(id)), out);
}

enum code
identity_find_email(struct db *db, struct arena *a, const char *base_url,
    const char *email, struct identity *out)
{
	const char *identifier = nfc_identifier(a, email);

	return one_identity(db, a, base_url,
	    db_run(db, &identity_queries[Q_FIND], DB_ARGS(identifier)), out);
}

enum code
identity_metadata_admin(struct db *db, struct arena *a, const char *id,
    const struct json **out)
{
	struct db_rows *rows;
	const char *text;

	rows = db_run(db, &identity_queries[Q_METADATA], DB_ARGS(id));
	if (rows == NULL)
		return identity_fault(db);
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	text = db_text(rows, 0);
	*out = db_null(rows, 0) ? NULL
				: json_parse(a, text, strlen(text), NULL, NULL);
	return CODE_OK;
}

enum code
identity_find_password(struct db *db, struct arena *a, const char *identifier,
    struct identity_password *out)
{
	const char *normal = nfc_identifier(a, identifier);
	struct db_rows *rows;

	rows = db_run(db, &identity_queries[Q_FIND_PASSWORD], DB_ARGS(normal));
	if (rows == NULL)
		return identity_fault(db);
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	str_uuid_canon(db_text(rows, 0), out->identity_id);
	out->hash = db_text_null(rows, 1);
	out->raw = db_bool(rows, 2);
	out->active = db_bool(rows, 3);
	return CODE_OK;
}

/* --- writing --------------------------------------------------------------- */

static enum code
insert_password(struct db *db, struct arena *a, const char *id,
    const struct identity_new *in)
{
	char credential[STR_UUID_LEN + 1];
	const char *value;
	size_t i;

	str_uuid_new(credential);
	if (db_run(db, &identity_queries[Q_INSERT_CREDENTIAL],
		DB_ARGS(credential, id, in->password_hash,
		    in->raw_password ? "true" : "false")) == NULL)
		return identity_fault(db);
	for (i = 0; i < in->schema->nleaves; i++) {
		if (!in->schema->leaves[i].identifier ||
		    (value = schema_value(&in->schema->leaves[i],
			 in->traits)) == NULL)
			continue;
		if (db_run(db, &identity_queries[Q_INSERT_IDENTIFIER],
			DB_ARGS(credential, nfc_identifier(a, value))) == NULL)
			return identity_fault(db);
	}
	return CODE_OK;
}

static enum code
insert_addresses(struct db *db, struct arena *a, const char *id,
    const struct identity_new *in)
{
	const struct schema_leaf *leaf;
	const char *value, *address;
	size_t i;

	for (i = 0; i < in->schema->nleaves; i++) {
		leaf = &in->schema->leaves[i];
		if ((value = schema_value(leaf, in->traits)) == NULL)
			continue;
		address = nfc_identifier(a, value);
		if (leaf->verification &&
		    db_run(db, &identity_queries[Q_INSERT_VERIFIABLE],
			DB_ARGS(id, address,
			    in->verified ? "true" : "false")) == NULL)
			return identity_fault(db);
		if (leaf->recovery &&
		    db_run(db, &identity_queries[Q_INSERT_RECOVERY],
			DB_ARGS(id, address)) == NULL)
			return identity_fault(db);
	}
	return CODE_OK;
}

enum code
identity_insert(struct db *db, struct arena *a, const struct identity_new *in,
    char id[STR_UUID_LEN + 1])
{
	char made[STR_UUID_LEN + 1];
	enum code code;

	if (in->id == NULL || !str_uuid_canon(in->id, made))
		str_uuid_new(made);
	if (db_run(db, &identity_queries[Q_INSERT],
		DB_ARGS(made, in->schema->id,
		    json_string(a, in->traits, JSON_COMPACT),
		    in->metadata_admin == NULL
			? NULL
			: json_string(a, in->metadata_admin, JSON_COMPACT))) ==
	    NULL)
		return identity_fault(db);
	if (in->password_hash != NULL &&
	    (code = insert_password(db, a, made, in)) != CODE_OK)
		return code;
	if ((code = insert_addresses(db, a, made, in)) != CODE_OK)
		return code;
	memcpy(id, made, sizeof(made));
	return CODE_OK;
}

/* Runs a statement that must hit one row. */
static enum code
change_one(struct db *db, enum query q, size_t nargs, const char *const *args)
{
	struct db_rows *rows;

	rows = db_run(db, &identity_queries[q], nargs, args);
	if (rows == NULL)
		return identity_fault(db);
	return db_affected(rows) == 0 ? CODE_NOT_FOUND : CODE_OK;
}

/* A password for an identity that had none. */
static enum code
add_password(struct db *db, struct arena *a, const struct schema *schema,
    const char *id, const char *hash)
{
	struct identity_new in = { .schema = schema };
	struct identity who;
	enum code code;

	if ((code = identity_get(db, a, "", id, &who)) != CODE_OK)
		return code;
	in.traits = json_get(who.json, "traits");
	in.password_hash = hash;
	return insert_password(db, a, id, &in);
}

enum code
identity_set_password(struct db *db, struct arena *a,
    const struct schema *schema, const char *id, const char *hash)
{
	enum code code;

	code = change_one(db, Q_SET_PASSWORD, DB_ARGS(id, hash));
	return code == CODE_NOT_FOUND ? add_password(db, a, schema, id, hash)
				      : code;
}

enum code
identity_rehash(struct db *db, const char *id, const char *old,
    const char *hash)
{
	return change_one(db, Q_REHASH, DB_ARGS(id, old, hash));
}

enum code
identity_delete(struct db *db, const char *id)
{
	return change_one(db, Q_DELETE, DB_ARGS(id));
}

/* --- for commands ---------------------------------------------------------- */

static const char *
flaw_text(enum policy_flaw flaw)
{
	switch (flaw) {
	case POLICY_FINE:
		return NULL;
	case POLICY_SHORT:
		return "the password needs at least 8 characters";
	case POLICY_LONG:
		return "the password is longer than 1024 bytes";
	case POLICY_SIMILAR:
		return "the password is too similar to the name or address";
	case POLICY_COMMON:
		break;
	}
	return "the password is one of those everybody tries first";
}

static const char *
local_part(struct arena *a, const char *email)
{
	return arena_strndup(a, email, strcspn(email, "@"));
}

bool
identity_password_ok(struct arena *a, const struct identity_person *in,
    const char **why)
{
	const char *const personal[] = { in->email, local_part(a, in->email),
		in->first_name, in->last_name, NULL };
	const char *flaw;

	flaw = utf8_valid(in->password, strlen(in->password))
	    ? flaw_text(policy_check(a, in->password, personal))
	    : "the password is not valid UTF-8";
	if (flaw != NULL)
		*why = flaw;
	return flaw == NULL;
}

static enum code
hash_checked(struct arena *a, const struct crypt_cost *cost,
    const struct identity_person *in, const char **hash, const char **why)
{
	if (!identity_password_ok(a, in, why))
		return CODE_INVALID_ARGUMENT;
	*hash = crypt_password_hash(a, nfc_text(a, in->password), cost);
	return CODE_OK;
}

static const struct json *
person_traits(struct arena *a, const struct schema *s,
    const struct identity_person *in)
{
	struct json *o = json_new_object(a), *name;

	json_put_text(o, "email", in->email);
	name = json_put_object(o, "name");
	json_put_text(name, "first", in->first_name);
	json_put_text(name, "last", in->last_name);
	return schema_traits(a, s, o, false);
}

const struct json *
identity_check(struct arena *a, const struct identity_person *in,
    const char **why)
{
	const struct schema *schema = schema_load(a, "user", schema_user);
	const struct json *traits = person_traits(a, schema, in);

	if (!schema_check(a, schema, traits, NULL)) {
		*why = "e-mail address or name is not accepted";
		return NULL;
	}
	if (in->hash != NULL && !crypt_password_hash_ok(in->hash)) {
		*why = "the password hash is of no known kind";
		return NULL;
	}
	if (in->password != NULL && !identity_password_ok(a, in, why))
		return NULL;
	return traits;
}

static const struct json *
origin_of(struct arena *a, const struct identity_person *in)
{
	struct json *o;

	if (in->origin == NULL)
		return NULL;
	o = json_new_object(a);
	json_put_text(o, in->origin, in->origin_id);
	return o;
}

enum code
identity_create(struct db *db, struct arena *a, const struct crypt_cost *cost,
    const struct identity_person *in, char id[STR_UUID_LEN + 1],
    const char **why)
{
	struct db_scope scope = { 0 };
	struct identity_new new = { .verified = in->verified };
	enum code code;

	new.schema = schema_load(a, "user", schema_user);
	if ((new.traits = identity_check(a, in, why)) == NULL)
		return CODE_INVALID_ARGUMENT;
	new.metadata_admin = origin_of(a, in);
	new.password_hash = in->hash;
	new.raw_password = in->hash != NULL && in->raw;
	if (in->password != NULL)
		new.password_hash =
		    crypt_password_hash(a, nfc_text(a, in->password), cost);

	*why = "the e-mail address is taken";
	db_begin(db, DB_TX_WRITE, &scope);
	code = identity_insert(db, a, &new, id);
	if (code == CODE_OK)
		code = trail_by(db, "identity.create", in->actor, id);
	return db_end(db, code);
}

enum code
identity_change_password(struct db *db, struct arena *a,
    const struct crypt_cost *cost, const char *id, const char *password,
    const char *actor, const char **why)
{
	struct db_scope scope = { 0 };
	struct identity_person person = { .password = password };
	struct identity who;
	const char *hash;
	enum code code;

	*why = "no such identity";
	db_begin(db, DB_TX_WRITE, &scope);
	code = identity_get(db, a, "", id, &who);
	if (code == CODE_OK) {
		person.email = who.email;
		person.first_name = who.first_name;
		person.last_name = who.last_name;
		code = hash_checked(a, cost, &person, &hash, why);
	}
	if (code == CODE_OK)
		code = identity_set_password(db, a,
		    schema_load(a, "user", schema_user), id, hash);
	if (code == CODE_OK)
		code = trail_by(db, "password.set", actor, id);
	return db_end(db, code);
}

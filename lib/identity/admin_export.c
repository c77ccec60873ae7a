/*
 * What is written here is read here: members that only say what is, are left
 * out when reading, and the rest goes through the same checks as the
 * administrator's routes.
 */
#include "identity/admin_export.h"

#include <string.h>

#include "identity/credential.h"
#include "identity/seal.h"
#include "net/totp.h"

/* --- writing --------------------------------------------------------------- */

/* A credential's content as import takes it; NULL: no secret opens it. */
static const struct json *
password_out(struct visit *c, const struct json *identity,
    const struct credential *cred)
{
	struct json *o = json_new_object(c->mem);

	(void)identity;
	json_put_text(o, "hashed_password",
	    json_get_text(cred->config, "hashed_password", NULL));
	if (!json_get_bool(cred->config, "raw", true))
		json_put_bool(o, "normalized", true);
	return o;
}

static char *
open_sealed(struct visit *c, const struct credential *cred, const char *member,
    size_t *len)
{
	return seal_open(c->mem, c->p->secrets,
	    arena_printf(c->mem, "%s:%s", cred->type, cred->identity_id),
	    json_get_text(cred->config, member, ""), len, NULL);
}

static const struct json *
totp_out(struct visit *c, const struct json *identity,
    const struct credential *cred)
{
	struct json *o = json_new_object(c->mem);
	const char *account;
	char *secret;
	size_t len;

	if ((secret = open_sealed(c, cred, "secret", &len)) == NULL)
		return NULL;
	account = json_get_text(json_get(identity, "traits"), "email",
	    cred->identity_id);
	json_put_text(o, "totp_url",
	    totp_uri(c->mem, c->p->issuer, account, secret, len));
	crypt_wipe(secret, len);
	return o;
}

static const struct json *
lookup_out(struct visit *c, const struct json *identity,
    const struct credential *cred)
{
	struct json *o = json_new_object(c->mem);
	const struct json *list;
	char *text;
	size_t len;

	(void)identity;
	if ((text = open_sealed(c, cred, "codes", &len)) == NULL)
		return NULL;
	list = json_parse(c->mem, text, len, NULL, NULL);
	crypt_wipe(text, len);
	json_put(o, "recovery_codes", list);
	return o;
}

/* Links and keys have nothing sealed. */
static const struct json *
plain_out(struct visit *c, const struct json *identity,
    const struct credential *cred)
{
	(void)c;
	(void)identity;
	return cred->config;
}

static const struct {
	const char *type;
	const struct json *(*out)(struct visit *c, const struct json *identity,
	    const struct credential *cred);
} types[] = {
	{ "lookup_secret", lookup_out },
	{ "oidc", plain_out },
	{ "passkey", plain_out },
	{ "password", password_out },
	{ "totp", totp_out },
	{ "webauthn", plain_out },
};

static void
put_credential(struct visit *c, struct json *list, const struct json *identity,
    const struct credential *cred, int *lost)
{
	const struct json *config;
	struct json *o, *names;
	size_t i, n;

	for (i = 0; i < NITEMS(types); i++)
		if (strcmp(types[i].type, cred->type) == 0)
			break;
	if (i == NITEMS(types)) /* mailed codes need nothing kept */
		return;
	if ((config = types[i].out(c, identity, cred)) == NULL) {
		(*lost)++;
		return;
	}
	o = json_put_object(list, cred->type);
	json_put_text(o, "type", cred->type);
	names = json_put_list(o, "identifiers");
	for (n = 0; cred->identifiers[n] != NULL; n++)
		json_add_text(names, cred->identifiers[n]);
	json_put(o, "config", config);
}

enum code
admin_export_make(struct visit *c, const struct json *identity,
    bool credentials, const struct json **out, int *lost)
{
	struct json *o = json_new_object(c->mem), *list;
	struct credential *creds;
	const char *key;
	enum code code;
	size_t i, n;

	for (i = 0; (key = json_key_at(identity, i)) != NULL; i++)
		if (strcmp(key, "credentials") != 0 &&
		    json_get(identity, key) != NULL)
			json_put(o, key, json_get(identity, key));
	*out = o;
	if (!credentials)
		return CODE_OK;
	code = credential_list(c->db, c->mem, json_get_text(identity, "id", ""),
	    &creds, &n);
	if (code != CODE_OK)
		return code;
	list = json_put_object(o, "credentials");
	for (i = 0; i < n; i++)
		put_credential(c, list, identity, &creds[i], lost);
	return CODE_OK;
}

/* --- reading --------------------------------------------------------------- */

/* A copy of o without some of its members. */
static struct json *
without(struct visit *c, const struct json *o, const char *const *drop)
{
	struct json *out = json_new_object(c->mem);
	const char *key;
	size_t i;

	for (i = 0; (key = json_key_at(o, i)) != NULL; i++)
		if (!str_is_listed(drop, key) && json_get(o, key) != NULL)
			json_put(out, key, json_get(o, key));
	return out;
}

/* Lists of credentials as they are shown become such as are given. */
static const struct json *
plain_credentials(struct visit *c, const struct json *shown)
{
	static const char *const facts[] = { "type", "identifiers", "version",
		"created_at", "updated_at", NULL };
	static const char *const ours[] = { "normalized", NULL };
	struct json *out = json_new_object(c->mem), *one;
	const char *type;
	size_t i;

	for (i = 0; (type = json_key_at(shown, i)) != NULL; i++) {
		if (strcmp(type, "code") == 0)
			continue;
		one = without(c, json_get_object(shown, type), facts);
		if (strcmp(type, "password") == 0 && json_has(one, "config"))
			json_put(one, "config",
			    without(c, json_get_object(one, "config"), ours));
		json_put(out, type, one);
	}
	return out;
}

static bool
read_id(struct visit *c, const struct json *body, struct admin_import *out,
    const char **why)
{
	const char *text = json_get_text(body, "id", NULL);
	char id[STR_UUID_LEN + 1];

	if (text == NULL)
		return true;
	if (!str_uuid_canon(text, id)) {
		*why = "id: not a UUID";
		return false;
	}
	out->id = arena_strdup(c->mem, id);
	return true;
}

bool
admin_export_read(struct visit *c, const struct json *body,
    struct admin_import *out, const char **why)
{
	static const char *const facts[] = { "id", "schema_url",
		"state_changed_at", "created_at", "updated_at", "credentials",
		NULL };
	const struct json *credentials = json_get_object(body, "credentials");
	const struct json *config;
	struct json *plain = without(c, body, facts);
	const char *text;

	config = json_get(json_get(credentials, "password"), "config");
	if (credentials != NULL)
		json_put(plain, "credentials",
		    plain_credentials(c, credentials));
	if (json_error(body) != NULL) {
		*why = json_error(body);
		return false;
	}
	/* A document of its own, so that errors carry the path from here. */
	text = json_string(c->mem, plain, JSON_COMPACT);
	plain = json_parse(c->mem, text, strlen(text), NULL, NULL);
	if (!admin_import_read(c, plain, ADMIN_IMPORT_CREATE, out, why))
		return false;
	if (json_get_bool(config, "normalized", false))
		out->raw = false;
	return read_id(c, body, out, why);
}

/*
 * Keys in the config of a credential, as Kratos writes them:
 * {"credentials": [{id, public_key, attestation_type, authenticator: {aaguid,
 * sign_count, clone_warning}, display_name, added_at, is_passwordless, flags:
 * {...}}], "user_handle"}, bytes as base64. Nothing here talks to anybody.
 */
#include <string.h>

#include "base/clock.h"
#include "identity/webauthn.h"

static struct fido_bytes
get_bytes(struct arena *a, const struct json *o, const char *name)
{
	const char *text = json_get_text(o, name, "");
	struct fido_bytes out = { NULL, 0 };

	if (*text != '\0')
		out.p = crypt_unbase64(a, text, strlen(text), &out.len);
	if (out.p == NULL)
		out.len = 0;
	return out;
}

static void
put_bytes(struct arena *a, struct json *o, const char *name,
    struct fido_bytes bytes)
{
	json_put_text(o, name, crypt_base64(a, bytes.p, bytes.len));
}

const struct json *
webauthn_keys(const struct json *config)
{
	return json_get_list(config, "credentials");
}

bool
webauthn_key(struct arena *a, const struct json *entry, struct fido_key *out)
{
	const struct json *device = json_get_object(entry, "authenticator");
	const struct json *flags = json_get_object(entry, "flags");

	memset(out, 0, sizeof(*out));
	out->id = get_bytes(a, entry, "id");
	out->cose = get_bytes(a, entry, "public_key");
	out->count =
	    (uint32_t)json_get_int(device, "sign_count", 0, UINT32_MAX, 0);
	out->kind_known = json_has(flags, "backup_eligible");
	out->may_back_up = json_get_bool(flags, "backup_eligible", false);
	out->backed_up = json_get_bool(flags, "backup_state", false);
	out->verified = json_get_bool(flags, "user_verified", false);
	return out->id.len > 0 && out->cose.len > 0;
}

static bool
has_id(struct arena *a, const struct json *entry, struct fido_bytes id)
{
	struct fido_bytes own = get_bytes(a, entry, "id");

	return own.len == id.len && own.len > 0 &&
	    memcmp(own.p, id.p, id.len) == 0;
}

const struct json *
webauthn_find(struct arena *a, const struct json *config, struct fido_bytes id)
{
	const struct json *keys = webauthn_keys(config);
	size_t i;

	for (i = 0; i < json_count(keys); i++)
		if (has_id(a, json_at(keys, i), id))
			return json_at(keys, i);
	return NULL;
}

/* The members of o but one, shared. */
static struct json *
copy_but(struct arena *a, const struct json *o, const char *but)
{
	struct json *copy = json_new_object(a);
	const char *name;
	size_t i;

	for (i = 0; (name = json_key_at(o, i)) != NULL; i++)
		if (strcmp(name, but) != 0)
			json_put(copy, name, json_get(o, name));
	return copy;
}

/* The config with a list of its keys but one; *list may be added to. */
static struct json *
copy_config(struct arena *a, const struct json *config, struct fido_bytes but,
    struct json **list)
{
	const struct json *keys = webauthn_keys(config);
	struct json *copy = copy_but(a, config, "credentials");
	size_t i;

	*list = json_put_list(copy, "credentials");
	for (i = 0; i < json_count(keys); i++)
		if (!has_id(a, json_at(keys, i), but))
			json_add(*list, json_at(keys, i));
	return copy;
}

static void
put_device(struct arena *a, struct json *entry, const struct fido_key *key)
{
	struct json *device = json_put_object(entry, "authenticator");
	struct json *flags = json_put_object(entry, "flags");

	json_put_text(device, "aaguid",
	    crypt_base64(a, key->aaguid, sizeof(key->aaguid)));
	json_put_int(device, "sign_count", key->count);
	json_put_bool(device, "clone_warning", false);
	json_put_bool(flags, "user_present", true);
	json_put_bool(flags, "user_verified", key->verified);
	json_put_bool(flags, "backup_eligible", key->may_back_up);
	json_put_bool(flags, "backup_state", key->backed_up);
}

struct json *
webauthn_with(struct arena *a, const struct json *config,
    const struct fido_key *key, const struct webauthn_label *label)
{
	struct json *list, *copy = copy_config(a, config, key->id, &list);
	struct json *entry = json_add_object(list);

	put_bytes(a, entry, "id", key->id);
	put_bytes(a, entry, "public_key", key->cose);
	json_put_text(entry, "attestation_type", "none");
	put_device(a, entry, key);
	json_put_text(entry, "display_name", label->name);
	json_put_text(entry, "added_at", clock_rfc3339(a, clock_now_us()));
	json_put_bool(entry, "is_passwordless", label->passkey);
	json_put_text(entry, "user_handle", label->handle);
	if (!json_has(copy, "user_handle"))
		json_put_text(copy, "user_handle", label->handle);
	return copy;
}

struct json *
webauthn_without(struct arena *a, const struct json *config,
    struct fido_bytes id)
{
	struct json *list;

	return copy_config(a, config, id, &list);
}

struct json *
webauthn_used(struct arena *a, const struct json *config, struct fido_bytes id,
    const struct fido_proof *proof)
{
	const struct json *old = webauthn_find(a, config, id);
	struct json *list, *copy = copy_config(a, config, id, &list);
	struct json *entry, *part;

	entry = copy_but(a, old, "authenticator");
	part = copy_but(a, json_get(old, "authenticator"), "sign_count");
	json_put_int(part, "sign_count", proof->count);
	json_put(entry, "authenticator", part);
	part = copy_but(a, json_get(old, "flags"), "backup_state");
	json_put_bool(part, "backup_eligible", proof->may_back_up);
	json_put_bool(part, "backup_state", proof->backed_up);
	json_put(entry, "flags", part);
	json_put_text(entry, "last_used_at", clock_rfc3339(a, clock_now_us()));
	json_add(list, entry);
	return copy;
}

const char *
webauthn_day(struct arena *a)
{
	return arena_strndup(a, clock_rfc3339(a, clock_now_us()),
	    strlen("2026-11-21"));
}

struct fido_bytes
webauthn_handle(struct arena *a, const struct json *config)
{
	return get_bytes(a, config, "user_handle");
}

const char *
webauthn_handle_name(struct arena *a, struct fido_bytes handle)
{
	size_t i;

	if (handle.len == 0 || handle.len > 64)
		return NULL;
	for (i = 0; i < handle.len; i++)
		if (handle.p[i] <= ' ' || handle.p[i] > '~')
			return crypt_base64url(a, handle.p, handle.len);
	return arena_strndup(a, (const char *)handle.p, handle.len);
}

/* Once; NULL is no name. */
static void
add_name(const char **list, size_t *n, const char *name)
{
	size_t i;

	if (name == NULL)
		return;
	for (i = 0; i < *n; i++)
		if (strcmp(list[i], name) == 0)
			return;
	list[(*n)++] = name;
}

const char *const *
webauthn_identifiers(struct arena *a, const struct json *config)
{
	const struct json *keys = webauthn_keys(config);
	size_t i, n = 0, most = 2 * json_count(keys) + 2;
	const char **list = arena_calloc(a, most, sizeof(*list));
	struct fido_bytes id;

	add_name(list, &n, webauthn_handle_name(a, webauthn_handle(a, config)));
	for (i = 0; i < json_count(keys); i++) {
		id = get_bytes(a, json_at(keys, i), "id");
		if (id.len > 0)
			add_name(list, &n, crypt_sha256_hex(a, id.p, id.len));
		id = get_bytes(a, json_at(keys, i), "user_handle");
		add_name(list, &n, webauthn_handle_name(a, id));
	}
	return list;
}

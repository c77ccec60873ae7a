/*
 * One row per type: how its content is read, checked and stored. Reading gives
 * what is stored or a rule; secrets are sealed for their owner.
 */
#include "identity/admin_factor.h"

#include <string.h>

#include "base/clock.h"
#include "identity/admin_body.h"
#include "identity/credential.h"
#include "identity/seal.h"
#include "identity/webauthn.h"
#include "net/crypt.h"
#include "rpc/query.h"

#define MAX_PROVIDERS	((size_t)16)
#define MAX_SUBJECT	255
#define MAX_PROVIDER	64
#define TOTP_SECRET_LEN ((size_t)20)
#define MAX_CODES	((size_t)100)
#define MAX_CODE	64
#define MAX_KEYS	((size_t)32)
#define MAX_KEY_ID	((size_t)1023)

struct made {
	const struct json *config;
	const char *const *identifiers; /* NULL: none */
};

struct factor {
	const char *type;
	/* False: *why. identity_id NULL: only checked. */
	bool (*read)(struct visit *c, const struct json *config,
	    const char *identity_id, struct made *out, const char **why);
};

static bool
wrong(struct visit *c, const char **why, const char *at, const char *rule)
{
	*why = arena_printf(c->mem, "credentials.%s: %s", at, rule);
	return false;
}

/* Seals for the owner, under the same name as the method that opens it. */
static const char *
seal(struct visit *c, const char *type, const char *identity_id, const void *p,
    size_t len)
{
	if (identity_id == NULL)
		return "";
	return seal_close(c->mem, c->p->secrets,
	    arena_printf(c->mem, "%s:%s", type, identity_id), p, len);
}

/* --- oidc ------------------------------------------------------------------ */

static bool
is_name(const char *s, size_t max)
{
	size_t i, len = strlen(s);

	for (i = 0; i < len; i++)
		if (s[i] <= ' ' || s[i] == 0x7f)
			return false;
	return len > 0 && len <= max;
}

static bool
oidc_read(struct visit *c, const struct json *config, const char *identity_id,
    struct made *out, const char **why)
{
	const struct json *list = json_need_list(config, "providers");
	struct json *o = json_new_object(c->mem), *stored, *item;
	const char *provider, *subject, **names;
	size_t i, n = json_count(list);

	(void)identity_id;
	if (n == 0 || n > MAX_PROVIDERS)
		return wrong(c, why, "oidc.config.providers",
		    "must be 1 to 16");
	stored = json_put_list(o, "providers");
	names = arena_calloc(c->mem, n + 1, sizeof(*names));
	for (i = 0; i < n; i++) {
		provider = json_need_text(json_at(list, i), "provider");
		subject = json_need_text(json_at(list, i), "subject");
		if (!is_name(provider, MAX_PROVIDER) ||
		    strchr(provider, ':') != NULL ||
		    !is_name(subject, MAX_SUBJECT))
			return wrong(c, why, "oidc.config.providers",
			    "provider and subject must be given");
		item = json_add_object(stored);
		json_put_text(item, "provider", provider);
		json_put_text(item, "subject", subject);
		names[i] = arena_printf(c->mem, "%s:%s", provider, subject);
	}
	out->config = o;
	out->identifiers = names;
	return true;
}

/* --- totp ------------------------------------------------------------------ */

/* Base32 (RFC 4648) of exactly len bytes, padding optional. */
static bool
unbase32(const char *s, uint8_t *out, size_t len)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	uint32_t bits = 0;
	unsigned nbits = 0;
	size_t n = 0;
	const char *at;

	for (; *s != '\0' && *s != '='; s++) {
		if ((at = strchr(set, *s)) == NULL)
			return false;
		bits = bits << 5 | (uint32_t)(at - set);
		nbits += 5;
		if (nbits < 8)
			continue;
		if (n == len)
			return false;
		nbits -= 8;
		out[n++] = (uint8_t)(bits >> nbits);
		bits &= (1U << nbits) - 1;
	}
	return n == len && bits == 0 && strspn(s, "=") == strlen(s);
}

/* A parameter of an otpauth URL that must be absent or value. */
static bool
is_default(struct visit *c, const char *query, const char *name,
    const char *value)
{
	const char *given = query_get(c->mem, query, name);

	return given == NULL || str_ieq(given, value);
}

static bool
totp_read(struct visit *c, const struct json *config, const char *identity_id,
    struct made *out, const char **why)
{
	const char *url = json_need_text(config, "totp_url"), *query, *text;
	struct json *o = json_new_object(c->mem);
	uint8_t secret[TOTP_SECRET_LEN];

	query = strchr(url, '?');
	if (!str_starts(url, "otpauth://totp/") || query == NULL)
		return wrong(c, why, "totp.config.totp_url",
		    "must be otpauth://totp/...?secret=...");
	query++;
	if (!is_default(c, query, "algorithm", "SHA1") ||
	    !is_default(c, query, "digits", "6") ||
	    !is_default(c, query, "period", "30"))
		return wrong(c, why, "totp.config.totp_url",
		    "must be of SHA1, 6 digits and 30 seconds");
	text = query_get(c->mem, query, "secret");
	if (text == NULL || !unbase32(text, secret, sizeof(secret)))
		return wrong(c, why, "totp.config.totp_url",
		    "its secret must be 20 bytes in base32");
	json_put_text(o, "secret",
	    seal(c, "totp", identity_id, secret, sizeof(secret)));
	json_put_int(o, "last_step", 0);
	crypt_wipe(secret, sizeof(secret));
	out->config = o;
	return true;
}

/* --- lookup_secret --------------------------------------------------------- */

static bool
lookup_read(struct visit *c, const struct json *config, const char *identity_id,
    struct made *out, const char **why)
{
	const struct json *list = json_need_list(config, "recovery_codes");
	struct json *stored = json_new_list(c->mem), *item;
	struct json *o = json_new_object(c->mem);
	const char *code, *used, *text;
	size_t i, n = json_count(list);
	int64_t at;

	if (n == 0 || n > MAX_CODES)
		return wrong(c, why, "lookup_secret.config.recovery_codes",
		    "must be 1 to 100");
	for (i = 0; i < n; i++) {
		code = json_need_text(json_at(list, i), "code");
		used = json_get_text(json_at(list, i), "used_at", NULL);
		if (!is_name(code, MAX_CODE) ||
		    (used != NULL && !clock_parse_rfc3339(used, &at)))
			return wrong(c, why,
			    "lookup_secret.config.recovery_codes",
			    "a code must be given, and used_at be a time");
		item = json_add_object(stored);
		json_put_text(item, "code", code);
		json_put_text(item, "used_at", used);
	}
	text = json_string(c->mem, stored, JSON_COMPACT);
	json_put_text(o, "codes",
	    seal(c, "lookup_secret", identity_id, text, strlen(text)));
	out->config = o;
	return true;
}

/* --- webauthn, passkey ----------------------------------------------------- */

static bool
put_key(struct visit *c, struct json *list, const struct json *in, bool passkey)
{
	static const char *const members[] = { "id", "public_key",
		"attestation_type", "authenticator", "display_name", "added_at",
		"user_handle", "flags" };
	struct json *out = json_add_object(list);
	struct fido_key key;
	size_t i;

	if (!webauthn_key(c->mem, in, &key) || key.id.len > MAX_KEY_ID ||
	    !fido_key_ok(c->mem, key.cose))
		return false;
	for (i = 0; i < NITEMS(members); i++)
		if (json_get(in, members[i]) != NULL)
			json_put(out, members[i], json_get(in, members[i]));
	json_put_bool(out, "is_passwordless", passkey);
	return true;
}

static bool
read_keys(struct visit *c, const struct json *config, bool passkey,
    struct made *out, const char **why)
{
	const char *at = passkey ? "passkey.config.credentials"
				 : "webauthn.config.credentials";
	const struct json *list = json_need_list(config, "credentials");
	struct json *o = json_new_object(c->mem), *stored;
	size_t i, n = json_count(list);

	if (n == 0 || n > MAX_KEYS)
		return wrong(c, why, at, "must be 1 to 32");
	stored = json_put_list(o, "credentials");
	for (i = 0; i < n; i++)
		if (!put_key(c, stored, json_at(list, i), passkey))
			return wrong(c, why, at,
			    "id and public_key (COSE) must be given in base64");
	json_put_text(o, "user_handle",
	    json_get_text(config, "user_handle", NULL));
	if (passkey &&
	    webauthn_handle_name(c->mem, webauthn_handle(c->mem, o)) == NULL)
		return wrong(c, why, "passkey.config.user_handle",
		    "must be 1 to 64 bytes in base64");
	out->config = o;
	out->identifiers = webauthn_identifiers(c->mem, o);
	return true;
}

static bool
webauthn_read(struct visit *c, const struct json *config,
    const char *identity_id, struct made *out, const char **why)
{
	(void)identity_id; /* nothing in it is secret */
	return read_keys(c, config, false, out, why);
}

static bool
passkey_read(struct visit *c, const struct json *config,
    const char *identity_id, struct made *out, const char **why)
{
	(void)identity_id;
	return read_keys(c, config, true, out, why);
}

/* --- all of them ----------------------------------------------------------- */

static const struct factor factors[] = {
	{ "lookup_secret", lookup_read },
	{ "oidc", oidc_read },
	{ "passkey", passkey_read },
	{ "totp", totp_read },
	{ "webauthn", webauthn_read },
};

bool
admin_factor_check(struct visit *c, const struct json *credentials,
    const char **why)
{
	static const char *const members[] = { "config", NULL };
	const struct json *o, *config;
	struct made made;
	size_t i;

	for (i = 0; i < NITEMS(factors); i++) {
		if ((o = json_get_object(credentials, factors[i].type)) == NULL)
			continue;
		if (!admin_body_only(c, o, members,
			arena_printf(c->mem, "credentials.%s", factors[i].type),
			why))
			return false;
		if ((config = json_need_object(o, "config")) == NULL)
			break;
		if (!factors[i].read(c, config, NULL, &made, why))
			return false;
	}
	if (json_error(credentials) == NULL)
		return true;
	*why = json_error(credentials);
	return false;
}

enum code
admin_factor_write(struct visit *c, const char *identity_id,
    const struct json *credentials)
{
	static const char *const none[] = { NULL };
	enum code code = CODE_OK;
	const struct json *o;
	struct made made;
	const char *why;
	size_t i;

	for (i = 0; code == CODE_OK && i < NITEMS(factors); i++) {
		if ((o = json_get(credentials, factors[i].type)) == NULL)
			continue;
		memset(&made, 0, sizeof(made));
		if (!factors[i].read(c, json_get(o, "config"), identity_id,
			&made, &why))
			return CODE_INTERNAL;
		code = credential_put(c->db, c->mem, identity_id,
		    factors[i].type, made.config,
		    made.identifiers == NULL ? none : made.identifiers);
	}
	return code;
}

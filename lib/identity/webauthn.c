/*
 * Challenges and options. A challenge lives as long as its flow, in the
 * database, until the first answer to it; whoever takes it out of there by the
 * one conditional update is the only one it was for.
 */
#include "identity/webauthn.h"

#include <string.h>

#include "identity/self.h"
#include "learn/asset.h"
#include "rpc/resp.h"

#define SCRIPT_PATH "/.well-known/ory/webauthn.js"
#define TIMEOUT_MS  300000

enum query {
	Q_TAKE,
	Q_LOCK,
	Q__MAX
};

const struct db_query webauthn_queries[] = {
	[Q_TAKE] = {
	    .name = "webauthn_take",
	    .nargs = 3, /* flow, type, challenge */
	    .sql = "UPDATE flows SET internal ="
		   " internal #- ARRAY[$2::text, 'challenge']"
		   " WHERE id = $1 AND"
		   " internal #>> ARRAY[$2::text, 'challenge'] = $3",
	},
	[Q_LOCK] = {
	    .name = "webauthn_lock",
	    .nargs = 1, /* identity */
	    .sql = "SELECT 1 FROM identities WHERE id = $1 FOR UPDATE",
	},
	[Q__MAX] = { 0 },
};

bool
webauthn_is_on(struct visit *c, const struct flow *f, bool passkey,
    struct webauthn *out)
{
	const struct rp *rp = &c->p->rp;

	out->passkey = passkey;
	out->type = passkey ? "passkey" : "webauthn";
	return !f->api && (passkey ? rp->passkey : rp->webauthn) &&
	    rp_of(c->mem, rp, visit_pages(c), &out->rp);
}

/* --- the script ------------------------------------------------------------- */

/* Subresource integrity, which is the script's ETag as well. */
static const char *
script_hash(struct arena *a)
{
	uint8_t hash[CRYPT_SHA256_LEN];

	crypt_sha256(script_files[0].data, script_files[0].len, hash);
	return arena_printf(a, "sha256-%s",
	    crypt_base64(a, hash, sizeof(hash)));
}

void
webauthn_add_script(struct visit *c, struct flow *f, const char *group)
{
	struct json *o;

	if (ui_has_node(f->ui, "webauthn_script"))
		return;
	o = ui_add_node(f->ui, "script", group, UI_NONE, NULL);
	json_put_text(o, "id", "webauthn_script");
	json_put_text(o, "src",
	    arena_printf(c->mem, "%s" SCRIPT_PATH, c->p->base_url));
	json_put_bool(o, "async", true);
	json_put_text(o, "referrerpolicy", "no-referrer");
	json_put_text(o, "crossorigin", "anonymous");
	json_put_text(o, "integrity", script_hash(c->mem));
	json_put_text(o, "type", "text/javascript");
	json_put_text(o, "nonce", crypt_token(c->mem, 22));
}

void
webauthn_serve_script(struct visit *c)
{
	const struct embed_file *script = &script_files[0];
	const char *etag = arena_printf(c->mem, "\"%s\"", script_hash(c->mem));

	/* Its address stays while its hash changes: always asked for anew. */
	resp_header(c->r, "cache-control", "public, no-cache");
	resp_header(c->r, "etag", etag);
	if (req_header(c->r, "origin") == NULL ||
	    !visit_knows_origin(c, req_header(c->r, "origin")))
		resp_header(c->r, "access-control-allow-origin", "*");
	if (str_eq(req_header(c->r, "if-none-match"), etag))
		resp_send(c->r, 304, NULL, NULL, 0);
	else
		resp_send(c->r, 200, "text/javascript; charset=utf-8",
		    script->data, script->len);
}

/* --- challenges ------------------------------------------------------------- */

const char *
webauthn_recall(struct arena *a, const struct flow *f, const char *type,
    const char *name)
{
	const char *value =
	    json_get_text(json_get(f->internal, type), name, "");

	return *value == '\0' ? NULL : arena_strdup(a, value);
}

/* What is kept below type, with one member put or (NULL) left out. */
void
webauthn_remember(struct flow *f, struct arena *a, const char *type,
    const char *name, const char *value)
{
	const struct json *old = json_get(f->internal, type);
	struct json *o = json_new_object(a);
	const char *key;
	size_t i;

	for (i = 0; (key = json_key_at(old, i)) != NULL; i++)
		if (strcmp(key, name) != 0)
			json_put(o, key, json_get(old, key));
	json_put_text(o, name, value);
	json_put(f->internal, type, o);
}

static const char *
challenge_of(struct visit *c, struct flow *f, const char *type)
{
	uint8_t raw[FIDO_CHALLENGE_LEN];
	const char *challenge = webauthn_recall(c->mem, f, type, "challenge");

	if (challenge != NULL)
		return challenge;
	crypt_random(raw, sizeof(raw));
	challenge = crypt_base64url(c->mem, raw, sizeof(raw));
	webauthn_remember(f, c->mem, type, "challenge", challenge);
	return challenge;
}

bool
webauthn_take(struct visit *c, struct flow *f, const char *type,
    const char **challenge)
{
	struct db_rows *rows;
	bool taken;

	*challenge = webauthn_recall(c->mem, f, type, "challenge");
	if (*challenge == NULL)
		return true;
	visit_begin(c, DB_TX_WRITE);
	rows = db_run(c->db, &webauthn_queries[Q_TAKE],
	    DB_ARGS(f->id, type, *challenge));
	taken = rows != NULL && db_affected(rows) == 1;
	if (!visit_end(c, rows == NULL ? identity_fault(c->db) : CODE_OK))
		return false;
	if (!taken)
		*challenge = NULL;
	webauthn_remember(f, c->mem, type, "challenge", NULL);
	return self_redraw(c, f);
}

/* --- options ---------------------------------------------------------------- */

static void
put_keys(struct arena *a, struct json *o, const char *name,
    const struct json *keys)
{
	struct json *list = json_put_list(o, name), *item;
	struct fido_key key;
	size_t i;

	for (i = 0; i < json_count(keys); i++) {
		if (!webauthn_key(a, json_at(keys, i), &key))
			continue;
		item = json_add_object(list);
		json_put_text(item, "type", "public-key");
		json_put_text(item, "id",
		    crypt_base64url(a, key.id.p, key.id.len));
	}
}

static void
put_algorithms(struct json *o)
{
	static const int known[] = { FIDO_ES256, FIDO_EDDSA, FIDO_RS256 };
	struct json *list = json_put_list(o, "pubKeyCredParams"), *item;
	size_t i;

	for (i = 0; i < NITEMS(known); i++) {
		item = json_add_object(list);
		json_put_text(item, "type", "public-key");
		json_put_int(item, "alg", known[i]);
	}
}

/* A second factor shows presence; a first one shows who is present. */
static void
put_selection(struct json *o, bool passkey)
{
	struct json *s = json_put_object(o, "authenticatorSelection");

	json_put_text(s, "residentKey", passkey ? "required" : "discouraged");
	json_put_bool(s, "requireResidentKey", passkey);
	json_put_text(s, "userVerification",
	    passkey ? "required" : "discouraged");
}

struct json *
webauthn_create_options(struct visit *c, struct flow *f,
    const struct webauthn *w, const struct webauthn_user *user,
    const struct json *keys)
{
	struct json *root = json_new_object(c->mem), *o, *part;

	o = json_put_object(root, "publicKey");
	part = json_put_object(o, "rp");
	json_put_text(part, "name", w->rp.name);
	json_put_text(part, "id", w->rp.id);
	part = json_put_object(o, "user");
	json_put_text(part, "name", user->name);
	json_put_text(part, "displayName", user->name);
	json_put_text(part, "id",
	    crypt_base64url(c->mem, user->handle.p, user->handle.len));
	json_put_text(o, "challenge", challenge_of(c, f, w->type));
	put_algorithms(o);
	json_put_int(o, "timeout", TIMEOUT_MS);
	put_keys(c->mem, o, "excludeCredentials", keys);
	put_selection(o, w->passkey);
	json_put_text(o, "attestation", "none");
	return root;
}

struct json *
webauthn_get_options(struct visit *c, struct flow *f, const struct webauthn *w,
    const struct json *keys)
{
	struct json *root = json_new_object(c->mem);
	struct json *o = json_put_object(root, "publicKey");

	json_put_text(o, "challenge", challenge_of(c, f, w->type));
	json_put_int(o, "timeout", TIMEOUT_MS);
	json_put_text(o, "rpId", w->rp.id);
	if (json_count(keys) > 0)
		put_keys(c->mem, o, "allowCredentials", keys);
	json_put_text(o, "userVerification",
	    w->passkey ? "required" : "discouraged");
	return root;
}

/* --- credentials ------------------------------------------------------------ */

enum code
webauthn_load(struct visit *c, const char *identity_id, const char *type,
    struct credential *out)
{
	enum code code;

	code = credential_get(c->db, c->mem, identity_id, type, out);
	if (code != CODE_NOT_FOUND)
		return code;
	memset(out, 0, sizeof(*out));
	out->config = json_new_object(c->mem);
	return CODE_OK;
}

enum code
webauthn_lock(struct visit *c, const char *identity_id, const char *type,
    struct credential *out)
{
	if (db_run(c->db, &webauthn_queries[Q_LOCK], DB_ARGS(identity_id)) ==
	    NULL)
		return identity_fault(c->db);
	return webauthn_load(c, identity_id, type, out);
}

/*
 * What security keys and passkeys share: challenges, the options browsers
 * get, and the list of keys in a credential, in the form Kratos keeps it.
 */
#ifndef MIRAI_IDENTITY_WEBAUTHN_H
#define MIRAI_IDENTITY_WEBAUTHN_H

#include "identity/credential.h"
#include "identity/flow.h"
#include "identity/rp.h"
#include "net/fido.h"

#define WEBAUTHN_KEYS_MAX 32 /* of one kind and person */
#define WEBAUTHN_NAME_MAX 64 /* bytes of a key's name */

/* A method, by its credential type: "webauthn" or "passkey". */
struct webauthn {
	const char *type;
	bool passkey;
	struct rp rp;
};

/* Whether the method is on, and possible, for f: browsers alone can do it. */
bool webauthn_is_on(struct visit *c, const struct flow *f, bool passkey,
    struct webauthn *out);

/* The node that brings webauthn.js, once per form. */
void webauthn_add_script(struct visit *c, struct flow *f, const char *group);

/* GET /.well-known/ory/webauthn.js */
void webauthn_serve_script(struct visit *c);

/* --- challenges -------------------------------------------------------------- */

/* Text kept in f->internal below the type, copied; NULL: none. */
const char *webauthn_recall(struct arena *a, const struct flow *f,
    const char *type, const char *name);
void webauthn_remember(struct flow *f, struct arena *a, const char *type,
    const char *name, const char *value);

/*
 * Takes the challenge of f out of the database, so that one answer alone can
 * be to it, and draws f anew with the next. False: failed, answered.
 * *challenge is NULL if there was none, or somebody was faster.
 */
bool webauthn_take(struct visit *c, struct flow *f, const char *type,
    const char **challenge);

/* --- options ----------------------------------------------------------------- */

/* Whom a new key is for. */
struct webauthn_user {
	struct fido_bytes handle;
	const char *name; /* "" if the page fills it in */
};

/*
 * The argument of navigator.credentials.create() and get(), buffers as
 * base64url, with the challenge of f (made, if there is none). keys (may be
 * NULL) is the list of a credential.
 */
struct json *webauthn_create_options(struct visit *c, struct flow *f,
    const struct webauthn *w, const struct webauthn_user *user,
    const struct json *keys);
struct json *webauthn_get_options(struct visit *c, struct flow *f,
    const struct webauthn *w, const struct json *keys);

/* --- keys -------------------------------------------------------------------- */

/*
 * The credential of an identity of the method's type; absent: out->config is
 * an empty object, and out->id "".
 */
enum code webauthn_load(struct visit *c, const char *identity_id,
    const char *type, struct credential *out) MUST_CHECK;

/* The same for a change: no other change of the person's keys goes on. */
enum code webauthn_lock(struct visit *c, const char *identity_id,
    const char *type, struct credential *out) MUST_CHECK;

/* The keys in a config, and one as it is held against answers. */
const struct json *webauthn_keys(const struct json *config);
bool webauthn_key(struct arena *a, const struct json *entry,
    struct fido_key *out);

/* The entry of that id; NULL: none. */
const struct json *webauthn_find(struct arena *a, const struct json *config,
    struct fido_bytes id);

/* What a key is stored with. */
struct webauthn_label {
	const char *name;
	const char *handle; /* base64, as it was made for; NULL: not kept */
	bool passkey;
};

/* A config with one key more, less, or used again. */
struct json *webauthn_with(struct arena *a, const struct json *config,
    const struct fido_key *key, const struct webauthn_label *label);
struct json *webauthn_without(struct arena *a, const struct json *config,
    struct fido_bytes id);
struct json *webauthn_used(struct arena *a, const struct json *config,
    struct fido_bytes id, const struct fido_proof *proof);

/* Today, as the name of a key that got none: "2026-11-21". */
const char *webauthn_day(struct arena *a);

/* The user handle of a config; empty: none. */
struct fido_bytes webauthn_handle(struct arena *a, const struct json *config);

/* What a user handle is called among identifiers; NULL: it can be none. */
const char *webauthn_handle_name(struct arena *a, struct fido_bytes handle);

/* All identifiers of a credential with this config. */
const char *const *webauthn_identifiers(struct arena *a,
    const struct json *config);

/* --- answers ----------------------------------------------------------------- */

/*
 * The submit of a page that adds a key, to be done after everything else that
 * may refuse it: takes the challenge and reads the answer in field. NULL:
 * answered; else the key.
 */
const struct fido_key *webauthn_registered(struct visit *c, struct flow *f,
    const struct webauthn *w, const char *field, const char *answer);

/* The nodes of a settings form that remove keys. */
void webauthn_add_removes(struct visit *c, struct flow *f,
    const struct webauthn *w, const struct json *config, bool last);

/*
 * Settings: adds key, or removes the one whose id is that hex text, and
 * answers. No transaction is open.
 */
void webauthn_settings_add(struct visit *c, struct flow *f,
    const struct webauthn *w, const struct fido_key *key,
    const struct webauthn_label *label);
void webauthn_settings_remove(struct visit *c, struct flow *f,
    const struct webauthn *w, const char *hex);

/*
 * Login: whether answer is by a key of cred; then it is noted as used. False:
 * refused, or failed, and answered.
 */
bool webauthn_proven(struct visit *c, struct flow *f, const struct webauthn *w,
    const char *challenge, const struct json *answer,
    const struct credential *cred, struct fido_proof *proof);

extern const struct db_query webauthn_queries[];

#endif

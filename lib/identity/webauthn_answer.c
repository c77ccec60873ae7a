/*
 * What becomes of a browser's answer: a key more, a key less, or somebody
 * proven. Whatever is wrong with a proof is one message to its sender and one
 * row in the audit trail; the reason goes to the log of debugging only.
 */
#include <string.h>

#include "base/log.h"
#include "identity/factor.h"
#include "identity/level.h"
#include "identity/self.h"
#include "identity/self_login.h"
#include "identity/self_settings.h"
#include "identity/webauthn.h"

static struct fido_rules
rules_of(const struct webauthn *w, const char *challenge)
{
	return (struct fido_rules){
		.rp_id = w->rp.id,
		.origins = w->rp.origins,
		.challenge = challenge,
		.verified = w->passkey,
	};
}

/* --- a new key -------------------------------------------------------------- */

static void
refuse_value(struct visit *c, struct flow *f, const char *field,
    const char *why)
{
	ui_say_at(f->ui, field, UI_BAD_VALUE, "reason", why);
	self_again(c, f);
}

const struct fido_key *
webauthn_registered(struct visit *c, struct flow *f, const struct webauthn *w,
    const char *field, const char *answer)
{
	struct fido_key *key = arena_zalloc(c->mem, sizeof(*key));
	const char *challenge, *why = NULL;
	const struct json *o;
	struct fido_rules rules;

	if (!webauthn_take(c, f, w->type, &challenge))
		return NULL;
	rules = rules_of(w, challenge);
	if (challenge == NULL)
		why = "the form was used already";
	else if ((o = fido_read(c->mem, answer)) == NULL)
		why = "no answer of a security key";
	else if (fido_register(c->mem, o, &rules, key, &why))
		return key;
	refuse_value(c, f, field, why);
	return NULL;
}

/* As the mails to its owner name it. */
static const char *
name_of(const struct webauthn *w)
{
	return w->passkey ? "A passkey" : "A security key";
}

/* Told to the owner; who adds a key has just shown that they hold it. */
static enum code
key_added(struct visit *c, const struct webauthn *w, const struct fido_key *key)
{
	struct factor_change change = { .name = name_of(w), .method = w->type };

	if (!w->passkey || (w->rp.passkey_aal2 && key->verified))
		change.aal = LEVEL_SECOND;
	return factor_changed(c, &change);
}

static enum code
key_removed(struct visit *c, const struct webauthn *w)
{
	struct factor_change change = { .name = name_of(w) };

	return factor_changed(c, &change);
}

static enum code
store_key(struct visit *c, const struct webauthn *w, const struct fido_key *key,
    const struct webauthn_label *label)
{
	const char *who = c->session->identity.id;
	struct credential cred;
	struct json *config;
	enum code code;

	code = webauthn_lock(c, who, w->type, &cred);
	if (code != CODE_OK)
		return code;
	if (json_count(webauthn_keys(cred.config)) >= WEBAUTHN_KEYS_MAX)
		return CODE_RESOURCE_EXHAUSTED;
	if (webauthn_find(c->mem, cred.config, key->id) != NULL)
		return CODE_ALREADY_EXISTS;
	config = webauthn_with(c->mem, cred.config, key, label);
	return credential_put(c->db, c->mem, who, w->type, config,
	    webauthn_identifiers(c->mem, config));
}

void
webauthn_settings_add(struct visit *c, struct flow *f, const struct webauthn *w,
    const struct fido_key *key, const struct webauthn_label *label)
{
	const char *field =
	    w->passkey ? "passkey_settings_register" : "webauthn_register";
	enum code code;

	visit_begin(c, DB_TX_WRITE);
	code = store_key(c, w, key, label);
	if (code == CODE_ALREADY_EXISTS || code == CODE_RESOURCE_EXHAUSTED) {
		visit_abort(c);
		refuse_value(c, f, field,
		    code == CODE_ALREADY_EXISTS
			? "this key is registered already"
			: "there are too many keys, remove one first");
		return;
	}
	if (code == CODE_OK)
		code = key_added(c, w, key);
	self_settings_done(c, f, w->passkey ? "passkey.add" : "webauthn.add",
	    code);
}

/* --- a key less ------------------------------------------------------------- */

void
webauthn_add_removes(struct visit *c, struct flow *f, const struct webauthn *w,
    const struct json *config, bool last)
{
	const struct json *keys = webauthn_keys(config), *entry;
	const char *name;
	struct fido_key key;
	size_t i;

	for (i = 0; i < json_count(keys); i++) {
		entry = json_at(keys, i);
		name = json_get_text(entry, "display_name", "");
		if (!webauthn_key(c->mem, entry, &key))
			continue;
		ui_add_input(f->ui,
		    &(struct ui_input){
			.name =
			    w->passkey ? "passkey_remove" : "webauthn_remove",
			.type = "submit",
			.group = w->type,
			.value = str_hex(c->mem, key.id.p, key.id.len),
			.disabled = last && json_count(keys) == 1,
			.label =
			    w->passkey ? UI_PASSKEY_REMOVE : UI_WEBAUTHN_REMOVE,
			.title = *name == '\0' ? "unnamed" : name,
			.title_key = "display_name",
		    });
	}
}

/* The bytes of an id in hex; empty: it is none. */
static struct fido_bytes
unhex(struct arena *a, const char *hex)
{
	size_t i, len = strlen(hex);
	uint8_t *p;

	if (len == 0 || len % 2 != 0 || len > (size_t)2 * FIDO_ID_MAX)
		return (struct fido_bytes){ NULL, 0 };
	p = arena_alloc(a, len / 2);
	for (i = 0; i < len; i += 2) {
		if (str_hex_value(hex[i]) < 0 || str_hex_value(hex[i + 1]) < 0)
			return (struct fido_bytes){ NULL, 0 };
		p[i / 2] = (uint8_t)(str_hex_value(hex[i]) << 4 |
		    str_hex_value(hex[i + 1]));
	}
	return (struct fido_bytes){ p, len / 2 };
}

/*
 * CODE_NOT_FOUND: no such key; CODE_FAILED_PRECONDITION: nothing would be left
 * to sign in with; CODE_PERMISSION_DENIED: a second factor is demanded.
 */
static enum code
remove_key(struct visit *c, const struct webauthn *w, struct fido_bytes id)
{
	const char *who = c->session->identity.id;
	struct credential cred;
	struct json *config;
	int64_t others = 0;
	enum code code;
	bool may = true;

	code = webauthn_lock(c, who, w->type, &cred);
	if (code != CODE_OK)
		return code;
	if (webauthn_find(c->mem, cred.config, id) == NULL)
		return CODE_NOT_FOUND;
	config = webauthn_without(c->mem, cred.config, id);
	if (json_count(webauthn_keys(config)) > 0)
		return credential_put(c->db, c->mem, who, w->type, config,
		    webauthn_identifiers(c->mem, config));
	code = credential_first_factors(c->db, who, w->type, &others);
	if (code != CODE_OK)
		return code;
	if (w->passkey && others == 0)
		return CODE_FAILED_PRECONDITION;
	if (!w->passkey)
		code = factor_may_go(c, w->type, &may);
	if (code != CODE_OK)
		return code;
	if (!may)
		return CODE_PERMISSION_DENIED;
	return credential_delete(c->db, who, w->type);
}

void
webauthn_settings_remove(struct visit *c, struct flow *f,
    const struct webauthn *w, const char *hex)
{
	enum code code;

	visit_begin(c, DB_TX_WRITE);
	code = remove_key(c, w, unhex(c->mem, hex));
	if (code == CODE_PERMISSION_DENIED) {
		visit_abort(c);
		ui_say(f->ui, UI_FACTOR_KEPT, NULL, NULL);
		self_again(c, f);
		return;
	}
	if (code == CODE_NOT_FOUND || code == CODE_FAILED_PRECONDITION) {
		visit_abort(c);
		ui_say(f->ui, UI_BAD_VALUE, "reason",
		    code == CODE_NOT_FOUND ? "there is no such key"
					   : "it is your only way to sign in");
		self_again(c, f);
		return;
	}
	if (code == CODE_OK)
		code = key_removed(c, w);
	self_settings_done(c, f,
	    w->passkey ? "passkey.remove" : "webauthn.remove", code);
}

/* --- a proof ---------------------------------------------------------------- */

/* Whether answer is to challenge and by a key of cred. */
static bool
holds(struct visit *c, const struct webauthn *w, const char *challenge,
    const struct json *answer, const struct credential *cred,
    struct fido_claim *claim, struct fido_proof *proof)
{
	struct fido_rules rules = rules_of(w, challenge);
	const struct json *entry;
	struct fido_key key;
	const char *why = "no answer of a known key";
	bool ok = false;

	if (challenge != NULL && fido_claims(c->mem, answer, claim) &&
	    (entry = webauthn_find(c->mem, cred->config, claim->id)) != NULL &&
	    webauthn_key(c->mem, entry, &key))
		ok = fido_prove(c->mem, answer, &rules, &key, proof, &why);
	if (!ok)
		log_debug("%s: %s", w->type, why);
	return ok;
}

bool
webauthn_proven(struct visit *c, struct flow *f, const struct webauthn *w,
    const char *challenge, const struct json *answer,
    const struct credential *cred, struct fido_proof *proof)
{
	const char *who = *cred->identity_id == '\0' ? NULL : cred->identity_id;
	struct fido_claim claim;
	enum code code;

	if (!holds(c, w, challenge, answer, cred, &claim, proof)) {
		self_login_refuse(c, f, UI_WEBAUTHN_UNKNOWN, who);
		return false;
	}
	visit_begin(c, DB_TX_WRITE);
	code = credential_change(c->db, c->mem, cred,
	    webauthn_used(c->mem, cred->config, claim.id, proof));
	if (code == CODE_ABORTED) { /* used at the same moment elsewhere */
		visit_abort(c);
		self_login_refuse(c, f, UI_WEBAUTHN_UNKNOWN, who);
		return false;
	}
	return visit_end(c, code);
}

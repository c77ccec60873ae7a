/*
 * One credential per identity holds all its links, as in Kratos. Changes lock
 * the identity first, so that two at once do not remove the last way in.
 */
#include "identity/oidc_link.h"

#include <string.h>

#include "base/clock.h"
#include "identity/courier.h"
#include "identity/credential.h"
#include "identity/self.h"

#define TYPE "oidc"

enum query {
	Q_LOCK,
	Q__MAX
};

const struct db_query oidc_link_queries[] = {
	[Q_LOCK] = {
	    .name = "oidc_link_lock",
	    .nargs = 1, /* identity */
	    .sql = "SELECT 1 FROM identities WHERE id = $1 FOR UPDATE",
	},
	[Q__MAX] = { 0 },
};

static const char *
identifier(struct visit *c, const struct oidc_person *who)
{
	return arena_printf(c->mem, "%s:%s", who->provider->id, who->subject);
}

static enum code
lock(struct visit *c, const char *identity_id)
{
	if (db_run(c->db, &oidc_link_queries[Q_LOCK], DB_ARGS(identity_id)) ==
	    NULL)
		return identity_fault(c->db);
	return CODE_OK;
}

/* Those there are; an empty one if none. */
static enum code
current(struct visit *c, const char *identity_id, struct credential *out)
{
	static const char *const none[] = { NULL };
	enum code code;

	memset(out, 0, sizeof(*out));
	out->identifiers = none;
	code = credential_get(c->db, c->mem, identity_id, TYPE, out);
	return code == CODE_NOT_FOUND ? CODE_OK : code;
}

enum code
oidc_link_find(struct visit *c, const struct oidc_person *who,
    char identity_id[STR_UUID_LEN + 1])
{
	struct credential cred;
	enum code code;

	code = credential_find(c->db, c->mem, TYPE, identifier(c, who), &cred);
	if (code == CODE_OK)
		memcpy(identity_id, cred.identity_id, STR_UUID_LEN + 1);
	return code;
}

/* --- adding ---------------------------------------------------------------- */

static struct json *
config_with(struct visit *c, const struct json *old,
    const struct oidc_person *who)
{
	struct json *o = json_new_object(c->mem), *list, *item;
	const struct json *had = json_get_list(old, "providers");
	size_t i;

	list = json_put_list(o, "providers");
	for (i = 0; i < json_count(had); i++)
		json_add(list, json_at(had, i));
	item = json_add_object(list);
	json_put_text(item, "provider", who->provider->id);
	json_put_text(item, "subject", who->subject);
	return o;
}

struct json *
oidc_link_config(struct visit *c, const struct oidc_person *who)
{
	return config_with(c, NULL, who);
}

/* Those of old and one more. */
static const char *const *
identifiers_with(struct visit *c, const char *const *old,
    const struct oidc_person *who)
{
	const char **list;
	size_t n;

	for (n = 0; old[n] != NULL; n++)
		continue;
	list = arena_calloc(c->mem, n + 2, sizeof(*list));
	memcpy(list, old, n * sizeof(*list));
	list[n] = identifier(c, who);
	return list;
}

const char *const *
oidc_link_identifiers(struct visit *c, const struct oidc_person *who)
{
	static const char *const none[] = { NULL };

	return identifiers_with(c, none, who);
}

enum code
oidc_link_add(struct visit *c, const char *identity_id,
    const struct oidc_person *who)
{
	char owner[STR_UUID_LEN + 1];
	struct credential cred;
	enum code code;

	if ((code = lock(c, identity_id)) != CODE_OK)
		return code;
	code = oidc_link_find(c, who, owner);
	if (code == CODE_OK)
		return strcmp(owner, identity_id) == 0 ? CODE_OK
						       : CODE_ALREADY_EXISTS;
	if (code != CODE_NOT_FOUND)
		return code;
	if ((code = current(c, identity_id, &cred)) != CODE_OK)
		return code;
	return credential_put(c->db, c->mem, identity_id, TYPE,
	    config_with(c, cred.config, who),
	    identifiers_with(c, cred.identifiers, who));
}

/* --- removing -------------------------------------------------------------- */

static bool
is_of(const char *name, const char *provider)
{
	size_t len = strlen(provider);

	return strncmp(name, provider, len) == 0 && name[len] == ':';
}

static size_t
count_of(const char *const *names, const char *provider)
{
	size_t i, n = 0;

	for (i = 0; names[i] != NULL; i++)
		n += is_of(names[i], provider);
	return n;
}

static enum code
spare(struct visit *c, const char *identity_id, const struct credential *cred,
    const char *provider, bool *out)
{
	int64_t n = 0;
	enum code code;

	code = credential_first_factors(c->db, identity_id, NULL, &n);
	*out = n > (int64_t)count_of(cred->identifiers, provider);
	return code;
}

enum code
oidc_link_spare(struct visit *c, const char *identity_id, const char *provider,
    bool *out)
{
	struct credential cred;
	enum code code;

	code = current(c, identity_id, &cred);
	return code == CODE_OK ? spare(c, identity_id, &cred, provider, out)
			       : code;
}

/* What is left without provider. */
static enum code
write_rest(struct visit *c, const char *identity_id,
    const struct credential *cred, const char *provider)
{
	const struct json *had = json_get_list(cred->config, "providers"), *j;
	struct json *o = json_new_object(c->mem), *list;
	const char **names;
	size_t i, n = 0;

	list = json_put_list(o, "providers");
	for (i = 0; i < json_count(had); i++) {
		j = json_at(had, i);
		if (strcmp(json_get_text(j, "provider", ""), provider) != 0)
			json_add(list, j);
	}
	for (i = 0; cred->identifiers[i] != NULL; i++)
		continue;
	names = arena_calloc(c->mem, i + 1, sizeof(*names));
	for (i = 0; cred->identifiers[i] != NULL; i++)
		if (!is_of(cred->identifiers[i], provider))
			names[n++] = cred->identifiers[i];
	if (n == 0)
		return credential_delete(c->db, identity_id, TYPE);
	return credential_put(c->db, c->mem, identity_id, TYPE, o, names);
}

enum code
oidc_link_remove(struct visit *c, const char *identity_id, const char *provider)
{
	struct credential cred;
	enum code code;
	bool left;

	if ((code = lock(c, identity_id)) != CODE_OK ||
	    (code = current(c, identity_id, &cred)) != CODE_OK)
		return code;
	if (count_of(cred.identifiers, provider) == 0)
		return CODE_NOT_FOUND;
	code = spare(c, identity_id, &cred, provider, &left);
	if (code != CODE_OK)
		return code;
	if (!left)
		return CODE_FAILED_PRECONDITION;
	return write_rest(c, identity_id, &cred, provider);
}

enum code
oidc_link_list(struct visit *c, const char *identity_id,
    const char *const **ids)
{
	struct credential cred;
	const char **list;
	enum code code;
	size_t i;

	if ((code = current(c, identity_id, &cred)) != CODE_OK)
		return code;
	for (i = 0; cred.identifiers[i] != NULL; i++)
		continue;
	list = arena_calloc(c->mem, i + 1, sizeof(*list));
	for (i = 0; cred.identifiers[i] != NULL; i++)
		list[i] = arena_strndup(c->mem, cred.identifiers[i],
		    strcspn(cred.identifiers[i], ":"));
	*ids = list;
	return CODE_OK;
}

/* --- mail ------------------------------------------------------------------ */

enum code
oidc_link_tell(struct visit *c, const char *identity_id,
    const struct oidc_provider *p, bool added)
{
	struct json *data = json_new_object(c->mem);
	struct courier_mail m = { 0 };
	struct identity who;
	enum code code;

	code = identity_get(c->db, c->mem, c->p->base_url, identity_id, &who);
	if (code != CODE_OK || *who.email == '\0')
		return code;
	json_put_text(data, "Factor",
	    arena_printf(c->mem, "Sign-in with %s", p->label));
	json_put_text(data, "At", clock_rfc3339(c->mem, clock_now_us()));
	m.type =
	    added ? "authenticator_key_added" : "authenticator_key_removed";
	m.to = who.email;
	m.identity_id = identity_id;
	m.data = data;
	code = courier_queue(c->db, c->mem, c->p->secrets, &m);
	return code == CODE_INVALID_ARGUMENT ? CODE_OK : code;
}

/* --- a link that waits ----------------------------------------------------- */

void
oidc_link_promise(struct flow *f, const char *identity_id,
    const struct oidc_person *who)
{
	struct json *o = json_put_object(f->internal, "oidc_link");

	json_put_text(o, "identity", identity_id);
	json_put_text(o, "provider", who->provider->id);
	json_put_text(o, "subject", who->subject);
}

enum code
oidc_link_settle(struct visit *c, struct flow *f, const char *identity_id)
{
	const struct json *o = json_get(f->internal, "oidc_link");
	struct oidc_person who = { 0 };
	enum code code;

	who.provider = oidc_config_find(c->p->oidc_config,
	    json_get_text(o, "provider", NULL));
	/* A copy: the promise goes before it is used. */
	who.subject = arena_strdup(c->mem, json_get_text(o, "subject", ""));
	if (who.provider == NULL ||
	    !str_eq(json_get_text(o, "identity", NULL), identity_id))
		return CODE_OK;
	json_put_null(f->internal, "oidc_link");
	code = oidc_link_add(c, identity_id, &who);
	if (code == CODE_ALREADY_EXISTS)
		return CODE_OK; /* taken meanwhile: the sign-in still holds */
	if (code == CODE_OK)
		code = oidc_link_tell(c, identity_id, who.provider, true);
	if (code == CODE_OK)
		code = self_trail(c, "oidc.link", NULL, identity_id, NULL);
	return code;
}

/*
 * One table of keys, one of presets; a preset is nothing but defaults. What a
 * provider lacks is said with its file; a wrong line with its number.
 */
#include "identity/oidc_config.h"

#include <stddef.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "identity/keyfile.h"
#include "net/crypt.h"

#define MAX_PROVIDERS ((size_t)32)
#define MAX_MAP	      ((size_t)64)

enum kind {
	KEY_TEXT,
	KEY_URL,
	KEY_FILE,    /* the content of a file */
	KEY_POINTER, /* RFC 6901 */
	KEY_PRESET,
	KEY_AUTH,
	KEY_LIST,
	KEY_MAP
};

#define FIELD(name) offsetof(struct oidc_provider, name)

static const struct key {
	const char *name;
	enum kind kind;
	size_t field;
} keys[] = {
	{ "apple.key_file", KEY_FILE, FIELD(apple_key) },
	{ "apple.key_id", KEY_TEXT, FIELD(apple_key_id) },
	{ "apple.team", KEY_TEXT, FIELD(apple_team) },
	{ "audiences", KEY_LIST, FIELD(audiences) },
	{ "auth_url", KEY_URL, FIELD(auth_url) },
	{ "client_id", KEY_TEXT, FIELD(client_id) },
	{ "client_secret", KEY_TEXT, FIELD(client_secret) },
	{ "client_secret_file", KEY_FILE, FIELD(client_secret) },
	{ "emails_url", KEY_URL, FIELD(emails_url) },
	{ "issuer", KEY_URL, FIELD(issuer) },
	{ "jwks_url", KEY_URL, FIELD(jwks_url) },
	{ "label", KEY_TEXT, FIELD(label) },
	{ "map", KEY_MAP, FIELD(map) },
	{ "preset", KEY_PRESET, FIELD(kind) },
	{ "scopes", KEY_TEXT, FIELD(scopes) },
	{ "token_auth", KEY_AUTH, FIELD(secret_in_body) },
	{ "token_url", KEY_URL, FIELD(token_url) },
	{ "userinfo_url", KEY_URL, FIELD(userinfo_url) },
	{ "verified", KEY_POINTER, FIELD(verified) },
};

static const struct preset {
	const char *name;
	struct oidc_provider defaults;
} presets[OIDC__MAX] = {
	[OIDC_GENERIC] = { "generic",
	    { .scopes = "openid email profile",
		.verified = "/email_verified" } },
	[OIDC_GOOGLE] = { "google",
	    { .label = "Google",
		.issuer = "https://accounts.google.com",
		.scopes = "openid email profile",
		.verified = "/email_verified" } },
	/* An address in their tokens is what a directory's owner wrote. */
	[OIDC_MICROSOFT] = { "microsoft",
	    { .label = "Microsoft",
		.issuer = "https://login.microsoftonline.com/common/v2.0",
		.scopes = "openid email profile",
		.verified = "/xms_edov" } },
	[OIDC_GITHUB] = { "github",
	    { .label = "GitHub",
		.issuer = "https://github.com",
		.scopes = "read:user user:email",
		.verified = "/email_verified",
		.auth_url = "https://github.com/login/oauth/authorize",
		.token_url = "https://github.com/login/oauth/access_token",
		.userinfo_url = "https://api.github.com/user",
		.emails_url = "https://api.github.com/user/emails",
		.secret_in_body = true } },
	[OIDC_APPLE] = { "apple",
	    { .label = "Apple",
		.issuer = "https://appleid.apple.com",
		.scopes = "openid email name",
		.verified = "/email_verified",
		.secret_in_body = true } },
};

/* What traits are made of unless the file says otherwise. */
static const struct oidc_map usual_map[] = {
	{ "email", "/email" },
	{ "name.first", "/given_name" },
	{ "name.last", "/family_name" },
};

/* A file being read. */
struct reading {
	struct arena *mem;
	const char *path;
	bool private; /* some private address may be called */
	bool preset;
	struct oidc_provider *p;
	struct oidc_map *map;
	size_t nmap;
};

/* --- values ---------------------------------------------------------------- */

static const char *
check_pointer(const char *s)
{
	const char *p;

	if (*s != '/')
		return "must be a JSON pointer such as /email";
	for (p = strchr(s, '~'); p != NULL; p = strchr(p + 1, '~'))
		if (p[1] != '0' && p[1] != '1')
			return "must be a JSON pointer; ~ is written ~0";
	return NULL;
}

static const char *const *
split(struct arena *a, const char *s)
{
	const char **list = arena_calloc(a, strlen(s) + 1, sizeof(*list));
	size_t n = 0, len;

	for (s += strspn(s, ", \t"); *s != '\0'; s += strspn(s, ", \t")) {
		len = strcspn(s, ", \t");
		list[n++] = arena_strndup(a, s, len);
		s += len;
	}
	return list;
}

/* "email /email" */
static const char *
add_map(struct reading *f, const char *value)
{
	size_t len = strcspn(value, " \t");
	const char *pointer = value + len + strspn(value + len, " \t");
	struct oidc_map *m = &f->map[f->nmap];

	if (f->nmap == MAX_MAP)
		return "too many of these";
	if (str_starts(value, "."))
		return "must be a trait and a JSON pointer";
	m->trait = arena_strndup(f->mem, value, len);
	m->pointer = arena_strdup(f->mem, pointer);
	f->nmap++;
	return check_pointer(pointer);
}

/* Defaults for all that the file has not set yet: preset stands first. */
static const char *
set_preset(struct reading *f, const char *value)
{
	const char *id = f->p->id, *source = f->p->source;
	size_t index = f->p->index, i;

	if (f->preset)
		return "must be the first key";
	for (i = 0; i < OIDC__MAX; i++) {
		if (strcmp(presets[i].name, value) != 0)
			continue;
		*f->p = presets[i].defaults;
		f->p->kind = (enum oidc_kind)i;
		f->p->id = id;
		f->p->source = source;
		f->p->index = index;
		return NULL;
	}
	return "must be generic, google, microsoft, github or apple";
}

static const char *
set_value(struct reading *f, const struct key *k, const char *value)
{
	const char **field = (const char **)(void *)((char *)f->p + k->field);
	const char *rule = NULL;

	switch (k->kind) {
	case KEY_PRESET:
		return set_preset(f, value);
	case KEY_MAP:
		return add_map(f, value);
	case KEY_AUTH:
		f->p->secret_in_body = strcmp(value, "post") == 0;
		return f->p->secret_in_body || strcmp(value, "basic") == 0
		    ? NULL
		    : "must be basic or post";
	case KEY_LIST:
		f->p->audiences = split(f->mem, value);
		return NULL;
	case KEY_FILE:
		return keyfile_text(f->mem, value, field);
	case KEY_URL:
		rule = keyfile_url(value, f->private);
		break;
	case KEY_POINTER:
		rule = check_pointer(value);
		break;
	case KEY_TEXT:
		break;
	}
	*field = arena_strdup(f->mem, value);
	return rule;
}

/* --- files ----------------------------------------------------------------- */

static const struct key *
find_key(const char *name)
{
	size_t i;

	for (i = 0; i < NITEMS(keys); i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

/* A pair of the file; NULL or the rule it breaks. */
static const char *
take(void *arg, const char *key, const char *value)
{
	struct reading *f = arg;
	const struct key *k = find_key(key);
	const char *rule;

	if (k == NULL)
		return "unknown key";
	rule = set_value(f, k, value);
	f->preset = true;
	return rule;
}

/* What a whole file lacks; NULL: nothing. */
static const char *
lacks(const struct oidc_provider *p)
{
	struct crypt_p256 key;
	bool good;

	if (p->issuer == NULL)
		return "issuer is not set";
	if (p->client_id == NULL)
		return "client_id is not set";
	if (p->kind == OIDC_GITHUB && p->client_secret == NULL)
		return "client_secret is not set";
	if (p->kind != OIDC_APPLE)
		return NULL;
	if (p->apple_team == NULL || p->apple_key_id == NULL)
		return "apple.team or apple.key_id is not set";
	if (p->apple_key == NULL)
		return "apple.key_file is not set";
	good = crypt_read_p256(p->apple_key, &key) == 0;
	crypt_wipe(&key, sizeof(key));
	return good ? NULL : "apple.key_file holds no private key of P-256";
}

static int
finish(struct reading *f)
{
	static const char *const none[] = { NULL };
	struct oidc_provider *p = f->p;
	const char *what;

	p->map = f->nmap == 0 ? usual_map : f->map;
	p->nmap = f->nmap == 0 ? NITEMS(usual_map) : f->nmap;
	if (p->label == NULL)
		p->label = p->id;
	if (p->audiences == NULL)
		p->audiences = none;
	if ((what = lacks(p)) == NULL)
		return 0;
	log_error("provider file %s: %s", f->path, what);
	return -1;
}

static int
load_provider(struct reading *f)
{
	const char *rule;

	(void)set_preset(f, "generic");
	rule = keyfile_read(f->mem, f->path, take, f);
	if (rule == NULL)
		return finish(f);
	log_error("provider file %s", rule);
	return -1;
}

/* --- the table ------------------------------------------------------------- */

static int
load_all(struct arena *a, const struct conf *conf, struct oidc_config *c,
    struct oidc_provider *list)
{
	const char *const *ids = conf_list(conf, "identity.oidc.providers");
	const char *dir = conf_text(conf, "identity.oidc.dir");
	struct reading f;
	size_t i;

	for (i = 0; ids[i] != NULL; i++) {
		if (!keyfile_is_id(ids[i]) || i == MAX_PROVIDERS ||
		    oidc_config_find(c, ids[i]) != NULL) {
			log_error("identity.oidc.providers: %s: not an id, or "
				  "one too many",
			    ids[i]);
			return -1;
		}
		memset(&f, 0, sizeof(f));
		f.mem = a;
		f.path = arena_printf(a, "%s/%s.conf", dir, ids[i]);
		f.private =
		    *conf_list(conf, "identity.oidc.allow_private") != NULL;
		f.map = arena_calloc(a, MAX_MAP, sizeof(*f.map));
		f.p = &list[i];
		f.p->id = arena_strdup(a, ids[i]);
		f.p->source = f.path;
		f.p->index = i;
		if (load_provider(&f) == -1)
			return -1;
		c->nproviders++;
	}
	return 0;
}

struct oidc_config *
oidc_config_load(struct arena *a, const struct conf *conf)
{
	struct oidc_config *c = arena_zalloc(a, sizeof(*c));
	struct oidc_provider *list;
	const char *bad;

	list = arena_calloc(a, MAX_PROVIDERS, sizeof(*list));
	c->providers = list;
	c->timeout_ms = conf_int(conf, "identity.oidc.timeout") * 1000;
	c->waiting = (size_t)conf_int(conf, "identity.oidc.waiting");
	c->allowed = outside_new(a,
	    conf_list(conf, "identity.oidc.allow_private"), &bad);
	if (c->allowed == NULL) {
		log_error("identity.oidc.allow_private: %s: no address and no "
			  "network",
		    bad);
		return NULL;
	}
	return load_all(a, conf, c, list) == -1 ? NULL : c;
}

const struct oidc_provider *
oidc_config_find(const struct oidc_config *c, const char *id)
{
	size_t i;

	for (i = 0; id != NULL && i < c->nproviders; i++)
		if (strcmp(c->providers[i].id, id) == 0)
			return &c->providers[i];
	return NULL;
}

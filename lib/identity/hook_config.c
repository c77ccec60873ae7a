/*
 * Tables of keys, of methods and of hooks. What is wrong is said with the
 * setting and its entry, or with file and line; values are never quoted.
 */
#include "identity/hook_config.h"

#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "identity/hook_body.h"
#include "identity/keyfile.h"

#define METHODS_MAX 8
#define TIMEOUT_MS  5000
#define TIMEOUT_MAX 10
#define DEFAULT_BODY                                  \
	"{\"event\":\"$.event\",\"flow\":\"$.flow\"," \
	"\"identity\":\"$.identity\"}"

#define FIELD(name) offsetof(struct web_hook, name)

enum key_kind {
	KEY_TEXT,
	KEY_FILE,
	KEY_URL,
	KEY_BODY,
	KEY_BODY_FILE,
	KEY_AUTH,
	KEY_IN,
	KEY_RESPONSE,
	KEY_TIMEOUT
};

static const struct key {
	const char *name;
	enum key_kind kind;
	size_t field;
} keys[] = {
	{ "auth", KEY_AUTH, FIELD(auth) },
	{ "body", KEY_BODY, FIELD(body) },
	{ "body_file", KEY_BODY_FILE, FIELD(body) },
	{ "in", KEY_IN, FIELD(cookie) },
	{ "name", KEY_TEXT, FIELD(name) },
	{ "password", KEY_TEXT, FIELD(password) },
	{ "password_file", KEY_FILE, FIELD(password) },
	{ "response", KEY_RESPONSE, FIELD(parse) },
	{ "timeout", KEY_TIMEOUT, FIELD(timeout_ms) },
	{ "url", KEY_URL, FIELD(url) },
	{ "user", KEY_TEXT, FIELD(user) },
	{ "value", KEY_TEXT, FIELD(value) },
	{ "value_file", KEY_FILE, FIELD(value) },
};

static const struct flow_row {
	const char *name;
	const char *key;
	const char *methods[METHODS_MAX];
	bool builtin[HOOK__MAX]; /* which of enum hook_kind it has */
} flows[HOOK_FLOWS] = {
	{ "login", "identity.hooks.login",
	    { "password", "code", "oidc", "passkey", "webauthn", "totp",
		"lookup_secret" },
	    { [HOOK_WEB] = true,
		[HOOK_REQUIRE_VERIFIED] = true,
		[HOOK_SHOW_VERIFICATION] = true,
		[HOOK_REVOKE] = true } },
	{ "registration", "identity.hooks.registration",
	    { "password", "code", "oidc", "passkey" }, { [HOOK_WEB] = true } },
	{ "recovery", "identity.hooks.recovery", { "code", "link" },
	    { [HOOK_WEB] = true, [HOOK_REVOKE] = true } },
	{ "verification", "identity.hooks.verification", { "code", "link" },
	    { [HOOK_WEB] = true } },
	{ "settings", "identity.hooks.settings",
	    { "profile", "password", "oidc", "lookup_secret", "webauthn",
		"passkey", "totp" },
	    { [HOOK_WEB] = true, [HOOK_REVOKE] = true } },
};

static const struct builtin {
	const char *name;
	enum hook_kind kind;
} builtins[] = {
	{ "require_verified_address", HOOK_REQUIRE_VERIFIED },
	{ "revoke_active_sessions", HOOK_REVOKE },
	{ "show_verification_ui", HOOK_SHOW_VERIFICATION },
};

/* Behaviours that are hooks elsewhere and settings here. */
static const struct setting {
	const char *name;
	const char *rule;
} settings[] = {
	{ "notify_previous_addresses", "is always so, and no hook" },
	{ "session", "is set by identity.registration_session" },
	{ "show_verification_ui",
	    "is set by identity.registration.show_verification" },
	{ "verify_new_address",
	    "is set by identity.settings.verify_new_address" },
};

/* A file being read. */
struct reading {
	struct arena *mem;
	bool private;
	struct web_hook *w;
};

/* --- files ----------------------------------------------------------------- */

static const char *
read_body(struct reading *f, const char *text)
{
	const char *why;

	f->w->body = json_parse(f->mem, text, strlen(text), NULL, &why);
	if (f->w->body == NULL)
		return arena_printf(f->mem, "no JSON: %s", why);
	if (json_kind(f->w->body) != JSON_OBJECT)
		return "must be a JSON object";
	return hook_body_check(f->mem, f->w->body);
}

static const char *
read_body_file(struct reading *f, const char *path)
{
	const char *text, *rule;

	rule = keyfile_text(f->mem, path, &text);
	return rule == NULL ? read_body(f, text) : rule;
}

static const char *
read_auth(struct reading *f, const char *value)
{
	static const char *const names[] = { "none", "basic", "api_key" };
	size_t i;

	for (i = 0; i < NITEMS(names); i++) {
		if (strcmp(names[i], value) == 0) {
			f->w->auth = (enum hook_auth)i;
			return NULL;
		}
	}
	return "must be none, basic or api_key";
}

static const char *
read_choice(const char *value, const char *no, const char *yes, bool *out,
    const char *rule)
{
	*out = strcmp(value, yes) == 0;
	return *out || strcmp(value, no) == 0 ? NULL : rule;
}

static const char *
read_timeout(struct reading *f, const char *value)
{
	int64_t n;

	if (!str_to_i64(value, 1, TIMEOUT_MAX, &n))
		return "must be 1 to 10 seconds";
	f->w->timeout_ms = n * 1000;
	return NULL;
}

static const char *
set_value(struct reading *f, const struct key *k, const char *value)
{
	const char **field = (const char **)(void *)((char *)f->w + k->field);

	switch (k->kind) {
	case KEY_FILE:
		return keyfile_text(f->mem, value, field);
	case KEY_BODY:
		return read_body(f, value);
	case KEY_BODY_FILE:
		return read_body_file(f, value);
	case KEY_AUTH:
		return read_auth(f, value);
	case KEY_IN:
		return read_choice(value, "header", "cookie", &f->w->cookie,
		    "must be header or cookie");
	case KEY_RESPONSE:
		return read_choice(value, "ignore", "parse", &f->w->parse,
		    "must be ignore or parse");
	case KEY_TIMEOUT:
		return read_timeout(f, value);
	case KEY_URL:
	case KEY_TEXT:
		break;
	}
	*field = arena_strdup(f->mem, value);
	return k->kind == KEY_URL ? keyfile_url(value, f->private) : NULL;
}

static const char *
take(void *arg, const char *key, const char *value)
{
	size_t i;

	for (i = 0; i < NITEMS(keys); i++)
		if (strcmp(keys[i].name, key) == 0)
			return set_value(arg, &keys[i], value);
	return "unknown key";
}

/* Whether s can stand in a header; one in a cookie has no separators. */
static bool
is_plain(const char *s, bool cookie)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f ||
		    (cookie && strchr(" \",;\\", *s) != NULL))
			return false;
	return true;
}

static bool
is_token(const char *s)
{
	return *s != '\0' &&
	    s[strspn(s,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789!#$%&'*+-.^_`|~")] == '\0';
}

/* What a whole file lacks; NULL: nothing. */
static const char *
lacks(const struct web_hook *w)
{
	if (w->url == NULL)
		return "url is not set";
	if (w->auth == HOOK_AUTH_BASIC) {
		if (w->user == NULL || w->password == NULL)
			return "auth basic needs user and password";
		if (strchr(w->user, ':') != NULL)
			return "user must not hold a colon";
	}
	if (w->auth == HOOK_AUTH_KEY) {
		if (w->name == NULL || w->value == NULL)
			return "auth api_key needs name and value";
		if (!is_token(w->name) || !is_plain(w->value, w->cookie))
			return "name and value cannot be a header or cookie";
	}
	return NULL;
}

const struct web_hook *
hook_config_find(const struct hook_config *c, const char *id)
{
	const struct web_hook *w;

	for (w = c->hooks; w != NULL; w = w->next)
		if (strcmp(w->id, id) == 0)
			return w;
	return NULL;
}

/* The web hook of that name, read once. NULL: wrong, logged. */
static const struct web_hook *
need_hook(struct arena *a, struct hook_config *c, const char *dir,
    const char *id)
{
	const char *path = arena_printf(a, "%s/%s.conf", dir, id), *rule;
	const struct web_hook *known = hook_config_find(c, id);
	struct reading f = { a, c->private, NULL };

	if (known != NULL)
		return known;
	f.w = arena_zalloc(a, sizeof(*f.w));
	f.w->id = arena_strdup(a, id);
	f.w->timeout_ms = TIMEOUT_MS;
	(void)read_body(&f, DEFAULT_BODY);
	rule = keyfile_read(a, path, take, &f);
	if (rule == NULL && (rule = lacks(f.w)) != NULL)
		rule = arena_printf(a, "%s: %s", path, rule);
	if (rule != NULL) {
		log_error("hook file %s", rule);
		return NULL;
	}
	f.w->next = c->hooks;
	c->hooks = f.w;
	return f.w;
}

/* --- lists ----------------------------------------------------------------- */

/* Takes "METHOD:" off *s, if it is a method of the flow. */
static const char *
take_method(struct arena *a, const struct flow_row *flow, const char **s,
    const char **method)
{
	size_t len = strcspn(*s, ":"), i;

	if ((*s)[len] == '\0')
		return NULL;
	*method = arena_strndup(a, *s, len);
	*s += len + 1;
	for (i = 0; i < METHODS_MAX && flow->methods[i] != NULL; i++)
		if (strcmp(flow->methods[i], *method) == 0)
			return NULL;
	return "no method of this flow";
}

static const char *
read_builtin(const struct flow_row *flow, const char *name,
    struct hook_entry *e)
{
	const char *rule = "no such hook";
	size_t i;

	for (i = 0; i < NITEMS(builtins); i++) {
		if (strcmp(builtins[i].name, name) != 0)
			continue;
		rule = "cannot stand here";
		e->kind = builtins[i].kind;
		if (flow->builtin[e->kind] && e->moment == HOOK_AFTER)
			return NULL;
	}
	for (i = 0; i < NITEMS(settings); i++)
		if (strcmp(settings[i].name, name) == 0)
			return settings[i].rule;
	return rule;
}

/*
 * "after:password:web_hook=crm" and the like. NULL or the rule it breaks; *id
 * is the name of a web hook, if it is one.
 */
static const char *
read_entry(struct arena *a, const struct flow_row *flow, const char *s,
    struct hook_entry *e, const char **id)
{
	const char *rule;

	*id = NULL;
	if (str_starts(s, "after:"))
		e->moment = HOOK_AFTER;
	else if (!str_starts(s, "before:"))
		return "must begin with before: or after:";
	s += strcspn(s, ":") + 1;
	rule = take_method(a, flow, &s, &e->method);
	if (rule == NULL && e->method != NULL && e->moment == HOOK_BEFORE)
		rule = "no method is known before";
	if (rule != NULL)
		return rule;
	if (!str_starts(s, "web_hook="))
		return read_builtin(flow, s, e);
	e->kind = HOOK_WEB;
	*id = s + strlen("web_hook=");
	return keyfile_is_id(*id)
	    ? NULL
	    : "the name of a web hook is 1 to 32 of a-z, 0-9, - and _";
}

static int
load_flow(struct arena *a, const struct conf *conf, struct hook_config *c,
    size_t flow)
{
	const char *const *list = conf_list(conf, flows[flow].key);
	const char *dir = conf_text(conf, "identity.hooks.dir");
	struct hook_entry **tail = &c->flows[flow], *e;
	const char *rule, *id;

	for (; *list != NULL; list++) {
		e = arena_zalloc(a, sizeof(*e));
		rule = read_entry(a, &flows[flow], *list, e, &id);
		if (rule != NULL) {
			log_error("identity.hooks.%s: %s: %s", flows[flow].name,
			    *list, rule);
			return -1;
		}
		if (id != NULL && (e->web = need_hook(a, c, dir, id)) == NULL)
			return -1;
		*tail = e;
		tail = &e->next;
	}
	return 0;
}

struct hook_config *
hook_config_load(struct arena *a, const struct conf *conf)
{
	const char *const *list =
	    conf_list(conf, "identity.hooks.allow_private");
	struct hook_config *c = arena_zalloc(a, sizeof(*c));
	const char *bad;
	size_t i;

	c->waiting = (size_t)conf_int(conf, "identity.hooks.waiting");
	c->private = *list != NULL;
	c->allowed = outside_new(a, list, &bad);
	if (c->allowed == NULL) {
		log_error("identity.hooks.allow_private: %s: no address and no "
			  "network",
		    bad);
		return NULL;
	}
	for (i = 0; i < HOOK_FLOWS; i++)
		if (load_flow(a, conf, c, i) == -1)
			return NULL;
	return c;
}

bool
hook_entry_is(const struct hook_entry *e, enum hook_moment moment,
    const char *method)
{
	return e->moment == moment &&
	    (e->method == NULL || str_eq(method, e->method));
}

bool
hook_config_has(const struct hook_config *c, size_t flow, enum hook_kind kind,
    const char *method)
{
	const struct hook_entry *e;

	for (e = c->flows[flow]; e != NULL; e = e->next)
		if (e->kind == kind && hook_entry_is(e, HOOK_AFTER, method))
			return true;
	return false;
}

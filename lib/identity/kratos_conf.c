/*
 * One walk over the document and one table. A row takes a value and all below
 * it; what no row takes is entered, and a leaf that nobody takes is unknown.
 */
#include "identity/kratos_conf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "net/yaml.h"

#define MAX_BYTES ((size_t)1 << 20)

struct reading {
	struct conf *conf;
	struct arena *mem;
	const char *file;
	bool failed;
};

enum how {
	TEXT, /* numbers too */
	URL,  /* a trailing slash is nothing */
	YESNO,
	TIME,	/* of Go: "1h30m" */
	SIZE,	/* "128MB" */
	LIST,	/* of texts */
	MUST,	/* only this value is implemented: what says which */
	SAME,	/* means nothing here, or always holds */
	REFUSE, /* refused; what says why or what to do instead */
	SCHEMAS,
	CASE, /* a flow's address after one method: key, method by the path */
	HOOKS,
	DEV
};

struct row {
	const char *path; /* "*" stands for one name, "**" for all below */
	enum how how;
	const char *what; /* the key, the value or the reason */
};

static const struct row rows[] = {
	{ "version", SAME, NULL },
	{ "log.**", SAME, NULL },
	{ "tracing.**", SAME, NULL },
	{ "dev", DEV, "cookie.secure" },
	{ "dsn", TEXT, "identity.database.url" },

	{ "serve.public.base_url", URL, "url.auth" },
	{ "serve.public.cors.enabled", SAME, NULL },
	{ "serve.public.cors.allowed_origins", LIST,
	    "identity.allowed_origin" },
	{ "serve.public.cors.allow_credentials", MUST, "true" },
	{ "serve.public.cors.*", SAME, NULL },
	{ "serve.public.*", SAME, NULL }, /* the web server's business */
	{ "serve.admin.*", SAME, NULL },

	{ "selfservice.default_browser_return_url", URL,
	    "identity.default_return" },
	{ "selfservice.allowed_return_urls", LIST, "identity.return_to" },

	{ "selfservice.methods.password.enabled", YESNO,
	    "identity.methods.password" },
	{ "selfservice.methods.password.config.haveibeenpwned_enabled", REFUSE,
	    "set identity.breach.url or identity.breach.file, and false here" },
	{ "selfservice.methods.password.config.max_breaches", TEXT,
	    "identity.breach.max" },
	{ "selfservice.methods.password.config.ignore_network_errors", YESNO,
	    "identity.breach.ignore_errors" },
	{ "selfservice.methods.password.config.min_password_length", MUST,
	    "8" },
	{ "selfservice.methods.password.config."
	  "identifier_similarity_check_enabled",
	    MUST, "true" },
	{ "selfservice.methods.code.enabled", YESNO, "identity.methods.code" },
	{ "selfservice.methods.code.passwordless_enabled", YESNO,
	    "identity.methods.code.passwordless" },
	{ "selfservice.methods.code.mfa_enabled", YESNO,
	    "identity.methods.code.mfa" },
	{ "selfservice.methods.code.config.lifespan", TIME,
	    "identity.lifespan.code" },
	{ "selfservice.methods.link.enabled", YESNO, "identity.methods.link" },
	{ "selfservice.methods.link.config.lifespan", TIME,
	    "identity.lifespan.code" },
	{ "selfservice.methods.link.config.base_url", REFUSE,
	    "links lead to url.auth" },
	{ "selfservice.methods.profile.enabled", MUST, "true" },
	{ "selfservice.methods.totp.enabled", YESNO, "identity.methods.totp" },
	{ "selfservice.methods.totp.config.issuer", TEXT,
	    "identity.totp.issuer" },
	{ "selfservice.methods.lookup_secret.enabled", YESNO,
	    "identity.methods.lookup_secret" },
	{ "selfservice.methods.webauthn.enabled", YESNO, "identity.webauthn" },
	{ "selfservice.methods.webauthn.config.passwordless", MUST, "false" },
	{ "selfservice.methods.webauthn.config.rp.id", TEXT,
	    "identity.webauthn.rp_id" },
	{ "selfservice.methods.webauthn.config.rp.display_name", TEXT,
	    "identity.webauthn.rp_name" },
	{ "selfservice.methods.webauthn.config.rp.origin", TEXT,
	    "identity.webauthn.origins" },
	{ "selfservice.methods.webauthn.config.rp.origins", LIST,
	    "identity.webauthn.origins" },
	{ "selfservice.methods.passkey.enabled", YESNO, "identity.passkey" },
	{ "selfservice.methods.passkey.config.rp.id", TEXT,
	    "identity.webauthn.rp_id" },
	{ "selfservice.methods.passkey.config.rp.display_name", TEXT,
	    "identity.webauthn.rp_name" },
	{ "selfservice.methods.passkey.config.rp.origins", LIST,
	    "identity.webauthn.origins" },
	{ "selfservice.methods.oidc.enabled", SAME, NULL },
	{ "selfservice.methods.oidc.config.providers", REFUSE,
	    "write a file for each provider, see mirai-oidc(5)" },
	{ "selfservice.methods.oidc.config.base_redirect_uri", REFUSE,
	    "providers return to url.auth" },
	{ "selfservice.methods.saml.**", REFUSE, "there is no SAML" },

	{ "selfservice.flows.login.ui_url", URL, "identity.page.login" },
	{ "selfservice.flows.login.lifespan", TIME, "identity.lifespan.login" },
	{ "selfservice.flows.login.style", TEXT, "identity.login.style" },
	{ "selfservice.flows.login.after.default_browser_return_url", CASE,
	    "identity.after.login" },
	{ "selfservice.flows.login.after.*.default_browser_return_url", CASE,
	    "identity.after.login" },
	{ "selfservice.flows.registration.enabled", YESNO,
	    "identity.registration" },
	{ "selfservice.flows.registration.login_hints", SAME, NULL },
	{ "selfservice.flows.registration.style", TEXT,
	    "identity.registration.style" },
	{ "selfservice.flows.registration.ui_url", URL,
	    "identity.page.registration" },
	{ "selfservice.flows.registration.lifespan", TIME,
	    "identity.lifespan.registration" },
	{ "selfservice.flows.registration.after.default_browser_return_url",
	    CASE, "identity.after.registration" },
	{ "selfservice.flows.registration.after.*.default_browser_return_url",
	    CASE, "identity.after.registration" },
	{ "selfservice.flows.recovery.enabled", YESNO, "identity.recovery" },
	{ "selfservice.flows.recovery.use", TEXT, "identity.recovery.method" },
	{ "selfservice.flows.recovery.ui_url", URL, "identity.page.recovery" },
	{ "selfservice.flows.recovery.lifespan", TIME,
	    "identity.lifespan.recovery" },
	{ "selfservice.flows.recovery.notify_unknown_recipients", YESNO,
	    "identity.notify_unknown_recipients" },
	{ "selfservice.flows.recovery.after.default_browser_return_url", CASE,
	    "identity.after.recovery" },
	{ "selfservice.flows.verification.enabled", YESNO,
	    "identity.verification" },
	{ "selfservice.flows.verification.use", TEXT,
	    "identity.verification.method" },
	{ "selfservice.flows.verification.ui_url", URL,
	    "identity.page.verification" },
	{ "selfservice.flows.verification.lifespan", TIME,
	    "identity.lifespan.verification" },
	{ "selfservice.flows.verification.notify_unknown_recipients", YESNO,
	    "identity.notify_unknown_recipients" },
	{ "selfservice.flows.verification.after.default_browser_return_url",
	    CASE, "identity.after.verification" },
	{ "selfservice.flows.settings.ui_url", URL, "identity.page.settings" },
	{ "selfservice.flows.settings.lifespan", TIME,
	    "identity.lifespan.settings" },
	{ "selfservice.flows.settings.privileged_session_max_age", TIME,
	    "identity.settings.privileged" },
	{ "selfservice.flows.settings.required_aal", TEXT,
	    "identity.settings.required_aal" },
	{ "selfservice.flows.settings.after.default_browser_return_url", CASE,
	    "identity.after.settings" },
	{ "selfservice.flows.settings.after.*.default_browser_return_url", CASE,
	    "identity.after.settings" },
	{ "selfservice.flows.logout.after.default_browser_return_url", SAME,
	    NULL }, /* the pages say where */
	{ "selfservice.flows.error.ui_url", URL, "identity.page.error" },
	{ "selfservice.flows.*.before.hooks", HOOKS, NULL },
	{ "selfservice.flows.*.after.hooks", HOOKS, NULL },
	{ "selfservice.flows.*.after.*.hooks", HOOKS, NULL },

	{ "session.lifespan", TIME, "session.lifespan" },
	{ "session.earliest_possible_extend", TIME,
	    "session.earliest_possible_extend" },
	{ "session.cookie.domain", TEXT, "cookie.domain" },
	{ "session.cookie.name", MUST, "ory_kratos_session" },
	{ "session.cookie.path", MUST, "/" },
	{ "session.cookie.persistent", YESNO, "session.persistent" },
	{ "session.cookie.same_site", TEXT, "cookie.same_site" },
	{ "session.whoami.required_aal", TEXT, "session.required_aal" },
	{ "session.whoami.tokenizer.**", REFUSE, "there are no tokenizers" },
	{ "cookies.domain", TEXT, "cookie.domain" },
	{ "cookies.path", MUST, "/" },
	{ "cookies.same_site", TEXT, "cookie.same_site" },
	{ "secrets.default", LIST, "identity.secrets" },
	{ "secrets.cookie", SAME, NULL }, /* cookies are random, not signed */
	{ "secrets.cipher", SAME, NULL }, /* sealed under secrets.default */

	{ "hashers.algorithm", MUST, "argon2" },
	{ "hashers.argon2.memory", SIZE, "identity.argon2.memory" },
	{ "hashers.argon2.iterations", TEXT, "identity.argon2.passes" },
	{ "hashers.argon2.parallelism", TEXT, "identity.argon2.lanes" },
	{ "hashers.argon2.*", SAME, NULL },    /* salt 16, key 32 here */
	{ "hashers.bcrypt.cost", SAME, NULL }, /* of imports, kept as it is */
	{ "ciphers.algorithm", MUST, "aes" },

	{ "identity.default_schema_id", TEXT, "identity.default_schema" },
	{ "identity.schemas", SCHEMAS, "identity.schemas" },

	{ "courier.smtp.connection_uri", TEXT, "courier.smtp.connection_uri" },
	{ "courier.smtp.from_address", TEXT, "courier.smtp.from_address" },
	{ "courier.smtp.from_name", TEXT, "courier.smtp.from_name" },
	{ "courier.template_override_path", TEXT, "courier.templates" },
	{ "courier.delivery_strategy", TEXT, "courier.delivery_strategy" },
	{ "courier.message_retries", SAME, NULL },
	{ "courier.**", REFUSE, "set courier.* in mirai.conf(5)" },

	{ "security.account_enumeration.mitigate", YESNO,
	    "identity.enumeration.mitigate" },
	{ "feature_flags.use_continue_with_transitions", YESNO,
	    "identity.continue_with_transitions" },
	{ "feature_flags.*", SAME, NULL },
	{ "oauth2_provider.**", REFUSE, "there is no OAuth2 provider" },
	{ "clients.http.disallow_private_ip_ranges", SAME, NULL }, /* always */
	{ "clients.**", REFUSE, "set identity.oidc.allow_private" },
};

/* --- saying ---------------------------------------------------------------- */

static void
fail(struct reading *r, const char *path, const char *rule)
{
	fprintf(stderr, "%s: %s: %s\n", r->file, path, rule);
	r->failed = true;
}

static void
offer(struct reading *r, const char *path, const char *key, const char *value)
{
	const char *rule = conf_offer(r->conf, key, value);

	if (rule != NULL)
		fail(r, path, rule);
}

/* --- values ---------------------------------------------------------------- */

/* A scalar as text; NULL: a list, an object or nothing. */
static const char *
scalar(struct reading *r, const struct json *v)
{
	switch (json_kind(v)) {
	case JSON_TEXT:
		return json_text(v);
	case JSON_BOOL:
	case JSON_INT:
	case JSON_REAL:
		return json_string(r->mem, v, JSON_COMPACT);
	case JSON_NULL:
	case JSON_LIST:
	case JSON_OBJECT:
		break;
	}
	return NULL;
}

/* Whole seconds of Go's "1h30m", "90s", "500ms"; NULL: it is none. */
static const char *
go_time(struct reading *r, const char *s)
{
	static const struct {
		const char *unit;
		int64_t ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 },
		{ "h", 3600000 } };
	int64_t total = 0, n;
	size_t digits, i;

	while (*s != '\0') {
		digits = strspn(s, "0123456789");
		if (!str_to_i64(arena_strndup(r->mem, s, digits), 0, 1000000000,
			&n))
			return NULL;
		s += digits;
		for (i = 0; i < NITEMS(units); i++)
			if (str_starts(s, units[i].unit) &&
			    !(i == 2 && s[1] == 's'))
				break;
		if (i == NITEMS(units))
			return NULL;
		total += n * units[i].ms;
		s += strlen(units[i].unit);
	}
	return arena_printf(r->mem, "%llds", (long long)(total / 1000));
}

/* "128MB", "19MiB" and the like as ours; NULL: it is none. */
static const char *
byte_size(struct reading *r, const char *s)
{
	size_t digits = strspn(s, "0123456789");
	const char *unit = s + digits;

	if (digits == 0)
		return NULL;
	if (str_ieq(unit, "b") || *unit == '\0')
		unit = "";
	else if (str_ieq(unit, "kb") || str_ieq(unit, "kib"))
		unit = "K";
	else if (str_ieq(unit, "mb") || str_ieq(unit, "mib"))
		unit = "M";
	else if (str_ieq(unit, "gb") || str_ieq(unit, "gib"))
		unit = "G";
	else
		return NULL;
	return arena_printf(r->mem, "%.*s%s", (int)digits, s, unit);
}

static void
take_list(struct reading *r, const char *path, const char *key,
    const struct json *v)
{
	struct buf *b = buf_new(r->mem);
	const char *item;
	size_t i;

	for (i = 0; i < json_count(v); i++) {
		item = scalar(r, json_at(v, i));
		if (item == NULL || strpbrk(item, ", \t\r\n") != NULL) {
			fail(r, path,
			    "an entry is no text, or holds a comma "
			    "or a blank");
			return;
		}
		buf_printf(b, "%s%s", i == 0 ? "" : ",", item);
	}
	if (json_kind(v) != JSON_LIST)
		fail(r, path, "must be a list");
	else
		offer(r, path, key, buf_str(b));
}

/* The path of a schema's URL, relative ones from where the file is. */
static const char *
schema_path(struct reading *r, const char *url)
{
	const char *slash = strrchr(r->file, '/');

	if (!str_starts(url, "file://"))
		return NULL;
	url += strlen("file://");
	if (*url == '/' || slash == NULL)
		return url;
	return arena_printf(r->mem, "%.*s/%s", (int)(slash - r->file), r->file,
	    url);
}

static void
take_schemas(struct reading *r, const char *path, const char *key,
    const struct json *v)
{
	struct buf *b = buf_new(r->mem);
	const char *id, *file;
	size_t i;

	for (i = 0; i < json_count(v); i++) {
		id = json_get_text(json_at(v, i), "id", "");
		file = schema_path(r, json_get_text(json_at(v, i), "url", ""));
		if (*id == '\0' || file == NULL) {
			fail(r, path, "needs an id and a url of file://");
			return;
		}
		buf_printf(b, "%s%s=%s", i == 0 ? "" : ",", id, file);
	}
	offer(r, path, key, buf_str(b));
}

/* One more entry of a list that adds up. */
static void
add_entry(struct reading *r, const char *path, const char *key,
    const char *entry)
{
	const char *had = conf_text(r->conf, key);

	offer(r, path, key,
	    had == NULL ? entry : arena_printf(r->mem, "%s,%s", had, entry));
}

/*
 * "selfservice.flows.login.after.password.NAME": the method stands before the
 * last name; "" if that comes right after "after".
 */
static const char *
method_of_path(struct reading *r, const char *path)
{
	const char *end = strrchr(path, '.');
	const char *after = strstr(path, ".after.");

	if (after == NULL || after + strlen(".after") >= end)
		return "";
	after += strlen(".after.");
	return arena_strndup(r->mem, after, (size_t)(end - after));
}

static void
take_case(struct reading *r, const char *path, const char *key,
    const struct json *v)
{
	const char *url = scalar(r, v), *method = method_of_path(r, path);

	if (url == NULL)
		fail(r, path, "must be text");
	else
		add_entry(r, path, key,
		    *method == '\0'
			? url
			: arena_printf(r->mem, "%s=%s", method, url));
}

/* --- hooks ----------------------------------------------------------------- */

/* What a hook without settings of its own is here. */
static const struct hook {
	const char *flow;
	const char *name;
	const char
	    *key; /* a yes or no, or a list of hooks; NULL: it always runs */
	bool list;
} hooks[] = {
	{ "registration", "session", "identity.registration_session", false },
	{ "registration", "show_verification_ui",
	    "identity.registration.show_verification", false },
	{ "settings", "verify_new_address",
	    "identity.settings.verify_new_address", false },
	{ "settings", "notify_previous_addresses", NULL, false },
	{ "settings", "revoke_active_sessions", "identity.hooks.settings",
	    true },
	{ "login", "require_verified_address", "identity.hooks.login", true },
	{ "login", "revoke_active_sessions", "identity.hooks.login", true },
	{ "recovery", "revoke_active_sessions", "identity.hooks.recovery",
	    true },
};

static const struct hook *
find_hook(const char *flow, size_t len, const char *name)
{
	size_t i;

	for (i = 0; i < NITEMS(hooks); i++)
		if (strlen(hooks[i].flow) == len &&
		    strncmp(hooks[i].flow, flow, len) == 0 &&
		    strcmp(hooks[i].name, name) == 0)
			return &hooks[i];
	return NULL;
}

static void
take_hook(struct reading *r, const char *path, const char *name)
{
	const char *flow = path + strlen("selfservice.flows.");
	const char *method = method_of_path(r, path);
	size_t len = strcspn(flow, ".");
	const struct hook *h = find_hook(flow, len, name);

	if (h == NULL || str_starts(flow + len, ".before"))
		fail(r, path,
		    arena_printf(r->mem, "%s: see mirai-hooks(5)", name));
	else if (h->list)
		add_entry(r, path, h->key,
		    arena_printf(r->mem, "after:%s%s%s", method,
			*method == '\0' ? "" : ":", name));
	else if (h->key != NULL)
		offer(r, path, h->key, "yes");
}

static void
take_hooks(struct reading *r, const char *path, const struct json *v)
{
	size_t i;

	for (i = 0; i < json_count(v); i++)
		take_hook(r, path, json_get_text(json_at(v, i), "hook", ""));
}

/*
 * In Kratos signing up signs in only where its hook says so: what holds unless
 * the walk meets one.
 */
static void
take_registration(struct reading *r, const struct json *root)
{
	const struct json *flows =
	    json_get(json_get(root, "selfservice"), "flows");

	if (json_has(json_get(flows, "registration"), "after"))
		offer(r, "selfservice.flows.registration.after",
		    "identity.registration_session", "no");
}

/* --- the walk -------------------------------------------------------------- */

/* Whether path is what the row's pattern stands for. */
static bool
matches(const char *pattern, const char *path)
{
	size_t n, m;

	for (;;) {
		if (strcmp(pattern, "**") == 0)
			return true;
		n = strcspn(pattern, ".");
		m = strcspn(path, ".");
		if (!(n == 1 && *pattern == '*') &&
		    (n != m || strncmp(pattern, path, n) != 0))
			return false;
		if (pattern[n] == '\0' || path[m] == '\0')
			return pattern[n] == path[m];
		pattern += n + 1;
		path += m + 1;
	}
}

/* Rows that end in a star are for what is left: objects are entered first. */
static const struct row *
find_row(const char *path, bool object)
{
	size_t i;

	for (i = 0; i < NITEMS(rows); i++)
		if (matches(rows[i].path, path) &&
		    !(object && rows[i].path[strlen(rows[i].path) - 1] == '*'))
			return &rows[i];
	return NULL;
}

/* A text in the form of row; NULL: it has another one. */
static const char *
converted(struct reading *r, enum how how, const char *text)
{
	size_t len;

	switch (how) {
	case TIME:
		return go_time(r, text);
	case SIZE:
		return byte_size(r, text);
	case YESNO:
		return strcmp(text, "true") == 0 ? "yes"
		    : strcmp(text, "false") == 0 ? "no"
						 : NULL;
	case DEV:
		return strcmp(text, "true") == 0 ? "no" : "yes";
	case URL:
		len = strlen(text);
		while (len > 0 && text[len - 1] == '/')
			len--;
		return arena_strndup(r->mem, text, len);
	case TEXT:
	case LIST:
	case MUST:
	case SAME:
	case REFUSE:
	case SCHEMAS:
	case CASE:
	case HOOKS:
		break;
	}
	return text;
}

static void
take_text(struct reading *r, const char *path, const struct row *row,
    const struct json *v)
{
	const char *text = scalar(r, v), *value;

	if (text == NULL)
		fail(r, path, "must be one value");
	else if (row->how == MUST && strcmp(text, row->what) != 0)
		fail(r, path,
		    arena_printf(r->mem, "only %s is implemented", row->what));
	else if (row->how == MUST)
		return;
	else if ((value = converted(r, row->how, text)) == NULL)
		fail(r, path, "has another form");
	else
		offer(r, path, row->what, value);
}

static void
take(struct reading *r, const char *path, const struct row *row,
    const struct json *v)
{
	switch (row->how) {
	case SAME:
		return;
	case REFUSE:
		if (json_kind(v) != JSON_BOOL || !str_eq(scalar(r, v), "false"))
			fail(r, path, row->what);
		return;
	case LIST:
		take_list(r, path, row->what, v);
		return;
	case SCHEMAS:
		take_schemas(r, path, row->what, v);
		return;
	case CASE:
		take_case(r, path, row->what, v);
		return;
	case HOOKS:
		take_hooks(r, path, v);
		return;
	case TEXT:
	case URL:
	case YESNO:
	case TIME:
	case SIZE:
	case MUST:
	case DEV:
		take_text(r, path, row, v);
		return;
	}
}

static void
walk(struct reading *r, const char *path, const struct json *o)
{
	const struct row *row;
	const struct json *v;
	const char *key, *below;
	bool object;
	size_t i;

	for (i = 0; (key = json_key_at(o, i)) != NULL; i++) {
		below = *path == '\0'
		    ? key
		    : arena_printf(r->mem, "%s.%s", path, key);
		v = json_get(o, key);
		object = json_kind(v) == JSON_OBJECT;
		if ((row = find_row(below, object)) != NULL)
			take(r, below, row, v);
		else if (object)
			walk(r, below, v);
		else
			fprintf(stderr, "%s: %s: not known, ignored\n", r->file,
			    below);
	}
}

static int
read_file(struct conf *c, const char *path)
{
	struct arena *a = arena_new();
	struct reading r = { .conf = c, .mem = a, .file = path };
	const struct buf *text = fd_slurp(a, path, MAX_BYTES);
	const struct json *root = NULL;
	const char *error;

	arena_set_wipe(a);
	if (text == NULL)
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
	else if ((root = yaml_parse(a, text->data, text->len, &error)) == NULL)
		fprintf(stderr, "%s: %s\n", path, error);
	if (root != NULL) {
		take_registration(&r, root);
		walk(&r, "", root);
	}
	arena_free(a);
	return root == NULL || r.failed ? -1 : 0;
}

void
kratos_conf_know(void)
{
	conf_know("identity.config", read_file);
}

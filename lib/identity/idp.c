/*
 * Settings of the identity service. Whatever could make it insecure or mute
 * stops the start here, with the name of the setting.
 */
#include "identity/idp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "identity/hook.h"
#include "base/str.h"

#define MIN_SECRET     16
#define SCHEMA_MAX     ((size_t)1 << 20)
#define EXAMPLE_SECRET "change-me-change-me"
#define US	       INT64_C(1000000)

struct crypt_cost
idp_cost(const struct conf *conf)
{
	struct crypt_cost cost;

	cost.memory_kib =
	    (uint32_t)(conf_int(conf, "identity.argon2.memory") / 1024);
	cost.passes = (uint32_t)conf_int(conf, "identity.argon2.passes");
	cost.lanes = (uint32_t)conf_int(conf, "identity.argon2.lanes");
	return cost;
}

/* "https://HOST:PORT/x" gives HOST and its length. */
static const char *
url_host(const char *url, size_t *len)
{
	const char *host = strstr(url, "://");

	host = host == NULL ? url : host + 3;
	*len = strcspn(host, ":/");
	return host;
}

/* Whether cookies of domain reach the host of url. */
static bool
domain_covers(const char *domain, const char *url)
{
	size_t len, dlen;
	const char *host = url_host(url, &len);

	if (*domain == '.')
		domain++;
	dlen = strlen(domain);
	if (len < dlen || strncasecmp(host + len - dlen, domain, dlen) != 0)
		return false;
	return len == dlen || host[len - dlen - 1] == '.';
}

static int
check_secrets(const struct idp *p)
{
	size_t i;

	if (p->secrets[0] == NULL) {
		log_error("identity.secrets: not set");
		return -1;
	}
	for (i = 0; p->secrets[i] != NULL; i++) {
		if (strlen(p->secrets[i]) < MIN_SECRET) {
			log_error("identity.secrets: shorter than %d bytes",
			    MIN_SECRET);
			return -1;
		}
		if (p->cookie_secure &&
		    strstr(p->secrets[i], EXAMPLE_SECRET) != NULL) {
			log_error("identity.secrets: the example's value");
			return -1;
		}
	}
	return 0;
}

static int
check_level(const struct conf *conf)
{
	static const char *const keys[] = { "session.required_aal",
		"identity.settings.required_aal" };
	const char *value;
	size_t i;

	for (i = 0; i < NITEMS(keys); i++) {
		value = conf_text(conf, keys[i]);
		if (strcmp(value, "aal1") != 0 &&
		    strcmp(value, "highest_available") != 0) {
			log_error("%s: neither aal1 nor highest_available",
			    keys[i]);
			return -1;
		}
	}
	return 0;
}

static int
check_cookies(const struct idp *p)
{
	if (p->cookie_domain != NULL &&
	    !domain_covers(p->cookie_domain, p->base_url)) {
		log_error("cookie.domain: does not cover url.auth");
		return -1;
	}
	if (!p->cookie_secure)
		log_warn("cookie.secure is off: cookies travel in the clear");
	return 0;
}

/* Own pages and paths, then what the configuration adds. */
static const char *const *
return_list(struct idp *p, const struct conf *conf)
{
	const char *const *extra = conf_list(conf, "identity.return_to");
	const char *marketing = conf_text(conf, "url.marketing");
	const char **list;
	size_t n = 0, i;

	for (i = 0; extra[i] != NULL; i++)
		continue;
	list = arena_calloc(p->mem, i + 4, sizeof(*list));
	list[n++] = arena_printf(p->mem, "%s/self-service", p->base_url);
	list[n++] = arena_strdup(p->mem, conf_text(conf, "url.app"));
	if (marketing != NULL)
		list[n++] = arena_strdup(p->mem, marketing);
	for (i = 0; extra[i] != NULL; i++)
		list[n++] = arena_strdup(p->mem, extra[i]);
	return list;
}

static const char *const *
copy_list(struct arena *a, const char *const *list)
{
	const char **copy;
	size_t n;

	for (n = 0; list[n] != NULL; n++)
		continue;
	copy = arena_calloc(a, n + 1, sizeof(*copy));
	for (n = 0; list[n] != NULL; n++)
		copy[n] = arena_strdup(a, list[n]);
	return copy;
}

static void
read_methods(struct idp *p, const struct conf *conf)
{
	struct idp_methods *m = &p->methods;

	m->password = conf_bool(conf, "identity.methods.password");
	m->code = conf_bool(conf, "identity.methods.code");
	m->code_login = conf_bool(conf, "identity.methods.code.passwordless");
	m->code_mfa = conf_bool(conf, "identity.methods.code.mfa");
	m->link = conf_bool(conf, "identity.methods.link");
	m->totp = conf_bool(conf, "identity.methods.totp");
	m->lookup = conf_bool(conf, "identity.methods.lookup_secret");
}

/* A setting of one of two words: *second is whether it is the second. */
static int
read_choice(const struct conf *conf, const char *key, const char *first,
    const char *other, bool *second)
{
	const char *value = conf_text(conf, key);

	*second = str_eq(value, other);
	if (*second || str_eq(value, first))
		return 0;
	log_error("%s: must be %s or %s", key, first, other);
	return -1;
}

/* Settings of words, and those that do not go together. */
static int
check_flows(struct idp *p, const struct conf *conf)
{
	if (read_choice(conf, "identity.recovery.method", "code", "link",
		&p->recovery_link) == -1 ||
	    read_choice(conf, "identity.verification.method", "code", "link",
		&p->verification_link) == -1 ||
	    read_choice(conf, "identity.registration.style", "unified",
		"profile_first", &p->profile_first) == -1 ||
	    read_choice(conf, "identity.login.style", "unified",
		"identifier_first", &p->identifier_first) == -1)
		return -1;
	if (p->recovery &&
	    !(p->recovery_link ? p->methods.link : p->methods.code)) {
		log_error("identity.recovery.method: this method is off");
		return -1;
	}
	if (p->verification &&
	    !(p->verification_link ? p->methods.link : p->methods.code)) {
		log_error("identity.verification.method: this method is off");
		return -1;
	}
	if (p->verify_new_address && !p->verification) {
		log_error("identity.settings.verify_new_address: needs "
			  "identity.verification");
		return -1;
	}
	if (p->mitigate && (p->registration_session || !p->verification)) {
		log_error("identity.enumeration.mitigate: needs "
			  "identity.verification, and no "
			  "identity.registration_session");
		return -1;
	}
	return 0;
}

/* Names of flows as enum flow_kind counts them, then the errors. */
static const char *const pages[IDP_PAGES] = { "login", "registration",
	"recovery", "verification", "settings", "error" };

static void
read_pages(struct idp *p, const struct conf *conf)
{
	const char *url;
	size_t i;

	for (i = 0; i < IDP_PAGES; i++) {
		url = conf_text(conf,
		    arena_printf(p->mem, "identity.page.%s", pages[i]));
		if (url != NULL)
			p->page[i] = arena_strdup(p->mem, url);
	}
	for (i = 0; i < IDP_FLOWS; i++)
		p->after[i] = copy_list(p->mem,
		    conf_list(conf,
			arena_printf(p->mem, "identity.after.%s", pages[i])));
}

const char *
idp_after(const struct idp *p, size_t flow, const char *method)
{
	size_t len = method == NULL ? 0 : strlen(method), i;
	const char *any = NULL, *entry;

	for (i = 0; (entry = p->after[flow][i]) != NULL; i++) {
		if (len > 0 && strncmp(entry, method, len) == 0 &&
		    entry[len] == '=')
			return entry + len + 1;
		if (str_starts(entry, "http"))
			any = entry;
	}
	return any == NULL ? p->default_return : any;
}

static bool
read_same_site(struct idp *p, const struct conf *conf)
{
	static const char *const names[] = { "lax", "strict", "none" };
	const char *text = conf_text(conf, "cookie.same_site");
	size_t i;

	for (i = 0; i < NITEMS(names); i++)
		if (str_ieq(text, names[i]))
			break;
	if (i == NITEMS(names)) {
		log_error("cookie.same_site: must be lax, strict or none");
		return false;
	}
	p->same_site = (enum resp_same_site)i;
	if (p->same_site == RESP_NONE && !p->cookie_secure) {
		log_error("cookie.same_site: none needs cookie.secure");
		return false;
	}
	return true;
}

/* A method's address is written "method=URL", a flow's own just "URL". */
static int
check_after(const struct idp *p)
{
	const char *entry, *url;
	size_t i, k;

	for (i = 0; i < IDP_FLOWS; i++)
		for (k = 0; (entry = p->after[i][k]) != NULL; k++) {
			url = str_starts(entry, "http") ? entry
							: strchr(entry, '=');
			if (url != NULL && *url == '=')
				url++;
			if (url == NULL || !str_starts(url, "http")) {
				log_error("identity.after.%s: %s: neither URL "
					  "nor method=URL",
				    pages[i], entry);
				return -1;
			}
		}
	return 0;
}

static void
read_settings(struct idp *p, const struct conf *conf)
{
	static const char *const lives[IDP_FLOWS] = {
		"identity.lifespan.login",
		"identity.lifespan.registration",
		"identity.lifespan.recovery",
		"identity.lifespan.verification",
		"identity.lifespan.settings",
	};
	const char *app = conf_text(conf, "url.app");
	const char *domain = conf_text(conf, "cookie.domain");
	size_t i;

	p->base_url = arena_strdup(p->mem, conf_text(conf, "url.auth"));
	p->pages = arena_printf(p->mem, "%s/auth", app);
	p->default_return = conf_text(conf, "identity.default_return");
	p->default_return = p->default_return == NULL
	    ? arena_printf(p->mem, "%s/dashboard", app)
	    : arena_strdup(p->mem, p->default_return);
	read_pages(p, conf);
	p->return_to = return_list(p, conf);
	p->secrets = copy_list(p->mem, conf_list(conf, "identity.secrets"));
	p->csrf_cookie = arena_printf(p->mem, "csrf_token_%s",
	    crypt_sha256_hex(p->mem, p->base_url, strlen(p->base_url)));
	p->issuer =
	    arena_strdup(p->mem, conf_text(conf, "identity.totp.issuer"));
	p->cookie_domain =
	    str_is_empty(domain) ? NULL : arena_strdup(p->mem, domain);
	p->cookie_secure = conf_bool(conf, "cookie.secure");
	p->cookie_persistent = conf_bool(conf, "session.persistent");
	p->token_cookie = conf_bool(conf, "session.token_cookie");
	p->highest_aal =
	    strcmp(conf_text(conf, "session.required_aal"), "aal1") != 0;
	p->settings_highest_aal =
	    strcmp(conf_text(conf, "identity.settings.required_aal"), "aal1") !=
	    0;
	p->limits = conf_bool(conf, "identity.limits");
	p->registration = conf_bool(conf, "identity.registration");
	p->registration_session =
	    conf_bool(conf, "identity.registration_session");
	p->mitigate = conf_bool(conf, "identity.enumeration.mitigate");
	p->recovery = conf_bool(conf, "identity.recovery");
	p->verification = conf_bool(conf, "identity.verification");
	p->continue_with =
	    conf_bool(conf, "identity.continue_with_transitions");
	p->notify_unknown =
	    conf_bool(conf, "identity.notify_unknown_recipients");
	p->registration_verify =
	    conf_bool(conf, "identity.registration.show_verification");
	read_methods(p, conf);
	p->session_us = conf_int(conf, "session.lifespan") * US;
	p->idle_us = conf_int(conf, "session.idle_timeout") * US;
	p->extend_us = conf_int(conf, "session.earliest_possible_extend") * US;
	for (i = 0; i < NITEMS(lives); i++)
		p->flow_us[i] = conf_int(conf, lives[i]) * US;
	p->code_us = conf_int(conf, "identity.lifespan.code") * US;
	p->privileged_us = conf_int(conf, "identity.settings.privileged") * US;
	p->grace_us = conf_int(conf, "identity.deletion.grace") * US;
	p->verify_new_address =
	    conf_bool(conf, "identity.settings.verify_new_address");
	p->new_device_alerts = conf_bool(conf, "identity.new_device_alerts");
	p->cost = idp_cost(conf);
}

/* A schema of "id=path"; NULL after one logged line. */
static const struct schema *
load_schema(struct idp *p, const char *entry)
{
	const char *path = strchr(entry, '=');
	const struct buf *text;
	const char *id;

	if (path == NULL || path == entry) {
		log_error("identity.schemas: %s: not id=path", entry);
		return NULL;
	}
	id = arena_strndup(p->mem, entry, (size_t)(path++ - entry));
	if ((text = fd_slurp(p->mem, path, SCHEMA_MAX)) == NULL) {
		log_error("identity.schemas: %s: %s", path, strerror(errno));
		return NULL;
	}
	return schema_load(p->mem, id, buf_str(text));
}

/* The built-in one first; p->schema stays NULL after a logged line. */
static void
read_schemas(struct idp *p, const struct conf *conf)
{
	const char *const *entries = conf_list(conf, "identity.schemas");
	const char *wanted = conf_text(conf, "identity.default_schema");
	const struct schema **list;
	size_t n = 0;

	while (entries[n] != NULL)
		n++;
	list = arena_calloc(p->mem, n + 1, sizeof(*list));
	p->schemas = list;
	list[p->nschemas++] = schema_load(p->mem, "user", schema_user);
	for (n = 0; entries[n] != NULL; n++) {
		if ((list[p->nschemas] = load_schema(p, entries[n])) == NULL)
			return;
		if (strcmp(list[p->nschemas]->id, "user") == 0)
			list[0] = list[p->nschemas]; /* in its place */
		else
			p->nschemas++;
	}
	if ((p->schema = idp_schema(p, wanted)) == NULL)
		log_error("identity.default_schema: %s: not one of "
			  "identity.schemas",
		    wanted);
}

const struct schema *
idp_schema(const struct idp *p, const char *id)
{
	size_t i;

	for (i = 0; i < p->nschemas; i++)
		if (str_eq(p->schemas[i]->id, id))
			return p->schemas[i];
	return NULL;
}

static struct gate *
open_gate(const struct conf *conf, size_t workers)
{
	size_t slots = (size_t)conf_int(conf, "identity.hash_slots");
	size_t queue = (size_t)conf_int(conf, "identity.hash_queue");

	if (queue == 0 || queue > workers)
		queue = workers;
	return gate_open(slots < queue ? slots : queue, queue);
}

/* One worker at least never waits for a provider, if there are two. */
static struct oidc *
open_oidc(const struct oidc_config *config, size_t workers)
{
	size_t places = config->waiting;

	if (places >= workers)
		places = workers < 2 ? 1 : workers - 1;
	return oidc_open(config, places);
}

/* Whether a provider's map names traits that there are. */
static int
check_maps(const struct idp *p)
{
	const struct oidc_provider *o;
	size_t i, j, k;

	for (i = 0; i < p->oidc_config->nproviders; i++) {
		o = &p->oidc_config->providers[i];
		for (j = 0; j < o->nmap; j++) {
			for (k = 0; k < p->schema->nleaves; k++)
				if (strcmp(p->schema->leaves[k].name + 7,
					o->map[j].trait) == 0)
					break;
			if (k < p->schema->nleaves)
				continue;
			log_error("provider file %s: map: there is no trait %s",
			    o->source, o->map[j].trait);
			return -1;
		}
	}
	return 0;
}

struct idp *
idp_open(const struct conf *conf, size_t workers)
{
	struct idp *p;

	p = xcalloc(1, sizeof(*p));
	p->mem = arena_new();
	read_settings(p, conf);
	read_schemas(p, conf);
	p->oidc_config = oidc_config_load(p->mem, conf);
	if (p->oidc_config != NULL)
		p->oidc = open_oidc(p->oidc_config, workers);
	p->hooks = hook_open(p->mem, conf, workers);
	p->gate = open_gate(conf, workers);
	p->breach = breach_open(conf);
	if (p->schema == NULL || p->gate == NULL || p->breach == NULL ||
	    p->oidc == NULL || p->hooks == NULL || check_maps(p) == -1 ||
	    check_after(p) == -1 || !read_same_site(p, conf) ||
	    check_secrets(p) == -1 || check_cookies(p) == -1 ||
	    check_level(conf) == -1 || check_flows(p, conf) == -1 ||
	    rp_open(p->mem, conf, &p->rp) == -1) {
		idp_close(p);
		return NULL;
	}
	p->dummy_hash =
	    crypt_password_hash(p->mem, crypt_token(p->mem, 32), &p->cost);
	return p;
}

void
idp_close(struct idp *p)
{
	if (p == NULL)
		return;
	gate_close(p->gate);
	breach_close(p->breach);
	oidc_close(p->oidc);
	hook_close(p->hooks);
	arena_free(p->mem);
	free(p);
}

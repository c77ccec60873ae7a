/*
 * A table of the two kinds, and what is asked of a Kratos at the start.
 */
#include "identity/ident.h"

#include "base/log.h"
#include "identity/embedded.h"
#include "identity/external.h"
#include "identity/kratos.h"

struct kind {
	struct ident *(*open)(const struct conf *conf);
	void (*close)(struct ident *ident);
	void (*idle)(struct ident *ident, int64_t idle_ms); /* may be NULL */
};

static const struct kind kinds[] = {
	{ ident_embedded_open, ident_embedded_close, ident_embedded_idle },
	{ external_open, external_close, NULL },
};

bool
ident_is_external(const struct conf *conf)
{
	return str_eq(conf_text(conf, "identity.mode"), "kratos");
}

static const struct kind *
kind_of(const struct conf *conf)
{
	return &kinds[ident_is_external(conf) ? 1 : 0];
}

int
ident_check(const struct conf *conf)
{
	static const char *const needed[] = { "identity.kratos.public_url",
		"identity.kratos.admin_url" };
	size_t i;

	if (!ident_is_external(conf)) {
		if (str_eq(conf_text(conf, "identity.mode"), "embedded"))
			return 0;
		log_error("identity.mode: neither embedded nor kratos");
		return -1;
	}
	for (i = 0; i < NITEMS(needed); i++) {
		if (!str_is_empty(conf_text(conf, needed[i])))
			continue;
		log_error("%s: not set, and identity.mode is kratos",
		    needed[i]);
		return -1;
	}
	return 0;
}

static void
tell(struct kratos *k, struct arena *a)
{
	struct kratos_about about;

	if (kratos_probe(k, a, &about) != CODE_OK)
		log_warn("kratos: not ready; sessions are checked once it is");
	else
		log_info("kratos: version %.40s is ready, it %s",
		    about.version[0] == '\0' ? "unknown" : about.version,
		    about.issues_sessions ? "issues sessions"
					  : "issues no sessions");
}

int
ident_load(const struct conf *conf)
{
	struct kratos *k;
	struct arena *a;

	if (ident_check(conf) == -1)
		return -1;
	if (!ident_is_external(conf) || (k = kratos_open(conf)) == NULL)
		return 0;
	a = arena_new();
	tell(k, a);
	arena_free(a);
	kratos_close(k);
	return 0;
}

struct ident *
ident_open(const struct conf *conf)
{
	return kind_of(conf)->open(conf);
}

void
ident_close(const struct conf *conf, struct ident *ident)
{
	kind_of(conf)->close(ident);
}

void
ident_idle(const struct conf *conf, struct ident *ident, int64_t idle_ms)
{
	const struct kind *kind = kind_of(conf);

	if (kind->idle != NULL && ident != NULL)
		kind->idle(ident, idle_ms);
}

/*
 * The table of providers, and what a link to one holds.
 */
#include "ai/provider.h"

#include <stdlib.h>
#include <string.h>

#include "ai/extractive.h"
#include "ai/provider_bucket.h"
#include "ai/provider_model.h"
#include "ai/provider_wire.h"
#include "base/str.h"
#include "net/crypt.h"

#define OUTPUT	   8192
#define TIMEOUT_MS INT64_C(120000)

#define BY_MODEL                                                            \
	.mark = "", .distil = provider_model_distil,                        \
	.outline = provider_model_outline, .lesson = provider_model_lesson, \
	.component = provider_model_component,                              \
	.enhance = provider_model_enhance, .test = provider_model_test

static const struct provider gemini_provider = {
	.name = "gemini",
	.wire = &gemini_wire,
	BY_MODEL,
};

static const struct provider openai_provider = {
	.name = "openai",
	.wire = &openai_wire,
	BY_MODEL,
};

static const struct provider *const providers[] = {
	&gemini_provider,
	&openai_provider,
	&extractive_provider,
};

const struct provider *
provider_at(size_t i)
{
	return i < NITEMS(providers) ? providers[i] : NULL;
}

const struct provider *
provider_find(const char *name)
{
	size_t i;

	for (i = 0; i < NITEMS(providers); i++) {
		if (strcmp(providers[i]->name, name) == 0)
			return providers[i];
	}
	return NULL;
}

bool
provider_needs_key(const struct provider *p)
{
	return p->wire != NULL && p->wire->needs_key;
}

void
provider_progress(const struct progress_sink *p, const char *what, size_t done,
    size_t total)
{
	if (p != NULL && p->step != NULL)
		p->step(p->arg, what, done, total);
}

/* --- ends -------------------------------------------------------------------- */

static const struct {
	const char *name;
	bool transient;
	const char *text;
} ends[PROVIDER__MAX] = {
	[PROVIDER_DONE] = { "done", false, "" },
	[PROVIDER_CANCELLED] = { "cancelled", false, "It was cancelled." },
	[PROVIDER_UNAVAILABLE] = { "unavailable", true,
	    "The AI provider does not answer." },
	[PROVIDER_BUSY] = { "busy", true,
	    "The AI provider's rate limit or quota is used up." },
	[PROVIDER_TRUNCATED] = { "truncated", true,
	    "The AI provider's answer was cut off at its length limit." },
	[PROVIDER_MALFORMED] = { "malformed", true,
	    "The AI provider's answer could not be used." },
	[PROVIDER_NO_KEY] = { "no_key", false,
	    "No key for the AI provider is configured." },
	[PROVIDER_KEY] = { "key", false, "The AI provider rejected the key." },
	[PROVIDER_REFUSED] = { "refused", false,
	    "The AI provider refused the request: its address or model may be"
	    " wrong." },
	[PROVIDER_SAFETY] = { "safety", false,
	    "The AI provider's safety rules blocked the content." },
	[PROVIDER_LIMIT] = { "limit", false,
	    "The monthly token limit is reached." },
	[PROVIDER_EMPTY] = { "empty", false,
	    "There is no knowledge to work from." },
	[PROVIDER_UNABLE] = { "unable", false,
	    "This needs a model; none is configured." },
};

bool
provider_is_transient(enum provider_end end, unsigned attempt)
{
	return ends[end].transient &&
	    (end != PROVIDER_TRUNCATED || attempt == 0);
}

const char *
provider_end_name(enum provider_end end)
{
	return ends[end].name;
}

const char *
provider_end_text(enum provider_end end)
{
	return ends[end].text;
}

/* --- where a provider is ------------------------------------------------------ */

/* Keys of the configuration, by provider. */
static const struct place {
	const char *provider;
	const char *url;
	const char *model;
	const char *key;
} places[] = {
	{ "gemini", "ai.gemini.url", "ai.gemini.model", "ai.gemini.key" },
	{ "openai", "ai.openai.url", "ai.openai.model", "ai.openai.key" },
};

/* NULL for a provider that works here. */
static const struct place *
place_of(const struct provider *p)
{
	size_t i;

	for (i = 0; i < NITEMS(places); i++) {
		if (strcmp(places[i].provider, p->name) == 0)
			return &places[i];
	}
	return NULL;
}

const char *
provider_key(const struct conf *conf, const struct provider *p)
{
	const struct place *place = place_of(p);

	return place != NULL ? conf_text(conf, place->key) : NULL;
}

void
provider_configure(struct provider_setup *s, const struct conf *conf,
    const struct provider *p, const char *key)
{
	const struct place *place = place_of(p);

	*s = (struct provider_setup){ .provider = p, .key = key };
	if (place != NULL) {
		s->url = conf_text(conf, place->url);
		s->model = conf_text(conf, place->model);
	}
	/* A server without keys is one's own: it sets its pace itself. */
	if (!str_is_empty(key))
		s->per_minute = (unsigned)conf_int(conf, "ai.rate");
	s->burst = (unsigned)conf_int(conf, "ai.burst");
	s->output = (unsigned)conf_int(conf, "ai.output");
	s->timeout_ms = conf_int(conf, "ai.timeout") * 1000;
}

static const char *
or_default(const char *s, const char *def)
{
	return str_is_empty(s) ? def : s;
}

struct provider_link *
provider_open(const struct provider_setup *s)
{
	const struct provider_wire *wire = s->provider->wire;
	struct provider_link *l;

	l = xcalloc(1, sizeof(*l));
	l->setup = *s;
	l->setup.url =
	    xstrdup(or_default(s->url, wire != NULL ? wire->url : ""));
	l->setup.model =
	    xstrdup(or_default(s->model, wire != NULL ? wire->model : ""));
	l->setup.key = xstrdup(s->key != NULL ? s->key : "");
	l->setup.output = s->output != 0 ? s->output : OUTPUT;
	l->setup.timeout_ms = s->timeout_ms != 0 ? s->timeout_ms : TIMEOUT_MS;
	l->setup.burst = s->burst != 0 ? s->burst : 1;
	l->setup.needs_key = s->needs_key || provider_needs_key(s->provider);
	l->bucket = provider_bucket_open(s->bucket);
	return l;
}

/* The texts of a link are its own, whatever their type says. */
static void
drop(const char *s)
{
	crypt_wipe((void *)(uintptr_t)s, strlen(s));
	free((void *)(uintptr_t)s);
}

void
provider_close(struct provider_link *l)
{
	if (l == NULL)
		return;
	drop(l->setup.url);
	drop(l->setup.model);
	drop(l->setup.key);
	provider_bucket_close(l->bucket);
	free(l);
}

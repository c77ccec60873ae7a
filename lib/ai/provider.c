/*
 * The table of providers.
 */
#include "ai/provider.h"

#include <string.h>

#include "ai/extractive.h"
#include "base/str.h"

static const struct provider *const providers[] = {
	&extractive_provider,
};

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

void
provider_progress(const struct progress_sink *p, const char *what, size_t done,
    size_t total)
{
	if (p != NULL && p->step != NULL)
		p->step(p->arg, what, done, total);
}

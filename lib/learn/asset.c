/*
 * Look-up in the table of compiled-in files: few rows, so a plain scan.
 */
#include "learn/asset.h"

#include <string.h>

const struct embed_file *
asset_find(const char *name)
{
	const struct embed_file *f;

	for (f = asset_files; f->name != NULL; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

/*
 * Signed storage addresses: the first line is a path, the rest a query. Only
 * the one address that was signed is ever accepted, and no key that is
 * accepted leaves its tenant.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "net/store_dir.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Addresses are only read: the directory may go at once. */
static void
remove_dir(const char *dir)
{
	static const char *const parts[] = { "/data/.tmp", "/data", "" };
	char *path;
	size_t i;

	for (i = 0; i < 3; i++) {
		path = xasprintf("%s%s", dir, parts[i]);
		if (rmdir(path) == -1)
			abort();
		free(path);
	}
}

static struct store_dir *
open_dir(void)
{
	char dir[] = "/tmp/mirai-fuzz.XXXXXX";
	struct store_dir *d;
	struct conf *c;

	log_open("fuzz", LOG_FORM_PLAIN, LOG_LEVEL_ERROR);
	(void)unsetenv("LOCAL_STORAGE_DIR");
	c = conf_load("/dev/null");
	if (mkdtemp(dir) == NULL || c == NULL ||
	    conf_set(c, "store.dir", dir) == -1 ||
	    conf_set(c, "store.secret", "0123456789abcdef") == -1)
		abort();
	d = store_dir_open(c);
	conf_free(c);
	if (d == NULL)
		abort();
	remove_dir(dir);
	return d;
}

static void
check_key(const char *key)
{
	if (!store_key_ok(key))
		return;
	assert(*key != '/' && strstr(key, "//") == NULL);
	assert(strncmp(key, "../", 3) != 0 && strstr(key, "/../") == NULL);
	assert(strchr(key, '\\') == NULL && strchr(key, '\n') == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const methods[] = { "GET", "HEAD", "PUT", "POST" };
	static struct store_dir *d;
	struct store_grant g;
	struct arena *a;
	char *path, *query;
	size_t i;

	if (d == NULL)
		d = open_dir();
	a = arena_new();
	path = arena_strndup(a, (const char *)data, size);
	query = strchr(path, '\n');
	if (query != NULL)
		*query++ = '\0';
	check_key(path);
	for (i = 0; i < 4; i++)
		assert(store_dir_verify(d, a, methods[i], path,
			   query == NULL ? "" : query, &g) != CODE_OK);
	arena_free(a);
	return 0;
}

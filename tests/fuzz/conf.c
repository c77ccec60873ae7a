/*
 * Configuration: any bytes as the file. What is refused is refused with one
 * line that names file and line; what is taken keeps the rules of the table
 * and is taken again as it is told.
 */
#include <sys/mman.h>

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The file only counts: whoever runs this may have variables set. */
static void
forget_environment(void)
{
	size_t i;

	for (i = 0; i < conf_nkeys; i++) {
		if (conf_keys[i].env != NULL)
			(void)unsetenv(conf_keys[i].env);
	}
}

/* conf_load() with what it says in *said; the caller frees that. */
static struct conf *
load(const char *path, char **said)
{
	FILE *err = stderr;
	struct conf *c;
	size_t len;

	stderr = open_memstream(said, &len);
	assert(stderr != NULL);
	c = conf_load(path);
	fclose(stderr);
	stderr = err;
	return c;
}

static void
check_complaint(const char *path, const char *said)
{
	size_t len = strlen(path), total = strlen(said);

	assert(strncmp(said, path, len) == 0 && said[len] == ':');
	assert(said[len + 1] >= '1' && said[len + 1] <= '9');
	assert(strchr(said, '\n') == said + total - 1);
}

static void
check_key(struct conf *c, const struct conf_key *k)
{
	const char *const *list;
	const char *text;
	int rc;

	if (k->min != 0 || k->max != 0)
		assert(conf_int(c, k->key) >= k->min &&
		    conf_int(c, k->key) <= k->max);
	for (list = conf_list(c, k->key); *list != NULL; list++)
		assert(**list != '\0' && strpbrk(*list, ", \t") == NULL);
	if ((text = conf_text(c, k->key)) == NULL)
		return;
	if (k->type == CONF_URL)
		assert(strncmp(text, "http", 4) == 0 &&
		    text[strlen(text) - 1] != '/');
	text = strdup(text);
	rc = conf_set(c, k->key, text);
	assert(rc == 0 && strcmp(conf_text(c, k->key), text) == 0);
	free((void *)(uintptr_t)text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	static char path[32];
	struct conf *c;
	char *said;
	size_t i;

	if (fd == -1) {
		forget_environment();
		fd = memfd_create("conf", 0);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	if (ftruncate(fd, 0) == -1 ||
	    pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	if ((c = load(path, &said)) == NULL)
		check_complaint(path, said);
	else
		assert(*said == '\0');
	free(said);
	for (i = 0; c != NULL && i < conf_nkeys; i++)
		check_key(c, &conf_keys[i]);
	conf_free(c);
	return 0;
}

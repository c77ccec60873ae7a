/*
 * mirai.conf(5) and the sample in etc/ against the table: the same keys, the
 * same defaults, the same environment variables.
 */
#include "tests/test.h"

#include <stdlib.h>

#include "base/conf.h"
#include "base/str.h"

static char *
slurp(const char *path)
{
	static char text[2][256 * 1024];
	static int n;
	char *out = text[n++ % 2], full[512];
	const char *src = getenv("SRCDIR");
	size_t len;
	FILE *f;

	snprintf(full, sizeof(full), "%s/%s", src == NULL ? "." : src, path);
	if ((f = fopen(full, "r")) == NULL) {
		out[0] = '\0';
		return out;
	}
	len = fread(out, 1, sizeof(text[0]) - 1, f);
	out[len] = '\0';
	fclose(f);
	return out;
}

static size_t
count_lines(const char *text, const char *prefix)
{
	size_t n = 0;
	const char *p;

	for (p = text; p != NULL; p = strchr(p, '\n')) {
		p += *p == '\n';
		n += str_starts(p, prefix);
	}
	return n;
}

/* The text of one key in the manual: from its .It to the next. */
static char *
entry(const char *manual, const char *key)
{
	static char out[4096];
	size_t len;
	char head[128];
	const char *p, *end;

	snprintf(head, sizeof(head), "\n.It Ic %s Ar ", key);
	if ((p = strstr(manual, head)) == NULL)
		return NULL;
	end = strstr(p + 1, "\n.It ");
	if (end == NULL || end > strstr(p + 1, "\n.El"))
		end = strstr(p + 1, "\n.El");
	len = (size_t)(end - p);
	if (len > sizeof(out) - 2)
		return NULL;
	memcpy(out, p, len);
	memcpy(out + len, "\n", 2);
	return out;
}

static void
check_key(const struct conf_key *k, const char *manual, const char *sample)
{
	char line[512], *text;
	bool ok;

	text = entry(manual, k->key);
	ok = text != NULL;
	if (ok && k->def != NULL) {
		snprintf(line, sizeof(line), "\nDefault:\n.Li %s .\n", k->def);
		ok = strstr(text, line) != NULL;
	} else if (ok) {
		ok = strstr(text, "\nDefault:") == NULL;
	}
	if (ok && k->env != NULL) {
		snprintf(line, sizeof(line), "\n.Ev %s .\n", k->env);
		ok = strstr(text, line) != NULL;
	}
	if (ok)
		ok = (strstr(text, "\nSecret.\n") != NULL) == k->secret;
	test_report(ok, __FILE__, __LINE__, k->key);
	snprintf(line, sizeof(line), "\n#%s%s%s\n", k->key,
	    k->def == NULL ? "" : " ", k->def == NULL ? "" : k->def);
	test_report(strstr(sample, line) != NULL, "etc/mirai.conf", 0, k->key);
}

int
main(void)
{
	const char *manual = slurp("man/mirai.conf.5");
	const char *sample = slurp("etc/mirai.conf");
	size_t i;

	for (i = 0; i < conf_nkeys; i++)
		check_key(&conf_keys[i], manual, sample);
	/* And nothing that is no key. */
	CHECK(count_lines(manual, ".It Ic ") == conf_nkeys);
	CHECK(
	    count_lines(sample, "#") - count_lines(sample, "# ") == conf_nkeys);
	return test_done();
}

/*
 * Normal forms by libunistring, independent of any locale. Text that is ASCII
 * already, the usual case, never reaches the library.
 */
#include "identity/nfc.h"

#include <unicase.h>
#include <uninorm.h>

#include <err.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static bool
is_ascii(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

/* Copies what the library allocated into a and frees it. */
static char *
keep(struct arena *a, uint8_t *p, size_t len)
{
	char *out;

	if (p == NULL)
		err(1, "libunistring");
	out = arena_alloc(a, len + 1);
	memcpy(out, p, len);
	out[len] = '\0';
	free(p);
	return out;
}

char *
nfc_text(struct arena *a, const char *s)
{
	size_t len;
	uint8_t *p;

	if (is_ascii(s))
		return arena_strdup(a, s);
	p = u8_normalize(UNINORM_NFC, (const uint8_t *)s, strlen(s), NULL,
	    &len);
	return keep(a, p, len);
}

char *
nfc_identifier(struct arena *a, const char *s)
{
	const char *trimmed = str_trim(a, s);
	size_t len;
	uint8_t *p;

	if (is_ascii(trimmed))
		return str_lower(a, trimmed);
	p = u8_tolower((const uint8_t *)trimmed, strlen(trimmed), NULL,
	    UNINORM_NFC, NULL, &len);
	return keep(a, p, len);
}

char *
nfc_fold(struct arena *a, const char *s)
{
	size_t len;
	uint8_t *p;

	if (is_ascii(s))
		return str_lower(a, s);
	p = u8_casefold((const uint8_t *)s, strlen(s), NULL, UNINORM_NFC, NULL,
	    &len);
	return keep(a, p, len);
}

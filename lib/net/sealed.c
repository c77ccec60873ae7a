/*
 * Sealed secrets of tenants. A key is named by a byte of its HMAC over a fixed
 * label, which tells nothing about it; of keys with one name all are tried.
 */
#include "net/sealed.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "net/crypt.h"

struct key {
	uint8_t id;
	uint8_t bytes[CRYPT_GCM_KEY];
};

struct sealed {
	size_t n;
	struct key keys[SEALED_KEYS_MAX];
};

static bool
read_key(struct key *k, const char *hex)
{
	static const char label[] = "mirai sealed key";
	uint8_t mac[CRYPT_SHA256_LEN];
	int hi, lo;
	size_t i;

	if (strlen(hex) != 2 * sizeof(k->bytes))
		return false;
	for (i = 0; i < sizeof(k->bytes); i++) {
		hi = str_hex_value(hex[2 * i]);
		lo = str_hex_value(hex[2 * i + 1]);
		if (hi == -1 || lo == -1)
			return false;
		k->bytes[i] = (uint8_t)(hi << 4 | lo);
	}
	crypt_hmac_sha256(k->bytes, sizeof(k->bytes), label, strlen(label),
	    mac);
	k->id = mac[0];
	crypt_wipe(mac, sizeof(mac));
	return true;
}

struct sealed *
sealed_new(const char *const *keys, const char **why)
{
	struct sealed *s;

	*why = NULL;
	if (keys[0] == NULL)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	for (; keys[s->n] != NULL; s->n++) {
		if (s->n == SEALED_KEYS_MAX)
			*why = "has more than 16 keys";
		else if (!read_key(&s->keys[s->n], keys[s->n]))
			*why = "must be keys of 64 hex digits";
		if (*why != NULL) {
			sealed_free(s);
			return NULL;
		}
	}
	return s;
}

void
sealed_free(struct sealed *s)
{
	if (s == NULL)
		return;
	crypt_wipe(s, sizeof(*s));
	free(s);
}

uint8_t *
sealed_close(const struct sealed *s, struct arena *a, const char *tenant_id,
    const void *p, size_t len, size_t *outlen)
{
	uint8_t *raw, *out;
	size_t n;

	raw = crypt_gcm_seal(a, s->keys[0].bytes, tenant_id, strlen(tenant_id),
	    p, len, &n);
	out = arena_alloc(a, n + 1);
	out[0] = s->keys[0].id;
	memcpy(out + 1, raw, n);
	*outlen = n + 1;
	return out;
}

/* --- opening ---------------------------------------------------------------- */

struct secret {
	char *p;
	size_t len;
};

static void
wipe(void *arg)
{
	struct secret *t = arg;

	crypt_wipe(t->p, t->len);
}

static char *
keep(struct arena *a, uint8_t *text, size_t len)
{
	struct secret *t = arena_alloc(a, sizeof(*t));

	*t = (struct secret){ (char *)text, len };
	arena_defer(a, wipe, t);
	return t->p;
}

char *
sealed_open(const struct sealed *s, struct arena *a, const char *tenant_id,
    const void *p, size_t len, size_t *outlen)
{
	const uint8_t *in = p;
	uint8_t *text;
	size_t i;

	if (len < SEALED_OVERHEAD)
		return NULL;
	for (i = 0; i < s->n; i++) {
		if (s->keys[i].id != in[0])
			continue;
		text = crypt_gcm_open(a, s->keys[i].bytes, tenant_id,
		    strlen(tenant_id), in + 1, len - 1, outlen);
		if (text != NULL)
			return keep(a, text, *outlen);
	}
	return NULL;
}

bool
sealed_is_stale(const struct sealed *s, const void *p, size_t len)
{
	return len == 0 || *(const uint8_t *)p != s->keys[0].id;
}

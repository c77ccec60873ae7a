/*
 * What Stripe sends to us: events, and the signature that proves them. Nothing
 * here calls anybody.
 */
#include "net/stripe.h"

#include <string.h>

#include "base/str.h"
#include "net/crypt.h"
#include "net/json.h"

#define MAX_PARTS 64 /* of the header */
#define MAX_ID	  255

/* HMAC-SHA256 over "<t>.<body>", hex. */
static char *
mac_hex(struct arena *a, const char *secret, const char *t, const void *body,
    size_t len)
{
	uint8_t mac[CRYPT_SHA256_LEN];
	struct buf *text = buf_new(a);

	buf_printf(text, "%s.", t);
	buf_put(text, body, len);
	crypt_hmac_sha256(secret, strlen(secret), text->data, text->len, mac);
	return str_hex(a, mac, sizeof(mac));
}

char *
stripe_sign(struct arena *a, const char *secret, const void *body, size_t len,
    int64_t now_s)
{
	char *t = arena_printf(a, "%lld", (long long)now_s);

	return arena_printf(a, "t=%s,v1=%s", t,
	    mac_hex(a, secret, t, body, len));
}

/* The header's parts between commas; 0: too many. */
static size_t
split(struct arena *a, const char *header, const char **parts)
{
	size_t n, len;

	for (n = 0; n < MAX_PARTS; n++) {
		len = strcspn(header, ",");
		parts[n] = arena_strndup(a, header, len);
		if (header[len] == '\0')
			return n + 1;
		header += len + 1;
	}
	return 0;
}

/* The text of the one "t="; NULL: there is none, or more, or no number. */
static const char *
signed_at(const char *const *parts, size_t n, int64_t *at)
{
	const char *t = NULL;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!str_starts(parts[i], "t="))
			continue;
		if (t != NULL)
			return NULL;
		t = parts[i] + 2;
	}
	return t != NULL && str_to_i64(t, 0, INT64_MAX, at) ? t : NULL;
}

static bool
is_signed(struct arena *a, const char *secret, const char *header,
    const void *body, size_t len, int64_t now_s)
{
	const char *parts[MAX_PARTS], *t, *want;
	bool ok = false;
	int64_t at = 0;
	size_t n, i;

	n = split(a, header, parts);
	if ((t = signed_at(parts, n, &at)) == NULL)
		return false;
	if (at < now_s - STRIPE_TOLERANCE_S || at > now_s + STRIPE_TOLERANCE_S)
		return false;
	want = mac_hex(a, secret, t, body, len);
	for (i = 0; i < n; i++)
		if (str_starts(parts[i], "v1=") &&
		    crypt_equal_str(parts[i] + 3, want))
			ok = true;
	return ok;
}

bool
stripe_signed(const char *secret, const char *header, const void *body,
    size_t len, int64_t now_s)
{
	struct arena *a;
	bool ok;

	if (str_is_empty(secret) || header == NULL)
		return false;
	a = arena_new();
	ok = is_signed(a, secret, header, body, len, now_s);
	arena_free(a);
	return ok;
}

/* The id of a member that is an id, or the object itself; "" if neither. */
static const char *
id_in(const struct json *j, const char *name)
{
	const struct json *m = json_get(j, name);
	const char *id;

	id = json_kind(m) == JSON_OBJECT ? json_get_text(m, "id", "")
	    : json_kind(m) == JSON_TEXT	 ? json_text(m)
					 : "";
	return strlen(id) <= MAX_ID ? id : "";
}

/* Of a session or an invoice; later versions of the API nest it. */
static const char *
subscription_in(const struct json *object)
{
	const char *id = id_in(object, "subscription");

	if (id[0] != '\0')
		return id;
	return id_in(json_get_object(json_get_object(object, "parent"),
			 "subscription_details"),
	    "subscription");
}

int
stripe_event_read(struct arena *a, const void *body, size_t len,
    struct stripe_event *out)
{
	const struct json *j, *object;
	struct stripe_event e;

	j = json_parse(a, body, len, NULL, NULL);
	object = json_get_object(json_get_object(j, "data"), "object");
	e.id = id_in(j, "id");
	e.type = json_get_text(j, "type", "");
	if (e.id[0] == '\0' || e.type[0] == '\0' || strlen(e.type) > MAX_ID ||
	    object == NULL)
		return -1;
	e.object = json_get_text(object, "object", "");
	e.object_id = id_in(object, "id");
	e.customer = id_in(object, "customer");
	e.subscription = subscription_in(object);
	*out = e;
	return 0;
}

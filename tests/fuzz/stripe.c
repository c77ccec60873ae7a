/*
 * What is posted to the webhook: a signature header (the first line) over any
 * body, and the body as an event. Nothing that was not signed is taken, and
 * what is taken has what the handlers rest on.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "net/stripe.h"

#define NOW 1700000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *body = memchr(data, '\n', size);
	struct arena *a = arena_new();
	struct stripe_event e;
	const char *header, *good;
	size_t len;

	if (body == NULL)
		body = data + size;
	header = arena_strndup(a, (const char *)data, (size_t)(body - data));
	body += body < data + size;
	len = size - (size_t)(body - data);

	/* The fuzzer does not know the secret. */
	good = stripe_sign(a, "whsec_0123456789", body, len, NOW);
	assert(stripe_signed("whsec_0123456789", good, body, len, NOW));
	if (stripe_signed("whsec_0123456789", header, body, len, NOW))
		assert(strstr(header, strstr(good, "v1=") + 3) != NULL);
	assert(!stripe_signed("", header, body, len, NOW));
	if (stripe_event_read(a, body, len, &e) == 0) {
		assert(e.id[0] != '\0' && strlen(e.id) <= 255);
		assert(e.type[0] != '\0' && strlen(e.type) <= 255);
		assert(strlen(e.object_id) <= 255 && strlen(e.customer) <= 255);
		assert(e.object != NULL && e.subscription != NULL);
	}
	(void)stripe_is_session_id(header);
	arena_free(a);
	return 0;
}

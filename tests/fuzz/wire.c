/*
 * Binary reader: any bytes in. What is accepted is written, and the writing
 * is a fixed point of reading and writing, in binary and in JSON.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "mirai/v1/course.pb.h"
#include "proto/kinds.pb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct pb_desc *const types[] = { &pb_scalars_desc,
	&pb_optionals_desc, &pb_lists_desc, &pb_maps_desc, &pb_choice_desc,
	&pb_node_desc, &pb_wellknown_desc, &pb_names_desc, &pb_course_desc };

static struct buf *
binary(struct arena *a, const struct pb_desc *d, const void *msg)
{
	struct buf *b;

	b = buf_new(a);
	pb_encode(b, d, msg);
	return b;
}

static void
check_same(const struct buf *x, const struct buf *y)
{
	assert(x->len == y->len);
	assert(memcmp(buf_str(x), buf_str(y), x->len) == 0);
}

/* JSON text to JSON text: binary may hold NaN of many kinds, JSON one. */
static void
check_json(struct arena *a, const struct pb_desc *d, const void *msg)
{
	struct buf *json, *json2;
	struct pb_error err;
	void *again;

	json = buf_new(a);
	json2 = buf_new(a);
	if (pb_json_encode(a, json, d, msg, false, &err) == -1)
		return; /* no JSON form */
	again = arena_zalloc(a, pb_size(d));
	if (pb_json_decode(a, d, json->data, json->len, NULL, again, &err) !=
	    CODE_OK)
		return; /* deeper than a reader takes: lists count there */
	assert(pb_json_encode(a, json2, d, again, false, &err) == 0);
	check_same(json, json2);
}

static void
check(struct arena *a, const struct pb_desc *d, const void *msg)
{
	struct pb_error err;
	struct buf *b;
	void *again;

	b = binary(a, d, msg);
	again = arena_zalloc(a, pb_size(d));
	assert(
	    pb_decode(a, d, buf_str(b), b->len, NULL, again, &err) == CODE_OK);
	check_same(b, binary(a, d, again));
	check_json(a, d, msg);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct pb_desc *d;
	struct pb_error err;
	struct arena *a;
	uint8_t *copy;
	void *msg;

	if (size == 0)
		return 0;
	d = types[data[0] % (sizeof(types) / sizeof(types[0]))];
	a = arena_new();
	arena_set_limit(a, 16 << 20);
	copy = malloc(size); /* exactly as long, so that overruns show */
	assert(copy != NULL);
	memcpy(copy, data + 1, size - 1);
	msg = arena_zalloc(a, pb_size(d));
	if (pb_decode(a, d, copy, size - 1, NULL, msg, &err) == CODE_OK)
		check(a, d, msg);
	else
		assert(err.path != NULL && err.text[0] != '\0');
	free(copy);
	arena_free(a);
	return 0;
}

/*
 * JSON reader: any bytes in. What is accepted is written, and that reads back
 * as the same message; binary says the same of it.
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

static void *
read_json(struct arena *a, const struct pb_desc *d, const char *p, size_t len)
{
	struct pb_limits lim = { 0, 0, false };
	struct pb_error err;
	void *msg;

	msg = arena_zalloc(a, pb_size(d));
	if (pb_json_decode(a, d, p, len, &lim, msg, &err) == CODE_OK)
		return msg;
	assert(err.path[0] == '$' && err.text[0] != '\0');
	return NULL;
}

/* Through JSON and back: equal bytes, in both codecs. */
static void
check(struct arena *a, const struct pb_desc *d, const void *msg)
{
	struct buf *json, *json2, *bin, *bin2;
	struct pb_error err;
	const void *again;

	json = buf_new(a);
	json2 = buf_new(a);
	bin = buf_new(a);
	bin2 = buf_new(a);
	if (pb_json_encode(a, json, d, msg, false, &err) == -1)
		return; /* a mask or an Any that has no JSON form */
	again = read_json(a, d, json->data, json->len);
	if (again == NULL)
		return; /* deeper than a reader takes: lists count there */
	assert(pb_json_encode(a, json2, d, again, false, &err) == 0);
	assert(strcmp(json->data, json2->data) == 0);
	pb_encode(bin, d, msg);
	pb_encode(bin2, d, again);
	assert(bin->len == bin2->len);
	assert(memcmp(bin->data, bin2->data, bin->len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct pb_desc *d;
	struct arena *a;
	char *copy;
	void *msg;

	if (size == 0)
		return 0;
	d = types[data[0] % (sizeof(types) / sizeof(types[0]))];
	a = arena_new();
	arena_set_limit(a, 16 << 20);
	copy = malloc(size); /* exactly as long, so that overruns show */
	assert(copy != NULL);
	memcpy(copy, data + 1, size - 1);
	msg = read_json(a, d, copy, size - 1);
	free(copy);
	if (msg != NULL)
		check(a, d, msg);
	arena_free(a);
	return 0;
}

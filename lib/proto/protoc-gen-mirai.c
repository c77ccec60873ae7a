/*
 * The contract compiler: a protoc plugin. protoc parses and checks the
 * contracts and hands their descriptors over on standard input; this program
 * answers with C: X.pb.h and X.pb.c (structs, and the tables that
 * lib/rpc/pb*.c run on), X.rpc.h and X.rpc.c (handler prototypes and the
 * dispatch table). With the parameter "services" it answers one table of
 * every service and method it was given, without handlers.
 *
 * It refuses a method that does not say who may call it.
 */

#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "proto/contract.h"
#include "proto/descriptor.h"
#include "proto/make.h"

/* Numbers of plugin.proto. */
enum {
	RES_ERROR = 1,
	RES_FEATURES = 2,
	RES_FILE = 15,
	RES_FILE_NAME = 1,
	RES_FILE_CONTENT = 15
};

static void
put_len(struct buf *b, uint32_t number, const char *p, size_t len)
{
	uint64_t n[2];
	size_t i;

	n[0] = (uint64_t)number << 3 | 2;
	n[1] = len;
	for (i = 0; i < NITEMS(n); i++) {
		for (; n[i] > 0x7f; n[i] >>= 7)
			buf_putc(b, (char)((n[i] & 0x7f) | 0x80));
		buf_putc(b, (char)n[i]);
	}
	buf_put(b, p, len);
}

static void
answer_file(struct buf *out, const char *name, const char *content)
{
	struct buf *b;

	b = buf_new(contracts.mem);
	put_len(b, RES_FILE_NAME, name, strlen(name));
	put_len(b, RES_FILE_CONTENT, content, strlen(content));
	put_len(out, RES_FILE, b->data, b->len);
}

static void
answer_contract(struct buf *out, const struct file *f)
{
	const char *s;

	s = f->stem;
	answer_file(out, arena_printf(contracts.mem, "%s.pb.h", s),
	    make_pb_h(f));
	answer_file(out, arena_printf(contracts.mem, "%s.pb.c", s),
	    make_pb_c(f));
	if (f->nservices == 0)
		return;
	answer_file(out, arena_printf(contracts.mem, "%s.rpc.h", s),
	    make_rpc_h(f));
	answer_file(out, arena_printf(contracts.mem, "%s.rpc.c", s),
	    make_rpc_c(f));
}

static void
answer(struct buf *out, const struct request *rq)
{
	const struct file *f;
	const char *error;

	buf_put(out, "\x10\x01", 2); /* supported_features: proto3 optional */
	if ((error = contract_resolve()) != NULL) {
		put_len(out, RES_ERROR, error, strlen(error));
	} else if (strcmp(rq->parameter, "services") == 0) {
		answer_file(out, "mirai/services.h", make_services_h);
		answer_file(out, "mirai/services.c", make_services_c(rq));
	} else if (rq->parameter[0] != '\0') {
		error = "unknown parameter: only \"services\" is known";
		put_len(out, RES_ERROR, error, strlen(error));
	} else {
		for (f = contracts.files; f != NULL; f = f->next)
			if (make_is_asked(rq, f))
				answer_contract(out, f);
	}
}

static void
read_all(struct buf *b, FILE *in)
{
	size_t n;

	do {
		n = fread(buf_reserve(b, 65536), 1, 65536, in);
		b->len += n;
	} while (n > 0);
	if (ferror(in))
		err(1, "reading the request");
}

int
main(void)
{
	struct buf *in, *out;
	struct request rq;

	contracts.mem = arena_new();
	in = buf_new(contracts.mem);
	out = buf_new(contracts.mem);
	read_all(in, stdin);
	rq = descriptor_read(in->data, in->len);
	answer(out, &rq);
	if (fwrite(out->data, 1, out->len, stdout) != out->len ||
	    fflush(stdout) != 0)
		err(1, "writing the answer");
	arena_free(contracts.mem);
	return 0;
}

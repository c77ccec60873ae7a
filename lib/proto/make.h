/*
 * The files that are written: each maker returns the text of one, in
 * contracts.mem.
 */
#ifndef MIRAI_PROTO_MAKE_H
#define MIRAI_PROTO_MAKE_H

#include <stdbool.h>

#include "proto/contract.h"
#include "proto/descriptor.h"

struct buf;

char *make_pb_h(const struct file *f);
char *make_pb_c(const struct file *f);
char *make_rpc_h(const struct file *f);
char *make_rpc_c(const struct file *f);

/* Every service of the contracts asked for, in one table. */
char *make_services_c(const struct request *rq);
extern const char make_services_h[];

bool make_is_asked(const struct request *rq, const struct file *f);

/* The opening of a header: who made it, and its guard. */
void make_head(struct buf *b, const struct file *f, const char *suffix);

/* The C type of a single value: type, then a space or a star. */
const char *make_c_type(const struct field *f);

/* Whether the presence of a field is kept in a bool of its own. */
bool make_has_bool(const struct field *f);

#endif

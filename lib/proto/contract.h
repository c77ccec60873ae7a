/*
 * The contracts as the compiler holds them: filled by descriptor.c, made
 * whole and checked by contract.c, read by the writers in make.h.
 */
#ifndef MIRAI_PROTO_CONTRACT_H
#define MIRAI_PROTO_CONTRACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* Values of descriptor.proto and options.proto that mean something to us. */
enum {
	LABEL_REPEATED = 3,
	TYPE_GROUP = 10,
	TYPE_MESSAGE = 11,
	TYPE_ENUM = 14,
	TYPE_STRING = 9,
	TYPE_BYTES = 12,
	TYPE__MAX = 19,
	NO_SIDE_EFFECTS = 1,
	TX_READ = 2,
	TX_NONE = 3,
	NEED__MAX = 7
};

struct file;
struct message;

struct value {
	const char *name;
	int32_t number;
};

struct enumeration {
	const char *full;  /* ".mirai.v1.Plan" */
	const char *cname; /* "plan" */
	const char *scope; /* "PB_", or "PB_OUTER_" when nested */
	struct value *values;
	size_t nvalues;
	const struct file *file;
	struct enumeration *next; /* of all */
};

struct field {
	const char *name;
	const char *cname; /* not a C keyword */
	const char *json;
	const char *type_name;
	const struct message *msg;
	const struct enumeration *en;
	int64_t oneof; /* -1: none */
	uint32_t number;
	unsigned type;
	bool repeated;
	bool optional;
	bool packed;
};

struct message {
	const char *full;
	const char *cname;
	struct field *fields;
	const char **oneofs;
	size_t nfields;
	size_t noneofs;
	bool map_entry;
	const struct file *file;
	struct message *next; /* of all */
};

struct method {
	const char *name;
	const char *cname;
	const char *in_name, *out_name;
	const struct message *in, *out;
	uint64_t need, tx, max_bytes, idempotency;
	bool client_stream, server_stream;
	bool never_compress, while_suspended, apart, outside;
};

struct service {
	const char *full;	/* "mirai.v1.TeamService" */
	const char *cname;	/* "team" */
	struct method *methods; /* by name */
	size_t nmethods;
	uint64_t max_bytes;
};

struct file {
	const char *name;
	const char *stem; /* name without ".proto" */
	const char *package;
	const char *deps[64];
	size_t ndeps;
	struct service services[16];
	size_t nservices;
	bool proto3;
	struct file *next;
};

/* Of the one run that a process makes; mem is set by main(). */
struct contracts {
	struct arena *mem;
	struct file *files;
	struct message *messages;
	struct enumeration *enums;
};

extern struct contracts contracts;

/*
 * Connects what refers by name and checks every method. The text of the first
 * broken rule, NULL when all is sound.
 */
const char *contract_resolve(void);

#endif

/*
 * The JSON reader in two files: json_read.c reads messages by their tables,
 * json_form.c the types that have a JSON form of their own. They call each
 * other; nobody else calls them.
 */
#ifndef MIRAI_RPC_JSON_READ_H
#define MIRAI_RPC_JSON_READ_H

#include "rpc/json_scan.h"
#include "rpc/pb_desc.h"

/* A message in whatever form its type has, into the fresh struct msg. */
int json_read_message(struct json_scan *js, const struct pb_desc *d,
    void *msg) MUST_CHECK;

/* An object of the type's members; with any, "@type" is stepped over. */
int json_read_object(struct json_scan *js, const struct pb_desc *d, void *msg,
    bool any) MUST_CHECK;

/* One value that is no message. 0: dropped (unknown enum name), 1: read. */
int json_read_scalar(struct json_scan *js, const struct pb_field *f,
    void *out) MUST_CHECK;

/* A type with a form of its own, which is not null. */
int json_form_read(struct json_scan *js, const struct pb_desc *d,
    void *msg) MUST_CHECK;

#endif

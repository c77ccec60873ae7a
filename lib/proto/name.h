/*
 * Names in generated code. What comes back lives in contracts.mem, or is the
 * argument itself.
 */
#ifndef MIRAI_PROTO_NAME_H
#define MIRAI_PROTO_NAME_H

#include <stdbool.h>

bool name_is_upper(char c);

/* "ListSMEs" -> "list_smes"; and "list_smes" -> "LIST_SMES". */
char *name_snake(const char *s);
char *name_upper(const char *s);

/* A message or enum, inside outer unless that is NULL. */
const char *name_type(const char *outer, const char *name);

/* A member of a struct: not a word of C. */
const char *name_field(const char *name);

/* "TeamService" is team; a service by another name keeps all of it. */
const char *name_service(const char *name);

/* "mirai/v1/team.proto" -> "mirai/v1/team" */
const char *name_stem(const char *name);

#endif

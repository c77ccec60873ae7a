/*
 * The commonest passwords, ours; policy.c searches them.
 */
#ifndef MIRAI_IDENTITY_COMMON_H
#define MIRAI_IDENTITY_COMMON_H

#include <stddef.h>

extern const char *const common_passwords[]; /* sorted by bytes */
extern const size_t common_npasswords;

#endif

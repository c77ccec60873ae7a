/*
 * Unicode normal forms of identifiers and passwords. The only user of
 * libunistring.
 */
#ifndef MIRAI_IDENTITY_NFC_H
#define MIRAI_IDENTITY_NFC_H

#include "base/arena.h"

/* s, valid UTF-8, in normal form C; in a. */
char *nfc_text(struct arena *a, const char *s);

/* What identifiers are compared by: trimmed, NFC, lower case; in a. */
char *nfc_identifier(struct arena *a, const char *s);

/* Full case folding, for similarity only; in a. */
char *nfc_fold(struct arena *a, const char *s);

#endif

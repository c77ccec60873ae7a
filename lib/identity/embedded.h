/*
 * Who is who, asked of the identity database directly: the form of struct
 * ident that costs no HTTP hop. Connects as mirai_identity_reader, which sees
 * no credential and no flow.
 */
#ifndef MIRAI_IDENTITY_EMBEDDED_H
#define MIRAI_IDENTITY_EMBEDDED_H

#include "base/conf.h"
#include "rpc/auth.h"

/*
 * Never fails; connects to identity.reader_url on first use. The caller owns
 * it. Each process opens its own.
 */
struct ident *ident_embedded_open(const struct conf *conf);
void ident_embedded_close(struct ident *ident);

/* Gives the connection back if unused for idle_ms. */
void ident_embedded_idle(struct ident *ident, int64_t idle_ms);

extern const struct db_query ident_embedded_queries[];

#endif

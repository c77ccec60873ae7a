/*
 * What the service says of itself: health, version, schemas (spec identity.md,
 * section 15).
 */
#ifndef MIRAI_IDENTITY_ABOUT_H
#define MIRAI_IDENTITY_ABOUT_H

#include "identity/visit.h"

void about_alive(struct visit *c);
void about_ready(struct visit *c);
void about_version(struct visit *c);
void about_schemas(struct visit *c); /* GET /schemas */
void about_schema(struct visit *c);  /* GET /schemas/{id} */

extern const struct db_query about_queries[];

#endif

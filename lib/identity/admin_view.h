/*
 * Identities as an administrator sees them: with both kinds of metadata and
 * with their credentials (spec identity.md A-3), and the ways to find them.
 * All run in the open transaction.
 */
#ifndef MIRAI_IDENTITY_ADMIN_VIEW_H
#define MIRAI_IDENTITY_ADMIN_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "identity/visit.h"

/* Which identities; exactly one of these is not NULL, or none: all. */
struct admin_view_filter {
	const char *identifier; /* as it was typed */
	const char *const *ids; /* NULL-terminated */
	const char *organization_id;
	const char *after; /* an id; NULL: from the start */
	int64_t limit;
};

/*
 * config is a NULL-terminated list of the types of credential whose content is
 * shown too; NULL: none. That of passwords never is.
 */
enum code admin_view_get(struct visit *c, const char *id,
    const char *const *config, const struct json **out);
enum code admin_view_by_external(struct visit *c, const char *external_id,
    const char *const *config, const struct json **out);
enum code admin_view_list(struct visit *c, const struct admin_view_filter *f,
    const char *const *config, struct json **out);

/*
 * Holds the identity against everybody else who writes it until the
 * transaction ends; *active (may be NULL) says whether it may sign in.
 */
enum code admin_view_lock(struct visit *c, const char *id, bool *active);

extern const struct db_query admin_view_queries[];

#endif

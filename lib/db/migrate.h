/*
 * Schema migrations: sql/app and sql/identity, applied in order, forward
 * only, one transaction each; and the checks by which a program refuses a
 * database it must not serve.
 */
#ifndef MIRAI_DB_MIGRATE_H
#define MIRAI_DB_MIGRATE_H

#include <stdbool.h>

#include "db/db.h"

enum migrate_target {
	MIGRATE_APP = 0,
	MIGRATE_IDENTITY,
	MIGRATE__MAX
};

struct migrate_opts {
	const char *dir; /* holds app/, identity/ and grants.sql */
	bool dry;	 /* say what would be done, do nothing */
	bool verbose;	 /* say what is done */
};

/* The newest migration this program was built with; "" if none. */
const char *migrate_schema(enum migrate_target target);

/*
 * Applies what is missing, as the owner of the database. Several at once are
 * safe: each step is taken under a lock. -1 after one log line: a file was
 * edited or is gone since it ran, or a statement failed; steps before it stay.
 */
int migrate_run(struct db *db, enum migrate_target target,
    const struct migrate_opts *opts) MUST_CHECK;

/*
 * Makes roles and the databases of these names where they are missing. db is
 * a superuser's handle on any other database of the cluster.
 */
int migrate_setup(struct db *db, const char *const names[MIGRATE__MAX],
    const struct migrate_opts *opts) MUST_CHECK;

/*
 * At the start of a program: 0 if the schema is at least the one this program
 * was built with; -1 after one log line if it is older or cannot be read.
 */
int migrate_require(struct db *db, enum migrate_target target) MUST_CHECK;

/*
 * At the start of a program, on the application database: -1 after one log
 * line unless row-level security holds for this role. Outside a tenant no user
 * may be visible, the role may not bypass it, and no table may lack it.
 */
int migrate_selftest(struct db *db) MUST_CHECK;

/*
 * What the load() of a serving program does: waits for the database of url,
 * some minutes if need be, and holds it to migrate_require() and, for the
 * application, to migrate_selftest().
 */
int migrate_start(const char *url, const char *application,
    enum migrate_target target) MUST_CHECK;

#endif

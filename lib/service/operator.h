/*
 * What an operator does to companies and their people from the command line,
 * across tenants: every deed is one transaction with its audit row. db is a
 * worker's handle with no transaction open.
 */
#ifndef MIRAI_SERVICE_OPERATOR_H
#define MIRAI_SERVICE_OPERATOR_H

#include "base/str.h"
#include "db/db.h"

struct operator_company {
	const char *id;
	const char *tenant_id;
	const char *slug;
	const char *name;
	const char *plan;
	const char *status; /* of the tenant: active, suspended */
	int64_t users;
};

struct operator_user {
	const char *id;
	const char *tenant_id;
	const char *company_id;
	const char *company;
	const char *identity_id;
	const char *role;
};

/* All companies, oldest first, in a. */
enum code operator_companies(struct db *db, struct arena *a,
    struct operator_company **out, size_t *n);

/* By id, slug or (when only one has it) name. CODE_NOT_FOUND, CODE_ABORTED. */
enum code operator_find_company(struct db *db, struct arena *a,
    const char *which, struct operator_company *out);

/* The active users of a company, or of all with NULL. */
enum code operator_users(struct db *db, struct arena *a, const char *company_id,
    struct operator_user **out, size_t *n);

/* The active user of an identity. CODE_NOT_FOUND when it has none. */
enum code operator_find_user(struct db *db, struct arena *a,
    const char *identity_id, struct operator_user *out);

/* role is stored: admin, instructor, sme. CODE_ALREADY_EXISTS: is a user. */
enum code operator_add_user(struct db *db, struct arena *a,
    const struct operator_company *c, const char *identity_id, const char *role,
    const char *actor);

/* CODE_FAILED_PRECONDITION: the company would have no admin left. */
enum code operator_set_role(struct db *db, struct arena *a,
    const struct operator_user *u, const char *role, const char *actor);
enum code operator_remove_user(struct db *db, struct arena *a,
    const struct operator_user *u, const char *actor);

/* status: active or suspended. */
enum code operator_set_status(struct db *db, const struct operator_company *c,
    const char *status, const char *actor);

/*
 * What a company has by contract. plan, status (of the subscription) and seats
 * (0: the plan's default): NULL, NULL and -1 leave them.
 */
enum code operator_set_plan(struct db *db, struct arena *a,
    const struct operator_company *c, const char *plan, const char *status,
    int64_t seats, const char *actor);

#endif

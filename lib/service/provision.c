/*
 * The one place that makes tenants. Everything is one transaction, so a kill
 * leaves either nothing or a whole company.
 */
#include "service/provision.h"

#include <stdio.h>
#include <string.h>

#include "db/cache.h"
#include "net/crypt.h"

#define SLUG_MAX   ((size_t)50)
#define SLUG_TRIES 5

enum query {
	Q_CREATE,
	Q__MAX
};

extern const struct db_query provision_queries[];

const struct db_query provision_queries[] = {
	[Q_CREATE] = {
	    .name = "provision_create",
	    /* name, slug, industry, team size, plan, status, seats,
	     * identity, actor, customer, subscription */
	    .nargs = 11,
	    .sql = "WITH t AS (INSERT INTO tenants (name, slug)"
		   " VALUES ($1, $2) RETURNING id),"
		   " c AS (INSERT INTO companies (tenant_id, name, industry,"
		   " team_size, plan, subscription_status, seat_count,"
		   " stripe_customer_id, stripe_subscription_id)"
		   " SELECT id, $1, NULLIF($3, ''), NULLIF($4, ''), $5, $6,"
		   " $7::int, NULLIF($10, ''), NULLIF($11, '') FROM t"
		   " RETURNING id, tenant_id),"
		   " u AS (INSERT INTO users (tenant_id, kratos_id, company_id,"
		   " role) SELECT tenant_id, $8::uuid, id, 'admin' FROM c"
		   " RETURNING id),"
		   " f AS (INSERT INTO folders (tenant_id, name, type)"
		   " SELECT id, 'Shared', 'LIBRARY' FROM t),"
		   " a AS (INSERT INTO audit_log (tenant_id, actor_user_id,"
		   " action, target_type, target_id, details)"
		   " SELECT c.tenant_id, NULL, 'company.create', 'company',"
		   " c.id, jsonb_build_object('by', $9::text) FROM c)"
		   " SELECT t.id, c.id, u.id FROM t, c, u",
	},
	[Q__MAX] = { 0 },
};

char *
provision_slug(struct arena *a, const char *name)
{
	uint8_t random[4];
	size_t len = 0;
	char *out;

	out = arena_zalloc(a, SLUG_MAX + 1);
	for (; *name != '\0' && len < SLUG_MAX; name++) {
		char c = *name;

		if (c >= 'A' && c <= 'Z')
			c = (char)(c + 32);
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			out[len++] = c;
		else if (len > 0 && out[len - 1] != '-')
			out[len++] = '-';
	}
	while (len > 0 && out[len - 1] == '-')
		len--;
	out[len] = '\0';
	crypt_random(random, sizeof(random));
	return arena_printf(a, "%s-%s", len == 0 ? "company" : out,
	    str_hex(a, random, sizeof(random)));
}

static void
made_read(const struct db_rows *rows, struct provision_made *out)
{
	snprintf(out->tenant_id, sizeof(out->tenant_id), "%s",
	    db_text(rows, 0));
	snprintf(out->company_id, sizeof(out->company_id), "%s",
	    db_text(rows, 1));
	snprintf(out->user_id, sizeof(out->user_id), "%s", db_text(rows, 2));
}

/* What the pools keep about the identity becomes stale with the commit. */
static void
forget(struct db *db, struct arena *a, const char *identity_id)
{
	db_notify(db, "mirai_cache",
	    cache_message(a, NULL,
		arena_printf(a, "user:tenant:%s", identity_id), false));
}

/* Inside the transaction; *taken when only the slug was the trouble. */
static enum code
insert(struct db *db, struct arena *a, const struct provision_company *in,
    struct provision_made *out, bool *taken)
{
	struct db_rows *rows;

	rows = db_run(db, &provision_queries[Q_CREATE],
	    DB_ARGS(in->name, out->slug, in->industry, in->team_size, in->plan,
		in->status, db_arg_int(a, in->seats), in->identity_id,
		in->actor, in->customer_id, in->subscription_id));
	if (rows == NULL) {
		*taken = db_fault(db) == DB_FAULT_UNIQUE &&
		    str_eq(db_constraint(db), "tenants_slug_key");
		return db_fault(db) == DB_FAULT_UNIQUE ? CODE_ALREADY_EXISTS
						       : CODE_UNAVAILABLE;
	}
	if (!db_next(rows))
		return CODE_INTERNAL;
	made_read(rows, out);
	return CODE_OK;
}

/* One try with a slug of its own. */
static enum code
create_once(struct db *db, struct arena *a, const struct provision_company *in,
    struct provision_made *out, bool *taken)
{
	const struct db_scope scope = { .superadmin = true };
	enum code code;

	*taken = false;
	out->slug = provision_slug(a, in->name);
	db_begin(db, DB_TX_WRITE, &scope);
	code = insert(db, a, in, out, taken);
	if (code == CODE_OK && in->also != NULL)
		code = in->also(db, a, in->arg, out);
	if (code == CODE_OK)
		forget(db, a, in->identity_id);
	return db_end(db, code);
}

enum code
provision_company(struct db *db, struct arena *a,
    const struct provision_company *in, struct provision_made *out)
{
	enum code code = CODE_INTERNAL;
	bool taken = true;
	int i;

	for (i = 0; taken && i < SLUG_TRIES; i++)
		code = create_once(db, a, in, out, &taken);
	return code;
}

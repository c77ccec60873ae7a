/*
 * The one place that makes tenants. Everything is one statement, so a kill
 * leaves either nothing or a whole company.
 */
#include "service/provision.h"

#include <stdio.h>
#include <string.h>

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
	     * identity, actor */
	    .nargs = 9,
	    .sql = "WITH t AS (INSERT INTO tenants (name, slug)"
		   " VALUES ($1, $2) RETURNING id),"
		   " c AS (INSERT INTO companies (tenant_id, name, industry,"
		   " team_size, plan, subscription_status, seat_count)"
		   " SELECT id, $1, NULLIF($3, ''), NULLIF($4, ''), $5, $6,"
		   " $7::int FROM t RETURNING id, tenant_id),"
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

/* One try with a slug of its own; *taken when only the slug was the trouble. */
static enum code
create_once(struct db *db, struct arena *a, const struct provision_company *in,
    struct provision_made *out, bool *taken)
{
	const struct db_scope scope = { .superadmin = true };
	enum code code = CODE_OK;
	struct db_rows *rows;

	*taken = false;
	out->slug = provision_slug(a, in->name);
	db_begin(db, DB_TX_WRITE, &scope);
	rows = db_last(db, &provision_queries[Q_CREATE],
	    DB_ARGS(in->name, out->slug, in->industry, in->team_size, in->plan,
		in->status, db_arg_int(a, in->seats), in->identity_id,
		in->actor));
	if (rows == NULL) {
		*taken = db_fault(db) == DB_FAULT_UNIQUE &&
		    str_eq(db_constraint(db), "tenants_slug_key");
		code = db_fault(db) == DB_FAULT_UNIQUE ? CODE_ALREADY_EXISTS
						       : CODE_UNAVAILABLE;
	} else if (db_next(rows)) {
		made_read(rows, out);
	} else {
		code = CODE_INTERNAL;
	}
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

/*
 * mirai-identity: sign-in, sign-up, sign-out and sessions, as the public half
 * of the identity service. Holds the identity database and the secrets; knows
 * nothing of tenants.
 */
#include <unistd.h>

#include "db/cache.h"
#include "db/db.h"
#include "db/migrate.h"
#include "identity/account.h"
#include "identity/flow.h"
#include "identity/idp.h"
#include "identity/kratos_conf.h"
#include "identity/metrics.h"
#include "identity/public.h"
#include "rpc/pool.h"

#define SWEEP_SECONDS 60

/* Made once in the parent: the gate in it is shared by all workers. */
static struct idp *settings;

static int
load(const struct conf *conf)
{
	idp_close(settings);
	settings = idp_open(conf, pool_workers());
	if (settings == NULL)
		return -1;
	return migrate_start(conf_text(conf, "identity.database.url"),
	    "mirai-identity", MIGRATE_IDENTITY);
}

static int
open_parts(struct req_env *env)
{
	const struct conf *c = env->conf;

	env->db =
	    db_open(conf_text(c, "identity.database.url"), "mirai-identity");
	metrics_open(c);
	env->cache =
	    cache_open(conf_text(c, "cache.path"), conf_int(c, "cache.size"));
	return 0;
}

static void
serve(struct req *r)
{
	public_serve(settings, r);
}

/* Removes what ended long ago, in small steps (spec identity.md D-3). */
static void
sweep(struct req_env *env)
{
	struct arena *a = arena_new();

	for (;;) {
		if (flow_sweep(env->db, a) + account_sweep(env->db, a) <= 0) {
			db_idle(env->db, 0);
			sleep(SWEEP_SECONDS);
		}
		arena_reset(a);
	}
}

int
main(int argc, char **argv)
{
	static const struct pool_program program = {
		.name = "mirai-identity",
		.load = load,
		.open = open_parts,
		.serve = serve,
		.aside = sweep,
	};

	kratos_conf_know();
	return pool_main(argc, argv, &program);
}

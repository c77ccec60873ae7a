/*
 * mirai-identity-admin: the administrator's half of the identity service, on
 * a socket of its own that no public host leads to. Holds what mirai-identity
 * holds.
 */
#include "db/cache.h"
#include "db/db.h"
#include "db/migrate.h"
#include "identity/admin.h"
#include "identity/idp.h"
#include "identity/kratos_conf.h"
#include "identity/metrics.h"
#include "rpc/pool.h"

#define WORKERS 2

/* Made once in the parent: the gate in it is shared by all workers. */
static struct idp *settings;

static int
load(const struct conf *conf)
{
	if (admin_check(conf) == -1)
		return -1;
	idp_close(settings);
	settings = idp_open(conf, pool_workers());
	if (settings == NULL)
		return -1;
	return migrate_start(conf_text(conf, "identity.database.url"),
	    "mirai-identity-admin", MIGRATE_IDENTITY);
}

static int
open_parts(struct req_env *env)
{
	const struct conf *c = env->conf;

	env->db = db_open(conf_text(c, "identity.database.url"),
	    "mirai-identity-admin");
	metrics_open(c);
	env->cache =
	    cache_open(conf_text(c, "cache.path"), conf_int(c, "cache.size"));
	return 0;
}

static void
serve(struct req *r)
{
	admin_serve(settings, r);
}

int
main(int argc, char **argv)
{
	static const struct pool_program program = {
		.name = "mirai-identity-admin",
		.load = load,
		.open = open_parts,
		.serve = serve,
		.workers = WORKERS,
	};

	kratos_conf_know();
	return pool_main(argc, argv, &program);
}

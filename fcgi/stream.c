/*
 * mirai-stream: notification streams, for clients of the Connect protocol and
 * of gRPC-Web, and for browsers as server-sent events. One process holds
 * thousands of them and never blocks; what may block is done by processes of
 * its own (spec rpc.md, section 4).
 */
#include "db/migrate.h"
#include "identity/ident.h"
#include "identity/kratos_conf.h"
#include "rpc/pool.h"
#include "stream/loop.h"

static int
load(const struct conf *conf)
{
	if (ident_load(conf) == -1)
		return -1;
	return migrate_start(conf_text(conf, "database.url"), "mirai-stream",
	    MIGRATE_APP);
}

int
main(int argc, char **argv)
{
	static const struct pool_program program = {
		.name = "mirai-stream",
		.load = load,
		.run = loop_run,
		.workers = 1,
	};

	kratos_conf_know();
	return pool_main(argc, argv, &program);
}

/*
 * mirai-web: the pages of the application and marketing hosts, rendered here
 * and readable without script. Calls the services in-process under the
 * caller's own rights, holds the tenant database role, and calls no
 * one but the pool of mirai-account on this host, a Kratos where
 * identity.mode says so, and an S3 server where objects are kept there.
 */
#include <locale.h>

#include "base/log.h"
#include "db/cache.h"
#include "db/db.h"
#include "db/migrate.h"
#include "identity/ident.h"
#include "identity/kratos_conf.h"
#include "net/store.h"
#include "rpc/forward.h"
#include "rpc/pool.h"
#include "service/ai_choice.h"
#include "service/placed.h"
#include "web/route.h"
#include "web/shown.h"

static int
web_load(const struct conf *conf)
{
	/* Letters of all languages fold in searches. */
	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		log_warn("no C.UTF-8 locale: searches fold ASCII only");
	if (ident_load(conf) == -1 || ai_choice_check(conf) == -1)
		return -1;
	return migrate_start(conf_text(conf, "database.url"), "mirai-web",
	    MIGRATE_APP);
}

static int
web_open(struct req_env *env)
{
	const struct conf *conf;

	conf = env->conf;
	if ((env->store = store_open(conf)) == NULL)
		return -1;
	env->db = db_open(conf_text(conf, "database.url"), "mirai-web");
	env->cache = cache_open(conf_text(conf, "cache.path"),
	    conf_int(conf, "cache.size"));
	env->ident = ident_open(conf);
	env->forward =
	    forward_open(conf_text(conf, "account.socket"), placed_account);
	return shown_open(conf);
}

static void
web_idle(struct req_env *env)
{
	int64_t idle_ms;

	idle_ms = conf_int(env->conf, "database.idle") * 1000;
	db_idle(env->db, idle_ms);
	ident_idle(env->conf, env->ident, idle_ms);
	shown_idle(idle_ms);
}

static void
web_close(struct req_env *env)
{
	forward_close(env->forward);
	ident_close(env->conf, env->ident);
}

int
main(int argc, char **argv)
{
	static const struct pool_program program = {
		.name = "mirai-web",
		.load = web_load,
		.open = web_open,
		.serve = route_serve,
		.close = web_close,
		.idle = web_idle,
	};

	kratos_conf_know();
	return pool_main(argc, argv, &program);
}

/*
 * mirai-api: every mirai.v1 service that stays on the machine, and the two
 * health routes. Holds the tenant database role and the cache; calls
 * nobody, but for a Kratos where identity.mode says so, and an S3 server where
 * objects are kept there.
 */
#include <string.h>

#include "db/cache.h"
#include "db/db.h"
#include "db/migrate.h"
#include "identity/ident.h"
#include "identity/kratos_conf.h"
#include "mirai/v1/ai_generation.rpc.h"
#include "mirai/v1/company.rpc.h"
#include "mirai/v1/course.rpc.h"
#include "mirai/v1/health.rpc.h"
#include "mirai/v1/notification.rpc.h"
#include "mirai/v1/sme.rpc.h"
#include "mirai/v1/target_audience.rpc.h"
#include "mirai/v1/team.rpc.h"
#include "mirai/v1/tenant.rpc.h"
#include "mirai/v1/user.rpc.h"
#include "net/store.h"
#include "rpc/listener.h"
#include "rpc/pool.h"
#include "rpc/resp.h"
#include "rpc/rpc.h"
#include "service/ai_choice.h"

#define READY_MS 1000

static const struct rpc_service *const services[] = {
	&ai_generation_service,
	&company_service,
	&course_service,
	&health_service,
	&notification_service,
	&sme_service,
	&target_audience_service,
	&team_service,
	&tenant_service,
	&user_service,
	NULL,
};

static const struct db_query ready_query = {
	.name = "api_ready",
	.sql = "SELECT 1",
};

static int
load(const struct conf *conf)
{
	if (ident_load(conf) == -1 || ai_choice_check(conf) == -1)
		return -1;
	return migrate_start(conf_text(conf, "database.url"), "mirai-api",
	    MIGRATE_APP);
}

static int
open_parts(struct req_env *env)
{
	const struct conf *c = env->conf;

	env->db = db_open(conf_text(c, "database.url"), "mirai-api");
	env->cache =
	    cache_open(conf_text(c, "cache.path"), conf_int(c, "cache.size"));
	env->ident = ident_open(c);
	env->store = store_open(c); /* without it courses are unavailable */
	return 0;
}

static void
idle(struct req_env *env)
{
	ident_idle(env->conf, env->ident, 0);
}

static void
close_parts(struct req_env *env)
{
	ident_close(env->conf, env->ident);
}

static bool
database_answers(struct req *r)
{
	struct db_scope scope = { .deadline_ms = r->started_ms + READY_MS };

	db_use(r->db, r->mem);
	db_begin(r->db, DB_TX_READ, &scope);
	return db_end(r->db,
		   db_last(r->db, &ready_query, DB_NOARGS) == NULL
		       ? CODE_UNAVAILABLE
		       : CODE_OK) == CODE_OK;
}

static void
serve_ready(struct req *r)
{
	const char *body;
	bool ok = database_answers(r);

	body = ok ? "{\"status\":\"ok\",\"database\":\"ok\"}\n"
		  : "{\"status\":\"unavailable\",\"database\":\"failed\"}\n";
	resp_send(r, ok ? 200 : 503, "application/json", body, strlen(body));
}

static void
serve(struct req *r)
{
	bool get =
	    strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0;

	if (get && strcmp(r->path, "/health") == 0)
		resp_text(r, 200, "ok");
	else if (get && strcmp(r->path, "/health/ready") == 0)
		serve_ready(r);
	else
		rpc_serve(r, services);
}

int
main(int argc, char **argv)
{
	static const struct pool_program program = {
		.name = "mirai-api",
		.load = load,
		.open = open_parts,
		.serve = serve,
		.close = close_parts,
		.idle = idle,
		.aside = listener_run,
	};

	kratos_conf_know();
	return pool_main(argc, argv, &program);
}

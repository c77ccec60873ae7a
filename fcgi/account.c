/*
 * mirai-account: the services that wait for somebody outside, or that look
 * across tenants: signing up, billing, invitations, and what calls a provider
 * of AI. Holds the key of the payment provider, the companies' AI keys, the
 * right to make people, and a worker's database role; a transaction looks
 * across tenants only where it says so.
 */
#include <string.h>

#include "db/cache.h"
#include "db/db.h"
#include "db/migrate.h"
#include "identity/directory.h"
#include "identity/hasher.h"
#include "identity/ident.h"
#include "identity/kratos_conf.h"
#include "net/stripe.h"
#include "rpc/pool.h"
#include "rpc/resp.h"
#include "rpc/rpc.h"
#include "service/ai_choice.h"
#include "service/checkout.h"
#include "service/placed.h"

#define NAME   "mirai-account"
#define RETURN "/api/v1/auth/complete-checkout"

static struct hasher *hasher; /* its places are those of all workers */

static int
load(const struct conf *conf)
{
	if (ident_load(conf) == -1 || ai_choice_check(conf) == -1 ||
	    (hasher = hasher_open(conf, pool_workers())) == NULL)
		return -1;
	return migrate_start(conf_text(conf, "database.worker_url"), NAME,
	    MIGRATE_APP);
}

static int
open_parts(struct req_env *env)
{
	const struct conf *c = env->conf;

	env->db = db_open(conf_text(c, "database.worker_url"), NAME);
	env->cache =
	    cache_open(conf_text(c, "cache.path"), conf_int(c, "cache.size"));
	env->ident = ident_open(c);
	env->hasher = hasher;
	env->stripe = stripe_open(c);
	env->directory = directory_serve(c, NAME);
	return env->directory == NULL ? -1 : 0;
}

static void
idle(struct req_env *env)
{
	int64_t idle_ms = conf_int(env->conf, "database.idle") * 1000;

	db_idle(env->db, idle_ms);
	directory_idle(env->directory, idle_ms);
	ident_idle(env->conf, env->ident, idle_ms);
}

static void
close_parts(struct req_env *env)
{
	stripe_close(env->stripe);
	directory_close(env->directory);
	ident_close(env->conf, env->ident);
}

static void
serve(struct req *r)
{
	bool get =
	    strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0;

	if (get && strcmp(r->path, "/health") == 0)
		resp_text(r, 200, "ok");
	else if (get && strcmp(r->path, RETURN) == 0)
		checkout_return(r);
	else
		rpc_serve(r, placed_account);
}

int
main(int argc, char **argv)
{
	static const struct pool_program program = {
		.name = NAME,
		.load = load,
		.open = open_parts,
		.serve = serve,
		.close = close_parts,
		.idle = idle,
	};

	kratos_conf_know();
	return pool_main(argc, argv, &program);
}

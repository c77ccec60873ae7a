/*
 * The parts of a child: opened after the fork, so nothing is shared.
 */
#include "part.h"

#include "db/cache.h"
#include "db/db.h"
#include "identity/ident.h"

void
part_open(struct req_env *env, const char *name)
{
	const struct conf *c = env->conf;

	env->db = db_open(conf_text(c, "database.url"), name);
	env->cache =
	    cache_open(conf_text(c, "cache.path"), conf_int(c, "cache.size"));
	env->ident = ident_open(c);
}

void
part_close(struct req_env *env)
{
	ident_close(env->conf, env->ident);
	db_close(env->db);
	cache_close(env->cache);
}

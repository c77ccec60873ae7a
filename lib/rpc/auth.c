/*
 * The decision: session, user row, tenant, role, company, in that order
 * (accounts.md 1.1), with the reasons clients branch on (1.7). Denies what it
 * does not know.
 */
#include "rpc/auth.h"

#include "db/cache.h"
#include "db/db.h"
#include "rpc/after.h"
#include "rpc/caller.h"

#define CHANNEL "mirai_cache"

static enum code
check_role(struct req *r, enum rpc_need need)
{
	enum role least;

	least = need == RPC_NEED_ADMIN ? ROLE_ADMIN
	    : need == RPC_NEED_EDITOR  ? ROLE_INSTRUCTOR
				       : ROLE_SME;
	if (need < RPC_NEED_USER && r->who.role < least)
		return req_fail_reason(r, CODE_PERMISSION_DENIED,
		    "AUTH_FORBIDDEN", "your role does not allow this");
	if (need < RPC_NEED_USER && r->who.company_id[0] == '\0')
		return req_fail_reason(r, CODE_INVALID_ARGUMENT,
		    "USER_NO_COMPANY", "you belong to no company");
	return CODE_OK;
}

enum code
auth_require(struct req *r, enum rpc_need need, bool while_suspended)
{
	enum code code;

	if (need == RPC_NEED_PUBLIC)
		return CODE_OK;
	if ((code = caller_load(r)) != CODE_OK)
		return code == CODE_PERMISSION_DENIED ? CODE_UNAUTHENTICATED
						      : code;
	if (r->who.user_id[0] == '\0' && need < RPC_NEED_SESSION)
		return req_fail_reason(r, CODE_NOT_FOUND, "USER_NOT_FOUND",
		    "no user belongs to this session");
	if (r->who.suspended && !while_suspended)
		return req_fail_reason(r, CODE_PERMISSION_DENIED,
		    "TENANT_SUSPENDED", "this account is suspended");
	return check_role(r, need);
}

enum code
auth_peek(struct req *r)
{
	enum code code = caller_load(r);

	if (code == CODE_UNAUTHENTICATED || code == CODE_RESOURCE_EXHAUSTED) {
		req_unfail(r);
		return CODE_OK;
	}
	if (code == CODE_PERMISSION_DENIED)
		req_unfail(r);
	return code;
}

static void
drop_key(struct req *r, void *key)
{
	cache_del(r->env->cache, NULL, key);
}

/* At once, for who asks next; after the commit, for who asked in between. */
static void
forget(struct req *r, char *key)
{
	cache_del(r->env->cache, NULL, key);
	after_commit(r, drop_key, key);
	if (r->db != NULL)
		db_notify(r->db, CHANNEL,
		    cache_message(r->mem, NULL, key, false));
}

void
auth_forget_identity(struct req *r, const char *identity_id)
{
	forget(r, caller_user_key(r->mem, identity_id));
}

void
auth_forget_session(struct req *r, const char *credential_sha256)
{
	forget(r, caller_session_key(r->mem, credential_sha256));
}

void
auth_forget_sessions(struct req *r, const char *identity_id)
{
	forget(r, caller_identity_key(r->mem, identity_id));
	forget(r, arena_strdup(r->mem, CALLER_ANY_IDENTITY));
}

/*
 * Dispatch: the table generated from the contracts, and the seven stops of a
 * call (spec rpc.md D-6; house style, "One request, seven stops").
 */
#ifndef MIRAI_RPC_RPC_H
#define MIRAI_RPC_RPC_H

#include "db/db.h"
#include "rpc/pb.h"
#include "rpc/req.h"

/* Who may call; the option (mirai.need) of a method. Zero is the strictest. */
enum rpc_need {
	RPC_NEED_ADMIN = 0,
	RPC_NEED_EDITOR,  /* admin or instructor */
	RPC_NEED_MEMBER,  /* any user with a company */
	RPC_NEED_USER,	  /* any user row */
	RPC_NEED_SESSION, /* any valid session */
	RPC_NEED_PUBLIC
};

struct rpc_method {
	const char *path; /* "/mirai.v1.TeamService/ListTeams" */
	const struct pb_desc *in;
	const struct pb_desc *out;
	enum rpc_need need;
	enum db_tx tx;
	bool get;	      /* NO_SIDE_EFFECTS: GET is legal */
	bool stream;	      /* server streaming */
	bool never_compress;  /* answers hold secrets (Z-4) */
	bool while_suspended; /* served to a suspended tenant */
	size_t max_bytes;     /* request message limit; 0 = default */
	/* NULL: known, not built: unimplemented. */
	enum code (*call)(struct req *r, const void *in, void *out);
};

struct rpc_service {
	const char *name;		  /* "mirai.v1.TeamService" */
	const struct rpc_method *methods; /* sorted by path */
	size_t nmethods;
};

/*
 * Serves one call: finds the method among services (NULL-terminated list),
 * checks, decodes, calls, encodes and sends. The answer has been sent when it
 * returns. known lists every contract service, for 501 instead of 404.
 */
void rpc_serve(struct req *r, const struct rpc_service *const *services);

/*
 * Calls a method in-process, as pages and commands do: access check,
 * transaction, handler; no codec. On failure r->code and r->message say why.
 * The generated rpc_SERVICE_METHOD() functions are typed forms of this.
 */
enum code rpc_call(struct req *r, const struct rpc_method *m, const void *in,
    void *out);

#endif

/*
 * Invitations as their own methods and sign-up by one share them: found by
 * token, judged, claimed and accepted (spec accounts.md 3.3, 9, 16.2).
 * Tokens are known to the mail alone; what is stored is their SHA-256.
 */
#ifndef MIRAI_SERVICE_INVITATION_H
#define MIRAI_SERVICE_INVITATION_H

#include "db/db.h"
#include "mirai/v1/company.pb.h"
#include "mirai/v1/invitation.pb.h"
#include "mirai/v1/user.pb.h"
#include "rpc/req.h"

/* The columns invitation_read() expects, from alias i. */
#define INVITATION_STATUS                                          \
	"CASE WHEN i.status = 'pending' AND i.expires_at <= now()" \
	" THEN 'expired' ELSE i.status END"
#define INVITATION_COLUMNS                                             \
	"i.id, i.company_id, i.email, i.role, " INVITATION_STATUS      \
	", i.invited_by_user_id, i.accepted_by_user_id, i.expires_at," \
	" i.created_at, i.updated_at, i.tenant_id,"                    \
	" coalesce(i.claimed_until > now(), false)"
#define INVITATION_NCOLUMNS 12

struct invitation {
	struct pb_invitation *pb;
	const char *id;
	const char *tenant_id;
	const char *company_id;
	const char *email;
	const char *role;   /* as stored */
	const char *status; /* now: pending, accepted, expired, revoked */
	bool claimed;	    /* somebody is making an account with it */
};

/* The one in the current row; in r->mem. */
void invitation_read(struct req *r, const struct db_rows *rows,
    struct invitation *out);

/* What is stored of a token; NULL: it cannot be one. */
const char *invitation_hash(struct arena *a, const char *token);

/* INVITATION_NOT_FOUND. */
enum code invitation_none(struct req *r);

/* The identity service does not answer. */
enum code invitation_unreachable(struct req *r);

/*
 * CODE_OK if it can be used, else the request has failed with what it is:
 * accepted, revoked, expired.
 */
enum code invitation_usable(struct req *r,
    const struct invitation *in) MUST_CHECK;

/*
 * The one with a token, judged as above, in a short transaction of its own; so
 * none may be open. The company (NULL: unwanted) has its id and name only.
 */
enum code invitation_by_token(struct req *r, const char *token,
    struct invitation *out, struct pb_company **company) MUST_CHECK;

/*
 * A transaction across tenants, until the request's time is over; and its end,
 * which fails the request if COMMIT does.
 */
void invitation_begin(struct req *r);
enum code invitation_end(struct req *r, enum code code) MUST_CHECK;

/*
 * Inside it: locks company and invitation, and judges again: it must have the
 * hash still that it was found by, and a seat must be free for one who comes.
 * Claimed by another: INVITATION_ALREADY_ACCEPTED, unless it is the caller's
 * own claim. *inv is read anew.
 */
struct invitation_claim {
	const char *until; /* as invitation_claim() gave it; NULL: none */
};
enum code invitation_lock(struct req *r, const char *hash,
    const struct invitation_claim *mine, struct invitation *inv) MUST_CHECK;

/* Keeps others off it for two minutes. After invitation_lock(). */
enum code invitation_claim(struct req *r, const struct invitation *inv,
    struct invitation_claim *out) MUST_CHECK;

/* Gives that up, if it still holds; a failure shows at the end. */
void invitation_release(struct req *r, const char *id,
    const struct invitation_claim *mine);

/*
 * The identity becomes a user of the company, and the invitation accepted.
 * After invitation_lock(), and the last in its transaction. From then on r->who
 * is that user. AUTH_FORBIDDEN: the identity has a company.
 */
struct invitation_joined {
	struct pb_user *user; /* without name and address */
	struct pb_company *company;
	struct pb_invitation *invitation;
};
enum code invitation_join(struct req *r, const struct invitation *inv,
    const char *identity_id, struct invitation_joined *out) MUST_CHECK;

#endif

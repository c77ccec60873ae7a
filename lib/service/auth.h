/*
 * AuthService: what its methods share (spec accounts.md, section 3). Each has a
 * file of its own where it is long: auth_register.c, auth_onboard.c,
 * auth_invited.c.
 */
#ifndef MIRAI_SERVICE_AUTH_H
#define MIRAI_SERVICE_AUTH_H

#include "mirai/v1/company.pb.h"
#include "mirai/v1/user.pb.h"
#include "rpc/req.h"
#include "service/provision.h"
#include "service/seats.h"

/* Who signs up with what; checked and trimmed, in r->mem. */
struct auth_company {
	const char *name;
	const char *industry;  /* "" = none */
	const char *team_size; /* "" = none */
	const struct seats_plan *plan;
	int64_t seats; /* at least 1; billing.seats where nothing is paid */
};

/* The fields as a request names them. */
struct auth_company_fields {
	const char *company_name;
	const char *industry;  /* NULL = absent */
	const char *team_size; /* NULL = absent */
	int plan;
	int64_t seat_count; /* 0 = absent */
};

/* Checks them in that order; the first that breaks a rule fails the request. */
enum code auth_check_company(struct req *r,
    const struct auth_company_fields *in, struct auth_company *out) MUST_CHECK;

/* The field "email", as it is stored and compared. */
enum code auth_check_email_field(struct req *r, const char *value,
    const char **out) MUST_CHECK;

/* CODE_OK, or the request has failed: accounts.registration is off. */
enum code auth_check_open(struct req *r) MUST_CHECK;

/* UNAVAILABLE with the reason EXTERNAL_SERVICE_ERROR. */
enum code auth_unreachable(struct req *r);

/* User and company that were just made, as their owner sees them. */
enum code auth_read_made(struct req *r, const struct provision_made *made,
    struct pb_user **user, struct pb_company **company) MUST_CHECK;

#endif

/*
 * The page of an invitation: what its two files share. invite.c looks at the
 * invitation and at who came, invite_join.c makes an account with it.
 */
#ifndef MIRAI_WEB_INVITE_H
#define MIRAI_WEB_INVITE_H

#include "machine.h"
#include "mirai/v1/invitation.rpc.h"
#include "page.h"

struct invite {
	struct machine_run run;
	const char *token;
	const char *act; /* what was posted; "" for nothing */
	struct pb_get_invitation_by_token_response seen;
};

/* The way to the page of the invitation past a sign-in. */
const char *invite_login_address(struct page *p, const struct invite *v);

/* What a failed call about it means, as sentences. */
const char *invite_trouble(struct page *p);

/*
 * Whoever is nobody yet: the form to make an account, and what follows when it
 * was sent. Answers.
 */
void invite_join_show(struct page *p, struct invite *v);

#endif

/*
 * Second factors whose code is typed: an app's, or one of the back-up codes.
 * A code is taken once, whoever else types it at the same time.
 */
#ifndef MIRAI_IDENTITY_TYPED_H
#define MIRAI_IDENTITY_TYPED_H

#include <stdbool.h>

#include "identity/credential.h"
#include "identity/flow.h"

/* What a code turned out to be. */
enum typed_verdict {
	TYPED_WRONG,
	TYPED_USED, /* it was right once */
	TYPED_RIGHT,
};

struct typed {
	const char *type; /* of the credential, and the method's name */
	const char *node; /* the field it is typed into */
	int tries;	  /* while somebody else is faster */
	enum ui_id none;  /* messages: not set up, wrong, used before */
	enum ui_id wrong;
	enum ui_id used;

	/* Inside a transaction. TYPED_RIGHT: *config is what is kept now. */
	enum typed_verdict (*use)(struct visit *c,
	    const struct credential *cred, const char *code,
	    const struct json **config);
};

/* Whether the flow's owner has a credential of this type. */
enum code typed_is_set_up(struct visit *c, const struct flow *f,
    const struct typed *t, bool *is) MUST_CHECK;

/* Signs in with the code, or says in the form why not; has answered. */
void typed_submit(struct visit *c, struct flow *f, const struct typed *t,
    const char *code);

#endif

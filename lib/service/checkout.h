/*
 * GET /api/v1/auth/complete-checkout: where browsers come back to after a
 * payment (spec accounts.md 11.1).
 */
#ifndef MIRAI_SERVICE_CHECKOUT_H
#define MIRAI_SERVICE_CHECKOUT_H

#include "rpc/req.h"

/*
 * Answers r, always with 303. Signs nobody in: no session is made of a checkout
 * id and no token is put into an address.
 */
void checkout_return(struct req *r);

#endif

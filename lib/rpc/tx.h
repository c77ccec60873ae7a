/*
 * A transaction of the caller's own, for work beside a call's: pages that keep
 * something small, calls that wait for somebody outside between two of them.
 */
#ifndef MIRAI_RPC_TX_H
#define MIRAI_RPC_TX_H

#include "db/db.h"
#include "rpc/req.h"

/*
 * Opens one of this kind on r->db, under r's tenant and user and within its
 * deadline; a failure shows at db_end(), as with db_begin().
 */
void tx_begin(struct req *r, enum db_tx kind);

#endif

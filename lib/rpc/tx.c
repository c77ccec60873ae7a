/* One scope for all transactions that are opened beside a call's. */
#include "rpc/tx.h"

void
tx_begin(struct req *r, enum db_tx kind)
{
	const struct db_scope scope = {
		.tenant_id = r->who.tenant_id,
		.user_id = r->who.user_id,
		.deadline_ms = r->deadline_ms,
	};

	db_use(r->db, r->mem);
	db_begin(r->db, kind, &scope);
}

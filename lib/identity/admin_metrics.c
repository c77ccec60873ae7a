/*
 * Counters of this host, and what is counted in the database when asked.
 */
#include "identity/admin_metrics.h"

#include "identity/metrics.h"
#include "rpc/resp.h"

enum query {
	Q_SESSIONS,
	Q_MAILS,
	Q__MAX
};

const struct db_query admin_metrics_queries[] = {
	[Q_SESSIONS] = {
	    .name = "admin_metrics_sessions",
	    .nargs = 0,
	    .sql = "SELECT count(*) FROM sessions"
		   " WHERE active AND expires_at > now()",
	},
	[Q_MAILS] = {
	    .name = "admin_metrics_mails",
	    .nargs = 0,
	    .sql = "SELECT s.status, count(m.id) FROM (VALUES ('queued'),"
		   " ('processing'), ('sent'), ('abandoned')) s (status)"
		   " LEFT JOIN mails m USING (status)"
		   " GROUP BY s.status ORDER BY s.status",
	},
	[Q__MAX] = { 0 },
};

static enum code
write_sessions(struct visit *c, struct buf *b)
{
	struct db_rows *rows;

	rows = db_run(c->db, &admin_metrics_queries[Q_SESSIONS], DB_NOARGS);
	if (rows == NULL || !db_next(rows))
		return identity_fault(c->db);
	buf_puts(b,
	    "# HELP mirai_identity_sessions_active Sessions that are good.\n"
	    "# TYPE mirai_identity_sessions_active gauge\n");
	buf_printf(b, "mirai_identity_sessions_active %lld\n",
	    (long long)db_int(rows, 0));
	return CODE_OK;
}

static enum code
write_mails(struct visit *c, struct buf *b)
{
	struct db_rows *rows;

	rows = db_run(c->db, &admin_metrics_queries[Q_MAILS], DB_NOARGS);
	if (rows == NULL)
		return identity_fault(c->db);
	buf_puts(b,
	    "# HELP mirai_identity_mails Mails by status.\n"
	    "# TYPE mirai_identity_mails gauge\n");
	while (db_next(rows))
		buf_printf(b, "mirai_identity_mails{status=\"%s\"} %lld\n",
		    db_text(rows, 0), (long long)db_int(rows, 1));
	return CODE_OK;
}

void
admin_metrics_show(struct visit *c)
{
	struct buf *b = buf_new(c->mem);
	enum code code;

	metrics_write(b);
	visit_begin(c, DB_TX_READ);
	code = write_sessions(c, b);
	if (code == CODE_OK)
		code = write_mails(c, b);
	if (!visit_end(c, code))
		return;
	resp_send(c->r, 200, "text/plain; version=0.0.4; charset=utf-8",
	    b->data, b->len);
}

/*
 * Counters of this host, and what is counted in the database when asked.
 */
#include "identity/admin_metrics.h"

#include "identity/metrics.h"
#include "rpc/resp.h"

enum query {
	Q_SESSIONS,
	Q_MAILS,
	Q_OLDEST,
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
	[Q_OLDEST] = {
	    .name = "admin_metrics_oldest",
	    .nargs = 0,
	    .sql = "SELECT coalesce(extract(epoch FROM now()"
		   " - min(created_at)), 0)::bigint FROM mails"
		   " WHERE status IN ('queued', 'processing')",
	},
	[Q__MAX] = { 0 },
};

/* A gauge that is one number of one row. */
static enum code
write_number(struct visit *c, struct buf *b, enum query q, const char *name,
    const char *help)
{
	struct db_rows *rows;

	rows = db_run(c->db, &admin_metrics_queries[q], DB_NOARGS);
	if (rows == NULL || !db_next(rows))
		return identity_fault(c->db);
	buf_printf(b, "# HELP mirai_identity_%s %s\n", name, help);
	buf_printf(b, "# TYPE mirai_identity_%s gauge\n", name);
	buf_printf(b, "mirai_identity_%s %lld\n", name,
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
	code = write_number(c, b, Q_SESSIONS, "sessions_active",
	    "Sessions that are good.");
	if (code == CODE_OK)
		code = write_mails(c, b);
	if (code == CODE_OK)
		code = write_number(c, b, Q_OLDEST, "mail_wait_seconds",
		    "Age of the oldest mail that is not sent yet.");
	if (!visit_end(c, code))
		return;
	resp_send(c->r, 200, "text/plain; version=0.0.4; charset=utf-8",
	    b->data, b->len);
}

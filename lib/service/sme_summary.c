/*
 * The summary of what a source knows: how many chunks there are, the best of
 * them with their beginnings, and what was distilled from approved submissions
 * (spec content.md 4). Written anew whenever one of these changes.
 */
#include "base/utf8.h"
#include "service/sme_knowledge.h"

#define BEST_MAX "50"	/* chunks that are listed */
#define TEXT_MAX "2000" /* characters of a chunk that are looked at */
#define LAST_MAX "20"	/* submissions */

enum query {
	Q_BEST,
	Q_DISTILLED,
	Q_WRITE,
	Q__MAX
};

extern const struct db_query sme_summary_queries[];

const struct db_query sme_summary_queries[] = {
	[Q_BEST] = {
	    .name = "sme_summary_best",
	    .nargs = 2, /* tenant, source */
	    .sql = "SELECT (SELECT count(*) FROM sme_knowledge_chunks"
		   " WHERE tenant_id = $1::uuid AND sme_id = $2::uuid),"
		   " k.topic, regexp_replace(left(k.content, " TEXT_MAX "),"
		   " '\\s+', ' ', 'g') FROM sme_knowledge_chunks k"
		   " WHERE k.tenant_id = $1::uuid AND k.sme_id = $2::uuid"
		   " ORDER BY " SME_CHUNK_BEST " LIMIT " BEST_MAX,
	},
	/* What was distilled after its approval is not that of a raw file. */
	[Q_DISTILLED] = {
	    .name = "sme_summary_distilled",
	    .nargs = 2, /* tenant, source */
	    .sql = "SELECT d.ai_summary FROM (SELECT b.id, b.ai_summary,"
		   " b.approved_at FROM sme_task_submissions b"
		   " JOIN sme_tasks t ON t.tenant_id = b.tenant_id"
		   " AND t.id = b.task_id WHERE b.tenant_id = $1::uuid"
		   " AND t.sme_id = $2::uuid AND b.is_approved"
		   " AND b.processed_at >= b.approved_at"
		   " AND b.ai_summary IS NOT NULL"
		   " ORDER BY b.approved_at DESC, b.id LIMIT " LAST_MAX ") d"
		   " ORDER BY d.approved_at, d.id",
	},
	[Q_WRITE] = {
	    .name = "sme_summary_write",
	    .nargs = 3, /* tenant, source, summary */
	    .sql = "UPDATE subject_matter_experts SET updated_at = now(),"
		   " knowledge_summary = NULLIF($3, '')"
		   " WHERE tenant_id = $1::uuid AND id = $2::uuid",
	},
	[Q__MAX] = { 0 },
};

/* "1. topic: beginning ..." */
static void
put_best(struct buf *b, struct db_rows *rows)
{
	const char *text;
	size_t i, n;

	for (i = 1; db_next(rows); i++) {
		if (i == 1)
			buf_printf(b, "%lld knowledge chunk%s\n",
			    (long long)db_int(rows, 0),
			    db_int(rows, 0) == 1 ? "" : "s");
		text = db_text(rows, 2);
		n = utf8_prefix_words(text, SME_EXCERPT_MAX);
		buf_printf(b, "\n%zu. %s: %.*s%s", i, db_text(rows, 1), (int)n,
		    text, text[n] == '\0' ? "" : " …");
	}
}

enum code
sme_summary_write(struct req *r, const char *sme_id)
{
	struct buf *b = buf_new(r->mem);
	struct db_rows *rows;

	rows = db_run(r->db, &sme_summary_queries[Q_BEST],
	    DB_ARGS(r->who.tenant_id, sme_id));
	if (rows == NULL)
		return db_fault_code(db_fault(r->db));
	put_best(b, rows);
	if (b->len > 0) {
		rows = db_run(r->db, &sme_summary_queries[Q_DISTILLED],
		    DB_ARGS(r->who.tenant_id, sme_id));
		if (rows == NULL)
			return db_fault_code(db_fault(r->db));
		while (db_next(rows))
			buf_printf(b, "\n\n---\n\n%s", db_text(rows, 0));
	}
	rows = db_run(r->db, &sme_summary_queries[Q_WRITE],
	    DB_ARGS(r->who.tenant_id, sme_id, buf_str(b)));
	return rows == NULL ? db_fault_code(db_fault(r->db)) : CODE_OK;
}

/*
 * After the approval: the approved text becomes chunks, which take the place of
 * the one that approval made. All of it is written in the transaction that ends
 * the job, so a retry never doubles one.
 */
#include "service/ingest_job.h"

#include <string.h>

#include "base/utf8.h"
#include "service/ingest.h"
#include "service/sme_knowledge.h"
#include "service/sme_submission.h"

enum query {
	Q_HOLD,
	Q_DISTILLED,
	Q_REPLACE,
	Q_CHUNK,
	Q__MAX
};

extern const struct db_query ingest_distil_queries[];

const struct db_query ingest_distil_queries[] = {
	/* The source first, then its task: the order of all who change both. */
	[Q_HOLD] = {
	    .name = "ingest_hold",
	    .nargs = 2, /* tenant, source */
	    .sql = "SELECT 1 FROM subject_matter_experts"
		   " WHERE tenant_id = $1::uuid AND id = $2::uuid"
		   " FOR NO KEY UPDATE",
	},
	[Q_DISTILLED] = {
	    .name = "ingest_distilled",
	    .nargs = 3, /* tenant, submission, summary */
	    .sql = "UPDATE sme_task_submissions SET processed_at = now(),"
		   " ai_summary = COALESCE(NULLIF($3, ''), ai_summary),"
		   " ingestion_error = NULL"
		   " WHERE tenant_id = $1::uuid AND id = $2::uuid"
		   " AND is_approved",
	},
	[Q_REPLACE] = {
	    .name = "ingest_replace",
	    .nargs = 2, /* tenant, submission */
	    .sql = "DELETE FROM sme_knowledge_chunks"
		   " WHERE tenant_id = $1::uuid AND submission_id = $2::uuid",
	},
	[Q_CHUNK] = {
	    .name = "ingest_chunk",
	    /* tenant, source, submission, content, topic, keywords, score,
	     * lang, position, headings */
	    .nargs = 10,
	    .sql = "INSERT INTO sme_knowledge_chunks (tenant_id, sme_id,"
		   " submission_id, content, topic, keywords,"
		   " relevance_score, lang, position, heading_path)"
		   " VALUES ($1::uuid, $2::uuid, $3::uuid, $4, $5,"
		   " $6::text[], $7::real, $8, $9::int, $10::text[])",
	},
	[Q__MAX] = { 0 },
};

static const char *
cut_chars(struct arena *a, const char *s, size_t max)
{
	return arena_strndup(a, s, utf8_prefix(s, max));
}

static const char *
keywords_arg(struct arena *a, const struct chunk *c)
{
	const char *words[SME_CHUNK_KEYWORDS];
	size_t i, n = 0;

	for (i = 0; i < c->nkeywords && n < NITEMS(words); i++)
		if (!str_is_empty(c->keywords[i]))
			words[n++] =
			    cut_chars(a, c->keywords[i], SME_CHUNK_KEYWORD);
	return db_arg_array(a, words, n);
}

static void
put_chunk(struct ingest *g, const struct knowledge *k, size_t i)
{
	const struct chunk *c = &k->chunks[i];
	struct arena *a = g->r->mem;
	double score = c->score < 0 ? 0 : c->score > 1 ? 1 : c->score;
	const char *topic = str_is_empty(c->topic) ? g->title : c->topic;

	db_queue(g->r->db, &ingest_distil_queries[Q_CHUNK],
	    DB_ARGS(g->tenant_id, g->sme_id, g->submission_id, c->content,
		cut_chars(a, topic, SME_CHUNK_TOPIC_MAX), keywords_arg(a, c),
		arena_printf(a, "%.4f", score),
		str_is_empty(k->lang)	   ? ""
		    : strlen(k->lang) > 10 ? ""
					   : k->lang,
		db_arg_int(a, (int64_t)i), db_arg_array(a, c->path, c->npath)));
}

/* Chunks, summaries, object, states: what makes the job's whole effect. */
static enum code
write_knowledge(struct ingest *g, const struct knowledge *k)
{
	struct db *db = g->r->db;
	struct db_rows *rows;
	enum code code;
	size_t i;

	db_queue(db, &ingest_distil_queries[Q_HOLD],
	    DB_ARGS(g->tenant_id, g->sme_id));
	rows = db_run(db, &ingest_distil_queries[Q_DISTILLED],
	    DB_ARGS(g->tenant_id, g->submission_id, k->summary));
	if (rows == NULL)
		return db_fault_code(db_fault(db));
	if (db_affected(rows) == 0)
		return CODE_NOT_FOUND;
	db_queue(db, &ingest_distil_queries[Q_REPLACE],
	    DB_ARGS(g->tenant_id, g->submission_id));
	for (i = 0; i < k->nchunks; i++)
		put_chunk(g, k, i);
	code = ingest_settle(db, g->tenant_id, g->task_id);
	if (code == CODE_OK)
		code = sme_summary_write(g->r, g->sme_id);
	return code == CODE_OK ? sme_knowledge_write(g->r, g->sme_id) : code;
}

static enum code
tell_complete(struct ingest *g, size_t nchunks)
{
	const struct ingest_news n = {
		.user_id = g->assigner_id,
		.type = "ingestion_complete",
		.title =
		    arena_printf(g->r->mem, "Knowledge ready: %s", g->title),
		.message = arena_printf(g->r->mem,
		    "%zu piece%s of knowledge from “%s” can be used with %s"
		    " now.",
		    nchunks, nchunks == 1 ? "" : "s", g->title, g->sme_name),
		.mail = "ingestion_complete",
	};

	return ingest_tell(g, &n);
}

static enum genjob_end
store_knowledge(struct ingest *g, const struct knowledge *k)
{
	const struct genjob_result result = {
		.message = "The text is knowledge now",
	};
	enum code code;

	if ((code = genjob_begin(g->run)) != CODE_OK)
		return ingest_ended(g, code);
	if ((code = write_knowledge(g, k)) == CODE_OK &&
	    (code = tell_complete(g, k->nchunks)) == CODE_OK)
		code = genjob_finish(g->run, &result);
	return ingest_ended(g, db_end(g->r->db, code));
}

enum genjob_end
ingest_distil(struct ingest *g)
{
	const struct ask_distil in = {
		.name = g->sme_name,
		.domain = g->domain,
		.title = g->title,
		.lang = "",
		.text = g->approved,
	};
	struct knowledge k;
	enum provider_end end;

	if (!genjob_progress(g->run, 30, "Distilling the approved text"))
		return GENJOB_GONE;
	end = ingest_ask(g, &in, &k);
	if (end == PROVIDER_CANCELLED)
		return GENJOB_GONE;
	if (end == PROVIDER_DONE && k.nchunks == 0)
		end = PROVIDER_EMPTY;
	if (end != PROVIDER_DONE)
		return provider_is_transient(end,
			   (unsigned)g->run->job->retry_count)
		    ? genjob_again(g->run, provider_end_text(end))
		    : genjob_fail(g->run, provider_end_text(end));
	if (!genjob_progress(g->run, 70, "Storing what was found"))
		return GENJOB_GONE;
	return store_knowledge(g, &k);
}

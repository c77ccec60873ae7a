/*
 * Ingestion jobs. Everything a job leads to is written in the one transaction
 * that finishes it, so a retry never doubles a chunk; only that a scanner saw a
 * file is noted at once. A file that was not found clean is never read.
 */
#include "service/ingest.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ai/extract.h"
#include "ai/provider.h"
#include "ai/render.h"
#include "base/log.h"
#include "base/utf8.h"
#include "net/clamd.h"
#include "net/json.h"
#include "net/store.h"
#include "service/ai_choice.h"
#include "service/ingest_file.h"
#include "service/notice.h"
#include "service/outbox.h"
#include "service/people.h"
#include "service/sme_knowledge.h"
#include "service/sme_submission.h"

enum query {
	Q_LOAD,
	Q_EXTRACTED,
	Q_HOLD,
	Q_DISTILLED,
	Q_REPLACE,
	Q_CHUNK,
	Q_SETTLE,
	Q_ERROR,
	Q_PERSON,
	Q__MAX
};

extern const struct db_query ingest_queries[];

const struct db_query ingest_queries[] = {
	[Q_LOAD] = {
	    .name = "ingest_load",
	    .nargs = 2, /* tenant, submission */
	    .sql = "SELECT b.id, b.task_id, b.file_name, b.file_path,"
		   " b.content_type, b.file_size_bytes, b.approved_content,"
		   " b.is_approved, t.sme_id, t.title, t.assigned_by_user_id,"
		   " s.name, s.domain"
		   " FROM sme_task_submissions b JOIN sme_tasks t"
		   " ON t.tenant_id = b.tenant_id AND t.id = b.task_id"
		   " JOIN subject_matter_experts s"
		   " ON s.tenant_id = t.tenant_id AND s.id = t.sme_id"
		   " WHERE b.tenant_id = $1::uuid AND b.id = $2::uuid",
	},
	[Q_EXTRACTED] = {
	    .name = "ingest_extracted",
	    .nargs = 5, /* tenant, submission, text, summary, note */
	    .sql = "UPDATE sme_task_submissions SET processed_at = now(),"
		   " extracted_text = COALESCE($3, extracted_text),"
		   " ai_summary = COALESCE($4, ai_summary),"
		   " ingestion_error = $5"
		   " WHERE tenant_id = $1::uuid AND id = $2::uuid",
	},
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
	[Q_SETTLE] = {
	    .name = "ingest_settle",
	    .nargs = 2, /* tenant, task */
	    .sql = "WITH s AS (SELECT id FROM subject_matter_experts"
		   " WHERE tenant_id = $1::uuid AND id = (SELECT sme_id"
		   " FROM sme_tasks WHERE tenant_id = $1::uuid"
		   " AND id = $2::uuid) FOR NO KEY UPDATE),"
		   " t AS (UPDATE sme_tasks t SET status = 'completed',"
		   " completed_at = now(), updated_at = now() FROM s"
		   " WHERE t.tenant_id = $1::uuid AND t.id = $2::uuid"
		   " AND t.sme_id = s.id AND t.status = 'processing'"
		   " RETURNING t.sme_id)"
		   " UPDATE subject_matter_experts e SET status = 'active',"
		   " updated_at = now() FROM t WHERE e.tenant_id = $1::uuid"
		   " AND e.id = t.sme_id AND e.status = 'ingesting'"
		   " AND NOT EXISTS (SELECT 1 FROM sme_tasks o"
		   " WHERE o.tenant_id = $1::uuid AND o.sme_id = e.id"
		   " AND o.id <> $2::uuid AND o.status = 'processing')",
	},
	[Q_ERROR] = {
	    .name = "ingest_error",
	    .nargs = 3, /* tenant, submission, message */
	    .sql = "UPDATE sme_task_submissions SET ingestion_error = $3"
		   " WHERE tenant_id = $1::uuid AND id = $2::uuid",
	},
	[Q_PERSON] = {
	    .name = "ingest_person",
	    .nargs = 2, /* tenant, user */
	    .sql = "SELECT kratos_id FROM users WHERE tenant_id = $1::uuid"
		   " AND id = $2::uuid AND removed_at IS NULL",
	},
	[Q__MAX] = { 0 },
};

/* A submission with its task and source. */
struct ingest {
	struct genjob_run *run;
	struct req *r;
	const char *tenant_id;
	const char *submission_id;
	const char *task_id;
	const char *sme_id;
	struct ingest_file file;
	const char *approved; /* NULL: not approved yet */
	const char *title;    /* of the task */
	const char *assigner_id;
	const char *sme_name;
	const char *domain;
};

/* The rest of it, in the open transaction. CODE_NOT_FOUND: it is gone. */
static enum code
load(struct ingest *g)
{
	struct db_rows *rows;

	rows = db_run(g->r->db, &ingest_queries[Q_LOAD],
	    DB_ARGS(g->tenant_id, g->run->job->submission_id));
	if (rows == NULL)
		return db_fault_code(db_fault(g->r->db));
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	g->submission_id = db_text(rows, 0);
	g->task_id = db_text(rows, 1);
	g->file.name = db_text(rows, 2);
	g->file.key = db_text(rows, 3);
	g->file.content_type = sme_content_type_wire(db_text(rows, 4));
	g->file.size = db_int(rows, 5);
	g->approved = db_bool(rows, 7) ? db_text(rows, 6) : NULL;
	g->sme_id = db_text(rows, 8);
	g->title = db_text(rows, 9);
	g->assigner_id = db_text(rows, 10);
	g->sme_name = db_text(rows, 11);
	g->domain = db_text(rows, 12);
	return CODE_OK;
}

static void
begin(struct ingest *g, struct genjob_run *run)
{
	*g = (struct ingest){
		.run = run,
		.r = run->r,
		.tenant_id = run->job->tenant_id,
	};
	g->file.run = run;
	g->file.submission_id = run->job->submission_id;
}

static enum genjob_end
load_alone(struct ingest *g)
{
	struct db_scope scope = {
		.tenant_id = g->tenant_id,
		.user_id = g->run->job->user_id,
	};
	enum code code;

	if (g->run->job->submission_id == NULL)
		return genjob_fail(g->run, "nothing was handed in");
	db_begin(g->r->db, DB_TX_READ, &scope);
	code = load(g);
	if (db_end(g->r->db, code) == CODE_OK)
		return GENJOB_DONE;
	return code == CODE_NOT_FOUND
	    ? genjob_fail(g->run, "the submission was deleted")
	    : genjob_again(g->run, "the database did not answer");
}

/* --- asking the provider --------------------------------------------------------- */

struct ask {
	struct genjob_run *run;
	struct ai_choice *choice;
};

static bool
stop(void *arg)
{
	return genjob_stop(((struct ask *)arg)->run);
}

static enum provider_leave
may_spend(void *arg, const struct provider_cost *cost)
{
	struct ask *ask = arg;

	ask->run->tokens = cost->spent;
	return ai_choice_may_spend(ask->choice, cost);
}

/* What the tenant's provider makes of a text. PROVIDER_DONE: out is set. */
static enum provider_end
distil(struct ingest *g, const struct ask_distil *in, struct knowledge *out)
{
	struct ask ask = { .run = g->run };
	struct provider_run p = {
		.a = g->r->mem,
		.stop = stop,
		.may_spend = may_spend,
		.arg = &ask,
	};
	enum provider_end end;

	if (ai_choice_open(g->r, g->run->job->id, &ask.choice) != CODE_OK)
		return PROVIDER_UNAVAILABLE;
	ai_choice_run(ask.choice, &p);
	end = p.provider->distil(&p, in, out);
	g->run->tokens = p.tokens;
	ai_choice_close(ask.choice);
	if (end != PROVIDER_DONE && end != PROVIDER_CANCELLED)
		log_info("job %s: %s: %s%s%s", g->run->job->id,
		    p.provider->name, provider_end_name(end),
		    str_is_empty(p.detail) ? "" : ": ",
		    str_is_empty(p.detail) ? "" : p.detail);
	return end;
}

static bool
worth_again(const struct ingest *g, enum provider_end end)
{
	return provider_is_transient(end, (unsigned)g->run->job->retry_count) &&
	    g->run->job->retry_count < g->run->job->max_retries;
}

/* --- before the review ------------------------------------------------------------ */

/* What a reviewer is given. NULL: nothing new. */
struct extraction {
	const char *text;
	const char *summary;
	const char *note;    /* for the submission */
	const char *message; /* for the job */
};

static enum genjob_end
ended(struct ingest *g, enum code code)
{
	if (code == CODE_OK)
		return GENJOB_DONE;
	if (code == CODE_ABORTED || code == CODE_NOT_FOUND)
		return GENJOB_GONE;
	return genjob_again(g->run,
	    "storage or database did not answer when the result was stored");
}

static enum genjob_end
store_extraction(struct ingest *g, const struct extraction *x)
{
	const struct genjob_result result = { .message = x->message };
	struct req *r = g->r;
	struct db_rows *rows;
	enum code code;

	if ((code = genjob_begin(g->run)) != CODE_OK)
		return ended(g, code);
	rows = db_run(r->db, &ingest_queries[Q_EXTRACTED],
	    DB_ARGS(g->tenant_id, g->submission_id, x->text, x->summary,
		x->note));
	code = rows == NULL ? db_fault_code(db_fault(r->db))
			    : genjob_finish(g->run, &result);
	return ended(g, db_end(r->db, code));
}

/* The text as Markdown, which keeps its headings; what is too long is cut. */
static void
render(struct ingest *g, const struct doc *d, struct extraction *x)
{
	struct buf *b = buf_new(g->r->mem);
	char *text;
	size_t n;

	render_markdown(b, d->blocks, d->nblocks);
	x->text = text = arena_strdup(g->r->mem, buf_str(b));
	if ((n = strlen(text)) <= SME_TEXT_MAX)
		return;
	for (n = SME_TEXT_MAX; ((unsigned char)text[n] & 0xc0) == 0x80; n--)
		;
	text[n] = '\0';
	x->note = "Only the first 1 MiB of the text was taken.";
}

/*
 * The summary is a help: where the provider cannot give one, the text alone
 * does.
 */
static enum genjob_end
summarise(struct ingest *g, const struct doc *d, struct extraction *x)
{
	const struct ask_distil in = {
		.name = g->sme_name,
		.domain = g->domain,
		.title = "",
		.lang = "",
		.doc = d,
	};
	struct knowledge k;
	enum provider_end end;

	end = distil(g, &in, &k);
	if (end == PROVIDER_CANCELLED)
		return GENJOB_GONE;
	if (end == PROVIDER_DONE) {
		x->summary = str_is_empty(k.summary) ? NULL : k.summary;
		x->message = "Text read";
		return GENJOB_DONE;
	}
	if (worth_again(g, end))
		return genjob_again(g->run, provider_end_text(end));
	x->message = arena_printf(g->r->mem, "Text read; no summary: %s",
	    provider_end_text(end));
	return GENJOB_DONE;
}

static enum genjob_end
extract_document(struct ingest *g, struct extraction *x)
{
	struct doc *d = NULL;
	enum genjob_end end;

	if ((end = ingest_file_document(&g->file, &d)) != GENJOB_DONE)
		return end;
	render(g, d, x);
	if (!genjob_progress(g->run, 30, "Summarising the text"))
		return GENJOB_GONE;
	return summarise(g, d, x);
}

static enum genjob_end
extract(struct ingest *g)
{
	struct extraction x = { .message = "Kept as it is" };
	enum genjob_end end;

	if (!genjob_progress(g->run, 10, "Reading the file"))
		return GENJOB_GONE;
	if ((end = ingest_file_open(&g->file)) != GENJOB_DONE)
		return end;
	switch (g->file.content_type) {
	case PB_CONTENT_TYPE_DOCUMENT:
		end = extract_document(g, &x);
		break;
	case PB_CONTENT_TYPE_AUDIO:
	case PB_CONTENT_TYPE_VIDEO:
		end = genjob_fail(g->run,
		    "sound and film cannot be read: whoever reviews them"
		    " writes the text");
		break;
	default:
		break; /* pictures and addresses have no text */
	}
	ingest_file_close(&g->file);
	if (end != GENJOB_DONE)
		return end;
	if (!genjob_progress(g->run, 70, "Storing the text"))
		return GENJOB_GONE;
	return store_extraction(g, &x);
}

/* --- after the approval ------------------------------------------------------------- */

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

	db_queue(g->r->db, &ingest_queries[Q_CHUNK],
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

	db_queue(db, &ingest_queries[Q_HOLD], DB_ARGS(g->tenant_id, g->sme_id));
	rows = db_run(db, &ingest_queries[Q_DISTILLED],
	    DB_ARGS(g->tenant_id, g->submission_id, k->summary));
	if (rows == NULL)
		return db_fault_code(db_fault(db));
	if (db_affected(rows) == 0)
		return CODE_NOT_FOUND;
	db_queue(db, &ingest_queries[Q_REPLACE],
	    DB_ARGS(g->tenant_id, g->submission_id));
	for (i = 0; i < k->nchunks; i++)
		put_chunk(g, k, i);
	code = ingest_settle(db, g->tenant_id, g->task_id);
	if (code == CODE_OK)
		code = sme_summary_write(g->r, g->sme_id);
	return code == CODE_OK ? sme_knowledge_write(g->r, g->sme_id) : code;
}

/* --- who is told ---------------------------------------------------------------------- */

struct news {
	const char *user_id;
	const char *type;
	const char *priority;
	const char *title;
	const char *message;
	const char *mail; /* kind of the letter */
	const char *error;
};

/* Address and name of a user; email NULL: not known, so no mail. */
static struct pb_user *
person(struct ingest *g, const char *user_id)
{
	struct pb_user *user = arena_zalloc(g->r->mem, sizeof(*user));
	struct db_rows *rows;

	rows = db_run(g->r->db, &ingest_queries[Q_PERSON],
	    DB_ARGS(g->tenant_id, user_id));
	if (rows != NULL && db_next(rows)) {
		user->kratos_id = db_text(rows, 0);
		people_fill(g->r, &user, 1);
	}
	return user;
}

static enum code
send(struct ingest *g, const struct news *n, const char *url,
    const char *notice_id)
{
	struct pb_user *to = person(g, n->user_id);
	struct json *data = json_new_object(g->r->mem);
	const struct outbox_mail mail = {
		.kind = n->mail,
		.to = to->email,
		.tenant_id = g->tenant_id,
		.notification_id = notice_id,
		.data = data,
	};
	enum code code;

	if (str_is_empty(to->email))
		return CODE_OK;
	json_put_text(data, "user",
	    str_is_empty(to->first_name) ? to->email : to->first_name);
	json_put_text(data, "sme", g->sme_name);
	json_put_text(data, "task", g->title);
	json_put_text(data, "link", url);
	json_put_text(data, "error", n->error);
	code = outbox_queue(g->r->db, g->r->mem, &mail);
	return code == CODE_INVALID_ARGUMENT ? CODE_OK : code;
}

static enum code
tell(struct ingest *g, const struct news *n)
{
	const char *url = arena_printf(g->r->mem, "/smes?sme=%s&task=%s",
	    g->sme_id, g->task_id);
	const struct notice notice = {
		.tenant_id = g->tenant_id,
		.user_id = n->user_id,
		.type = n->type,
		.priority = n->priority,
		.title = n->title,
		.message = n->message,
		.job_id = g->run->job->id,
		.task_id = g->task_id,
		.sme_id = g->sme_id,
		.action_url = url,
	};
	char id[STR_UUID_LEN + 1];
	enum code code;

	code = notice_create(g->r->db, g->r->mem, &notice, id);
	return code == CODE_OK ? send(g, n, url, id) : code;
}

static enum code
tell_complete(struct ingest *g, size_t nchunks)
{
	const struct news n = {
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

	return tell(g, &n);
}

static enum genjob_end
store_knowledge(struct ingest *g, const struct knowledge *k)
{
	const struct genjob_result result = {
		.message = "The text is knowledge now",
	};
	enum code code;

	if ((code = genjob_begin(g->run)) != CODE_OK)
		return ended(g, code);
	if ((code = write_knowledge(g, k)) == CODE_OK &&
	    (code = tell_complete(g, k->nchunks)) == CODE_OK)
		code = genjob_finish(g->run, &result);
	return ended(g, db_end(g->r->db, code));
}

static enum genjob_end
distil_approved(struct ingest *g)
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
	end = distil(g, &in, &k);
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

/* --- the runner ------------------------------------------------------------------------ */

enum genjob_end
ingest_run(struct genjob_run *run)
{
	struct ingest g;
	enum genjob_end end;

	begin(&g, run);
	if ((end = load_alone(&g)) != GENJOB_DONE)
		return end;
	return g.approved != NULL ? distil_approved(&g) : extract(&g);
}

enum code
ingest_settle(struct db *db, const char *tenant_id, const char *task_id)
{
	struct db_rows *rows;

	rows =
	    db_run(db, &ingest_queries[Q_SETTLE], DB_ARGS(tenant_id, task_id));
	return rows == NULL ? db_fault_code(db_fault(db)) : CODE_OK;
}

static enum code
tell_failed(struct ingest *g)
{
	const struct news n = {
		.user_id = g->run->job->user_id,
		.type = "ingestion_failed",
		.priority = "high",
		.title =
		    arena_printf(g->r->mem, "Could not be read: %s", g->title),
		.message = arena_printf(g->r->mem,
		    "What was handed in for “%s” (%s): %s.", g->title,
		    g->sme_name, g->run->message),
		.mail = "ingestion_failed",
		.error = g->run->message,
	};

	return tell(g, &n);
}

enum code
ingest_failed(struct genjob_run *run)
{
	struct ingest g;
	struct db_rows *rows;
	enum code code;

	if (run->job->submission_id == NULL)
		return CODE_OK;
	begin(&g, run);
	if (run->message == NULL)
		run->message = "it did not work";
	if ((code = load(&g)) != CODE_OK)
		return code == CODE_NOT_FOUND ? CODE_OK : code;
	rows = db_run(g.r->db, &ingest_queries[Q_ERROR],
	    DB_ARGS(g.tenant_id, g.submission_id, run->message));
	if (rows == NULL)
		return db_fault_code(db_fault(g.r->db));
	code = ingest_settle(g.r->db, g.tenant_id, g.task_id);
	return code == CODE_OK ? tell_failed(&g) : code;
}

int
ingest_check(const struct conf *conf)
{
	if (ai_choice_check(conf) == -1)
		return -1;
	return ingest_file_check(conf);
}

/*
 * Before the review: the file is scanned, its text extracted and summarised.
 * The text counts; where the provider gives no summary there is none.
 */
#include "service/ingest_job.h"

#include <string.h>

#include "ai/render.h"
#include "service/sme_submission.h"

enum query {
	Q_EXTRACTED,
	Q__MAX
};

extern const struct db_query ingest_extract_queries[];

const struct db_query ingest_extract_queries[] = {
	[Q_EXTRACTED] = {
	    .name = "ingest_extracted",
	    .nargs = 5, /* tenant, submission, text, summary, note */
	    .sql = "UPDATE sme_task_submissions SET processed_at = now(),"
		   " extracted_text = COALESCE($3, extracted_text),"
		   " ai_summary = COALESCE($4, ai_summary),"
		   " ingestion_error = $5"
		   " WHERE tenant_id = $1::uuid AND id = $2::uuid",
	},
	[Q__MAX] = { 0 },
};

/* What a reviewer is given. NULL: nothing new. */
struct extraction {
	const char *text;
	const char *summary;
	const char *note;    /* for the submission */
	const char *message; /* for the job */
};

static enum genjob_end
store_extraction(struct ingest *g, const struct extraction *x)
{
	const struct genjob_result result = { .message = x->message };
	struct req *r = g->r;
	struct db_rows *rows;
	enum code code;

	if ((code = genjob_begin(g->run)) != CODE_OK)
		return ingest_ended(g, code);
	rows = db_run(r->db, &ingest_extract_queries[Q_EXTRACTED],
	    DB_ARGS(g->tenant_id, g->submission_id, x->text, x->summary,
		x->note));
	code = rows == NULL ? db_fault_code(db_fault(r->db))
			    : genjob_finish(g->run, &result);
	return ingest_ended(g, db_end(r->db, code));
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

static bool
worth_again(const struct ingest *g, enum provider_end end)
{
	return provider_is_transient(end, (unsigned)g->run->job->retry_count) &&
	    g->run->job->retry_count < g->run->job->max_retries;
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

	end = ingest_ask(g, &in, &k);
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

enum genjob_end
ingest_extract(struct ingest *g)
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

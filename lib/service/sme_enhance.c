/*
 * SMEService/EnhanceSubmissionContent: a better text proposed for a submission
 * (spec content.md 4, 9.4). Answered by mirai-account, since it waits for the
 * provider. Nothing is stored but what it cost; no transaction is open while
 * the provider writes.
 */
#include "mirai/v1/sme.rpc.h"

#include "base/clock.h"
#include "rpc/pool.h"
#include "rpc/tx.h"
#include "service/ai_choice.h"
#include "service/ai_turn.h"
#include "service/ai_usage.h"
#include "service/field.h"
#include "service/ratelimit.h"
#include "service/sme.h"

#define LONGEST_MS 60000

enum query {
	Q_TEXT,
	Q__MAX
};

extern const struct db_query sme_enhance_queries[];

const struct db_query sme_enhance_queries[] = {
	[Q_TEXT] = {
	    .name = "sme_enhance_text",
	    .nargs = 6, /* SME_TASK_VIEWER, submission */
	    .sql = "SELECT b.extracted_text,"
		   " t.assigned_by_user_id = $2::uuid" SME_TASK_FROM
		   " JOIN sme_task_submissions b ON b.tenant_id = t.tenant_id"
		   " AND b.task_id = t.id WHERE b.tenant_id = $1::uuid"
		   " AND b.id = $6::uuid AND " SME_TASK_SEES("t", "s"),
	},
	[Q__MAX] = { 0 },
};

/* One call, until its answer. */
struct work {
	struct req *r;
	struct ai_choice *choice;
	int64_t until_ms;
	char id[STR_UUID_LEN + 1]; /* for what it reserves */
};

static enum code
field_type(struct req *r, int32_t value, enum ask_enhance *out)
{
	switch (value) {
	case PB_ENHANCE_TYPE_UNSPECIFIED:
	case PB_ENHANCE_TYPE_SUMMARIZE:
		*out = ASK_SUMMARIZE;
		return CODE_OK;
	case PB_ENHANCE_TYPE_IMPROVE:
		*out = ASK_IMPROVE;
		return CODE_OK;
	default:
		return req_fail_field(r, "enhance_type", "is unknown");
	}
}

static enum code
take_text(struct req *r, struct db_rows *rows, const char **text)
{
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return req_fail(r, CODE_NOT_FOUND, "submission not found");
	if (!db_bool(rows, 1) && r->who.role != ROLE_ADMIN)
		return req_fail_forbidden(r,
		    "only who gave the task and administrators may do that");
	*text = db_text(rows, 0);
	if (**text == '\0')
		return req_fail(r, CODE_INVALID_ARGUMENT,
		    "the submission has no text to work on");
	return CODE_OK;
}

/* The text of a submission, for those who may have it rewritten. */
static enum code
load(struct req *r, const char *id, const char **text)
{
	enum code code, done;

	tx_begin(r, DB_TX_READ);
	code = take_text(r,
	    db_run(r->db, &sme_enhance_queries[Q_TEXT],
		DB_ARGS(SME_TASK_VIEWER(r), id)),
	    text);
	done = db_end(r->db, code);
	return done == code ? code : req_fail_db(r);
}

static bool
is_late(void *arg)
{
	const struct work *w = arg;

	return clock_mono_ms() >= w->until_ms;
}

static enum provider_leave
may_spend(void *arg, const struct provider_cost *cost)
{
	const struct work *w = arg;

	return ai_choice_may_spend(w->choice, cost);
}

/* Also when it failed; the time kept for it is not the request's. */
static enum code
count(const struct work *w, const struct provider_run *run)
{
	bool asked = run->provider->wire == NULL || run->calls > 0;

	return ai_usage_count(w->r, w->id, AI_USAGE_ENHANCE, run->tokens,
	    asked);
}

static enum code
enhance(struct work *w, enum ask_enhance how, const char *text,
    const char **out)
{
	struct provider_run run = { .a = w->r->mem,
		.stop = is_late,
		.may_spend = may_spend,
		.arg = w };
	enum provider_end end = PROVIDER_UNAVAILABLE;
	struct ai_turn turn = { 0 };
	enum code code;

	if ((code = ai_choice_open(w->r, w->id, &w->choice)) != CODE_OK)
		return code;
	ai_choice_run(w->choice, &run);
	if (run.provider->wire != NULL)
		code = ai_turn_take(w->r, pool_workers(), &turn);
	if (code == CODE_OK)
		end = run.provider->enhance(&run, how, text, out);
	ai_choice_close(w->choice);
	ai_turn_give(w->r, &turn);
	if (code != CODE_OK)
		return code;
	if ((code = count(w, &run)) != CODE_OK)
		return code;
	if (end == PROVIDER_CANCELLED)
		end = PROVIDER_UNAVAILABLE; /* it took too long */
	return end == PROVIDER_DONE ? CODE_OK : ai_choice_fail(w->r, end);
}

enum code
sme_enhance_submission_content(struct req *r,
    const struct pb_enhance_submission_content_request *in,
    struct pb_enhance_submission_content_response *out)
{
	struct work w = { .r = r, .until_ms = clock_mono_ms() + LONGEST_MS };
	enum ask_enhance how = ASK_SUMMARIZE;
	const char *id;
	enum code code;

	if (w.until_ms > r->deadline_ms - AI_USAGE_MS)
		w.until_ms = r->deadline_ms - AI_USAGE_MS;
	str_uuid_new(w.id);
	code = field_uuid(r, "submission_id", in->submission_id, &id);
	if (code != CODE_OK ||
	    (code = field_type(r, in->enhance_type, &how)) != CODE_OK ||
	    (code = load(r, id, &out->original_content)) != CODE_OK ||
	    (code = ratelimit_take(r, RATELIMIT_ENHANCE, NULL)) != CODE_OK)
		return code;
	return enhance(&w, how, out->original_content, &out->enhanced_content);
}

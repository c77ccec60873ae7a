/*
 * The frame of a run: failures of the database, of storage and of a provider
 * become ends of jobs here, so that runners tell one story.
 */
#include "service/generate_run.h"

#include "base/clock.h"
#include "base/log.h"
#include "mirai/v1/user.pb.h"
#include "net/json.h"
#include "net/store.h"
#include "rpc/after.h"
#include "service/notice.h"
#include "service/outbox.h"
#include "service/people.h"

#define READ_MS 30000 /* for one transaction */

enum query {
	Q_PERSON,
	Q__MAX
};

extern const struct db_query generate_run_queries[];

const struct db_query generate_run_queries[] = {
	[Q_PERSON] = {
	    .name = "generate_run_person",
	    .nargs = 2, /* tenant, user */
	    .sql = "SELECT kratos_id FROM users WHERE tenant_id = $1::uuid"
		   " AND id = $2::uuid",
	},
	[Q__MAX] = { 0 },
};

/* --- transactions ------------------------------------------------------------ */

void
generate_begin_read(struct genjob_run *run)
{
	const struct db_scope scope = {
		.tenant_id = run->r->who.tenant_id,
		.deadline_ms = clock_mono_ms() + READ_MS,
	};

	db_begin(run->r->db, DB_TX_READ, &scope);
}

/* Failures that our own rules gave: they will not go away. */
static bool
is_permanent(enum code code)
{
	return code == CODE_RESOURCE_EXHAUSTED ||
	    code == CODE_FAILED_PRECONDITION || code == CODE_INVALID_ARGUMENT;
}

enum genjob_end
generate_end(struct genjob_run *run, enum code code)
{
	if (code == CODE_OK)
		return GENJOB_DONE;
	if (code == CODE_NOT_FOUND) { /* the course, and with it the job */
		run->message = "the course could not be read";
		return GENJOB_GONE;
	}
	if (is_permanent(code) && run->r->message != NULL)
		return genjob_fail(run, run->r->message);
	return genjob_again(run,
	    code == CODE_UNAVAILABLE ? "storage or database did not answer"
				     : "the result could not be stored");
}

/* The object stays where nobody knows whether the commit counts. */
static void
drop_object(struct req *r, enum code code, const char *key)
{
	if (key == NULL || code == CODE_OK || code == CODE_UNKNOWN ||
	    code == CODE_UNAVAILABLE)
		return;
	if (store_delete(r->env->store, r->who.tenant_id, key) != CODE_OK)
		log_warn("job: an object is left to mirai-sweep");
}

enum genjob_end
generate_commit(struct genjob_run *run, enum code code, const char *key)
{
	code = db_end(run->r->db, code);
	after_run(run->r, code == CODE_OK);
	drop_object(run->r, code, key);
	return generate_end(run, code);
}

enum genjob_end
generate_not_begun(struct genjob_run *run, enum code code, const char *key)
{
	drop_object(run->r, CODE_ABORTED, key);
	return code == CODE_ABORTED ? GENJOB_GONE : generate_end(run, code);
}

/* --- the provider ------------------------------------------------------------ */

static bool
stop(void *arg)
{
	struct generate_call *c = arg;

	return genjob_stop(c->run);
}

static enum provider_leave
may_spend(void *arg, const struct provider_cost *cost)
{
	struct generate_call *c = arg;

	c->run->tokens = cost->spent;
	return ai_choice_may_spend(c->choice, cost);
}

enum code
generate_call_open(struct generate_call *c, struct genjob_run *run)
{
	enum code code;

	*c = (struct generate_call){ .run = run };
	if ((code = ai_choice_open(run->r, run->job->id, &c->choice)) !=
	    CODE_OK)
		return code;
	c->ai.a = run->r->mem;
	c->ai.stop = stop;
	c->ai.may_spend = may_spend;
	c->ai.arg = c;
	ai_choice_run(c->choice, &c->ai);
	return CODE_OK;
}

enum genjob_end
generate_call_end(struct generate_call *c, enum provider_end end)
{
	struct genjob_run *run = c->run;
	const char *text = provider_end_text(end);

	run->tokens = c->ai.tokens;
	ai_choice_close(c->choice);
	c->choice = NULL;
	if (end == PROVIDER_DONE)
		return GENJOB_DONE;
	if (end == PROVIDER_CANCELLED)
		return GENJOB_GONE;
	log_info("job %s: %s: %s%s%s", run->job->id, c->ai.provider->name,
	    provider_end_name(end), str_is_empty(c->ai.detail) ? "" : ": ",
	    str_is_empty(c->ai.detail) ? "" : c->ai.detail);
	if (provider_is_transient(end, (unsigned)run->job->retry_count))
		return genjob_again(run, text);
	return genjob_fail(run, text);
}

enum generate_order
generate_call_order(const struct generate_call *c)
{
	return c->ai.provider->wire == NULL ? GENERATE_READING : GENERATE_BEST;
}

enum genjob_end
generate_no_input(struct genjob_run *run, enum code code)
{
	if (code == CODE_NOT_FOUND)
		return genjob_fail(run,
		    "nobody said what the course is to be made from");
	if (code == CODE_FAILED_PRECONDITION)
		return genjob_fail(run,
		    "no SME knowledge: none of the chosen experts has"
		    " approved content");
	return genjob_again(run, "the database did not answer");
}

const char *
generate_objective_id(struct arena *a, const char *outline_lesson_id,
    const char *text)
{
	return knowledge_id(a, "objective", outline_lesson_id, text);
}

/* --- who is told ------------------------------------------------------------- */

void
generate_person_read(struct genjob_run *run, struct generate_person *p)
{
	struct pb_user *user = arena_zalloc(run->r->mem, sizeof(*user));
	struct db_rows *rows;

	*p = (struct generate_person){ .name = "" };
	rows = db_run(run->r->db, &generate_run_queries[Q_PERSON],
	    DB_ARGS(run->r->who.tenant_id, run->job->user_id));
	if (rows == NULL || !db_next(rows) || db_null(rows, 0))
		return;
	user->kratos_id = db_text(rows, 0);
	people_fill(run->r, &user, 1);
	if (str_is_empty(user->email))
		return;
	p->email = user->email;
	p->name =
	    str_is_empty(user->first_name) ? user->email : user->first_name;
}

static enum code
send_mail(struct genjob_run *run, const struct generate_person *p,
    const struct generate_news *n, const char *notice_id)
{
	const struct outbox_mail mail = {
		.kind = n->mail,
		.to = p->email,
		.tenant_id = run->r->who.tenant_id,
		.notification_id = notice_id,
		.data = n->data,
	};
	enum code code;

	json_put_text(n->data, "user", p->name);
	json_put_text(n->data, "link", n->url);
	code = outbox_queue(run->r->db, run->r->mem, &mail);
	return code == CODE_INVALID_ARGUMENT ? CODE_OK : code;
}

enum code
generate_tell(struct genjob_run *run, const struct generate_person *p,
    const struct generate_news *n)
{
	const struct notice notice = {
		.tenant_id = run->r->who.tenant_id,
		.user_id = run->job->user_id,
		.type = n->type,
		.priority = n->priority,
		.title = n->title,
		.message = n->message,
		.course_id = run->job->course_id,
		.job_id = run->job->id,
		.action_url = n->url,
	};
	char id[STR_UUID_LEN + 1];
	enum code code;

	code = notice_create(run->r->db, run->r->mem, &notice, id);
	if (code == CODE_OK && n->mail != NULL && p->email != NULL)
		code = send_mail(run, p, n, id);
	return code == CODE_OK ? CODE_OK : req_fail_db(run->r);
}

const char *
generate_preview_url(struct genjob_run *run)
{
	return arena_printf(run->r->mem, "/course/%s/preview",
	    run->job->course_id);
}

const char *
generate_edit_url(struct genjob_run *run)
{
	return arena_printf(run->r->mem, "/dashboard?edit=%s",
	    run->job->course_id);
}

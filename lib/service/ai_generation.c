/*
 * AIGenerationService: what a course is drafted from, asking for an outline,
 * and the gates that the other files of the service pass. Every id of a
 * request is read under the caller's tenant first; nothing here asks a
 * provider.
 */
#include "service/ai_generation.h"

#include "mirai/v1/ai_generation.rpc.h"
#include "service/ai_choice.h"
#include "service/course.h"
#include "service/field.h"
#include "service/genjob.h"
#include "service/seats.h"
#include "service/sme.h"

#define MAX_SMES      20
#define MAX_AUDIENCES 10
#define MAX_OUTCOME   2000
#define MAX_CONTEXT   10000
#define MAX_OUTLINES  100 /* of one course */

enum query {
	Q_SEE,
	Q_LOCK,
	Q_SMES,
	Q_AUDIENCES,
	Q_VERSION,
	Q_PUT_INPUT,
	Q_GET_INPUT,
	Q__MAX
};

extern const struct db_query ai_generation_queries[];

const struct db_query ai_generation_queries[] = {
	[Q_SEE] = {
	    .name = "ai_generation_see",
	    .nargs = 4, /* viewer, course */
	    .sql = "SELECT c.id" COURSE_FROM " WHERE " COURSE_VISIBLE
		   " AND c.id = $4::uuid",
	},
	[Q_LOCK] = {
	    .name = "ai_generation_lock",
	    .nargs = 4, /* viewer, course */
	    .sql = "SELECT c.id" COURSE_FROM " WHERE " COURSE_VISIBLE
		   " AND c.id = $4::uuid FOR NO KEY UPDATE OF c",
	},
	[Q_SMES] = {
	    .name = "ai_generation_smes",
	    .nargs = 5, /* viewer of experts, ids */
	    .sql = "SELECT s.id, " SME_SEES("s")
		   ", s.status FROM unnest($5::uuid[]) WITH ORDINALITY"
		   " AS i (id, nth) LEFT JOIN subject_matter_experts s"
		   " ON s.tenant_id = $1::uuid AND s.id = i.id"
		   " ORDER BY i.nth",
	},
	[Q_AUDIENCES] = {
	    .name = "ai_generation_audiences",
	    .nargs = 3, /* tenant, company, ids */
	    .sql = "SELECT a.id, a.company_id = $2::uuid"
		   " FROM unnest($3::uuid[]) WITH ORDINALITY AS i (id, nth)"
		   " LEFT JOIN target_audience_templates a"
		   " ON a.tenant_id = $1::uuid AND a.id = i.id"
		   " ORDER BY i.nth",
	},
	[Q_VERSION] = {
	    .name = "ai_generation_version",
	    .nargs = 2, /* tenant, course */
	    .sql = "SELECT COALESCE(max(version), 0) FROM course_outlines"
		   " WHERE tenant_id = $1::uuid AND course_id = $2::uuid",
	},
	[Q_PUT_INPUT] = {
	    .name = "ai_generation_put_input",
	    .nargs = 6, /* tenant, course, experts, audiences, outcome, ... */
	    .sql = "INSERT INTO course_generation_inputs AS i (tenant_id,"
		   " course_id, sme_ids, target_audience_ids, desired_outcome,"
		   " additional_context) VALUES ($1::uuid, $2::uuid,"
		   " $3::uuid[], $4::uuid[], $5, NULLIF($6, ''))"
		   " ON CONFLICT (tenant_id, course_id) DO UPDATE"
		   " SET sme_ids = EXCLUDED.sme_ids,"
		   " target_audience_ids = EXCLUDED.target_audience_ids,"
		   " desired_outcome = EXCLUDED.desired_outcome,"
		   " additional_context = EXCLUDED.additional_context,"
		   " updated_at = now()",
	},
	[Q_GET_INPUT] = {
	    .name = "ai_generation_get_input",
	    .nargs = 4, /* viewer, course */
	    .sql = "SELECT c.id, i.sme_ids::text[],"
		   " i.target_audience_ids::text[], i.desired_outcome,"
		   " i.additional_context, i.id IS NOT NULL" COURSE_FROM
		   " LEFT JOIN course_generation_inputs i"
		   " ON i.tenant_id = c.tenant_id AND i.course_id = c.id"
		   " WHERE " COURSE_VISIBLE " AND c.id = $4::uuid",
	},
	[Q__MAX] = { 0 },
};

/* --- gates ----------------------------------------------------------------- */

static enum code
find_course(struct req *r, enum query q, const char *id)
{
	struct db_rows *rows;

	rows = db_run(r->db, &ai_generation_queries[q],
	    DB_ARGS(COURSE_VIEWER(r), id));
	if (rows == NULL)
		return req_fail_db(r);
	return db_next(rows) ? CODE_OK : course_none(r);
}

enum code
ai_generation_see_course(struct req *r, const char *id)
{
	return find_course(r, Q_SEE, id);
}

enum code
ai_generation_lock_course(struct req *r, const char *id)
{
	return find_course(r, Q_LOCK, id);
}

enum code
ai_generation_may_generate(struct req *r, size_t njobs)
{
	enum code code;

	if ((code = seats_gate(r)) != CODE_OK ||
	    (code = ai_choice_require(r, NULL)) != CODE_OK)
		return code;
	return genjob_need_room(r, njobs);
}

enum code
ai_generation_queue(struct req *r, struct genjob_new *job, const char *busy,
    char id[STR_UUID_LEN + 1])
{
	enum code code;

	job->tenant_id = r->who.tenant_id;
	job->user_id = r->who.user_id;
	code = genjob_create(r->db, r->mem, job, id);
	if (code == CODE_OK)
		return CODE_OK;
	if (code == CODE_ALREADY_EXISTS)
		return req_fail(r, CODE_ALREADY_EXISTS, "%s", busy);
	return req_fail_db(r);
}

/* --- the input ------------------------------------------------------------- */

/* A checked CourseGenerationInput: each id once, in the order of the request. */
struct input {
	const char *course_id;
	const char **smes;
	size_t nsmes;
	const char **audiences;
	size_t naudiences;
	const char *outcome;
	const char *context;
};

static bool
is_among(const char *const *ids, size_t n, const char *id)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (str_eq(ids[i], id))
			return true;
	return false;
}

static enum code
read_ids(struct req *r, const char *field, const char *const *in, size_t n,
    size_t max, const char ***out, size_t *nout)
{
	const char *id;
	enum code code;
	size_t i;

	if (n > max)
		return req_fail_field(r, field, "must have at most %zu entries",
		    max);
	*out = arena_calloc(r->mem, n + 1, sizeof(**out));
	for (i = 0; i < n; i++) {
		code = field_uuid(r, arena_printf(r->mem, "%s[%zu]", field, i),
		    in[i], &id);
		if (code != CODE_OK)
			return code;
		if (!is_among(*out, *nout, id))
			(*out)[(*nout)++] = id;
	}
	return CODE_OK;
}

static enum code
read_input(struct req *r, const struct pb_course_generation_input *in,
    struct input *out)
{
	enum code code;

	if (in == NULL)
		return req_fail_missing(r, "input", "is required");
	if ((code = field_uuid(r, "input.course_id", in->course_id,
		 &out->course_id)) != CODE_OK ||
	    (code = read_ids(r, "input.sme_ids", in->sme_ids, in->nsme_ids,
		 MAX_SMES, &out->smes, &out->nsmes)) != CODE_OK ||
	    (code = read_ids(r, "input.target_audience_ids",
		 in->target_audience_ids, in->ntarget_audience_ids,
		 MAX_AUDIENCES, &out->audiences, &out->naudiences)) !=
		CODE_OK ||
	    (code = field_text(r, "input.desired_outcome", in->desired_outcome,
		 MAX_OUTCOME, &out->outcome)) != CODE_OK ||
	    (code = field_text(r, "input.additional_context",
		 in->additional_context, MAX_CONTEXT, &out->context)) !=
		CODE_OK)
		return code;
	if (out->nsmes == 0)
		return req_fail_missing(r, "input.sme_ids",
		    "must name at least one expert");
	if (*out->outcome == '\0')
		return req_fail_missing(r, "input.desired_outcome",
		    "must not be empty");
	return CODE_OK;
}

/* Every expert is there, open to the caller, and active. */
static enum code
check_smes(struct req *r, const struct input *in)
{
	struct db_rows *rows;
	size_t i;

	rows = db_run(r->db, &ai_generation_queries[Q_SMES],
	    DB_ARGS(SME_VIEWER(r), db_arg_array(r->mem, in->smes, in->nsmes)));
	if (rows == NULL)
		return req_fail_db(r);
	for (i = 0; db_next(rows); i++) {
		if (db_null(rows, 0))
			return sme_none(r);
		if (!db_bool(rows, 1))
			return req_fail_forbidden(r,
			    "you have no access to this expert");
		if (sme_status_wire(db_text(rows, 2)) != PB_SME_STATUS_ACTIVE)
			return req_fail_field(r,
			    arena_printf(r->mem, "input.sme_ids[%zu]", i),
			    "names an expert that is not active");
	}
	return CODE_OK;
}

static enum code
check_audiences(struct req *r, const struct input *in)
{
	struct db_rows *rows;

	if (in->naudiences == 0)
		return CODE_OK;
	rows = db_run(r->db, &ai_generation_queries[Q_AUDIENCES],
	    DB_ARGS(r->who.tenant_id, r->who.company_id,
		db_arg_array(r->mem, in->audiences, in->naudiences)));
	if (rows == NULL)
		return req_fail_db(r);
	while (db_next(rows)) {
		if (db_null(rows, 0))
			return req_fail(r, CODE_NOT_FOUND,
			    "target audience not found");
		if (!db_bool(rows, 1))
			return req_fail_forbidden(r,
			    "the target audience belongs to another company");
	}
	return CODE_OK;
}

/* Versions are kept, so there is a last one. */
static enum code
need_version(struct req *r, const char *course_id)
{
	struct db_rows *rows;

	rows = db_run(r->db, &ai_generation_queries[Q_VERSION],
	    DB_ARGS(r->who.tenant_id, course_id));
	if (rows == NULL || !db_next(rows))
		return req_fail_db(r);
	if (db_int(rows, 0) < MAX_OUTLINES)
		return CODE_OK;
	return req_fail_quota(r, "outlines",
	    "the course has %d outlines, and no more are kept: edit the latest"
	    " one, or make a new course",
	    MAX_OUTLINES);
}

static enum code
put_input(struct req *r, const struct input *in)
{
	if (db_run(r->db, &ai_generation_queries[Q_PUT_INPUT],
		DB_ARGS(r->who.tenant_id, in->course_id,
		    db_arg_array(r->mem, in->smes, in->nsmes),
		    db_arg_array(r->mem, in->audiences, in->naudiences),
		    in->outcome, in->context)) == NULL)
		return req_fail_db(r);
	return CODE_OK;
}

enum code
ai_generation_generate_course_outline(struct req *r,
    const struct pb_generate_course_outline_request *in,
    struct pb_generate_course_outline_response *out)
{
	struct genjob_new job = { .type = GENJOB_OUTLINE };
	char id[STR_UUID_LEN + 1];
	struct input input = { 0 };
	enum code code;

	if ((code = read_input(r, in->input, &input)) != CODE_OK ||
	    (code = ai_generation_lock_course(r, input.course_id)) != CODE_OK ||
	    (code = check_smes(r, &input)) != CODE_OK ||
	    (code = check_audiences(r, &input)) != CODE_OK ||
	    (code = need_version(r, input.course_id)) != CODE_OK ||
	    (code = ai_generation_may_generate(r, 1)) != CODE_OK)
		return code;
	job.course_id = input.course_id;
	if ((code = ai_generation_queue(r, &job,
		 "the course is being generated already", id)) != CODE_OK ||
	    (code = put_input(r, &input)) != CODE_OK)
		return code;
	return ai_generation_load_job(r, id, &out->job);
}

enum code
ai_generation_get_generation_input(struct req *r,
    const struct pb_get_generation_input_request *in,
    struct pb_get_generation_input_response *out)
{
	struct pb_course_generation_input *i;
	struct db_rows *rows;
	const char *id;
	enum code code;

	if ((code = field_uuid(r, "course_id", in->course_id, &id)) != CODE_OK)
		return code;
	rows = db_last(r->db, &ai_generation_queries[Q_GET_INPUT],
	    DB_ARGS(COURSE_VIEWER(r), id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return course_none(r);
	if (!db_bool(rows, 5))
		return CODE_OK; /* nothing was generated yet */
	i = arena_zalloc(r->mem, sizeof(*i));
	i->course_id = db_text(rows, 0);
	i->sme_ids = db_array(rows, 1, &i->nsme_ids);
	i->target_audience_ids = db_array(rows, 2, &i->ntarget_audience_ids);
	i->desired_outcome = db_text(rows, 3);
	i->additional_context = db_text_null(rows, 4);
	out->input = i;
	return CODE_OK;
}

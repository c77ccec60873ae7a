/*
 * Drafts of the course builder: one row per course, written as a whole, so the
 * last one who chooses is heard. Ids of what is gone meanwhile may stay in it;
 * who reads it looks them up.
 */
#include "service/builder_draft.h"

#include "rpc/tx.h"

#include <string.h>

enum query {
	Q_LOAD,
	Q_SAVE,
	Q_DROP,
	Q__MAX
};

const struct db_query builder_draft_queries[] = {
	[Q_LOAD] = {
	    .name = "builder_draft_load",
	    .nargs = 1, /* course */
	    .sql = "SELECT sme_ids, target_audience_ids, additional_context"
		   " FROM course_drafts WHERE course_id = $1::uuid",
	},
	[Q_SAVE] = {
	    .name = "builder_draft_save",
	    .nargs = 5, /* tenant, course, experts, audiences, context */
	    .sql = "INSERT INTO course_drafts (tenant_id, course_id, sme_ids,"
		   " target_audience_ids, additional_context)"
		   " VALUES ($1::uuid, $2::uuid, $3::uuid[], $4::uuid[], $5)"
		   " ON CONFLICT (tenant_id, course_id) DO UPDATE"
		   " SET sme_ids = excluded.sme_ids,"
		   " target_audience_ids = excluded.target_audience_ids,"
		   " additional_context = excluded.additional_context,"
		   " updated_at = now()",
	},
	[Q_DROP] = {
	    .name = "builder_draft_drop",
	    .nargs = 1, /* course */
	    .sql = "DELETE FROM course_drafts WHERE course_id = $1::uuid",
	},
	[Q__MAX] = { 0 },
};

enum code
builder_draft_load(struct req *r, const char *course_id,
    struct builder_draft *out)
{
	struct db_rows *rows;

	memset(out, 0, sizeof(*out));
	out->context = "";
	tx_begin(r, DB_TX_READ);
	rows =
	    db_last(r->db, &builder_draft_queries[Q_LOAD], DB_ARGS(course_id));
	if (rows == NULL)
		return db_end(r->db, req_fail_db(r));
	if (db_next(rows)) {
		out->there = true;
		out->smes = db_array(rows, 0, &out->nsmes);
		out->audiences = db_array(rows, 1, &out->naudiences);
		out->context = db_text(rows, 2);
	}
	return db_end(r->db, CODE_OK);
}

/* A write of one statement; a course that is gone meanwhile is not found. */
static enum code
write_one(struct req *r, enum query q, size_t nargs, const char *const *args)
{
	tx_begin(r, DB_TX_WRITE);
	if (db_last(r->db, &builder_draft_queries[q], nargs, args) != NULL)
		return db_end(r->db, CODE_OK);
	if (db_fault(r->db) == DB_FAULT_FOREIGN_KEY)
		return db_end(r->db,
		    req_fail(r, CODE_NOT_FOUND, "no such course"));
	return db_end(r->db, req_fail_db(r));
}

enum code
builder_draft_save(struct req *r, const char *course_id,
    const struct builder_draft *d)
{
	return write_one(r, Q_SAVE,
	    DB_ARGS(r->who.tenant_id, course_id,
		db_arg_array(r->mem, d->smes, d->nsmes),
		db_arg_array(r->mem, d->audiences, d->naudiences), d->context));
}

enum code
builder_draft_drop(struct req *r, const char *course_id)
{
	return write_one(r, Q_DROP, DB_ARGS(course_id));
}

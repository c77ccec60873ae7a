/*
 * Progress in a course. Every statement is bound to the caller's own user;
 * nobody reads or writes another's. A write repeated does no harm, so a form
 * sent twice or a kill in between leaves nothing half-done.
 */
#include "service/progress.h"

#include <string.h>

#include "base/str.h"
#include "rpc/tx.h"

enum query {
	Q_LOAD,
	Q_SAVE,
	Q__MAX
};

const struct db_query progress_queries[] = {
	[Q_LOAD] = {
	    .name = "progress_load",
	    .nargs = 2, /* course, user */
	    .sql = "SELECT kind, item_id, answer FROM course_progress"
		   " WHERE course_id = $1::uuid AND user_id = $2::uuid"
		   " ORDER BY kind, item_id",
	},
	[Q_SAVE] = {
	    .name = "progress_save",
	    .nargs = 6, /* tenant, user, course, kind, item, answer */
	    .sql = "INSERT INTO course_progress"
		   " (tenant_id, user_id, course_id, kind, item_id, answer)"
		   " VALUES ($1::uuid, $2::uuid, $3::uuid, $4, $5, $6)"
		   " ON CONFLICT (course_id, user_id, kind, item_id)"
		   " DO UPDATE SET answer = excluded.answer,"
		   " updated_at = now()",
	},
	[Q__MAX] = { 0 },
};

static void
add_row(struct progress *out, const struct db_rows *rows)
{
	if (str_eq(db_text(rows, 0), "lesson")) {
		out->lessons[out->nlessons++] = db_text(rows, 1);
		return;
	}
	out->answers[out->nanswers].question = db_text(rows, 1);
	out->answers[out->nanswers++].option = db_text(rows, 2);
}

enum code
progress_load(struct req *r, const char *course_id, struct progress *out)
{
	struct db_rows *rows;
	size_t n;

	memset(out, 0, sizeof(*out));
	tx_begin(r, DB_TX_READ);
	rows = db_last(r->db, &progress_queries[Q_LOAD],
	    DB_ARGS(course_id, r->who.user_id));
	if (rows == NULL)
		return db_end(r->db, req_fail_db(r));
	n = db_count(rows);
	out->lessons = arena_calloc(r->mem, n, sizeof(*out->lessons));
	out->answers = arena_calloc(r->mem, n, sizeof(*out->answers));
	while (db_next(rows))
		add_row(out, rows);
	return db_end(r->db, CODE_OK);
}

static enum code
save(struct req *r, const char *course_id, const char *kind,
    const char *item_id, const char *answer)
{
	tx_begin(r, DB_TX_WRITE);
	if (db_last(r->db, &progress_queries[Q_SAVE],
		DB_ARGS(r->who.tenant_id, r->who.user_id, course_id, kind,
		    item_id, answer)) == NULL)
		return db_end(r->db, req_fail_db(r));
	return db_end(r->db, CODE_OK);
}

enum code
progress_finish_lesson(struct req *r, const char *course_id,
    const char *lesson_id)
{
	return save(r, course_id, "lesson", lesson_id, NULL);
}

enum code
progress_set_answer(struct req *r, const char *course_id,
    const char *question_id, const char *option_id)
{
	return save(r, course_id, "question", question_id, option_id);
}

bool
progress_has_lesson(const struct progress *p, const char *lesson_id)
{
	size_t i;

	for (i = 0; i < p->nlessons; i++)
		if (str_eq(p->lessons[i], lesson_id))
			return true;
	return false;
}

const char *
progress_get_answer(const struct progress *p, const char *question_id)
{
	size_t i;

	for (i = 0; i < p->nanswers; i++)
		if (str_eq(p->answers[i].question, question_id))
			return p->answers[i].option;
	return NULL;
}

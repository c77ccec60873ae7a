/*
 * Reminders. A task is marked and its notice made in one transaction, so a kill
 * leaves nobody told twice or not at all; tasks that somebody else holds at
 * the moment wait for the next run.
 */
#include "service/sme_remind.h"

#include "service/notice.h"
#include "service/sme.h"

#define BATCH 100

#define DUE                                                     \
	"t.due_date > now() AND t.due_date <= now() + interval" \
	" '24 hours' AND t.due_reminded_at IS NULL"             \
	" AND t.status IN ('pending', 'changes_requested')"

enum query {
	Q_COUNT,
	Q_TAKE,
	Q__MAX
};

extern const struct db_query sme_remind_queries[];

const struct db_query sme_remind_queries[] = {
	[Q_COUNT] = {
	    .name = "sme_remind_count",
	    .nargs = 0,
	    .sql = "SELECT count(*) FROM sme_tasks t WHERE " DUE,
	},
	/* In the order in which people are told. */
	[Q_TAKE] = {
	    .name = "sme_remind_take",
	    .nargs = 0,
	    .sql = "WITH due AS (UPDATE sme_tasks SET due_reminded_at = now()"
		   " WHERE id IN (SELECT t.id FROM sme_tasks t WHERE " DUE
		   " ORDER BY t.assigned_to_user_id, t.id LIMIT 100"
		   " FOR NO KEY UPDATE SKIP LOCKED) RETURNING *)"
		   " SELECT " SME_TASK_COLUMNS ", s.name FROM due t"
		   " JOIN subject_matter_experts s"
		   " ON s.tenant_id = t.tenant_id AND s.id = t.sme_id"
		   " ORDER BY t.assigned_to_user_id, t.id",
	},
	[Q__MAX] = { 0 },
};

static const struct db_scope everything = { .superadmin = true };

static enum code
remind(struct db *db, struct arena *a, const struct db_rows *rows)
{
	char id[STR_UUID_LEN + 1];
	const char *task = db_text(rows, 0), *sme = db_text(rows, 2);
	const struct notice n = {
		.tenant_id = db_text(rows, 1),
		.user_id = db_text(rows, 6),
		.type = "task_due_soon",
		.title = arena_printf(a, "Due soon: %s", db_text(rows, 3)),
		.message =
		    arena_printf(a, "Content for %s is due within a day.",
			db_text(rows, SME_TASK_NCOLUMNS)),
		.task_id = task,
		.sme_id = sme,
		.action_url =
		    arena_printf(a, "/smes?sme=%s&task=%s", sme, task),
	};

	return notice_create(db, a, &n, id);
}

/* One batch in a transaction of its own. */
static enum code
step(struct db *db, struct arena *a, size_t *told)
{
	struct db_rows *rows;
	enum code code = CODE_OK;

	db_use(db, a);
	db_begin(db, DB_TX_WRITE, &everything);
	if ((rows = db_run(db, &sme_remind_queries[Q_TAKE], DB_NOARGS)) == NULL)
		return db_end(db, CODE_UNAVAILABLE);
	*told = db_count(rows);
	while (code == CODE_OK && db_next(rows))
		code = remind(db, a, rows);
	return db_end(db, code);
}

static enum code
count(struct db *db, struct arena *a, int64_t *n)
{
	struct db_rows *rows;

	db_use(db, a);
	db_begin(db, DB_TX_READ, &everything);
	rows = db_last(db, &sme_remind_queries[Q_COUNT], DB_NOARGS);
	if (rows == NULL || !db_next(rows))
		return db_end(db, CODE_UNAVAILABLE);
	*n = db_int(rows, 0);
	return db_end(db, CODE_OK);
}

enum code
sme_remind(struct db *db, struct arena *a, bool dry, int64_t *n)
{
	enum code code = CODE_OK;
	struct arena *batch;
	size_t told = BATCH;

	*n = 0;
	if (dry)
		return count(db, a, n);
	while (code == CODE_OK && told == BATCH) {
		batch = arena_new();
		if ((code = step(db, batch, &told)) == CODE_OK)
			*n += (int64_t)told;
		db_use(db, a);
		arena_free(batch);
	}
	return code;
}

/*
 * Who is told of knowledge that is ready, or of what could not be read: a
 * notice, and a mail where an address is known (spec content.md 12.2).
 */
#include "service/ingest_job.h"

#include "net/json.h"
#include "service/notice.h"
#include "service/outbox.h"
#include "service/people.h"

enum query {
	Q_PERSON,
	Q__MAX
};

extern const struct db_query ingest_tell_queries[];

const struct db_query ingest_tell_queries[] = {
	[Q_PERSON] = {
	    .name = "ingest_person",
	    .nargs = 2, /* tenant, user */
	    .sql = "SELECT kratos_id FROM users WHERE tenant_id = $1::uuid"
		   " AND id = $2::uuid AND removed_at IS NULL",
	},
	[Q__MAX] = { 0 },
};

/* Address and name of a user; email NULL: not known, so no mail. */
static struct pb_user *
person(struct ingest *g, const char *user_id)
{
	struct pb_user *user = arena_zalloc(g->r->mem, sizeof(*user));
	struct db_rows *rows;

	rows = db_run(g->r->db, &ingest_tell_queries[Q_PERSON],
	    DB_ARGS(g->tenant_id, user_id));
	if (rows != NULL && db_next(rows)) {
		user->kratos_id = db_text(rows, 0);
		people_fill(g->r, &user, 1);
	}
	return user;
}

static enum code
send(struct ingest *g, const struct ingest_news *n, const char *url,
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

enum code
ingest_tell(struct ingest *g, const struct ingest_news *n)
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

/*
 * mirai-sweep: removes from storage what nothing refers to any more, which is
 * what a kill or a storage failure leaves behind, ends the time of old archives
 * and stored answers, and copies the identity service's audit trail. It lists
 * first and asks the database afterwards, and touches no object younger than
 * an hour: no request lives that long, so one that is not referred to then
 * never will be.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/cache.h"
#include "db/db.h"
#include "identity/ident.h"
#include "net/store.h"
#include "rpc/idempotency.h"
#include "rpc/job.h"
#include "service/audit_copy.h"

#define HOUR_US	     (INT64_C(3600) * 1000000)
#define GRACE_HOURS  1
#define TMP_SECONDS  86400
#define STEP_SECONDS 600
#define EXPIRE_DAYS  "30"
#define ANSWERS	     5000 /* stored answers removed at a time */

enum query {
	Q_TENANTS,
	Q_COURSES,
	Q_ARCHIVES,
	Q_LESSONS,
	Q_EXPERTS,
	Q_SUBMISSIONS,
	Q_EXPIRED,
	Q_EXPIRE,
	Q_ANSWERS,
	Q__MAX
};

extern const struct db_query sweep_queries[];

const struct db_query sweep_queries[] = {
	[Q_TENANTS] = {
	    .name = "sweep_tenants",
	    .nargs = 0,
	    .sql = "SELECT id FROM tenants ORDER BY id",
	},
	[Q_COURSES] = {
	    .name = "sweep_courses",
	    .nargs = 1, /* tenant */
	    .sql = "SELECT id, content_path FROM courses"
		   " WHERE tenant_id = $1::uuid ORDER BY id",
	},
	[Q_ARCHIVES] = {
	    .name = "sweep_archives",
	    .nargs = 1, /* tenant */
	    .sql = "SELECT id, COALESCE(archive_key, '') FROM scorm_packages"
		   " WHERE tenant_id = $1::uuid AND (archive_key IS NOT NULL"
		   " OR status IN ('pending', 'processing')) ORDER BY id",
	},
	/* Of a lesson that was generated again the newest snapshot counts. */
	[Q_LESSONS] = {
	    .name = "sweep_lessons",
	    .nargs = 1, /* tenant */
	    .sql = "SELECT g.id, COALESCE((SELECT j.result_path"
		   " FROM generation_jobs j WHERE j.tenant_id = $1::uuid"
		   " AND j.lesson_id = g.id AND j.status = 'completed'"
		   " AND j.result_path IS NOT NULL"
		   " ORDER BY j.completed_at DESC, j.id LIMIT 1), '')"
		   " FROM generated_lessons g WHERE g.tenant_id = $1::uuid"
		   " ORDER BY g.id",
	},
	[Q_EXPERTS] = {
	    .name = "sweep_experts",
	    .nargs = 1, /* tenant */
	    .sql = "SELECT id, COALESCE(knowledge_content_path, '')"
		   " FROM subject_matter_experts WHERE tenant_id = $1::uuid"
		   " ORDER BY id",
	},
	[Q_SUBMISSIONS] = {
	    .name = "sweep_submissions",
	    .nargs = 1, /* tenant */
	    .sql = "SELECT id, file_path FROM sme_task_submissions"
		   " WHERE tenant_id = $1::uuid ORDER BY id",
	},
	[Q_EXPIRED] = {
	    .name = "sweep_expired",
	    .nargs = 0,
	    .sql = "SELECT tenant_id, id, archive_key FROM scorm_packages"
		   " WHERE status = 'completed' AND archive_key IS NOT NULL"
		   " AND completed_at < now() - interval '" EXPIRE_DAYS
		   " days' ORDER BY tenant_id, id",
	},
	[Q_EXPIRE] = {
	    .name = "sweep_expire",
	    .nargs = 2, /* tenant, export */
	    .sql = "UPDATE scorm_packages SET archive_key = NULL"
		   " WHERE tenant_id = $1::uuid AND id = $2::uuid",
	},
	[Q_ANSWERS] = {
	    .name = "sweep_answers",
	    .nargs = 2, /* seconds, at a time */
	    .sql = "DELETE FROM idempotency_keys"
		   " WHERE (tenant_id, user_id, key) IN"
		   " (SELECT tenant_id, user_id, key FROM idempotency_keys"
		   " WHERE created_at <= now() - $1::int * interval '1 second'"
		   " ORDER BY created_at LIMIT $2::int"
		   " FOR UPDATE SKIP LOCKED)",
	},
	[Q__MAX] = { 0 },
};

/* What one row keeps: an id and the one key that counts, "" for all. */
struct kept {
	const char *id;
	const char *key;
};

struct sweep {
	struct job *job;
	struct req *r; /* one for each tenant */
	int64_t now;
	bool failed;
};

/*
 * An area of storage: keys are PREFIX<id>REST. An object is kept when a row of
 * that id is there and either names the key or is not particular about it.
 */
struct area {
	const char *prefix;
	enum query query;
	char rest; /* what follows the id */
	int hours; /* younger objects are left alone */
	const char
	    *particular; /* of REST: only the key the row names is kept */
};

static const struct area areas[] = {
	{ "courses/", Q_COURSES, '/', GRACE_HOURS, "content." },
	{ "exports/", Q_ARCHIVES, '.', GRACE_HOURS, "" },
	{ "lessons/", Q_LESSONS, '/', GRACE_HOURS, "content." },
	{ "sme/", Q_EXPERTS, '/', GRACE_HOURS, "knowledge." },
	/* Uploaded, and to be submitted within the day. */
	{ "submissions/", Q_SUBMISSIONS, '/', 24, "" },
};

static bool
is_old(const struct sweep *s, const struct store_item *item, int hours)
{
	return item->modified_at < s->now - hours * HOUR_US;
}

static struct db_rows *
ask(struct sweep *s, const char *tenant, enum db_tx tx,
    const struct db_query *q, size_t nargs, const char *const *args)
{
	struct db_scope scope = {
		.tenant_id = tenant,
		.superadmin = tenant == NULL,
		.deadline_ms = clock_mono_ms() + STEP_SECONDS * INT64_C(1000),
	};
	struct db_rows *rows;

	job_deadline(STEP_SECONDS);
	db_begin(s->r->db, tx, &scope);
	rows = db_last(s->r->db, q, nargs, args);
	if (db_end(s->r->db, rows == NULL ? CODE_INTERNAL : CODE_OK) == CODE_OK)
		return rows;
	s->failed = true;
	return NULL;
}

static void
remove_object(struct sweep *s, const char *tenant, const char *key)
{
	job_say(s->job, "%s/%s", tenant, key);
	if (!s->job->dry &&
	    store_delete(s->r->env->store, tenant, key) != CODE_OK)
		s->failed = true;
}

static int
by_id(const void *x, const void *y)
{
	const struct kept *a = x, *b = y;

	return strcmp(a->id, b->id);
}

static bool
is_kept(const struct area *area, const char *key, const struct kept *v,
    size_t n)
{
	struct kept want = { 0 };
	const struct kept *found;
	const char *name;
	char id[STR_UUID_LEN + 1];

	name = key + strlen(area->prefix);
	if (strlen(name) <= STR_UUID_LEN || name[STR_UUID_LEN] != area->rest)
		return true; /* not one of ours: leave it */
	memcpy(id, name, STR_UUID_LEN);
	id[STR_UUID_LEN] = '\0';
	want.id = id;
	if (!str_is_uuid(id))
		return true;
	if ((found = bsearch(&want, v, n, sizeof(*v), by_id)) == NULL)
		return false;
	name += STR_UUID_LEN + 1;
	return found->key[0] == '\0' || !str_starts(name, area->particular) ||
	    strcmp(found->key, key) == 0;
}

static void
sweep_area(struct sweep *s, const char *tenant, const struct area *area)
{
	struct store_item *items;
	struct db_rows *rows;
	struct kept *v;
	size_t i, n, nitems;

	if (store_items(s->r->env->store, s->r->mem, tenant, area->prefix,
		&items, &nitems) != CODE_OK) {
		s->failed = true;
		return;
	}
	if (nitems == 0)
		return;
	rows = ask(s, tenant, DB_TX_READ, &sweep_queries[area->query],
	    DB_ARGS(tenant));
	if (rows == NULL)
		return;
	v = arena_calloc(s->r->mem, db_count(rows) + 1, sizeof(*v));
	for (n = 0; db_next(rows); n++) {
		v[n].id = db_text(rows, 0);
		v[n].key = db_text(rows, 1);
	}
	for (i = 0; i < nitems && !job_stopping(); i++)
		if (is_old(s, &items[i], area->hours) &&
		    !is_kept(area, items[i].key, v, n))
			remove_object(s, tenant, items[i].key);
}

/* A tenant that is gone keeps nothing. */
static void
sweep_gone(struct sweep *s, const char *tenant)
{
	struct store_item *items;
	size_t i, nitems;

	if (store_items(s->r->env->store, s->r->mem, tenant, "", &items,
		&nitems) != CODE_OK) {
		s->failed = true;
		return;
	}
	for (i = 0; i < nitems && !job_stopping(); i++)
		if (is_old(s, &items[i], GRACE_HOURS))
			remove_object(s, tenant, items[i].key);
}

static void
sweep_tenant(struct sweep *s, const char *tenant, bool gone)
{
	struct req *outer;
	size_t i;

	outer = s->r;
	s->r = req_local(outer->env);
	db_use(s->r->db, s->r->mem);
	if (gone)
		sweep_gone(s, tenant);
	for (i = 0; !gone && i < NITEMS(areas); i++)
		sweep_area(s, tenant, &areas[i]);
	req_done(s->r);
	s->r = outer;
	db_use(s->r->db, s->r->mem);
}

static int
by_text(const void *x, const void *y)
{
	const char *const *a = x, *const *b = y;

	return strcmp(*a, *b);
}

/*
 * Every tenant with objects. The tenants are read after the listing, so a
 * new one is never taken for one that is gone.
 */
static void
sweep_objects(struct sweep *s)
{
	const char **stored, **known;
	struct db_rows *rows;
	size_t i, n;

	if (store_tenants(s->r->env->store, s->r->mem, &stored) != CODE_OK) {
		s->failed = true;
		return;
	}
	rows = ask(s, NULL, DB_TX_READ, &sweep_queries[Q_TENANTS], DB_NOARGS);
	if (rows == NULL)
		return;
	known = arena_calloc(s->r->mem, db_count(rows) + 1, sizeof(*known));
	for (n = 0; db_next(rows); n++)
		known[n] = db_text(rows, 0);
	for (i = 0; stored[i] != NULL && !job_stopping(); i++)
		sweep_tenant(s, stored[i],
		    bsearch(&stored[i], known, n, sizeof(*known), by_text) ==
			NULL);
}

/* The row first: from then on no download is promised. */
static void
expire_archives(struct sweep *s)
{
	const char *tenant, *id, *key;
	struct db_rows *rows;

	rows = ask(s, NULL, DB_TX_READ, &sweep_queries[Q_EXPIRED], DB_NOARGS);
	while (rows != NULL && db_next(rows) && !job_stopping()) {
		tenant = db_text(rows, 0);
		id = db_text(rows, 1);
		key = db_text(rows, 2);
		if (!s->job->dry) {
			if (ask(s, tenant, DB_TX_WRITE,
				&sweep_queries[Q_EXPIRE],
				DB_ARGS(tenant, id)) == NULL)
				continue;
			cache_drop(s->r->env->cache, tenant, "course");
		}
		remove_object(s, tenant, key);
	}
}

/* Answers to retried writes whose time is over (rpc/idempotency.h). */
static void
expire_answers(struct sweep *s)
{
	struct db_rows *rows;

	do {
		rows = ask(s, NULL, DB_TX_WRITE, &sweep_queries[Q_ANSWERS],
		    DB_ARGS(db_arg_int(s->r->mem, IDEMPOTENCY_SECONDS),
			db_arg_int(s->r->mem, ANSWERS)));
	} while (
	    rows != NULL && db_affected(rows) == ANSWERS && !job_stopping());
}

/* Whether this installation keeps its own people, here. */
static const char *
identities_url(const struct conf *conf)
{
	if (ident_is_external(conf))
		return NULL;
	return conf_text(conf, "identity.database.url");
}

/* What happened to people, to the logs of their companies. */
static void
copy_audit(struct sweep *s)
{
	const char *url = identities_url(s->r->env->conf);
	struct db *identities;
	struct arena *a;
	int64_t after = 0, n;

	if (url == NULL)
		return;
	identities = db_open(url, "mirai-sweep");
	do {
		job_deadline(STEP_SECONDS);
		a = arena_new();
		n = audit_copy_step(identities, s->r->db, a, &after);
		arena_free(a);
	} while (n > 0 && !job_stopping());
	if (n == -1)
		s->failed = true;
	db_close(identities);
	db_use(s->r->db, s->r->mem);
}

int
main(int argc, char **argv)
{
	struct sweep s = { 0 };
	struct job j;
	int status;

	if (job_open(&j, "mirai-sweep", argc, argv, &status) == -1)
		return status;
	s.job = &j;
	s.r = req_local(&j.env);
	s.now = clock_now_us();
	db_use(s.r->db, s.r->mem);
	expire_archives(&s);
	if (!j.dry) {
		expire_answers(&s);
		copy_audit(&s);
	}
	sweep_objects(&s);
	if (!j.dry && store_clean(j.env.store, TMP_SECONDS) != CODE_OK)
		s.failed = true;
	req_done(s.r);
	job_close(&j);
	return s.failed ? 1 : 0;
}

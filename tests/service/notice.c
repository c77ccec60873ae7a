/*
 * Notices as their makers and their streams see them: what is stored, what is
 * told and to whom, and that the numbers of one person's events rise in the
 * order of the commits however many write at once.
 */
#include "service/notice.h"

#include <sys/wait.h>
#include <unistd.h>

#include "mirai/v1/notification.rpc.h"

#include "direct.h"

#include "tests/db/kit.h"

#define WRITERS 6
#define EACH	40 /* transactions of one writer */

static struct direct d;
static struct db *worker;
static struct db *ear; /* listens */
static const struct db_scope nobody = { 0 };

static const struct db_query pause_query = {
	.name = "test_pause",
	.nargs = 1, /* seconds */
	.sql = "SELECT pg_sleep($1::float8)",
};

static struct notice
notice_to(const struct person *p)
{
	return (struct notice){ .tenant_id = p->tenant,
		.user_id = p->user,
		.type = "task_assigned",
		.title = "T",
		.message = "M" };
}

/* Makes one in a transaction of as (NULL: a worker's). */
static enum code
make(const struct person *as, const struct notice *n, bool commit,
    char id[STR_UUID_LEN + 1])
{
	struct db_scope scope = { .superadmin = true };
	struct db *db = as == NULL ? worker : d.env.db;
	enum code code;

	if (as != NULL)
		scope = (struct db_scope){ .tenant_id = as->tenant,
			.user_id = as->user };
	db_use(db, d.mem);
	db_begin(db, DB_TX_WRITE, &scope);
	code = notice_create(db, d.mem, n, id);
	if (code == CODE_OK && !commit) {
		(void)db_end(db, CODE_CANCELED);
		return CODE_OK;
	}
	return db_end(db, code);
}

/* The person's events as a superuser sees them. */
static struct db_rows *
events(const struct person *p)
{
	struct db_rows *rows;

	rows = kit_run(d.super, d.mem, &nobody,
	    "SELECT " NOTICE_EVENT_COLUMNS " FROM notification_events e"
	    " WHERE e.user_id = '%s' ORDER BY e.id",
	    p->user);
	if (rows == NULL)
		exit(1);
	return rows;
}

static int64_t
notices(const struct person *p)
{
	return kit_number(kit_run(d.super, d.mem, &nobody,
	    "SELECT count(*) FROM notifications WHERE user_id = '%s'",
	    p->user));
}

static void
clean(void)
{
	direct_sql(&d,
	    "DELETE FROM notifications;"
	    "DELETE FROM notification_events");
}

/* What was told since the last call, NULL for nothing. */
static const char *
heard(void)
{
	const char *channel, *payload;

	if (db_wait(ear, 300, &channel, &payload) != 1 ||
	    !str_eq(channel, NOTICE_CHANNEL))
		return NULL;
	return payload;
}

/* --- one at a time --------------------------------------------------------- */

/* What a notice can be about. */
#define SME  "a6000000-0000-4000-8000-000000000001"
#define TASK "a6000000-0000-4000-8000-000000000002"
#define JOB  "a6000000-0000-4000-8000-000000000003"

static void
make_subjects(void)
{
	direct_sql(&d,
	    "INSERT INTO subject_matter_experts (id, tenant_id, company_id,"
	    " name, domain, created_by_user_id) VALUES ('" SME "', '" TENANT_A
	    "', '" COMPANY_A "', 'E', 'D', '" USER_A(
		1) "');"
		   "INSERT INTO sme_tasks (id, tenant_id, sme_id, title,"
		   " assigned_to_user_id, assigned_by_user_id) VALUES ('" TASK
		   "', '" TENANT_A "', '" SME
		   "', 'T', '" USER_A(2) "', '" USER_A(
		       1) "');"
			  "INSERT INTO generation_jobs (id, tenant_id, type,"
			  " created_by_user_id) VALUES ('" JOB "', '" TENANT_A
			  "', 'sme_ingestion', '" USER_A(2) "')");
}

/* The event says what a list says. */
static void
test_event_is_the_notice(void)
{
	struct pb_subscribe_notifications_response e = { 0 };
	struct pb_list_notifications_request in = { 0 };
	struct pb_list_notifications_response out = { 0 };
	struct notice n = notice_to(&teacher);
	struct buf *listed = buf_new(d.mem), *told = buf_new(d.mem);
	char id[STR_UUID_LEN + 1];
	struct db_rows *rows;
	struct req *r;

	n.priority = "high";
	n.title = "T\u00eftle \"quoted\"\\";
	n.message = "First\nsecond \U0001f600";
	n.action_url = "/smes?sme=1&task=2";
	make_subjects();
	n.job_id = JOB;
	n.task_id = TASK;
	n.sme_id = SME;
	CHECK(make(&admin, &n, true, id) == CODE_OK);
	rows = events(&teacher);
	CHECK(db_count(rows) == 1 && db_next(rows));
	CHECK_STR(heard(),
	    arena_printf(d.mem, "%s %s %s", teacher.tenant, teacher.user,
		db_text(rows, 0)));
	CHECK(notice_event_read(d.mem, rows, 0, &e));
	CHECK(e.event_type == PB_NOTIFICATION_EVENT_TYPE_CREATED);
	CHECK_STR(e.notification->id, id);
	CHECK_STR(e.notification->title, n.title);
	CHECK_STR(e.notification->job_id, JOB);
	CHECK_STR(e.notification->task_id, TASK);
	CHECK_STR(e.notification->sme_id, SME);
	CHECK(e.notification->priority == PB_NOTIFICATION_PRIORITY_HIGH);
	d.as = &teacher;
	CHECK(direct_run(&d, "ListNotifications", &in, &out, &r) == CODE_OK);
	CHECK(out.nnotifications == 1);
	pb_encode(told, &pb_notification_desc, e.notification);
	pb_encode(listed, &pb_notification_desc, out.notifications);
	CHECK(told->len == listed->len &&
	    memcmp(told->data, listed->data, told->len) == 0);
	req_done(r);
	clean();
}

static void
test_read_and_deleted(void)
{
	struct pb_subscribe_notifications_response e;
	struct notice n = notice_to(&teacher);
	char id[STR_UUID_LEN + 1];
	struct db_rows *rows;

	CHECK(make(NULL, &n, true, id) == CODE_OK);
	(void)direct_call(&d, &teacher, "MarkAsRead",
	    "{\"notificationIds\": [\"%s\"]}", id);
	CHECK(d.code == CODE_OK);
	(void)direct_call(&d, &teacher, "DeleteNotification",
	    "{\"notificationId\": \"%s\"}", id);
	CHECK(d.code == CODE_OK);
	rows = events(&teacher);
	CHECK(db_count(rows) == 3 && db_next(rows) && db_next(rows));
	CHECK(heard() != NULL);
	CHECK_STR(heard(),
	    arena_printf(d.mem, "%s %s %s", teacher.tenant, teacher.user,
		db_text(rows, 0)));
	CHECK(notice_event_read(d.mem, rows, 0, &e));
	CHECK(e.event_type == PB_NOTIFICATION_EVENT_TYPE_READ);
	CHECK(e.notification->read && e.notification->read_at != NULL);
	CHECK(db_next(rows) && notice_event_read(d.mem, rows, 0, &e));
	CHECK(e.event_type == PB_NOTIFICATION_EVENT_TYPE_DELETED);
	CHECK_STR(e.notification->id, id);
	CHECK(heard() != NULL);
	CHECK(heard() == NULL);
	clean();
}

/* An event that no version of ours wrote is skipped, not guessed at. */
static void
test_unreadable_events(void)
{
	static const char *const bad[] = { "{}", "[]", "3",
		"{\"id\": 3, \"tenant_id\": \"t\", \"user_id\": \"u\","
		" \"type\": \"outline_ready\", \"priority\": \"low\","
		" \"title\": \"t\", \"message\": \"m\"}",
		"{\"id\": \"i\", \"tenant_id\": \"t\", \"user_id\": \"u\","
		" \"type\": \"outline_ready\", \"priority\": \"low\","
		" \"title\": \"t\", \"message\": \"m\","
		" \"created_at\": \"yesterday\"}" };
	struct pb_subscribe_notifications_response e;
	struct db_rows *rows;
	size_t i;

	for (i = 0; i < NITEMS(bad); i++)
		direct_sql(&d,
		    arena_printf(d.mem,
			"INSERT INTO notification_events (tenant_id, user_id,"
			" kind, notice) VALUES ('%s', '%s', 1, '%s')",
			teacher.tenant, teacher.user, bad[i]));
	rows = events(&teacher);
	CHECK(db_count(rows) == NITEMS(bad));
	while (db_next(rows))
		CHECK(!notice_event_read(d.mem, rows, 0, &e));
	clean();
}

static void
test_nothing_without_commit(void)
{
	struct notice n = notice_to(&teacher);
	char id[STR_UUID_LEN + 1];

	CHECK(make(&teacher, &n, false, id) == CODE_OK);
	CHECK(notices(&teacher) == 0);
	CHECK(db_count(events(&teacher)) == 0);
	CHECK(heard() == NULL);
}

static void
test_limits(void)
{
	static const char *const bad[] = { "", "x", "//evil.example/",
		"/\\evil", "https://evil.example/", "javascript:alert(1)",
		"/a b", "/a\nb", "/a\\b" };
	struct notice n = notice_to(&teacher);
	struct json *j;
	char id[STR_UUID_LEN + 1], url[503], title[1203];
	size_t i;

	for (i = 0; i < NITEMS(bad); i++) {
		n.action_url = bad[i];
		CHECK(make(&teacher, &n, true, id) == CODE_INVALID_ARGUMENT);
	}
	memset(url, 'u', sizeof(url));
	url[0] = '/';
	url[501] = '\0';
	n.action_url = url;
	CHECK(make(&teacher, &n, true, id) == CODE_INVALID_ARGUMENT);
	CHECK(notices(&teacher) == 0);
	url[500] = '\0';
	for (i = 0; i < 600; i++)
		memcpy(title + 2 * i, "\u00e9", 2);
	title[1200] = '\0';
	n.title = title;
	CHECK(make(&teacher, &n, true, id) == CODE_OK);
	j = direct_call(&d, &teacher, "ListNotifications", "{}");
	CHECK(strlen(direct_text(j, "notifications.0.title")) == 1000);
	CHECK_STR(direct_text(j, "notifications.0.actionUrl"), url);
	CHECK_STR(direct_text(j, "notifications.0.priority"),
	    "NOTIFICATION_PRIORITY_NORMAL");
	clean();
}

/* The table itself keeps other hosts out, whoever writes. */
static void
test_table_wants_local_paths(void)
{
	static const char *const bad[] = { "//evil", "/\\evil", "evil", "" };
	size_t i;

	for (i = 0; i < NITEMS(bad); i++)
		CHECK(db_script(d.super, "test",
			  arena_printf(d.mem,
			      "INSERT INTO notifications (tenant_id, user_id,"
			      " type, title, message, action_url) VALUES ('%s',"
			      " '%s', 'outline_ready', 't', 'm', '%s')",
			      teacher.tenant, teacher.user, bad[i])) == -1);
	CHECK(notices(&teacher) == 0);
}

/* Nobody is told across tenants, nor who does not exist. */
static void
test_strangers(void)
{
	struct notice n = notice_to(&other);
	char id[STR_UUID_LEN + 1];

	CHECK(make(&teacher, &n, true, id) != CODE_OK);
	n.tenant_id = teacher.tenant;
	CHECK(make(&teacher, &n, true, id) == CODE_FAILED_PRECONDITION);
	CHECK(make(NULL, &n, true, id) == CODE_FAILED_PRECONDITION);
	n.user_id = USER_A(7);
	CHECK(make(NULL, &n, true, id) == CODE_FAILED_PRECONDITION);
	CHECK(notices(&other) == 0);
	CHECK(db_count(events(&other)) == 0);
	CHECK(heard() == NULL);
}

/* --- many at once ---------------------------------------------------------- */

/* A writer's transactions, of uneven length; every third has two events. */
static int
write_many(unsigned seed)
{
	const struct db_scope scope = { .superadmin = true };
	struct notice n = notice_to(&expert);
	char id[STR_UUID_LEN + 1];
	int i;

	worker = db_open(direct_getenv("DATABASE_WORKER_URL"), "writer");
	db_use(worker, d.mem);
	for (i = 0; i < EACH; i++) {
		db_begin(worker, DB_TX_WRITE, &scope);
		if (notice_create(worker, d.mem, &n, id) != CODE_OK ||
		    (i % 3 == 0 &&
			notice_create(worker, d.mem, &n, id) != CODE_OK))
			return 1;
		seed = seed * 1103515245u + 12345u;
		db_queue(worker, &pause_query,
		    DB_ARGS(seed % 5 == 0 ? "0.004" : "0"));
		if (db_end(worker, CODE_OK) != CODE_OK)
			return 1;
	}
	return 0;
}

static pid_t
start(int (*run)(unsigned), unsigned seed)
{
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) != 0)
		return pid;
	_exit(run(seed));
}

static bool
ended_well(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 0;
}

static void
drop_connections(void)
{
	db_close(d.env.db);
	db_close(d.super);
	db_close(worker);
	db_close(ear);
	d.env.db = d.super = worker = ear = NULL;
}

static void
connect_again(void)
{
	d.env.db = db_open(direct_getenv("DATABASE_URL"), "test");
	d.super = db_open(direct_super(d.mem), "test");
	worker = db_open(direct_getenv("DATABASE_WORKER_URL"), "test");
	db_use(d.super, d.mem);
}

/*
 * Whoever has seen an event has seen all before it: what is seen now only adds
 * to the end of what was seen before.
 */
static void
test_numbers_rise_with_commits(void)
{
	const size_t all = (size_t)WRITERS * (EACH + (EACH + 2) / 3);
	int64_t seen[WRITERS * EACH * 2], late = 0;
	pid_t pids[WRITERS];
	struct db_rows *rows;
	size_t i, n = 0;
	int looks = 0;

	drop_connections();
	for (i = 0; i < WRITERS; i++)
		pids[i] = start(write_many, (unsigned)i + 1);
	connect_again();
	for (looks = 0; n < all && looks < 20000; looks++) {
		rows = events(&expert);
		for (i = 0; db_next(rows) && i < NITEMS(seen); i++) {
			if (i < n)
				late += db_int(rows, 0) != seen[i];
			seen[i] = db_int(rows, 0);
		}
		n = i;
	}
	for (i = 0; i < WRITERS; i++)
		CHECK(ended_well(pids[i]));
	printf("# %d looks\n", looks);
	CHECK(n == all);
	CHECK(late == 0);
}

static int
mark_and_delete(unsigned seed)
{
	struct json *j;
	int i, mine = 0;

	d.env.db = db_open(direct_getenv("DATABASE_URL"), "marker");
	for (i = 0; i < 15; i++) {
		j = direct_call(&d, &expert, "ListNotifications",
		    "{\"limit\": 7, \"unreadOnly\": true}");
		if (seed == 1 && i % 5 == 4)
			(void)direct_call(&d, &expert, "MarkAllAsRead", "{}");
		else if (seed == 2 &&
		    direct_text(j, "notifications.3.id") != NULL)
			(void)direct_call(&d, &expert, "DeleteNotification",
			    "{\"notificationId\": \"%s\"}",
			    direct_text(j, "notifications.3.id"));
		else if (direct_text(j, "notifications.1.id") != NULL)
			(void)direct_call(&d, &expert, "MarkAsRead",
			    "{\"notificationIds\": [\"%s\", \"%s\"]}",
			    direct_text(j, "notifications.1.id"),
			    direct_text(j, "notifications.0.id"));
		mine += d.code != CODE_OK && d.code != CODE_NOT_FOUND;
	}
	return mine;
}

/* Each change is told of once, though everybody changes the same rows. */
static void
test_each_change_once(void)
{
	pid_t pids[6];
	size_t i;

	clean();
	drop_connections();
	for (i = 0; i < NITEMS(pids); i++)
		pids[i] = i < 2 ? start(write_many, (unsigned)i + 1)
				: start(mark_and_delete, (unsigned)i - 1);
	for (i = 0; i < NITEMS(pids); i++)
		CHECK(ended_well(pids[i]));
	connect_again();
	CHECK(kit_number(kit_run(d.super, d.mem, &nobody,
		  "SELECT count(*) FROM (SELECT 1 FROM notification_events"
		  " GROUP BY kind, notice ->> 'id' HAVING count(*) > 1) v")) ==
	    0);
	/* As many are read, or were before they went, as were told of. */
	CHECK(kit_number(kit_run(d.super, d.mem, &nobody,
		  "SELECT (SELECT count(*) FROM notifications WHERE read)"
		  " + (SELECT count(*) FROM notification_events"
		  " WHERE kind = 3 AND (notice ->> 'read')::boolean)"
		  " - (SELECT count(*) FROM notification_events"
		  " WHERE kind = 2)")) == 0);
	clean();
}

int
main(void)
{
	direct_open(&d, &notification_service);
	kit_quiet();
	worker = db_open(direct_getenv("DATABASE_WORKER_URL"), "test");
	ear = db_open(direct_getenv("DATABASE_WORKER_URL"), "ear");
	if (db_listen(ear, NOTICE_CHANNEL) == -1)
		exit(1);
	test_event_is_the_notice();
	test_read_and_deleted();
	test_unreadable_events();
	test_nothing_without_commit();
	test_limits();
	while (heard() != NULL)
		;
	test_table_wants_local_paths();
	test_strangers();
	test_numbers_rise_with_commits();
	test_each_change_once();
	drop_connections();
	d.env.db = NULL;
	direct_close(&d);
	return test_done();
}

/*
 * mirai-sweep: removes what nothing refers to, and nothing else.
 */
#include "mirai/v1/course.rpc.h"

#include <sys/wait.h>

#include "tests/service/direct.h"

#define GONE "d0000000-0000-4000-8000-000000000000" /* no such tenant */
#define NONE "dddddddd-0000-4000-8000-000000000000"

static struct direct d;

static int
run(const char *args)
{
	int rc;

	fflush(stdout);
	rc = system(arena_printf(d.mem, "%s/bin/mirai-sweep %s",
	    direct_getenv("BUILD"), args));
	return WIFEXITED(rc) ? WEXITSTATUS(rc) : -1;
}

static void
put(const char *tenant, const char *key)
{
	CHECK(store_put(d.env.store, tenant, key, "text/plain", "x", 1) ==
	    CODE_OK);
}

static bool
there(const char *tenant, const char *key)
{
	return store_exists(d.env.store, tenant, key, NULL) == CODE_OK;
}

static void
age(const char *what)
{
	CHECK(system(arena_printf(d.mem,
		  "find '%s' -type f -exec touch -d '%s ago' {} +",
		  direct_getenv("LOCAL_STORAGE_DIR"), what)) == 0);
}

static const struct db_query path_query = { .name = "sweep_path",
	.sql = "SELECT content_path FROM courses" };
static const struct db_query keys_query = { .name = "sweep_keys",
	.sql =
	    "SELECT string_agg(key, ' ' ORDER BY key) FROM idempotency_keys" };

static const char *
ask(const struct db_query *q)
{
	struct db_scope scope = { .deadline_ms = 0 };
	struct db_rows *rows;

	db_begin(d.super, DB_TX_READ, &scope);
	rows = db_last(d.super, q, DB_NOARGS);
	if (db_end(d.super, CODE_OK) != CODE_OK || !db_next(rows))
		return NULL;
	return db_text_null(rows, 0);
}

static void
test_objects(void)
{
	const char *id, *path, *old, *archive, *pending, *orphan, *note;
	struct json *j;

	j = direct_call(&d, &teacher, "CreateCourse", "{}");
	id = direct_text(j, "course.id");
	path = ask(&path_query);
	j = direct_call(&d, &teacher, "ExportCourse",
	    "{\"courseId\": \"%s\", \"format\": 1}", id);
	pending =
	    arena_printf(d.mem, "exports/%s.zip", direct_text(j, "export.id"));
	old = arena_printf(d.mem, "courses/%s/content.0.old.json", id);
	note = arena_printf(d.mem, "courses/%s/cover.png", id);
	orphan = "courses/" NONE "/content.1.x.json";
	archive = "exports/" NONE ".zip";
	put(TENANT_A, old);
	put(TENANT_A, note);
	put(TENANT_A, orphan);
	put(TENANT_A, archive);
	put(TENANT_A, pending);
	put(TENANT_A, "submissions/x/files/a.pdf");
	put(TENANT_A, "courses/readme");
	put(GONE, "courses/" NONE "/content.1.x.json");
	/* a tenant's object does not keep another tenant's of the same name */
	put(TENANT_B, path);

	CHECK(run("") == 0);
	CHECK(there(TENANT_A, old) && there(TENANT_A, orphan));
	age("2 hours");
	CHECK(run("-n | wc -l | grep -qx 5") == 0);
	CHECK(there(TENANT_A, old) && there(TENANT_A, orphan));
	CHECK(run("") == 0);
	CHECK(there(TENANT_A, path));
	CHECK(!there(TENANT_A, old));
	CHECK(there(TENANT_A, note));
	CHECK(!there(TENANT_A, orphan));
	CHECK(!there(TENANT_A, archive));
	CHECK(there(TENANT_A, pending)); /* is being made */
	CHECK(there(TENANT_A, "submissions/x/files/a.pdf"));
	CHECK(there(TENANT_A, "courses/readme"));
	CHECK(!there(GONE, "courses/" NONE "/content.1.x.json"));
	CHECK(!there(TENANT_B, path));
	CHECK(run("-v | grep -q .") == 1);
}

static void
test_expiry(void)
{
	const char *id, *key;
	struct json *j;

	j = direct_call(&d, &teacher, "CreateCourse", "{}");
	j = direct_call(&d, &teacher, "ExportCourse",
	    "{\"courseId\": \"%s\", \"format\": 1}",
	    direct_text(j, "course.id"));
	id = direct_text(j, "export.id");
	key = arena_printf(d.mem, "exports/%s.zip", id);
	put(TENANT_A, key);
	direct_sql(&d,
	    arena_printf(d.mem,
		"UPDATE scorm_packages SET status = 'completed',"
		" archive_key = '%s',"
		" completed_at = now() - interval '29 days' WHERE id = '%s'",
		key, id));
	age("2 hours");
	CHECK(run("") == 0);
	CHECK(there(TENANT_A, key));
	CHECK(direct_call(&d, &admin, "DownloadExport",
		  "{\"exportId\": \"%s\"}", id) != NULL);
	direct_sql(&d,
	    "UPDATE scorm_packages SET completed_at = now()"
	    " - interval '31 days' WHERE status = 'completed'");
	CHECK(run("") == 0);
	CHECK(!there(TENANT_A, key));
	(void)direct_call(&d, &admin, "DownloadExport",
	    "{\"exportId\": \"%s\"}", id);
	CHECK(d.code == CODE_NOT_FOUND);
	j = direct_call(&d, &admin, "GetExportStatus", "{\"exportId\": \"%s\"}",
	    id);
	CHECK_STR(direct_text(j, "export.status"), "EXPORT_STATUS_COMPLETED");
}

static void
test_answers(void)
{
	direct_sql(&d,
	    "INSERT INTO idempotency_keys (tenant_id, user_id, key, method,"
	    " message_sha256, answer, created_at) VALUES"
	    " ('" TENANT_A
	    "', '" USER_A(1) "', 'new', 'm', '', '',"
			     " now() - interval '23 hours'),"
			     " ('" TENANT_A "', '" USER_A(
				 1) "', 'old', 'm', '', '',"
				    " now() - interval '24 hours'),"
				    " ('" TENANT_B "', '" USER_B(
					1) "', 'older', 'm', '', '',"
					   " now() - interval '9 days')");
	CHECK(run("-n") == 0);
	CHECK_STR(ask(&keys_query), "new old older");
	CHECK(run("") == 0);
	CHECK_STR(ask(&keys_query), "new");
	direct_sql(&d,
	    "INSERT INTO idempotency_keys (tenant_id, user_id, key, method,"
	    " message_sha256, answer, created_at) SELECT '" TENANT_A
	    "', '" USER_A(
		1) "', 'k' || n, 'm', '', '',"
		   " now() - interval '2 days' FROM generate_series(1, 10001) n");
	CHECK(run("") == 0);
	CHECK_STR(ask(&keys_query), "new");
}

int
main(void)
{
	direct_open(&d, &course_service);
	test_objects();
	test_expiry();
	test_answers();
	CHECK(run("-x 2>/dev/null") == 2);
	CHECK(run("-V >/dev/null") == 0);
	direct_close(&d);
	return test_done();
}

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

#define LESSON	   "a1110000-0000-4000-8000-000000000001"
#define EXPERT	   "a2220000-0000-4000-8000-000000000001"
#define SUBMISSION "a3330000-0000-4000-8000-000000000001"

/* An expert with a submission, and a lesson that was generated twice. */
static void
make_generated(void)
{
	direct_sql(&d,
	    "WITH e AS (INSERT INTO subject_matter_experts (id, tenant_id,"
	    " company_id, name, domain, created_by_user_id,"
	    " knowledge_content_path) SELECT '" EXPERT "', tenant_id,"
	    " company_id, 'E', 'd', id, 'sme/" EXPERT "/knowledge.2.json'"
	    " FROM users WHERE id = '" USER_A(
		1) "'"
		   " RETURNING id, tenant_id, created_by_user_id AS who),"
		   " t AS (INSERT INTO sme_tasks (tenant_id, sme_id, title,"
		   " assigned_to_user_id, assigned_by_user_id)"
		   " SELECT tenant_id, id, 't', who, who FROM e"
		   " RETURNING id, tenant_id, assigned_to_user_id AS who)"
		   " INSERT INTO sme_task_submissions (id, tenant_id, task_id,"
		   " file_name, file_path, content_type, file_size_bytes,"
		   " submitted_by_user_id) SELECT '" SUBMISSION
		   "', tenant_id, id,"
		   " 'a.pdf', 'submissions/" SUBMISSION "/files/a.pdf',"
		   " 'document', 1, who FROM t");
	direct_sql(&d,
	    "WITH o AS (INSERT INTO course_outlines (tenant_id, course_id)"
	    " SELECT tenant_id, id FROM courses LIMIT 1"
	    " RETURNING id, tenant_id, course_id),"
	    " s AS (INSERT INTO outline_sections (tenant_id, outline_id,"
	    " title) SELECT tenant_id, id, 's' FROM o RETURNING id, tenant_id),"
	    " l AS (INSERT INTO outline_lessons (tenant_id, section_id, title)"
	    " SELECT tenant_id, id, 'l' FROM s RETURNING id, section_id),"
	    " g AS (INSERT INTO generated_lessons (id, tenant_id, course_id,"
	    " section_id, outline_lesson_id, title) SELECT '" LESSON
	    "', o.tenant_id, o.course_id, l.section_id, l.id, 'l' FROM o, l"
	    " RETURNING id, tenant_id)"
	    " INSERT INTO generation_jobs (tenant_id, type, status, lesson_id,"
	    " result_path, completed_at, created_by_user_id)"
	    " SELECT tenant_id, 'lesson_content', 'completed', id,"
	    " 'lessons/' || id || '/content.' || n || '.json',"
	    " now() + n * interval '1 minute', '" USER_A(
		1) "'"
		   " FROM g, generate_series(1, 2) AS n");
}

/* Snapshots that count, uploads of the last day and others' stay. */
static void
test_generated(void)
{
	static const struct {
		const char *key;
		bool stays;
	} rows[] = {
		{ "lessons/" LESSON "/content.1.json", false },
		{ "lessons/" LESSON "/content.2.json", true },
		{ "lessons/" NONE "/content.1.json", false },
		{ "sme/" EXPERT "/knowledge.1.json", false },
		{ "sme/" EXPERT "/knowledge.2.json", true },
		{ "sme/" NONE "/knowledge.json", false },
		{ "submissions/" SUBMISSION "/files/a.pdf", true },
		{ "submissions/" NONE "/files/a.pdf", false },
	};
	const char *young = "submissions/" NONE "/files/young.pdf";
	size_t i;

	make_generated();
	for (i = 0; i < NITEMS(rows); i++)
		put(TENANT_A, rows[i].key);
	age("25 hours");
	put(TENANT_A, young);
	CHECK(system(arena_printf(d.mem,
		  "find '%s' -name young.pdf -exec touch -d '23 hours ago'"
		  " {} +",
		  direct_getenv("LOCAL_STORAGE_DIR"))) == 0);
	CHECK(run("") == 0);
	for (i = 0; i < NITEMS(rows); i++)
		CHECK(there(TENANT_A, rows[i].key) == rows[i].stays);
	CHECK(there(TENANT_A, young));
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
	test_generated();
	test_expiry();
	test_answers();
	CHECK(run("-x 2>/dev/null") == 2);
	CHECK(run("-V >/dev/null") == 0);
	direct_close(&d);
	return test_done();
}

/*
 * AIGenerationService where one call alone shows nothing: several people at
 * the same course, what a deleted course leaves, and what polling costs beside
 * many jobs.
 */
#include "mirai/v1/ai_generation.rpc.h"

#include <sys/wait.h>
#include <unistd.h>

#include "direct.h"
#include "mirai/v1/course.rpc.h"
#include "service/ai_generation.h"

#define PROCS  4
#define ROUNDS 5
#define MANY   "8000" /* jobs of the tenant, and as many of another */
#define POLLS  400    /* until one is cheap */

/* What a poll may take, in microseconds; sanitizers take their own time. */
#ifdef ARENA_MALLOC
#define CHEAP 100000
#else
#define CHEAP 5000
#endif

#define EXPERT "a4000000-0000-4000-8000-000000000001"

static struct direct d;
static const char *course, *outline;

/* Runs fn in some processes at once; how many returned true. */
static int
together(bool (*fn)(void))
{
	pid_t pids[PROCS];
	int i, st, n;

	fflush(stdout);
	db_close(d.env.db);
	d.env.db = NULL;
	for (i = 0; i < PROCS; i++)
		if ((pids[i] = fork()) == 0) {
			d.env.db =
			    db_open(direct_getenv("DATABASE_URL"), "race");
			_exit(fn() ? 1 : 0);
		}
	for (i = n = 0; i < PROCS; i++) {
		(void)waitpid(pids[i], &st, 0);
		n += WIFEXITED(st) ? WEXITSTATUS(st) : 1000;
	}
	d.env.db = db_open(direct_getenv("DATABASE_URL"), "test");
	return n;
}

/* A statement keeps its place, by which the database knows it. */
static const struct db_query *
query(const char *name, const char *sql, unsigned nargs)
{
	static struct db_query known[32];
	size_t i;

	for (i = 0; i < NITEMS(known) && known[i].name != NULL; i++)
		if (strcmp(known[i].name, name) == 0)
			return &known[i];
	if (i == NITEMS(known))
		exit(1);
	known[i] = (struct db_query){ name, sql, nargs };
	return &known[i];
}

/* A statement of the test's own; arg is its $1 unless NULL. */
static struct db_rows *
ask_about(const char *name, const char *sql, const char *arg)
{
	const struct db_query *q = query(name, sql, arg != NULL);
	struct db_scope scope = { .deadline_ms = 0 };
	struct db_rows *rows;

	db_begin(d.super, DB_TX_WRITE, &scope);
	rows = db_last(d.super, q, q->nargs, &arg);
	if (db_end(d.super, rows == NULL ? CODE_INTERNAL : CODE_OK) !=
	    CODE_OK) {
		printf("Bail out! %s\n", sql);
		exit(1);
	}
	return rows;
}

static struct db_rows *
ask(const char *name, const char *sql)
{
	return ask_about(name, sql, NULL);
}

static long long
count(const char *name, const char *sql, const char *arg)
{
	struct db_rows *rows = ask_about(name, sql, arg);

	return db_next(rows) ? db_int(rows, 0) : -1;
}

/* A course with an outline of two lessons under review. */
static void
new_course(void)
{
	struct db_rows *rows;

	d.service = &course_service;
	course = direct_text(direct_call(&d, &teacher, "CreateCourse", "{}"),
	    "course.id");
	d.service = &ai_generation_service;
	rows = ask("test_new_outline",
	    "WITH o AS (INSERT INTO course_outlines (tenant_id, course_id)"
	    " SELECT tenant_id, id FROM courses ORDER BY created_at DESC"
	    " LIMIT 1 RETURNING id, tenant_id),"
	    " s AS (INSERT INTO outline_sections (tenant_id, outline_id, title,"
	    " position) SELECT tenant_id, id, 'S', 1 FROM o"
	    " RETURNING id, tenant_id),"
	    " l AS (INSERT INTO outline_lessons (tenant_id, section_id, title,"
	    " position) SELECT tenant_id, id, 'L' || n, n"
	    " FROM s, generate_series(1, 2) AS n) SELECT id FROM o");
	CHECK(db_next(rows));
	outline = db_text(rows, 0);
}

static void
approve(void)
{
	(void)ask("test_approve",
	    "UPDATE course_outlines SET approval_status = 'approved'");
}

/* --- several at once ------------------------------------------------------- */

static bool
approve_once(void)
{
	return direct_call(&d, getpid() % 2 == 0 ? &admin : &teacher,
		   "ApproveCourseOutline",
		   "{\"courseId\": \"%s\", \"outlineId\": \"%s\"}", course,
		   outline) != NULL;
}

/* One approves, the others find it approved; one time, one person. */
static void
test_approve(void)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		new_course();
		CHECK(together(approve_once) == PROCS);
		CHECK(count("test_approved",
			  "SELECT count(*) FROM course_outlines"
			  " WHERE approval_status = 'approved'"
			  " AND approved_by_user_id IS NOT NULL"
			  " AND revision = 1",
			  NULL) == i + 1);
	}
}

static bool
judge_once(void)
{
	const char *ids = arena_printf(d.mem,
	    "\"courseId\": \"%s\", \"outlineId\": \"%s\"", course, outline);

	if (getpid() % 2 == 0)
		return direct_call(&d, &admin, "ApproveCourseOutline", "{%s}",
			   ids) != NULL;
	return direct_call(&d, &teacher, "RejectCourseOutline",
		   "{%s, \"reason\": \"r\"}", ids) != NULL;
}

/* Who approves and who rejects cannot both be right. */
static void
test_judge(void)
{
	int good, i;

	for (i = 0; i < ROUNDS; i++) {
		new_course();
		good = together(judge_once);
		CHECK(good >= 1);
		CHECK(count("test_judged",
			  "SELECT CASE WHEN approval_status = 'rejected'"
			  " THEN (approved_at IS NULL AND $1 = '1')::int"
			  " ELSE (rejection_reason IS NULL)::int END"
			  " FROM course_outlines"
			  " ORDER BY generated_at DESC LIMIT 1",
			  db_arg_int(d.mem, good)) == 1);
	}
}

static bool
edit_once(void)
{
	return direct_call(&d, &teacher, "UpdateCourseOutline",
		   "{\"courseId\": \"%s\", \"outlineId\": \"%s\","
		   " \"revision\": 1, \"sections\": [{\"title\": \"S%d\","
		   " \"lessons\": [{\"title\": \"L%d\"}]}]}",
		   course, outline, (int)getpid(), (int)getpid()) != NULL;
}

/* The second of two who edit one state loses nothing unseen. */
static void
test_edit(void)
{
	struct json *j;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		new_course();
		CHECK(together(edit_once) == 1);
		j = direct_call(&d, &expert, "GetCourseOutline",
		    "{\"courseId\": \"%s\"}", course);
		CHECK(direct_int(j, "outline", "revision") == 2);
		CHECK(json_count(direct_at(j, "outline.sections")) == 1);
		CHECK(json_count(direct_at(j, "outline.sections.0.lessons")) ==
		    1);
	}
}

static bool
ask_outline(void)
{
	return direct_call(&d, &teacher, "GenerateCourseOutline",
		   "{\"input\": {\"courseId\": \"%s\", \"smeIds\":"
		   " [\"" EXPERT "\"], \"desiredOutcome\": \"%d\"}}",
		   course, (int)getpid()) != NULL;
}

static bool
ask_lessons(void)
{
	return direct_call(&d, &teacher, "GenerateAllLessons",
		   "{\"courseId\": \"%s\"}", course) != NULL;
}

/* However many ask, one job, or one parent with its children. */
static void
test_jobs(void)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		new_course();
		CHECK(together(ask_outline) == 1);
		CHECK(count("test_outline_jobs",
			  "SELECT count(*) FROM generation_jobs"
			  " WHERE type = 'course_outline'",
			  NULL) == i + 1);
	}
	(void)ask("test_no_jobs", "DELETE FROM generation_jobs");
	for (i = 0; i < ROUNDS; i++) {
		new_course();
		approve();
		CHECK(together(ask_lessons) == 1);
		CHECK(count("test_lesson_jobs",
			  "SELECT count(*) * 10 + count(parent_job_id)"
			  " FROM generation_jobs",
			  NULL) == (i + 1) * 32);
	}
}

static const char *lesson, *component;

/* The course's first lesson, written: one text. */
static void
write_lesson(void)
{
	struct db_rows *rows;

	rows = ask_about("test_write_lesson",
	    "WITH g AS (INSERT INTO generated_lessons (tenant_id, course_id,"
	    " section_id, outline_lesson_id, title) SELECT o.tenant_id,"
	    " o.course_id, s.id, l.id, 't' FROM course_outlines o"
	    " JOIN outline_sections s ON s.outline_id = o.id"
	    " JOIN outline_lessons l ON l.section_id = s.id"
	    " WHERE o.id = $1::uuid ORDER BY l.position LIMIT 1"
	    " RETURNING id, tenant_id)"
	    " INSERT INTO lesson_components (tenant_id, lesson_id, type,"
	    " content_json) SELECT tenant_id, id, 'text',"
	    " '{\"html\": \"<p>0</p>\", \"plaintext\": \"0\"}' FROM g"
	    " RETURNING lesson_id, id",
	    outline);
	CHECK(db_next(rows));
	lesson = db_text(rows, 0);
	component = db_text(rows, 1);
}

static bool
edit_component(void)
{
	return direct_call(&d, &teacher, "UpdateLessonComponent",
		   "{\"courseId\": \"%s\", \"lessonId\": \"%s\","
		   " \"componentId\": \"%s\", \"version\": 1,"
		   " \"contentJson\": \"{\\\"html\\\":\\\"<p>%d</p>\\\"}\"}",
		   course, lesson, component, (int)getpid()) != NULL;
}

/* One edit of a component counts, in the lesson and in the course alike. */
static void
test_component(void)
{
	const char *text;
	struct json *j;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		new_course();
		approve();
		write_lesson();
		CHECK(direct_call(&d, &teacher, "FinalizeCourse",
			  "{\"courseId\": \"%s\"}", course) != NULL);
		CHECK(together(edit_component) == 1);
		j = direct_call(&d, &expert, "GetGeneratedLesson",
		    "{\"lessonId\": \"%s\"}", lesson);
		CHECK(direct_int(j, "lesson.components.0", "version") == 2);
		text = direct_text(j, "lesson.components.0.contentJson");
		d.service = &course_service;
		j = direct_call(&d, &expert, "GetCourse", "{\"id\": \"%s\"}",
		    course);
		d.service = &ai_generation_service;
		CHECK(direct_int(j, "course", "version") == 3);
		CHECK(text != NULL &&
		    strstr(text,
			direct_text(j,
			    "course.content.sections.0.lessons.0.blocks.0"
			    ".content")) != NULL);
	}
}

/* --- what a deleted course leaves -------------------------------------------- */

static void
test_delete(void)
{
	const char *key, *other_key = "lessons/" EXPERT "/content.1.json";

	new_course();
	approve();
	CHECK(ask_lessons());
	write_lesson();
	key = arena_printf(d.mem, "lessons/%s/content.1.json", lesson);
	CHECK(store_put(d.env.store, TENANT_A, key, "text/plain", "x", 1) ==
	    CODE_OK);
	CHECK(store_put(d.env.store, TENANT_A, other_key, "text/plain", "x",
		  1) == CODE_OK);
	d.service = &course_service;
	CHECK(direct_call(&d, &teacher, "DeleteCourse", "{\"id\": \"%s\"}",
		  course) != NULL);
	d.service = &ai_generation_service;
	CHECK(store_exists(d.env.store, TENANT_A, key, NULL) == CODE_NOT_FOUND);
	CHECK(store_exists(d.env.store, TENANT_A, other_key, NULL) == CODE_OK);
	CHECK(count("test_jobs_left",
		  "SELECT count(*) FROM generation_jobs"
		  " WHERE course_id = $1::uuid",
		  course) == 0);
	/* Whoever watched is told that it was cancelled. */
	CHECK(count("test_told",
		  "SELECT count(*) FROM notification_events WHERE"
		  " notice ->> 'course_id' = $1"
		  " AND notice ->> 'status' = 'cancelled'",
		  course) >= 1);
}

/* --- polling --------------------------------------------------------------- */

static void
make_many(void)
{
	new_course();
	direct_sql(&d,
	    "DELETE FROM generation_jobs;"
	    "INSERT INTO generation_jobs (tenant_id, type, status, course_id,"
	    " created_by_user_id, created_at) SELECT '" TENANT_A "',"
	    " CASE n % 3 WHEN 0 THEN 'lesson_content' WHEN 1 THEN"
	    " 'component_regen' ELSE 'sme_ingestion' END::generation_job_type,"
	    " 'completed', (SELECT id FROM courses OFFSET n % 10 LIMIT 1),"
	    " CASE n % 2 WHEN 0 THEN '" USER_A(
		2) "'::uuid"
		   " ELSE '" USER_A(
		       1) "'::uuid END,"
			  " now() - n * interval '1 minute'"
			  " FROM generate_series(1, " MANY ") AS n;"
			  "INSERT INTO generation_jobs (tenant_id, type, status,"
			  " created_by_user_id) SELECT '" TENANT_B
			  "', 'sme_ingestion',"
			  " 'completed', '" USER_B(
			      1) "'"
				 " FROM generate_series(1, " MANY ") AS n;"
				 /* The few that run are the oldest. */
				 "INSERT INTO generation_jobs (tenant_id, type, status,"
				 " created_by_user_id, created_at) SELECT '" TENANT_A
				 "',"
				 " 'sme_ingestion', 'processing', '" USER_A(
				     2) "',"
					" now() - interval '1 year' FROM generate_series(1, 3);");
	direct_sql(&d, "VACUUM ANALYZE generation_jobs");
}

extern const struct db_query ai_generation_job_queries[];

/* No statement about jobs reads the table from end to end, under any plan. */
static void
test_plans(void)
{
	const struct db_query *q;
	struct db_rows *rows;
	unsigned i;
	char *args;

	direct_sql(&d,
	    "SET plan_cache_mode = force_generic_plan; SET ROLE mirai_tenant");
	for (q = ai_generation_job_queries; q->name != NULL; q++) {
		args = arena_strdup(d.mem, "");
		for (i = 0; i < q->nargs; i++)
			args = arena_printf(d.mem, "%s%sNULL", args,
			    i == 0 ? "" : ", ");
		direct_sql(&d,
		    arena_printf(d.mem, "PREPARE plan_%s AS %s", q->name,
			q->sql));
		rows = ask(arena_printf(d.mem, "explain_%s", q->name),
		    arena_printf(d.mem, "EXPLAIN EXECUTE plan_%s(%s)", q->name,
			args));
		while (db_next(rows))
			if (strstr(db_text(rows, 0),
				"Seq Scan on generation_jobs") != NULL) {
				CHECK_STR(q->name, "no sequential scan");
				break;
			}
	}
	direct_sql(&d, "RESET ROLE");
}

/*
 * Whether a call takes less than that, handler and database: the quickest of
 * some, for what else the machine does makes them slower, never quicker.
 */
static bool
is_cheap(const struct person *as, const char *method, const char *message,
    int64_t most_us)
{
	int64_t us, least = INT64_MAX;
	size_t i;

	for (i = 0; i < POLLS && least >= most_us; i++) {
		us = clock_now_us();
		CHECK(direct_call(&d, as, method, "%s", message) != NULL);
		us = clock_now_us() - us;
		least = us < least ? us : least;
	}
	printf("# %s %s: %lld us\n", method, message, (long long)least);
	return least < most_us;
}

static void
test_polling(void)
{
	static const char *const lists[] = {
		"{\"status\": \"GENERATION_JOB_STATUS_PROCESSING\"}",
		"{\"type\": \"GENERATION_JOB_TYPE_COURSE_OUTLINE\"}",
		"{\"status\": \"GENERATION_JOB_STATUS_FAILED\"}",
	};
	struct json *j;
	size_t i;

	for (i = 0; i < NITEMS(lists); i++) {
		CHECK(is_cheap(&admin, "ListJobs", lists[i], CHEAP));
		CHECK(is_cheap(&teacher, "ListJobs", lists[i], CHEAP));
	}
	j = direct_call(&d, &teacher, "ListJobs", "%s", lists[0]);
	CHECK(json_count(direct_at(j, "jobs")) == 3);
	CHECK(is_cheap(&teacher, "GetJob",
	    arena_printf(d.mem, "{\"jobId\": \"%s\"}",
		direct_text(j, "jobs.0.id")),
	    CHEAP));
	/* Two hundred rows, read and written as JSON by this test as well. */
	CHECK(is_cheap(&admin, "ListJobs", "{}", 4 * CHEAP));
	CHECK(is_cheap(&teacher, "ListJobs", "{}", 4 * CHEAP));
}

int
main(void)
{
	direct_open(&d, &ai_generation_service);
	direct_sql(&d,
	    "INSERT INTO subject_matter_experts (id, tenant_id, company_id,"
	    " name, domain, status, created_by_user_id) VALUES ('" EXPERT
	    "', '" TENANT_A "', '" COMPANY_A "', 'E', 'd', 'active',"
	    " '" USER_A(1) "')");
	test_approve();
	test_judge();
	test_edit();
	test_jobs();
	test_component();
	test_delete();
	make_many();
	test_plans();
	test_polling();
	direct_close(&d);
	return test_done();
}

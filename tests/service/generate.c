/*
 * Generation without a model, job by job in one process: outline, lessons, the
 * course made of them, what of a person's edits survives, where texts come
 * from, who is told, and what a deleted course or a storage that does not
 * answer leaves behind.
 */
#include "service/generate.h"

#include <sys/stat.h>

#include "mirai/v1/course.rpc.h"
#include "rpc/auth.h"
#include "service/generate_job.h"
#include "service/genjob_claim.h"
#include "service/genjob_run.h"

#include "direct.h"

#include "tests/db/kit.h"

#define SME	 "c0000000-0000-4000-8000-000000000001"
#define SME2	 "c0000000-0000-4000-8000-000000000002"
#define AUDIENCE "c1000000-0000-4000-8000-000000000001"

static struct direct d;
static struct req_env worker;
static const struct db_scope nobody = { 0 };

static const struct genjob_kind kinds[] = {
	{ GENJOB_OUTLINE, generate_outline_run, generate_failed },
	{ GENJOB_LESSON, generate_lesson_run, generate_failed },
	{ GENJOB_COMPONENT, generate_component_run, generate_failed },
	{ GENJOB_COURSE, generate_course_run, generate_failed },
};

/* --- who is who ---------------------------------------------------------------- */

static enum code
people(void *ctx, struct arena *a, const char *const *ids, size_t n,
    struct ident_person **out, size_t *nout)
{
	size_t i;

	(void)ctx;
	*out = arena_calloc(a, n, sizeof(**out));
	for (i = 0; i < n; i++) {
		memcpy((*out)[i].identity_id, ids[i], STR_UUID_LEN + 1);
		(*out)[i].email = "ada@example.org";
		(*out)[i].first_name = "Ada";
		(*out)[i].last_name = "L";
	}
	*nout = n;
	return CODE_OK;
}

static struct ident ident = { .people = people };

/* --- the database --------------------------------------------------------------- */

static const char *look(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* The first value of a query as the superuser; NULL: no row. */
static const char *
look(const char *fmt, ...)
{
	struct db_rows *rows;
	va_list ap;
	char *sql;

	va_start(ap, fmt);
	sql = arena_vprintf(d.mem, fmt, ap);
	va_end(ap);
	rows = kit_run(d.super, d.mem, &nobody, "%s", sql);
	return rows != NULL && db_next(rows) ? db_text_null(rows, 0) : NULL;
}

static const char people_sql[] =
    "INSERT INTO subject_matter_experts (id, tenant_id, company_id, name,"
    " domain, status, knowledge_summary, created_by_user_id) VALUES"
    " ('" SME "', '" TENANT_A "', '" COMPANY_A "', 'Grace', 'Safety',"
    " 'active', 'How to work safely.', '" USER_A(
	1) "'),"
	   " ('" SME2 "', '" TENANT_A "', '" COMPANY_A "', 'Nobody', 'Nothing',"
	   " 'draft', NULL, '" USER_A(
	       1) "');"
		  "INSERT INTO target_audience_templates (id, tenant_id, company_id, name,"
		  " role, learning_goals, challenges, typical_background,"
		  " created_by_user_id) VALUES ('" AUDIENCE "', '" TENANT_A "',"
		  " '" COMPANY_A
		  "', 'Newcomers', 'Technician', '{know,do}', '{time}',"
		  " 'School', '" USER_A(1) "');";

/* Chunks under two headings, long enough for lessons of their own. */
static const char chunks_sql[] =
    "INSERT INTO sme_knowledge_chunks (tenant_id, sme_id, topic, content,"
    " keywords, relevance_score, lang, position, heading_path)"
    " SELECT '" TENANT_A "', '" SME "', t.topic || ' ' || p.word,"
    " '**' || p.word || '** is the part of ' || lower(t.topic) || ' that"
    " every technician must check before the work begins. ' ||"
    " repeat('The ' || p.word || ' protects the people near the machine and"
    " must be inspected by a second person every single morning. A damaged '"
    " || p.word || ' is replaced at once and never repaired with tape. ', 6),"
    " ARRAY[p.word], 0.5, 'en', t.n * 10 + p.n,"
    " ARRAY[t.topic, t.topic || ' ' || p.word]"
    " FROM unnest('{Protection,Emergency}'::text[]) WITH ORDINALITY"
    " t(topic, n), unnest('{helmet,harness,extinguisher}'::text[])"
    " WITH ORDINALITY p(word, n);";

/* --- jobs ----------------------------------------------------------------------- */

static struct req *
local(void)
{
	struct req *r = req_local(&worker);

	memcpy(r->who.tenant_id, TENANT_A, STR_UUID_LEN + 1);
	db_use(r->db, r->mem);
	return r;
}

static const char *
new_job(struct genjob_new n)
{
	const struct db_scope scope = { .tenant_id = TENANT_A };
	char id[STR_UUID_LEN + 1];
	struct req *r = local();

	n.tenant_id = TENANT_A;
	n.user_id = USER_A(1);
	db_begin(r->db, DB_TX_WRITE, &scope);
	if (db_end(r->db, genjob_create(r->db, r->mem, &n, id)) != CODE_OK)
		exit(1);
	req_done(r);
	return arena_strdup(d.mem, id);
}

/* Claims the next job, whatever waits for its time; false: there is none. */
static bool
claim(struct req *r, struct genjob *job)
{
	static const char *const types[] = { "course_outline", "lesson_content",
		"component_regen", "full_course" };
	const struct genjob_want want = { .types = types,
		.ntypes = NITEMS(types),
		.share = 2,
		.most = 5,
		.lease_ms = 60000,
		.after = "00000000-0000-0000-0000-000000000000" };

	direct_sql(&d, "UPDATE generation_jobs SET run_after = NULL");
	if (genjob_claim_next(r->db, r->mem, &want, job) != 1)
		return false;
	memcpy(r->who.user_id, job->user_id, STR_UUID_LEN + 1);
	return true;
}

/* Runs a claimed job and ends its request; how it ended. */
static int
run(struct req *r, const struct genjob *job)
{
	enum genjob_end end = GENJOB_GONE;
	size_t i;

	for (i = 0; kinds[i].type != job->type; i++)
		continue;
	if (genjob_run_job(r, job, &kinds[i], &genjob_times_default, &end) ==
	    -1)
		end = GENJOB_GONE;
	req_done(r);
	return (int)end;
}

/* The next job from claim to end; -1: there is none. */
static int
step(void)
{
	struct req *r = local();
	struct genjob job;

	if (claim(r, &job))
		return run(r, &job);
	req_done(r);
	return -1;
}

static const char *
status(const char *job)
{
	return look("SELECT status FROM generation_jobs WHERE id = '%s'", job);
}

/* --- courses -------------------------------------------------------------------- */

static const char *
new_course(const char *title)
{
	const char *id =
	    direct_text(direct_call(&d, &teacher, "CreateCourse",
			    "{\"settings\": {\"title\": \"%s\"}}", title),
		"course.id");

	direct_sql(&d,
	    arena_printf(d.mem,
		"INSERT INTO course_generation_inputs (tenant_id, course_id,"
		" sme_ids, target_audience_ids, desired_outcome) VALUES ('%s',"
		" '%s', '{" SME "," SME2 "}', '{" AUDIENCE "}',"
		" 'Nobody gets hurt')",
		TENANT_A, id));
	return id;
}

static struct json *
get(const char *course)
{
	return direct_call(&d, &admin, "GetCourse", "{\"id\": \"%s\"}", course);
}

static void
approve(const char *course)
{
	direct_sql(&d,
	    arena_printf(d.mem,
		"UPDATE course_outlines SET approval_status = 'approved',"
		" approved_at = now() WHERE course_id = '%s'",
		course));
}

/* An outline, approved. */
static void
make_outline(const char *course)
{
	(void)new_job(
	    (struct genjob_new){ .type = GENJOB_OUTLINE, .course_id = course });
	CHECK(step() == GENJOB_DONE);
	approve(course);
}

/* A parent and a child for every lesson of the latest outline. */
static const char *
new_full(const char *course)
{
	const struct db_scope scope = { .tenant_id = TENANT_A };
	struct genjob_new n = { .type = GENJOB_COURSE,
		.course_id = course,
		.tenant_id = TENANT_A,
		.user_id = USER_A(1) };
	char parent[STR_UUID_LEN + 1], id[STR_UUID_LEN + 1];
	struct db_rows *rows;
	struct req *r = local();

	rows = kit_run(d.super, d.mem, &nobody,
	    "SELECT l.id FROM outline_lessons l JOIN outline_sections s"
	    " ON s.id = l.section_id JOIN course_outlines o"
	    " ON o.id = s.outline_id WHERE o.course_id = '%s' AND o.version ="
	    " (SELECT max(version) FROM course_outlines WHERE course_id ="
	    " '%s') ORDER BY s.position, l.position",
	    course, course);
	db_begin(r->db, DB_TX_WRITE, &scope);
	if (genjob_create(r->db, r->mem, &n, parent) != CODE_OK)
		exit(1);
	n.type = GENJOB_LESSON;
	n.parent_job_id = parent;
	while (db_next(rows)) {
		n.outline_lesson_id = db_text(rows, 0);
		if (genjob_create(r->db, r->mem, &n, id) != CODE_OK)
			exit(1);
	}
	if (db_end(r->db, CODE_OK) != CODE_OK)
		exit(1);
	req_done(r);
	return arena_strdup(d.mem, parent);
}

static void
run_all(void)
{
	int i;

	for (i = 0; i < 100 && step() != -1; i++)
		continue;
}

static long long
blocks(const struct json *course)
{
	return (long long)json_count(
	    direct_at(course, "course.content.courseBlocks"));
}

/* --- outline --------------------------------------------------------------------- */

static void
test_outline(void)
{
	const char *course = new_course("Work \\\"safely\\\"");
	const char *job = new_job(
	    (struct genjob_new){ .type = GENJOB_OUTLINE, .course_id = course });

	CHECK(step() == GENJOB_DONE);
	CHECK_STR(status(job), "completed");
	CHECK_STR(look("SELECT version || ' ' || approval_status"
		       " FROM course_outlines WHERE course_id = '%s'",
		      course),
	    "1 pending_review");
	/* Sections are the outer headings, in the order of the source. */
	CHECK_STR(look("SELECT string_agg(s.title || '@' || s.position, ','"
		       " ORDER BY s.position) FROM outline_sections s"
		       " JOIN course_outlines o ON o.id = s.outline_id"
		       " WHERE o.course_id = '%s'",
		      course),
	    "Protection@1,Emergency@2");
	CHECK_STR(look("SELECT count(*) FILTER (WHERE is_last_in_course)"
		       " || ' ' || count(*) FILTER (WHERE is_last_in_section)"
		       " || ' ' || bool_and(cardinality(sme_chunk_ids) > 0)"
		       " FROM outline_lessons"),
	    "1 2 true");
	CHECK_STR(look("SELECT type || ' ' || priority || ' ' || action_url"
		       " FROM notifications WHERE job_id = '%s'",
		      job),
	    arena_printf(d.mem, "outline_ready normal /dashboard?edit=%s",
		course));
	CHECK_STR(look("SELECT kind || ' ' || (payload->>'user') || ' ' ||"
		       " (payload->>'sections') || ' ' || (payload->>'course')"
		       " FROM mail_outbox WHERE notification_id IN (SELECT id"
		       " FROM notifications WHERE job_id = '%s')",
		      job),
	    "outline_ready Ada 2 Work \"safely\"");
	/* The next one is the next version; ids are never used twice. */
	job = new_job(
	    (struct genjob_new){ .type = GENJOB_OUTLINE, .course_id = course });
	CHECK(step() == GENJOB_DONE);
	CHECK_STR(look("SELECT max(version)::text FROM course_outlines"
		       " WHERE course_id = '%s'",
		      course),
	    "2");
	CHECK_STR(look("SELECT jobs::text FROM ai_usage WHERE kind ="
		       " 'course_outline'"),
	    "2");
}

static void
test_no_knowledge(void)
{
	const char *course = new_course("Empty");
	const char *job;

	direct_sql(&d,
	    arena_printf(d.mem,
		"UPDATE course_generation_inputs SET sme_ids = '{" SME2 "}'"
		" WHERE course_id = '%s'",
		course));
	job = new_job(
	    (struct genjob_new){ .type = GENJOB_OUTLINE, .course_id = course });
	CHECK(step() == GENJOB_FAILED);
	CHECK_STR(status(job), "failed");
	CHECK_STR(look("SELECT retry_count || ' ' || left(error_message, 16)"
		       " FROM generation_jobs WHERE id = '%s'",
		      job),
	    "0 no SME knowledge");
	CHECK_STR(look("SELECT type || ' ' || priority FROM notifications"
		       " WHERE job_id = '%s'",
		      job),
	    "generation_failed high");
	CHECK_STR(look("SELECT count(*)::text FROM mail_outbox WHERE kind ="
		       " 'generation_failed'"),
	    "1");
}

/* --- a course -------------------------------------------------------------------- */

static void
test_course(void)
{
	const char *course = new_course("Safety"), *parent;
	struct json *j;

	make_outline(course);
	parent = new_full(course);
	run_all();
	CHECK_STR(status(parent), "completed");
	CHECK_STR(look("SELECT progress_percent::text FROM generation_jobs"
		       " WHERE id = '%s'",
		      parent),
	    "100");
	/* Children are silent, the parent speaks once. */
	CHECK_STR(look("SELECT string_agg(type || ' ' || action_url, ',')"
		       " FROM notifications WHERE course_id = '%s'"
		       " AND type <> 'outline_ready'",
		      course),
	    arena_printf(d.mem, "generation_complete /course/%s/preview",
		course));
	CHECK_STR(look("SELECT (payload->>'lessons')::int > 1 AND"
		       " (payload->>'minutes')::int > 1 FROM mail_outbox"
		       " WHERE kind = 'course_complete'"),
	    "t");
	/* Every text and question says where it comes from. */
	CHECK_STR(look("SELECT count(*)::text FROM lesson_components"
		       " WHERE type IN ('text', 'quiz')"
		       " AND sme_chunk_ids = '{}'"),
	    "0");
	CHECK_STR(look("SELECT bool_and(learning_objective_ids <> '{}')::text"
		       " FROM lesson_components"),
	    "true");
	j = get(course);
	CHECK(direct_int(j, "course", "status") == 0);
	CHECK_STR(direct_text(j, "course.status"), "COURSE_STATUS_GENERATED");
	CHECK(direct_int(j, "course", "version") == 2);
	CHECK_STR(direct_text(j, "course.content.sections.0.name"),
	    "Protection");
	CHECK_STR(direct_text(j, "course.content.sections.0.lessons.0.id"),
	    look("SELECT g.id FROM generated_lessons g JOIN outline_lessons l"
		 " ON l.id = g.outline_lesson_id JOIN outline_sections s"
		 " ON s.id = l.section_id WHERE g.course_id = '%s'"
		 " ORDER BY s.position, l.position LIMIT 1",
		course));
	CHECK_STR(direct_text(j, "course.personas.0.id"), "persona-" AUDIENCE);
	CHECK_STR(direct_text(j, "course.personas.0.kpis"), "know; do");
	CHECK_STR(direct_text(j, "course.settings.dataSource"), "ai-generated");
	CHECK_STR(direct_text(j, "course.settings.categoryTags.0"),
	    "extractive");
	CHECK(blocks(j) > 6);
	CHECK_STR(look("SELECT count(*)::text FROM lesson_components k"
		       " JOIN generated_lessons g ON g.id = k.lesson_id"
		       " WHERE g.course_id = '%s'",
		      course),
	    arena_printf(d.mem, "%lld", blocks(j)));
	CHECK(direct_int(j, "course.coverage", "chunksTotal") == 6);
	CHECK(direct_int(j, "course.coverage", "chunksUsed") == 6);
	CHECK(direct_int(j, "course.coverage", "componentsTotal") > 6);
	CHECK(direct_int(j, "course.coverage", "componentsWithoutSource") == 0);
	CHECK(json_count(direct_at(j, "course.learningObjectives")) > 0);
}

/* Snapshots are JSON, one for each lesson, and no others. */
static void
test_snapshot(void)
{
	const char *course = new_course("Snapshots"), *key, *lesson, *old;
	struct json *j = NULL;
	const char **keys;

	make_outline(course);
	(void)new_full(course);
	run_all();
	lesson = look("SELECT outline_lesson_id FROM generated_lessons"
		      " WHERE course_id = '%s' LIMIT 1",
	    course);
	old = look("SELECT id FROM generated_lessons WHERE"
		   " outline_lesson_id = '%s'",
	    lesson);
	(void)new_job((struct genjob_new){ .type = GENJOB_LESSON,
	    .course_id = course,
	    .outline_lesson_id = lesson });
	CHECK(step() == GENJOB_DONE);
	CHECK_STR(look("SELECT id FROM generated_lessons WHERE"
		       " outline_lesson_id = '%s'",
		      lesson),
	    old);
	key = look("SELECT result_path FROM generation_jobs WHERE lesson_id ="
		   " '%s' ORDER BY completed_at DESC LIMIT 1",
	    old);
	CHECK(store_get_json(worker.store, d.mem, TENANT_A, key, 1 << 20, &j) ==
	    CODE_OK);
	CHECK_STR(direct_text(j, "outline_lesson_id"), lesson);
	CHECK(json_count(direct_at(j, "components")) > 1);
	CHECK(store_list(worker.store, d.mem, TENANT_A,
		  arena_printf(d.mem, "lessons/%s/", old), &keys) == CODE_OK);
	CHECK(keys[0] != NULL && keys[1] == NULL);
	/* One that stands alone tells of itself. */
	CHECK_STR(look("SELECT count(*)::text FROM notifications WHERE"
		       " course_id = '%s' AND title LIKE 'Lesson ready%%'",
		      course),
	    "1");
}

/* --- a person's hand ------------------------------------------------------------ */

/* The course's content with one text replaced by another, sent back. */
static void
edit(const char *course, const char *from, const char *to)
{
	const struct json *content = direct_at(get(course), "course.content");
	const char *text = json_string(d.mem, content, JSON_COMPACT);
	const char *at = strstr(text, from);
	struct buf *b = buf_new(d.mem);

	if (at == NULL) {
		CHECK(at != NULL);
		return;
	}
	for (; at != NULL; text = at + strlen(from), at = strstr(text, from)) {
		buf_put(b, text, (size_t)(at - text));
		buf_puts(b, to);
	}
	buf_puts(b, text);
	CHECK(direct_call(&d, &teacher, "UpdateCourse",
		  "{\"id\": \"%s\", \"content\": %s}", course,
		  buf_str(b)) != NULL);
}

static enum code
materialise(const char *course, struct generate_made *made)
{
	const struct db_scope scope = { .tenant_id = TENANT_A };
	struct req *r = local();
	enum code code;

	db_begin(r->db, DB_TX_WRITE, &scope);
	code = db_end(r->db, generate_materialise(r, course, made));
	after_run(r, code == CODE_OK);
	req_done(r);
	return code;
}

static const char *
content(const char *course)
{
	return json_string(d.mem,
	    direct_at(get(course), "course.content.courseBlocks"),
	    JSON_COMPACT);
}

/* What a person changed or added stays; what is written anew is taken. */
static void
test_hand(void)
{
	const char *course = new_course("By hand"), *lesson, *kept;
	struct generate_made made;
	struct json *j;

	make_outline(course);
	(void)new_full(course);
	run_all();
	kept = content(course);
	CHECK(materialise(course, &made) == CODE_OK);
	CHECK(made.version == 3 && made.missing == 0);
	CHECK_STR(content(course), kept);

	edit(course, "The helmet protects", "My helmet protects");
	edit(course, "\"name\":\"Emergency\",\"lessons\":[",
	    "\"name\":\"Alarm\",\"lessons\":[{\"id\":\"mine\",\"title\":"
	    "\"Mine\",\"blocks\":[{\"id\":\"b\",\"type\":2,\"content\":"
	    "\"<p>By me</p>\"}]},");
	CHECK(materialise(course, &made) == CODE_OK);
	j = get(course);
	CHECK_STR(direct_text(j, "course.content.sections.1.name"), "Alarm");
	CHECK(strstr(content(course), "My helmet protects") != NULL);
	CHECK(strstr(content(course), "By me") != NULL);

	/* The lesson with the helmet is asked for once more. */
	lesson = look("SELECT g.outline_lesson_id FROM generated_lessons g"
		      " JOIN lesson_components k ON k.lesson_id = g.id"
		      " WHERE g.course_id = '%s' AND k.content_json->>'html'"
		      " LIKE '%%The helmet protects%%' LIMIT 1",
	    course);
	(void)new_job((struct genjob_new){ .type = GENJOB_LESSON,
	    .course_id = course,
	    .outline_lesson_id = lesson });
	CHECK(step() == GENJOB_DONE);
	CHECK(materialise(course, &made) == CODE_OK);
	CHECK(strstr(content(course), "The helmet protects") != NULL);
	CHECK(strstr(content(course), "By me") != NULL);
	CHECK(direct_int(get(course), "course.coverage",
		  "componentsWithoutSource") == 1);
}

/* Who knows the id of a chunk of another source does not get it by a block. */
static void
test_closed(void)
{
	const char *course = new_course("Closed"), *chunk, *all;
	struct generate_made made;

	make_outline(course);
	(void)new_full(course);
	run_all();
	chunk = look(
	    "WITH s AS (INSERT INTO subject_matter_experts (tenant_id,"
	    " company_id, name, domain, created_by_user_id) VALUES ('" TENANT_A
	    "',"
	    " '" COMPANY_A "', 'Closed', 'D', '" USER_A(
		1) "') RETURNING id)"
		   " INSERT INTO sme_knowledge_chunks (tenant_id, sme_id,"
		   " topic, content) SELECT '" TENANT_A "', id,"
		   " 'Secret', 'Not for this course' FROM s RETURNING id");
	edit(course, "\"courseBlocks\":[",
	    arena_printf(d.mem,
		"\"courseBlocks\":[{\"id\":\"b\",\"type\":2,\"content\":"
		"\"<p>By me</p>\",\"sourceChunkIds\":[\"%s\"]},",
		chunk));
	all = json_string(d.mem, get(course), JSON_COMPACT);
	CHECK(strstr(all, chunk) != NULL);
	CHECK(materialise(course, &made) == CODE_OK);
	all = json_string(d.mem, get(course), JSON_COMPACT);
	CHECK(strstr(all, "By me") != NULL);
	CHECK(strstr(all, "Not for this course") == NULL);
}

/* A new version of the outline takes the place of the old one's lessons. */
static void
test_next_version(void)
{
	const char *course = new_course("Next");
	long long before, objectives;

	make_outline(course);
	(void)new_full(course);
	run_all();
	before = blocks(get(course));
	objectives = (long long)json_count(
	    direct_at(get(course), "course.learningObjectives"));
	edit(course, "\"name\":\"Emergency\",\"lessons\":[",
	    "\"name\":\"Emergency\",\"lessons\":[{\"id\":\"mine\",\"title\":"
	    "\"Mine\",\"blocks\":[{\"id\":\"b\",\"type\":2,\"content\":"
	    "\"<p>By me</p>\"}]},");
	make_outline(course);
	(void)new_full(course);
	run_all();
	CHECK(blocks(get(course)) == before + 1);
	CHECK(strstr(content(course), "By me") != NULL);
	CHECK(
	    json_count(direct_at(get(course), "course.content.sections")) == 3);
	CHECK((long long)json_count(direct_at(get(course),
		  "course.learningObjectives")) == objectives);
}

static void
test_finalise_early(void)
{
	const char *course = new_course("Early");
	struct generate_made made;

	CHECK(materialise(course, &made) == CODE_FAILED_PRECONDITION);
	make_outline(course);
	CHECK(materialise(course, &made) == CODE_FAILED_PRECONDITION);
	(void)new_full(course);
	CHECK(step() == GENJOB_DONE);
	CHECK(materialise(course, &made) == CODE_OK);
	CHECK(made.lessons == 1 && made.sections == 1 && made.missing > 0);
	run_all();
	CHECK(materialise("d0000000-0000-4000-8000-000000000000", &made) ==
	    CODE_NOT_FOUND);
}

/* --- components ------------------------------------------------------------------ */

static const char *
read_component(const char *type, const char *json)
{
	struct component c;
	const char *why;

	why = generate_component_read(d.mem, generate_component_type(type),
	    json, &c);
	return why != NULL ? why : c.json;
}

static void
test_component_rules(void)
{
	static const char *const rows[][3] = {
		{ "text",
		    "{\"html\": \"<p onclick='x()'>A<script>1</script>\"}",
		    "{\"html\":\"<p>A</p>\",\"plaintext\":\"A\"}" },
		{ "text", "{\"html\": \"<script>1</script>\"}",
		    "a text component without text" },
		{ "text", "[]", "is not a JSON object" },
		{ "text", "{\"html\": ", "is not a JSON object" },
		{ "heading", "{\"level\": 5, \"text\": \"A\"}",
		    "a heading of a level that is not 1 to 4" },
		{ "heading", "{\"level\": 2, \"text\": \"A\"}",
		    "{\"level\":2,\"text\":\"A\"}" },
		{ "image",
		    "{\"image_description\": \"A\", \"alt_text\": \"B\","
		    " \"caption\": \"\", \"url\": \"javascript:x()\"}",
		    "an image whose address is not http or https" },
		{ "image",
		    "{\"image_description\": \"A\", \"alt_text\": \"B\","
		    " \"caption\": \"\", \"url\": \"https://e.org/a.png\"}",
		    "{\"image_description\":\"A\",\"alt_text\":\"B\","
		    "\"caption\":\"\",\"url\":\"https://e.org/a.png\"}" },
		{ "quiz",
		    "{\"question\": \"Q\", \"options\": [{\"id\": \"a\","
		    " \"text\": \"A\"}, {\"id\": \"b\", \"text\": \"B\"}],"
		    " \"correct_answer_id\": \"c\"}",
		    "a quiz whose answer is none of its options" },
	};
	size_t i;

	for (i = 0; i < NITEMS(rows); i++)
		CHECK_STR(read_component(rows[i][0], rows[i][1]), rows[i][2]);
}

/* The block of the course follows its component, and nothing else does. */
static void
test_block(void)
{
	const char *course = new_course("Blocks"), *id;
	const struct db_scope scope = { .tenant_id = TENANT_A };
	struct component c = { 0 };
	bool found = false;
	struct req *r;

	make_outline(course);
	(void)new_full(course);
	run_all();
	id = look("SELECT k.id FROM lesson_components k JOIN"
		  " generated_lessons g ON g.id = k.lesson_id WHERE"
		  " g.course_id = '%s' AND k.type = 'text' LIMIT 1",
	    course);
	CHECK(generate_component_read(d.mem, COMPONENT_TEXT,
		  "{\"html\": \"<p>Said anew</p>\"}", &c) == NULL);
	r = local();
	db_begin(r->db, DB_TX_WRITE, &scope);
	CHECK(db_end(r->db, generate_block_update(r, course, id, &c, &found)) ==
	    CODE_OK);
	after_run(r, true);
	req_done(r);
	CHECK(found);
	CHECK(direct_int(get(course), "course", "version") == 3);
	CHECK(strstr(content(course), "Said anew") != NULL);
	/* Without a model nobody can change a text as asked. */
	(void)new_job((struct genjob_new){ .type = GENJOB_COMPONENT,
	    .course_id = course,
	    .component_id = id,
	    .input = "{\"prompt\": \"shorter\"}" });
	CHECK(step() == GENJOB_FAILED);
	CHECK_STR(look("SELECT version::text FROM lesson_components WHERE"
		       " id = '%s'",
		      id),
	    "1");
}

/* --- faults ---------------------------------------------------------------------- */

static const char *
objects(const char *prefix)
{
	const char **keys;
	size_t n;

	if (store_list(worker.store, d.mem, TENANT_A, prefix, &keys) != CODE_OK)
		return "?";
	for (n = 0; keys[n] != NULL; n++)
		continue;
	return db_arg_int(d.mem, (int64_t)n);
}

/* Storage is away while a job finishes: nothing is lost, and nothing is twice. */
static void
test_storage_down(void)
{
	const char *course = new_course("Storage"), *parent;
	struct store *store = worker.store;

	make_outline(course);
	parent = new_full(course);
	worker.store = NULL;
	CHECK(step() == GENJOB_AGAIN);
	worker.store = store;
	while (strcmp(look("SELECT count(*)::text FROM generation_jobs WHERE"
			   " parent_job_id = '%s' AND status IN ('queued',"
			   " 'processing')",
			  parent),
		   "0") != 0)
		CHECK(step() == GENJOB_DONE);
	worker.store = NULL;
	CHECK(step() == GENJOB_AGAIN);
	CHECK_STR(status(parent), "processing");
	CHECK(direct_int(get(course), "course", "version") == 1);
	worker.store = store;
	CHECK(step() == GENJOB_DONE);
	CHECK_STR(status(parent), "completed");
	CHECK(direct_int(get(course), "course", "version") == 2);
	CHECK_STR(look("SELECT count(*)::text FROM notifications WHERE"
		       " course_id = '%s' AND type = 'generation_complete'",
		      course),
	    "1");
}

/* Deleted while a lesson is written: the job is gone, and no object is left. */
static void
test_course_deleted(void)
{
	const char *course = new_course("Deleted");
	struct genjob job;
	struct req *r;
	const char *lessons;

	make_outline(course);
	(void)new_full(course);
	CHECK(step() == GENJOB_DONE);
	r = local();
	CHECK(claim(r, &job));
	lessons = objects("lessons/");
	CHECK(direct_call(&d, &admin, "DeleteCourse", "{\"id\": \"%s\"}",
		  course) != NULL);
	CHECK(run(r, &job) != GENJOB_DONE);
	CHECK_STR(objects("lessons/"),
	    db_arg_int(d.mem, strtol(lessons, NULL, 10) - 1));
	CHECK_STR(objects(arena_printf(d.mem, "courses/%s/", course)), "0");
	CHECK(step() == -1);
	CHECK_STR(look("SELECT count(*)::text FROM generation_jobs WHERE"
		       " course_id = '%s'",
		      course),
	    "0");
}

/* One lesson fails for good: the course does, once, and says how many. */
static void
test_child_failed(void)
{
	const char *course = new_course("Failing"), *parent;

	make_outline(course);
	parent = new_full(course);
	CHECK(step() == GENJOB_DONE);
	direct_sql(&d,
	    arena_printf(d.mem,
		"UPDATE generation_jobs SET outline_lesson_id = NULL"
		" WHERE id = (SELECT id FROM generation_jobs WHERE"
		" parent_job_id = '%s' AND status = 'queued' LIMIT 1)",
		parent));
	run_all();
	CHECK_STR(status(parent), "failed");
	CHECK(strstr(look("SELECT error_message FROM generation_jobs WHERE"
			  " id = '%s'",
			 parent),
		  "1 of ") != NULL);
	CHECK_STR(look("SELECT string_agg(type || ' ' || priority, ',') FROM"
		       " notifications WHERE course_id = '%s' AND type <>"
		       " 'outline_ready'",
		      course),
	    "generation_failed high");
	CHECK_STR(direct_text(get(course), "course.status"),
	    "COURSE_STATUS_DRAFT");
}

/* --- coverage -------------------------------------------------------------------- */

static void
test_coverage(void)
{
	const char *course = new_course("Coverage");
	const struct db_scope scope = { .tenant_id = TENANT_A };
	struct pb_source_coverage c = { 0 };
	struct req *r;

	make_outline(course);
	(void)new_full(course);
	CHECK(step() == GENJOB_DONE);
	direct_sql(&d,
	    arena_printf(d.mem,
		"UPDATE lesson_components SET sme_chunk_ids = '{}' WHERE id ="
		" (SELECT k.id FROM lesson_components k JOIN"
		" generated_lessons g ON g.id = k.lesson_id WHERE"
		" g.course_id = '%s' AND k.type = 'quiz' LIMIT 1)",
		course));
	r = local();
	db_begin(r->db, DB_TX_READ, &scope);
	CHECK(db_end(r->db, generate_coverage_read(r, course, &c)) == CODE_OK);
	req_done(r);
	CHECK(c.chunks_total == 6);
	CHECK(c.chunks_used > 0 && c.chunks_used < 6);
	CHECK(c.components_total > 1);
	CHECK(c.components_without_source == 1);
	run_all();
}

int
main(void)
{
	direct_open(&d, &course_service);
	direct_sql(&d, people_sql);
	direct_sql(&d, chunks_sql);
	worker = d.env;
	worker.db = db_open(direct_getenv("DATABASE_WORKER_URL"), "worker");
	worker.ident = &ident;
	test_outline();
	test_no_knowledge();
	test_course();
	test_snapshot();
	test_hand();
	test_closed();
	test_next_version();
	test_finalise_early();
	test_component_rules();
	test_block();
	test_storage_down();
	test_course_deleted();
	test_child_failed();
	test_coverage();
	db_close(worker.db);
	direct_close(&d);
	return test_done();
}

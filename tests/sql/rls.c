/*
 * Row-level security, proven per table: what the catalog lists is tried, so a
 * new table is held to it without being named here. It only needs rows in
 * make_tenant(), and fails until it has them.
 */
#include "tests/test.h"

#include "base/buf.h"
#include "base/str.h"
#include "tests/db/kit.h"

#define A "aaaaaaaa-0000-4000-8000-00000000000"
#define B "bbbbbbbb-0000-4000-8000-00000000000"

static struct arena *mem;
static struct db *tenant; /* mirai_tenant */
static struct db *worker; /* mirai_worker */

static const struct db_scope nobody = { 0 };
static const struct db_scope as_a = { .tenant_id = A "1", .user_id = A "3" };
static const struct db_scope as_all = { .superadmin = true };

static void report(bool ok, int line, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void
report(bool ok, int line, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	test_report(ok, __FILE__, line, what);
}

/* One row per table and tenant; "@" stands for what begins its ids. */
static const char *const tenant_rows[] = {
	"INSERT INTO tenants (id, name, slug) VALUES ('@1', 't',"
	" '@')",
	"INSERT INTO companies (id, tenant_id, name)"
	" VALUES ('@2', '@1', 'c')",
	"INSERT INTO users (id, tenant_id, company_id, kratos_id, role)"
	" VALUES ('@3', '@1', '@2', '@3', 'admin')",
	"INSERT INTO teams (id, tenant_id, company_id, name)"
	" VALUES ('@4', '@1', '@2', 'team @')",
	"INSERT INTO team_members (id, tenant_id, team_id, user_id)"
	" VALUES ('@5', '@1', '@4', '@3')",
	"INSERT INTO folders (id, tenant_id, name, type)"
	" VALUES ('@6', '@1', 'Shared', 'LIBRARY')",
	"INSERT INTO courses (id, tenant_id, company_id, team_id,"
	" created_by_user_id, title, content_path, folder_id)"
	" VALUES ('@7', '@1', '@2', '@4', '@3', 'x',"
	" 'x', '@6')",
	"INSERT INTO scorm_packages (id, tenant_id, course_id, version,"
	" requested_by_user_id)"
	" VALUES ('@8', '@1', '@7', 1, '@3')",
	"INSERT INTO audit_log (id, tenant_id, action)"
	" VALUES ('@9', '@1', 'x')",
	"INSERT INTO course_progress (tenant_id, user_id, course_id,"
	" kind, item_id) VALUES ('@1', '@3', '@7', 'lesson', 'l')",
	"INSERT INTO idempotency_keys (tenant_id, user_id, key, method,"
	" message_sha256, answer) VALUES ('@1', '@3', 'k', 'm', '', '')",
	"INSERT INTO invitations (id, tenant_id, company_id, email,"
	" role, token, invited_by_user_id, accepted_by_user_id,"
	" expires_at) VALUES ('@a', '@1', '@2', '@', 'sme', '@', '@3',"
	" '@3', now())",
	"INSERT INTO notifications (id, tenant_id, user_id, type,"
	" title, message, course_id) VALUES ('@b', '@1', '@3',"
	" 'outline_ready', 't', 'm', '@7')",
	"INSERT INTO notification_events (tenant_id, user_id, kind,"
	" notice) VALUES ('@1', '@3', 1, '{}')",
	"INSERT INTO mail_outbox (tenant_id, kind, recipient, payload)"
	" VALUES ('@1', 'k', 'r', '{}')",
	"INSERT INTO compensations (tenant_id, kind, payload)"
	" VALUES ('@1', 'k', '{}')",
	"INSERT INTO pending_registrations (email, first_name,"
	" last_name, company_name, plan) VALUES ('@', 'f', 'l', 'c',"
	" 'pro')",
	"INSERT INTO schedules (name, ran_at) VALUES ('@', now())",
	"INSERT INTO stripe_events (event_id, type) VALUES ('@', 't')",
	"INSERT INTO enterprise_inquiries (company_name, name, email)"
	" VALUES ('c', 'n', 'e')",
	"INSERT INTO subject_matter_experts (id, tenant_id, company_id,"
	" name, domain, created_by_user_id)"
	" VALUES ('@1', '@1', '@2', 'n', 'd', '@3')",
	"INSERT INTO sme_team_access (id, tenant_id, sme_id, team_id)"
	" VALUES ('@1', '@1', '@1', '@4')",
	"INSERT INTO sme_tasks (id, tenant_id, sme_id, title,"
	" assigned_to_user_id, assigned_by_user_id)"
	" VALUES ('@1', '@1', '@1', 't', '@3', '@3')",
	"INSERT INTO sme_uploads (id, tenant_id, task_id, user_id,"
	" file_name, file_path, content_type, media_type,"
	" file_size_bytes, expires_at) VALUES ('@1', '@1', '@1', '@3',"
	" 'f', 'f', 'document', 'text/plain', 1, now())",
	"INSERT INTO sme_task_submissions (id, tenant_id, task_id,"
	" file_name, file_path, content_type, file_size_bytes,"
	" submitted_by_user_id)"
	" VALUES ('@1', '@1', '@1', 'f', '', 'text', 1, '@3')",
	"INSERT INTO sme_knowledge_chunks (id, tenant_id, sme_id,"
	" submission_id, content, topic)"
	" VALUES ('@1', '@1', '@1', '@1', 'c', 't')",
	"INSERT INTO target_audience_templates (id, tenant_id,"
	" company_id, name, role, created_by_user_id)"
	" VALUES ('@1', '@1', '@2', 'n', 'r', '@3')",
	"INSERT INTO tenant_ai_settings (tenant_id) VALUES ('@1')",
	"INSERT INTO ai_usage (tenant_id, day, kind)"
	" VALUES ('@1', now(), 'enhance')",
	"INSERT INTO ai_reservations (tenant_id, holder, spent, running,"
	" until) VALUES ('@1', '@1', 0, 0, now())",
	"INSERT INTO course_generation_inputs (id, tenant_id,"
	" course_id, sme_ids, target_audience_ids, desired_outcome)"
	" VALUES ('@1', '@1', '@7', '{@1}', '{@1}', 'o')",
	"INSERT INTO course_drafts (tenant_id, course_id)"
	" VALUES ('@1', '@7')",
	"INSERT INTO course_outlines (id, tenant_id, course_id)"
	" VALUES ('@1', '@1', '@7')",
	"INSERT INTO outline_sections (id, tenant_id, outline_id,"
	" title) VALUES ('@1', '@1', '@1', 't')",
	"INSERT INTO outline_lessons (id, tenant_id, section_id,"
	" title) VALUES ('@1', '@1', '@1', 't')",
	"INSERT INTO generated_lessons (id, tenant_id, course_id,"
	" section_id, outline_lesson_id, title)"
	" VALUES ('@1', '@1', '@7', '@1', '@1', 't')",
	"INSERT INTO lesson_components (id, tenant_id, lesson_id,"
	" type, content_json)"
	" VALUES ('@1', '@1', '@1', 'text', '{}')",
	"INSERT INTO generation_jobs (id, tenant_id, type, status,"
	" course_id, created_by_user_id) VALUES ('@1', '@1',"
	" 'course_outline', 'completed', '@7', '@3')",
};

static void
make_tenant(const char *p)
{
	struct buf *b;
	const char *s;
	size_t i;

	for (i = 0; i < NITEMS(tenant_rows); i++) {
		b = buf_new(mem);
		for (s = tenant_rows[i]; *s != '\0'; s++)
			if (*s == '@')
				buf_puts(b, p);
			else
				buf_putc(b, *s);
		report(kit_run(worker, mem, &as_all, "%s", buf_str(b)) != NULL,
		    __LINE__, "made: %s", buf_str(b));
	}
}

/* The column that names the tenant. */
static const char *
owner_column(const char *table)
{
	return strcmp(table, "tenants") == 0 ? "id" : "tenant_id";
}

static int64_t
count(struct db *db, const struct db_scope *scope, const char *table,
    const char *tenant_id)
{
	return kit_number(
	    kit_run(db, mem, scope, "SELECT count(*) FROM %s WHERE %s = '%s'",
		table, owner_column(table), tenant_id));
}

static int64_t
count_all(struct db *db, const struct db_scope *scope, const char *table)
{
	return kit_number(
	    kit_run(db, mem, scope, "SELECT count(*) FROM %s", table));
}

static void
check_reading(const char *table)
{
	const struct db_scope malformed = { .tenant_id =
						"aaaaaaaa' OR '1'='1" };
	const struct db_scope smuggled = { .tenant_id = A "1",
		.superadmin = true };

	report(count(worker, &as_all, table, A "1") > 0 &&
		count(worker, &as_all, table, B "1") > 0,
	    __LINE__, "%s: both tenants have rows, a worker sees them", table);
	report(count(tenant, &as_a, table, A "1") > 0, __LINE__,
	    "%s: own rows are visible", table);
	report(count_all(tenant, &as_a, table) ==
		count(tenant, &as_a, table, A "1"),
	    __LINE__, "%s: and no others", table);
	report(count(tenant, &as_a, table, B "1") == 0, __LINE__,
	    "%s: asked for by name they are not there", table);
	report(count_all(tenant, &nobody, table) == 0, __LINE__,
	    "%s: nothing without a tenant", table);
	report(count_all(tenant, &malformed, table) == 0, __LINE__,
	    "%s: nothing with a malformed tenant", table);
	report(count(tenant, &smuggled, table, B "1") == 0, __LINE__,
	    "%s: superadmin is not honoured for mirai_tenant", table);
	report(count(worker, &as_a, table, B "1") == 0, __LINE__,
	    "%s: a worker that did not ask sees one tenant", table);
}

/* Nothing of the other tenant changes, by missing rights or missing rows. */
static void
check_writing(const char *table)
{
	const char *column;
	struct db_rows *rows;

	column = owner_column(table);
	rows = kit_run(tenant, mem, &as_a,
	    "UPDATE %s SET %s = %s"
	    " WHERE %s = '" B "1'",
	    table, column, column, column);
	report(rows == NULL || db_affected(rows) == 0, __LINE__,
	    "%s: no update of foreign rows", table);
	rows = kit_run(tenant, mem, &as_a, "DELETE FROM %s WHERE %s = '" B "1'",
	    table, column);
	report(rows == NULL || db_affected(rows) == 0, __LINE__,
	    "%s: no delete of foreign rows", table);
	rows = kit_run(tenant, mem, &as_a,
	    "UPDATE %s SET %s = '" B "1'"
	    " WHERE %s = '" A "1'",
	    table, column, column);
	report(rows == NULL, __LINE__, "%s: no row is given away", table);
	rows = kit_run(tenant, mem, &as_a,
	    "INSERT INTO %s SELECT"
	    " (jsonb_populate_record(NULL::%s, to_jsonb(t) ||"
	    " jsonb_build_object('id', gen_random_uuid(), '%s', '" B "1')))"
	    ".* FROM %s t LIMIT 1",
	    table, table, column, table);
	report(rows == NULL, __LINE__, "%s: no row is planted", table);
	report(count(worker, &as_all, table, B "1") > 0, __LINE__,
	    "%s: the foreign rows are still there", table);
}

static void
check_forced(const char *table)
{
	struct db *owner;

	report(kit_number(kit_run(tenant, mem, &nobody,
		   "SELECT count(*) FROM pg_class WHERE oid = '%s'::regclass"
		   " AND relrowsecurity AND relforcerowsecurity",
		   table)) == 1,
	    __LINE__, "%s: enabled and forced", table);
	owner = kit_open("DATABASE_OWNER_URL", mem);
	report(count_all(owner, &as_all, table) == 0, __LINE__,
	    "%s: not even the owner sees rows", table);
	db_close(owner);
}

/* Tables that no tenant reads: workers see them, if they ask to. */
static void
check_closed(const char *table)
{
	struct db_rows *rows;

	report(count_all(worker, &as_all, table) > 0, __LINE__,
	    "%s: has rows, a worker sees them", table);
	report(count_all(worker, &as_a, table) == 0, __LINE__,
	    "%s: nothing for a worker that did not ask", table);
	rows = kit_run(tenant, mem, &as_a, "SELECT count(*) FROM %s", table);
	report(rows == NULL || kit_number(rows) == 0, __LINE__,
	    "%s: nothing for who serves", table);
	report(kit_run(tenant, mem, &as_a, "DELETE FROM %s", table) == NULL,
	    __LINE__, "%s: no delete for who serves", table);
	rows = kit_run(tenant, mem, &as_a,
	    "INSERT INTO %s SELECT (jsonb_populate_record(NULL::%s,"
	    " '{\"tenant_id\": \"" B "1\"}')).*",
	    table, table);
	report(rows == NULL, __LINE__, "%s: no row is planted", table);
}

static bool
is_closed(const char *table)
{
	return kit_number(kit_run(worker, mem, &nobody,
		   "SELECT count(*) FROM pg_policies WHERE tablename = '%s'"
		   " AND policyname = 'tenant'",
		   table)) == 0;
}

static void
check_tables(void)
{
	struct db_rows *rows;
	const char *table;

	rows = kit_run(worker, mem, &nobody,
	    "SELECT relname FROM pg_class"
	    " WHERE relnamespace = 'public'::regnamespace"
	    " AND relkind IN ('r', 'p') AND relname <> 'schema_migrations'"
	    " ORDER BY 1");
	CHECK(rows != NULL && db_count(rows) >= 9);
	while (rows != NULL && db_next(rows)) {
		table = db_text(rows, 0);
		check_forced(table);
		if (is_closed(table)) {
			check_closed(table);
			continue;
		}
		check_reading(table);
		check_writing(table);
	}
}

/* Every reference between tenant tables carries the tenant along. */
static void
check_references(void)
{
	struct db_rows *rows;
	const char *table, *column;

	rows = kit_run(worker, mem, &nobody,
	    "SELECT c.conrelid::regclass, a.attname, c.confrelid::regclass"
	    " FROM pg_constraint c JOIN pg_attribute a"
	    " ON a.attrelid = c.conrelid AND a.attnum = c.conkey[2]"
	    " WHERE c.contype = 'f' AND cardinality(c.conkey) = 2 ORDER BY 1, 2");
	CHECK(rows != NULL && db_count(rows) >= 12);
	while (rows != NULL && db_next(rows)) {
		table = db_text(rows, 0);
		column = db_text(rows, 1);
		(void)kit_run(worker, mem, &as_all,
		    "UPDATE %s SET %s ="
		    " (SELECT id FROM %s WHERE tenant_id = '" B "1' LIMIT 1)"
		    " WHERE tenant_id = '" A "1'",
		    table, column, db_text(rows, 2));
		report(db_fault(worker) == DB_FAULT_FOREIGN_KEY, __LINE__,
		    "%s.%s: cannot refer to another tenant", table, column);
	}
	rows = kit_run(worker, mem, &nobody,
	    "SELECT c.conname FROM pg_constraint c WHERE c.contype = 'f'"
	    " AND cardinality(c.conkey) = 1"
	    " AND c.confrelid <> 'tenants'::regclass");
	CHECK(rows != NULL && db_count(rows) == 0);
	rows = kit_run(worker, mem, &nobody,
	    "SELECT a.attrelid::regclass || '.' || a.attname"
	    " FROM pg_attribute a JOIN pg_class t ON t.oid = a.attrelid"
	    " WHERE t.relnamespace = 'public'::regnamespace AND t.relkind = 'r'"
	    " AND t.relname <> 'audit_log' AND a.attname LIKE '%%\\_id'"
	    " AND a.atttypid = 'uuid'::regtype AND a.attname <> 'kratos_id'"
	    " AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.contype = 'f'"
	    " AND c.conrelid = t.oid AND a.attnum = ANY (c.conkey))");
	CHECK(rows != NULL && db_count(rows) == 0);
}

static void
check_lookup(void)
{
	struct db_rows *rows;

	rows = kit_run(tenant, mem, &nobody,
	    "SELECT user_id, tenant_id, company_id, role, tenant_status"
	    " FROM user_by_identity('" B "3')");
	CHECK(rows != NULL && db_next(rows));
	CHECK_STR(db_text(rows, 0), B "3");
	CHECK_STR(db_text(rows, 1), B "1");
	CHECK_STR(db_text(rows, 2), B "2");
	CHECK_STR(db_text(rows, 3), "admin");
	CHECK_STR(db_text(rows, 4), "active");
	rows = kit_run(worker, mem, &as_all,
	    "UPDATE users SET removed_at = now() WHERE id = '" B "3'");
	CHECK(rows != NULL && db_affected(rows) == 1);
	rows = kit_run(tenant, mem, &nobody,
	    "SELECT * FROM user_by_identity('" B "3')");
	CHECK(rows != NULL && db_count(rows) == 0);
	CHECK(kit_run(tenant, mem, &as_a, "SET ROLE mirai_lookup") == NULL);
	CHECK(kit_run(tenant, mem, &as_a, "SET ROLE mirai_worker") == NULL);
}

static void
check_audit(void)
{
	struct db *owner;

	CHECK(kit_run(tenant, mem, &as_a,
		  "INSERT INTO audit_log"
		  " (tenant_id, action) VALUES ('" A "1', 'y')") != NULL);
	CHECK(kit_run(tenant, mem, &as_a,
		  "UPDATE audit_log SET action = 'z'") == NULL);
	CHECK(kit_run(worker, mem, &as_all, "DELETE FROM audit_log") == NULL);
	owner = kit_open("DATABASE_OWNER_URL", mem);
	CHECK(kit_run(owner, mem, &as_a, "DELETE FROM audit_log") == NULL);
	CHECK(kit_run(owner, mem, &as_a, "TRUNCATE audit_log") == NULL);
	db_close(owner);
}

/* Those who serve cannot change what is an operator's or a worker's. */
static void
check_rights(void)
{
	static const char *const refused[] = {
		"UPDATE tenants SET status = 'active'",
		"UPDATE tenants SET slug = 'other'",
		"UPDATE companies SET plan = 'enterprise'",
		"UPDATE companies SET seat_count = 100",
		"UPDATE companies SET subscription_status = 'active'",
		"UPDATE users SET kratos_id = id",
		"UPDATE users SET company_id = NULL",
		"INSERT INTO users (tenant_id, kratos_id) VALUES ('" A "1', '" A
		"1')",
		"DELETE FROM users",
		"DELETE FROM tenants",
		"INSERT INTO invitations (tenant_id, company_id, email, role,"
		" token, expires_at) VALUES ('" A "1', '" A "2', 'e', 'admin',"
		" 't', now())",
		"UPDATE invitations SET status = 'pending'",
		"DELETE FROM invitations",
		"INSERT INTO mail_outbox (tenant_id, kind, recipient, payload,"
		" sent_at) VALUES ('" A "1', 'k', 'r', '{}', now())",
		"INSERT INTO mail_outbox (tenant_id, kind, recipient, payload,"
		" notification_id) VALUES ('" A "1', 'k', 'r', '{}', '" B "b')",
		"INSERT INTO mail_outbox (kind, recipient, payload)"
		" VALUES ('alert', 'r', '{}')",
		"INSERT INTO notifications (tenant_id, user_id, type, title,"
		" message) VALUES ('" A "1', '" B "3', 'outline_ready', 't',"
		" 'm')",
		"INSERT INTO notification_events (tenant_id, user_id, kind,"
		" notice) VALUES ('" A "1', '" B "3', 1, '{}')",
		"INSERT INTO compensations (tenant_id, kind, payload)"
		" VALUES ('" A "1', 'delete_identity', '{}')",
		"INSERT INTO compensations (tenant_id, kind, payload)"
		" VALUES ('" A "1', 'stripe_metadata', '{}')",
		"INSERT INTO compensations (tenant_id, kind, payload)"
		" VALUES ('" A "1', 'checkout_expire', '{}')",
		"INSERT INTO compensations (kind, payload)"
		" VALUES ('revoke_sessions', '{}')",
		"INSERT INTO compensations (tenant_id, kind, payload, attempts)"
		" VALUES ('" A "1', 'revoke_sessions', '{}', 1)",
		"UPDATE schema_migrations SET sha256 = ''",
		"CREATE TABLE planted (id int)",
		"ALTER TABLE courses DISABLE ROW LEVEL SECURITY",
		"SET SESSION AUTHORIZATION postgres",
	};
	static const char *const granted[] = {
		"INSERT INTO mail_outbox (tenant_id, kind, recipient, payload,"
		" notification_id) VALUES ('" A "1', 'k', 'r', '{}', '" A "b')",
		"INSERT INTO compensations (tenant_id, kind, payload)"
		" VALUES ('" A "1', 'revoke_sessions', '{}')",
		"INSERT INTO compensations (tenant_id, kind, payload)"
		" VALUES ('" A "1', 'customer_name', '{}')",
	};
	size_t i;

	for (i = 0; i < NITEMS(refused); i++)
		report(kit_run(tenant, mem, &as_a, "%s", refused[i]) == NULL,
		    __LINE__, "refused: %s", refused[i]);
	for (i = 0; i < NITEMS(granted); i++)
		report(kit_run(tenant, mem, &as_a, "%s", granted[i]) != NULL,
		    __LINE__, "granted: %s", granted[i]);
}

int
main(void)
{
	mem = arena_new();
	kit_quiet();
	tenant = kit_open("DATABASE_URL", mem);
	worker = kit_open("DATABASE_WORKER_URL", mem);
	make_tenant(A);
	make_tenant(B);
	check_tables();
	check_references();
	check_lookup();
	check_audit();
	check_rights();
	db_close(tenant);
	db_close(worker);
	arena_free(mem);
	return test_done();
}

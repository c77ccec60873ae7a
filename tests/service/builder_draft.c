/*
 * Drafts of the course builder: what was chosen is there again, the last
 * choice counts, another company neither reads, writes nor forgets one, and
 * nothing is kept for a course that is gone.
 */
#include "service/builder_draft.h"

#include "mirai/v1/course.rpc.h"

#include "direct.h"

#define COURSE "c0000000-0000-4000-8000-000000000001"
#define SME    "c0000000-0000-4000-8000-000000000002"
#define CROWD  "c0000000-0000-4000-8000-000000000003"

static struct direct d;

static struct req *
request(const struct person *as)
{
	struct req *r;

	r = req_local(&d.env);
	memcpy(r->who.tenant_id, as->tenant, STR_UUID_LEN + 1);
	memcpy(r->who.user_id, as->user, STR_UUID_LEN + 1);
	db_use(r->db, r->mem);
	return r;
}

static enum code
save(const struct person *as, const struct builder_draft *draft)
{
	struct req *r;
	enum code code;

	r = request(as);
	code = builder_draft_save(r, COURSE, draft);
	req_done(r);
	return code;
}

static void
test_kept(void)
{
	static const char *smes[] = { SME, COURSE };
	static const char *crowd[] = { CROWD };
	struct builder_draft draft = { .smes = smes,
		.nsmes = 2,
		.audiences = crowd,
		.naudiences = 1,
		.context = "\"Quoted\", {braces}" };
	struct builder_draft got;
	struct req *r;

	r = request(&teacher);
	CHECK(builder_draft_load(r, COURSE, &got) == CODE_OK);
	CHECK(!got.there && got.nsmes == 0 && got.naudiences == 0);
	CHECK_STR(got.context, "");
	req_done(r);
	CHECK(save(&teacher, &draft) == CODE_OK);
	draft.nsmes = 1;
	CHECK(save(&teacher2, &draft) == CODE_OK);
	r = request(&teacher);
	CHECK(builder_draft_load(r, COURSE, &got) == CODE_OK);
	CHECK(got.there && got.nsmes == 1 && got.naudiences == 1);
	CHECK_STR(got.smes[0], SME);
	CHECK_STR(got.audiences[0], CROWD);
	CHECK_STR(got.context, "\"Quoted\", {braces}");
	req_done(r);
}

static void
test_foreign(void)
{
	const struct builder_draft empty = { .context = "theirs" };
	struct builder_draft got;
	struct req *r;

	CHECK(save(&other, &empty) == CODE_NOT_FOUND);
	r = request(&other);
	CHECK(builder_draft_load(r, COURSE, &got) == CODE_OK);
	CHECK(!got.there);
	CHECK(builder_draft_drop(r, COURSE) == CODE_OK);
	req_done(r);
	r = request(&teacher);
	CHECK(builder_draft_load(r, COURSE, &got) == CODE_OK);
	CHECK(got.there && got.nsmes == 1);
	req_done(r);
}

static void
test_gone(void)
{
	const struct builder_draft empty = { .context = "" };
	struct builder_draft got;
	struct req *r;

	r = request(&teacher);
	CHECK(builder_draft_drop(r, COURSE) == CODE_OK);
	CHECK(builder_draft_load(r, COURSE, &got) == CODE_OK);
	CHECK(!got.there);
	req_done(r);
	CHECK(save(&teacher, &empty) == CODE_OK);
	direct_sql(&d, "DELETE FROM courses");
	r = request(&teacher);
	CHECK(builder_draft_load(r, COURSE, &got) == CODE_OK);
	CHECK(!got.there);
	req_done(r);
	CHECK(save(&teacher, &empty) == CODE_NOT_FOUND);
}

int
main(void)
{
	direct_open(&d, &course_service);
	direct_sql(&d,
	    "INSERT INTO courses (id, tenant_id, company_id,"
	    " created_by_user_id, title, content_path) VALUES ('" COURSE
	    "', '" TENANT_A "', '" COMPANY_A "', '" USER_A(2) "', 'x', 'x')");
	test_kept();
	test_foreign();
	test_gone();
	direct_close(&d);
	return test_done();
}

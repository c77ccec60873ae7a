/*
 * The course document: nothing is lost on the way through, bytes are stable,
 * and a damaged document is refused with its place.
 */
#include "learn/document.h"

#include "mirai/v1/course.pb.h"
#include "tests/test.h"

static const char *texts[] = { "one", "", "\xc3\xa9 \"quoted\" \\ / \n\t" };

static struct pb_learning_objective objectives[] = {
	{ .id = "o1", .text = "Do it" },
	{ .id = "o2", .text = "" },
};

static struct pb_persona personas[] = {
	{ .id = "p1",
	    .name = "Nia",
	    .role = "Nurse",
	    .kpis = "Falls",
	    .responsibilities = "Ward",
	    .challenges = "Time",
	    .concerns = "",
	    .knowledge = "Basics",
	    .learning_objectives = objectives,
	    .nlearning_objectives = 2 },
	{ .id = "p2",
	    .name = "",
	    .role = "",
	    .kpis = "",
	    .responsibilities = "" },
};

static struct pb_block_alignment full = {
	.personas = texts,
	.npersonas = 3,
	.learning_objectives = texts,
	.nlearning_objectives = 1,
	.kpis = texts,
	.nkpis = 2,
};
static struct pb_block_alignment empty;

static struct pb_course_block blocks[] = {
	{ .id = "b1",
	    .type = PB_BLOCK_TYPE_TEXT,
	    .content = "<p>a &amp; b</p>",
	    .prompt = "shorter",
	    .alignment = &full,
	    .order = 1,
	    .source_chunk_ids = texts,
	    .nsource_chunk_ids = 3 },
	{ .id = "b2",
	    .type = PB_BLOCK_TYPE_KNOWLEDGE_CHECK,
	    .content = "{\"question\": \"Why?\"}",
	    .prompt = "",
	    .alignment = &empty,
	    .order = -2147483647 - 1 },
	{ .id = "b3", .type = 0, .content = "", .order = 2147483647 },
};

static struct pb_lesson lessons[] = {
	{ .id = "l1",
	    .title = "First",
	    .content = "",
	    .blocks = blocks,
	    .nblocks = 3 },
	{ .id = "l2", .title = "" },
};

static struct pb_course_section sections[] = {
	{ .id = "s1", .name = "Start", .lessons = lessons, .nlessons = 2 },
	{ .id = "s2", .name = "Empty" },
};

static struct pb_source_chunk chunks[] = {
	{ .id = "c1",
	    .topic = "Falls",
	    .content = "Long text",
	    .keywords = texts,
	    .nkeywords = 2,
	    .relevance_score = 0.8F,
	    .heading_path = texts,
	    .nheading_path = 3 },
	{ .id = "c2",
	    .topic = "",
	    .content = "",
	    .relevance_score = 0.123456789F },
	{ .id = "c3", .topic = "", .content = "", .relevance_score = 0 },
};

static struct pb_course_settings settings = {
	.title = "Caf\xc3\xa9",
	.desired_outcome = "Safe",
	.destination_folder = "f",
	.category_tags = texts,
	.ncategory_tags = 3,
	.data_source = "ai-generated",
};

static struct pb_assessment_settings assessment = {
	.enable_embedded_knowledge_checks = true,
	.enable_final_exam = false,
};

static struct pb_course_content content = {
	.sections = sections,
	.nsections = 2,
	.course_blocks = blocks,
	.ncourse_blocks = 3,
	.source_chunks = chunks,
	.nsource_chunks = 3,
};

static struct pb_course course = {
	.id = "c0ffee00-0000-4000-8000-000000000001",
	.version = 7,
	.settings = &settings,
	.personas = personas,
	.npersonas = 2,
	.learning_objectives = objectives,
	.nlearning_objectives = 2,
	.assessment_settings = &assessment,
	.content = &content,
};

/* The contract's own binary form decides whether two courses are the same. */
static bool
same(const struct pb_course *x, const struct pb_course *y)
{
	struct buf a = BUF_INIT, b = BUF_INIT;
	bool eq;

	pb_encode(&a, &pb_course_desc, x);
	pb_encode(&b, &pb_course_desc, y);
	eq = a.len == b.len && memcmp(buf_str(&a), buf_str(&b), a.len) == 0;
	buf_free(&a);
	buf_free(&b);
	return eq;
}

static void
test_round(struct arena *a)
{
	struct pb_course back = { 0 };
	struct buf *one, *two;
	const char *error = NULL;

	one = buf_new(a);
	two = buf_new(a);
	document_write(a, one, &course);
	CHECK(document_read(a, one->data, one->len, &back, &error) == 0);
	CHECK_STR(error, NULL);
	CHECK(same(&course, &back));
	document_write(a, two, &back);
	CHECK_STR(buf_str(two), buf_str(one));
	CHECK(strstr(buf_str(one), "\"relevanceScore\": 0.8,") != NULL);
	CHECK(strstr(buf_str(one), "\"type\": 4,") != NULL);
	CHECK(strncmp(buf_str(one), "{\n  \"id\": \"c0ffee00", 19) == 0);
	CHECK(back.personas[1].challenges == NULL);
	CHECK_STR(back.personas[0].concerns, "");
	CHECK(back.content->sections[0].lessons[0].blocks[1].alignment != NULL);
	CHECK(back.content->sections[0].lessons[0].blocks[2].alignment == NULL);
	CHECK(back.content->sections[0].lessons[1].content == NULL);
}

/* What an older document may lack. */
static void
test_sparse(struct arena *a)
{
	struct pb_course back = { 0 };
	const char *error = NULL;

	CHECK(document_read(a, "{\"exports\": [], \"x\": {}}", 24, &back,
		  &error) == 0);
	CHECK(back.settings != NULL && back.content != NULL);
	CHECK_STR(back.settings->title, "");
	CHECK_STR(back.id, "");
	CHECK(back.assessment_settings == NULL);
	CHECK(back.content->nsections == 0 && back.npersonas == 0);
}

static const char *
damage(struct arena *a, const char *text)
{
	struct pb_course back = { 0 };
	const char *error = NULL;

	if (document_read(a, text, strlen(text), &back, &error) == 0)
		return "accepted";
	return error;
}

static void
test_damaged(struct arena *a)
{
	struct pb_course back;
	const char *error;
	struct buf *b;
	size_t i, refused;

	CHECK_STR(damage(a, ""), "ends in the middle");
	CHECK_STR(damage(a, "[]"), "$: not an object");
	CHECK_STR(damage(a, "{\"settings\":[]}"), "$.settings: not an object");
	CHECK_STR(damage(a, "{\"settings\":{\"title\":1}}"),
	    "$.settings.title: not a string");
	CHECK_STR(damage(a, "{\"settings\":{\"categoryTags\":[\"a\",null]}}"),
	    "$.settings.categoryTags[1]: not a string");
	CHECK_STR(damage(a, "{\"personas\":[{}]}"),
	    "$.personas[0].id: missing");
	CHECK_STR(damage(a,
		      "{\"content\":{\"sections\":[{\"id\":\"s\","
		      "\"lessons\":[{\"id\":\"l\",\"blocks\":[{\"id\":"
		      "\"b\",\"type\":\"text\"}]}]}]}}"),
	    "$.content.sections[0].lessons[0].blocks[0].type: not an integer");
	CHECK_STR(damage(a,
		      "{\"content\":{\"sections\":[{\"id\":\"s\","
		      "\"lessons\":[3]}]}}"),
	    "$.content.sections[0].lessons[0].id: missing");
	CHECK_STR(damage(a, "{\"version\":-1}"), "$.version: out of range");
	CHECK_STR(damage(a,
		      "{\"content\":{\"sourceChunks\":[{\"id\":\"c\","
		      "\"relevanceScore\":1e39}]}}"),
	    "$.content.sourceChunks[0].relevanceScore: out of range");
	CHECK_STR(damage(a,
		      "{\"content\":{\"sourceChunks\":[{\"id\":\"c\","
		      "\"relevanceScore\":1e999}]}}"),
	    "$.content.sourceChunks[0].relevanceScore: out of range");

	/* cut anywhere it is refused, and never misread */
	b = buf_new(a);
	document_write(a, b, &course);
	for (i = refused = 0; i < b->len - 2; i += 7) {
		memset(&back, 0, sizeof(back));
		error = NULL;
		refused += document_read(a, b->data, i, &back, &error) == -1 &&
		    error != NULL;
	}
	CHECK(refused == (b->len - 2 + 6) / 7);
}

int
main(void)
{
	struct arena *a;

	a = arena_new();
	test_round(a);
	test_sparse(a);
	test_damaged(a);
	arena_free(a);
	return test_done();
}

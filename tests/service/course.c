/*
 * CourseService without a wire: what callers see of each other's folders,
 * what a document keeps, versions, limits, the cache, and what is left in
 * storage. The .t files beside this one hold the contract on the wire.
 */
#include "mirai/v1/course.rpc.h"

#include <unistd.h>

#include "direct.h"

static struct direct d;

#define CALL(as, method, ...) direct_call(&d, &(as), method, __VA_ARGS__)
#define CHECK_CODE(as, method, want, ...)                          \
	do {                                                       \
		(void)direct_call(&d, &(as), method, __VA_ARGS__); \
		CHECK_STR(code_name(d.code), code_name(want));     \
	} while (0)

static const char full[] =
    "{\"settings\": {\"title\": \" Fire safety \", \"desiredOutcome\": \"Out\","
    " \"categoryTags\": [\"safety\", \"onboarding\"]},"
    " \"personas\": [{\"id\": \"p1\", \"name\": \"Nia\", \"challenges\": \"\","
    " \"learningObjectives\": [{\"id\": \"o1\", \"text\": \"Leave\"}]}],"
    " \"learningObjectives\": [{\"text\": \"Call 112\"}],"
    " \"assessmentSettings\": {\"enableFinalExam\": true},"
    " \"content\": {\"sections\": [{\"id\": \"s1\", \"name\": \"Start\","
    " \"lessons\": [{\"id\": \"l1\", \"title\": \"Exits\", \"blocks\": ["
    "{\"id\": \"b1\", \"type\": 2, \"order\": 1,"
    " \"content\": \"<p onclick=x>Go<script>alert(1)</script></p>\","
    " \"alignment\": {\"personas\": [\"p1\"]},"
    " \"sourceChunkIds\": [\"c1\"]},"
    "{\"id\": \"b2\", \"type\": 4, \"order\": 2, \"content\":"
    " \"{\\\"question\\\": \\\"a < b?\\\"}\"}]}]}],"
    " \"sourceChunks\": [{\"id\": \"c1\", \"topic\": \"Exits\","
    " \"content\": \"text\", \"relevanceScore\": 0.8}]}}";

/* Objects below a prefix of the first tenant. */
static size_t
objects(const char *prefix)
{
	struct store_item *items;
	size_t n;

	if (store_items(d.env.store, d.mem, TENANT_A, prefix, &items, &n) !=
	    CODE_OK)
		return 9999;
	return n;
}

static const char *
make(const struct person *as, const char *title, const char *folder)
{
	struct json *j;

	j = direct_call(&d, as, "CreateCourse",
	    "{\"settings\": {\"title\": \"%s\", \"destinationFolder\": \"%s\"}}",
	    title, folder);
	return j == NULL ? "" : direct_text(j, "course.id");
}

static void
test_create(void)
{
	struct json *j;
	const char *id;

	j = CALL(teacher, "CreateCourse", "%s", full);
	id = direct_text(j, "course.id");
	CHECK(id != NULL && str_is_uuid(id));
	CHECK_STR(direct_text(j, "course.settings.title"), "Fire safety");
	CHECK_STR(direct_text(j, "course.settings.dataSource"), "open-web");
	CHECK_STR(direct_text(j, "course.status"), "COURSE_STATUS_DRAFT");
	CHECK(direct_int(j, "course", "version") == 1);
	CHECK_STR(direct_text(j, "course.createdByUserId"), USER_A(2));
	CHECK_STR(direct_text(j, "course.tenantId"), TENANT_A);
	CHECK_STR(direct_text(j, "course.companyId"), COMPANY_A);
	CHECK_STR(direct_text(j,
		      "course.content.sections.0.lessons.0.blocks.0.content"),
	    "<p>Go</p>");
	CHECK_STR(direct_text(j,
		      "course.content.sections.0.lessons.0.blocks.1.content"),
	    "{\"question\": \"a < b?\"}");
	CHECK(str_is_uuid(direct_text(j, "course.learningObjectives.0.id")));
	CHECK(objects(arena_printf(d.mem, "courses/%s/", id)) == 1);

	j = CALL(admin, "CreateCourse", "{\"id\": \"mine\"}");
	CHECK(str_is_uuid(direct_text(j, "course.id")));
	CHECK_STR(direct_text(j, "course.settings.title"), "Untitled Course");
	CHECK(direct_at(j, "course.assessmentSettings") != NULL);
	CHECK(direct_at(j, "course.content") != NULL);
}

/* What comes back is what was sent, also after an update that sends it back. */
static void
test_round(void)
{
	const struct json *course, *again;
	const char *id, *one, *two;
	struct json *j, *up;

	j = CALL(teacher, "CreateCourse", "%s", full);
	id = direct_text(j, "course.id");
	j = CALL(expert, "GetCourse", "{\"id\": \"%s\"}", id);
	course = direct_at(j, "course.content");
	one = json_string(d.mem, course, JSON_COMPACT);
	up = json_new_object(d.mem);
	json_put_text(up, "id", id);
	json_put(up, "content", course);
	json_put(up, "personas", direct_at(j, "course.personas"));
	j = CALL(expert, "UpdateCourse", "%s",
	    json_string(d.mem, up, JSON_COMPACT));
	CHECK(direct_int(j, "course", "version") == 2);
	j = CALL(admin, "GetCourse", "{\"id\": \"%s\"}", id);
	again = direct_at(j, "course.content");
	two = json_string(d.mem, again, JSON_COMPACT);
	CHECK_STR(two, one);
	CHECK_STR(direct_text(j, "course.personas.0.challenges"), "");
	CHECK_STR(direct_text(j, "course.content.sourceChunks.0.id"), "c1");
	CHECK(objects(arena_printf(d.mem, "courses/%s/", id)) == 1);

	/* an editor that knows nothing of sources does not lose them */
	j = CALL(expert, "UpdateCourse",
	    "{\"id\": \"%s\", \"content\": {\"sections\": [{\"id\": \"s1\","
	    " \"name\": \"S\", \"lessons\": [{\"id\": \"l1\", \"title\": \"L\","
	    " \"blocks\": [{\"id\": \"b9\", \"type\": 2}, {\"id\": \"b1\","
	    " \"type\": 2, \"content\": \"new\"}]}]}]}}",
	    id);
	CHECK_STR(direct_text(j,
		      "course.content.sections.0.lessons.0.blocks.1"
		      ".sourceChunkIds.0"),
	    "c1");
	CHECK(direct_at(j,
		  "course.content.sections.0.lessons.0.blocks.0"
		  ".sourceChunkIds") == NULL);
	CHECK_STR(direct_text(j, "course.content.sourceChunks.0.topic"),
	    "Exits");
}

static void
test_update(void)
{
	const char *id;
	struct json *j;

	j = CALL(teacher, "CreateCourse", "%s", full);
	id = direct_text(j, "course.id");
	/* empty texts and lists change nothing */
	j = CALL(expert, "UpdateCourse",
	    "{\"id\": \"%s\", \"settings\": {\"title\": \"\"},"
	    " \"metadata\": {\"version\": 1}}",
	    id);
	CHECK_STR(direct_text(j, "course.settings.title"), "Fire safety");
	CHECK_STR(direct_text(j, "course.settings.categoryTags.1"),
	    "onboarding");
	CHECK_STR(direct_text(j, "course.personas.0.name"), "Nia");
	CHECK(direct_int(j, "course.metadata", "version") == 2);
	CHECK_CODE(expert, "UpdateCourse", CODE_ABORTED,
	    "{\"id\": \"%s\", \"metadata\": {\"version\": 1}}", id);
	CHECK_CODE(expert, "UpdateCourse", CODE_INVALID_ARGUMENT,
	    "{\"id\": \"%s\", \"metadata\": {\"version\": -1}}", id);
	CHECK_CODE(expert, "UpdateCourse", CODE_INVALID_ARGUMENT,
	    "{\"id\": \"%s\", \"status\": 9}", id);
	CHECK_CODE(expert, "UpdateCourse", CODE_PERMISSION_DENIED,
	    "{\"id\": \"%s\", \"status\": 2}", id);
	CHECK_CODE(other, "UpdateCourse", CODE_NOT_FOUND, "{\"id\": \"%s\"}",
	    id);
	CHECK_CODE(expert, "UpdateCourse", CODE_NOT_FOUND,
	    "{\"id\": \"%s\", \"settings\": {\"destinationFolder\":"
	    " \"a9000000-0000-4000-8000-000000000000\"}}",
	    id);

	j = CALL(teacher, "UpdateCourse", "{\"id\": \"%s\", \"status\": 2}",
	    id);
	CHECK_STR(direct_text(j, "course.status"), "COURSE_STATUS_PUBLISHED");
	/* back is publishing, too; a change of content is not */
	CHECK_CODE(expert, "UpdateCourse", CODE_PERMISSION_DENIED,
	    "{\"id\": \"%s\", \"status\": 1}", id);
	CHECK_CODE(expert, "UpdateCourse", CODE_OK,
	    "{\"id\": \"%s\", \"status\": 2}", id);
	/* generated becomes published with lessons only */
	CHECK_CODE(teacher, "UpdateCourse", CODE_OK,
	    "{\"id\": \"%s\", \"status\": 3, \"content\": {}}", id);
	CHECK_CODE(teacher, "UpdateCourse", CODE_INVALID_ARGUMENT,
	    "{\"id\": \"%s\", \"status\": 2}", id);
	j = CALL(admin, "GetCourse", "{\"id\": \"%s\"}", id);
	CHECK_STR(direct_text(j, "course.status"), "COURSE_STATUS_GENERATED");
	CHECK(objects(arena_printf(d.mem, "courses/%s/", id)) == 1);
}

static const char *
repeat(const char *unit, size_t n, const char *between)
{
	struct buf *b;
	size_t i;

	b = buf_new(d.mem);
	for (i = 0; i < n; i++)
		buf_printf(b, "%s%s", i == 0 ? "" : between, unit);
	return buf_str(b);
}

static void
test_limits(void)
{
	CHECK_CODE(admin, "CreateCourse", CODE_OK,
	    "{\"settings\": {\"title\": \"%s\"}}", repeat("\xc3\xa9", 500, ""));
	CHECK_CODE(admin, "CreateCourse", CODE_INVALID_ARGUMENT,
	    "{\"settings\": {\"title\": \"%s\"}}", repeat("\xc3\xa9", 501, ""));
	CHECK_CODE(admin, "CreateCourse", CODE_INVALID_ARGUMENT,
	    "{\"settings\": {\"title\": \"a\\nb\"}}");
	CHECK_CODE(admin, "CreateCourse", CODE_OK,
	    "{\"settings\": {\"categoryTags\": [%s]}}",
	    repeat("\"t\"", 50, ","));
	CHECK_CODE(admin, "CreateCourse", CODE_INVALID_ARGUMENT,
	    "{\"settings\": {\"categoryTags\": [%s]}}",
	    repeat("\"t\"", 51, ","));
	CHECK_CODE(admin, "CreateCourse", CODE_INVALID_ARGUMENT,
	    "{\"settings\": {\"categoryTags\": [\"%s\"]}}",
	    repeat("t", 51, ""));
	CHECK_CODE(admin, "CreateCourse", CODE_INVALID_ARGUMENT,
	    "{\"settings\": {\"destinationFolder\": \"x\"}}");
	CHECK_CODE(admin, "CreateCourse", CODE_OK, "{\"personas\": [%s]}",
	    repeat("{\"name\":\"n\"}", 50, ","));
	CHECK_CODE(admin, "CreateCourse", CODE_INVALID_ARGUMENT,
	    "{\"personas\": [%s]}", repeat("{\"name\":\"n\"}", 51, ","));
	CHECK_CODE(admin, "CreateCourse", CODE_INVALID_ARGUMENT,
	    "{\"personas\": [{}]}");
	CHECK(strstr(d.message, "personas[0].name") != NULL);
	CHECK_CODE(admin, "CreateCourse", CODE_INVALID_ARGUMENT,
	    "{\"learningObjectives\": [%s]}", repeat("{}", 101, ","));
	CHECK_CODE(admin, "CreateCourse", CODE_INVALID_ARGUMENT,
	    "{\"content\": {\"sections\": [%s]}}",
	    repeat("{\"name\":\"n\"}", 101, ","));
	CHECK_CODE(admin, "CreateCourse", CODE_OK,
	    "{\"content\": {\"sections\": [{\"name\":\"n\",\"lessons\":[%s]}]}}",
	    repeat("{\"title\":\"t\"}", 500, ","));
	CHECK_CODE(admin, "CreateCourse", CODE_INVALID_ARGUMENT,
	    "{\"content\": {\"sections\": [{\"name\":\"n\",\"lessons\":[%s]}]}}",
	    repeat("{\"title\":\"t\"}", 501, ","));
	CHECK_CODE(admin, "CreateCourse", CODE_INVALID_ARGUMENT,
	    "{\"content\": {\"courseBlocks\": [%s]}}",
	    repeat("{\"type\":2}", 5001, ","));
	CHECK_CODE(admin, "CreateCourse", CODE_OK,
	    "{\"content\": {\"courseBlocks\": [{\"type\":2,\"content\":"
	    "\"%s\"}]}}",
	    repeat("x", 65536, ""));
	CHECK_CODE(admin, "CreateCourse", CODE_INVALID_ARGUMENT,
	    "{\"content\": {\"courseBlocks\": [{\"type\":2,\"content\":"
	    "\"%s\"}]}}",
	    repeat("x", 65537, ""));
	CHECK(strstr(d.message, "content.course_blocks[0].content") != NULL);
	CHECK_CODE(admin, "CreateCourse", CODE_INVALID_ARGUMENT,
	    "{\"content\": {\"courseBlocks\": [{\"type\":7}]}}");
	CHECK_CODE(admin, "CreateCourse", CODE_INVALID_ARGUMENT,
	    "{\"content\": {\"sections\": [{\"id\":\"s\",\"name\":\"n\"},"
	    "{\"id\":\"s\",\"name\":\"n\"}]}}");
}

static void
test_list(void)
{
	const char *folder, *a, *b;
	struct json *j;
	int i;

	direct_sql(&d, "DELETE FROM courses");
	j = CALL(admin, "CreateFolder", "{\"name\": \"Lists\"}");
	folder = direct_text(j, "folder.id");
	a = make(&teacher, "A", "");
	b = make(&teacher, "B", folder);
	for (i = 0; i < 24; i++)
		(void)make(&teacher, "C", "");
	j = CALL(expert, "ListCourses", "{}");
	CHECK(json_count(direct_at(j, "courses")) == 20);
	CHECK(json_get_int(j, "totalCount", 0, 100, 0) == 26);
	CHECK(json_get_bool(j, "hasMore", false));
	j = CALL(expert, "ListCourses", "{\"offset\": 24}");
	CHECK_STR(direct_text(j, "courses.0.title"), "B");
	CHECK_STR(direct_text(j, "courses.0.folder"), folder);
	CHECK_STR(direct_text(j, "courses.1.id"), a);
	CHECK_STR(direct_text(j, "courses.1.createdBy"), USER_A(2));
	CHECK(!json_get_bool(j, "hasMore", false));
	j = CALL(expert, "ListCourses", "{\"offset\": 100}");
	CHECK(json_count(direct_at(j, "courses")) == 0);
	CHECK(json_get_int(j, "totalCount", 0, 100, 0) == 26);
	j = CALL(expert, "ListCourses", "{\"limit\": 1000, \"offset\": -5}");
	CHECK(json_count(direct_at(j, "courses")) == 26);
	j = CALL(expert, "ListCourses", "{\"folder\": \"%s\"}", folder);
	CHECK(json_get_int(j, "totalCount", 0, 100, 0) == 1);
	CHECK_STR(direct_text(j, "courses.0.id"), b);

	CHECK_CODE(teacher, "UpdateCourse", CODE_OK,
	    "{\"id\": \"%s\", \"status\": 2, \"settings\":"
	    " {\"categoryTags\": [\"x\", \"y\"]}}",
	    a);
	j = CALL(expert, "ListCourses", "{\"status\": 2}");
	CHECK(json_get_int(j, "totalCount", 0, 100, 0) == 1);
	CHECK_STR(direct_text(j, "courses.0.tags.1"), "y");
	j = CALL(expert, "ListCourses", "{\"tags\": [\"nothing\", \"y\"]}");
	CHECK_STR(direct_text(j, "courses.0.id"), a);
	j = CALL(expert, "ListCourses", "{\"tags\": [\"y\"], \"status\": 1}");
	CHECK(json_get_int(j, "totalCount", 0, 100, 0) == 0);
	j = CALL(expert, "ListCourses", "{\"status\": 0, \"limit\": 1}");
	CHECK_STR(direct_text(j, "courses.0.id"), a); /* newest change first */
	j = CALL(other, "ListCourses", "{}");
	CHECK(json_get_int(j, "totalCount", 0, 100, 0) == 0);
	j = CALL(other, "ListCourses", "{\"folder\": \"%s\"}", folder);
	CHECK(json_get_int(j, "totalCount", 0, 100, 0) == 0);
	CHECK_CODE(expert, "ListCourses", CODE_INVALID_ARGUMENT,
	    "{\"folder\": \"x\"}");
	CHECK_CODE(expert, "ListCourses", CODE_INVALID_ARGUMENT,
	    "{\"status\": 4}");
	direct_sql(&d, "UPDATE courses SET status = 'archived'");
	j = CALL(expert, "ListCourses", "{\"limit\": 5}");
	CHECK(json_get_int(j, "totalCount", 0, 100, 0) == 0);
	CHECK_CODE(admin, "GetCourse", CODE_NOT_FOUND, "{\"id\": \"%s\"}", a);
}

/* The folder of a type in an answer of GetFolderHierarchy. */
static const char *
root(const struct json *j, const char *type, const char *name)
{
	const struct json *l = direct_at(j, "folders");
	size_t i;

	for (i = 0; i < json_count(l); i++)
		if (str_eq(direct_text(json_at(l, i), "type"), type) &&
		    (name == NULL ||
			str_eq(direct_text(json_at(l, i), "name"), name)))
			return direct_text(json_at(l, i), "id");
	return NULL;
}

static const char *
sub(const struct person *as, const char *name, const char *parent)
{
	struct json *j;

	j = direct_call(&d, as, "CreateFolder",
	    "{\"name\": \"%s\", \"parentId\": \"%s\"}", name, parent);
	return j == NULL ? NULL : direct_text(j, "folder.id");
}

#define TEAM "a4000000-0000-4000-8000-000000000001"

/* What someone outside the team gets of its course and folders. */
static void
check_outsider(const char *team, const char *deep, const char *below,
    const char *b, const char *c)
{
	CHECK_CODE(teacher2, "GetCourse", CODE_NOT_FOUND, "{\"id\": \"%s\"}",
	    b);
	CHECK_CODE(teacher2, "UpdateCourse", CODE_NOT_FOUND, "{\"id\": \"%s\"}",
	    b);
	CHECK_CODE(teacher2, "DeleteCourse", CODE_NOT_FOUND, "{\"id\": \"%s\"}",
	    b);
	CHECK_CODE(teacher2, "ListExports", CODE_NOT_FOUND,
	    "{\"courseId\": \"%s\"}", b);
	CHECK_CODE(teacher2, "ExportCourse", CODE_NOT_FOUND,
	    "{\"courseId\": \"%s\", \"format\": 1}", b);
	CHECK_CODE(teacher2, "CreateCourse", CODE_NOT_FOUND,
	    "{\"settings\": {\"destinationFolder\": \"%s\"}}", deep);
	CHECK_CODE(teacher2, "UpdateCourse", CODE_NOT_FOUND,
	    "{\"id\": \"%s\", \"settings\": {\"destinationFolder\": \"%s\"}}",
	    c, below);
	CHECK_CODE(teacher2, "CreateFolder", CODE_NOT_FOUND,
	    "{\"name\": \"x\", \"parentId\": \"%s\"}", team);
	CHECK_CODE(teacher2, "DeleteFolder", CODE_NOT_FOUND, "{\"id\": \"%s\"}",
	    below);
}

/* Three courses: in a private folder of teacher, in a team's, and open. */
static void
check_lists(void)
{
	struct json *j;

	j = CALL(teacher, "ListCourses", "{}");
	CHECK(json_get_int(j, "totalCount", 0, 9, 0) == 3);
	j = CALL(admin, "ListCourses", "{}");
	CHECK(json_get_int(j, "totalCount", 0, 9, 0) == 2);
	j = CALL(teacher2, "ListCourses", "{}");
	CHECK(json_get_int(j, "totalCount", 0, 9, 0) == 1);
	j = CALL(teacher2, "GetLibrary", "{}");
	CHECK(json_count(direct_at(j, "library.courses")) == 1);
	CHECK(json_count(direct_at(j, "library.folders")) == 2);
	CHECK_STR(direct_text(j, "library.version"), "1.0");
	CHECK(direct_text(j, "library.lastUpdated") != NULL);
	j = CALL(teacher, "GetLibrary", "{\"includeCourseCounts\": true}");
	CHECK(json_count(direct_at(j, "library.courses")) == 3);
	CHECK_STR(direct_text(j,
		      "library.folders.1.children.0.children.0.name"),
	    "Sub");
	CHECK(direct_int(j, "library.folders.1.children.0.children.0",
		  "courseCount") == 1);
	CHECK(direct_int(j, "library.folders.1", "courseCount") == 0);
	CHECK(json_has(direct_at(j, "library.folders.1"), "courseCount"));
}

static void
test_visibility(void)
{
	const char *mine, *team, *below, *deep, *a, *b, *c;
	struct json *j;

	direct_sql(&d, "DELETE FROM courses; DELETE FROM folders");
	direct_sql(&d,
	    "INSERT INTO teams (id, tenant_id, company_id, name) VALUES"
	    " ('" TEAM "', '" TENANT_A "', '" COMPANY_A "', 'Core');"
	    "INSERT INTO team_members (tenant_id, team_id, user_id) VALUES"
	    " ('" TENANT_A "', '" TEAM "', '" USER_A(
		2) "');"
		   "INSERT INTO folders (tenant_id, name, type, team_id) VALUES"
		   " ('" TENANT_A "', 'Core', 'TEAM', '" TEAM "')");
	j = CALL(teacher, "GetFolderHierarchy", "{}");
	mine = root(j, "FOLDER_TYPE_PERSONAL", NULL);
	team = root(j, "FOLDER_TYPE_TEAM", NULL);
	CHECK(mine != NULL && team != NULL);
	CHECK_STR(direct_text(j, "folders.0.name"), "Shared");
	CHECK_STR(direct_text(j, "folders.1.name"), "Core");
	CHECK_STR(direct_text(j, "folders.2.name"), "Private");
	CHECK(direct_at(j, "folders.0.courseCount") == NULL);
	below = sub(&teacher, "Drafts", mine);
	deep = sub(&teacher, "Sub", sub(&teacher, "Team stuff", team));
	a = make(&teacher, "in private", below);
	b = make(&teacher, "in team", deep);
	c = make(&teacher, "open", "");
	CHECK(*a != '\0' && *b != '\0' && *c != '\0');

	/* somebody else's private folder is hidden from everyone */
	CHECK_CODE(admin, "GetCourse", CODE_NOT_FOUND, "{\"id\": \"%s\"}", a);
	CHECK_CODE(teacher, "GetCourse", CODE_OK, "{\"id\": \"%s\"}", a);
	/* a team's from those outside, but not from administrators */
	CHECK_CODE(admin, "GetCourse", CODE_OK, "{\"id\": \"%s\"}", b);
	check_outsider(team, deep, below, b, c);
	check_lists();

	/* a course that moves into a team's folder belongs to the team */
	j = CALL(teacher, "UpdateCourse",
	    "{\"id\": \"%s\", \"settings\": {\"destinationFolder\": \"%s\"}}",
	    c, deep);
	CHECK_STR(direct_text(j, "course.teamId"), TEAM);
	CHECK_STR(direct_text(j, "course.settings.destinationFolder"), deep);
}

static void
test_folders(void)
{
	const char *a, *b, *c, *mine;
	struct json *j;

	direct_sql(&d, "DELETE FROM courses; DELETE FROM folders");
	j = CALL(expert, "GetFolderHierarchy",
	    "{\"includeCourseCounts\": true}");
	mine = root(j, "FOLDER_TYPE_PERSONAL", NULL);
	CHECK(direct_int(j, "folders.0", "courseCount") == 0);
	a = sub(&admin, " One ", "");
	b = sub(&teacher, "Two", a);
	c = sub(&teacher, "Three", b);
	CHECK(a != NULL && b != NULL && c != NULL);
	CHECK(sub(&admin, "Four", c) == NULL);
	CHECK(d.code == CODE_INVALID_ARGUMENT);
	CHECK(sub(&admin, "two", a) == NULL && d.code == CODE_ALREADY_EXISTS);
	CHECK(sub(&admin, "ONE", "") == NULL && d.code == CODE_ALREADY_EXISTS);
	CHECK(
	    sub(&admin, "shared", "") == NULL && d.code == CODE_ALREADY_EXISTS);
	CHECK(sub(&admin, "", "") == NULL && d.code == CODE_INVALID_ARGUMENT);
	CHECK(sub(&admin, repeat("n", 256, ""), "") == NULL &&
	    d.code == CODE_INVALID_ARGUMENT);
	CHECK(sub(&admin, "x", "y") == NULL && d.code == CODE_INVALID_ARGUMENT);
	CHECK(sub(&other, "x", a) == NULL && d.code == CODE_NOT_FOUND);
	CHECK_CODE(admin, "CreateFolder", CODE_INVALID_ARGUMENT,
	    "{\"name\": \"x\", \"type\": 1}");
	/* reviewers: below their own only */
	CHECK(
	    sub(&expert, "x", "") == NULL && d.code == CODE_PERMISSION_DENIED);
	CHECK(sub(&expert, "x", a) == NULL && d.code == CODE_PERMISSION_DENIED);
	CHECK(sub(&expert, "x", mine) != NULL);

	CHECK_CODE(admin, "DeleteFolder", CODE_INVALID_ARGUMENT,
	    "{\"id\": \"%s\"}", a); /* has folders */
	(void)make(&teacher, "in it", c);
	(void)make(&teacher, "in it", c);
	CHECK_CODE(admin, "DeleteFolder", CODE_INVALID_ARGUMENT,
	    "{\"id\": \"%s\"}", c);
	CHECK(strstr(d.message, "2 courses") != NULL);
	direct_sql(&d, "DELETE FROM courses");
	CHECK_CODE(expert, "DeleteFolder", CODE_PERMISSION_DENIED,
	    "{\"id\": \"%s\"}", c);
	CHECK_CODE(other, "DeleteFolder", CODE_NOT_FOUND, "{\"id\": \"%s\"}",
	    c);
	CHECK_CODE(expert, "DeleteFolder", CODE_PERMISSION_DENIED,
	    "{\"id\": \"%s\"}", mine);
	CHECK_CODE(teacher, "DeleteFolder", CODE_OK, "{\"id\": \"%s\"}", c);
	CHECK_CODE(teacher, "DeleteFolder", CODE_NOT_FOUND, "{\"id\": \"%s\"}",
	    c);
	CHECK_CODE(admin, "DeleteFolder", CODE_INVALID_ARGUMENT, "{}");
}

static void
test_delete(void)
{
	const char *id, *key;
	struct json *j;

	id = make(&teacher, "Gone soon", "");
	j = CALL(teacher, "ExportCourse",
	    "{\"courseId\": \"%s\", \"format\": 1}", id);
	key =
	    arena_printf(d.mem, "exports/%s.zip", direct_text(j, "export.id"));
	CHECK(store_put(d.env.store, TENANT_A, key, "application/zip", "z",
		  1) == CODE_OK);
	CHECK_CODE(teacher2, "DeleteCourse", CODE_PERMISSION_DENIED,
	    "{\"id\": \"%s\"}", id);
	CHECK_CODE(other, "DeleteCourse", CODE_NOT_FOUND, "{\"id\": \"%s\"}",
	    id);
	CHECK_CODE(admin, "DeleteCourse", CODE_INVALID_ARGUMENT,
	    "{\"id\": \"\"}");
	j = CALL(teacher, "DeleteCourse", "{\"id\": \"%s\"}", id);
	CHECK(json_get_bool(j, "success", false));
	CHECK(objects(arena_printf(d.mem, "courses/%s/", id)) == 0);
	CHECK(objects(key) == 0);
	CHECK_CODE(teacher, "GetCourse", CODE_NOT_FOUND, "{\"id\": \"%s\"}",
	    id);
	CHECK_CODE(admin, "DeleteCourse", CODE_NOT_FOUND, "{\"id\": \"%s\"}",
	    id);
	id = make(&teacher, "By the admin", "");
	CHECK_CODE(admin, "DeleteCourse", CODE_OK, "{\"id\": \"%s\"}", id);
}

static void
test_exports(void)
{
	const char *id, *export;
	struct json *j;

	id = make(&teacher, "F\xc3\xbcr alle: 1/2", "");
	j = CALL(teacher, "ExportCourse",
	    "{\"courseId\": \"%s\", \"format\": 1}", id);
	export = direct_text(j, "export.id");
	CHECK_STR(direct_text(j, "export.status"), "EXPORT_STATUS_PENDING");
	CHECK_STR(direct_text(j, "export.format"), "EXPORT_FORMAT_SCORM_12");
	CHECK(direct_int(j, "export", "version") == 1);
	/* the same again is the same one, until the course changes */
	j = CALL(admin, "ExportCourse", "{\"courseId\": \"%s\", \"format\": 1}",
	    id);
	CHECK_STR(direct_text(j, "export.id"), export);
	CHECK_CODE(teacher, "UpdateCourse", CODE_OK, "{\"id\": \"%s\"}", id);
	j = CALL(admin, "ExportCourse", "{\"courseId\": \"%s\", \"format\": 1}",
	    id);
	CHECK(!str_eq(direct_text(j, "export.id"), export));
	CHECK(direct_int(j, "export", "version") == 2);
	j = CALL(expert, "ListExports", "{\"courseId\": \"%s\"}", id);
	CHECK(json_count(direct_at(j, "exports")) == 2);
	CHECK_STR(direct_text(j, "exports.1.id"), export);
	j = CALL(expert, "GetCourse", "{\"id\": \"%s\"}", id);
	CHECK_STR(direct_text(j, "course.exports.1.id"), export);
	CHECK(json_count(direct_at(j, "course.exports")) == 2);

	CHECK_CODE(admin, "ExportCourse", CODE_UNIMPLEMENTED,
	    "{\"courseId\": \"%s\", \"format\": 2}", id);
	CHECK_CODE(admin, "ExportCourse", CODE_INVALID_ARGUMENT,
	    "{\"courseId\": \"%s\"}", id);
	CHECK_CODE(admin, "ExportCourse", CODE_INVALID_ARGUMENT,
	    "{\"courseId\": \"%s\", \"format\": 9}", id);
	CHECK_CODE(other, "ExportCourse", CODE_NOT_FOUND,
	    "{\"courseId\": \"%s\", \"format\": 1}", id);
	CHECK_CODE(other, "GetExportStatus", CODE_NOT_FOUND,
	    "{\"exportId\": \"%s\"}", export);
	CHECK_CODE(expert, "GetExportStatus", CODE_OK, "{\"exportId\": \"%s\"}",
	    export);
	CHECK_CODE(other, "ListExports", CODE_NOT_FOUND,
	    "{\"courseId\": \"%s\"}", id);
	CHECK_CODE(admin, "DownloadExport", CODE_INVALID_ARGUMENT,
	    "{\"exportId\": \"%s\"}", export);

	direct_sql(&d,
	    arena_printf(d.mem,
		"UPDATE scorm_packages SET status = 'completed',"
		" archive_key = 'exports/x.zip' WHERE id = '%s'",
		export));
	CHECK_CODE(admin, "DownloadExport", CODE_NOT_FOUND,
	    "{\"exportId\": \"%s\"}", export); /* no such object */
	CHECK(store_put(d.env.store, TENANT_A, "exports/x.zip",
		  "application/zip", "z", 1) == CODE_OK);
	j = CALL(teacher, "DownloadExport", "{\"exportId\": \"%s\"}", export);
	CHECK(strstr(direct_text(j, "downloadUrl"),
		  "/data/" TENANT_A "/exports/x.zip?") != NULL);
	CHECK(strstr(direct_text(j, "downloadUrl"), "-v1-scorm12.zip") != NULL);
	CHECK(direct_text(j, "expiresAt") != NULL);
	CHECK_CODE(other, "DownloadExport", CODE_NOT_FOUND,
	    "{\"exportId\": \"%s\"}", export);
	direct_sql(&d, "UPDATE scorm_packages SET archive_key = NULL");
	CHECK_CODE(admin, "DownloadExport", CODE_NOT_FOUND,
	    "{\"exportId\": \"%s\"}", export); /* expired */
}

static void
test_gate(void)
{
	const char *id;

	id = make(&teacher, "Paid", "");
	direct_sql(&d, "UPDATE companies SET subscription_status = 'canceled'");
	CHECK_CODE(admin, "CreateCourse", CODE_PERMISSION_DENIED, "{}");
	CHECK_CODE(admin, "ExportCourse", CODE_PERMISSION_DENIED,
	    "{\"courseId\": \"%s\", \"format\": 1}", id);
	CHECK_CODE(expert, "UpdateCourse", CODE_OK, "{\"id\": \"%s\"}", id);
	CHECK_CODE(expert, "GetCourse", CODE_OK, "{\"id\": \"%s\"}", id);
	direct_sql(&d, "UPDATE companies SET subscription_status = 'past_due'");
	CHECK_CODE(admin, "CreateCourse", CODE_OK, "{}");
	direct_sql(&d,
	    "UPDATE companies SET subscription_status = 'none',"
	    " plan = 'enterprise'");
	CHECK_CODE(admin, "CreateCourse", CODE_OK, "{}");
	direct_sql(&d,
	    "UPDATE companies SET subscription_status = 'active',"
	    " plan = 'pro'");
}

/* Documents that went missing or bad are told apart from missing courses. */
static void
test_damage(void)
{
	const char *id;
	const char **keys;

	id = make(&teacher, "Damaged", "");
	if (store_list(d.env.store, d.mem, TENANT_A,
		arena_printf(d.mem, "courses/%s/", id), &keys) != CODE_OK)
		return;
	CHECK(store_put(d.env.store, TENANT_A, keys[0], "application/json",
		  "{\"settings\": 1}", 15) == CODE_OK);
	CHECK_CODE(admin, "GetCourse", CODE_INTERNAL, "{\"id\": \"%s\"}", id);
	CHECK(store_put(d.env.store, TENANT_A, keys[0], "application/json",
		  "{\"id\": \"other\"}", 15) == CODE_OK);
	CHECK_CODE(admin, "GetCourse", CODE_INTERNAL, "{\"id\": \"%s\"}", id);
	CHECK(store_delete(d.env.store, TENANT_A, keys[0]) == CODE_OK);
	CHECK_CODE(admin, "GetCourse", CODE_NOT_FOUND, "{\"id\": \"%s\"}", id);
	CHECK(strstr(d.message, "document") != NULL);
	CHECK_CODE(admin, "UpdateCourse", CODE_NOT_FOUND, "{\"id\": \"%s\"}",
	    id);
	CHECK_CODE(admin, "DeleteCourse", CODE_OK, "{\"id\": \"%s\"}", id);
}

static void
test_cache(void)
{
	struct store *keep = d.env.store;
	const char *id;
	struct json *j;
	char *path;

	direct_sql(&d, "DELETE FROM courses");
	path = arena_printf(d.mem, "%s/cache.db", direct_getenv("TEST_DIR"));
	d.env.cache = cache_open(path, 16 << 20);
	id = make(&teacher, "Kept", "");
	CHECK_CODE(expert, "GetCourse", CODE_OK, "{\"id\": \"%s\"}", id);
	CHECK_CODE(expert, "ListCourses", CODE_OK, "{}");
	CHECK_CODE(expert, "GetLibrary", CODE_OK, "{}");
	CHECK_CODE(expert, "GetFolderHierarchy", CODE_OK, "{}");
	/* behind the cache's back: the old answers are still given */
	direct_sql(&d, "UPDATE courses SET title = 'Changed'");
	d.env.store = NULL;
	j = CALL(expert, "GetCourse", "{\"id\": \"%s\"}", id);
	CHECK_STR(direct_text(j, "course.settings.title"), "Kept");
	d.env.store = keep;
	j = CALL(expert, "ListCourses", "{\"limit\": 20}");
	CHECK_STR(direct_text(j, "courses.0.title"), "Kept");
	j = CALL(expert, "ListCourses", "{\"limit\": 19}");
	CHECK_STR(direct_text(j, "courses.0.title"), "Changed");
	CHECK_CODE(other, "GetCourse", CODE_NOT_FOUND, "{\"id\": \"%s\"}", id);
	/* a write through the service makes all of it stale */
	CHECK_CODE(expert, "UpdateCourse", CODE_OK,
	    "{\"id\": \"%s\", \"settings\": {\"title\": \"New\"}}", id);
	j = CALL(expert, "GetCourse", "{\"id\": \"%s\"}", id);
	CHECK_STR(direct_text(j, "course.settings.title"), "New");
	j = CALL(expert, "ListCourses", "{}");
	CHECK_STR(direct_text(j, "courses.0.title"), "New");
	j = CALL(expert, "GetLibrary", "{}");
	CHECK_STR(direct_text(j, "library.courses.0.title"), "New");
	(void)sub(&admin, "Fresh", "");
	j = CALL(expert, "GetFolderHierarchy", "{}");
	CHECK(root(j, "FOLDER_TYPE_FOLDER", "Fresh") != NULL);
	cache_close(d.env.cache);
	d.env.cache = NULL;
}

/* Storage that does not answer changes nothing. */
static void
test_no_storage(void)
{
	struct store *keep = d.env.store;
	const char *id;
	struct json *j;

	id = make(&teacher, "Safe", "");
	d.env.store = NULL;
	CHECK_CODE(admin, "CreateCourse", CODE_UNAVAILABLE, "{}");
	CHECK_CODE(admin, "UpdateCourse", CODE_UNAVAILABLE,
	    "{\"id\": \"%s\", \"settings\": {\"title\": \"Lost\"}}", id);
	CHECK_CODE(admin, "GetCourse", CODE_UNAVAILABLE, "{\"id\": \"%s\"}",
	    id);
	d.env.store = keep;
	j = CALL(admin, "GetCourse", "{\"id\": \"%s\"}", id);
	CHECK_STR(direct_text(j, "course.settings.title"), "Safe");
	CHECK(direct_int(j, "course", "version") == 1);
}

int
main(void)
{
	direct_open(&d, &course_service);
	test_create();
	test_round();
	test_update();
	test_limits();
	test_list();
	test_visibility();
	test_folders();
	test_delete();
	test_exports();
	test_gate();
	test_damage();
	test_cache();
	test_no_storage();
	direct_close(&d);
	return test_done();
}

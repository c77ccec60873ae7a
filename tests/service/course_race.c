/*
 * Several processes at the same course, folder or export: who reads never
 * meets half a change, who writes is told when somebody was faster.
 */
#include "mirai/v1/course.rpc.h"

#include <sys/wait.h>
#include <unistd.h>

#include "direct.h"

#define MAX_PROCS 4
#define ROUNDS	  60

static struct direct d;
static const char *id; /* of the course, folder ... all work on */

/* Runs fn in n processes at once; the sum of what they return, below 256 each. */
static int
together(int n, int (*fn)(int))
{
	pid_t pids[MAX_PROCS];
	int i, st, sum;

	fflush(stdout);
	db_close(d.env.db);
	d.env.db = NULL;
	for (i = 0; i < n; i++)
		if ((pids[i] = fork()) == 0) {
			d.env.db =
			    db_open(direct_getenv("DATABASE_URL"), "race");
			_exit(fn(i));
		}
	for (i = sum = 0; i < n; i++) {
		(void)waitpid(pids[i], &st, 0);
		sum += WIFEXITED(st) ? WEXITSTATUS(st) : 1000;
	}
	d.env.db = db_open(direct_getenv("DATABASE_URL"), "race");
	return sum;
}

static const char *
new_course(void)
{
	return direct_text(
	    direct_call(&d, &teacher, "CreateCourse",
		"{\"settings\": {\"title\": \"0\", \"desiredOutcome\": \"0\"}}"),
	    "course.id");
}

/* Process 0 writes, the others read: number of bad readings. */
static int
read_or_write(int who)
{
	struct json *j;
	int bad, i;

	for (bad = i = 0; i < ROUNDS * 2; i++) {
		if (who == 0) {
			j = direct_call(&d, &admin, "UpdateCourse",
			    "{\"id\": \"%s\", \"settings\": {\"title\":"
			    " \"%d\", \"desiredOutcome\": \"%d\"}}",
			    id, i, i);
			bad += j == NULL;
			continue;
		}
		j = direct_call(&d, &expert, "GetCourse", "{\"id\": \"%s\"}",
		    id);
		/* one is the row's, one the document's */
		if (j == NULL ||
		    !str_eq(direct_text(j, "course.settings.title"),
			direct_text(j, "course.settings.desiredOutcome")))
			bad++;
	}
	return bad;
}

/* Number of updates that were not refused. */
static int
update_newest(int who)
{
	struct json *j;
	int good, i;

	(void)who;
	for (good = i = 0; i < ROUNDS; i++) {
		j = direct_call(&d, &admin, "GetCourse", "{\"id\": \"%s\"}",
		    id);
		(void)direct_call(&d, &admin, "UpdateCourse",
		    "{\"id\": \"%s\", \"metadata\": {\"version\": %lld}}", id,
		    direct_int(j, "course", "version"));
		if (d.code != CODE_OK && d.code != CODE_ABORTED)
			return 255;
		good += d.code == CODE_OK;
	}
	return good;
}

static void
test_update(void)
{
	struct json *j;
	int good;

	id = new_course();
	CHECK(together(3, read_or_write) == 0);
	id = new_course();
	good = together(3, update_newest);
	j = direct_call(&d, &admin, "GetCourse", "{\"id\": \"%s\"}", id);
	printf("# %d of %d updates\n", good, 3 * ROUNDS);
	CHECK(good > 0);
	CHECK(direct_int(j, "course", "version") == good + 1);
}

static int
export_once(int who)
{
	(void)who;
	(void)direct_call(&d, &teacher, "ExportCourse",
	    "{\"courseId\": \"%s\", \"format\": 1}", id);
	return d.code != CODE_OK;
}

static void
test_export(void)
{
	struct json *j;
	int i;

	for (i = 0; i < 10; i++) {
		id = new_course();
		CHECK(together(4, export_once) == 0);
		j = direct_call(&d, &admin, "ListExports",
		    "{\"courseId\": \"%s\"}", id);
		CHECK(json_count(direct_at(j, "exports")) == 1);
	}
}

static int
first_look(int who)
{
	static const struct person *const people[] = { &admin, &teacher,
		&expert, &teacher2 };

	(void)direct_call(&d, people[who], "GetFolderHierarchy", "{}");
	return d.code != CODE_OK;
}

static void
test_defaults(void)
{
	struct json *j;
	int i;

	for (i = 0; i < 10; i++) {
		direct_sql(&d, "DELETE FROM courses; DELETE FROM folders");
		CHECK(together(4, first_look) == 0);
		j = direct_call(&d, &admin, "GetFolderHierarchy", "{}");
		CHECK(json_count(direct_at(j, "folders")) == 2);
	}
}

/* One puts a course into the folder that the other deletes. */
static int
fill_or_delete(int who)
{
	if (who == 0)
		(void)direct_call(&d, &admin, "DeleteFolder",
		    "{\"id\": \"%s\"}", id);
	else
		(void)direct_call(&d, &teacher, "CreateCourse",
		    "{\"settings\": {\"destinationFolder\": \"%s\"}}", id);
	if (d.code == CODE_OK)
		return 1;
	return d.code == CODE_INVALID_ARGUMENT || d.code == CODE_NOT_FOUND
	    ? 0
	    : 100;
}

static void
test_folder(void)
{
	struct json *j;
	int i, ok;

	for (i = ok = 0; i < 20; i++) {
		j = direct_call(&d, &admin, "CreateFolder",
		    "{\"name\": \"F%d\"}", i);
		id = direct_text(j, "folder.id");
		ok += together(2, fill_or_delete) == 1;
	}
	CHECK(ok == 20);
}

int
main(void)
{
	direct_open(&d, &course_service);
	test_update();
	test_export();
	test_defaults();
	test_folder();
	direct_close(&d);
	return test_done();
}

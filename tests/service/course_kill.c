/*
 * Processes that write courses are killed at any point, again and again.
 * Afterwards every course has the document its row speaks of, whole and of
 * the same version, and what was left over is what mirai-sweep removes.
 */
#include "mirai/v1/course.rpc.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "direct.h"
#include "learn/document.h"

#define ROUNDS	40
#define WRITERS 3
#define COURSES 4

static struct direct d;

static const struct db_query q_courses = {
	.name = "kill_courses",
	.nargs = 0,
	.sql = "SELECT id, version, title, content_path, status FROM courses"
	       " ORDER BY id",
};

static const struct db_query q_busy = {
	.name = "kill_busy",
	.nargs = 0,
	.sql =
	    "SELECT count(*) FROM pg_stat_activity"
	    " WHERE datname = current_database() AND usename = 'mirai_tenant'",
};

static struct db_rows *
ask(const struct db_query *q)
{
	struct db_rows *rows;

	db_begin(d.super, DB_TX_READ,
	    &(struct db_scope){ NULL, NULL, false, 0 });
	rows = db_last(d.super, q, DB_NOARGS);
	if (db_end(d.super, CODE_OK) != CODE_OK || rows == NULL) {
		printf("Bail out! %s\n", q->name);
		exit(1);
	}
	return rows;
}

static void
nap_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	(void)nanosleep(&ts, NULL);
}

/* One write after the other until killed; text of changing size. */
static void
writer(unsigned seed)
{
	const char *ids[64];
	struct db_rows *rows;
	size_t n;
	char *fill;
	int i;

	d.env.db = db_open(direct_getenv("DATABASE_URL"), "writer");
	d.env.store = store_open(d.env.conf); /* a connection of its own */
	d.super = db_open(direct_super(d.mem), "writer");
	db_use(d.super, d.mem);
	rows = ask(&q_courses);
	for (n = 0; n < NITEMS(ids) && db_next(rows); n++)
		ids[n] = db_text(rows, 0);
	fill = arena_zalloc(d.mem, 40000);
	for (i = 0;; i++) {
		memset(fill, 'x', 39999);
		fill[rand_r(&seed) % 39999] = '\0';
		if (rand_r(&seed) % 8 == 0 || n == 0)
			(void)direct_call(&d, &teacher, "CreateCourse",
			    "{\"settings\": {\"title\": \"n%u.%d\"}}", seed, i);
		else if (rand_r(&seed) % 40 == 0)
			(void)direct_call(&d, &admin, "DeleteCourse",
			    "{\"id\": \"%s\"}",
			    ids[(unsigned)rand_r(&seed) % n]);
		else
			(void)direct_call(&d, &admin, "UpdateCourse",
			    "{\"id\": \"%s\", \"settings\": {\"title\":"
			    " \"t%u.%d\"}, \"content\": {\"courseBlocks\":"
			    " [{\"id\": \"b\", \"type\": 2, \"content\":"
			    " \"%s\"}]}}",
			    ids[(unsigned)rand_r(&seed) % n], seed, i, fill);
	}
}

/* What a killed client asked for last may still be at work. */
static void
wait_quiet(void)
{
	struct db_rows *rows;
	int i;

	for (i = 0; i < 12000; i++) {
		rows = ask(&q_busy);
		if (db_next(rows) && db_int(rows, 0) == 0)
			return;
		nap_ms(5);
	}
	printf("Bail out! connections do not end\n");
	exit(1);
}

static void
round_of_kills(unsigned seed)
{
	pid_t pids[WRITERS];
	unsigned i;

	fflush(stdout);
	for (i = 0; i < WRITERS; i++)
		if ((pids[i] = fork()) == 0)
			writer(seed * 100 + i);
	nap_ms(30 + (long)(seed * 37 % 90));
	for (i = 0; i < WRITERS; i++)
		(void)kill(pids[i], SIGKILL);
	for (i = 0; i < WRITERS; i++)
		(void)waitpid(pids[i], NULL, 0);
	wait_quiet();
}

/* Whether the course of the row is whole. */
static bool
is_whole(const struct db_rows *rows)
{
	struct pb_course c = { 0 };
	const char *error = "";
	struct arena *a;
	size_t len;
	void *p;
	bool ok;

	a = arena_new();
	ok = store_get(d.env.store, a, TENANT_A, db_text(rows, 3), DOCUMENT_MAX,
		 &p, &len) == CODE_OK &&
	    document_read(a, p, len, &c, &error) == 0 &&
	    str_eq(c.id, db_text(rows, 0)) && c.version == db_int(rows, 1) &&
	    str_eq(c.settings->title, db_text(rows, 2));
	if (!ok)
		printf("# %s version %s \"%s\" at %s: version %d \"%s\" %s\n",
		    db_text(rows, 0), db_text(rows, 1), db_text(rows, 2),
		    db_text(rows, 3), (int)c.version,
		    c.settings == NULL ? "" : c.settings->title, error);
	arena_free(a);
	return ok;
}

static size_t
check_all(size_t *broken)
{
	struct db_rows *rows;
	size_t n;

	rows = ask(&q_courses);
	for (n = 0; db_next(rows); n++)
		if (!is_whole(rows))
			(*broken)++;
	return n;
}

static size_t
count_objects(void)
{
	struct store_item *items;
	size_t n;

	if (store_items(d.env.store, d.mem, TENANT_A, "", &items, &n) !=
	    CODE_OK)
		return 0;
	return n;
}

/* Makes every object look two hours old. */
static void
age_objects(void)
{
	char *cmd;

	cmd = arena_printf(d.mem,
	    "find '%s' -type f -exec touch -d '2 hours ago' {} +",
	    direct_getenv("LOCAL_STORAGE_DIR"));
	CHECK(system(cmd) == 0);
}

static void
check_sweep(size_t ncourses)
{
	char *cmd;

	printf("# %zu courses, %zu objects\n", ncourses, count_objects());
	CHECK(count_objects() >= ncourses);
	cmd = arena_printf(d.mem, "%s/bin/mirai-sweep -f /dev/null",
	    direct_getenv("BUILD"));
	CHECK(system(cmd) == 0); /* everything is too young */
	CHECK(count_objects() >= ncourses);
	age_objects();
	CHECK(system(cmd) == 0);
	CHECK(count_objects() == ncourses);
}

int
main(void)
{
	size_t broken, n;
	unsigned i;

	direct_open(&d, &course_service);
	for (i = 0; i < COURSES; i++)
		(void)direct_call(&d, &teacher, "CreateCourse",
		    "{\"settings\": {\"title\": \"%u\"}}", i);
	db_close(d.env.db);
	d.env.db = NULL;
	broken = n = 0;
	for (i = 0; i < ROUNDS; i++) {
		round_of_kills(i + 1);
		n = check_all(&broken);
	}
	CHECK(n > 0);
	CHECK(broken == 0);
	check_sweep(n);
	CHECK(check_all(&broken) == n);
	CHECK(broken == 0);
	direct_close(&d);
	return test_done();
}

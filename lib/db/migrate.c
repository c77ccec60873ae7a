/*
 * Schema migrations. A file is known by its name and SHA-256; what ran is
 * recorded in schema_migrations in the same transaction, so a kill leaves a
 * step done or not done. Never goes back, never runs an edited file.
 */
#include "db/migrate.h"

#include <assert.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"
#include "net/crypt.h"
#include "sql/schema.h"

/* Of a server that is not there yet: 1 s, 2 s, 4 s ... */
#define CONNECT_TRIES 10
#define CONNECT_WAIT  30

enum query {
	Q_EXISTS,
	Q_LOCK,
	Q_LIST,
	Q_FIND,
	Q_ADD,
	Q_VERSION,
	Q_DATABASE,
	Q_ROLE,
	Q_VISIBLE,
	Q_UNFORCED,
	Q__MAX
};

extern const struct db_query migrate_queries[];

const struct db_query migrate_queries[] = {
	[Q_EXISTS] = {
	    .name = "migrate_exists",
	    .sql = "SELECT to_regclass('public.schema_migrations') IS NOT NULL",
	},
	[Q_LOCK] = {
	    .name = "migrate_lock",
	    .sql = "SELECT pg_advisory_xact_lock("
		   "hashtextextended('mirai_migrate', 0)),"
		   " set_config('lock_timeout', '60000', true)",
	},
	[Q_LIST] = {
	    .name = "migrate_list",
	    .sql = "SELECT name, sha256 FROM schema_migrations"
		   " WHERE name ~ '^[0-9]' ORDER BY name",
	},
	[Q_FIND] = {
	    .name = "migrate_find",
	    .nargs = 1, /* name */
	    .sql = "SELECT sha256 FROM schema_migrations WHERE name = $1",
	},
	[Q_ADD] = {
	    .name = "migrate_add",
	    .nargs = 2, /* name, sha256 */
	    .sql = "INSERT INTO schema_migrations (name, sha256)"
		   " VALUES ($1, $2) ON CONFLICT (name) DO UPDATE"
		   " SET sha256 = excluded.sha256, applied_at = now()",
	},
	[Q_VERSION] = {
	    .name = "migrate_version",
	    .sql = "SELECT COALESCE(max(name), '') FROM schema_migrations"
		   " WHERE name ~ '^[0-9]'",
	},
	[Q_DATABASE] = {
	    .name = "migrate_database",
	    .nargs = 1, /* name */
	    .sql = "SELECT 1 FROM pg_database WHERE datname = $1",
	},
	[Q_ROLE] = {
	    .name = "migrate_role",
	    .sql = "SELECT rolsuper OR rolbypassrls FROM pg_roles"
		   " WHERE rolname = current_user",
	},
	[Q_VISIBLE] = {
	    .name = "migrate_visible",
	    .sql = "SELECT 1 FROM users LIMIT 1",
	},
	[Q_UNFORCED] = {
	    .name = "migrate_unforced",
	    .sql = "SELECT c.relname FROM pg_class c"
		   " WHERE c.relnamespace = 'public'::regnamespace"
		   " AND c.relkind IN ('r', 'p')"
		   " AND c.relname <> 'schema_migrations'"
		   " AND NOT (c.relrowsecurity AND c.relforcerowsecurity)"
		   " LIMIT 1",
	},
	[Q__MAX] = { 0 },
};

/* One file of sql/app or sql/identity. */
struct file {
	const char *name; /* without ".sql" */
	const char *sql;
	const char *sha256;
};

struct plan {
	struct arena *mem;
	struct db *db;
	enum migrate_target target;
	const struct migrate_opts *opts;
	struct file *files;
	size_t nfiles;
	size_t ndone; /* leading files that ran before */
};

static const char *const target_names[MIGRATE__MAX] = {
	[MIGRATE_APP] = "app",
	[MIGRATE_IDENTITY] = "identity",
};

static const char *const target_schemas[MIGRATE__MAX] = {
	[MIGRATE_APP] = SCHEMA_APP,
	[MIGRATE_IDENTITY] = SCHEMA_IDENTITY,
};

static const char table_sql[] = "CREATE TABLE IF NOT EXISTS schema_migrations ("
				"name text PRIMARY KEY, sha256 text NOT NULL,"
				" applied_at timestamptz NOT NULL"
				" DEFAULT now())";

/* --- files ------------------------------------------------------------------ */

static const char *
read_file(struct arena *a, const char *path)
{
	struct buf *b;
	FILE *fp;
	size_t n;

	if ((fp = fopen(path, "re")) == NULL) {
		log_error("%s: %s", path, strerror(errno));
		return NULL;
	}
	b = buf_new(a);
	do {
		n = fread(buf_reserve(b, 65536), 1, 65536, fp);
		b->len += n;
		b->data[b->len] = '\0';
	} while (n > 0);
	n = (size_t)ferror(fp);
	fclose(fp);
	if (n != 0 || memchr(b->data, '\0', b->len) != NULL) {
		log_error("%s: cannot be read as text", path);
		return NULL;
	}
	return b->data;
}

/* NNNN_slug.sql */
static int
is_migration(const struct dirent *e)
{
	const char *s = e->d_name;

	return isdigit((unsigned char)s[0]) && isdigit((unsigned char)s[1]) &&
	    isdigit((unsigned char)s[2]) && isdigit((unsigned char)s[3]) &&
	    s[4] == '_' && str_ends(s, ".sql");
}

static int
by_name(const struct dirent **x, const struct dirent **y)
{
	return strcmp((*x)->d_name, (*y)->d_name);
}

static int
load_file(struct plan *p, const char *name)
{
	struct file *f;
	const char *path;

	f = &p->files[p->nfiles];
	path = arena_printf(p->mem, "%s/%s/%s", p->opts->dir,
	    target_names[p->target], name);
	if ((f->sql = read_file(p->mem, path)) == NULL)
		return -1;
	f->name = arena_strndup(p->mem, name, strlen(name) - strlen(".sql"));
	f->sha256 = crypt_sha256_hex(p->mem, f->sql, strlen(f->sql));
	if (!str_starts(f->sql, "-- ")) {
		log_error("%s: must begin with a comment that says why", path);
		return -1;
	}
	if (strtol(name, NULL, 10) != (long)p->nfiles + 1) {
		log_error("%s: number %04zu is missing or doubled", path,
		    p->nfiles + 1);
		return -1;
	}
	p->nfiles++;
	return 0;
}

static int
load_files(struct plan *p)
{
	struct dirent **entries;
	const char *dir;
	int i, n, rc;

	dir = arena_printf(p->mem, "%s/%s", p->opts->dir,
	    target_names[p->target]);
	/* A target without a single migration is empty, not broken. */
	if ((n = scandir(dir, &entries, is_migration, by_name)) == -1 &&
	    errno == ENOENT && *target_schemas[p->target] == '\0')
		return 0;
	if (n == -1) {
		log_error("%s: %s", dir, strerror(errno));
		return -1;
	}
	p->files = arena_calloc(p->mem, (size_t)n + 1, sizeof(*p->files));
	rc = 0;
	for (i = 0; i < n; i++) {
		if (rc == 0)
			rc = load_file(p, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

/* The lines of grants.sql between "-- part: name" and the next part. */
static const char *
load_part(struct arena *a, const char *dir, const char *name)
{
	const char *text, *start, *end, *mark, *path;

	path = arena_printf(a, "%s/grants.sql", dir);
	if ((text = read_file(a, path)) == NULL)
		return NULL;
	mark = arena_printf(a, "\n-- part: %s\n", name);
	if ((start = strstr(text, mark)) == NULL) {
		log_error("%s: part %s is missing", path, name);
		return NULL;
	}
	start += strlen(mark);
	end = strstr(start, "\n-- part: ");
	return end == NULL ? start
			   : arena_strndup(a, start, (size_t)(end - start));
}

/* --- steps ------------------------------------------------------------------ */

/* A transaction under the migration lock. */
static int
step_begin(struct plan *p)
{
	const struct db_scope scope = { 0 };

	db_begin(p->db, DB_TX_WRITE, &scope);
	return db_run(p->db, &migrate_queries[Q_LOCK], DB_NOARGS) == NULL ? -1
									  : 0;
}

static int
step_end(struct plan *p, int rc)
{
	enum code code;

	code = db_end(p->db, rc == 0 ? CODE_OK : CODE_INTERNAL);
	return code == CODE_OK ? 0 : -1;
}

/* What was recorded under name: NULL on failure, "" if nothing. */
static const char *
recorded(struct plan *p, const char *name)
{
	struct db_rows *rows;

	rows = db_run(p->db, &migrate_queries[Q_FIND], DB_ARGS(name));
	if (rows == NULL)
		return NULL;
	return db_next(rows) ? db_text(rows, 0) : "";
}

static int
record(struct plan *p, const char *name, const char *sha256)
{
	return db_run(p->db, &migrate_queries[Q_ADD], DB_ARGS(name, sha256)) ==
		NULL
	    ? -1
	    : 0;
}

/*
 * Runs sql and records it unless that has been done with this very text.
 * Another text under the name is an error, or reason to run it again.
 */
static int
step_run(struct plan *p, const struct file *f, bool again)
{
	const char *old;

	if ((old = recorded(p, f->name)) == NULL)
		return -1;
	if (strcmp(old, f->sha256) == 0)
		return 0;
	if (*old != '\0' && !again) {
		log_error("%s was edited after it ran", f->name);
		return -1;
	}
	if (db_script(p->db, f->name, f->sql) == -1 ||
	    record(p, f->name, f->sha256) == -1)
		return -1;
	if (p->opts->verbose)
		log_info("%s: %s", target_names[p->target], f->name);
	return 0;
}

static int
step(struct plan *p, const struct file *f, bool again)
{
	int rc;

	rc = step_begin(p);
	if (rc == 0)
		rc = step_run(p, f, again);
	return step_end(p, rc);
}

static int
make_table(struct plan *p)
{
	int rc;

	rc = step_begin(p);
	if (rc == 0)
		rc = db_script(p->db, "schema_migrations", table_sql);
	return step_end(p, rc);
}

/* --- the plan --------------------------------------------------------------- */

/* Row i of what ran must be file i of what is there. */
static int
check_row(struct plan *p, const char *name, const char *sha256)
{
	const struct file *f;
	const char *target;

	target = target_names[p->target];
	if (p->ndone == p->nfiles) {
		log_error("%s: %s has run, but its file is gone: the database"
			  " is newer than these files",
		    target, name);
		return -1;
	}
	f = &p->files[p->ndone];
	if (strcmp(f->name, name) != 0) {
		log_error("%s: %s has run where the files have %s", target,
		    name, f->name);
		return -1;
	}
	if (strcmp(f->sha256, sha256) != 0) {
		log_error("%s: %s was edited after it ran: restore it, and put"
			  " the change into a new file",
		    target, name);
		return -1;
	}
	p->ndone++;
	return 0;
}

static int
check_rows(struct plan *p)
{
	struct db_rows *rows;

	rows = db_run(p->db, &migrate_queries[Q_EXISTS], DB_NOARGS);
	if (rows == NULL || !db_next(rows))
		return -1;
	if (!db_bool(rows, 0))
		return 0;
	rows = db_run(p->db, &migrate_queries[Q_LIST], DB_NOARGS);
	if (rows == NULL)
		return -1;
	while (db_next(rows))
		if (check_row(p, db_text(rows, 0), db_text(rows, 1)) == -1)
			return -1;
	return 0;
}

/* Holds what ran against the files; changes nothing. */
static int
check_done(struct plan *p)
{
	const struct db_scope scope = { 0 };
	int rc;

	p->ndone = 0;
	db_begin(p->db, DB_TX_READ, &scope);
	rc = check_rows(p);
	return db_end(p->db, rc == 0 ? CODE_OK : CODE_INTERNAL) == CODE_OK ? 0
									   : -1;
}

/* Grants are said again when they, or the tables they speak of, changed. */
static int
run_grants(struct plan *p)
{
	struct file f;
	const char *last, *text;

	f.name = "grants";
	f.sql = load_part(p->mem, p->opts->dir, target_names[p->target]);
	if (f.sql == NULL)
		return -1;
	last = p->nfiles == 0 ? "" : p->files[p->nfiles - 1].sha256;
	text = arena_printf(p->mem, "%s%s", last, f.sql);
	f.sha256 = crypt_sha256_hex(p->mem, text, strlen(text));
	return step(p, &f, true);
}

static int
run_plan(struct plan *p)
{
	const struct file *f;
	size_t i;

	if (load_files(p) == -1 || check_done(p) == -1)
		return -1;
	if (p->opts->dry) {
		for (i = p->ndone; i < p->nfiles; i++)
			printf("%s: %s\n", target_names[p->target],
			    p->files[i].name);
		return 0;
	}
	if (make_table(p) == -1)
		return -1;
	for (i = p->ndone; i < p->nfiles; i++) {
		f = &p->files[i];
		if (step(p, f, false) == -1) {
			log_error("%s: %s: not applied",
			    target_names[p->target], f->name);
			return -1;
		}
	}
	return run_grants(p);
}

int
migrate_run(struct db *db, enum migrate_target target,
    const struct migrate_opts *opts)
{
	struct plan p = { 0 };
	int rc;

	p.mem = arena_new();
	p.db = db;
	p.target = target;
	p.opts = opts;
	db_use(db, p.mem);
	rc = run_plan(&p);
	db_use(db, NULL);
	arena_free(p.mem);
	return rc;
}

/* --- set-up ----------------------------------------------------------------- */

static int
setup_database(struct db *db, struct arena *a, const char *name,
    const struct migrate_opts *opts)
{
	const struct db_scope scope = { 0 };
	struct db_rows *rows;
	const char *sql;

	db_begin(db, DB_TX_READ, &scope);
	rows = db_run(db, &migrate_queries[Q_DATABASE], DB_ARGS(name));
	if (db_end(db, CODE_OK) != CODE_OK || rows == NULL)
		return -1;
	if (db_count(rows) > 0)
		return 0;
	if (opts->dry) {
		printf("database %s\n", name);
		return 0;
	}
	/* The name was checked by the caller: it needs no quotes. */
	sql = arena_printf(a,
	    "CREATE DATABASE %s OWNER mirai_owner TEMPLATE template0"
	    " ENCODING 'UTF8' LOCALE 'C.UTF-8'",
	    name);
	if (db_script(db, name, sql) == -1)
		return -1;
	if (opts->verbose)
		log_info("database %s", name);
	return 0;
}

static bool
is_plain_name(const char *s)
{
	return *s != '\0' && strlen(s) < 64 && !isdigit((unsigned char)*s) &&
	    s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

static int
setup(struct db *db, struct arena *a, const char *const names[MIGRATE__MAX],
    const struct migrate_opts *opts)
{
	const char *roles;
	size_t i;

	for (i = 0; i < MIGRATE__MAX; i++) {
		if (is_plain_name(names[i]))
			continue;
		log_error("database name: lower-case letters, digits and _");
		return -1;
	}
	if ((roles = load_part(a, opts->dir, "roles")) == NULL)
		return -1;
	if (!opts->dry && db_script(db, "roles", roles) == -1)
		return -1;
	for (i = 0; i < MIGRATE__MAX; i++)
		if (setup_database(db, a, names[i], opts) == -1)
			return -1;
	return 0;
}

int
migrate_setup(struct db *db, const char *const names[MIGRATE__MAX],
    const struct migrate_opts *opts)
{
	struct arena *a;
	int rc;

	a = arena_new();
	db_use(db, a);
	rc = setup(db, a, names, opts);
	db_use(db, NULL);
	arena_free(a);
	return rc;
}

/* --- checks at the start of a program --------------------------------------- */

/* First column of q's first row in a; NULL if it failed, "" if no row. */
static const char *
ask(struct db *db, struct arena *a, enum query q)
{
	const struct db_scope scope = { 0 };
	struct db_rows *rows;

	db_use(db, a);
	db_begin(db, DB_TX_READ, &scope);
	rows = db_last(db, &migrate_queries[q], DB_NOARGS);
	if (db_end(db, CODE_OK) != CODE_OK)
		rows = NULL;
	db_use(db, NULL);
	if (rows == NULL)
		return NULL;
	return db_next(rows) ? db_text(rows, 0) : "";
}

const char *
migrate_schema(enum migrate_target target)
{
	return target_schemas[target];
}

int
migrate_require(struct db *db, enum migrate_target target)
{
	struct arena *a;
	const char *have;
	int rc;

	a = arena_new();
	have = ask(db, a, Q_VERSION);
	rc = have != NULL && strcmp(have, target_schemas[target]) >= 0 ? 0 : -1;
	if (rc == -1)
		log_error("%s database: schema %s is needed, found %s;"
			  " run mirai-migrate",
		    target_names[target], target_schemas[target],
		    str_is_empty(have) ? "none" : have);
	arena_free(a);
	return rc;
}

static int
selftest(struct db *db, struct arena *a)
{
	const char *s;

	if ((s = ask(db, a, Q_ROLE)) == NULL)
		return -1;
	if (*s != 'f') {
		log_error("self-test: this database role bypasses row-level"
			  " security; use mirai_tenant or mirai_worker");
		return -1;
	}
	if ((s = ask(db, a, Q_UNFORCED)) == NULL)
		return -1;
	if (*s != '\0') {
		log_error(
		    "self-test: table %s has no forced row-level security", s);
		return -1;
	}
	if ((s = ask(db, a, Q_VISIBLE)) == NULL)
		return -1;
	if (*s != '\0') {
		log_error("self-test: users are visible outside any tenant");
		return -1;
	}
	return 0;
}

int
migrate_selftest(struct db *db)
{
	struct arena *a;
	int rc;

	a = arena_new();
	rc = selftest(db, a);
	arena_free(a);
	return rc;
}

/* Until the server can be asked at all; whatever else is wrong is said later. */
static void
wait_for(struct db *db)
{
	struct arena *a;
	unsigned tries, seconds;

	a = arena_new();
	seconds = 1;
	for (tries = 1; tries < CONNECT_TRIES; tries++) {
		if (ask(db, a, Q_ROLE) != NULL || db_fault(db) != DB_FAULT_LOST)
			break;
		sleep(seconds);
		seconds =
		    seconds * 2 < CONNECT_WAIT ? seconds * 2 : CONNECT_WAIT;
	}
	arena_free(a);
}

int
migrate_start(const char *url, const char *application,
    enum migrate_target target)
{
	struct db *db;
	int rc;

	if (str_is_empty(url)) {
		log_error("the url of the %s database is not set",
		    target_names[target]);
		return -1;
	}
	db = db_open(url, application);
	wait_for(db);
	rc = migrate_require(db, target);
	if (rc == 0 && target == MIGRATE_APP)
		rc = migrate_selftest(db);
	db_close(db);
	return rc;
}

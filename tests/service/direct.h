/*
 * Handlers called without a wire: the transaction and what follows the
 * commit as in a real call, the caller set by hand. For tests that need two
 * callers at once, a clock, or a look at the tables.
 */
#ifndef MIRAI_TESTS_SERVICE_DIRECT_H
#define MIRAI_TESTS_SERVICE_DIRECT_H

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/cache.h"
#include "db/db.h"
#include "net/json.h"
#include "net/store.h"
#include "rpc/after.h"
#include "rpc/rpc.h"

#include "tests/test.h"

struct person {
	const char *tenant, *company, *user;
	enum role role;
};

#define TENANT_A  "a0000000-0000-4000-8000-000000000000"
#define COMPANY_A "a1000000-0000-4000-8000-000000000000"
#define TENANT_B  "b0000000-0000-4000-8000-000000000000"
#define COMPANY_B "b1000000-0000-4000-8000-000000000000"
#define USER_A(n) "a2000000-0000-4000-8000-00000000000" #n
#define USER_B(n) "b2000000-0000-4000-8000-00000000000" #n

static const struct person admin = { TENANT_A, COMPANY_A, USER_A(1),
	ROLE_ADMIN };
static const struct person teacher = { TENANT_A, COMPANY_A, USER_A(2),
	ROLE_INSTRUCTOR };
static const struct person expert = { TENANT_A, COMPANY_A, USER_A(3),
	ROLE_SME };
static const struct person teacher2 = { TENANT_A, COMPANY_A, USER_A(8),
	ROLE_INSTRUCTOR };
static const struct person other = { TENANT_B, COMPANY_B, USER_B(1),
	ROLE_ADMIN };

/* Two paying companies with the people above. */
static const char direct_people[] =
    "INSERT INTO tenants (id, name, slug) VALUES"
    " ('" TENANT_A "', 'A', 'a'), ('" TENANT_B "', 'B', 'b');"
    "INSERT INTO companies (id, tenant_id, name, plan, subscription_status)"
    " VALUES ('" COMPANY_A "', '" TENANT_A "', 'A', 'pro', 'active'),"
    " ('" COMPANY_B "', '" TENANT_B "', 'B', 'pro', 'active');"
    "INSERT INTO users (id, tenant_id, kratos_id, company_id, role) VALUES"
    " ('" USER_A(
	1) "', '" TENANT_A "', gen_random_uuid(), '" COMPANY_A
	   "', 'admin'), ('" USER_A(
	       2) "', '" TENANT_A "', gen_random_uuid(), '" COMPANY_A
		  "', 'instructor'),"
		  " ('" USER_A(
		      3) "', '" TENANT_A "', gen_random_uuid(), '" COMPANY_A
			 "', 'sme'), ('" USER_A(
			     8) "', '" TENANT_A
				"', gen_random_uuid(), '" COMPANY_A
				"', 'instructor'),"
				" ('" USER_B(
				    1) "', '" TENANT_B
				       "', gen_random_uuid(), '" COMPANY_B
				       "', 'admin');";

struct direct {
	struct req_env env;
	struct db *super; /* sees and may do everything */
	const struct rpc_service *service;
	struct arena *mem;
	const struct person *as;
	enum code code; /* of the last call */
	char message[512];
};

static inline const char *
direct_getenv(const char *name)
{
	const char *s;

	if ((s = getenv(name)) == NULL) {
		printf("Bail out! %s is not set: use tests/run\n", name);
		exit(1);
	}
	return s;
}

static inline void
direct_sql(struct direct *d, const char *sql)
{
	if (db_script(d->super, "test", sql) == -1) {
		printf("Bail out! %s\n", sql);
		exit(1);
	}
}

/* The superuser's connection into this file's own database. */
static inline char *
direct_super(struct arena *a)
{
	const char *url, *user;

	url = direct_getenv("DATABASE_URL");
	if ((user = strstr(url, " user=")) == NULL)
		exit(1);
	return arena_printf(a, "%.*s user=postgres", (int)(user - url), url);
}

static inline void
direct_open(struct direct *d, const struct rpc_service *service)
{
	struct conf *conf;

	log_open("test", LOG_FORM_PLAIN, LOG_LEVEL_WARN);
	memset(d, 0, sizeof(*d));
	d->mem = arena_new();
	d->service = service;
	if ((conf = conf_load("/dev/null")) == NULL ||
	    conf_set(conf, "store.secret", "0123456789abcdef") == -1)
		exit(1);
	d->env.conf = conf;
	d->env.db = db_open(direct_getenv("DATABASE_URL"), "test");
	d->env.store = store_open(conf);
	d->super = db_open(direct_super(d->mem), "test");
	db_use(d->super, d->mem);
	if (d->env.store == NULL)
		exit(1);
	direct_sql(d, direct_people);
}

static inline void
direct_close(struct direct *d)
{
	db_close(d->env.db);
	db_close(d->super);
	store_close(d->env.store);
	cache_close(d->env.cache);
	conf_free((struct conf *)(uintptr_t)d->env.conf);
	arena_free(d->mem);
}

static inline const struct rpc_method *
direct_method(const struct direct *d, const char *name)
{
	size_t i;

	for (i = 0; i < d->service->nmethods; i++)
		if (str_ends(d->service->methods[i].path,
			arena_printf(d->mem, "/%s", name)))
			return &d->service->methods[i];
	printf("Bail out! no method %s\n", name);
	exit(1);
}

/*
 * Calls a method with the message in, which is of its type; the answer goes
 * to out in the memory of *keep, a request the caller ends with req_done().
 */
static inline enum code
direct_run(struct direct *d, const char *method, const void *in, void *out,
    struct req **keep)
{
	const struct rpc_method *m;
	struct db_scope scope;
	struct req *r;

	m = direct_method(d, method);
	*keep = r = req_local(&d->env);
	memcpy(r->who.tenant_id, d->as->tenant, STR_UUID_LEN + 1);
	memcpy(r->who.company_id, d->as->company, STR_UUID_LEN + 1);
	memcpy(r->who.user_id, d->as->user, STR_UUID_LEN + 1);
	r->who.role = d->as->role;
	scope = (struct db_scope){ .tenant_id = r->who.tenant_id,
		.user_id = r->who.user_id,
		.deadline_ms = r->deadline_ms };
	db_use(r->db, r->mem);
	db_begin(r->db, m->tx, &scope);
	d->code = db_end(r->db, m->call(r, in, out));
	after_run(r, d->code == CODE_OK);
	(void)snprintf(d->message, sizeof(d->message), "%s",
	    r->message == NULL ? "" : r->message);
	return d->code;
}

static inline struct json *direct_call(struct direct *d,
    const struct person *as, const char *method, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

/* Calls with JSON; the answer's JSON in d->mem, NULL when it failed. */
static inline struct json *
direct_call(struct direct *d, const struct person *as, const char *method,
    const char *fmt, ...)
{
	struct pb_limits lim = { .json_strict = true };
	const struct rpc_method *m;
	struct pb_error err;
	struct json *j = NULL;
	struct req *r;
	struct buf *b;
	void *in, *out;
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = arena_vprintf(d->mem, fmt, ap);
	va_end(ap);
	m = direct_method(d, method);
	in = arena_zalloc(d->mem, pb_size(m->in));
	out = arena_zalloc(d->mem, pb_size(m->out));
	if (pb_json_decode(d->mem, m->in, text, strlen(text), &lim, in, &err) !=
	    CODE_OK) {
		printf("Bail out! %s %s: %s\n", method, err.path, err.text);
		exit(1);
	}
	d->as = as;
	b = buf_new(d->mem);
	if (direct_run(d, method, in, out, &r) == CODE_OK &&
	    pb_json_encode(d->mem, b, m->out, out, false, &err) == 0)
		j = json_parse(d->mem, b->data, b->len, NULL, NULL);
	else if (d->code == CODE_OK)
		d->code = CODE_DATA_LOSS;
	req_done(r);
	return j;
}

/* The value at a dotted path, lists by index: "course.exports.0.id". */
static inline const struct json *
direct_at(const struct json *j, const char *path)
{
	char name[64];
	size_t n;

	for (; j != NULL && *path != '\0'; path += n + (path[n] == '.')) {
		n = strcspn(path, ".");
		memcpy(name, path, n < sizeof(name) ? n : sizeof(name) - 1);
		name[n < sizeof(name) ? n : sizeof(name) - 1] = '\0';
		j = json_kind(j) == JSON_LIST
		    ? json_at(j, (size_t)strtoul(name, NULL, 10))
		    : json_get(j, name);
	}
	return j;
}

static inline const char *
direct_text(const struct json *j, const char *path)
{
	const struct json *v = direct_at(j, path);

	return json_kind(v) == JSON_TEXT ? json_text(v) : NULL;
}

static inline long long
direct_int(const struct json *up, const char *path, const char *key)
{
	return (long long)json_get_int(direct_at(up, path), key, INT64_MIN,
	    INT64_MAX, 0);
}

#endif

/*
 * The generated tables hold every name, number and type that clients rely on
 * (contract.txt), what was added since (additions.txt), and nothing else; and
 * the services have exactly the methods listed.
 */

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "mirai/services.h"
#include "mirai/v1/course.pb.h"
#include "rpc/pb_desc.h"
#include "tests/test.h"

#define PACKAGE "mirai.v1."

static struct arena *mem;

/* What the tables have that no line has named yet: counted down to zero. */
static size_t nfields_listed, nmethods_listed;

static const char *
kind_name(const struct pb_field *f)
{
	static const char *const names[] = { [PB_DOUBLE] = "double",
		[PB_FLOAT] = "float",
		[PB_INT64] = "int64",
		[PB_INT32] = "int32",
		[PB_BOOL] = "bool",
		[PB_STRING] = "string",
		[PB_BYTES] = "bytes" };
	const char *name;

	name = f->msg != NULL ? f->msg->name
	    : f->en != NULL   ? f->en->name
			      : names[f->kind];
	return strncmp(name, PACKAGE, strlen(PACKAGE)) == 0
	    ? name + strlen(PACKAGE)
	    : name;
}

/* A field as the lists write it. */
static const char *
describe(const struct pb_field *f)
{
	const char *more;

	more = f->flags & PB_F_REPEATED ? " repeated"
	    : f->flags & PB_F_OPTIONAL	? " optional"
					: "";
	return arena_printf(mem, "%u %s %s%s", f->number, f->name, kind_name(f),
	    more);
}

static void
check_field(const char *message, const char *line)
{
	const struct pb_field *f;
	const struct pb_desc *d;

	d = pb_find(arena_printf(mem, PACKAGE "%s", message));
	f = d == NULL ? NULL : pb_by_number(d, (uint32_t)atoi(line));
	test_report_str(f == NULL ? "nothing" : describe(f), line, __FILE__,
	    __LINE__, message);
	nfields_listed++;
}

/* Enums are found through the fields that have them. */
static const struct pb_enum *
find_enum(const struct pb_file *files, const char *name)
{
	const struct pb_desc *d;
	size_t i, j;

	for (; files != NULL; files = files->next)
		for (i = 0; i < files->ndescs; i++) {
			d = files->descs[i];
			for (j = 0; j < d->nfields; j++)
				if (d->fields[j].en != NULL &&
				    strcmp(d->fields[j].en->name, name) == 0)
					return d->fields[j].en;
		}
	return NULL;
}

static void
check_value(const char *name, const char *line)
{
	const struct pb_enum *e;
	const char *space, *got;

	space = strchr(line, ' ');
	e = find_enum(pb_files(), arena_printf(mem, PACKAGE "%s", name));
	got = e == NULL ? NULL : pb_enum_name(e, (int32_t)atoi(line));
	test_report_str(got, space + 1, __FILE__, __LINE__, name);
}

static const struct rpc_method *
find_method(const char *path)
{
	const struct rpc_service *const *s;
	size_t i;

	for (s = pb_all_services; *s != NULL; s++)
		for (i = 0; i < (*s)->nmethods; i++)
			if (strcmp((*s)->methods[i].path, path) == 0)
				return &(*s)->methods[i];
	return NULL;
}

/* "TeamService/ListTeams", its messages named after it. */
static void
check_method(const char *line)
{
	const struct rpc_method *m;
	const char *slash;
	char *name, *tail;
	bool stream;

	name = arena_strdup(mem, line);
	if ((stream = (tail = strstr(name, " stream")) != NULL))
		*tail = '\0';
	m = find_method(arena_printf(mem, "/" PACKAGE "%s", name));
	test_report(m != NULL, __FILE__, __LINE__, line);
	nmethods_listed++;
	if (m == NULL)
		return;
	slash = strchr(name, '/') + 1;
	CHECK_STR(pb_name(m->in),
	    arena_printf(mem, PACKAGE "%sRequest", slash));
	CHECK_STR(pb_name(m->out),
	    arena_printf(mem, PACKAGE "%sResponse", slash));
	CHECK(m->stream == stream);
	CHECK(m->call == NULL);
}

static void
check_line(const char *line, char **head)
{
	if (strncmp(line, "rpc ", 4) == 0) {
		check_method(line + 4);
	} else if (line[0] != ' ' && line[0] != '#') {
		*head = arena_strdup(mem, line);
		if (strncmp(line, "message ", 8) == 0)
			CHECK(pb_find(arena_printf(mem, PACKAGE "%s",
				  line + 8)) != NULL);
	} else if (line[0] == ' ' && strncmp(*head, "enum ", 5) == 0) {
		check_value(*head + 5, line + 2);
	} else if (line[0] == ' ') {
		check_field(*head + 8, line + 2);
	}
}

static void
check_list(const char *file)
{
	const char *root;
	char line[256], *head;
	FILE *f;

	root = getenv("SRCDIR");
	f = fopen(arena_printf(mem, "%s/tests/proto/%s",
		      root == NULL ? "." : root, file),
	    "r");
	if (f == NULL)
		err(1, "%s", file);
	head = NULL;
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		check_line(line, &head);
	}
	fclose(f);
}

/* As many fields and methods as were listed: nothing came in unseen. */
static void
check_no_more(void)
{
	const struct rpc_service *const *s;
	const struct pb_file *f;
	size_t i, nfields, nmethods;

	nfields = nmethods = 0;
	for (f = pb_files(); f != NULL; f = f->next)
		for (i = 0; i < f->ndescs; i++)
			if (strncmp(f->descs[i]->name, PACKAGE,
				strlen(PACKAGE)) == 0)
				nfields += f->descs[i]->nfields;
	for (s = pb_all_services; *s != NULL; s++)
		nmethods += (*s)->nmethods;
	CHECK(nfields == nfields_listed);
	CHECK(nmethods == nmethods_listed);
}

static void
check_need(const char *path, enum rpc_need need, enum db_tx tx, bool get)
{
	const struct rpc_method *m;

	m = find_method(path);
	test_report(m != NULL && m->need == need && m->tx == tx &&
		m->get == get,
	    __FILE__, __LINE__, path);
}

/* A few rows by hand: one of each kind of access and transaction. */
static void
check_options(void)
{
	const struct rpc_method *m;

	check_need("/mirai.v1.TeamService/ListTeams", RPC_NEED_MEMBER,
	    DB_TX_READ, true);
	check_need("/mirai.v1.TeamService/CreateTeam", RPC_NEED_ADMIN,
	    DB_TX_WRITE, false);
	check_need("/mirai.v1.CourseService/CreateCourse", RPC_NEED_EDITOR,
	    DB_TX_WRITE, false);
	check_need("/mirai.v1.CourseService/GetFolderHierarchy",
	    RPC_NEED_MEMBER, DB_TX_WRITE, false);
	check_need("/mirai.v1.UserService/GetMe", RPC_NEED_USER, DB_TX_READ,
	    true);
	check_need("/mirai.v1.AuthService/Onboard", RPC_NEED_SESSION,
	    DB_TX_NONE, false);
	check_need("/mirai.v1.AuthService/Register", RPC_NEED_PUBLIC,
	    DB_TX_NONE, false);
	check_need("/mirai.v1.InvitationService/GetInvitationByToken",
	    RPC_NEED_PUBLIC, DB_TX_NONE, false);
	m = find_method("/mirai.v1.CourseService/UpdateCourse");
	CHECK(m != NULL && m->max_bytes == 16 << 20);
	m = find_method("/mirai.v1.CourseService/ListCourses");
	CHECK(m != NULL && m->max_bytes == 0);
	m = find_method("/mirai.v1.TeamService/GetTeam");
	CHECK(m != NULL && m->max_bytes == 1 << 20);
	m = find_method("/mirai.v1.AuthService/RegisterWithInvitation");
	CHECK(m != NULL && m->never_compress);
}

/* Exactly these are open to everyone, and these to suspended tenants. */
static void
check_doors(void)
{
	const struct rpc_service *const *s;
	const struct rpc_method *m;
	size_t npublic, nsuspended;

	npublic = nsuspended = 0;
	for (s = pb_all_services; *s != NULL; s++)
		for (m = (*s)->methods; m < (*s)->methods + (*s)->nmethods;
		     m++) {
			npublic += m->need == RPC_NEED_PUBLIC;
			nsuspended += m->while_suspended;
		}
	CHECK(npublic == 6);
	CHECK(nsuspended == 4);
	check_need("/mirai.v1.HealthService/Check", RPC_NEED_PUBLIC, DB_TX_NONE,
	    true);
	check_need("/mirai.v1.AuthService/CheckEmail", RPC_NEED_PUBLIC,
	    DB_TX_NONE, false);
	check_need("/mirai.v1.AuthService/RegisterWithInvitation",
	    RPC_NEED_PUBLIC, DB_TX_NONE, false);
	check_need("/mirai.v1.AuthService/EnterpriseContact", RPC_NEED_PUBLIC,
	    DB_TX_NONE, false);
}

/* Rows are found by binary search. */
static void
check_sorted(void)
{
	const struct rpc_service *const *s;
	size_t i;

	for (s = pb_all_services; *s != NULL; s++)
		for (i = 1; i < (*s)->nmethods; i++)
			CHECK(strcmp((*s)->methods[i - 1].path,
				  (*s)->methods[i].path) < 0);
}

int
main(void)
{
	mem = arena_new();
	CHECK(pb_course_desc.size == sizeof(struct pb_course));
	check_list("contract.txt");
	check_list("additions.txt");
	check_no_more();
	check_options();
	check_doors();
	check_sorted();
	arena_free(mem);
	return test_done();
}

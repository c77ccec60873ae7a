/*
 * Two admins who take the role from each other at the same moment: one is
 * faster, the other is no admin any more, and the company keeps one.
 */
#include "mirai/v1/user.rpc.h"

#include <sys/wait.h>
#include <unistd.h>

#include "direct.h"

enum act {
	DEMOTE,
	DISMISS
};

static const struct person second = { TENANT_A, COMPANY_A, USER_A(2),
	ROLE_ADMIN };
static struct direct d;

/* In a child: waits until the parent lets go of the pipe, then acts. */
static int
act_at(int go, const struct person *as, const struct person *victim,
    enum act act)
{
	char c;

	d.env.db = db_open(direct_getenv("DATABASE_URL"), "race");
	(void)direct_call(&d, as, "ListCompanyUsers", "{}"); /* connects */
	if (d.code != CODE_OK || read(go, &c, 1) != 0)
		return CODE__MAX;
	if (act == DEMOTE)
		(void)direct_call(&d, as, "UpdateUser",
		    "{\"userId\": \"%s\", \"role\": \"ROLE_SME\"}",
		    victim->user);
	else
		(void)direct_call(&d, as, "RemoveCompanyUser",
		    "{\"userId\": \"%s\"}", victim->user);
	return (int)d.code;
}

static pid_t
start(int go[2], const struct person *as, const struct person *victim,
    enum act act)
{
	pid_t pid;

	if ((pid = fork()) != 0)
		return pid;
	close(go[1]);
	_exit(act_at(go[0], as, victim, act));
}

static int
result(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return CODE__MAX;
	return WEXITSTATUS(status);
}

/* The codes the two got. */
static void
duel(enum act one, enum act two, int codes[2])
{
	pid_t pids[2];
	int go[2];

	fflush(stdout);
	db_close(d.env.db);
	d.env.db = NULL;
	if (pipe(go) == -1)
		exit(1);
	pids[0] = start(go, &admin, &second, one);
	pids[1] = start(go, &second, &admin, two);
	close(go[0]);
	usleep(5000); /* both are connected, most of the time */
	close(go[1]);
	codes[0] = result(pids[0]);
	codes[1] = result(pids[1]);
	d.env.db = db_open(direct_getenv("DATABASE_URL"), "test");
}

static int
admins_left(void)
{
	const struct json *users;
	struct json *j;
	size_t i;
	int n = 0;

	j = direct_call(&d, &expert, "ListCompanyUsers", "{}");
	users = direct_at(j, "users");
	for (i = 0; i < json_count(users); i++)
		n += str_eq(direct_text(json_at(users, i), "role"),
		    "ROLE_ADMIN");
	return n;
}

static void
test_duels(enum act one, enum act two, int rounds)
{
	int codes[2], i, won = 0, lost = 0, left = 0;

	for (i = 0; i < rounds; i++) {
		direct_sql(&d,
		    "UPDATE users SET role = 'admin', removed_at = NULL"
		    " WHERE id IN ('" USER_A(1) "', '" USER_A(2) "')");
		duel(one, two, codes);
		won += (codes[0] == CODE_OK) + (codes[1] == CODE_OK);
		lost += (codes[0] == CODE_PERMISSION_DENIED) +
		    (codes[1] == CODE_PERMISSION_DENIED);
		left += admins_left();
	}
	printf("# %d won, %d lost, %d left\n", won, lost, left);
	CHECK(won == rounds);
	CHECK(lost == rounds);
	CHECK(left == rounds);
}

int
main(void)
{
	direct_open(&d, &user_service);
	test_duels(DEMOTE, DEMOTE, 50);
	test_duels(DEMOTE, DISMISS, 15);
	test_duels(DISMISS, DISMISS, 15);
	direct_close(&d);
	return test_done();
}

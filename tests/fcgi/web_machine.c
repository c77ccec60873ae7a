/*
 * The state machines of pages: every row of every table is walked, every pair
 * of state and event without a row leaves the machine where it is, and a
 * retry is granted three times and only for what trying again may cure.
 */
#include "base/log.h"

#include "fcgi/web/machine.c"
#include "fcgi/web/machine_invite.c"
#include "fcgi/web/machine_registration.c"
#include "tests/test.h"

/* What the specification says, row by row, apart from the tables. */
struct want {
	const char *from;
	int event;
	const char *to;
};

static const struct want want_login[] = {
	{ "idle", LOGIN_START, "checkingFlow" },
	{ "checkingFlow", LOGIN_NO_FLOW, "needsRedirect" },
	{ "checkingFlow", LOGIN_HAS_FLOW, "fetchingFlow" },
	{ "fetchingFlow", LOGIN_LOADED, "ready" },
	{ "fetchingFlow", LOGIN_EXPIRED, "flowExpired" },
	{ "fetchingFlow", LOGIN_FAILED, "error" },
	{ "ready", LOGIN_RETRY, "fetchingFlow" },
	{ "ready", LOGIN_RESET, "idle" },
	{ "error", LOGIN_RETRY, "checkingFlow" },
	{ "error", LOGIN_RESET, "idle" },
};

static const struct want want_logout[] = {
	{ "idle", LOGOUT_START, "creatingFlow" },
	{ "creatingFlow", LOGOUT_CREATED, "performing" },
	{ "creatingFlow", LOGOUT_FAILED, "clearing" },
	{ "performing", LOGOUT_DONE, "clearing" },
	{ "performing", LOGOUT_FAILED, "clearing" },
	{ "clearing", LOGOUT_DONE, "redirecting" },
	{ "clearing", LOGOUT_FAILED, "redirecting" },
};

static const struct want want_registration[] = {
	{ "email", REGISTRATION_NEXT, "checkingEmail" },
	{ "checkingEmail", REGISTRATION_EXISTS, "email" },
	{ "checkingEmail", REGISTRATION_FREE, "org" },
	{ "checkingEmail", REGISTRATION_FAILED, "email" },
	{ "org", REGISTRATION_NEXT, "account" },
	{ "org", REGISTRATION_BACK, "email" },
	{ "account", REGISTRATION_NEXT, "plan" },
	{ "account", REGISTRATION_BACK, "org" },
	{ "plan", REGISTRATION_SELECT_ENTERPRISE, "enterpriseContact" },
	{ "plan", REGISTRATION_SUBMIT, "submitting" },
	{ "plan", REGISTRATION_BACK, "account" },
	{ "submitting", REGISTRATION_TO_CHECKOUT, "redirectingToCheckout" },
	{ "submitting", REGISTRATION_DONE, "success" },
	{ "submitting", REGISTRATION_FAILED, "plan" },
	{ "enterpriseContact", REGISTRATION_SUBMIT, "submittingEnterprise" },
	{ "enterpriseContact", REGISTRATION_CANCEL_ENTERPRISE, "plan" },
	{ "submittingEnterprise", REGISTRATION_DONE, "enterpriseSuccess" },
	{ "submittingEnterprise", REGISTRATION_FAILED, "enterpriseContact" },
};

static const struct want want_invitation[] = {
	{ "idle", INVITATION_START, "fetching" },
	{ "fetching", INVITATION_FOUND, "checkingSession" },
	{ "fetching", INVITATION_FAILED, "error" },
	{ "checkingSession", INVITATION_SAME, "authenticated" },
	{ "checkingSession", INVITATION_OTHER, "emailMismatch" },
	{ "checkingSession", INVITATION_NOBODY, "needsAuth" },
	{ "emailMismatch", INVITATION_GO_TO_LOGIN, "redirectingToLogin" },
	{ "emailMismatch", INVITATION_GO_TO_REGISTER, "redirectingToRegister" },
	{ "emailMismatch", INVITATION_RETRY, "checkingSession" },
	{ "needsAuth", INVITATION_GO_TO_LOGIN, "redirectingToLogin" },
	{ "needsAuth", INVITATION_GO_TO_REGISTER, "redirectingToRegister" },
	{ "needsAuth", INVITATION_SESSION_READY, "checkingSession" },
	{ "authenticated", INVITATION_ACCEPT, "accepting" },
	{ "accepting", INVITATION_DONE, "accepted" },
	{ "accepting", INVITATION_FAILED, "error" },
	{ "error", INVITATION_RETRY, "fetching" },
	{ "error", INVITATION_RESET, "idle" },
};

static const struct want want_invited[] = {
	{ "idle", INVITED_START, "fetching" },
	{ "fetching", INVITED_FOUND, "collecting" },
	{ "fetching", INVITED_FAILED, "error" },
	{ "collecting", INVITED_SET_FORM, "collecting" },
	{ "collecting", INVITED_SUBMIT, "submitting" },
	{ "submitting", INVITED_DONE, "settingSession" },
	{ "submitting", INVITED_FAILED, "collecting" },
	{ "settingSession", INVITED_DONE, "success" },
	{ "error", INVITED_RETRY, "fetching" },
	{ "error", INVITED_RESET, "idle" },
};

static int
state_named(const struct machine *m, const char *name)
{
	size_t i;

	for (i = 0; i < m->nstates; i++)
		if (str_eq(m->states[i], name))
			return (int)i;
	return -1;
}

static const struct want *
find_want(const struct want *wants, size_t n, const char *from, int event)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (str_eq(wants[i].from, from) && wants[i].event == event)
			return &wants[i];
	return NULL;
}

/* Every state with every event, whether there is a row or not. */
static void
walk(const struct machine *m, const struct want *wants, size_t n, int nevents)
{
	const struct want *w;
	struct machine_run run;
	size_t state;
	int event;

	CHECK(m->nrows == n);
	for (state = 0; state < m->nstates; state++) {
		for (event = 0; event < nevents; event++) {
			run = (struct machine_run){ .machine = m,
				.state = (int)state,
				.valid = true };
			w = find_want(wants, n, m->states[state], event);
			CHECK(machine_step(&run, event) == (w != NULL));
			CHECK_STR(m->states[run.state],
			    w == NULL ? m->states[state] : w->to);
		}
	}
}

/* The third retry is the last; a fresh start has all of them again. */
static void
test_retries(void)
{
	struct machine_run run = { .machine = &machine_login };
	int i;

	run.state = state_named(&machine_login, "error");
	run.error = CODE_UNAVAILABLE;
	for (i = 0; i < 3; i++) {
		CHECK(machine_may_retry(&run));
		CHECK(machine_step(&run, LOGIN_RETRY));
		CHECK(run.retries == i + 1);
		CHECK(run.error == CODE_OK);
		CHECK(machine_step(&run, LOGIN_HAS_FLOW));
		run.error = CODE_UNAVAILABLE;
		CHECK(machine_step(&run, LOGIN_FAILED));
	}
	CHECK(!machine_may_retry(&run));
	CHECK(!machine_step(&run, LOGIN_RETRY));
	CHECK_STR(machine_login.states[run.state], "error");
	CHECK(machine_step(&run, LOGIN_RESET));
	CHECK(run.retries == 0);
	CHECK(machine_may_retry(&run));
}

/* What no second try cures is not tried again. */
static void
test_final_errors(void)
{
	static const enum code final[] = { CODE_FAILED_PRECONDITION,
		CODE_NOT_FOUND, CODE_PERMISSION_DENIED, CODE_UNAUTHENTICATED };
	static const enum code passing[] = { CODE_UNAVAILABLE,
		CODE_DEADLINE_EXCEEDED, CODE_UNKNOWN };
	struct machine_run run = { .machine = &machine_login,
		.state = LOGIN_ERROR };
	size_t i;

	for (i = 0; i < NITEMS(final); i++) {
		run.error = final[i];
		CHECK(!machine_step(&run, LOGIN_RETRY));
	}
	for (i = 0; i < NITEMS(passing); i++) {
		run.error = passing[i];
		CHECK(machine_may_retry(&run));
	}
}

/* An error on the way out is remembered to the end, and stops nothing. */
static void
test_logout_error(void)
{
	struct machine_run run = { .machine = &machine_logout };

	CHECK(machine_step(&run, LOGOUT_START));
	CHECK(machine_step(&run, LOGOUT_CREATED));
	run.error = CODE_UNAVAILABLE;
	CHECK(machine_step(&run, LOGOUT_FAILED));
	CHECK(machine_step(&run, LOGOUT_DONE));
	CHECK_STR(machine_logout.states[run.state], "redirecting");
	CHECK(run.error == CODE_UNAVAILABLE);
}

/* No step is left forward before what it asks for is there; back always. */
static void
test_steps(void)
{
	struct machine_run run = { .machine = &machine_registration };

	CHECK(!machine_step(&run, REGISTRATION_NEXT));
	run.valid = true;
	CHECK(machine_step(&run, REGISTRATION_NEXT));
	CHECK(machine_step(&run, REGISTRATION_FREE));
	run.valid = false;
	CHECK(!machine_step(&run, REGISTRATION_NEXT));
	CHECK_STR(machine_registration.states[run.state], "org");
	CHECK(machine_step(&run, REGISTRATION_BACK));
	run.state = REGISTRATION_PLAN;
	CHECK(!machine_step(&run, REGISTRATION_SUBMIT));
	CHECK(machine_step(&run, REGISTRATION_SELECT_ENTERPRISE));
}

int
main(void)
{
	log_open("web_machine", LOG_FORM_PLAIN, LOG_LEVEL_ERROR);
	walk(&machine_login, want_login, NITEMS(want_login), LOGIN_RESET + 1);
	walk(&machine_logout, want_logout, NITEMS(want_logout),
	    LOGOUT_FAILED + 1);
	walk(&machine_registration, want_registration,
	    NITEMS(want_registration), REGISTRATION_DONE + 1);
	walk(&machine_invitation, want_invitation, NITEMS(want_invitation),
	    INVITATION_RESET + 1);
	walk(&machine_invited, want_invited, NITEMS(want_invited),
	    INVITED_RESET + 1);
	test_steps();
	test_retries();
	test_final_errors();
	test_logout_error();
	return test_done();
}

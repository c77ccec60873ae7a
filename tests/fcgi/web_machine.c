/*
 * The state machines of pages: every row of every table is walked, every pair
 * of state and event without a row leaves the machine where it is, and a
 * retry is granted three times and only for what trying again may cure.
 */
#include "base/log.h"

#include "fcgi/web/machine.c"
#include "fcgi/web/machine_builder.c"
#include "fcgi/web/machine_component.c"
#include "fcgi/web/machine_generation.c"
#include "fcgi/web/machine_invite.c"
#include "fcgi/web/machine_registration.c"
#include "fcgi/web/machine_sme.c"
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

static const struct want want_builder[] = {
	{ "courseBasics", BUILDER_SET, "=" },
	{ "courseBasics", BUILDER_CREATED, "=" },
	{ "courseBasics", BUILDER_NEXT, "smeSelection" },
	{ "courseBasics", BUILDER_GO_2, "smeSelection" },
	{ "courseBasics", BUILDER_GO_3, "audienceSelection" },
	{ "courseBasics", BUILDER_GO_4, "reviewGenerate" },
	{ "courseBasics", BUILDER_GO_5, "outlineReview" },
	{ "courseBasics", BUILDER_GO_6, "editor" },
	{ "courseBasics", BUILDER_GO_7, "preview" },
	{ "smeSelection", BUILDER_SET, "=" },
	{ "smeSelection", BUILDER_NEXT, "audienceSelection" },
	{ "smeSelection", BUILDER_PREVIOUS, "courseBasics" },
	{ "smeSelection", BUILDER_GO_1, "courseBasics" },
	{ "smeSelection", BUILDER_GO_3, "audienceSelection" },
	{ "smeSelection", BUILDER_GO_4, "reviewGenerate" },
	{ "audienceSelection", BUILDER_SET, "=" },
	{ "audienceSelection", BUILDER_NEXT, "reviewGenerate" },
	{ "audienceSelection", BUILDER_PREVIOUS, "smeSelection" },
	{ "audienceSelection", BUILDER_GO_1, "courseBasics" },
	{ "audienceSelection", BUILDER_GO_2, "smeSelection" },
	{ "audienceSelection", BUILDER_GO_4, "reviewGenerate" },
	{ "reviewGenerate", BUILDER_START, "generatingOutline" },
	{ "reviewGenerate", BUILDER_PREVIOUS, "audienceSelection" },
	{ "reviewGenerate", BUILDER_GO_1, "courseBasics" },
	{ "reviewGenerate", BUILDER_GO_2, "smeSelection" },
	{ "reviewGenerate", BUILDER_GO_3, "audienceSelection" },
	{ "generatingOutline", BUILDER_JOB_STARTED, "=" },
	{ "generatingOutline", BUILDER_READY, "outlineReview" },
	{ "generatingOutline", BUILDER_FAILED, "reviewGenerate" },
	{ "generatingOutline", BUILDER_CANCEL, "reviewGenerate" },
	{ "outlineReview", BUILDER_APPROVED, "generatingLessons" },
	{ "outlineReview", BUILDER_REJECTED, "generatingOutline" },
	{ "outlineReview", BUILDER_JOB_STARTED, "generatingOutline" },
	{ "outlineReview", BUILDER_PREVIOUS, "reviewGenerate" },
	{ "outlineReview", BUILDER_FAILED, "=" },
	{ "generatingLessons", BUILDER_JOB_STARTED, "=" },
	{ "generatingLessons", BUILDER_COMPLETE, "editor" },
	{ "generatingLessons", BUILDER_FAILED, "outlineReview" },
	{ "generatingLessons", BUILDER_CANCEL, "outlineReview" },
	{ "editor", BUILDER_NEXT, "preview" },
	{ "editor", BUILDER_PREVIOUS, "outlineReview" },
	{ "preview", BUILDER_PREVIOUS, "editor" },
	{ "*", BUILDER_DISMISS, "=" },
	{ "*", BUILDER_RESET, "courseBasics" },
};

static const struct want want_generation[] = {
	{ "configure", GENERATION_SET_INPUT, "=" },
	{ "configure", GENERATION_START, "generatingOutline.submitting" },
	{ "configure", GENERATION_OUTLINE_THERE, "reviewOutline.viewing" },
	{ "configure", GENERATION_RETRY, "generatingOutline.submitting" },
	{ "generatingOutline.submitting", GENERATION_OK,
	    "generatingOutline.polling" },
	{ "generatingOutline.submitting", GENERATION_FAILED, "configure" },
	{ "generatingOutline.submitting", GENERATION_CANCEL, "configure" },
	{ "generatingOutline.submitting", GENERATION_LEAVE,
	    "backgroundGeneration" },
	{ "generatingOutline.polling", GENERATION_OK,
	    "generatingOutline.fetchingOutline" },
	{ "generatingOutline.polling", GENERATION_FAILED, "configure" },
	{ "generatingOutline.polling", GENERATION_CANCELLED, "configure" },
	{ "generatingOutline.polling", GENERATION_PENDING,
	    "generatingOutline.waiting" },
	{ "generatingOutline.polling", GENERATION_CANCEL, "configure" },
	{ "generatingOutline.polling", GENERATION_LEAVE,
	    "backgroundGeneration" },
	{ "generatingOutline.waiting", GENERATION_TICK,
	    "generatingOutline.polling" },
	{ "generatingOutline.waiting", GENERATION_CANCEL, "configure" },
	{ "generatingOutline.waiting", GENERATION_LEAVE,
	    "backgroundGeneration" },
	{ "generatingOutline.fetchingOutline", GENERATION_OK,
	    "reviewOutline.viewing" },
	{ "generatingOutline.fetchingOutline", GENERATION_FAILED, "configure" },
	{ "generatingOutline.fetchingOutline", GENERATION_CANCEL, "configure" },
	{ "generatingOutline.fetchingOutline", GENERATION_LEAVE,
	    "backgroundGeneration" },
	{ "reviewOutline.viewing", GENERATION_APPROVE,
	    "reviewOutline.approving" },
	{ "reviewOutline.viewing", GENERATION_REJECT,
	    "reviewOutline.rejecting" },
	{ "reviewOutline.viewing", GENERATION_UPDATE,
	    "reviewOutline.updating" },
	{ "reviewOutline.viewing", GENERATION_REGENERATE,
	    "generatingOutline.submitting" },
	{ "reviewOutline.viewing", GENERATION_RETRY, "jobQueued.submitting" },
	{ "reviewOutline.approving", GENERATION_OK, "jobQueued.submitting" },
	{ "reviewOutline.approving", GENERATION_FAILED,
	    "reviewOutline.viewing" },
	{ "reviewOutline.rejecting", GENERATION_OK,
	    "generatingOutline.submitting" },
	{ "reviewOutline.rejecting", GENERATION_FAILED,
	    "reviewOutline.viewing" },
	{ "reviewOutline.updating", GENERATION_OK, "reviewOutline.viewing" },
	{ "reviewOutline.updating", GENERATION_FAILED,
	    "reviewOutline.viewing" },
	{ "jobQueued.submitting", GENERATION_OK, "jobQueued.confirmation" },
	{ "jobQueued.submitting", GENERATION_FAILED, "reviewOutline.viewing" },
	{ "jobQueued.confirmation", GENERATION_WAIT,
	    "generatingLessons.polling" },
	{ "jobQueued.confirmation", GENERATION_LEAVE, "backgroundGeneration" },
	{ "generatingLessons.polling", GENERATION_OK,
	    "generatingLessons.fetchingLessons" },
	{ "generatingLessons.polling", GENERATION_FAILED,
	    "reviewOutline.viewing" },
	{ "generatingLessons.polling", GENERATION_CANCELLED,
	    "reviewOutline.viewing" },
	{ "generatingLessons.polling", GENERATION_PENDING,
	    "generatingLessons.waiting" },
	{ "generatingLessons.polling", GENERATION_CANCEL,
	    "reviewOutline.viewing" },
	{ "generatingLessons.polling", GENERATION_LEAVE,
	    "backgroundGeneration" },
	{ "generatingLessons.waiting", GENERATION_TICK,
	    "generatingLessons.polling" },
	{ "generatingLessons.waiting", GENERATION_CANCEL,
	    "reviewOutline.viewing" },
	{ "generatingLessons.waiting", GENERATION_LEAVE,
	    "backgroundGeneration" },
	{ "generatingLessons.fetchingLessons", GENERATION_OK, "complete" },
	{ "generatingLessons.fetchingLessons", GENERATION_FAILED,
	    "reviewOutline.viewing" },
	{ "*", GENERATION_DISMISS, "=" },
	{ "*", GENERATION_RESET, "configure" },
};

static const struct want want_component[] = {
	{ "idle", EDITING_SELECT, "editing.active" },
	{ "editing.active", EDITING_UPDATE, "=" },
	{ "editing.active", EDITING_PROMPT, "=" },
	{ "editing.active", EDITING_UNDO, "=" },
	{ "editing.active", EDITING_RESTORE, "=" },
	{ "editing.active", EDITING_SAVE, "saving" },
	{ "editing.active", EDITING_REGENERATE, "regenerating.submitting" },
	{ "editing.active", EDITING_DESELECT, "idle" },
	{ "editing.active", EDITING_DISMISS, "=" },
	{ "saving", EDITING_OK, "editing.active" },
	{ "saving", EDITING_FAILED, "editing.active" },
	{ "regenerating.submitting", EDITING_OK, "regenerating.polling" },
	{ "regenerating.submitting", EDITING_FAILED, "editing.active" },
	{ "regenerating.submitting", EDITING_CANCEL, "editing.active" },
	{ "regenerating.polling", EDITING_OK, "regenerating.fetchingLesson" },
	{ "regenerating.polling", EDITING_FAILED, "editing.active" },
	{ "regenerating.polling", EDITING_CANCELLED, "editing.active" },
	{ "regenerating.polling", EDITING_PENDING, "regenerating.waiting" },
	{ "regenerating.polling", EDITING_CANCEL, "editing.active" },
	{ "regenerating.waiting", EDITING_TICK, "regenerating.polling" },
	{ "regenerating.waiting", EDITING_CANCEL, "editing.active" },
	{ "regenerating.fetchingLesson", EDITING_OK, "editing.active" },
	{ "regenerating.fetchingLesson", EDITING_FAILED, "editing.active" },
	{ "regenerating.fetchingLesson", EDITING_CANCEL, "editing.active" },
};

static const struct want want_sme[] = {
	{ "idle", SME_SELECT, "loading" },
	{ "idle", SME_START_CREATE, "creating.form" },
	{ "creating.form", SME_SET, "=" },
	{ "creating.form", SME_SUBMIT, "creating.submitting" },
	{ "creating.form", SME_CANCEL, "idle" },
	{ "creating.submitting", SME_OK, "loaded.viewing" },
	{ "creating.submitting", SME_FAILED, "creating.form" },
	{ "loading", SME_OK, "loaded.viewing" },
	{ "loading", SME_FAILED, "idle" },
	{ "loaded.viewing", SME_BACK, "idle" },
	{ "loaded.viewing", SME_START_INGESTION, "loaded.startingIngestion" },
	{ "loaded.viewing", SME_DELETE, "loaded.deleting" },
	{ "loaded.startingIngestion", SME_OK, "ingesting.polling" },
	{ "loaded.startingIngestion", SME_FAILED, "loaded.viewing" },
	{ "loaded.deleting", SME_OK, "idle" },
	{ "loaded.deleting", SME_FAILED, "loaded.viewing" },
	{ "ingesting.polling", SME_COMPLETED, "loaded.viewing" },
	{ "ingesting.polling", SME_FAILED, "loaded.viewing" },
	{ "ingesting.polling", SME_PENDING, "ingesting.waiting" },
	{ "ingesting.polling", SME_CANCEL, "loaded.viewing" },
	{ "ingesting.waiting", SME_TICK, "ingesting.polling" },
	{ "ingesting.waiting", SME_CANCEL, "loaded.viewing" },
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
		if ((str_eq(wants[i].from, from) ||
			str_eq(wants[i].from, "*")) &&
		    wants[i].event == event)
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
			    w == NULL || str_eq(w->to, "=") ? m->states[state]
							    : w->to);
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

/* From where a course stands every step before it can be reached, none after. */
static void
test_builder_go(void)
{
	struct machine_run run = { .machine = &machine_builder };
	int from, step;

	for (from = BUILDER_BASICS; from < BUILDER__MAX; from++) {
		if (from == BUILDER_GENERATING_OUTLINE ||
		    from == BUILDER_GENERATING_LESSONS)
			continue;
		for (step = 1; step <= machine_builder_step(from); step++) {
			run.state = from;
			CHECK(machine_builder_go(&run, step));
			CHECK(machine_builder_step(run.state) == step);
		}
	}
	run.state = BUILDER_GENERATING_OUTLINE;
	CHECK(!machine_builder_go(&run, 2));
	CHECK(run.state == BUILDER_GENERATING_OUTLINE);
	run.state = BUILDER_REVIEW;
	CHECK(!machine_builder_go(&run, 5));
	CHECK(run.state == BUILDER_REVIEW);
}

/* Nothing starts before what it needs is there, nothing empty is sent. */
static void
test_generation_guards(void)
{
	struct machine_run builder = { .machine = &machine_builder,
		.state = BUILDER_REVIEW };
	struct machine_run course = { .machine = &machine_generation };
	struct machine_run part = { .machine = &machine_component,
		.state = EDITING_ACTIVE };

	CHECK(!machine_step(&builder, BUILDER_START));
	CHECK(!machine_step(&course, GENERATION_START));
	CHECK(!machine_step(&part, EDITING_SAVE));
	CHECK(!machine_step(&part, EDITING_REGENERATE));
	course.state = GENERATION_VIEWING;
	CHECK(!machine_step(&course, GENERATION_REJECT));
	course.error = CODE_INVALID_ARGUMENT;
	CHECK(!machine_step(&course, GENERATION_RETRY));
	course.error = CODE_UNAVAILABLE;
	CHECK(machine_step(&course, GENERATION_RETRY));
	CHECK(course.retries == 1);
	CHECK(machine_step(&course, GENERATION_DISMISS));
	CHECK(course.state == GENERATION_QUEUE_SUBMITTING);
	CHECK(course.retries == 0);
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
	walk(&machine_builder, want_builder, NITEMS(want_builder),
	    BUILDER_RESET + 1);
	walk(&machine_generation, want_generation, NITEMS(want_generation),
	    GENERATION_RESET + 1);
	walk(&machine_component, want_component, NITEMS(want_component),
	    EDITING_DISMISS + 1);
	walk(&machine_sme, want_sme, NITEMS(want_sme), SME_CANCEL + 1);
	test_builder_go();
	test_generation_guards();
	test_steps();
	test_retries();
	test_final_errors();
	test_logout_error();
	return test_done();
}

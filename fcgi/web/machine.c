/*
 * The tables of web.md 24.2 and 24.3, and the one function that walks them.
 * Says each event of web.md 25 as a line in the log, without personal data.
 */
#include "machine.h"

#include "base/log.h"
#include "base/str.h"

bool
machine_retryable(enum code error)
{
	return error == CODE_UNAVAILABLE || error == CODE_DEADLINE_EXCEEDED ||
	    error == CODE_UNKNOWN;
}

bool
machine_may_retry(const struct machine_run *run)
{
	return run->retries < MACHINE_RETRIES &&
	    (run->error == CODE_OK || machine_retryable(run->error));
}

/* --- what it says ---------------------------------------------------------- */

struct saying {
	enum machine_effect effect;
	const char *what;
	const char *of; /* NULL: "auth." and the machine */
};

static const struct saying sayings[] = {
	{ MACHINE_STARTED, "started", NULL },
	{ MACHINE_EXPIRED, "expired", "auth.flow" },
	{ MACHINE_FAILED, "failed", NULL },
	{ MACHINE_COMPLETED, "completed", NULL },
	{ MACHINE_SUCCEEDED, "success", NULL },
	{ MACHINE_FLOW_DONE, "completed", "auth.flow" },
	{ MACHINE_VIEWED, "viewed", "auth.invitation" },
	{ MACHINE_ACCEPTED, "accepted", "auth.invitation" },
	{ MACHINE_GENERATION_STARTED, "generation_started", "lms.course" },
	{ MACHINE_OUTLINE_GENERATED, "outline_generated", "lms.course" },
	{ MACHINE_OUTLINE_APPROVED, "outline_approved", "lms.course" },
	{ MACHINE_OUTLINE_REJECTED, "outline_rejected", "lms.course" },
	{ MACHINE_LESSONS_GENERATING, "lessons_generating", "lms.course" },
	{ MACHINE_GENERATION_COMPLETED, "generation_completed", "lms.course" },
	{ MACHINE_GENERATION_FAILED, "generation_failed", "lms.course" },
	{ MACHINE_BACKGROUNDED, "generation_backgrounded", "lms.course" },
	{ MACHINE_EDIT_STARTED, "edit_started", "lms.component" },
	{ MACHINE_REGENERATING, "regenerating", "lms.component" },
	{ MACHINE_SAVED, "saved", "lms.component" },
	{ MACHINE_EDIT_FAILED, "edit_failed", "lms.component" },
	{ MACHINE_SME_CREATED, "created", "lms.sme" },
	{ MACHINE_SME_SELECTED, "selected", "lms.sme" },
	{ MACHINE_INGESTION_STARTED, "ingestion_started", "lms.sme" },
	{ MACHINE_INGESTION_COMPLETED, "ingestion_completed", "lms.sme" },
	{ MACHINE_INGESTION_FAILED, "ingestion_failed", "lms.sme" },
};

/* "auth.login.failed"; flows end under the name of flows. */
static void
say(const struct machine_run *run, const struct saying *s)
{
	struct arena *a;
	const char *of;

	a = arena_new();
	of = s->of != NULL ? s->of
			   : arena_printf(a, "auth.%s", run->machine->name);
	log_event(LOG_LEVEL_INFO, arena_printf(a, "%s.%s", of, s->what),
	    arena_printf(a,
		"\"machine\":\"%s\",\"state\":\"%s\",\"retries\":%d,"
		"\"error\":\"%s\"",
		run->machine->name, run->machine->states[run->state],
		run->retries,
		run->error == CODE_OK ? "" : code_name(run->error)));
	arena_free(a);
}

/* --- walking --------------------------------------------------------------- */

static const struct machine_row *
find_row_from(const struct machine *m, int from, int event)
{
	size_t i;

	for (i = 0; i < m->nrows; i++)
		if (m->rows[i].from == from && m->rows[i].event == event)
			return &m->rows[i];
	return NULL;
}

/* The state's own row, else the one of any state. */
static const struct machine_row *
find_row(const struct machine_run *run, int event)
{
	const struct machine_row *row;

	row = find_row_from(run->machine, run->state, event);
	return row != NULL ? row
			   : find_row_from(run->machine, MACHINE_ANY, event);
}

bool
machine_step(struct machine_run *run, int event)
{
	const struct machine_row *row;
	size_t i;

	if ((row = find_row(run, event)) == NULL ||
	    (row->guard == MACHINE_MAY_RETRY && !machine_may_retry(run)) ||
	    (row->guard == MACHINE_VALID && !run->valid))
		return false;
	if (row->to != MACHINE_SAME)
		run->state = row->to;
	for (i = 0; i < NITEMS(sayings); i++)
		if ((row->effects & sayings[i].effect) != 0)
			say(run, &sayings[i]);
	if ((row->effects & MACHINE_COUNT) != 0) {
		run->retries++;
		run->error = CODE_OK;
	}
	if ((row->effects & MACHINE_CLEAR) != 0) {
		run->retries = 0;
		run->error = CODE_OK;
	}
	return true;
}

/* --- 24.2 Login ------------------------------------------------------------ */

static const char *const login_states[LOGIN__MAX] = {
	[LOGIN_IDLE] = "idle",
	[LOGIN_CHECKING_FLOW] = "checkingFlow",
	[LOGIN_FETCHING_FLOW] = "fetchingFlow",
	[LOGIN_READY] = "ready",
	[LOGIN_NEEDS_REDIRECT] = "needsRedirect",
	[LOGIN_FLOW_EXPIRED] = "flowExpired",
	[LOGIN_ERROR] = "error",
};

static const struct machine_row login_rows[] = {
	{ LOGIN_IDLE, LOGIN_START, MACHINE_ALWAYS, LOGIN_CHECKING_FLOW,
	    MACHINE_STARTED },
	{ LOGIN_CHECKING_FLOW, LOGIN_NO_FLOW, MACHINE_ALWAYS,
	    LOGIN_NEEDS_REDIRECT, 0 },
	{ LOGIN_CHECKING_FLOW, LOGIN_HAS_FLOW, MACHINE_ALWAYS,
	    LOGIN_FETCHING_FLOW, 0 },
	{ LOGIN_FETCHING_FLOW, LOGIN_LOADED, MACHINE_ALWAYS, LOGIN_READY, 0 },
	{ LOGIN_FETCHING_FLOW, LOGIN_EXPIRED, MACHINE_ALWAYS,
	    LOGIN_FLOW_EXPIRED, MACHINE_EXPIRED },
	{ LOGIN_FETCHING_FLOW, LOGIN_FAILED, MACHINE_ALWAYS, LOGIN_ERROR,
	    MACHINE_FAILED },
	{ LOGIN_READY, LOGIN_RETRY, MACHINE_MAY_RETRY, LOGIN_FETCHING_FLOW,
	    MACHINE_COUNT },
	{ LOGIN_READY, LOGIN_RESET, MACHINE_ALWAYS, LOGIN_IDLE, MACHINE_CLEAR },
	{ LOGIN_ERROR, LOGIN_RETRY, MACHINE_MAY_RETRY, LOGIN_CHECKING_FLOW,
	    MACHINE_COUNT },
	{ LOGIN_ERROR, LOGIN_RESET, MACHINE_ALWAYS, LOGIN_IDLE, MACHINE_CLEAR },
};

const struct machine machine_login = { "login", login_states, LOGIN__MAX,
	login_rows, NITEMS(login_rows) };

/* --- 24.3 Logout ----------------------------------------------------------- */

static const char *const logout_states[LOGOUT__MAX] = {
	[LOGOUT_IDLE] = "idle",
	[LOGOUT_CREATING_FLOW] = "creatingFlow",
	[LOGOUT_PERFORMING] = "performing",
	[LOGOUT_CLEARING] = "clearing",
	[LOGOUT_REDIRECTING] = "redirecting",
};

static const struct machine_row logout_rows[] = {
	{ LOGOUT_IDLE, LOGOUT_START, MACHINE_ALWAYS, LOGOUT_CREATING_FLOW,
	    MACHINE_STARTED },
	{ LOGOUT_CREATING_FLOW, LOGOUT_CREATED, MACHINE_ALWAYS,
	    LOGOUT_PERFORMING, 0 },
	{ LOGOUT_CREATING_FLOW, LOGOUT_FAILED, MACHINE_ALWAYS, LOGOUT_CLEARING,
	    0 },
	{ LOGOUT_PERFORMING, LOGOUT_DONE, MACHINE_ALWAYS, LOGOUT_CLEARING, 0 },
	{ LOGOUT_PERFORMING, LOGOUT_FAILED, MACHINE_ALWAYS, LOGOUT_CLEARING,
	    0 },
	{ LOGOUT_CLEARING, LOGOUT_DONE, MACHINE_ALWAYS, LOGOUT_REDIRECTING,
	    MACHINE_COMPLETED },
	{ LOGOUT_CLEARING, LOGOUT_FAILED, MACHINE_ALWAYS, LOGOUT_REDIRECTING,
	    MACHINE_COMPLETED },
};

const struct machine machine_logout = { "logout", logout_states, LOGOUT__MAX,
	logout_rows, NITEMS(logout_rows) };

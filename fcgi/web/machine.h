/*
 * The state machines behind pages (spec web.md, section 24): tables of rows
 * "in this state, on this event, if the guard holds, go there and do that".
 * A page keeps nothing between two requests; what a machine must remember
 * travels in addresses (the count of retries) or in the flow's own record.
 */
#ifndef MIRAI_WEB_MACHINE_H
#define MIRAI_WEB_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/code.h"

#define MACHINE_RETRIES 3 /* of one failure; then only a fresh start helps */

enum machine_guard {
	MACHINE_ALWAYS = 0,
	MACHINE_MAY_RETRY, /* fewer retries than allowed, error retryable */
	MACHINE_VALID	   /* what the state asks for is there */
};

/* What follows a transition, besides the new state. */
enum machine_effect {
	MACHINE_STARTED = 1,	 /* say that it began */
	MACHINE_EXPIRED = 2,	 /* say that the flow expired */
	MACHINE_FAILED = 4,	 /* say that it failed */
	MACHINE_COMPLETED = 8,	 /* say that it is over */
	MACHINE_COUNT = 16,	 /* one more retry */
	MACHINE_CLEAR = 32,	 /* forget error and retries */
	MACHINE_SUCCEEDED = 64,	 /* say that it reached its end */
	MACHINE_FLOW_DONE = 128, /* say that the flow is over */
	MACHINE_VIEWED = 256,	 /* say that an invitation was looked at */
	MACHINE_ACCEPTED = 512,	 /* say that one was accepted */
	/* Say what became of a course. */
	MACHINE_GENERATION_STARTED = 1 << 10,
	MACHINE_OUTLINE_GENERATED = 1 << 11,
	MACHINE_OUTLINE_APPROVED = 1 << 12,
	MACHINE_OUTLINE_REJECTED = 1 << 13,
	MACHINE_LESSONS_GENERATING = 1 << 14,
	MACHINE_GENERATION_COMPLETED = 1 << 15,
	MACHINE_GENERATION_FAILED = 1 << 16,
	MACHINE_BACKGROUNDED = 1 << 17,
	/* Say what became of a component. */
	MACHINE_EDIT_STARTED = 1 << 18,
	MACHINE_REGENERATING = 1 << 19,
	MACHINE_SAVED = 1 << 20,
	MACHINE_EDIT_FAILED = 1 << 21,
	/* Say what became of an expert. */
	MACHINE_SME_CREATED = 1 << 22,
	MACHINE_SME_SELECTED = 1 << 23,
	MACHINE_INGESTION_STARTED = 1 << 24,
	MACHINE_INGESTION_COMPLETED = 1 << 25,
	MACHINE_INGESTION_FAILED = 1 << 26
};

/* In rows: from any state that has no row of its own; to where it is. */
#define MACHINE_ANY  (-1)
#define MACHINE_SAME (-1)

struct machine_row {
	int from;
	int event;
	enum machine_guard guard;
	int to;
	unsigned effects;
};

struct machine {
	const char *name;
	const char *const *states; /* their names */
	size_t nstates;
	const struct machine_row *rows;
	size_t nrows;
};

/* A machine under way. */
struct machine_run {
	const struct machine *machine;
	int state; /* 0: where all begin */
	int retries;
	enum code error; /* CODE_OK: none */
	bool valid;	 /* what the state asks for is there */
};

/* Whether the error is one that trying again may cure (web.md 3.5). */
bool machine_retryable(enum code error);

/* No error or a retryable one, and retries left. */
bool machine_may_retry(const struct machine_run *run);

/*
 * Takes the transition of event. False: the state has none, or its guard
 * refuses; nothing has changed. What it says goes to the log.
 */
bool machine_step(struct machine_run *run, int event);

/* --- 24.2 Login ------------------------------------------------------------ */

enum login_state {
	LOGIN_IDLE = 0,
	LOGIN_CHECKING_FLOW,
	LOGIN_FETCHING_FLOW,
	LOGIN_READY,
	LOGIN_NEEDS_REDIRECT, /* final */
	LOGIN_FLOW_EXPIRED,   /* final */
	LOGIN_ERROR,
	LOGIN__MAX
};

enum login_event {
	LOGIN_START,
	LOGIN_NO_FLOW,
	LOGIN_HAS_FLOW,
	LOGIN_LOADED,
	LOGIN_EXPIRED,
	LOGIN_FAILED,
	LOGIN_RETRY,
	LOGIN_RESET
};

extern const struct machine machine_login;

/* --- 24.3 Logout ----------------------------------------------------------- */

enum logout_state {
	LOGOUT_IDLE = 0,
	LOGOUT_CREATING_FLOW,
	LOGOUT_PERFORMING,
	LOGOUT_CLEARING,
	LOGOUT_REDIRECTING, /* final */
	LOGOUT__MAX
};

enum logout_event {
	LOGOUT_START,
	LOGOUT_CREATED,
	LOGOUT_DONE,
	LOGOUT_FAILED
};

extern const struct machine machine_logout;

/* --- 24.4 Registration: machine_registration.c ------------------------------ */

enum registration_state {
	REGISTRATION_EMAIL = 0,
	REGISTRATION_CHECKING_EMAIL,
	REGISTRATION_ORG,
	REGISTRATION_ACCOUNT,
	REGISTRATION_PLAN,
	REGISTRATION_SUBMITTING,
	REGISTRATION_CONTACT,
	REGISTRATION_SUBMITTING_CONTACT,
	REGISTRATION_REDIRECTING,  /* final: to the checkout */
	REGISTRATION_SUCCESS,	   /* final */
	REGISTRATION_CONTACT_DONE, /* final */
	REGISTRATION__MAX
};

enum registration_event {
	REGISTRATION_NEXT,
	REGISTRATION_BACK,
	REGISTRATION_EXISTS,
	REGISTRATION_FREE,
	REGISTRATION_FAILED,
	REGISTRATION_SELECT_ENTERPRISE,
	REGISTRATION_CANCEL_ENTERPRISE,
	REGISTRATION_SUBMIT,
	REGISTRATION_TO_CHECKOUT,
	REGISTRATION_DONE
};

extern const struct machine machine_registration;

/* --- 24.5 Invitation acceptance: machine_invite.c ---------------------------- */

enum invitation_state {
	INVITATION_IDLE = 0,
	INVITATION_FETCHING,
	INVITATION_CHECKING_SESSION,
	INVITATION_EMAIL_MISMATCH,
	INVITATION_NEEDS_AUTH,
	INVITATION_AUTHENTICATED,
	INVITATION_ACCEPTING,
	INVITATION_ACCEPTED,	/* final */
	INVITATION_TO_LOGIN,	/* final */
	INVITATION_TO_REGISTER, /* final */
	INVITATION_ERROR,
	INVITATION__MAX
};

enum invitation_event {
	INVITATION_START,
	INVITATION_FOUND,
	INVITATION_FAILED,
	INVITATION_SAME,
	INVITATION_OTHER,
	INVITATION_NOBODY,
	INVITATION_GO_TO_LOGIN,
	INVITATION_GO_TO_REGISTER,
	INVITATION_SESSION_READY,
	INVITATION_ACCEPT,
	INVITATION_DONE,
	INVITATION_RETRY,
	INVITATION_RESET
};

extern const struct machine machine_invitation;

/* --- 24.6 Invited-user registration: machine_invite.c ------------------------ */

enum invited_state {
	INVITED_IDLE = 0,
	INVITED_FETCHING,
	INVITED_COLLECTING,
	INVITED_SUBMITTING,
	INVITED_SETTING_SESSION,
	INVITED_SUCCESS, /* final */
	INVITED_ERROR,
	INVITED__MAX
};

enum invited_event {
	INVITED_START,
	INVITED_FOUND,
	INVITED_FAILED,
	INVITED_SET_FORM,
	INVITED_SUBMIT,
	INVITED_DONE,
	INVITED_RETRY,
	INVITED_RESET
};

extern const struct machine machine_invited;

/* --- 24.7 Course builder: machine_builder.c ---------------------------------- */

enum builder_state {
	BUILDER_BASICS = 0,
	BUILDER_SMES,
	BUILDER_AUDIENCES,
	BUILDER_REVIEW,
	BUILDER_GENERATING_OUTLINE,
	BUILDER_OUTLINE,
	BUILDER_GENERATING_LESSONS,
	BUILDER_EDITOR,
	BUILDER_PREVIEW,
	BUILDER__MAX
};

enum builder_event {
	BUILDER_SET, /* title, outcome, an expert, an audience */
	BUILDER_CREATED,
	BUILDER_NEXT,
	BUILDER_PREVIOUS,
	BUILDER_GO_1, /* to a step: six more follow */
	BUILDER_GO_2,
	BUILDER_GO_3,
	BUILDER_GO_4,
	BUILDER_GO_5,
	BUILDER_GO_6,
	BUILDER_GO_7,
	BUILDER_START,
	BUILDER_JOB_STARTED,
	BUILDER_READY,
	BUILDER_FAILED,
	BUILDER_CANCEL,
	BUILDER_APPROVED,
	BUILDER_REJECTED,
	BUILDER_COMPLETE,
	BUILDER_DISMISS,
	BUILDER_RESET
};

#define BUILDER_STEPS 7

extern const struct machine machine_builder;

/* The step that shows a state, from 1. */
int machine_builder_step(int state);

/*
 * To a step that lies before where the run is, or beside it. False: there is
 * no way; nothing has changed.
 */
bool machine_builder_go(struct machine_run *run, int step);

/* --- 24.8 Course generation: machine_generation.c ---------------------------- */

enum generation_state {
	GENERATION_CONFIGURE = 0,
	GENERATION_OUTLINE_SUBMITTING,
	GENERATION_OUTLINE_POLLING,
	GENERATION_OUTLINE_WAITING,
	GENERATION_OUTLINE_FETCHING,
	GENERATION_VIEWING,
	GENERATION_APPROVING,
	GENERATION_REJECTING,
	GENERATION_UPDATING,
	GENERATION_QUEUE_SUBMITTING,
	GENERATION_CONFIRMATION,
	GENERATION_BACKGROUND, /* final */
	GENERATION_LESSONS_POLLING,
	GENERATION_LESSONS_WAITING,
	GENERATION_LESSONS_FETCHING,
	GENERATION_COMPLETE,
	GENERATION__MAX
};

enum generation_event {
	GENERATION_SET_INPUT,
	GENERATION_START,
	GENERATION_OUTLINE_THERE, /* when an existing course is opened */
	GENERATION_OK,		  /* the call of the state went well */
	GENERATION_FAILED,
	GENERATION_CANCELLED, /* the job was */
	GENERATION_PENDING,   /* the job is not over */
	GENERATION_TICK,
	GENERATION_CANCEL,
	GENERATION_LEAVE,
	GENERATION_APPROVE,
	GENERATION_REJECT,
	GENERATION_UPDATE,
	GENERATION_REGENERATE,
	GENERATION_WAIT,
	GENERATION_RETRY,
	GENERATION_DISMISS,
	GENERATION_RESET
};

extern const struct machine machine_generation;

/* --- 24.9 Component editing: machine_component.c ------------------------------ */

enum component_state {
	EDITING_IDLE = 0,
	EDITING_ACTIVE,
	EDITING_SAVING,
	EDITING_SUBMITTING,
	EDITING_POLLING,
	EDITING_WAITING,
	EDITING_FETCHING,
	EDITING__MAX
};

enum component_event {
	EDITING_SELECT,
	EDITING_UPDATE,
	EDITING_PROMPT,
	EDITING_UNDO,
	EDITING_RESTORE, /* what it was when it was selected */
	EDITING_SAVE,
	EDITING_REGENERATE,
	EDITING_DESELECT,
	EDITING_OK,
	EDITING_FAILED,
	EDITING_CANCELLED,
	EDITING_PENDING,
	EDITING_TICK,
	EDITING_CANCEL,
	EDITING_DISMISS
};

extern const struct machine machine_component;

/* --- 24.10 SME: machine_sme.c -------------------------------------------------- */

enum sme_state {
	SME_IDLE = 0,
	SME_FORM,
	SME_SUBMITTING,
	SME_LOADING,
	SME_VIEWING,
	SME_STARTING,
	SME_DELETING,
	SME_POLLING,
	SME_WAITING,
	SME__MAX
};

enum sme_event {
	SME_SELECT,
	SME_START_CREATE,
	SME_SET,
	SME_SUBMIT,
	SME_OK, /* the call of the state went well */
	SME_FAILED,
	SME_COMPLETED, /* the job is over */
	SME_PENDING,   /* the job is not over */
	SME_TICK,
	SME_START_INGESTION,
	SME_DELETE,
	SME_BACK,
	SME_CANCEL
};

extern const struct machine machine_sme;

#endif

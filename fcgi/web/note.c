/*
 * The messages that follow a post. The page after the redirect shows the one
 * that its cookie names and deletes the cookie, so a reload shows it no more.
 */
#include "note.h"

#include <assert.h>

#include "rpc/resp.h"

#define NOTE_COOKIE  "mirai_note"
#define NOTE_SECONDS 60

struct note {
	const char *name;
	const char *text;
};

static const struct note notes[] = {
	{ "audience-archived", "The audience is archived." },
	{ "audience-created", "The audience is created." },
	{ "audience-deleted", "The audience is deleted." },
	{ "audience-restored", "The audience is restored." },
	{ "audience-saved", "The audience is saved." },
	{ "changes-requested",
	    "The feedback is sent; the person has been told." },
	{ "chunk-deleted", "The piece of knowledge is deleted." },
	{ "chunk-saved", "The piece of knowledge is saved." },
	{ "company-saved", "The company is saved." },
	{ "ai-key-removed", "The key is removed." },
	{ "ai-key-saved", "The key was tested and is saved." },
	{ "ai-saved", "The provider is saved." },
	{ "component-saved", "The part is saved." },
	{ "content-approved",
	    "The content is approved: it is knowledge of this expert now." },
	{ "content-submitted",
	    "The content is handed in; the reviewer has been told." },
	{ "course-deleted", "The course is deleted." },
	{ "course-empty",
	    "A course is published when it has lessons: make them here"
	    " first." },
	{ "course-finalized",
	    "The course is ready: open its preview, or go on editing." },
	{ "course-published",
	    "The course is published: everybody who sees it may take it." },
	{ "course-unpublished",
	    "The course is no longer published; it is a draft again." },
	{ "expert-created", "The expert is created." },
	{ "invitation-revoked",
	    "The invitation is revoked; its seat is free." },
	{ "invitation-sent", "The invitation is on its way." },
	{ "invitation-sent-again",
	    "A new invitation is on its way; the old link no longer works." },
	{ "job-cancelled", "The generation is cancelled." },
	{ "member-added", "The member is added." },
	{ "member-left", "You have left the team." },
	{ "member-removed", "The member is taken out of the team." },
	{ "notice-deleted", "The notification is deleted." },
	{ "notices-read", "All notifications are marked as read." },
	{ "outline-saved", "The outline is saved." },
	{ "person-removed", "The person is removed; the seat is free." },
	{ "role-saved", "The role is saved." },
	{ "sme-archived", "The expert is archived." },
	{ "sme-created",
	    "The expert is created. Add content, then it can be chosen." },
	{ "sme-restored", "The expert is restored." },
	{ "sme-saved", "The expert is saved." },
	{ "task-assigned", "The task is assigned; the person has been told." },
	{ "task-cancelled",
	    "The task is cancelled; the person has been told." },
	{ "task-deleted", "The task is deleted." },
	{ "task-saved", "The task is saved." },
	{ "team-created", "The team is created." },
	{ "team-deleted", "The team is deleted." },
	{ "team-saved", "The team is saved." },
	{ "workspace-saved", "The workspace is saved." },
};

static const struct note *
find(const char *name)
{
	size_t i;

	for (i = 0; name != NULL && i < NITEMS(notes); i++)
		if (str_eq(notes[i].name, name))
			return &notes[i];
	return NULL;
}

static void
set_cookie(struct page *p, const char *name, int64_t max_age)
{
	resp_cookie(p->r,
	    &(struct resp_cookie){ .name = NOTE_COOKIE,
		.value = name,
		.path = "/",
		.max_age = max_age,
		.secure = conf_bool(p->r->env->conf, "cookie.secure") });
}

void
note_leave(struct page *p, const char *name)
{
	assert(find(name) != NULL);
	set_cookie(p, name, NOTE_SECONDS);
}

void
note_put(struct page *p)
{
	const struct note *n;

	if ((n = find(req_cookie(p->r, NOTE_COOKIE))) == NULL)
		return;
	set_cookie(p, "", -1);
	tmpl_note(&p->h, &(struct tmpl_note){ .text = n->text });
}

/* What the pages of teams share: a team with its members, and who may what. */
#ifndef MIRAI_WEB_TEAMS_H
#define MIRAI_WEB_TEAMS_H

#include "mirai/v1/team.rpc.h"
#include "page.h"

struct teams_view {
	const struct pb_team *team;
	const struct pb_team_member *members;
	size_t nmembers;
	const struct pb_team_member *own; /* the caller's; NULL: no member */
	bool leads;			  /* may change the members */
};

/* The team of the address; false after an answer was sent. */
bool teams_load(struct page *p, struct teams_view *v);

/* The member with that user id, or NULL. */
const struct pb_team_member *teams_find(const struct teams_view *v,
    const char *user_id);

/* Name, else e-mail, else the beginning of the id. */
const char *teams_name(struct arena *a, const struct pb_team_member *m);

/* The roles of a team in a list of choices. */
void teams_put_roles(struct page *p, int32_t chosen);

/* The posted role; false when it is none. */
bool teams_role(struct page *p, int32_t *out);

/* The address of the team that is looked at, with what follows it. */
const char *teams_at(const struct page *p, const char *rest);

/* Says what became of a call: its failure, or on to where with a message. */
void teams_done(struct page *p, enum code code, const char *note,
    const char *to);

#endif

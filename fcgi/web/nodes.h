/*
 * Draws the forms of an identity flow from its list of nodes, whatever the
 * flow (spec web.md 6.1, identity.md section 5). Nodes of kinds it does not
 * know are left out.
 */
#ifndef MIRAI_WEB_NODES_H
#define MIRAI_WEB_NODES_H

#include <stdbool.h>

#include "net/json.h"
#include "page.h"

#define NODES_GROUPS 8 /* in one form, the end included */

struct nodes {
	const struct json *ui; /* as ui_render() makes it */
	const char *action;    /* where its forms post to */
	const char *identity;  /* the identity service's address, "" for ours */
	bool new_password;     /* one is set: it is asked for twice */
	bool whole;	       /* every proof comes with the same data */
	bool focus;	       /* the first field to fill gets the focus */
};

/* The messages of the whole flow, as banners. */
void nodes_put_messages(struct page *p, const struct nodes *n);

/* Whether the flow carries a message of this id. */
bool nodes_has_message(const struct nodes *n, int64_t id);

/* Whether anything of a group would be seen. */
bool nodes_has_group(const struct nodes *n, const char *group);

/*
 * One form of the nodes of some groups (NULL ends the list), with the hidden
 * ones that every form of the flow needs. What takes something away stands in
 * a form of its own below, behind a question. Nothing if nothing is seen.
 */
void nodes_put_form(struct page *p, struct nodes *n, const char *const *groups);

/* All groups: providers, the main form, then each further way in its own. */
void nodes_put_all(struct page *p, struct nodes *n);

#endif

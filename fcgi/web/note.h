/*
 * One-time messages: what a post did, told once by the page that follows. The
 * cookie between the two holds a name of the table, never a text.
 */
#ifndef MIRAI_WEB_NOTE_H
#define MIRAI_WEB_NOTE_H

#include "page.h"

/* Leaves a message, by its name in the table (asserted), for the next page. */
void note_leave(struct page *p, const char *name);

/* Shows the message that was left, if there is one, and takes it away. */
void note_put(struct page *p);

#endif

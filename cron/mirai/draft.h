/*
 * mirai course draft: a document to a generated course on a running instance,
 * through the same calls that people make: an expert, a task, an upload, its
 * review, an outline, its approval, lessons.
 */
#ifndef MIRAI_CRON_DRAFT_H
#define MIRAI_CRON_DRAFT_H

#include "progress.h"
#include "remote.h"

struct draft {
	struct remote *remote;
	struct arena *mem;
	const char *path;    /* the document */
	const char *title;   /* of the course; NULL: from the file's name */
	const char *outcome; /* desired; NULL: a sentence with the title */
	struct progress *progress;
};

/*
 * 0 and the id of the course; or -1 after one line on standard error. What was
 * made until then stays, and the line says in which step it ended.
 */
int draft_run(const struct draft *d, const char **course_id) MUST_CHECK;

#endif

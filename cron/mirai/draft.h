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
	const char *path; /* the document */
	int fd;		  /* of draft_open() */
	int64_t len;
	const char *title;   /* of the course; NULL: from the file's name */
	const char *outcome; /* desired; NULL: a sentence with the title */
	struct progress *progress;
};

/*
 * Opens a document that the service takes, by its size and the end of its
 * name. The descriptor is the caller's; or -1 after one line on standard error
 * that names the file and the reason.
 */
int draft_open(struct arena *mem, const char *path, int64_t *len) MUST_CHECK;

/*
 * 0 and the id of the course; or -1 after lines on standard error: why, in
 * which step it ended, and where the course is if there is one by then. What
 * was made stays.
 */
int draft_run(const struct draft *d, const char **course_id) MUST_CHECK;

#endif

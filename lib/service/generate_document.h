/*
 * The course document as generation changes it: read under a lock on its row,
 * written as a new object that counts with the caller's commit (course.h).
 */
#ifndef MIRAI_SERVICE_GENERATE_DOCUMENT_H
#define MIRAI_SERVICE_GENERATE_DOCUMENT_H

#include "service/course.h"

struct generate_document {
	struct course_row row;
	struct pb_course *course; /* merged with the row */
	const char *key;	  /* of the new object, after the save */
};

/*
 * Locks the course and reads its document. CODE_OK, or r has failed: NOT_FOUND
 * (the course or its document), UNAVAILABLE, the database's failure.
 */
enum code generate_document_open(struct req *r, const char *course_id,
    struct generate_document *d) MUST_CHECK;

/*
 * Writes d->course as the next version. status NULL: as it is; tags are the
 * document's. CODE_OK, d->row and d->course being those of the new version; or
 * r has failed: RESOURCE_EXHAUSTED, UNAVAILABLE, the database's failure.
 */
enum code generate_document_save(struct req *r, struct generate_document *d,
    const char *status) MUST_CHECK;

/* After a commit that failed: takes the new object away. key NULL: nothing. */
void generate_document_undo(struct req *r, const char *key);

#endif

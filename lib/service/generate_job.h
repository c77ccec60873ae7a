/*
 * The runners of generation jobs (spec content.md 8.3, 8.4): rows for the
 * worker's table. Each does its work as genjob.h says: what a job leads to is
 * written in one transaction, notice and mail included (12.2).
 */
#ifndef MIRAI_SERVICE_GENERATE_JOB_H
#define MIRAI_SERVICE_GENERATE_JOB_H

#include "service/genjob.h"

genjob_runner generate_outline_run;   /* the next version of the outline */
genjob_runner generate_lesson_run;    /* a lesson and its components */
genjob_runner generate_component_run; /* input: {"component_id", "prompt"} */
genjob_runner generate_course_run;    /* a parent: the course document */

/* Notice, and for outlines and courses a mail, of a final failure. */
genjob_failed generate_failed;

#endif

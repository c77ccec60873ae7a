/*
 * A course as a package: options, pre-flight, the archive (spec learning.md
 * 1.3 to 1.5). Needs no server and no database. Equal course and options give
 * equal bytes.
 */
#ifndef MIRAI_LEARN_EXPORT_H
#define MIRAI_LEARN_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/code.h"
#include "learn/finding.h"

#include "mirai/v1/course.pb.h"

#define EXPORT_MAX_LESSONS 200
#define EXPORT_MAX_BYTES   ((size_t)100 * 1024 * 1024)

enum export_structure {
	EXPORT_SINGLE,	  /* one SCO */
	EXPORT_PER_LESSON /* one SCO per lesson, the exam as the last */
};

enum export_completion {
	EXPORT_COMPLETION_DEFAULT, /* LESSONS_AND_PASS when scored, else LESSONS */
	EXPORT_LESSONS,
	EXPORT_LESSONS_AND_PASS,
	EXPORT_PASS,
	EXPORT_PERCENT /* of the progress, see percent */
};

enum export_navigation {
	EXPORT_FREE,
	EXPORT_SEQUENTIAL
};

/* A file of the package that lesson HTML names as media/<name>. */
struct export_media {
	const char *name; /* [a-z0-9._-] */
	const void *data;
	size_t len;
};

/* Set by export_options_init(), then changed as asked. */
struct export_options {
	enum pb_export_format format;
	enum export_structure structure;
	enum export_completion completion;
	int percent;   /* 1..100, with EXPORT_PERCENT */
	int pass_mark; /* 1..100 */
	int attempts;  /* 0 unlimited, 1..20 */
	enum export_navigation navigation;
	const char *language; /* BCP 47 tag of the course's texts */
	bool keep_source;     /* the course's own document goes in */
	int32_t version;      /* of the course; 0: what the course says */
	int64_t saved_at;     /* of that version, us since 1970; 0: unknown */
	const struct export_media *media;
	size_t nmedia;
	/* Versions exported before, newest first: their states are converted. */
	const struct pb_course *const *earlier;
	size_t nearlier; /* up to 10 are used */
};

/* SCORM 1.2 and the defaults of learning.md 1.3. */
void export_options_init(struct export_options *o);

/*
 * Appends the package to out; f gets what pre-flight finds either way.
 * CODE_INVALID_ARGUMENT     an option out of range, or a format that is not built
 * CODE_FAILED_PRECONDITION  the course has errors
 * CODE_RESOURCE_EXHAUSTED   above EXPORT_MAX_LESSONS or EXPORT_MAX_BYTES
 * In each of these f has at least one error and out is as it was.
 */
enum code export_course(struct arena *a, const struct pb_course *course,
    const struct export_options *o, struct buf *out,
    struct findings *f) MUST_CHECK;

/*
 * The same into a file, by way of a temporary one beside it: path is the old
 * or the whole new package. CODE_UNAVAILABLE, logged, when it cannot be
 * written.
 */
enum code export_course_file(struct arena *a, const struct pb_course *course,
    const struct export_options *o, const char *path,
    struct findings *f) MUST_CHECK;

/* SCORM 1.2, whatever o->format says. */
enum code export_scorm12(struct arena *a, const struct pb_course *course,
    const struct export_options *o, const char *path,
    struct findings *f) MUST_CHECK;

/* The findings alone, nothing built. CODE_OK or as above. */
enum code export_check(struct arena *a, const struct pb_course *course,
    const struct export_options *o, struct findings *f) MUST_CHECK;

/* The name to offer: "fire-safety-v7-scorm12.zip"; in a. */
char *export_filename(struct arena *a, const struct pb_course *course,
    const struct export_options *o);

#endif

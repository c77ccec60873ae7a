/*
 * A course made ready to show: lessons in order, HTML sanitized, quizzes
 * parsed and checked, every part with an id. Each format and the player's
 * pages are written from this, never from the stored document.
 */
#ifndef MIRAI_LEARN_MODEL_H
#define MIRAI_LEARN_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "learn/finding.h"

#include "mirai/v1/course.pb.h"

#define MODEL_MAX_OPTIONS 36
#define MODEL_FINGERPRINT 6

enum model_qtype {
	MODEL_CHOICE,
	MODEL_TRUE_FALSE
};

struct model_option {
	char key; /* a..z, 0..9 by position; true and false: t, f */
	const char *id;
	const char *text;
};

struct model_question {
	const char *id; /* an identifier: no white space */
	enum model_qtype type;
	const char *text;
	struct model_option *options;
	size_t noptions;
	size_t right;		 /* index of the right option */
	const char *explanation; /* these three: "" for none */
	const char *right_feedback;
	const char *wrong_feedback;
	const char *hint;
	int points; /* hundredths */
	bool required;
	const char **objectives; /* ids */
	size_t nobjectives;
	size_t lesson; /* index */
};

enum model_bkind {
	MODEL_HEADING,
	MODEL_HTML,
	MODEL_QUESTION
};

struct model_block {
	enum model_bkind kind;
	const char *id;
	int level;	  /* heading: 2..4 */
	const char *html; /* sanitized; of a heading: plain text */
	size_t question;  /* index into the course's questions */
};

struct model_lesson {
	const char *id;
	const char *title;
	size_t section;
	struct model_block *blocks;
	size_t nblocks;
	const char **objectives; /* ids its blocks are aligned with */
	size_t nobjectives;
};

struct model_section {
	const char *id;
	const char *name;
	size_t first; /* lesson index */
	size_t nlessons;
};

struct model_objective {
	const char *id;
	const char *text;
};

struct model {
	const char *id;
	const char *title;
	const char *outcome; /* plain text, "" for none */
	const char *lang;
	int32_t version;
	bool checks; /* questions are shown inside the lessons */
	bool exam;   /* and at the end, as final exam */
	struct model_section *sections;
	size_t nsections;
	struct model_lesson *lessons;
	size_t nlessons;
	struct model_question *questions;
	size_t nquestions;
	struct model_objective *objectives;
	size_t nobjectives;
	bool remote; /* some image is fetched from elsewhere */
};

/*
 * The model of c, in a; lang is the BCP 47 tag of its texts. What is wrong
 * with the course goes to f, and the part in question is left out. Never
 * NULL.
 */
struct model *model_build(struct arena *a, const struct pb_course *c,
    const char *lang, struct findings *f);

/* Somebody is judged: there are questions and they are shown. */
bool model_is_scored(const struct model *m);

/*
 * MODEL_FINGERPRINT characters of base64url over lessons and questions from
 * lesson first on, n of them, that change when a saved position would no
 * longer fit.
 */
void model_fingerprint(const struct model *m, size_t first, size_t n, bool exam,
    char out[MODEL_FINGERPRINT + 1]);

/* Equal for questions of two versions that mean the same. */
uint64_t model_question_hash(const struct model_question *q);

/* "lesson 3 \"Escape routes\"", in a. */
char *model_lesson_name(struct arena *a, const struct model *m, size_t lesson);

#endif

/*
 * The few words the extractive provider adds to an author's own text, in the
 * languages it speaks; English for all others.
 */
#ifndef MIRAI_AI_PHRASES_H
#define MIRAI_AI_PHRASES_H

#include "ai/lang.h"

enum phrase {
	PH_OPEN, /* quotation marks */
	PH_CLOSE,
	PH_AND,	  /* between two titles */
	PH_AFTER, /* "After this lesson you can:" */
	PH_KEY_POINTS,
	PH_OVERVIEW,  /* title of a section's own text */
	PH_PART,      /* "Part %s" */
	PH_NEXT,      /* "Next: %s" */
	PH_END,	      /* end of the course */
	PH_ABOUT,     /* the note that marks the output: %s file title */
	PH_CONDENSED, /* "%s of %s sentences" */
	PH_OUTCOME,   /* desired outcome: %s title */
	PH_SECTION,   /* description of a section: %s list of titles */
	PH_LESSON,    /* description of a lesson: %s list of topics */
	PH_TRUE,
	PH_FALSE,
	PH_SOURCE,    /* "The text says: %s" */
	PH_Q_MISSING, /* which term is missing: %s */
	PH_Q_NUMBER,  /* which figure is missing: %s */
	PH_Q_TERM,    /* which term is described: %s */
	PH_Q_TRUE,    /* true or false: %s */
	PH_Q_LIST,    /* which of these is listed under: %s */
	PH_Q_STEP,    /* which step follows: %s */
	PH_Q_CELL,    /* in the table, what is %s (column) for %s (row) */
	PH_E_LIST,    /* the list under %s names: %s */
	PH_E_STEP,    /* the order is: %s -> %s */
	PH_E_CELL,    /* the row %s has %s in the column %s */
	PH_O_EXPLAIN, /* objectives: explain %s */
	PH_O_FIGURES, /* state the figures that apply to %s */
	PH_O_DEFINE,  /* define %s */
	PH_O_DEFINE2, /* define %s and %s */
	PH_O_LIST,    /* name the points listed under %s */
	PH_O_STEPS,   /* name the steps of %s in order */
	PH_O_TABLE,   /* look up %s by %s */
	PH_O_TERMS,   /* say what the text states about %s and %s */
	PH_O_ANSWER,  /* answer questions about %s */
	PH_O_NAMES,   /* state what %s and %s stand for */
	PH__MAX
};

const char *phrases_get(enum lang lang, enum phrase which);

/* The phrase with its first %s replaced by x, its second by y; in a. */
char *phrases_fill(struct arena *a, enum lang lang, enum phrase which,
    const char *x, const char *y);

/* s in the quotation marks of the language; in a. */
char *phrases_quote(struct arena *a, enum lang lang, const char *s);

#endif

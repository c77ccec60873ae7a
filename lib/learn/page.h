/*
 * The player's pages: one with a course (or a part of it) that starts the
 * script, and plain ones with a lesson each. Everything is in the markup, so
 * both read well without script; answer keys are not, they come as data.
 *
 * The same page serves inside a package and in the product: the runtime names
 * the adapter of player.js that keeps the learner's state.
 */
#ifndef MIRAI_LEARN_PAGE_H
#define MIRAI_LEARN_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "learn/export.h"
#include "learn/model.h"

struct page_options {
	const char *runtime; /* "scorm12"; "local": this browser; "none" */
	const char *base;    /* before assets/ and media/: "", "../", "/x/" */
	const char *js;	     /* address of the script; NULL: base assets/... */
	const char *css;
	const char *return_url; /* where "leave" goes; NULL: closes */
	bool own_policy;	/* the page carries its security policy */
	size_t first;		/* lessons of the page */
	size_t nlessons;
	bool exam; /* with the final exam, if the course has one */
	enum export_completion completion; /* never DEFAULT */
	int percent;
	int pass_mark;
	int attempts;
	enum export_navigation navigation;
	/* Models of earlier versions, for states saved then. */
	const struct model *const *earlier;
	size_t nearlier;
};

/* Everything of m, defaults of learning.md 1.3, no runtime. */
void page_options_init(struct page_options *o, const struct model *m);

/* Appends the page that runs the player. */
void page_player(struct buf *b, const struct model *m,
    const struct page_options *o);

/* Appends lesson i as a page of its own, without script. */
void page_lesson(struct buf *b, const struct model *m, size_t i,
    const struct page_options *o);

/* The data of the player as JSON: what the page's data block holds. */
void page_data(struct buf *b, const struct model *m,
    const struct page_options *o);

/* Characters of the part of the resume state that is never cut. */
size_t page_state_len(const struct model *m, const struct page_options *o);

#endif

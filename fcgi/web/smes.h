/*
 * What the pages of experts share. smes.c has the list, smes_detail.c one
 * expert with its tasks; smes_edit.c and smes_task.c the forms of the two.
 * The parts of others stand in between: what answers a task (smes_submit.c),
 * reviews an answer (smes_review.c), and knowledge (smes_knowledge.c), one piece
 * of which smes_chunk.c changes.
 */
#ifndef MIRAI_WEB_SMES_H
#define MIRAI_WEB_SMES_H

#include "entry.h"
#include "machine.h"
#include "mirai/v1/sme.rpc.h"
#include "page.h"

struct smes_view {
	const struct pb_subject_matter_expert *sme;
	struct pb_sme_task *tasks; /* open ones first, then newest */
	size_t ntasks;
	const struct pb_user *users; /* of the company, for names */
	size_t nusers;
	const char *task; /* id that the address names; "" none */
	bool manages;	  /* an editor */
	struct machine_run run;
};

/* The page of one expert: /smes?sme=. */
void smes_detail(struct page *p, const char *sme);

/*
 * The expert of an address /smes/ID/... (p->arg[0]), without tasks and people.
 * False after an answer was sent.
 */
bool smes_load(struct page *p, struct smes_view *v);

/* The same with the task p->arg[1], which must be one of its tasks. */
bool smes_load_task(struct page *p, struct smes_view *v,
    struct pb_sme_task **task);

/* Says that editors alone do this; false when the caller is none. */
bool smes_need_editor(struct page *p);

/* Who assigned a task, and editors, change it. */
bool smes_may_change(const struct page *p, const struct pb_sme_task *t);

/* Addresses: the page of an expert, of what is on it, and what lies below. */
const char *smes_page_of(struct page *p, const char *sme);
const char *smes_knowledge_of(struct page *p, const char *sme);
const char *smes_task_of(struct page *p, const char *sme, const char *task);
const char *smes_under(struct page *p, const char *rest); /* /smes/ARG0/rest */

/* How values are called and which badge they have. */
struct smes_word {
	int32_t wire;
	const char *value; /* in addresses and forms */
	const char *label;
	const char *tone;
	const char *icon;
	const char *hint;
};
const struct smes_word *smes_status(int32_t wire);
const struct smes_word *smes_task_status(int32_t wire);
const char *smes_content_type(int32_t wire); /* "Document"; 0: "Any" */

/* Name of a user of the list, or a generic word. */
const char *smes_person(struct page *p, const struct smes_view *v,
    const char *user_id);

/* The first max keywords of a piece, and how many more there are. */
const char *smes_chunk_words(struct arena *a,
    const struct pb_sme_knowledge_chunk *k, size_t max);

/* The kinds of content as a list of choices (entry.h); 0 is any. */
extern const struct entry_option smes_content_types[];

/* Says what became of a call: its failure, or on to where with a message. */
void smes_done(struct page *p, enum code code, const char *note,
    const char *to);

/* --- parts of the page that other files fill --------------------------------- */

/*
 * In the card of a task, among its actions: what the caller may do about its
 * content. Both write nothing where there is nothing to do.
 */
void smes_submit_part(struct page *p, const struct smes_view *v,
    const struct pb_sme_task *t);
void smes_review_part(struct page *p, const struct smes_view *v,
    const struct pb_sme_task *t);

/* A section below the tasks: the pieces of knowledge, to correct and remove. */
void smes_knowledge_part(struct page *p, const struct smes_view *v);

#endif

/*
 * What the runners share: asking the tenant's provider, and telling who asked.
 */
#ifndef MIRAI_SERVICE_GENERATE_RUN_H
#define MIRAI_SERVICE_GENERATE_RUN_H

#include "ai/provider.h"
#include "db/db.h"
#include "rpc/req.h"
#include "service/ai_choice.h"
#include "service/generate.h"
#include "service/genjob.h"

#define GENERATE_REFS_MAX 100 /* chunks that one component names */

/* --- transactions ------------------------------------------------------------ */

/* A short read of the job's tenant; ended by db_end(). */
void generate_begin_read(struct genjob_run *run);

/*
 * The end of a run whose writes gave code: commits, or takes back. DONE; or
 * what the code means: GONE when the job or its course are, AGAIN when it may
 * go better, FAILED when it never will. key is of an object that only the
 * commit makes count, and goes when that failed; NULL: none.
 */
enum genjob_end generate_commit(struct genjob_run *run, enum code code,
    const char *key);

/* The end of a run whose genjob_begin() gave code; key as above. */
enum genjob_end generate_not_begun(struct genjob_run *run, enum code code,
    const char *key);

/* The same without a transaction: what a failure of r means for the job. */
enum genjob_end generate_end(struct genjob_run *run, enum code code);

/* --- the provider ------------------------------------------------------------ */

struct generate_call {
	struct genjob_run *run;
	struct ai_choice *choice;
	struct provider_run ai; /* its provider is known after the opening */
};

/* No transaction may be open. CODE_OK, or r has failed. */
enum code generate_call_open(struct generate_call *c,
    struct genjob_run *run) MUST_CHECK;

/*
 * Notes the tokens, closes the choice (which wipes its key), and says what end
 * means for the job; GENJOB_DONE for PROVIDER_DONE.
 */
enum genjob_end generate_call_end(struct generate_call *c,
    enum provider_end end) MUST_CHECK;

/* In which order this provider is given an expert's chunks. */
enum generate_order generate_call_order(const struct generate_call *c);

/* The sentence for the user when generate_input_read() found nothing. */
enum genjob_end generate_no_input(struct genjob_run *run, enum code code);

/*
 * The id of an objective of an outline's lesson, which has none of its own:
 * made from both, so it stays as long as lesson and text do.
 */
const char *generate_objective_id(struct arena *a,
    const char *outline_lesson_id, const char *text);

/* --- who is told -------------------------------------------------------------- */

struct generate_person {
	const char *email; /* NULL: not known, so no mail */
	const char *name;
};

/*
 * Who asked for the job, in the open transaction; one who is not found has no
 * address.
 */
void generate_person_read(struct genjob_run *run, struct generate_person *p);

struct generate_news {
	const char *type; /* of the notice */
	const char *priority;
	const char *title;
	const char *message;
	const char *url;
	const char *mail; /* kind of the letter; NULL: none */
	/* What it must name besides "user" and "link", which are put here. */
	struct json *data;
};

/* Notice and mail in the open transaction; the database's failure is set on r. */
enum code generate_tell(struct genjob_run *run, const struct generate_person *p,
    const struct generate_news *n) MUST_CHECK;

/* "/course/<id>/preview" and "/dashboard?edit=<id>". */
const char *generate_preview_url(struct genjob_run *run);
const char *generate_edit_url(struct genjob_run *run);

#endif

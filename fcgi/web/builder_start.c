/*
 * Step 4 of the course builder: everything that was chosen, and the start of
 * an outline. A start that fails leaves the page as it was and says why; one
 * that comes twice finds the first one running.
 */
#include "builder.h"

#include "mirai/v1/sme.rpc.h"
#include "mirai/v1/target_audience.rpc.h"
#include "note.h"
#include "pages.h"

/* --- names of what is chosen ---------------------------------------------------- */

static void
put_name(struct page *p, const char *name, bool *any)
{
	tmpl_builder_sum_item(&p->h,
	    &(struct tmpl_builder_sum_item){ .text = name });
	*any = true;
}

static enum code
put_smes(struct page *p, const struct builder *b)
{
	struct pb_list_smes_request in = { 0 };
	struct pb_list_smes_response out = { 0 };
	enum code code;
	bool any = false;
	size_t i;

	if ((code = rpc_sme_list_smes(p->r, &in, &out)) != CODE_OK)
		return code;
	for (i = 0; i < out.nsmes; i++)
		if (builder_has(b->choice.smes, b->choice.nsmes,
			out.smes[i].id))
			put_name(p,
			    out.smes[i].status == PB_SME_STATUS_ACTIVE
				? out.smes[i].name
				: arena_printf(p->r->mem, "%s (not ready)",
				      out.smes[i].name),
			    &any);
	if (!any)
		put_name(p, "None chosen yet", &any);
	return CODE_OK;
}

static enum code
put_audiences(struct page *p, const struct builder *b)
{
	struct pb_list_templates_request in = { 0 };
	struct pb_list_templates_response out = { 0 };
	enum code code;
	bool any = false;
	size_t i;

	code = rpc_target_audience_list_templates(p->r, &in, &out);
	if (code != CODE_OK)
		return code;
	for (i = 0; i < out.ntemplates; i++)
		if (builder_has(b->choice.audiences, b->choice.naudiences,
			out.templates[i].id))
			put_name(p, out.templates[i].name, &any);
	if (!any)
		put_name(p, "None chosen yet", &any);
	return CODE_OK;
}

/* --- the page --------------------------------------------------------------------- */

static void
sum_open(struct page *p, const struct builder *b, const char *title, int step)
{
	tmpl_builder_sum_open(&p->h,
	    &(struct tmpl_builder_sum){ .title = title,
		.id = arena_printf(p->r->mem, "sum-%d", step),
		.to = builder_at(p, b, step) });
}

static enum code
put_sums(struct page *p, const struct builder *b)
{
	enum code code;
	bool any;

	sum_open(p, b, "Course Info", 1);
	put_name(p, b->title[0] == '\0' ? "No title yet" : b->title, &any);
	put_name(p, b->outcome[0] == '\0' ? "No goal yet" : b->outcome, &any);
	if (b->choice.context[0] != '\0')
		put_name(p, b->choice.context, &any);
	tmpl_builder_sum_close(&p->h);
	sum_open(p, b,
	    arena_printf(p->r->mem, "Knowledge Sources (%zu)", b->choice.nsmes),
	    2);
	if ((code = put_smes(p, b)) != CODE_OK)
		return code;
	tmpl_builder_sum_close(&p->h);
	sum_open(p, b,
	    arena_printf(p->r->mem, "Target Audience (%zu)",
		b->choice.naudiences),
	    3);
	if ((code = put_audiences(p, b)) != CODE_OK)
		return code;
	tmpl_builder_sum_close(&p->h);
	return CODE_OK;
}

static bool
is_ready(const struct builder *b)
{
	return b->title[0] != '\0' && b->outcome[0] != '\0' &&
	    b->choice.nsmes > 0 && b->choice.naudiences > 0;
}

static void
put_failed(struct page *p, const struct builder *b)
{
	if (b->failed == NULL ||
	    b->failed->type != PB_GENERATION_JOB_TYPE_COURSE_OUTLINE)
		return;
	builder_job_failed(p, "The outline could not be written",
	    str_is_empty(b->failed->error_message) ? "It is not known why."
						   : b->failed->error_message,
	    builder_to(p, b, "/start"), "Retry");
}

static void
put_rejected(struct page *p, const struct builder *b)
{
	if (b->outline != NULL &&
	    b->outline->approval_status == PB_OUTLINE_APPROVAL_STATUS_REJECTED)
		page_banner(p, PAGE_INFO,
		    arena_printf(p->r->mem,
			"Version %d of the outline was rejected: “%s” The next"
			" one takes this into account.",
			b->outline->version,
			b->outline->rejection_reason == NULL
			    ? ""
			    : b->outline->rejection_reason));
}

enum code
builder_review_put(struct page *p, struct builder *b)
{
	enum code code;

	put_failed(p, b);
	put_rejected(p, b);
	tmpl_builder_review_open(&p->h);
	code = put_sums(p, b);
	tmpl_builder_review_close(&p->h);
	tmpl_builder_start(&p->h,
	    &(struct tmpl_builder_start){ .to = builder_to(p, b, "/start"),
		.csrf = p->csrf,
		.back = builder_at(p, b, 3),
		.note = is_ready(b)
		    ? ""
		    : "Something is missing: please complete the steps above.",
		.disabled = !is_ready(b) });
	return code;
}

/* --- the start -------------------------------------------------------------------- */

static const struct entry_rule rules[] = {
	{ "input.sme_ids", "", "Choose at least one expert that is ready." },
	{ "input.desired_outcome", "", "The course needs a learning goal." },
	{ NULL, NULL, NULL },
};

/*
 * It runs already: that is where a second start leads, too. A colleague's job
 * is not shown, but told of.
 */
static bool
runs_already(struct page *p, struct builder *b)
{
	if (p->r->code != CODE_ALREADY_EXISTS)
		return false;
	req_unfail(p->r);
	if (!builder_load(p, b->id, b))
		return true;
	if (b->job != NULL) {
		page_redirect(p, builder_at(p, b, 0));
		return true;
	}
	b->fault = (struct entry){ "",
		"A colleague has started this course already. Look again when"
		" it is done.",
		409 };
	builder_show(p, b, 4, 409);
	return true;
}

/* The review again, with the reason, and all that was chosen. */
static void
refuse(struct page *p, struct builder *b, struct machine_run *run)
{
	run->error = p->r->code;
	(void)machine_step(run, GENERATION_FAILED);
	if (runs_already(p, b))
		return;
	if (entry_fault(p, rules, &b->fault)) {
		req_unfail(p->r);
		builder_show(p, b, 4, b->fault.status);
	} else
		builder_refuse(p, b, 4, "The outline was not started");
}

/* Asks for an outline from what is chosen; answers. */
static void
start(struct page *p, struct builder *b, struct machine_run *run)
{
	struct pb_course_generation_input input = { .course_id = b->id,
		.sme_ids = b->choice.smes,
		.nsme_ids = b->choice.nsmes,
		.target_audience_ids = b->choice.audiences,
		.ntarget_audience_ids = b->choice.naudiences,
		.desired_outcome = b->outcome,
		.additional_context =
		    b->choice.context[0] == '\0' ? NULL : b->choice.context };
	struct pb_generate_course_outline_request in = { .input = &input };
	struct pb_generate_course_outline_response out = { 0 };

	if (rpc_ai_generation_generate_course_outline(p->r, &in, &out) !=
	    CODE_OK) {
		refuse(p, b, run);
		return;
	}
	(void)machine_step(run, GENERATION_OK);
	/* Kept in the input now; a draft that stays says the same. */
	if (b->choice.there && builder_draft_drop(p->r, b->id) != CODE_OK)
		req_unfail(p->r);
	page_redirect(p, builder_at(p, b, 0));
}

void
builder_start(struct page *p)
{
	struct machine_run run = { .machine = &machine_generation };
	struct builder b;

	if (!builder_take(p, &b))
		return;
	run.valid = is_ready(&b);
	if (b.job != NULL)
		page_redirect(p, builder_at(p, &b, 0));
	else if (!machine_step(&run, GENERATION_START)) {
		b.fault = (struct entry){ "",
			"Something is missing: title, goal, an expert and an"
			" audience are needed.",
			400 };
		builder_show(p, &b, 4, 400);
	} else
		start(p, &b, &run);
}

/* --- once more, from the outline ---------------------------------------------------- */

void
builder_again_ask(struct page *p)
{
	struct builder b;

	if (!builder_take(p, &b))
		return;
	page_card_open(p, "Regenerate the outline?",
	    "A new version is written from the same sources. The one you see,"
	    " with your changes, stays as it is until then, and the new one"
	    " takes its place.",
	    builder_at(p, &b, 5), "Back to the outline");
	tmpl_confirm(&p->h,
	    &(struct tmpl_confirm){ .to = builder_to(p, &b, "/regenerate"),
		.csrf = p->csrf,
		.button = "Regenerate",
		.busy = "Starting …",
		.back = builder_at(p, &b, 5) });
	page_card_close(p);
	page_send(p, 200);
}

void
builder_again(struct page *p)
{
	struct machine_run run = { .machine = &machine_generation,
		.state = GENERATION_VIEWING };
	struct builder b;

	if (!builder_take(p, &b))
		return;
	(void)machine_step(&run, GENERATION_REGENERATE);
	start(p, &b, &run);
}

/* --- rejecting ----------------------------------------------------------------------- */

static const struct entry_rule reject_rules[] = {
	{ "reason", "reason", NULL },
	{ NULL, NULL, NULL },
};

static void
put_reject(struct page *p, const struct builder *b, const struct entry *e)
{
	page_card_open(p, "Reject this outline?",
	    "A new version is written, and what you say here is passed on.",
	    builder_at(p, b, 5), "Back to the outline");
	entry_put_summary(p, e);
	tmpl_form_open(&p->h,
	    &(struct tmpl_form){ .to = builder_to(p, b, "/reject"),
		.csrf = p->csrf });
	entry_put_text(p, e,
	    &(struct entry_line){ .name = "reason",
		.label = "Reason",
		.value = builder_value(p, "reason"),
		.note = "What is wrong, and what the next version should do"
			" differently.",
		.required = true,
		.max = 2000 });
	tmpl_form_close(&p->h,
	    &(struct tmpl_form){ .button = "Reject & Regenerate",
		.busy = "Starting …",
		.back = builder_at(p, b, 5) });
	page_card_close(p);
}

void
builder_reject_ask(struct page *p)
{
	const struct entry none = { 0 };
	struct builder b;

	if (!builder_take(p, &b))
		return;
	put_reject(p, &b, &none);
	page_send(p, 200);
}

static void
refuse_reject(struct page *p, struct builder *b)
{
	struct entry e = { 0 };

	if (!entry_fault(p, reject_rules, &e)) {
		builder_refuse(p, b, 5, "The outline was not rejected");
		return;
	}
	put_reject(p, b, &e);
	page_send(p, e.status);
}

/* Rejected and begun anew in one go; rejected already is as good. */
static bool
reject(struct page *p, const struct builder *b)
{
	struct pb_reject_course_outline_request in = { .course_id = b->id,
		.outline_id = b->outline->id,
		.reason = str_trim(p->r->mem, builder_value(p, "reason")) };
	struct pb_reject_course_outline_response out = { 0 };

	if (b->outline->approval_status == PB_OUTLINE_APPROVAL_STATUS_REJECTED)
		return true;
	if (in.reason[0] == '\0') {
		req_fail_missing(p->r, "reason", "must not be empty");
		return false;
	}
	return rpc_ai_generation_reject_course_outline(p->r, &in, &out) ==
	    CODE_OK;
}

void
builder_reject(struct page *p)
{
	struct machine_run run = { .machine = &machine_generation,
		.state = GENERATION_VIEWING,
		.valid = true };
	struct builder b;

	if (!builder_take(p, &b))
		return;
	if (b.job != NULL || b.outline == NULL) {
		page_redirect(p, builder_at(p, &b, 0));
		return;
	}
	(void)machine_step(&run, GENERATION_REJECT);
	if (!reject(p, &b)) {
		refuse_reject(p, &b);
		return;
	}
	(void)machine_step(&run, GENERATION_OK);
	start(p, &b, &run);
}

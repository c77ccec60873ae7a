/*
 * Asking the tenant's provider, which is called outside any transaction and
 * dropped when the job is not ours any more.
 */
#include "service/ingest_job.h"

#include "base/log.h"
#include "service/ai_choice.h"

struct ask {
	struct genjob_run *run;
	struct ai_choice *choice;
};

static bool
stop(void *arg)
{
	return genjob_stop(((struct ask *)arg)->run);
}

static enum provider_leave
may_spend(void *arg, const struct provider_cost *cost)
{
	struct ask *ask = arg;

	ask->run->tokens = cost->spent;
	return ai_choice_may_spend(ask->choice, cost);
}

enum provider_end
ingest_ask(struct ingest *g, const struct ask_distil *in, struct knowledge *out)
{
	struct ask ask = { .run = g->run };
	struct provider_run p = {
		.a = g->r->mem,
		.stop = stop,
		.may_spend = may_spend,
		.arg = &ask,
	};
	enum provider_end end;

	if (ai_choice_open(g->r, g->run->job->id, &ask.choice) != CODE_OK)
		return PROVIDER_UNAVAILABLE;
	ai_choice_run(ask.choice, &p);
	end = p.provider->distil(&p, in, out);
	g->run->tokens = p.tokens;
	ai_choice_close(ask.choice);
	if (end != PROVIDER_DONE && end != PROVIDER_CANCELLED)
		log_info("job %s: %s: %s%s%s", g->run->job->id,
		    p.provider->name, provider_end_name(end),
		    str_is_empty(p.detail) ? "" : ": ",
		    str_is_empty(p.detail) ? "" : p.detail);
	return end;
}

/*
 * What is demanded follows from three facts that come with the session's row,
 * so asking costs no statement.
 */
#include "identity/level.h"

#include <string.h>

#include "base/clock.h"
#include "identity/flow.h"

enum level
level_of(bool highest, const struct level_facts *facts)
{
	bool demanded = facts->second_factor_after != 0;

	if (strcmp(facts->aal, LEVEL_SECOND) == 0)
		return LEVEL_ENOUGH;
	if (strcmp(facts->available_aal, LEVEL_SECOND) == 0)
		return highest || demanded ? LEVEL_PROVE : LEVEL_ENOUGH;
	if (!demanded)
		return LEVEL_ENOUGH;
	return clock_now_us() < facts->second_factor_after ? LEVEL_INVITED
							   : LEVEL_ENROL;
}

static struct level_facts
facts_of(const struct session *s)
{
	struct level_facts facts;

	facts.aal = s->aal;
	facts.available_aal = s->identity.available_aal;
	facts.second_factor_after = s->identity.second_factor_after;
	return facts;
}

enum level
level_of_session(const struct visit *c, const struct session *s)
{
	struct level_facts facts = facts_of(s);

	return level_of(c->p->highest_aal, &facts);
}

const char *
level_url(struct visit *c, enum level level, const char *return_to)
{
	bool prove = level == LEVEL_PROVE;
	const char *url, *query = prove ? "?aal=" LEVEL_SECOND : "";

	url = flow_start_url(c, prove ? FLOW_LOGIN : FLOW_SETTINGS, false);
	if (str_is_empty(return_to))
		return arena_printf(c->mem, "%s%s", url, query);
	return arena_printf(c->mem, "%s%s%sreturn_to=%s", url, query,
	    prove ? "&" : "?", str_url_encode(c->mem, return_to));
}

void
level_refuse(struct visit *c, enum level level, const char *return_to)
{
	visit_refuse(c,
	    &(struct problem){
		.status = 403,
		.id = "session_aal2_required",
		.reason = level == LEVEL_PROVE
		    ? "Sign in with your second factor to go on."
		    : "Set up a second factor to go on.",
		.redirect_browser_to = level_url(c, level, return_to),
	    });
}

bool
level_require(struct visit *c, const char *back)
{
	struct level_facts facts = facts_of(c->session);

	if (level_of(c->p->settings_highest_aal, &facts) != LEVEL_PROVE)
		return true;
	visit_abort(c);
	if (visit_wants_json(c) || visit_is_json(c))
		level_refuse(c, LEVEL_PROVE, back);
	else
		visit_redirect(c, level_url(c, LEVEL_PROVE, back));
	return false;
}

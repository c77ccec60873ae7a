/*
 * The credential is changed only if it is still the one that was read; else
 * it is read anew, and the code tried against what is there now.
 */
#include "identity/typed.h"

#include "identity/level.h"
#include "identity/self.h"
#include "identity/self_login.h"

enum outcome {
	RIGHT,
	WRONG,
	USED,
	NONE_SET_UP,
	AGAIN, /* somebody else was faster, read anew */
	FAILED /* answered */
};

enum code
typed_is_set_up(struct visit *c, const struct flow *f, const struct typed *t,
    bool *is)
{
	struct credential cred;
	enum code code = CODE_NOT_FOUND;

	if (f->identity_id != NULL)
		code = credential_get(c->db, c->mem, f->identity_id, t->type,
		    &cred);
	*is = code == CODE_OK;
	return code == CODE_NOT_FOUND ? CODE_OK : code;
}

static enum outcome
take(struct visit *c, const struct typed *t, const struct credential *cred,
    const char *typed)
{
	const struct json *config = NULL;
	enum typed_verdict verdict = t->use(c, cred, typed, &config);
	enum code code;

	if (verdict != TYPED_RIGHT && !visit_end(c, CODE_OK))
		return FAILED;
	if (verdict != TYPED_RIGHT)
		return verdict == TYPED_USED ? USED : WRONG;
	code = credential_change(c->db, c->mem, cred, config);
	if (code == CODE_ABORTED) {
		visit_abort(c);
		return AGAIN;
	}
	return visit_end(c, code) ? RIGHT : FAILED;
}

static enum outcome
try_code(struct visit *c, const struct typed *t, const char *typed)
{
	struct credential cred;
	enum code code;

	visit_begin(c, DB_TX_WRITE);
	code = credential_get(c->db, c->mem, c->session->identity.id, t->type,
	    &cred);
	if (code == CODE_OK)
		return take(c, t, &cred, typed);
	return visit_end(c, code == CODE_NOT_FOUND ? CODE_OK : code)
	    ? NONE_SET_UP
	    : FAILED;
}

void
typed_submit(struct visit *c, struct flow *f, const struct typed *t,
    const char *code)
{
	const struct session_proof proof = { .method = t->type,
		.aal = LEVEL_SECOND };
	const char *id = c->session->identity.id;
	enum outcome outcome = AGAIN;
	int i;

	if (*code == '\0') {
		ui_say_at(f->ui, t->node, UI_MISSING, "property", t->node);
		self_again(c, f);
		return;
	}
	for (i = 0; i < t->tries && outcome == AGAIN; i++)
		outcome = try_code(c, t, code);
	if (outcome == RIGHT)
		self_login_complete(c, f, id, &proof);
	else if (outcome == NONE_SET_UP)
		self_login_refuse(c, f, t->none, id);
	else if (outcome != FAILED)
		self_login_refuse_at(c, f, t->node,
		    outcome == USED ? t->used : t->wrong, id);
}

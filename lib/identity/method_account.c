/*
 * The account as a whole: taking a copy, ending it, and keeping it after all
 * (spec identity.md D-6). Not part of Kratos: in a group that its clients know,
 * and draw in no form.
 */
#include "identity/account.h"
#include "identity/courier.h"
#include "identity/csrf.h"
#include "identity/method.h"
#include "identity/self.h"
#include "identity/self_settings.h"

#define GROUP "default"

static void
add_export(struct visit *c, struct flow *f)
{
	struct json *o;

	o = ui_add_node(f->ui, "a", GROUP, UI_ACCOUNT_EXPORT, NULL);
	json_put_text(o, "id", "account_export");
	json_put_text(o, "href",
	    arena_printf(c->mem, "%s/self-service/account/export",
		c->p->base_url));
	json_put(o, "title", ui_message(f->ui, UI_ACCOUNT_EXPORT, NULL, NULL));
}

/* When it will be deleted, and the way back. */
static void
add_due(struct visit *c, struct flow *f, int64_t due)
{
	const char *date = self_date(c->mem, due);
	struct json *o;

	o = ui_add_node(f->ui, "text", GROUP, UI_ACCOUNT_DUE, date);
	json_put_text(o, "id", "account_due");
	json_put(o, "text", ui_message(f->ui, UI_ACCOUNT_DUE, "date", date));
	self_add_submit(f, GROUP, NULL, "account_keep", UI_ACCOUNT_KEEP);
}

static enum code
draw(struct visit *c, struct flow *f)
{
	int64_t due;
	enum code code;

	code = account_due(c->db, c->session->identity.id, &due);
	if (code != CODE_OK)
		return code;
	add_export(c, f);
	if (due != 0)
		add_due(c, f, due);
	else
		self_add_submit(f, GROUP, NULL, "account_delete",
		    UI_ACCOUNT_DELETE);
	return CODE_OK;
}

static enum code
draw_nothing(struct visit *c, struct flow *f)
{
	(void)c;
	(void)f;
	return CODE_OK;
}

/* --- ending ---------------------------------------------------------------- */

static enum code
tell_owner(struct visit *c, int64_t due)
{
	struct json *data = json_new_object(c->mem);

	json_put_text(data, "DeletionDate", self_date(c->mem, due));
	json_put_text(data, "CancelURL",
	    flow_start_url(c, FLOW_SETTINGS, false));
	return self_mail(c, "account_deletion", data);
}

static enum code
end_account(struct visit *c, struct flow *f)
{
	const char *id = c->session->identity.id;
	int64_t due = 0;
	enum code code;

	code = account_end(c->db, c->mem, id, c->p->grace_us, &due);
	if (code == CODE_OK)
		code = self_end_sessions(c, NULL, NULL);
	if (code == CODE_OK)
		code = tell_owner(c, due);
	if (code == CODE_OK)
		code = self_trail(c, "account.end", NULL, id, c->session->id);
	f->state = FLOW_SUCCESS;
	f->ui = ui_new(c->mem);
	ui_say(f->ui, UI_ACCOUNT_DUE, "date", self_date(c->mem, due));
	return code == CODE_OK ? flow_save(c, f) : code;
}

/* Whoever did this is signed out, here as well. */
static void
submit_delete(struct visit *c, struct flow *f, const struct json *body)
{
	const char *url;

	if (!self_settings_privileged(c, f, body))
		return;
	visit_begin(c, DB_TX_WRITE);
	if (!visit_end(c, end_account(c, f)))
		return;
	if (!f->api) {
		visit_end_session(c);
		csrf_rotate(c);
	}
	url = visit_page(c, FLOW_LOGIN);
	if (f->api || visit_is_json(c))
		self_settings_answer(c, f, url);
	else
		visit_redirect(c, url);
}

static void
submit_keep(struct visit *c, struct flow *f, const struct json *body)
{
	static const struct settings_end end = {
		.action = "account.keep",
		.said = UI_ACCOUNT_KEPT,
	};

	(void)body;
	visit_begin(c, DB_TX_WRITE);
	self_settings_end(c, f, &end,
	    account_keep(c->db, c->session->identity.id));
}

const struct method method_account_delete = {
	.name = "account_delete",
	.draw = draw,
	.submit = submit_delete,
};

const struct method method_account_keep = {
	.name = "account_keep",
	.draw = draw_nothing,
	.submit = submit_keep,
};

/*
 * The pages' window on the identity service: which way it looks, and what is
 * the same for both: cookies that go, and caches that forget.
 */
#include "identity/view.h"

#include <stdlib.h>

#include "base/xmalloc.h"
#include "identity/ident.h"
#include "identity/idp.h"
#include "identity/kratos.h"
#include "identity/view_http.h"
#include "identity/view_sql.h"
#include "rpc/after.h"
#include "rpc/auth.h"
#include "rpc/resp.h"
#include "rpc/site.h"

struct view *
view_open(const struct conf *conf, const char *name)
{
	const char *url = conf_text(conf, "identity.reader_url");
	struct view *v = xcalloc(1, sizeof(*v));

	if (!ident_is_external(conf)) {
		v->way = &view_sql;
		v->db = db_open(url == NULL ? "" : url, name);
		return v;
	}
	v->way = &view_http;
	if ((v->kratos = kratos_open(conf)) == NULL) {
		free(v);
		return NULL;
	}
	return v;
}

void
view_idle(struct view *v, int64_t idle_ms)
{
	if (v->db != NULL)
		db_idle(v->db, idle_ms);
}

enum code
view_flow(struct view *v, struct req *r, const char *kind, const char *id,
    struct view_flow *out)
{
	return str_is_uuid(id) ? v->way->flow(v, r, kind, id, out)
			       : CODE_NOT_FOUND;
}

/* As it was sent, but for where its forms go. */
static const struct json *
redirected(struct arena *a, const struct json *sent, const char *action)
{
	static const char *const kept[] = { "method", "nodes", "messages" };
	struct json *o = json_new_object(a);
	size_t i;

	json_put_text(o, "action", action);
	for (i = 0; i < NITEMS(kept); i++)
		if (json_get(sent, kept[i]) != NULL)
			json_put(o, kept[i], json_get(sent, kept[i]));
	return o;
}

const struct json *
view_ui(struct arena *a, const struct view_flow *flow, const char *action)
{
	return flow->ui == NULL ? redirected(a, flow->sent, action)
				: ui_render(flow->ui, action, flow->csrf);
}

enum code
view_error(struct view *v, struct req *r, const char *id,
    const struct json **out)
{
	return str_is_uuid(id) ? v->way->error(v, r, id, out) : CODE_NOT_FOUND;
}

enum code
view_sessions(struct view *v, struct req *r, struct view_session **out,
    size_t *nout)
{
	*nout = 0;
	return v->way->sessions(v, r, out, nout);
}

enum code
view_end_session(struct view *v, struct req *r, const char *id, size_t *ended)
{
	*ended = 0;
	return id != NULL && str_is_uuid(id)
	    ? v->way->end_session(v, r, id, ended)
	    : CODE_OK;
}

enum code
view_end_others(struct view *v, struct req *r, size_t *ended)
{
	*ended = 0;
	return v->way->end_others(v, r, ended);
}

enum code
view_sign_out(struct view *v, struct req *r)
{
	return v->way->sign_out(v, r);
}

void
view_forget(struct req *r, const char *const *hashes, size_t n,
    const char *identity_id)
{
	struct db_scope scope = { .deadline_ms = r->deadline_ms };
	size_t i;

	db_use(r->db, r->mem);
	db_begin(r->db, DB_TX_WRITE, &scope);
	for (i = 0; i < n; i++)
		auth_forget_session(r, hashes[i]);
	if (identity_id != NULL)
		auth_forget_sessions(r, identity_id);
	/* Unheard, the other hosts find out when their caches run out. */
	after_run(r, db_end(r->db, CODE_OK) == CODE_OK);
}

static void
expire_cookie(struct req *r, const char *name, const char *domain)
{
	resp_cookie(r,
	    &(struct resp_cookie){
		.name = name,
		.value = "",
		.domain = domain,
		.max_age = -1,
		.secure = conf_bool(r->env->conf, "cookie.secure"),
	    });
}

void
view_clear_cookies(struct req *r)
{
	const char *domain =
	    site_find(r->mem, r->env->conf, r->host).cookie_domain;

	expire_cookie(r, IDP_SESSION_COOKIE, domain);
	expire_cookie(r, IDP_TOKEN_COOKIE, domain);
}

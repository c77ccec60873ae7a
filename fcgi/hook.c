/*
 * mirai-hook: the webhook of Stripe. What is not signed is not read. The
 * answer says whether the event has to come again: 200 when it is dealt with,
 * 500 when we could not. Holds a worker's database role, Stripe's key and the
 * webhook's secret; who is asked for admins' addresses is the identity
 * service.
 */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/cache.h"
#include "db/db.h"
#include "db/migrate.h"
#include "identity/ident.h"
#include "identity/kratos_conf.h"
#include "net/json.h"
#include "net/stripe.h"
#include "rpc/pool.h"
#include "rpc/resp.h"
#include "service/subscription.h"

#define NAME	 "mirai-hook"
#define MAX_BODY ((size_t)1024 * 1024)
#define EVENT_MS 20000 /* Stripe waits little longer */

static int
load(const struct conf *conf)
{
	if (ident_load(conf) == -1)
		return -1;
	if (str_is_empty(conf_text(conf, "stripe.webhook_secret")))
		log_warn("hook: stripe.webhook_secret is not set: every event"
			 " is refused");
	return migrate_start(conf_text(conf, "database.worker_url"), NAME,
	    MIGRATE_APP);
}

static int
open_parts(struct req_env *env)
{
	const struct conf *c = env->conf;

	env->db = db_open(conf_text(c, "database.worker_url"), NAME);
	env->cache =
	    cache_open(conf_text(c, "cache.path"), conf_int(c, "cache.size"));
	env->ident = ident_open(c);
	env->stripe = stripe_open(c);
	return env->ident == NULL ? -1 : 0;
}

static void
idle(struct req_env *env)
{
	int64_t idle_ms = conf_int(env->conf, "database.idle") * 1000;

	db_idle(env->db, idle_ms);
	ident_idle(env->conf, env->ident, idle_ms);
}

static void
close_parts(struct req_env *env)
{
	stripe_close(env->stripe);
	ident_close(env->conf, env->ident);
}

/* --- answers -------------------------------------------------------------- */

static void
refuse(struct req *r, int status, const char *code, const char *message)
{
	struct json *o = json_new_object(r->mem);
	const char *body;

	json_put_text(o, "code", code);
	json_put_text(o, "message", message);
	body = json_string(r->mem, o, JSON_COMPACT);
	resp_send(r, status, "application/json", body, strlen(body));
}

static void
refuse_body(struct req *r, enum req_body why)
{
	if (why == REQ_BODY_TOO_LONG)
		refuse(r, 413, "resource_exhausted", "the event is too large");
	else
		refuse(r, 400, "invalid_argument", "the event is cut short");
}

static void
received(struct req *r)
{
	static const char body[] = "{\"received\":true}";

	resp_send(r, 200, "application/json", body, sizeof(body) - 1);
}

/* --- events --------------------------------------------------------------- */

static void
handle(struct req *r, const struct stripe_event *event)
{
	enum code code;

	if (r->env->stripe == NULL) {
		log_error("hook: an event, but stripe.secret_key is not set");
		refuse(r, 500, "internal", "payments are not set up");
		return;
	}
	r->deadline_ms = r->started_ms + EVENT_MS;
	stripe_until(r->env->stripe, r->deadline_ms);
	db_use(r->db, r->mem);
	code = subscription_event(r, r->env->stripe, event);
	log_info("hook: event %s of type %s: %s", event->id, event->type,
	    code == CODE_OK ? "ok" : code_name(code));
	if (code == CODE_OK)
		received(r);
	else if (code == CODE_INVALID_ARGUMENT)
		refuse(r, 400, "invalid_argument", "the event has no object");
	else
		refuse(r, 500, "internal", "not now; please deliver it again");
}

static void
serve_event(struct req *r)
{
	const char *secret = conf_text(r->env->conf, "stripe.webhook_secret");
	struct stripe_event event;
	enum req_body body;

	if (strcmp(r->method, "POST") != 0) {
		resp_header(r, "allow", "POST");
		refuse(r, 405, "unimplemented", "events are posted");
		return;
	}
	if ((body = req_read_body(r, MAX_BODY)) != REQ_BODY_OK) {
		refuse_body(r, body);
		return;
	}
	if (!stripe_signed(secret, req_header(r, "stripe-signature"), r->body,
		r->bodylen, clock_now_us() / 1000000)) {
		log_warn("hook: an event is not signed by stripe.webhook_secret"
			 ", or not now");
		refuse(r, 400, "BILLING_WEBHOOK_INVALID",
		    "the signature is missing or wrong");
		return;
	}
	if (stripe_event_read(r->mem, r->body, r->bodylen, &event) == -1) {
		log_warn("hook: a signed event that cannot be read");
		refuse(r, 400, "invalid_argument", "this is no event");
		return;
	}
	handle(r, &event);
}

static void
serve(struct req *r)
{
	if (strcmp(r->path, "/api/v1/billing/webhook") == 0 ||
	    strcmp(r->path, "/api/v1/webhooks/stripe") == 0)
		serve_event(r);
	else if (strcmp(r->method, "GET") == 0 &&
	    strcmp(r->path, "/health") == 0)
		resp_text(r, 200, "ok");
	else
		refuse(r, 404, "not_found", "not found");
}

int
main(int argc, char **argv)
{
	static const struct pool_program program = {
		.name = NAME,
		.load = load,
		.open = open_parts,
		.serve = serve,
		.close = close_parts,
		.idle = idle,
		.workers = 2,
	};

	kratos_conf_know();
	return pool_main(argc, argv, &program);
}

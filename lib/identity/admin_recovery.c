/*
 * What comes back is good for a sign-in: it goes to the administrator alone,
 * and the trail says who asked for it.
 */
#include "identity/admin_recovery.h"

#include <string.h>

#include "base/clock.h"
#include "identity/admin_body.h"
#include "identity/self.h"
#include "identity/self_recovery.h"

#define US	  INT64_C(1000000)
#define MIN_LIFE  (60 * US)
#define MAX_LIFE  (7 * 86400 * US)
#define MAX_COUNT 1000000

struct wish {
	const char *identity_id;
	const char *return_to; /* NULL: none */
	int64_t life_us;
};

/* One step of a duration as Go writes it ("1h30m"): a number and its unit. */
static bool
read_step(const char **s, int64_t *total)
{
	static const struct {
		char unit;
		int64_t us;
	} units[] = { { 'h', 3600 * US }, { 'm', 60 * US }, { 's', US } };
	int64_t n = 0;
	size_t i;

	if (**s < '0' || **s > '9')
		return false;
	for (; **s >= '0' && **s <= '9' && n <= MAX_COUNT; (*s)++)
		n = n * 10 + (**s - '0');
	for (i = 0; i < NITEMS(units); i++) {
		if (units[i].unit != **s)
			continue;
		(*s)++;
		*total += n * units[i].us;
		return true;
	}
	return false;
}

static bool
read_life(const char *s, int64_t *out)
{
	int64_t total = 0;

	while (*s != '\0')
		if (!read_step(&s, &total) || total > MAX_LIFE)
			return false;
	*out = total;
	return total >= MIN_LIFE;
}

/* The rule that the body breaks; NULL: none. */
static const char *
read_body(struct visit *c, const struct json *body, bool link, struct wish *out)
{
	static const char *const members[] = { "identity_id", "expires_in",
		"flow_type", NULL };
	const char *life, *type, *why;

	if (!admin_body_only(c, body, members, NULL, &why))
		return why;
	out->identity_id = json_need_text(body, "identity_id");
	life = json_get_text(body, "expires_in", "");
	type = json_get_text(body, "flow_type", "browser");
	if (json_error(body) != NULL)
		return json_error(body);
	if (!str_is_uuid(out->identity_id))
		return "identity_id: not a UUID";
	if (*life != '\0' && !read_life(life, &out->life_us))
		return "expires_in: must be 1m to 168h, as 1h30m";
	if (link && json_has(body, "flow_type"))
		return "flow_type: unknown member";
	if (strcmp(type, "browser") != 0)
		return "flow_type: must be browser";
	return NULL;
}

/* False: refused. */
static bool
read_wish(struct visit *c, bool link, struct wish *out)
{
	const char *to = req_query(c->r, "return_to"), *why;
	const struct json *body;

	memset(out, 0, sizeof(*out));
	out->life_us = c->p->code_us;
	if ((body = admin_body_read(c, JSON_OBJECT)) == NULL)
		return false;
	if ((why = read_body(c, body, link, out)) != NULL) {
		admin_body_refuse(c, why);
		return false;
	}
	if (str_is_empty(to))
		return true;
	out->return_to = visit_return_to(c, to, NULL);
	return out->return_to != NULL;
}

static void
recover(struct visit *c, bool link)
{
	struct json *o = json_new_object(c->mem);
	struct self_recovery_grant grant;
	struct wish wish;
	enum code code;

	if (!c->p->recovery ||
	    !(link ? c->p->methods.link : c->p->methods.code)) {
		visit_refuse_simple(c, 404, NULL,
		    "Recovery, or this method of it, is switched off.");
		return;
	}
	if (!read_wish(c, link, &wish))
		return;
	visit_begin(c, DB_TX_WRITE);
	code = self_recovery_grant(c, wish.identity_id, wish.return_to,
	    wish.life_us, link, &grant);
	if (code == CODE_FAILED_PRECONDITION) {
		admin_body_refuse(c,
		    "identity_id: has no address to recover by");
		return;
	}
	if (code == CODE_OK)
		code = self_trail(c, "recovery.grant", NULL, wish.identity_id,
		    NULL);
	if (!admin_body_end(c, code))
		return;
	json_put_text(o, "recovery_link", grant.link);
	json_put_text(o, "recovery_code", grant.code);
	json_put_text(o, "expires_at", clock_rfc3339(c->mem, grant.expires_at));
	visit_json(c, link ? 200 : 201, o);
}

void
admin_recovery_code(struct visit *c)
{
	recover(c, false);
}

void
admin_recovery_link(struct visit *c)
{
	recover(c, true);
}

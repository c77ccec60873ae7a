/*
 * Looking at identities: lists, one of them, and what happened to them.
 */
#include <err.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "identity.h"
#include "identity/account.h"
#include "identity/admin_view.h"
#include "identity/limit.h"
#include "identity/trail.h"

#define PAGE 250

/* --- list ------------------------------------------------------------------ */

static const char *
text_of(const struct json *j, const char *key)
{
	return json_get_text(j, key, "-");
}

static void
print_line(const struct identity_opts *o, const struct json *who)
{
	identity_say(o, who, "%-36s  %-8s  %-32s  %.10s", text_of(who, "id"),
	    text_of(who, "state"), text_of(json_get(who, "traits"), "email"),
	    text_of(who, "created_at"));
}

/* One page after *after, which then is its last; how many, -1: failed. */
static int64_t
list_page(struct desk *d, const struct identity_opts *o, int64_t limit,
    char after[STR_UUID_LEN + 1])
{
	struct admin_view_filter f = { .limit = limit };
	struct json *list = NULL;
	size_t i, n;

	f.after = *after == '\0' ? NULL : after;
	visit_begin(&d->c, DB_TX_READ);
	if (desk_end(d, admin_view_list(&d->c, &f, NULL, &list)) == -1)
		return -1;
	n = json_count(list);
	for (i = 0; i < n; i++)
		print_line(o, json_at(list, i));
	if (n > 0 &&
	    !str_uuid_canon(text_of(json_at(list, n - 1), "id"), after))
		return -1;
	return (int64_t)n;
}

int
roster_list(struct desk *d, const struct identity_opts *o, int argc,
    char **argv)
{
	char after[STR_UUID_LEN + 1] = "";
	int64_t left = o->limit, n = 0;

	(void)argc;
	(void)argv;
	if (o->after != NULL && !str_uuid_canon(o->after, after)) {
		warnx("--after: not an id");
		return 2;
	}
	if (!o->json)
		printf("%-36s  %-8s  %-32s  %s\n", "ID", "STATE", "ADDRESS",
		    "MADE");
	while (left > 0) {
		desk_next(d);
		n = list_page(d, o, left < PAGE ? left : PAGE, after);
		if (n < PAGE)
			break;
		left -= n;
	}
	return n == -1 ? 1 : 0;
}

/* --- show ------------------------------------------------------------------ */

/* What an identity's own JSON does not say. */
struct more {
	int64_t sessions;
	int64_t demanded; /* a second factor, from then on; 0: not */
	int64_t due;	  /* deletion; 0: not */
	const char *aal;
	int locked; /* seconds */
};

static enum code
wait_for(struct desk *d, const char *identifier, int *most)
{
	int seconds = 0;
	enum code code;

	code =
	    limit_show(d->c.db, d->c.mem, d->p->secrets, identifier, &seconds);
	if (seconds > *most)
		*most = seconds;
	return code;
}

static enum code
read_more(struct desk *d, const struct json *who, struct more *out)
{
	const char *id = text_of(who, "id"), *email;
	struct session *list;
	struct identity facts;
	enum code code;
	size_t n;

	email = json_get_text(json_get(who, "traits"), "email", id);
	code = identity_get(d->c.db, d->c.mem, d->p->base_url, id, &facts);
	if (code != CODE_OK)
		return code;
	out->aal = facts.available_aal;
	out->demanded = facts.second_factor_after;
	code = session_list(d->c.db, d->c.mem, d->p->base_url, id, NULL, 0, 1,
	    &list, &n, &out->sessions);
	if (code == CODE_OK)
		code = account_due(d->c.db, id, &out->due);
	if (code == CODE_OK)
		code = wait_for(d, email, &out->locked);
	if (code == CODE_OK)
		code = wait_for(d, id, &out->locked);
	return code;
}

static void
put_time(struct arena *a, struct json *o, const char *key, int64_t at)
{
	if (at != 0)
		json_put_text(o, key, clock_rfc3339(a, at));
}

static void
print_json(struct desk *d, const struct json *who, const struct more *more)
{
	struct json *o = json_new_object(d->c.mem);

	json_put(o, "identity", who);
	json_put_text(o, "available_aal", more->aal);
	json_put_int(o, "sessions", more->sessions);
	json_put_int(o, "locked_seconds", more->locked);
	put_time(d->c.mem, o, "second_factor_after", more->demanded);
	put_time(d->c.mem, o, "delete_after", more->due);
	puts(json_string(d->c.mem, o, JSON_COMPACT));
}

static void
print_addresses(const struct json *who)
{
	const struct json *list, *one;
	size_t i;

	list = json_get_list(who, "verifiable_addresses");
	for (i = 0; i < json_count(list); i++) {
		one = json_at(list, i);
		printf("Address    %s, %s\n", text_of(one, "value"),
		    json_get_bool(one, "verified", false) ? "verified"
							  : "not verified");
	}
}

static void
print_credentials(const struct json *who)
{
	const struct json *list = json_get_object(who, "credentials"), *names;
	const char *type;
	size_t i, n;

	for (i = 0; (type = json_key_at(list, i)) != NULL; i++) {
		printf("Proof      %s", type);
		names = json_get_list(json_get(list, type), "identifiers");
		for (n = 0; n < json_count(names); n++)
			printf(" %s", json_text(json_at(names, n)));
		putchar('\n');
	}
}

static void
print_time(struct arena *a, const char *what, int64_t at)
{
	if (at != 0)
		printf("%-10s %s\n", what, clock_rfc3339(a, at));
}

static void
print_human(struct desk *d, const struct json *who, const struct more *more)
{
	const struct json *name = json_get(json_get(who, "traits"), "name");

	printf("Identity   %s\n", text_of(who, "id"));
	printf("Name       %s %s\n", json_get_text(name, "first", ""),
	    json_get_text(name, "last", ""));
	printf("State      %s since %s\n", text_of(who, "state"),
	    text_of(who, "state_changed_at"));
	print_addresses(who);
	print_credentials(who);
	printf("Level      %s\n", more->aal);
	printf("Sessions   %lld\n", (long long)more->sessions);
	if (more->locked > 0)
		printf("Locked     for %d s\n", more->locked);
	print_time(d->c.mem, "Demanded", more->demanded);
	print_time(d->c.mem, "Deletion", more->due);
	printf("Made       %s\n", text_of(who, "created_at"));
}

int
roster_show(struct desk *d, const struct identity_opts *o, int argc,
    char **argv)
{
	const struct json *who;
	struct more more = { 0 };

	(void)argc;
	if ((who = desk_find(d, argv[0])) == NULL)
		return 1;
	visit_begin(&d->c, DB_TX_READ);
	if (desk_end(d, read_more(d, who, &more)) == -1)
		return 1;
	if (o->json)
		print_json(d, who, &more);
	else
		print_human(d, who, &more);
	return 0;
}

/* --- audit ----------------------------------------------------------------- */

static struct json *
event_json(struct desk *d, const struct trail_row *row)
{
	const struct trail_event *e = &row->event;
	struct json *o = json_new_object(d->c.mem);

	json_put_int(o, "id", row->id);
	json_put_text(o, "at", clock_rfc3339(d->c.mem, row->at));
	json_put_text(o, "action", e->action);
	json_put_text(o, "result", e->result);
	json_put_text(o, "actor", e->actor);
	json_put_text(o, "identity_id", e->identity_id);
	json_put_text(o, "session_id", e->session_id);
	json_put_text(o, "ip_address", e->ip);
	json_put_text(o, "user_agent", e->user_agent);
	return o;
}

static void
print_event(struct desk *d, const struct identity_opts *o,
    const struct trail_row *row)
{
	const struct trail_event *e = &row->event;

	identity_say(o, event_json(d, row), "%-20.20s  %-8s  %-22s  %-16s  %s",
	    clock_rfc3339(d->c.mem, row->at), e->result, e->action, e->actor,
	    e->identity_id == NULL ? "-" : e->identity_id);
}

/* One page before *before; how many, -1: failed. */
static int64_t
audit_page(struct desk *d, const struct identity_opts *o, const char *id,
    int64_t limit, int64_t *before)
{
	struct trail_row *rows = NULL;
	size_t i, n = 0;

	visit_begin(&d->c, DB_TX_READ);
	if (desk_end(d,
		trail_list(d->c.db, d->c.mem, id, *before, limit, &rows, &n)) ==
	    -1)
		return -1;
	for (i = 0; i < n; i++)
		print_event(d, o, &rows[i]);
	if (n > 0)
		*before = rows[n - 1].id;
	return (int64_t)n;
}

/* Whose; "" for all. An id that is there no more has rows still. */
static int
audit_whose(struct desk *d, int argc, char **argv, char id[STR_UUID_LEN + 1])
{
	const struct json *who;

	*id = '\0';
	if (argc == 0 || str_uuid_canon(argv[0], id))
		return 0;
	if ((who = desk_find(d, argv[0])) == NULL)
		return -1;
	return str_uuid_canon(text_of(who, "id"), id) ? 0 : -1;
}

int
roster_audit(struct desk *d, const struct identity_opts *o, int argc,
    char **argv)
{
	int64_t before = 0, left = o->limit, n = 0;
	char id[STR_UUID_LEN + 1];

	if (o->before != NULL &&
	    !str_to_i64(o->before, 1, INT64_MAX, &before)) {
		warnx("--before: not the number of a row");
		return 2;
	}
	if (audit_whose(d, argc, argv, id) == -1)
		return 1;
	while (left > 0) {
		desk_next(d);
		n = audit_page(d, o, *id == '\0' ? NULL : id,
		    left < PAGE ? left : PAGE, &before);
		if (n < PAGE)
			break;
		left -= n;
	}
	return n == -1 ? 1 : 0;
}

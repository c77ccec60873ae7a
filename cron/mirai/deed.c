/*
 * What an administrator does to identities: each deed one transaction with its
 * row in the audit trail.
 */
#include <err.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "identity.h"
#include "identity/admin_session.h"
#include "identity/factor.h"
#include "identity/limit.h"
#include "identity/reseal.h"
#include "identity/trail.h"
#include "progress.h"

/* The line about one identity: its id, and what became of it. */
static void
tell(struct desk *d, const struct identity_opts *o, const char *id,
    const char *key, int64_t n, const char *text)
{
	struct json *line = json_new_object(d->c.mem);

	json_put_text(line, "identity_id", id);
	json_put_int(line, key, n);
	identity_say(o, line, "%s: %s", id, text);
}

static const char *
find(struct desk *d, const char *who)
{
	return json_get_text(desk_find(d, who), "id", NULL);
}

/* --- locks and sessions ---------------------------------------------------- */

/* All that an identity is counted under: its identifiers and its id. */
static int64_t
free_all(struct desk *d, const struct json *who)
{
	const struct json *list = json_get_object(who, "credentials"), *names;
	const char *type;
	int64_t n, sum;
	size_t i, k;

	sum = limit_free(d->c.db, d->c.mem, d->p->secrets,
	    json_get_text(who, "id", ""));
	for (i = 0; sum != -1 && (type = json_key_at(list, i)) != NULL; i++) {
		names = json_get_list(json_get(list, type), "identifiers");
		for (k = 0; sum != -1 && k < json_count(names); k++) {
			n = limit_free(d->c.db, d->c.mem, d->p->secrets,
			    json_text(json_at(names, k)));
			sum = n == -1 ? -1 : sum + n;
		}
	}
	return sum;
}

/* The addresses are counted too: codes go to them. */
static int64_t
free_addresses(struct desk *d, const struct json *who)
{
	const struct json *list = json_get_list(who, "recovery_addresses");
	int64_t n, sum = 0;
	size_t i;

	for (i = 0; i < json_count(list); i++) {
		n = limit_free(d->c.db, d->c.mem, d->p->secrets,
		    json_get_text(json_at(list, i), "value", ""));
		if (n == -1)
			return -1;
		sum += n;
	}
	return sum;
}

int
deed_unlock(struct desk *d, const struct identity_opts *o, int argc,
    char **argv)
{
	const struct json *who;
	int64_t n, more = 0;
	const char *id;
	enum code code = CODE_OK;

	(void)argc;
	if ((who = desk_find(d, argv[0])) == NULL)
		return 1;
	id = json_get_text(who, "id", "");
	visit_begin(&d->c, DB_TX_WRITE);
	n = free_all(d, who);
	if (n != -1)
		more = free_addresses(d, who);
	if (n == -1 || more == -1)
		code = CODE_UNAVAILABLE;
	else
		code = trail_by(d->c.db, "unlock", d->c.actor, id);
	if (desk_end(d, code) == -1)
		return 1;
	tell(d, o, id, "cleared", n + more,
	    n + more == 0 ? "nothing was counted" : "may try again at once");
	return 0;
}

int
deed_revoke_sessions(struct desk *d, const struct identity_opts *o, int argc,
    char **argv)
{
	const char *id, **hashes;
	enum code code;
	size_t i, n = 0;

	(void)argc;
	if ((id = find(d, argv[0])) == NULL)
		return 1;
	visit_begin(&d->c, DB_TX_WRITE);
	code = session_revoke_all(d->c.db, d->c.mem, id, NULL, &hashes, &n);
	for (i = 0; code == CODE_OK && i < n; i++)
		session_notify(d->c.db, d->c.mem, hashes[i]);
	if (code == CODE_OK)
		code = trail_by(d->c.db, "session.revoke_all", d->c.actor, id);
	if (desk_end(d, code) == -1)
		return 1;
	tell(d, o, id, "sessions", (int64_t)n,
	    arena_printf(d->c.mem, "%zu sessions ended", n));
	return 0;
}

/* --- second factors -------------------------------------------------------- */

int
deed_reset_mfa(struct desk *d, const struct identity_opts *o, int argc,
    char **argv)
{
	const char *id;
	int64_t n = 0;

	(void)argc;
	if ((id = find(d, argv[0])) == NULL)
		return 1;
	visit_begin(&d->c, DB_TX_WRITE);
	if (desk_end(d, factor_reset(d->c.db, d->c.mem, id, d->c.actor, &n)) ==
	    -1)
		return 1;
	tell(d, o, id, "factors", n,
	    arena_printf(d->c.mem, "%lld second factors removed",
		(long long)n));
	return 0;
}

/* One identity, by id: it is demanded, or no more. */
static int
policy_one(struct desk *d, const struct identity_opts *o, const char *id,
    bool demand)
{
	enum code code;

	visit_begin(&d->c, DB_TX_WRITE);
	if (demand)
		code = factor_demand(d->c.db, d->c.mem, id, (int)o->days,
		    d->c.actor);
	else
		code = factor_demand_end(d->c.db, d->c.mem, id, d->c.actor);
	if (code == CODE_NOT_FOUND) {
		visit_abort(&d->c);
		warnx("%s: there is no such identity", id);
		return -1;
	}
	if (desk_end(d, code) == -1)
		return -1;
	tell(d, o, id, "demanded", demand,
	    demand ? "must have a second factor" : "need not have one");
	return 0;
}

/* Everybody of a company, each in a transaction of its own. */
static int
policy_company(struct desk *d, const struct identity_opts *o, bool demand)
{
	struct operator_company company;
	struct operator_user *users;
	int rc = 0;
	size_t i, n;

	if (admin_find_company(&d->admin, o->company, &company) == -1)
		return 1;
	if (operator_users(d->admin.app, d->admin.mem, company.id, &users,
		&n) != CODE_OK) {
		admin_database_failed();
		return 1;
	}
	for (i = 0; i < n; i++) {
		desk_next(d);
		if (policy_one(d, o, users[i].identity_id, demand) == -1)
			rc = 1;
	}
	return rc;
}

static int
policy(struct desk *d, const struct identity_opts *o, int argc, char **argv,
    bool demand)
{
	const char *id;
	int i, rc = 0;

	if (o->company != NULL)
		return policy_company(d, o, demand);
	for (i = 0; i < argc; i++) {
		desk_next(d);
		if ((id = find(d, argv[i])) == NULL ||
		    policy_one(d, o, id, demand) == -1)
			rc = 1;
	}
	return rc;
}

int
deed_require_mfa(struct desk *d, const struct identity_opts *o, int argc,
    char **argv)
{
	return policy(d, o, argc, argv, true);
}

int
deed_release_mfa(struct desk *d, const struct identity_opts *o, int argc,
    char **argv)
{
	return policy(d, o, argc, argv, false);
}

/* --- secrets --------------------------------------------------------------- */

static void
tell_counts(struct desk *d, const struct identity_opts *o,
    const struct reseal *s, struct reseal_count *sum)
{
	const struct reseal_count *n;
	enum reseal_kind kind;
	struct json *line;

	for (kind = RESEAL_TOTP; kind < RESEAL__MAX; kind++) {
		n = &s->counts[kind];
		sum->left += n->left;
		sum->lost += n->lost;
		sum->done += n->done;
		line = json_new_object(d->c.mem);
		json_put_text(line, "what", reseal_name(kind));
		json_put_int(line, "seen", n->seen);
		json_put_int(line, "done", n->done);
		json_put_int(line, "left", n->left);
		json_put_int(line, "lost", n->lost);
		if (o->json || n->seen > 0)
			identity_say(o, line,
			    "%-22s %lld seen, %lld sealed anew, %lld left,"
			    " %lld lost",
			    reseal_name(kind), (long long)n->seen,
			    (long long)n->done, (long long)n->left,
			    (long long)n->lost);
	}
}

/* What time alone ends. */
static int
tell_codes(struct desk *d, const struct identity_opts *o)
{
	struct json *line = json_new_object(d->c.mem);
	int64_t n = 0, until = 0;
	const char *at;

	if (reseal_codes(d->c.db, d->c.mem, &n, &until) != CODE_OK) {
		admin_database_failed();
		return -1;
	}
	at = until == 0 ? "" : clock_rfc3339(d->c.mem, until);
	json_put_text(line, "what", "mailed codes and links");
	json_put_int(line, "seen", n);
	json_put_text(line, "until", *at == '\0' ? NULL : at);
	if (o->json || n > 0)
		identity_say(o, line, "%-22s %lld are good, the last until %s",
		    "mailed codes and links", (long long)n, at);
	return 0;
}

static int
reseal_end(struct desk *d, const struct identity_opts *o,
    const struct reseal *s)
{
	struct reseal_count sum = { 0 };

	desk_next(d);
	tell_counts(d, o, s, &sum);
	if (tell_codes(d, o) == -1)
		return 1;
	if (sum.done > 0) {
		visit_begin(&d->c, DB_TX_WRITE);
		if (desk_end(d,
			trail_by(d->c.db, "secrets.reseal", d->c.actor,
			    NULL)) == -1)
			return 1;
	}
	if (sum.lost > 0)
		warnx("%lld can be opened by no secret that is set",
		    (long long)sum.lost);
	if (sum.left > 0)
		warnx("%lld still need an older secret", (long long)sum.left);
	return sum.left + sum.lost > 0 ? 1 : 0;
}

int
deed_reseal(struct desk *d, const struct identity_opts *o, int argc,
    char **argv)
{
	struct reseal s = { .dry = o->dry };
	struct progress p;
	int64_t total = 0, seen = 0;

	(void)argc;
	(void)argv;
	if (reseal_total(d->c.db, d->c.mem, &total) != CODE_OK) {
		admin_database_failed();
		return 1;
	}
	progress_open(&p, o->json ? PROGRESS_QUIET : PROGRESS_AUTO);
	while (s.kind < RESEAL__MAX) {
		desk_next(d);
		if (reseal_step(d->c.db, d->c.mem, d->p->secrets, &s) !=
		    CODE_OK) {
			progress_close(&p);
			admin_database_failed();
			return 1;
		}
		seen = s.counts[RESEAL_TOTP].seen +
		    s.counts[RESEAL_LOOKUP].seen + s.counts[RESEAL_MAILS].seen;
		if (seen < total && p.terminal)
			progress_step(&p, "reseal", (size_t)seen,
			    (size_t)total);
	}
	progress_close(&p);
	return reseal_end(d, o, &s);
}

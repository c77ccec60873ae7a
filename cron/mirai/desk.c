/*
 * Each step has a request of its own, so that what it made goes with it: a
 * million identities need the memory of one page.
 */
#include "desk.h"

#include <err.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "db/migrate.h"
#include "identity/admin_view.h"
#include "identity/ident.h"

/* NULL after one line on standard error. */
static struct db *
open_base(struct desk *d)
{
	const char *url = conf_text(d->conf, "identity.database.url");
	struct db *db;

	if (ident_is_external(d->conf)) {
		warnx("identity.mode is kratos: identities are kept there");
		return NULL;
	}
	if (url == NULL) {
		warnx("%s is not set; see mirai.conf(5)",
		    "identity.database.url");
		return NULL;
	}
	db = db_open(url, "mirai");
	db_use(db, d->mem);
	if (migrate_require(db, MIGRATE_IDENTITY) == 0)
		return db;
	db_close(db);
	return NULL;
}

static int
open_parts(struct desk *d, const char *conf, bool company)
{
	const struct passwd *pw = getpwuid(getuid());

	if ((d->conf = conf_load(conf)) == NULL)
		return -1;
	d->mem = arena_new();
	d->actor = arena_printf(d->mem, "operator:%s",
	    pw == NULL ? "unknown" : pw->pw_name);
	if ((d->db = open_base(d)) == NULL ||
	    (d->p = idp_open(d->conf, 1)) == NULL)
		return -1;
	return company ? admin_open(&d->admin, conf) : 0;
}

int
desk_open(struct desk *d, const char *conf, bool company)
{
	memset(d, 0, sizeof(*d));
	if (open_parts(d, conf, company) == -1) {
		desk_close(d);
		return -1;
	}
	d->env.conf = d->conf;
	d->env.db = d->db;
	desk_next(d);
	return 0;
}

void
desk_close(struct desk *d)
{
	if (d->c.r != NULL) {
		visit_abort(&d->c);
		req_done(d->c.r);
	}
	if (d->admin.conf != NULL)
		admin_close(&d->admin);
	idp_close(d->p);
	db_close(d->db);
	if (d->mem != NULL)
		arena_free(d->mem);
	if (d->conf != NULL)
		conf_free(d->conf);
	memset(d, 0, sizeof(*d));
}

void
desk_next(struct desk *d)
{
	if (d->c.r != NULL)
		req_done(d->c.r);
	memset(&d->c, 0, sizeof(d->c));
	d->c.p = d->p;
	d->c.r = req_local(&d->env);
	d->c.r->remote = NULL;
	d->c.mem = d->c.r->mem;
	d->c.db = d->db;
	d->c.json_only = true;
	d->c.actor = d->actor;
	arena_set_wipe(d->c.mem);
	db_use(d->c.db, d->c.mem);
}

int
desk_end(struct desk *d, enum code code)
{
	if (code != CODE_OK)
		visit_abort(&d->c);
	else if (visit_end(&d->c, CODE_OK))
		return 0;
	admin_database_failed();
	return -1;
}

/* Those an id or an identifier names: none, one, or several. */
static enum code
search(struct desk *d, const char *who, struct json **out)
{
	struct admin_view_filter f = { .limit = 2 };
	const char *ids[] = { NULL, NULL };
	char id[STR_UUID_LEN + 1];

	if (str_uuid_canon(who, id)) {
		ids[0] = id;
		f.ids = ids;
	} else {
		f.identifier = who;
	}
	return admin_view_list(&d->c, &f, NULL, out);
}

const struct json *
desk_find(struct desk *d, const char *who)
{
	struct json *list = NULL;

	visit_begin(&d->c, DB_TX_READ);
	if (desk_end(d, search(d, who, &list)) == -1)
		return NULL;
	if (json_count(list) == 1)
		return json_at(list, 0);
	warnx(json_count(list) == 0
		? "%s: there is no such identity"
		: "%s: several identities have this; use the id",
	    who);
	return NULL;
}

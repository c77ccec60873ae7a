/*
 * mirai-migrate: brings both databases to the schema of this release, and
 * with -s makes roles and databases first. Silent when there is nothing to
 * say; never undoes a migration.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/log.h"
#include "base/str.h"
#include "base/version.h"
#include "db/migrate.h"

static const char program[] = "mirai-migrate";

struct options {
	const char *conf;
	const char *dir;
	bool setup;
	struct migrate_opts migrate;
	const char *names[MIGRATE__MAX];
};

static const char *const owner_keys[MIGRATE__MAX] = {
	[MIGRATE_APP] = "database.owner_url",
	[MIGRATE_IDENTITY] = "identity.owner_url",
};

static void
usage(FILE *fp)
{
	fprintf(fp,
	    "usage: mirai-migrate [-hnsVv] [-d dir] [-f conf]"
	    " [name identity-name]\n");
}

static void
parse(int argc, char **argv, struct options *o)
{
	int ch;

	while ((ch = getopt(argc, argv, "d:f:hnsVv")) != -1) {
		switch (ch) {
		case 'd':
			o->dir = optarg;
			break;
		case 'f':
			o->conf = optarg;
			break;
		case 'h':
			usage(stdout);
			exit(0);
		case 'n':
			o->migrate.dry = true;
			break;
		case 's':
			o->setup = true;
			break;
		case 'V':
			printf("%s %s\n", program, MIRAI_VERSION);
			exit(0);
		case 'v':
			o->migrate.verbose = true;
			break;
		default:
			usage(stderr);
			exit(2);
		}
	}
	if (optind < argc && optind + MIGRATE__MAX != argc) {
		usage(stderr);
		exit(2);
	}
	if (optind < argc) {
		o->names[MIGRATE_APP] = argv[optind];
		o->names[MIGRATE_IDENTITY] = argv[optind + 1];
	}
}

static int
setup(const struct conf *conf, const struct options *o)
{
	struct db *db;
	int rc;

	db = db_open(conf_text(conf, "database.admin_url"), program);
	rc = migrate_setup(db, o->names, &o->migrate);
	db_close(db);
	return rc;
}

/* At set-up a superuser takes the owner's role where no owner's url is set. */
static struct db *
open_owner(const struct conf *conf, const struct options *o,
    enum migrate_target target)
{
	const char *url;

	url = conf_text(conf, owner_keys[target]);
	if (!str_is_empty(url))
		return db_open(url, program);
	if (o->setup)
		return db_open_as(conf_text(conf, "database.admin_url"),
		    program, o->names[target], "mirai_owner");
	log_error("%s is not set", owner_keys[target]);
	return NULL;
}

static int
migrate(const struct conf *conf, const struct options *o,
    enum migrate_target target)
{
	struct db *db;
	int rc;

	if ((db = open_owner(conf, o, target)) == NULL)
		return -1;
	rc = migrate_run(db, target, &o->migrate);
	db_close(db);
	return rc;
}

int
main(int argc, char **argv)
{
	struct options o = { .names = { "mirai", "mirai_identity" } };
	struct conf *conf;
	char *dir;
	int rc;

	log_open(program, LOG_FORM_PLAIN, LOG_LEVEL_INFO);
	parse(argc, argv, &o);
	if ((conf = conf_load(o.conf)) == NULL)
		return 1;
	dir = xasprintf("%s/sql", conf_text(conf, "data.dir"));
	o.migrate.dir = o.dir == NULL ? dir : o.dir;
	rc = o.setup ? setup(conf, &o) : 0;
	if (rc == 0)
		rc = migrate(conf, &o, MIGRATE_APP);
	if (rc == 0)
		rc = migrate(conf, &o, MIGRATE_IDENTITY);
	free(dir);
	conf_free(conf);
	return rc == 0 ? 0 : 1;
}

/*
 * What the administrator's commands hold: configuration, the application's
 * database, the people (identity.mode says where they are), and the name under
 * which deeds are audited.
 */
#ifndef MIRAI_CRON_ADMIN_H
#define MIRAI_CRON_ADMIN_H

#include "base/conf.h"
#include "db/db.h"
#include "identity/directory.h"
#include "service/operator.h"

struct admin {
	struct conf *conf;
	struct arena *mem;
	struct db *app; /* as a worker */
	struct directory *people;
	const char *actor; /* "operator:root" */
};

/* path NULL: the default. 0, or -1 after one line on standard error. */
int admin_open(struct admin *m, const char *path) MUST_CHECK;

/* The same without the people: for what must work while they cannot be had. */
int admin_open_app(struct admin *m, const char *path) MUST_CHECK;
void admin_close(struct admin *m);

/* A command of a family on its operands; the exit status. */
struct admin_verb {
	const char *name;
	int (*run)(struct admin *m, void *opts, int argc, char **argv);
};

/* "mirai FAMILY VERB": opts is a struct of the family's own. */
struct admin_family {
	const char *usage;
	const struct admin_verb *verbs; /* ends with a NULL name */
	/* Fills opts from the options; optind says where operands start. */
	int (*read)(void *opts, int argc, char **argv);
	int (*open)(struct admin *m, const char *path); /* of the above */
};

/* Runs the command that argv[1] names; *conf is the member of opts for -f. */
int admin_run(const struct admin_family *f, void *opts, const char *const *conf,
    int argc, char **argv);

/*
 * The identity of an address. CODE_OK, CODE_NOT_FOUND, or CODE_UNAVAILABLE
 * (told on standard error).
 */
enum code admin_find_identity(struct admin *m, const char *email,
    struct ident_person *out);

/* One line for a failure that is a database's, or that of a Kratos. */
void admin_database_failed(void);
void admin_identity_failed(void);

/*
 * The password of $MIRAI_PASSWORD, else typed twice on a terminal, else made
 * up: then *made is set and the caller shows it once. NULL: told why not.
 */
const char *admin_password(struct admin *m, bool *made);

/* A login that exists or was made: what admin_need_identity() gives. */
struct admin_identity {
	char id[STR_UUID_LEN + 1];
	bool created;	      /* take it back if what it was for fails */
	const char *password; /* made up, to be shown once; else NULL */
};

/*
 * The identity of an address, or a new one of that name. 0, or -1 after one
 * line on standard error.
 */
int admin_need_identity(struct admin *m, const char *email,
    const char *first_name, const char *last_name,
    struct admin_identity *out) MUST_CHECK;

/* A company by id, slug or name. 0, or -1 after one line. */
int admin_find_company(struct admin *m, const char *which,
    struct operator_company *out) MUST_CHECK;

/* Takes back an identity that was made for nothing. */
void admin_drop_identity(struct admin *m, const char *id);

#endif

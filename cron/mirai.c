/*
 * mirai(1): the command line. One file per family of commands in cron/mirai/;
 * this one only chooses.
 */
#include "mirai/cmd.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/version.h"
#include "identity/kratos_conf.h"

static const char usage[] =
    "usage: mirai [-hV] build|cleanup|company|course|identity|mail|"
    "registration|user\n           ...\n";

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "ai", cmd_ai, "companies' keys, limits and use of AI" },
	{ "build", cmd_build, "a document in, a course package out" },
	{ "cleanup", cmd_cleanup, "remove what time has ended, now" },
	{ "company", cmd_company, "make, list, suspend companies" },
	{ "course", cmd_course, "list, show, import, export courses" },
	{ "identity", cmd_identity, "sign-ins: list, unlock, import, export" },
	{ "mail", cmd_mail, "list, show, resend queued mails" },
	{ "registration", cmd_registration,
	    "who paid and has no account: list, retry, discard" },
	{ "user", cmd_user, "list, make, change, remove users" },
};

static int
help(void)
{
	size_t i;

	fputs(usage, stdout);
	for (i = 0; i < NITEMS(commands); i++)
		printf("  %-12s  %s\n", commands[i].name, commands[i].help);
	printf("\"mirai COMMAND -h\" tells more; the manual is mirai(1).\n");
	return 0;
}

int
main(int argc, char **argv)
{
	size_t i;

	log_open("mirai", LOG_FORM_PLAIN, LOG_LEVEL_WARN);
	kratos_conf_know();
	if (argc < 2)
		return cmd_usage(usage);
	if (strcmp(argv[1], "-V") == 0) {
		printf("mirai %s\n", MIRAI_VERSION);
		return 0;
	}
	if (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)
		return help();
	for (i = 0; i < NITEMS(commands); i++) {
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	}
	fprintf(stderr, "mirai: %s: no such command\n", argv[1]);
	return cmd_usage(usage);
}

/*
 * The commands of mirai(1), and what they share.
 */
#ifndef MIRAI_CRON_CMD_H
#define MIRAI_CRON_CMD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "mirai/v1/course.pb.h"

/* argv[0] is the command's name. Each returns an exit status. */
int cmd_ai(int argc, char **argv);
int cmd_build(int argc, char **argv);
int cmd_cleanup(int argc, char **argv);
int cmd_company(int argc, char **argv);
int cmd_course(int argc, char **argv);
int cmd_identity(int argc, char **argv);
int cmd_mail(int argc, char **argv);
int cmd_registration(int argc, char **argv);
int cmd_user(int argc, char **argv);

/* Prints the usage as an error; returns 2. */
int cmd_usage(const char *usage);

/* Usage as help (0) when the arguments ask for it, else as an error (2). */
int cmd_help(int argc, char **argv, const char *usage);

/*
 * An option: --name, or -n for a name of one letter. Its argument goes to
 * *text, or as a number up to max to *number; with neither it sets *flag.
 */
struct cmd_option {
	const char *name;
	const char **text;
	int64_t *number;
	int64_t max;
	bool *flag;
};

/*
 * Reads the options of argv by a table that ends with a NULL name; optind says
 * where the operands start. -h and --help print the usage and end the
 * program. -1 after one line on stderr.
 */
int cmd_options(int argc, char **argv, const char *usage,
    const struct cmd_option *options) MUST_CHECK;

/* Appends the course as its document: JSON, two spaces, newline. */
void cmd_put_document(struct arena *a, struct buf *b,
    const struct pb_course *course);

/*
 * A course from a file: the JSON of a course document as it is, or any
 * document that "mirai build" reads, with progress. title may be NULL. 0, or
 * -1 after one line that names the file and the reason.
 */
int cmd_read_course(struct arena *a, const char *path, const char *title,
    struct pb_course *out) MUST_CHECK;

/* How much of a download has come, on a terminal only. */
void cmd_progress_bytes(void *arg, int64_t now, int64_t total);

#endif

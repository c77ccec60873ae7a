/*
 * How far a long command is: a bar on a terminal, one line per step elsewhere,
 * JSON lines when asked for. All of it goes to standard error, so that
 * standard output holds results only (with --json: to standard output).
 */
#ifndef MIRAI_CRON_PROGRESS_H
#define MIRAI_CRON_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

enum progress_form {
	PROGRESS_AUTO, /* a bar on a terminal, else lines */
	PROGRESS_JSON,
	PROGRESS_QUIET
};

struct progress {
	enum progress_form form;
	bool terminal;
	const char *what; /* the step being shown; borrowed */
	size_t done;
	bool open; /* a bar stands on the line */
};

void progress_open(struct progress *p, enum progress_form form);

/* what must live until the next step or progress_close(). */
void progress_step(struct progress *p, const char *what, size_t done,
    size_t total);

/* Ends an open bar with a line feed. */
void progress_close(struct progress *p);

#endif

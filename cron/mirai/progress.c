/*
 * Progress of one command.
 */
#include "progress.h"

#include <sys/ioctl.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BAR_MOST 40

void
progress_open(struct progress *p, enum progress_form form)
{
	*p = (struct progress){ .form = form };
	p->terminal = form == PROGRESS_AUTO && isatty(STDERR_FILENO);
}

static int
bar_width(void)
{
	struct winsize w;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == -1 || w.ws_col == 0)
		return BAR_MOST;
	return w.ws_col < 30	       ? 0
	    : w.ws_col - 30 < BAR_MOST ? w.ws_col - 30
				       : BAR_MOST;
}

static void
draw(struct progress *p, const char *what, size_t done, size_t total)
{
	int i, width = bar_width();
	int full = total == 0 ? width : (int)((size_t)width * done / total);

	fprintf(stderr, "\r%-10s [", what);
	for (i = 0; i < width; i++)
		fputc(i < full ? '#' : '.', stderr);
	fprintf(stderr, "] %zu/%zu\033[K", done, total);
	p->open = true;
	if (done == total)
		progress_close(p);
	fflush(stderr);
}

void
progress_step(struct progress *p, const char *what, size_t done, size_t total)
{
	bool fresh = p->what == NULL || strcmp(p->what, what) != 0;

	p->what = what;
	p->done = done;
	if (p->form == PROGRESS_QUIET)
		return;
	if (p->form == PROGRESS_JSON) {
		printf("{\"event\":\"progress\",\"step\":\"%s\",\"done\":%zu,"
		       "\"total\":%zu}\n",
		    what, done, total);
		fflush(stdout);
	} else if (p->terminal) {
		if (fresh)
			progress_close(p);
		draw(p, what, done, total);
	} else if (done == total) {
		fprintf(stderr, "%s: %zu of %zu\n", what, done, total);
	}
}

void
progress_close(struct progress *p)
{
	if (!p->open)
		return;
	fputc('\n', stderr);
	p->open = false;
}

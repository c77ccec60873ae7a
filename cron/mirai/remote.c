/*
 * Connecting and signing in. A password is never an argument of these
 * commands: the process list would show it.
 */
#include "remote.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/str.h"
#include "net/crypt.h"

#define DEFAULT_URL "http://localhost:8080"

void
remote_init(struct remote *m)
{
	const char *url = getenv("MIRAI_URL");

	memset(m, 0, sizeof(*m));
	m->url = str_is_empty(url) ? DEFAULT_URL : url;
	m->email = getenv("MIRAI_EMAIL");
	m->token = getenv("MIRAI_TOKEN");
}

char *
remote_ask_password(struct arena *a, const char *prompt)
{
	struct termios old, quiet;
	char line[1026], *out = NULL;
	FILE *tty;

	if ((tty = fopen("/dev/tty", "r+e")) == NULL)
		return NULL;
	fprintf(tty, "%s", prompt);
	fflush(tty);
	if (tcgetattr(fileno(tty), &old) == 0) {
		quiet = old;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(fileno(tty), TCSAFLUSH, &quiet);
		if (fgets(line, sizeof(line), tty) != NULL) {
			line[strcspn(line, "\r\n")] = '\0';
			out = arena_strdup(a, line);
		}
		tcsetattr(fileno(tty), TCSAFLUSH, &old);
		fprintf(tty, "\n");
	}
	fclose(tty);
	crypt_wipe(line, sizeof(line));
	return out;
}

static int
sign_in(struct remote *m, struct arena *a)
{
	const char *password = getenv("MIRAI_PASSWORD");
	const char *error;

	if (str_is_empty(m->email)) {
		warnx("who signs in? use --email or MIRAI_EMAIL");
		return -1;
	}
	if (password == NULL)
		password = remote_ask_password(a, "Password: ");
	if (password == NULL) {
		warnx("no terminal to ask for the password: set"
		      " MIRAI_PASSWORD or MIRAI_TOKEN");
		return -1;
	}
	if (client_login(m->client, a, m->email, password, &error) == -1) {
		warnx("signing in: %s", error);
		return -1;
	}
	return 0;
}

int
remote_open(struct remote *m, struct arena *a)
{
	if ((m->client = client_open(m->url)) == NULL) {
		warnx("libcurl does not start");
		return -1;
	}
	if (!str_is_empty(m->token)) {
		client_token(m->client, m->token);
		return 0;
	}
	return sign_in(m, a);
}

void
remote_close(struct remote *m)
{
	client_close(m->client);
	m->client = NULL;
}

void
remote_warn(const char *path, enum code code, const char *error)
{
	const char *method = strrchr(path, '/');

	warnx("%s: %s (%s)", method == NULL ? path : method + 1, error,
	    code_name(code));
}

int
remote_call(struct remote *m, struct arena *a, const char *path,
    const struct pb_desc *d_in, const void *in, const struct pb_desc *d_out,
    void *out)
{
	const char *error;
	enum code code;

	code = client_call(m->client, a, path, d_in, in, d_out, out, &error);
	if (code == CODE_OK)
		return 0;
	remote_warn(path, code, error);
	return -1;
}

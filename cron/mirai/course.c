/*
 * mirai course: the courses of a running instance, over its own wire. A
 * document can be imported as it is, or built from a source text first.
 */
#include "cmd.h"

#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "mirai/v1/course.pb.h"
#include "net/json.h"
#include "draft.h"
#include "remote.h"

#define SERVICE "/mirai.v1.CourseService/"
#define POLL_US 200000
#define WAIT_MS ((int64_t)5 * 60 * 1000)

struct course_opts {
	struct remote remote;
	struct arena *mem;
	const char *out;     /* -o */
	const char *title;   /* --title */
	const char *outcome; /* --outcome */
	bool json;
	int fd; /* of the document to draft from, -1: none */
	int64_t len;
};

static const char course_usage[] =
    "usage: mirai course list   [--url URL] [--email ADDRESS] [--json]\n"
    "       mirai course show   [--url URL] [--email ADDRESS] ID\n"
    "       mirai course import [--url URL] [--email ADDRESS] [--title TITLE]"
    " [--json] FILE\n"
    "       mirai course draft  [--url URL] [--email ADDRESS] [--title TITLE]"
    " [--outcome TEXT] [--json] FILE\n"
    "       mirai course export [--url URL] [--email ADDRESS] [--json]"
    " [-o OUT.zip] ID\n";

static const char *
status_name(int status)
{
	switch (status) {
	case PB_COURSE_STATUS_PUBLISHED:
		return "published";
	case PB_COURSE_STATUS_GENERATED:
		return "generated";
	default:
		return "draft";
	}
}

static void
print_entry(const struct course_opts *o, const struct pb_library_entry *e)
{
	struct json *j;

	if (!o->json) {
		printf("%s  %-9s  %s  %s\n", e->id, status_name(e->status),
		    clock_rfc3339(o->mem, pb_time_us(e->modified_at)),
		    e->title);
		return;
	}
	j = json_new_object(o->mem);
	json_put_text(j, "id", e->id);
	json_put_text(j, "title", e->title);
	json_put_text(j, "status", status_name(e->status));
	json_put_text(j, "modified",
	    clock_rfc3339(o->mem, pb_time_us(e->modified_at)));
	printf("%s\n", json_string(o->mem, j, JSON_COMPACT));
}

static int
course_list(struct course_opts *o, char **argv)
{
	struct pb_list_courses_request in = { .limit = 100 };
	struct pb_list_courses_response out;
	size_t i;

	(void)argv;
	do {
		memset(&out, 0, sizeof(out));
		if (remote_call(&o->remote, o->mem, SERVICE "ListCourses",
			&pb_list_courses_request_desc, &in,
			&pb_list_courses_response_desc, &out) == -1)
			return 1;
		for (i = 0; i < out.ncourses; i++)
			print_entry(o, &out.courses[i]);
		in.offset += (int32_t)out.ncourses;
	} while (out.has_more && out.ncourses > 0);
	return 0;
}

static int
course_show(struct course_opts *o, char **argv)
{
	struct pb_get_course_request in = { 0 };
	struct pb_get_course_response out = { 0 };
	struct buf *b;

	in.id = argv[0];
	if (remote_call(&o->remote, o->mem, SERVICE "GetCourse",
		&pb_get_course_request_desc, &in, &pb_get_course_response_desc,
		&out) == -1)
		return 1;
	b = buf_new(o->mem);
	cmd_put_document(o->mem, b, out.course);
	fwrite(b->data, 1, b->len, stdout);
	return 0;
}

static int
course_import(struct course_opts *o, char **argv)
{
	struct pb_create_course_request in = { 0 };
	struct pb_create_course_response out = { 0 };
	struct pb_course course = { 0 };
	struct json *j;

	if (cmd_read_course(o->mem, argv[0], o->title, &course) == -1)
		return 1;
	in.settings = course.settings;
	in.personas = course.personas;
	in.npersonas = course.npersonas;
	in.learning_objectives = course.learning_objectives;
	in.nlearning_objectives = course.nlearning_objectives;
	in.assessment_settings = course.assessment_settings;
	in.content = course.content;
	if (remote_call(&o->remote, o->mem, SERVICE "CreateCourse",
		&pb_create_course_request_desc, &in,
		&pb_create_course_response_desc, &out) == -1)
		return 1;
	if (!o->json) {
		printf("%s\n", out.course->id);
		return 0;
	}
	j = json_new_object(o->mem);
	json_put_text(j, "id", out.course->id);
	json_put_text(j, "title", out.course->settings->title);
	printf("%s\n", json_string(o->mem, j, JSON_COMPACT));
	return 0;
}

/* Before anybody is asked for a password. */
static int
draft_ready(struct course_opts *o, char **argv)
{
	o->fd = draft_open(o->mem, argv[0], &o->len);
	return o->fd == -1 ? -1 : 0;
}

static int
course_draft(struct course_opts *o, char **argv)
{
	struct progress progress;
	struct draft d = { .remote = &o->remote,
		.mem = o->mem,
		.path = argv[0],
		.fd = o->fd,
		.len = o->len,
		.title = o->title,
		.outcome = o->outcome,
		.progress = &progress };
	const char *id;
	struct json *j;

	progress_open(&progress, o->json ? PROGRESS_JSON : PROGRESS_AUTO);
	if (draft_run(&d, &id) == -1)
		return 1;
	if (!o->json) {
		printf("%s\n", id);
		return 0;
	}
	j = json_new_object(o->mem);
	json_put_text(j, "id", id);
	printf("%s\n", json_string(o->mem, j, JSON_COMPACT));
	return 0;
}

/* Waits for the job; 0 when the package is there. */
static int
wait_export(struct course_opts *o, const char *id)
{
	struct pb_get_export_status_request in = { .export_id = id };
	struct pb_get_export_status_response out;
	int64_t until = clock_mono_ms() + WAIT_MS;

	for (;;) {
		memset(&out, 0, sizeof(out));
		if (remote_call(&o->remote, o->mem, SERVICE "GetExportStatus",
			&pb_get_export_status_request_desc, &in,
			&pb_get_export_status_response_desc, &out) == -1)
			return -1;
		if (out.export->status == PB_EXPORT_STATUS_COMPLETED)
			return 0;
		if (out.export->status == PB_EXPORT_STATUS_FAILED) {
			warnx("the export failed: %s",
			    out.export->error_message == NULL
				? "no reason given"
				: out.export->error_message);
			return -1;
		}
		if (clock_mono_ms() > until) {
			warnx("the export is not done after five minutes;"
			      " is mirai-export run by cron?");
			return -1;
		}
		usleep(POLL_US);
	}
}

/* Downloads beside the target and renames: never a partial file. */
static int
download(struct course_opts *o, const char *url, const char *path)
{
	const char *error;
	char *tmp;
	int fd, ret;

	tmp = arena_printf(o->mem, "%s.XXXXXX", path);
	if ((fd = mkstemp(tmp)) == -1) {
		warn("%s", tmp);
		return -1;
	}
	ret = client_fetch(o->remote.client, o->mem, url, fd,
	    o->json ? NULL : cmd_progress_bytes, NULL, &error);
	if (ret == -1)
		warnx("%s", error);
	else if (fchmod(fd, 0644) == -1 || fsync(fd) == -1 ||
	    rename(tmp, path) == -1) {
		warn("%s", path);
		ret = -1;
	}
	close(fd);
	if (ret == -1)
		unlink(tmp);
	return ret;
}

static int
course_export(struct course_opts *o, char **argv)
{
	struct pb_export_course_request in = { 0 };
	struct pb_export_course_response out = { 0 };
	struct pb_download_export_request ask = { 0 };
	struct pb_download_export_response link = { 0 };
	const char *path;
	struct json *j;

	in.course_id = argv[0];
	in.format = PB_EXPORT_FORMAT_SCORM_12;
	if (remote_call(&o->remote, o->mem, SERVICE "ExportCourse",
		&pb_export_course_request_desc, &in,
		&pb_export_course_response_desc, &out) == -1 ||
	    wait_export(o, out.export->id) == -1)
		return 1;
	ask.export_id = out.export->id;
	if (remote_call(&o->remote, o->mem, SERVICE "DownloadExport",
		&pb_download_export_request_desc, &ask,
		&pb_download_export_response_desc, &link) == -1)
		return 1;
	path =
	    o->out != NULL ? o->out : arena_printf(o->mem, "%s.zip", argv[0]);
	if (download(o, link.download_url, path) == -1)
		return 1;
	if (!o->json) {
		printf("%s\n", path);
		return 0;
	}
	j = json_new_object(o->mem);
	json_put_text(j, "export", out.export->id);
	json_put_text(j, "file", path);
	printf("%s\n", json_string(o->mem, j, JSON_COMPACT));
	return 0;
}

/* ready, which may be NULL, comes before the instance is asked for anything. */
static const struct {
	const char *name;
	int noperands;
	int (*ready)(struct course_opts *o, char **argv);
	int (*run)(struct course_opts *o, char **argv);
} verbs[] = {
	{ "draft", 1, draft_ready, course_draft },
	{ "export", 1, NULL, course_export },
	{ "import", 1, NULL, course_import },
	{ "list", 0, NULL, course_list },
	{ "show", 1, NULL, course_show },
};

static int
read_options(struct course_opts *o, int argc, char **argv)
{
	const struct cmd_option options[] = {
		{ .name = "email", .text = &o->remote.email },
		{ .name = "json", .flag = &o->json },
		{ .name = "o", .text = &o->out },
		{ .name = "outcome", .text = &o->outcome },
		{ .name = "title", .text = &o->title },
		{ .name = "url", .text = &o->remote.url },
		{ .name = NULL },
	};

	return cmd_options(argc, argv, course_usage, options);
}

int
cmd_course(int argc, char **argv)
{
	struct course_opts o = { .fd = -1 };
	size_t i;
	int ret;

	for (i = 0; argc > 1 && i < NITEMS(verbs); i++) {
		if (strcmp(argv[1], verbs[i].name) == 0)
			break;
	}
	remote_init(&o.remote);
	if (argc < 2 || i == NITEMS(verbs) ||
	    read_options(&o, argc - 1, argv + 1) == -1)
		return cmd_help(argc, argv, course_usage);
	argc -= 1 + optind;
	argv += 1 + optind;
	if (argc != verbs[i].noperands)
		return cmd_usage(course_usage);
	o.mem = arena_new();
	ret = 1;
	if ((verbs[i].ready == NULL || verbs[i].ready(&o, argv) == 0) &&
	    remote_open(&o.remote, o.mem) == 0)
		ret = verbs[i].run(&o, argv);
	remote_close(&o.remote);
	if (o.fd != -1)
		close(o.fd);
	arena_free(o.mem);
	return ret;
}

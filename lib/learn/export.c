/*
 * Options, pre-flight, model, files, archive: in this order, each once. The
 * clock is never read and nothing is drawn at random.
 */
#include "learn/export.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "base/utf8.h"
#include "learn/asset.h"
#include "learn/document.h"
#include "learn/model.h"
#include "learn/page.h"
#include "learn/preflight.h"
#include "learn/scorm12.h"
#include "learn/zip.h"

#define MAX_EARLIER 10
#define MAX_SLUG    60

struct format {
	enum pb_export_format format;
	const char *name; /* in file names */
	const char *ext;
};

static const struct format formats[] = {
	{ PB_EXPORT_FORMAT_SCORM_12, "scorm12", "zip" },
	{ PB_EXPORT_FORMAT_SCORM_2004, "scorm2004", "zip" },
	{ PB_EXPORT_FORMAT_XAPI, "xapi", "zip" },
	{ PB_EXPORT_FORMAT_PDF, "print", "pdf" },
	{ PB_EXPORT_FORMAT_CMI5, "cmi5", "zip" },
	{ PB_EXPORT_FORMAT_EPUB, "book", "epub" },
	{ PB_EXPORT_FORMAT_HTML, "page", "html" },
	{ PB_EXPORT_FORMAT_MARKDOWN, "text", "md" },
};

void
export_options_init(struct export_options *o)
{
	memset(o, 0, sizeof(*o));
	o->format = PB_EXPORT_FORMAT_SCORM_12;
	o->pass_mark = 80;
	o->language = "en";
	o->keep_source = true;
}

/* --- files ---------------------------------------------------------------- */

static void
set_page(struct page_options *p, const struct model *m,
    const struct export_options *o)
{
	page_options_init(p, m);
	p->runtime = "scorm12";
	if (o->completion != EXPORT_COMPLETION_DEFAULT)
		p->completion = o->completion;
	p->percent = o->percent;
	p->pass_mark = o->pass_mark;
	p->attempts = o->attempts;
	p->navigation = o->navigation;
}

/* What earlier versions looked like; their own faults are no news. */
static void
set_earlier(struct arena *a, struct page_options *p,
    const struct export_options *o)
{
	const struct model **list;
	struct findings ignored;
	size_t i, n;

	n = o->nearlier < MAX_EARLIER ? o->nearlier : MAX_EARLIER;
	list = arena_calloc(a, n + 1, sizeof(*list));
	finding_init(&ignored, a);
	for (i = 0; i < n; i++)
		list[i] = model_build(a, o->earlier[i], o->language, &ignored);
	p->earlier = list;
	p->nearlier = n;
}

static void
add_asset(struct arena *a, struct zip *z, const char *name)
{
	const struct embed_file *f;
	int rc;

	f = asset_find(name);
	assert(f != NULL);
	rc = zip_add(z, arena_printf(a, "assets/%s", name), f->data, f->len);
	assert(rc == 0);
	(void)rc;
}

/*
 * The course without what is nobody's business outside: who made it, whose
 * company it is, the knowledge it was drawn from.
 */
static void
put_source(struct arena *a, struct buf *b, const struct pb_course *course)
{
	struct pb_course c = *course;
	struct pb_course_content content = { 0 };

	if (course->content != NULL)
		content = *course->content;
	content.source_chunks = NULL;
	content.nsource_chunks = 0;
	content.course_blocks = NULL;
	content.ncourse_blocks = 0;
	c.content = &content;
	c.personas = NULL;
	c.npersonas = 0;
	c.exports = NULL;
	c.nexports = 0;
	c.company_id = c.tenant_id = c.created_by_user_id = c.team_id = NULL;
	document_write(a, b, &c);
}

static void
add_source(struct arena *a, struct zip *z, const struct pb_course *course,
    const struct model *m, const struct export_options *o,
    const struct page_options *page)
{
	struct buf b = BUF_INIT;
	char *text;
	int rc;

	if (o->keep_source)
		put_source(a, &b, course);
	else
		page_data(&b, m, page);
	text = arena_strndup(a, buf_str(&b), b.len);
	rc = zip_add(z, "assets/course.json", text, b.len);
	assert(rc == 0);
	(void)rc;
	buf_free(&b);
}

/* -1 when a name is not fit for an archive or given twice. */
static int
add_media(struct arena *a, struct zip *z, const struct export_options *o,
    struct findings *f)
{
	const struct export_media *media;
	size_t i;

	for (i = 0; i < o->nmedia; i++) {
		media = &o->media[i];
		if (zip_add(z, arena_printf(a, "media/%s", media->name),
			media->data, media->len) == -1) {
			finding_error(f, "options", "media",
			    "a file name is not allowed or given twice");
			return -1;
		}
	}
	return 0;
}

static enum code
build(struct arena *a, const struct pb_course *course, const struct model *m,
    const struct export_options *o, struct buf *out, struct findings *f)
{
	struct page_options page;
	struct zip *z;

	set_page(&page, m, o);
	set_earlier(a, &page, o);
	z = zip_new(a);
	add_asset(a, z, "player.js");
	add_asset(a, z, "player.css");
	add_source(a, z, course, m, o, &page);
	if (add_media(a, z, o, f) == -1)
		return CODE_INVALID_ARGUMENT;
	scorm12_add(a, z, m, o, &page);
	if (zip_write(z, out, EXPORT_MAX_BYTES) == -1) {
		finding_error(f, "course", "size",
		    "the package is larger than %zu MiB: use smaller images",
		    EXPORT_MAX_BYTES >> 20);
		return CODE_RESOURCE_EXHAUSTED;
	}
	return CODE_OK;
}

/* --- checks --------------------------------------------------------------- */

static enum code
prepare(struct arena *a, const struct pb_course *course,
    const struct export_options *o, struct findings *f, struct model **m)
{
	size_t before;
	enum code code;

	before = f->nerrors;
	code = preflight_options(o, f);
	if (code != CODE_OK)
		return code;
	*m = model_build(a, course, o->language, f);
	if (o->version > 0)
		(*m)->version = o->version;
	if (course->status == PB_COURSE_STATUS_DRAFT)
		finding_warning(f, "course", "status", "the course is a draft");
	return preflight_course(a, *m, o, before, f);
}

enum code
export_check(struct arena *a, const struct pb_course *course,
    const struct export_options *o, struct findings *f)
{
	struct model *m;

	return prepare(a, course, o, f, &m);
}

enum code
export_course(struct arena *a, const struct pb_course *course,
    const struct export_options *o, struct buf *out, struct findings *f)
{
	struct model *m;
	enum code code;

	code = prepare(a, course, o, f, &m);
	if (code != CODE_OK)
		return code;
	return build(a, course, m, o, out, f);
}

/* --- the file ------------------------------------------------------------- */

/* mkstemp() makes it private; a package is as readable as umask allows. */
static int
open_mode(int fd)
{
	mode_t mask;

	mask = umask(0);
	umask(mask);
	return fchmod(fd, 0666 & ~mask);
}

static enum code
write_file(struct arena *a, const struct buf *b, const char *path)
{
	char *tmp;
	int fd;

	tmp = arena_printf(a, "%s.XXXXXX", path);
	fd = mkstemp(tmp);
	if (fd == -1) {
		log_error("%s: %s", tmp, strerror(errno));
		return CODE_UNAVAILABLE;
	}
	if (fd_write(fd, b->data, b->len) == -1 || open_mode(fd) == -1 ||
	    fsync(fd) == -1 || rename(tmp, path) == -1) {
		log_error("%s: %s", path, strerror(errno));
		(void)close(fd);
		(void)unlink(tmp); /* what failed is logged already */
		return CODE_UNAVAILABLE;
	}
	(void)close(fd); /* synced above */
	return CODE_OK;
}

enum code
export_course_file(struct arena *a, const struct pb_course *course,
    const struct export_options *o, const char *path, struct findings *f)
{
	struct buf b = BUF_INIT;
	enum code code;

	code = export_course(a, course, o, &b, f);
	if (code == CODE_OK)
		code = write_file(a, &b, path);
	buf_free(&b);
	return code;
}

enum code
export_scorm12(struct arena *a, const struct pb_course *course,
    const struct export_options *o, const char *path, struct findings *f)
{
	struct export_options scorm = *o;

	scorm.format = PB_EXPORT_FORMAT_SCORM_12;
	return export_course_file(a, course, &scorm, path, f);
}

/* --- names ---------------------------------------------------------------- */

/* ASCII for the letters of Latin-1 (U+00C0 to U+00FF), in order. */
static const char *const latin[64] = { "a", "a", "a", "a", "ae", "a", "ae", "c",
	"e", "e", "e", "e", "i", "i", "i", "i", "d", "n", "o", "o", "o", "o",
	"oe", "", "o", "u", "u", "u", "ue", "y", "th", "ss", "a", "a", "a", "a",
	"ae", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i", "i", "d", "n",
	"o", "o", "o", "o", "oe", "", "o", "u", "u", "u", "ue", "y", "th",
	"y" };

/* Letters and digits of s, anything else as one hyphen; "" if none. */
static void
put_slug(struct buf *b, const char *s)
{
	uint32_t cp;
	size_t n, len;

	for (len = strlen(s); len > 0 && b->len < MAX_SLUG; s += n, len -= n) {
		if ((n = utf8_decode(s, len, &cp)) == 0) {
			n = 1;
			continue;
		}
		if ((cp >= 'a' && cp <= 'z') || (cp >= '0' && cp <= '9'))
			buf_putc(b, (char)cp);
		else if (cp >= 'A' && cp <= 'Z')
			buf_putc(b, (char)(cp - 'A' + 'a'));
		else if (cp >= 0xc0 && cp <= 0xff)
			buf_puts(b, latin[cp - 0xc0]);
		else if (b->len > 0 && b->data[b->len - 1] != '-')
			buf_putc(b, '-');
	}
	while (b->len > 0 && b->data[b->len - 1] == '-')
		b->data[--b->len] = '\0';
}

char *
export_filename(struct arena *a, const struct pb_course *course,
    const struct export_options *o)
{
	const struct format *fmt = &formats[0];
	struct buf b = BUF_INIT;
	char *name;
	int version;
	size_t i;

	for (i = 0; i < NITEMS(formats); i++)
		if (formats[i].format == o->format)
			fmt = &formats[i];
	if (course->settings != NULL && course->settings->title != NULL)
		put_slug(&b, course->settings->title);
	if (b.len == 0)
		buf_puts(&b, "course");
	version = o->version > 0 ? o->version : course->version;
	name = arena_printf(a, "%s-v%d-%s.%s", buf_str(&b),
	    version > 0 ? version : 1, fmt->name, fmt->ext);
	buf_free(&b);
	return name;
}

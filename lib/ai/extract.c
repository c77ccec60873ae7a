/*
 * Telling a file's kind, and running the parser of that kind in a sandboxed
 * child.
 */
#include "ai/extract.h"

#include <sys/stat.h>

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "base/utf8.h"
#include "net/sandbox.h"

#ifndef PDFTOHTML
#define PDFTOHTML "/usr/bin/pdftohtml"
#endif

#define FAILED	   1 /* the parser's answer is the reason */
#define TEXT_LEAST 20

static const struct sandbox_limits parse_limits = {
	.memory = (size_t)512 * 1024 * 1024,
	.cpu_s = 20,
	.wall_ms = 30000,
	.output = (size_t)32 * 1024 * 1024,
};

static const struct sandbox_limits pdf_limits = {
	.memory = (size_t)512 * 1024 * 1024,
	.cpu_s = 60,
	.wall_ms = 90000,
	.output = (size_t)96 * 1024 * 1024,
};

static const struct format {
	const char *unit;
	bool is_text;
	int (*read)(struct doc_maker *, const char *, size_t, const char **);
} formats[EXTRACT__MAX] = {
	[EXTRACT_NONE] = { "line", false, NULL },
	[EXTRACT_MD] = { "line", true, extract_md },
	[EXTRACT_HTML] = { "line", true, extract_html },
	[EXTRACT_TXT] = { "line", true, extract_txt },
	[EXTRACT_ZIP] = { "line", false, extract_zip },
	[EXTRACT_PDF] = { "page", false, extract_pdf },
};

/* What some other kinds begin with, so that the refusal can name them. */
static const struct magic {
	const char *bytes;
	size_t len;
	const char *why;
} magics[] = {
	{ "\xd0\xcf\x11\xe0", 4,
	    "an old or encrypted Office document; save it as DOCX or PPTX" },
	{ "\x89PNG", 4, "a picture (PNG), not a document" },
	{ "\xff\xd8\xff", 3, "a picture (JPEG), not a document" },
	{ "GIF8", 4, "a picture (GIF), not a document" },
	{ "\x7f"
	  "ELF",
	    4, "a program, not a document" },
	{ "MZ\x90", 3, "a program, not a document" },
	{ "\x1f\x8b", 2, "compressed (gzip); unpack it first" },
	{ "BZh", 3, "compressed (bzip2); unpack it first" },
	{ "\xfd"
	  "7zXZ",
	    5, "compressed (xz); unpack it first" },
	{ "(\xb5/\xfd", 4, "compressed (zstd); unpack it first" },
	{ "Rar!", 4, "a RAR archive, not a document" },
	{ "7z\xbc\xaf", 4, "a 7-Zip archive, not a document" },
	{ "{\\rtf", 5, "RTF; save it as DOCX" },
	{ "%!PS", 4, "PostScript; convert it to PDF" },
};

/* --- kind ----------------------------------------------------------------- */

static bool
is_utf16(const char *p, size_t len)
{
	return len >= 2 &&
	    (memcmp(p, "\xff\xfe", 2) == 0 || memcmp(p, "\xfe\xff", 2) == 0);
}

/* The first bytes, white space and byte order mark skipped, lowered. */
static const char *
head_of(const char *p, size_t len, char out[512])
{
	size_t n = 0;

	if (len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
		p += 3;
		len -= 3;
	}
	for (; len > 0 && strchr(" \t\r\n", *p) != NULL; p++)
		len--;
	for (; n < 511 && n < len && p[n] != '\0'; n++)
		out[n] = p[n] >= 'A' && p[n] <= 'Z' ? (char)(p[n] + 32) : p[n];
	out[n] = '\0';
	return out;
}

static bool
looks_like_html(const char *head)
{
	if (str_starts(head, "<?xml"))
		return strstr(head, "<html") != NULL ||
		    strstr(head, "<!doctype html") != NULL;
	if (str_starts(head, "<!--") &&
	    (strstr(head, "<html") != NULL ||
		strstr(head, "<!doctype") != NULL))
		return true;
	return str_starts(head, "<!doctype html") ||
	    str_starts(head, "<html") || str_starts(head, "<head") ||
	    str_starts(head, "<body");
}

static bool
looks_like_roff(const char *head)
{
	return str_starts(head, ".\\\"") || str_starts(head, "'\\\"") ||
	    str_starts(head, ".th ") || str_starts(head, ".dd ");
}

/* Marks that Markdown has and prose has not. */
static bool
looks_like_md(const char *p, size_t len)
{
	size_t i, hits = 0, end = len < 65536 ? len : 65536;

	for (i = 0; i + 3 < end; i++) {
		if (i > 0 && p[i - 1] != '\n')
			continue;
		hits += memcmp(p + i, "# ", 2) == 0 ||
		    memcmp(p + i, "## ", 3) == 0 ||
		    memcmp(p + i, "```", 3) == 0 ||
		    memcmp(p + i, "|--", 3) == 0;
	}
	return hits > 0;
}

static bool
is_md_name(const char *name)
{
	size_t n = strlen(name);
	static const char *const ends[] = { ".md", ".markdown", ".mkd" };
	size_t i;

	for (i = 0; i < NITEMS(ends); i++) {
		if (n > strlen(ends[i]) &&
		    str_ieq(name + n - strlen(ends[i]), ends[i]))
			return true;
	}
	return false;
}

static bool
is_binary(const char *p, size_t len)
{
	size_t i, odd = 0, end = len < 8192 ? len : 8192;

	if (memchr(p, '\0', len) != NULL)
		return true;
	for (i = 0; i < end; i++)
		odd += (unsigned char)p[i] < ' ' &&
		    strchr("\t\n\r\f\b\x1b", p[i]) == NULL;
	return odd * 20 > end;
}

enum extract_kind
extract_sniff(const char *name, const char *p, size_t len, const char **why)
{
	char head[512];
	size_t i, n = strlen(name);

	for (i = 0; i < NITEMS(magics); i++) {
		if (len >= magics[i].len &&
		    memcmp(p, magics[i].bytes, magics[i].len) == 0) {
			*why = magics[i].why;
			return EXTRACT_NONE;
		}
	}
	if (len >= 4 &&
	    (memcmp(p, "PK\3\4", 4) == 0 || memcmp(p, "PK\5\6", 4) == 0))
		return EXTRACT_ZIP;
	if (memmem(p, len < 1024 ? len : 1024, "%PDF-", 5) != NULL)
		return EXTRACT_PDF;
	if (!is_utf16(p, len) && is_binary(p, len)) {
		*why = "binary data, not a document";
		return EXTRACT_NONE;
	}
	head_of(p, len, head);
	if (looks_like_html(head))
		return EXTRACT_HTML;
	if (str_starts(head, "<?xml")) {
		*why = "XML other than XHTML; convert it to a document first";
		return EXTRACT_NONE;
	}
	if (looks_like_roff(head)) {
		*why =
		    "the source of a manual page; format it with man(1) first";
		return EXTRACT_NONE;
	}
	if (is_md_name(name))
		return EXTRACT_MD;
	if (n > 4 && str_ieq(name + n - 4, ".txt"))
		return EXTRACT_TXT;
	return looks_like_md(p, len) ? EXTRACT_MD : EXTRACT_TXT;
}

/* --- the child ------------------------------------------------------------ */

struct job {
	enum extract_kind kind;
	const char *p;
	size_t len;
};

/* In the child: the document's bytes, or the reason why there are none. */
static int
parse(void *arg, struct buf *answer)
{
	const struct job *job = arg;
	const struct format *f = &formats[job->kind];
	const char *p = job->p, *why = "damaged";
	size_t len = job->len;
	struct doc_maker *m;
	struct arena *a;

	a = arena_new();
	m = doc_maker_new(a, f->unit);
	if ((f->is_text &&
		extract_utf8(a, job->kind == EXTRACT_HTML, &p, &len, &why) ==
		    -1) ||
	    f->read(m, p, len, &why) == -1) {
		buf_puts(answer, why);
		return FAILED;
	}
	if (doc_is_full(m)) {
		buf_puts(answer, "holds more than 8 MiB of text; split it");
		return FAILED;
	}
	doc_encode(answer, doc_finish(m));
	arena_free(a);
	return 0;
}

static const char *
end_why(enum sandbox_end end, int status)
{
	switch (end) {
	case SANDBOX_TIMEOUT:
		return "takes too long to read";
	case SANDBOX_OUTPUT:
		return "holds too much text; split it";
	case SANDBOX_ERROR:
		return "cannot be read: the sandbox did not start";
	case SANDBOX_CRASHED:
	case SANDBOX_DENIED:
		return "damaged: its reader was stopped";
	case SANDBOX_DONE:
	default:
		return status == 101 ? "needs too much memory to read"
				     : "damaged";
	}
}

/* The reason from a child is one of our texts; check before showing it. */
static const char *
child_why(struct arena *a, const struct buf *b)
{
	if (b->len == 0 || b->len > 200 || !utf8_valid(b->data, b->len) ||
	    memchr(b->data, '\0', b->len) != NULL ||
	    !utf8_is_printable(buf_str(b)))
		return "damaged";
	return arena_strndup(a, b->data, b->len);
}

static struct doc *
run_parser(struct arena *a, struct job *job, const char **why)
{
	enum sandbox_end end;
	struct buf *out;
	struct doc *d;
	int status;

	out = buf_new(a);
	end = sandbox_call(&parse_limits, parse, job, out, &status);
	if (end == SANDBOX_DONE && status == FAILED) {
		*why = child_why(a, out);
		return NULL;
	}
	if (end != SANDBOX_DONE || status != 0) {
		*why = end_why(end, status);
		return NULL;
	}
	if ((d = doc_decode(a, buf_str(out), out->len)) == NULL) {
		*why = "damaged: its reader gave no document";
		return NULL;
	}
	if (doc_weight(d) < TEXT_LEAST) {
		*why = job->kind == EXTRACT_PDF
		    ? "a PDF without text (scanned pages?)"
		    : "a document without text";
		return NULL;
	}
	return d;
}

/* --- PDF ------------------------------------------------------------------ */

static const char *
pdf_why(enum sandbox_end end, int status, const char *messages)
{
	if (end != SANDBOX_DONE)
		return end_why(end, status);
	if (status == 127)
		return "a PDF, but " PDFTOHTML
		       " (package poppler-utils) is missing";
	if (strstr(messages, "password") != NULL)
		return "an encrypted PDF; save it without a password";
	if (strstr(messages, "not allowed") != NULL)
		return "a PDF whose owner forbids copying its text";
	return "a damaged PDF";
}

/* The PDF's text as pdftohtml's XML; NULL with the reason. */
static struct buf *
run_pdftohtml(struct arena *a, const char *p, size_t len, const char **why)
{
	static const char *const argv[] = { PDFTOHTML, "-xml", "-i", "-enc",
		"UTF-8", "-stdout", "/proc/self/fd/3", NULL };
	enum sandbox_end end;
	struct buf *out, *err;
	int status;

	out = buf_new(a);
	err = buf_new(a);
	end = sandbox_exec(&pdf_limits, argv, p, len, out, err, &status);
	if (end == SANDBOX_DONE && status == 0 &&
	    memmem(buf_str(out), out->len, "<page ", 6) != NULL)
		return out;
	*why = pdf_why(end, status, buf_str(err));
	return NULL;
}

/* --- files ---------------------------------------------------------------- */

struct doc *
extract_bytes(struct arena *a, const char *name, const void *p, size_t len,
    const char **why)
{
	struct job job = { .p = p, .len = len };
	struct buf *xml;
	struct doc *d;

	if (len == 0) {
		*why = "empty";
		return NULL;
	}
	if (len > EXTRACT_MAX) {
		*why = "larger than 25 MiB";
		return NULL;
	}
	if ((job.kind = extract_sniff(name, p, len, why)) == EXTRACT_NONE)
		return NULL;
	if (job.kind != EXTRACT_PDF)
		return run_parser(a, &job, why);
	if ((xml = run_pdftohtml(a, p, len, why)) == NULL)
		return NULL;
	job.p = buf_str(xml);
	job.len = xml->len;
	d = run_parser(a, &job, why);
	buf_free(xml);
	return d;
}

/* All of a regular file in a; NULL with the reason. */
static char *
read_file(struct arena *a, int fd, size_t *len, const char **why)
{
	struct stat st;
	size_t n = 0;
	ssize_t k;
	char *p;

	if (fstat(fd, &st) == -1) {
		*why = strerror(errno);
		return NULL;
	}
	if (!S_ISREG(st.st_mode)) {
		*why = S_ISDIR(st.st_mode) ? "a directory, not a file"
					   : "not a regular file";
		return NULL;
	}
	if (st.st_size > (off_t)EXTRACT_MAX) {
		*why = "larger than 25 MiB";
		return NULL;
	}
	p = arena_alloc(a, (size_t)st.st_size + 1);
	while (n < (size_t)st.st_size &&
	    (k = read(fd, p + n, (size_t)st.st_size - n)) != 0) {
		if (k == -1 && errno == EINTR)
			continue;
		if (k == -1) {
			*why = strerror(errno);
			return NULL;
		}
		n += (size_t)k;
	}
	*len = n;
	return p;
}

struct doc *
extract_file(struct arena *a, const char *path, const char **why)
{
	const char *name;
	size_t len = 0;
	char *p;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd == -1) {
		*why = arena_strdup(a, strerror(errno));
		return NULL;
	}
	p = read_file(a, fd, &len, why);
	close(fd);
	if (p == NULL)
		return NULL;
	name = strrchr(path, '/');
	return extract_bytes(a, name == NULL ? path : name + 1, p, len, why);
}

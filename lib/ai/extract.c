/*
 * Telling a file's kind, decoding its characters, and running the parser of
 * that kind in a sandboxed child.
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
	const char *name;
	const char *unit;
	int (*read)(struct doc_maker *, const char *, size_t, const char **);
} formats[EXTRACT__MAX] = {
	[EXTRACT_NONE] = { "", "line", NULL },
	[EXTRACT_MD] = { "md", "line", extract_md },
	[EXTRACT_HTML] = { "html", "line", extract_html },
	[EXTRACT_TXT] = { "txt", "line", extract_txt },
	[EXTRACT_DOCX] = { "docx", "line", extract_docx },
	[EXTRACT_PDF] = { "pdf", "page", extract_pdf },
};

/* What some other kinds begin with, so that the refusal can name them. */
static const struct magic {
	const char *bytes;
	size_t len;
	const char *why;
} magics[] = {
	{ "\xd0\xcf\x11\xe0", 4,
	    "an old or encrypted Office document; save it as DOCX" },
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
		return EXTRACT_DOCX;
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

/* --- characters ----------------------------------------------------------- */

static void
put_cp(struct buf *b, uint32_t cp)
{
	char tmp[4];
	size_t n;

	if ((n = utf8_encode(cp, tmp)) > 0)
		buf_put(b, tmp, n);
}

static int
from_utf16(const unsigned char *p, size_t len, struct buf *b)
{
	bool le = p[0] == 0xff;
	uint32_t u, v;
	size_t i;

	if (len % 2 != 0)
		return -1;
	for (i = 2; i < len; i += 2) {
		u = le ? p[i] | (uint32_t)p[i + 1] << 8
		       : p[i + 1] | (uint32_t)p[i] << 8;
		if (u >= 0xd800 && u < 0xdc00 && i + 3 < len) {
			v = le ? p[i + 2] | (uint32_t)p[i + 3] << 8
			       : p[i + 3] | (uint32_t)p[i + 2] << 8;
			if (v < 0xdc00 || v > 0xdfff)
				return -1;
			u = 0x10000 + ((u - 0xd800) << 10) + (v - 0xdc00);
			i += 2;
		}
		if (u == 0 || (u >= 0xd800 && u < 0xe000))
			return -1;
		put_cp(b, u);
	}
	return 0;
}

/* windows-1252, which browsers read for ISO-8859-1, too. */
static void
from_1252(const unsigned char *p, size_t len, struct buf *b)
{
	static const uint16_t high[32] = { 0x20ac, 0, 0x201a, 0x192, 0x201e,
		0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0,
		0x17d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013,
		0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0, 0x17e, 0x178 };
	size_t i;

	for (i = 0; i < len; i++) {
		if (p[i] >= 0x80 && p[i] < 0xa0)
			put_cp(b,
			    high[p[i] - 0x80] != 0 ? high[p[i] - 0x80]
						   : 0xfffd);
		else
			put_cp(b, p[i]);
	}
}

/* The character set that an HTML file declares is one of the two. */
static bool
declares_latin(const char *p, size_t len)
{
	char head[1025];
	size_t i, n = len < 1024 ? len : 1024;
	const char *cs;

	for (i = 0; i < n; i++)
		head[i] = p[i] == '\0'		 ? ' '
		    : p[i] >= 'A' && p[i] <= 'Z' ? (char)(p[i] + 32)
						 : p[i];
	head[n] = '\0';
	if ((cs = strstr(head, "charset=")) == NULL &&
	    (cs = strstr(head, "encoding=")) == NULL)
		return false;
	cs += strcspn(cs, "=") + 1;
	cs += *cs == '"' || *cs == '\'';
	return str_starts(cs, "iso-8859-1\"") ||
	    str_starts(cs, "iso-8859-1'") || str_starts(cs, "iso-8859-1>") ||
	    str_starts(cs, "iso-8859-1 ") || str_starts(cs, "windows-1252") ||
	    str_starts(cs, "latin1") || str_starts(cs, "us-ascii");
}

/* Text as UTF-8 without byte order mark; -1 with the reason. */
static int
to_utf8(struct arena *a, enum extract_kind kind, const char **p, size_t *len,
    const char **why)
{
	struct buf *b;

	if (*len >= 3 && memcmp(*p, "\xef\xbb\xbf", 3) == 0) {
		*p += 3;
		*len -= 3;
	}
	if (!is_utf16(*p, *len) && utf8_valid(*p, *len))
		return 0;
	b = buf_new(a);
	if (is_utf16(*p, *len)) {
		if (from_utf16((const unsigned char *)*p, *len, b) == -1) {
			*why = "damaged UTF-16 text";
			return -1;
		}
	} else if (kind == EXTRACT_HTML && declares_latin(*p, *len)) {
		from_1252((const unsigned char *)*p, *len, b);
	} else {
		*why = "text that is not UTF-8; save it as UTF-8";
		return -1;
	}
	*p = buf_str(b);
	*len = b->len;
	return 0;
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
	if ((job->kind != EXTRACT_DOCX && job->kind != EXTRACT_PDF &&
		to_utf8(a, job->kind, &p, &len, &why) == -1) ||
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

/*
 * Builds the model: walks the course once, in order. Ids are made usable and
 * unique, text becomes safe HTML, headings never skip a level. Nothing is
 * left out without a finding.
 */
#include "learn/model.h"

#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/utf8.h"
#include "learn/html.h"
#include "learn/quiz.h"

#define MAX_ID	  200
#define MAX_TITLE 200

struct builder {
	struct arena *mem;
	struct findings *f;
	struct model *m;
	const struct pb_course *c;
	size_t cap; /* of questions */
	int level;  /* of the last heading in this lesson */
	bool skipped;
};

/* --- ids ------------------------------------------------------------------ */

static bool
id_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

/* id with what an identifier cannot hold replaced; NULL when nothing is left. */
static char *
clean_id(struct arena *a, const char *id)
{
	char *s, *p;

	if (id == NULL || id[0] == '\0')
		return NULL;
	s = arena_strndup(a, id, strnlen(id, MAX_ID));
	for (p = s; *p != '\0'; p++)
		if (!id_char(*p))
			*p = '-';
	return s;
}

static bool
question_has_id(const struct model *m, const char *id)
{
	size_t i;

	for (i = 0; i < m->nquestions; i++)
		if (str_eq(m->questions[i].id, id))
			return true;
	return false;
}

static const char *
question_id(struct builder *b, const char *id)
{
	const char *base;
	size_t n;

	base = clean_id(b->mem, id);
	if (base == NULL)
		base = arena_printf(b->mem, "q%zu", b->m->nquestions + 1);
	id = base;
	for (n = 2; question_has_id(b->m, id); n++)
		id = arena_printf(b->mem, "%s-%zu", base, n);
	return id;
}

/* --- text ----------------------------------------------------------------- */

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Has a tag or an entity; else it is plain text. */
static bool
is_html(const char *s)
{
	const char *p, *q;

	for (p = strchr(s, '<'); p != NULL; p = strchr(p + 1, '<'))
		if (is_letter(p[1]) || p[1] == '/' || p[1] == '!')
			return true;
	for (p = strchr(s, '&'); p != NULL; p = strchr(p + 1, '&')) {
		for (q = p + 1;
		     is_letter(*q) || *q == '#' || (*q >= '0' && *q <= '9');
		     q++)
			continue;
		if (q > p + 1 && *q == ';')
			return true;
	}
	return false;
}

/* Plain text as paragraphs: an empty line parts them, others break. */
static char *
paragraphs(struct arena *a, const char *s)
{
	struct buf b = BUF_INIT;
	char *line, *rest, *text;
	bool open;

	open = false;
	rest = str_trim(a, s);
	while ((line = strsep(&rest, "\n")) != NULL) {
		line = str_trim(a, line);
		if (line[0] == '\0') {
			if (open)
				buf_puts(&b, "</p>");
			open = false;
			continue;
		}
		buf_puts(&b, open ? "<br/>" : "<p>");
		html_escape_to(&b, line);
		open = true;
	}
	if (open)
		buf_puts(&b, "</p>");
	text = arena_strdup(a, buf_str(&b));
	buf_free(&b);
	return text;
}

/* Plain text on one line. */
static const char *
plain(struct arena *a, const char *s)
{
	char *text, *p;

	if (s == NULL)
		return "";
	text = str_trim(a, s);
	for (p = text; *p != '\0'; p++)
		if (*p == '\n' || *p == '\r' || *p == '\t')
			*p = ' ';
	return text;
}

static const char *
title_of(struct builder *b, const char *s, const char *part, const char *def)
{
	char *title;
	size_t len;

	s = plain(b->mem, s);
	if (s[0] == '\0') {
		finding_warning(b->f, part, "title", "has no title");
		return def;
	}
	len = utf8_prefix(s, MAX_TITLE - 1);
	if (utf8_count(s) <= MAX_TITLE)
		return s;
	finding_warning(b->f, part, "title", "longer than %d characters, cut",
	    MAX_TITLE);
	title = arena_strndup(b->mem, s, len);
	while (len > 0 && title[len - 1] != ' ')
		len--;
	if (len > MAX_TITLE / 2)
		title[len - 1] = '\0';
	return arena_printf(b->mem, "%s\xe2\x80\xa6", title);
}

/* --- headings ------------------------------------------------------------- */

/* The level that follows the last one without a gap. */
static int
next_level(struct builder *b, int level)
{
	if (level < 2)
		level = 2;
	if (level > b->level + 1) {
		level = b->level + 1;
		b->skipped = true;
	}
	b->level = level;
	return level;
}

/* Levels inside sanitized HTML, in place: every tag keeps its length. */
static void
fix_levels(struct builder *b, char *html)
{
	char *p;

	for (p = strchr(html, '<'); p != NULL; p = strchr(p + 1, '<')) {
		if (p[1] == 'h' && p[2] >= '2' && p[2] <= '4')
			p[2] = (char)('0' + next_level(b, p[2] - '0'));
		else if (p[1] == '/' && p[2] == 'h' && p[3] >= '2' &&
		    p[3] <= '4')
			p[3] = (char)('0' + b->level);
	}
}

static int
heading_level(const char *content)
{
	while (*content == ' ' || *content == '\n' || *content == '\t')
		content++;
	if (content[0] == '<' && (content[1] == 'h' || content[1] == 'H') &&
	    content[2] >= '1' && content[2] <= '6')
		return content[2] - '0';
	return 2;
}

/* --- what authors should know about their HTML ---------------------------- */

static bool
lacks_alt(const char *html)
{
	const char *p, *end, *alt;

	for (p = strcasestr(html, "<img"); p != NULL;
	     p = strcasestr(p + 4, "<img")) {
		end = strchr(p, '>');
		alt = strcasestr(p, "alt=");
		if (alt == NULL || (end != NULL && alt > end))
			return true;
	}
	return false;
}

static bool
lacks_header(const char *html)
{
	const char *p, *end, *th;

	for (p = strstr(html, "<table"); p != NULL;
	     p = strstr(p + 6, "<table")) {
		end = strstr(p, "</table>");
		th = strstr(p, "<th");
		while (th != NULL && strncmp(th, "<thead", 6) == 0)
			th = strstr(th + 6, "<th");
		if (th == NULL || (end != NULL && th > end))
			return true;
	}
	return false;
}

static void
warn_html(struct builder *b, const char *part, const char *raw,
    const char *html)
{
	if (lacks_alt(raw))
		finding_warning(b->f, part, "image",
		    "an image has no alternative text");
	if (lacks_header(html))
		finding_warning(b->f, part, "table",
		    "a table has no header cell");
	if (strstr(html, "src=\"http") != NULL) {
		b->m->remote = true;
		finding_warning(b->f, part, "image",
		    "an image is fetched from another site while learning");
	}
}

/* --- blocks --------------------------------------------------------------- */

static void
add_html(struct builder *b, struct model_block *out, const char *part,
    const char *content)
{
	char *html;

	html = is_html(content) ? html_sanitize(b->mem, content)
				: paragraphs(b->mem, content);
	fix_levels(b, html);
	warn_html(b, part, content, html);
	out->kind = MODEL_HTML;
	out->html = html;
}

static bool
add_heading(struct builder *b, struct model_block *out, const char *content)
{
	int level;

	level = heading_level(content);
	if (is_html(content))
		content = html_to_text(b->mem, content);
	out->kind = MODEL_HEADING;
	out->html = plain(b->mem, content);
	if (out->html[0] == '\0')
		return false;
	out->level = next_level(b, level);
	return true;
}

static bool
is_objective(const struct model *m, const char *id)
{
	size_t i;

	for (i = 0; i < m->nobjectives; i++)
		if (str_eq(m->objectives[i].id, id))
			return true;
	return false;
}

/* Those of ids that are objectives of the course, cleaned, each once. */
static size_t
pick_objectives(struct builder *b, const char **ids, size_t n,
    const char ***out, size_t nout)
{
	const char **list, *id;
	size_t i, k;

	list = arena_grow(b->mem, *out, nout, nout + n + 1, sizeof(*list));
	for (i = 0; i < n; i++) {
		id = clean_id(b->mem, ids[i]);
		if (id == NULL || !is_objective(b->m, id))
			continue;
		for (k = 0; k < nout && !str_eq(list[k], id); k++)
			continue;
		if (k == nout)
			list[nout++] = id;
	}
	*out = list;
	return nout;
}

static struct model_question *
question_new(struct builder *b)
{
	struct model *m = b->m;
	size_t cap;

	if (m->nquestions == b->cap) {
		cap = b->cap == 0 ? 16 : b->cap * 2;
		m->questions = arena_grow(b->mem, m->questions, b->cap, cap,
		    sizeof(*m->questions));
		b->cap = cap;
	}
	memset(&m->questions[m->nquestions], 0, sizeof(*m->questions));
	return &m->questions[m->nquestions];
}

static bool
add_question(struct builder *b, struct model_block *out, const char *part,
    const struct pb_course_block *in, size_t lesson)
{
	const struct pb_block_alignment *al = in->alignment;
	struct model_question *q;
	const char **own;

	q = question_new(b);
	if (!quiz_parse(b->mem, in->content, part, b->f, q))
		return false;
	q->id = question_id(b, in->id);
	q->lesson = lesson;
	own = q->objectives;
	q->objectives = NULL;
	q->nobjectives =
	    pick_objectives(b, own, q->nobjectives, &q->objectives, 0);
	if (al != NULL)
		q->nobjectives = pick_objectives(b, al->learning_objectives,
		    al->nlearning_objectives, &q->objectives, q->nobjectives);
	if (utf8_count(q->text) > 250)
		finding_warning(b->f, part, "question",
		    "longer than 250 characters, cut in records");
	out->kind = MODEL_QUESTION;
	out->question = b->m->nquestions++;
	return true;
}

/* False when there is nothing to show. */
static bool
add_block(struct builder *b, struct model_block *out, const char *part,
    const struct pb_course_block *in, size_t lesson)
{
	const char *content;

	content = in->content == NULL ? "" : in->content;
	out->id = in->id == NULL ? "" : in->id;
	switch (in->type) {
	case PB_BLOCK_TYPE_HEADING:
		return add_heading(b, out, content);
	case PB_BLOCK_TYPE_KNOWLEDGE_CHECK:
		return add_question(b, out, part, in, lesson);
	case PB_BLOCK_TYPE_INTERACTIVE:
		if (quiz_is(b->mem, content))
			return add_question(b, out, part, in, lesson);
		__attribute__((fallthrough));
	case PB_BLOCK_TYPE_TEXT:
		add_html(b, out, part, content);
		return out->html[0] != '\0';
	default:
		finding_error(b->f, part, "type", "block type %d is not known",
		    (int)in->type);
		return false;
	}
}

/* --- lessons -------------------------------------------------------------- */

char *
model_lesson_name(struct arena *a, const struct model *m, size_t lesson)
{
	return arena_printf(a, "lesson %zu \"%s\"", lesson + 1,
	    m->lessons[lesson].title);
}

static void
add_blocks(struct builder *b, struct model_lesson *l, size_t index,
    const struct pb_lesson *in)
{
	const struct pb_block_alignment *al;
	struct model_block *out;
	const char *part;
	size_t i;

	l->blocks = arena_calloc(b->mem, in->nblocks + 1, sizeof(*l->blocks));
	for (i = 0; i < in->nblocks; i++) {
		part = arena_printf(b->mem, "%s, block %zu",
		    model_lesson_name(b->mem, b->m, index), i + 1);
		out = &l->blocks[l->nblocks];
		if (add_block(b, out, part, &in->blocks[i], index))
			l->nblocks++;
		if ((al = in->blocks[i].alignment) != NULL)
			l->nobjectives = pick_objectives(b,
			    al->learning_objectives, al->nlearning_objectives,
			    &l->objectives, l->nobjectives);
	}
}

static void
add_lesson(struct builder *b, size_t index, size_t section,
    const struct pb_lesson *in)
{
	struct model_lesson *l;
	const char *name;

	l = &b->m->lessons[index];
	name = arena_printf(b->mem, "lesson %zu", index + 1);
	l->id = clean_id(b->mem, in->id);
	if (l->id == NULL)
		l->id = arena_printf(b->mem, "l%zu", index + 1);
	l->title = title_of(b, in->title, name, name);
	l->section = section;
	b->level = 1;
	b->skipped = false;
	add_blocks(b, l, index, in);
	if (l->nblocks == 0 && !str_is_empty(in->content)) {
		add_html(b, &l->blocks[0],
		    model_lesson_name(b->mem, b->m, index), in->content);
		l->blocks[0].id = "content";
		l->nblocks = l->blocks[0].html[0] != '\0';
	}
	if (b->skipped)
		finding_warning(b->f, model_lesson_name(b->mem, b->m, index),
		    "heading", "a heading level is skipped");
	if (l->nblocks == 0)
		finding_warning(b->f, model_lesson_name(b->mem, b->m, index),
		    "blocks", "the lesson is empty");
}

static void
add_sections(struct builder *b)
{
	const struct pb_course_content *in = b->c->content;
	const struct pb_course_section *s;
	struct model *m = b->m;
	size_t i, k, n;

	if (in == NULL)
		return;
	for (i = n = 0; i < in->nsections; i++)
		n += in->sections[i].nlessons;
	m->sections =
	    arena_calloc(b->mem, in->nsections + 1, sizeof(*m->sections));
	m->lessons = arena_calloc(b->mem, n + 1, sizeof(*m->lessons));
	for (i = 0; i < in->nsections; i++) {
		s = &in->sections[i];
		if (s->nlessons == 0)
			continue;
		m->sections[m->nsections].id = s->id == NULL ? "" : s->id;
		m->sections[m->nsections].name = plain(b->mem, s->name);
		m->sections[m->nsections].first = m->nlessons;
		m->sections[m->nsections].nlessons = s->nlessons;
		for (k = 0; k < s->nlessons; k++) {
			add_lesson(b, m->nlessons, m->nsections,
			    &s->lessons[k]);
			m->nlessons++;
		}
		m->nsections++;
	}
}

static void
add_objectives(struct builder *b)
{
	struct model_objective *o;
	struct model *m = b->m;
	const char *id;
	size_t i;

	m->objectives = arena_calloc(b->mem, b->c->nlearning_objectives + 1,
	    sizeof(*m->objectives));
	for (i = 0; i < b->c->nlearning_objectives; i++) {
		o = &m->objectives[m->nobjectives];
		o->text = plain(b->mem, b->c->learning_objectives[i].text);
		id = clean_id(b->mem, b->c->learning_objectives[i].id);
		if (id == NULL)
			id = arena_printf(b->mem, "o%zu", i + 1);
		if (o->text[0] == '\0' || is_objective(m, id))
			continue;
		o->id = id;
		m->nobjectives++;
	}
}

struct model *
model_build(struct arena *a, const struct pb_course *c, const char *lang,
    struct findings *f)
{
	struct builder b = { 0 };
	struct model *m;

	m = arena_zalloc(a, sizeof(*m));
	b.mem = a;
	b.f = f;
	b.m = m;
	b.c = c;
	m->id = clean_id(a, c->id);
	if (m->id == NULL)
		m->id = "course";
	m->lang = lang;
	m->version = c->version > 0 ? c->version : 1;
	m->title = title_of(&b, c->settings == NULL ? "" : c->settings->title,
	    "course", "Untitled Course");
	m->outcome =
	    plain(a, c->settings == NULL ? "" : c->settings->desired_outcome);
	add_objectives(&b);
	add_sections(&b);
	if (c->assessment_settings != NULL && m->nquestions > 0) {
		m->checks =
		    c->assessment_settings->enable_embedded_knowledge_checks;
		m->exam = c->assessment_settings->enable_final_exam;
	}
	return m;
}

bool
model_is_scored(const struct model *m)
{
	size_t i;

	if (!m->checks && !m->exam)
		return false;
	for (i = 0; i < m->nquestions; i++)
		if (m->questions[i].points > 0)
			return true;
	return false;
}

/* --- fingerprint ---------------------------------------------------------- */

/* FNV-1a, 64 bits: spreads well enough to tell ten versions apart. */
static uint64_t
mix(uint64_t h, const char *s)
{
	do {
		h ^= (unsigned char)*s;
		h *= 0x100000001b3u;
	} while (*s++ != '\0');
	return h;
}

static uint64_t
mix_question(uint64_t h, const struct model_question *q)
{
	size_t i;

	h = mix(h, q->id);
	for (i = 0; i < q->noptions; i++)
		h = mix(h, q->options[i].id);
	return mix(h, q->options[q->right].id);
}

uint64_t
model_question_hash(const struct model_question *q)
{
	return mix_question(0xcbf29ce484222325u, q);
}

void
model_fingerprint(const struct model *m, size_t first, size_t n, bool exam,
    char out[MODEL_FINGERPRINT + 1])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789-_";
	uint64_t h;
	size_t i;

	h = mix(0xcbf29ce484222325u, m->id);
	h = mix(h, exam ? "exam" : m->checks ? "checks" : "");
	for (i = first; i < first + n; i++)
		h = mix(h, m->lessons[i].id);
	for (i = 0; i < m->nquestions; i++)
		if (exam ||
		    (m->checks && m->questions[i].lesson >= first &&
			m->questions[i].lesson < first + n))
			h = mix_question(h, &m->questions[i]);
	h ^= h >> 32;
	for (i = 0; i < MODEL_FINGERPRINT; i++, h >>= 6)
		out[i] = digits[h & 63];
	out[MODEL_FINGERPRINT] = '\0';
}

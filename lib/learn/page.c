/*
 * Writes the pages. All text goes through html_escape_to() or comes sanitized
 * from the model; data for the script is JSON in which no '<' is left, so it
 * cannot end its element.
 */
#include "learn/page.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "learn/html.h"
#include "learn/texts.h"
#include "net/json.h"

struct page {
	struct buf *b;
	const struct model *m;
	const struct page_options *o;
	enum texts_lang ui;
	bool foreign; /* the player's words are not in the course's language */
};

static const char *const completions[] = {
	[EXPORT_COMPLETION_DEFAULT] = "lessons",
	[EXPORT_LESSONS] = "lessons",
	[EXPORT_LESSONS_AND_PASS] = "lessons_and_pass",
	[EXPORT_PASS] = "pass",
	[EXPORT_PERCENT] = "percent",
};

void
page_options_init(struct page_options *o, const struct model *m)
{
	memset(o, 0, sizeof(*o));
	o->runtime = "none";
	o->base = "";
	o->own_policy = true;
	o->nlessons = m->nlessons;
	o->exam = m->exam;
	o->completion =
	    model_is_scored(m) ? EXPORT_LESSONS_AND_PASS : EXPORT_LESSONS;
	o->pass_mark = 80;
}

/* The lessons of the page show this question, or its exam does. */
static bool
in_lessons(const struct model *m, const struct page_options *o, size_t q)
{
	return m->checks && m->questions[q].lesson >= o->first &&
	    m->questions[q].lesson < o->first + o->nlessons;
}

/* The page judges: it has an exam, or checks and the course has no exam. */
static bool
page_is_scored(const struct model *m, const struct page_options *o)
{
	size_t i;

	if (m->exam && !o->exam)
		return false;
	for (i = 0; i < m->nquestions; i++)
		if ((o->exam || in_lessons(m, o, i)) &&
		    m->questions[i].points > 0)
			return true;
	return false;
}

static struct page
page_new(struct buf *b, const struct model *m, const struct page_options *o)
{
	struct page p = { 0 };

	p.b = b;
	p.m = m;
	p.o = o;
	p.ui = texts_lang(m->lang);
	p.foreign = strncasecmp(texts_tag(p.ui), m->lang, 2) != 0;
	return p;
}

static void
put(struct page *p, const char *s)
{
	buf_puts(p->b, s);
}

static void
text(struct page *p, const char *s)
{
	html_escape_to(p->b, s);
}

static void
word(struct page *p, const char *key)
{
	html_escape_to(p->b, texts_get(p->ui, key));
}

/* A text with {n} and {m} filled in. */
static void
word_n(struct page *p, const char *key, size_t n, size_t m)
{
	const char *s;

	for (s = texts_get(p->ui, key); *s != '\0'; s++) {
		if (str_starts(s, "{n}") || str_starts(s, "{m}")) {
			buf_printf(p->b, "%zu", s[1] == 'n' ? n : m);
			s += 2;
		} else
			buf_putc(p->b, *s);
	}
}

/* For elements that hold words of the player only. */
static void
ui_lang(struct page *p)
{
	if (p->foreign)
		buf_printf(p->b, " lang=\"%s\" dir=\"ltr\"", texts_tag(p->ui));
}

/* --- head ----------------------------------------------------------------- */

static void
put_policy(struct page *p)
{
	put(p, "<meta http-equiv=\"Content-Security-Policy\" content=\"");
	put(p, "default-src 'self'; img-src 'self'");
	if (p->m->remote)
		put(p, " https: http:");
	put(p, "; object-src 'none'; base-uri 'none'; form-action 'none'\">\n");
}

static void
put_asset(struct page *p, const char *url, const char *name)
{
	if (url != NULL) {
		text(p, url);
		return;
	}
	text(p, p->o->base);
	put(p, "assets/");
	put(p, name);
}

static void
put_head(struct page *p, const char *title, bool script)
{
	put(p, "<!DOCTYPE html>\n<html lang=\"");
	text(p, p->m->lang);
	buf_printf(p->b, "\" dir=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n",
	    texts_is_rtl(p->m->lang) ? "rtl" : "ltr");
	if (p->o->own_policy)
		put_policy(p);
	put(p,
	    "<meta name=\"viewport\" content=\"width=device-width, "
	    "initial-scale=1\">\n"
	    "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
	text(p, title);
	put(p, "</title>\n<link rel=\"stylesheet\" href=\"");
	put_asset(p, p->o->css, "player.css");
	put(p, "\">\n");
	if (script) {
		put(p, "<script src=\"");
		put_asset(p, p->o->js, "player.js");
		put(p, "\"></script>\n");
	}
	put(p, "</head>\n");
}

/* --- lessons -------------------------------------------------------------- */

/* Media addresses are relative to the package's root. */
static void
put_html(struct page *p, const char *html)
{
	static const char mark[] = " src=\"media/";
	const char *s;

	while ((s = strstr(html, mark)) != NULL) {
		buf_put(p->b, html, (size_t)(s - html));
		put(p, " src=\"");
		text(p, p->o->base);
		put(p, "media/");
		html = s + sizeof(mark) - 1;
	}
	put(p, html);
}

static void
put_option(struct page *p, const struct model_option *o, const char *name,
    size_t n, size_t i)
{
	buf_printf(p->b,
	    "<label class=\"option\"><input type=\"radio\" name=\"%s%zu\" "
	    "value=\"%zu\"><span>",
	    name, n, i);
	text(p, o->text);
	put(p, "</span></label>\n");
}

/* name is "q" inside lessons, "x" in the exam: the parts of ids. */
static void
put_question(struct page *p, size_t n, const char *name, size_t nth,
    size_t total)
{
	const struct model_question *q = &p->m->questions[n];
	size_t i;

	buf_printf(p->b,
	    "<form class=\"question\" id=\"%s%zu\">\n<p class=\"label\"", name,
	    n);
	ui_lang(p);
	put(p, ">");
	if (total > 0)
		word_n(p, "question_of", nth, total);
	else
		word(p, "knowledge_check");
	put(p, "</p>\n<fieldset><legend>");
	text(p, q->text);
	put(p, "</legend>\n");
	for (i = 0; i < q->noptions; i++)
		put_option(p, &q->options[i], name, n, i);
	put(p, "</fieldset>\n");
	if (q->required && total == 0) {
		put(p, "<p class=\"hint\"");
		ui_lang(p);
		put(p, ">");
		word(p, "required");
		put(p, "</p>\n");
	}
	put(p, "</form>\n");
}

static void
put_block(struct page *p, const struct model_block *bl)
{
	switch (bl->kind) {
	case MODEL_HEADING:
		buf_printf(p->b, "<h%d>", bl->level);
		text(p, bl->html);
		buf_printf(p->b, "</h%d>\n", bl->level);
		break;
	case MODEL_HTML:
		put(p, "<div class=\"text\">");
		put_html(p, bl->html);
		put(p, "</div>\n");
		break;
	case MODEL_QUESTION:
		if (p->m->checks)
			put_question(p, bl->question, "q", 0, 0);
		break;
	}
}

static void
put_about(struct page *p)
{
	const struct model *m = p->m;
	size_t i;

	if (m->outcome[0] == '\0' && m->nobjectives == 0)
		return;
	put(p, "<details class=\"about\" open><summary");
	ui_lang(p);
	put(p, ">");
	word(p, "about");
	put(p, "</summary>\n");
	if (m->outcome[0] != '\0') {
		put(p, "<p>");
		text(p, m->outcome);
		put(p, "</p>\n");
	}
	if (m->nobjectives > 0) {
		put(p, "<p class=\"label\"");
		ui_lang(p);
		put(p, ">");
		word(p, "objectives");
		put(p, "</p>\n<ul>\n");
		for (i = 0; i < m->nobjectives; i++) {
			put(p, "<li>");
			text(p, m->objectives[i].text);
			put(p, "</li>\n");
		}
		put(p, "</ul>\n");
	}
	put(p, "</details>\n");
}

static void
put_eyebrow(struct page *p, size_t i)
{
	const char *name;

	name = p->m->sections[p->m->lessons[i].section].name;
	put(p, "<p class=\"eyebrow\">");
	if (name[0] != '\0') {
		text(p, name);
		put(p, " <span aria-hidden=\"true\">\xc2\xb7</span> ");
	}
	put(p, "<span");
	ui_lang(p);
	put(p, ">");
	word_n(p, "lesson_of", i + 1, p->m->nlessons);
	put(p, "</span></p>\n");
}

static void
put_lesson(struct page *p, size_t i)
{
	const struct model_lesson *l = &p->m->lessons[i];
	size_t k;

	buf_printf(p->b, "<article class=\"lesson\" id=\"l%zu\">\n", i + 1);
	put_eyebrow(p, i);
	put(p, "<h1 tabindex=\"-1\">");
	text(p, l->title);
	put(p, "</h1>\n");
	if (i == 0)
		put_about(p);
	for (k = 0; k < l->nblocks; k++)
		put_block(p, &l->blocks[k]);
	put(p, "</article>\n");
}

static void
put_exam(struct page *p)
{
	const struct model *m = p->m;
	size_t i;

	put(p, "<article class=\"lesson exam\" id=\"exam\"");
	ui_lang(p);
	put(p, ">\n<p class=\"eyebrow\">");
	text(p, m->title);
	put(p, "</p>\n<h1 tabindex=\"-1\">");
	word(p, "final_exam");
	put(p, "</h1>\n<p class=\"intro\">");
	word_n(p, "exam_intro", m->nquestions, (size_t)p->o->pass_mark);
	put(p, "</p>\n<div class=\"paper\" lang=\"");
	text(p, m->lang);
	buf_printf(p->b, "\" dir=\"%s\">\n",
	    texts_is_rtl(m->lang) ? "rtl" : "ltr");
	for (i = 0; i < m->nquestions; i++)
		put_question(p, i, "x", i + 1, m->nquestions);
	put(p, "</div>\n</article>\n");
}

/* --- around the lessons --------------------------------------------------- */

static void
put_button(struct page *p, const char *id, const char *key)
{
	buf_printf(p->b, "<button type=\"button\" id=\"%s\"", id);
	ui_lang(p);
	put(p, " hidden>");
	word(p, key);
	put(p, "</button>\n");
}

static void
put_banner(struct page *p)
{
	put(p, "<header class=\"top\">\n<div class=\"bar\">\n");
	buf_printf(p->b,
	    "<button type=\"button\" id=\"menu\" aria-controls=\"nav\" "
	    "aria-expanded=\"false\"");
	ui_lang(p);
	put(p,
	    " hidden><span aria-hidden=\"true\" class=\"burger\"></span><span "
	    "class=\"word\">");
	word(p, "contents");
	put(p, "</span></button>\n<p class=\"course\">");
	text(p, p->m->title);
	put(p, "</p>\n<div class=\"meter\" id=\"meter\"");
	ui_lang(p);
	put(p,
	    " hidden><span id=\"progress-text\"></span><progress id=\"progress\" "
	    "max=\"100\" value=\"0\" aria-label=\"");
	word(p, "course_progress");
	put(p,
	    "\"></progress></div>\n</div>\n"
	    "<div id=\"notices\" role=\"status\"></div>\n</header>\n");
}

static void
put_nav_item(struct page *p, const char *href, const char *title)
{
	buf_printf(p->b,
	    "<li><a href=\"#%s\"><span class=\"mark\" "
	    "aria-hidden=\"true\"></span><span class=\"name\">",
	    href);
	text(p, title);
	put(p, "</span><span class=\"state\"");
	ui_lang(p);
	put(p, "></span></a></li>\n");
}

static void
put_nav_section(struct page *p, const struct model_section *s)
{
	const struct page_options *o = p->o;
	char id[32];
	size_t i, end;

	end = s->first + s->nlessons;
	if (end <= o->first || s->first >= o->first + o->nlessons)
		return;
	put(p, "<li>");
	if (s->name[0] != '\0') {
		put(p, "<p class=\"section\">");
		text(p, s->name);
		put(p, "</p>");
	}
	put(p, "\n<ol>\n");
	for (i = s->first; i < end; i++) {
		if (i < o->first || i >= o->first + o->nlessons)
			continue;
		(void)snprintf(id, sizeof(id), "l%zu", i + 1); /* fits */
		put_nav_item(p, id, p->m->lessons[i].title);
	}
	put(p, "</ol></li>\n");
}

static void
put_nav(struct page *p)
{
	size_t i;

	put(p, "<nav id=\"nav\" aria-label=\"");
	word(p, "lessons");
	put(p, "\">\n<ol class=\"sections\">\n");
	for (i = 0; i < p->m->nsections; i++)
		put_nav_section(p, &p->m->sections[i]);
	if (p->o->exam) {
		put(p, "<li><ol>\n");
		put_nav_item(p, "exam", texts_get(p->ui, "final_exam"));
		put(p, "</ol></li>\n");
	}
	put(p, "</ol>\n<label class=\"shortcuts\" id=\"shortcuts\"");
	ui_lang(p);
	put(p, " hidden><input type=\"checkbox\" checked><span>");
	word(p, "shortcuts");
	put(p, "</span></label>\n</nav>\n");
}

static void
put_footer(struct page *p)
{
	put(p, "<footer class=\"foot\">\n");
	put_button(p, "previous", "previous");
	put_button(p, "leave", "leave");
	put_button(p, "next", "next");
	put(p, "</footer>\n");
}

/* JSON for a script element: nothing in it can end the element. */
static void
put_data(struct page *p)
{
	struct buf b = BUF_INIT;
	const char *s;

	page_data(&b, p->m, p->o);
	put(p, "<script type=\"application/json\" id=\"mirai\">");
	for (s = buf_str(&b); *s != '\0'; s++) {
		if (*s == '<')
			put(p, "\\u003c");
		else
			buf_putc(p->b, *s);
	}
	put(p, "</script>\n");
	buf_free(&b);
}

static void
put_noscript(struct page *p)
{
	put(p, "<noscript><p class=\"notice\"");
	ui_lang(p);
	put(p, ">");
	word(p, "no_script");
	put(p, "</p></noscript>\n");
}

void
page_player(struct buf *b, const struct model *m, const struct page_options *o)
{
	struct page p;
	size_t i;

	p = page_new(b, m, o);
	put_head(&p, m->title, true);
	put(&p, "<body>\n<a class=\"skip\" href=\"#main\"");
	ui_lang(&p);
	put(&p, ">");
	word(&p, "skip");
	put(&p, "</a>\n");
	put_banner(&p);
	put(&p, "<div class=\"layout\">\n");
	put_nav(&p);
	put(&p, "<div class=\"stage\">\n<main id=\"main\" tabindex=\"-1\">\n");
	put_noscript(&p);
	for (i = o->first; i < o->first + o->nlessons; i++)
		put_lesson(&p, i);
	if (o->exam)
		put_exam(&p);
	put(&p, "</main>\n");
	put_footer(&p);
	put(&p, "</div>\n</div>\n");
	put_data(&p);
	put(&p, "</body>\n</html>\n");
}

/* --- one lesson, no script ------------------------------------------------ */

static void
put_turn(struct page *p, size_t i, const char *rel, const char *key)
{
	buf_printf(p->b, "<a class=\"button\" rel=\"%s\" href=\"%03zu.html\">",
	    rel, i + 1);
	put(p, "<span");
	ui_lang(p);
	put(p, ">");
	word(p, key);
	put(p, "</span> <span class=\"what\">");
	text(p, p->m->lessons[i].title);
	put(p, "</span></a>\n");
}

void
page_lesson(struct buf *b, const struct model *m, size_t i,
    const struct page_options *o)
{
	struct page p;

	p = page_new(b, m, o);
	put_head(&p, m->lessons[i].title, false);
	put(&p,
	    "<body class=\"plain\">\n<header class=\"top\"><div class=\"bar\">"
	    "<p class=\"course\"><a href=\"");
	text(&p, o->base);
	put(&p, "index.html\">");
	text(&p, m->title);
	put(&p, "</a></p></div></header>\n<div class=\"stage\">\n<main>\n");
	put_lesson(&p, i);
	put(&p, "</main>\n<footer class=\"foot\">\n");
	if (i > 0)
		put_turn(&p, i - 1, "prev", "previous");
	if (i + 1 < m->nlessons)
		put_turn(&p, i + 1, "next", "next");
	put(&p, "</footer>\n</div>\n</body>\n</html>\n");
}

/* --- data for the script -------------------------------------------------- */

static void
member(struct buf *b, const char *key, const char *value)
{
	buf_printf(b, "\"%s\":", key);
	json_quote(b, value);
	buf_putc(b, ',');
}

static void
put_ids(struct buf *b, const struct model *m, const char **ids, size_t n)
{
	size_t i, k;

	buf_putc(b, '[');
	for (i = 0; i < n; i++)
		for (k = 0; k < m->nobjectives; k++)
			if (str_eq(m->objectives[k].id, ids[i]))
				buf_printf(b, "%s%zu", i > 0 ? "," : "", k);
	buf_putc(b, ']');
}

static void
data_lessons(struct buf *b, const struct model *m, const struct page_options *o)
{
	const struct model_lesson *l;
	bool some;
	size_t i, k;

	buf_puts(b, "\"lessons\":[");
	for (i = o->first; i < o->first + o->nlessons; i++) {
		l = &m->lessons[i];
		buf_printf(b, "%s{\"el\":\"l%zu\",", i > o->first ? "," : "",
		    i + 1);
		member(b, "id", l->id);
		buf_puts(b, "\"q\":[");
		some = false;
		for (k = 0; k < m->nquestions && m->checks; k++)
			if (m->questions[k].lesson == i) {
				buf_printf(b, "%s%zu", some ? "," : "", k);
				some = true;
			}
		buf_puts(b, "],\"o\":");
		put_ids(b, m, l->objectives, l->nobjectives);
		buf_putc(b, '}');
	}
	buf_puts(b, "],\n");
}

static void
data_question(struct buf *b, const struct model *m,
    const struct model_question *q)
{
	size_t i;

	buf_putc(b, '{');
	member(b, "id", q->id);
	member(b, "type", q->type == MODEL_CHOICE ? "choice" : "true-false");
	buf_puts(b, "\"keys\":\"");
	for (i = 0; i < q->noptions; i++)
		buf_putc(b, q->options[i].key);
	buf_printf(b, "\",\"right\":%zu,\"points\":%d,", q->right, q->points);
	if (q->required)
		buf_puts(b, "\"required\":true,");
	if (q->explanation[0] != '\0')
		member(b, "why", q->explanation);
	if (q->right_feedback[0] != '\0')
		member(b, "yes", q->right_feedback);
	if (q->wrong_feedback[0] != '\0')
		member(b, "no", q->wrong_feedback);
	buf_puts(b, "\"o\":");
	put_ids(b, m, q->objectives, q->nobjectives);
	buf_putc(b, '}');
}

/* Position now of each lesson or question of an earlier version, -1: gone. */
static long
lesson_now(const struct model *m, const struct model_lesson *old)
{
	size_t i;

	for (i = 0; i < m->nlessons; i++)
		if (str_eq(m->lessons[i].id, old->id))
			return (long)i;
	return -1;
}

static long
question_now(const struct model *m, const struct model_question *old)
{
	size_t i;

	for (i = 0; i < m->nquestions; i++)
		if (str_eq(m->questions[i].id, old->id) &&
		    model_question_hash(&m->questions[i]) ==
			model_question_hash(old))
			return (long)i;
	return -1;
}

static void
data_earlier(struct buf *b, const struct model *m, const struct model *old)
{
	char fp[MODEL_FINGERPRINT + 1];
	size_t i;

	model_fingerprint(old, 0, old->nlessons, old->exam, fp);
	buf_printf(b, "{\"fp\":\"%s\",\"checks\":%s,\"exam\":%s,\"l\":[", fp,
	    old->checks ? "true" : "false", old->exam ? "true" : "false");
	for (i = 0; i < old->nlessons; i++)
		buf_printf(b, "%s%ld", i > 0 ? "," : "",
		    lesson_now(m, &old->lessons[i]));
	buf_puts(b, "],\"q\":[");
	for (i = 0; i < old->nquestions; i++)
		buf_printf(b, "%s%ld", i > 0 ? "," : "",
		    question_now(m, &old->questions[i]));
	buf_puts(b, "]}");
}

static void
data_settings(struct buf *b, const struct model *m,
    const struct page_options *o)
{
	char fp[MODEL_FINGERPRINT + 1];

	model_fingerprint(m, o->first, o->nlessons, o->exam, fp);
	member(b, "id", m->id);
	buf_printf(b, "\"version\":%d,\n", (int)m->version);
	member(b, "fp", fp);
	member(b, "runtime", o->runtime);
	if (o->return_url != NULL)
		member(b, "back", o->return_url);
	member(b, "completion", completions[o->completion]);
	buf_printf(b,
	    "\"percent\":%d,\"mark\":%d,\"attempts\":%d,\n\"sequential\":%s,"
	    "\"exam\":%s,\"checks\":%s,\"scored\":%s,\n",
	    o->percent, o->pass_mark, o->attempts,
	    o->navigation == EXPORT_SEQUENTIAL ? "true" : "false",
	    o->exam ? "true" : "false", m->checks ? "true" : "false",
	    page_is_scored(m, o) ? "true" : "false");
}

void
page_data(struct buf *b, const struct model *m, const struct page_options *o)
{
	enum texts_lang ui;
	bool some;
	size_t i;

	ui = texts_lang(m->lang);
	buf_puts(b, "{");
	data_settings(b, m, o);
	data_lessons(b, m, o);
	buf_puts(b, "\"questions\":{");
	for (i = 0, some = false; i < m->nquestions; i++) {
		if (!o->exam && !in_lessons(m, o, i))
			continue;
		buf_printf(b, "%s\"%zu\":", some ? ",\n" : "", i);
		data_question(b, m, &m->questions[i]);
		some = true;
	}
	buf_puts(b, "},\n\"objectives\":[");
	for (i = 0; i < m->nobjectives; i++) {
		buf_puts(b, i > 0 ? "," : "");
		json_quote(b, m->objectives[i].id);
	}
	buf_puts(b, "],\n\"earlier\":[");
	for (i = 0; i < o->nearlier; i++) {
		buf_puts(b, i > 0 ? "," : "");
		data_earlier(b, m, o->earlier[i]);
	}
	buf_puts(b, "],\n");
	member(b, "lang", texts_tag(ui));
	buf_puts(b, "\"ui\":");
	texts_put_json(b, ui);
	buf_puts(b, "}");
}

/*
 * As player.js writes it: "M1." and check, then fields parted by dots:
 * fingerprint, position, lessons (1 bit each), questions (2 bits each, those
 * of the lessons and again those of the exam), facts.
 */
size_t
page_state_len(const struct model *m, const struct page_options *o)
{
	size_t i, len, n;

	for (i = n = 0; i < m->nquestions; i++)
		n += (in_lessons(m, o, i) ? 1 : 0) + (o->exam ? 1 : 0);
	len = 3 + 4 + 1 + MODEL_FINGERPRINT + 1 + 4 + 1;
	len += (o->nlessons + 5) / 6 + 1;
	len += (n + 2) / 3 + 1;
	return len + 16;
}

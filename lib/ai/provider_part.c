/*
 * One maker per type, which reads its members by the names the form has: flat
 * ("quiz_question") or nested ("question").
 */
#include "ai/provider_part.h"

#include <string.h>

#include "base/str.h"
#include "base/utf8.h"
#include "learn/html.h"

#define HTML_MOST    ((size_t)64 * 1024) /* bytes; content.md 15 */
#define LINE_MOST    500
#define CAPTION_MOST 1000
#define PROSE_MOST   5000
#define URL_MOST     2000
#define OPTIONS_MOST 4	/* of a model's quiz */
#define OPTIONS_EVER 10 /* of a person's */

struct maker {
	struct arena *a;
	const struct json *in;
	bool flat;
	bool stored;	 /* nested, and url and options are a person's */
	const char *old; /* stored form before; NULL: none */
	struct json *out;
	struct component *c;
};

static const char *const names[COMPONENT__MAX] = {
	[COMPONENT_TEXT] = "text",
	[COMPONENT_HEADING] = "heading",
	[COMPONENT_QUIZ] = "quiz",
	[COMPONENT_IMAGE] = "image",
};

const char *
provider_part_name(enum component_type type)
{
	return names[type];
}

/* --- text -------------------------------------------------------------------- */

static char *
clean(struct arena *a, const char *s, size_t max, bool lines)
{
	size_t len = strlen(s), i, n;
	struct buf b = BUF_INIT;
	uint32_t cp;
	char *out;

	for (i = 0; i < len; i += n) {
		if ((n = utf8_decode(s + i, len - i, &cp)) == 0) {
			n = 1;
			continue;
		}
		if (cp >= 0x20 && (cp < 0x7f || cp > 0x9f))
			buf_put(&b, s + i, n);
		else if (cp == '\n' || cp == '\t')
			buf_putc(&b, lines ? (char)cp : ' ');
	}
	out = str_trim(a, buf_str(&b));
	buf_free(&b);
	out[utf8_prefix(out, max)] = '\0';
	return out;
}

char *
provider_part_line(struct arena *a, const char *s, size_t max)
{
	return clean(a, s, max, false);
}

char *
provider_part_prose(struct arena *a, const char *s, size_t max)
{
	return clean(a, s, max, true);
}

/* A member by the name it has in this form. */
static const char *
member(const struct maker *m, const char *flat, const char *nested)
{
	return json_get_text(m->in, m->flat ? flat : nested, "");
}

/* --- one maker per type ------------------------------------------------------ */

static const char *
make_text(struct maker *m)
{
	const char *html =
	    html_sanitize_prose(m->a, member(m, "text_html", "html"));
	const char *plain = html_to_text(m->a, html);

	if (*plain == '\0')
		return "a text component without text";
	if (strlen(html) > HTML_MOST)
		return "a text component that is too long";
	json_put_text(m->out, "html", html);
	json_put_text(m->out, "plaintext", plain);
	m->c->text = html;
	return NULL;
}

static const char *
make_heading(struct maker *m)
{
	int64_t level =
	    json_get_int(m->in, m->flat ? "heading_level" : "level", 1, 4, 0);
	const char *text = provider_part_line(m->a,
	    member(m, "heading_text", "text"), LINE_MOST);

	if (level == 0)
		return "a heading of a level that is not 1 to 4";
	if (*text == '\0')
		return "a heading without text";
	json_put_int(m->out, "level", level);
	json_put_text(m->out, "text", text);
	m->c->level = (unsigned)level;
	m->c->text = text;
	return NULL;
}

/* Absolute, and nothing in it that ends an attribute or a line. */
static bool
is_url(const char *s)
{
	const char *p;

	if (!str_starts(s, "https://") && !str_starts(s, "http://"))
		return false;
	for (p = s; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || strchr("<>\"'`\\", *p) != NULL)
			return false;
	return (size_t)(p - s) <= URL_MOST;
}

/* What an author set for the image, now or before; NULL: nothing. */
static const char *
author_url(const struct maker *m)
{
	const struct json *j;

	if (m->stored)
		return json_get_text(m->in, "url", NULL);
	if (m->old == NULL)
		return NULL;
	j = json_parse(m->a, m->old, strlen(m->old), NULL, NULL);
	return json_get_text(j, "url", NULL);
}

/* The figure as HTML: the picture, or in its place what it should show. */
static const char *
figure(struct maker *m, const char *url, const char *description,
    const char *alt, const char *caption)
{
	struct buf *b = buf_new(m->a);

	buf_puts(b, "<figure>");
	if (url != NULL) {
		buf_puts(b, "<img src=\"");
		html_escape_to(b, url);
		buf_puts(b, "\" alt=\"");
		html_escape_to(b, alt);
		buf_puts(b, "\"/>");
	} else {
		buf_puts(b, "<p><em>");
		html_escape_to(b, description);
		buf_puts(b, "</em></p>");
	}
	if (*caption != '\0') {
		buf_puts(b, "<figcaption>");
		html_escape_to(b, caption);
		buf_puts(b, "</figcaption>");
	}
	buf_puts(b, "</figure>");
	return html_sanitize(m->a, buf_str(b));
}

static const char *
make_image(struct maker *m)
{
	const char *url = author_url(m);
	const char *description = provider_part_prose(m->a,
	    member(m, "image_description", "image_description"), PROSE_MOST);
	const char *alt = provider_part_line(m->a,
	    member(m, "image_alt_text", "alt_text"), CAPTION_MOST);
	const char *caption = provider_part_line(m->a,
	    member(m, "image_caption", "caption"), CAPTION_MOST);

	if (url != NULL && *url == '\0')
		url = NULL;
	if (*description == '\0')
		return "an image without description";
	if (m->stored && url != NULL && !is_url(url))
		return "an image whose address is not http or https";
	json_put_text(m->out, "image_description", description);
	json_put_text(m->out, "alt_text", alt);
	json_put_text(m->out, "caption", caption);
	json_put_text(m->out, "url", url); /* NULL puts nothing */
	m->c->text = figure(m, url, description, alt, caption);
	return NULL;
}

/* Options in order; NULL and whether one has the id of the answer. */
static const char *
make_options(struct maker *m, const struct json *in, const char *answer,
    bool *found)
{
	struct json *out = json_put_list(m->out, "options"), *o;
	const char *id, *text;
	size_t i, j;

	*found = false;
	for (i = 0; i < json_count(in); i++) {
		id = json_get_text(json_at(in, i), "id", "");
		text = provider_part_prose(m->a,
		    json_get_text(json_at(in, i), "text", ""), PROSE_MOST);
		if (*id == '\0' || *text == '\0')
			return "a quiz option without id or text";
		for (j = 0; j < i; j++) {
			if (str_eq(json_get_text(json_at(in, j), "id", ""), id))
				return "two quiz options with one id";
		}
		*found |= strcmp(id, answer) == 0;
		o = json_add_object(out);
		json_put_text(o, "id", id);
		json_put_text(o, "text", text);
	}
	return NULL;
}

/* Said in the nested form; a flat question is one of several choices. */
static const char *
question_type(const struct maker *m, size_t noptions)
{
	const char *type = json_get_text(m->in, "question_type", "");

	return !m->flat && noptions == 2 && strcmp(type, "true_false") == 0
	    ? type
	    : "multiple_choice";
}

static void
put_optional(struct maker *m, const char *key)
{
	const char *s = json_get_text(m->in, key, "");

	if (!m->flat && *s != '\0')
		json_put_text(m->out, key,
		    provider_part_prose(m->a, s, PROSE_MOST));
}

static const char *
make_quiz(struct maker *m)
{
	const struct json *options =
	    json_get_list(m->in, m->flat ? "quiz_options" : "options");
	const char *answer =
	    member(m, "quiz_correct_answer_id", "correct_answer_id");
	const char *question = provider_part_prose(m->a,
	    member(m, "quiz_question", "question"), PROSE_MOST);
	const char *why;
	bool found;

	if (*question == '\0')
		return "a quiz without question";
	if (json_count(options) < 2 ||
	    json_count(options) > (m->stored ? OPTIONS_EVER : OPTIONS_MOST))
		return m->stored ? "a quiz without 2 to 10 options"
				 : "a quiz without 2 to 4 options";
	json_put_text(m->out, "question", question);
	json_put_text(m->out, "question_type",
	    question_type(m, json_count(options)));
	if ((why = make_options(m, options, answer, &found)) != NULL)
		return why;
	if (!found)
		return "a quiz whose answer is none of its options";
	json_put_text(m->out, "correct_answer_id", answer);
	json_put_text(m->out, "explanation",
	    provider_part_prose(m->a,
		member(m, "quiz_explanation", "explanation"), PROSE_MOST));
	put_optional(m, "correct_feedback");
	put_optional(m, "incorrect_feedback");
	return NULL;
}

static const char *(*const makers[COMPONENT__MAX])(struct maker *m) = {
	[COMPONENT_TEXT] = make_text,
	[COMPONENT_HEADING] = make_heading,
	[COMPONENT_QUIZ] = make_quiz,
	[COMPONENT_IMAGE] = make_image,
};

/* --- both forms -------------------------------------------------------------- */

static const char *
make(struct maker *m, enum component_type type, const char *seed)
{
	const char *why;

	*m->c = (struct component){ .type = type, .kind = "model" };
	m->out = json_new_object(m->a);
	if ((why = makers[type](m)) != NULL)
		return why;
	m->c->json = json_string(m->a, m->out, JSON_COMPACT);
	if (type == COMPONENT_QUIZ)
		m->c->text = m->c->json;
	m->c->id = knowledge_id(m->a, "component", seed, m->c->json);
	return NULL;
}

const char *
provider_part_flat(struct arena *a, const struct json *flat, const char *seed,
    struct component *out)
{
	struct maker m = { .a = a, .in = flat, .flat = true, .c = out };
	const char *type = json_get_text(flat, "component_type", "");
	size_t i;

	for (i = 0; i < COMPONENT__MAX; i++) {
		if (strcmp(names[i], type) == 0)
			return make(&m, (enum component_type)i, seed);
	}
	return "a component of unknown type";
}

const char *
provider_part_nested(struct arena *a, enum component_type type,
    const struct json *nested, const char *old, struct component *out)
{
	struct maker m = { .a = a, .in = nested, .old = old, .c = out };

	return make(&m, type, old);
}

const char *
provider_part_stored(struct arena *a, enum component_type type,
    const struct json *nested, struct component *out)
{
	struct maker m = { .a = a, .in = nested, .stored = true, .c = out };

	return make(&m, type, "stored");
}

/*
 * What a component of a lesson says. What is stored comes from a provider or an
 * older form and may lack anything; what is typed is stored as it is shown.
 */
#include "builder_content.h"

#include "learn/html.h"
#include "net/json.h"

#include <string.h>

/* --- reading what is stored ------------------------------------------------------ */

static void
read_options(struct builder_content *c, const struct json *list)
{
	const struct json *o;
	size_t i;

	for (i = 0; i < json_count(list) && i < BUILDER_OPTIONS_MAX; i++) {
		o = json_at(list, i);
		c->option_ids[i] = json_get_text(o, "id", "");
		c->option_texts[i] = json_get_text(o, "text", "");
		c->noptions++;
	}
}

static int64_t
clamp_level(int64_t level)
{
	return level < 1 ? 1 : level > 4 ? 4 : level;
}

/* Whether the type's own texts are there. */
static bool
is_valid(int32_t type, const struct builder_content *c)
{
	switch (type) {
	case PB_LESSON_COMPONENT_TYPE_TEXT:
		return c->html[0] != '\0';
	case PB_LESSON_COMPONENT_TYPE_HEADING:
		return c->text[0] != '\0';
	case PB_LESSON_COMPONENT_TYPE_IMAGE:
		return c->description[0] != '\0' || c->url[0] != '\0';
	case PB_LESSON_COMPONENT_TYPE_QUIZ:
		return c->question[0] != '\0' &&
		    c->noptions >= BUILDER_OPTIONS_MIN;
	default:
		return false;
	}
}

struct builder_content
builder_content_read(struct arena *a, int32_t type, const char *text)
{
	const struct json *j;
	struct builder_content c = { 0 };

	j = json_parse(a, text == NULL ? "" : text,
	    text == NULL ? 0 : strlen(text), NULL, NULL);
	c.html = json_get_text(j, "html", "");
	if (c.html[0] == '\0')
		c.html = html_escape(a, json_get_text(j, "plaintext", ""));
	c.level = clamp_level(json_get_int(j, "level", 0, 100, 2));
	c.text = json_get_text(j, "text", "");
	c.description = json_get_text(j, "image_description", "");
	c.url = json_get_text(j, "url", "");
	c.alt = json_get_text(j, "alt_text", "");
	c.caption = json_get_text(j, "caption", "");
	c.question = json_get_text(j, "question", "");
	c.type = json_get_text(j, "question_type", "multiple_choice");
	c.correct = json_get_text(j, "correct_answer_id", "");
	c.explanation = json_get_text(j, "explanation", "");
	c.right = json_get_text(j, "correct_feedback", "");
	c.wrong = json_get_text(j, "incorrect_feedback", "");
	read_options(&c, json_get(j, "options"));
	c.valid = is_valid(type, &c);
	return c;
}

/* --- what was typed -------------------------------------------------------------- */

struct builder_content
builder_content_posted(struct page *p)
{
	const char **ids, **texts;
	size_t i, nids, ntexts;
	int64_t level;
	struct builder_content c = {
		.html = builder_value(p, "html"),
		.text = builder_value(p, "text"),
		.description = builder_value(p, "image_description"),
		.url = str_trim(p->r->mem, builder_value(p, "url")),
		.alt = builder_value(p, "alt_text"),
		.caption = builder_value(p, "caption"),
		.question = builder_value(p, "question"),
		.type = builder_value(p, "question_type"),
		.correct = builder_value(p, "correct"),
		.explanation = builder_value(p, "explanation"),
		.right = builder_value(p, "correct_feedback"),
		.wrong = builder_value(p, "incorrect_feedback"),
	};

	c.level =
	    str_to_i64(builder_value(p, "level"), 1, 4, &level) ? level : 2;
	ids = builder_posted(p, "option_id", &nids);
	texts = builder_posted(p, "option_text", &ntexts);
	for (i = 0; i < nids && i < ntexts && i < BUILDER_OPTIONS_MAX; i++) {
		c.option_ids[i] = ids[i];
		c.option_texts[i] = texts[i];
		c.noptions++;
	}
	return c;
}

static bool
has_option(const struct builder_content *c, const char *id)
{
	return builder_has(c->option_ids, c->noptions, id);
}

static void
add_option(struct page *p, struct builder_content *c)
{
	const char *id;
	int n;

	if (c->noptions == BUILDER_OPTIONS_MAX)
		return;
	for (n = 1;; n++) {
		id = arena_printf(p->r->mem, "option-%d", n);
		if (!has_option(c, id))
			break;
	}
	c->option_ids[c->noptions] = id;
	c->option_texts[c->noptions++] = "";
}

/* Without the right one the first is the right one. */
static void
drop_option(struct builder_content *c, const char *id)
{
	size_t i, n;

	if (c->noptions <= BUILDER_OPTIONS_MIN)
		return;
	for (i = n = 0; i < c->noptions; i++) {
		if (str_eq(c->option_ids[i], id))
			continue;
		c->option_ids[n] = c->option_ids[i];
		c->option_texts[n++] = c->option_texts[i];
	}
	c->noptions = n;
	if (str_eq(c->correct, id))
		c->correct = c->option_ids[0];
}

bool
builder_content_change(struct page *p, struct builder_content *c)
{
	const char *pressed = builder_value(p, "go");

	if (str_eq(pressed, "add-option"))
		add_option(p, c);
	else if (str_starts(pressed, "drop-option:"))
		drop_option(c, pressed + strlen("drop-option:"));
	else
		return false;
	return true;
}

/* --- storing it ------------------------------------------------------------------ */

static void
write_quiz(struct json *o, const struct builder_content *c)
{
	struct json *list, *option;
	size_t i;

	json_put_text(o, "question", c->question);
	json_put_text(o, "question_type",
	    str_eq(c->type, "true_false") ? "true_false" : "multiple_choice");
	list = json_put_list(o, "options");
	for (i = 0; i < c->noptions; i++) {
		option = json_add_object(list);
		json_put_text(option, "id", c->option_ids[i]);
		json_put_text(option, "text", c->option_texts[i]);
	}
	json_put_text(o, "correct_answer_id", c->correct);
	json_put_text(o, "explanation", c->explanation);
	if (c->right[0] != '\0')
		json_put_text(o, "correct_feedback", c->right);
	if (c->wrong[0] != '\0')
		json_put_text(o, "incorrect_feedback", c->wrong);
}

static void
write_image(struct json *o, const struct builder_content *c)
{
	json_put_text(o, "image_description", c->description);
	json_put_text(o, "alt_text", c->alt);
	json_put_text(o, "caption", c->caption);
	if (c->url[0] != '\0')
		json_put_text(o, "url", c->url);
}

const char *
builder_content_write(struct arena *a, int32_t type,
    const struct builder_content *c)
{
	struct json *o = json_new_object(a);
	const char *html;

	switch (type) {
	case PB_LESSON_COMPONENT_TYPE_TEXT:
		html = html_sanitize(a, c->html);
		json_put_text(o, "html", html);
		json_put_text(o, "plaintext", html_to_text(a, html));
		break;
	case PB_LESSON_COMPONENT_TYPE_HEADING:
		json_put_int(o, "level", c->level);
		json_put_text(o, "text", c->text);
		break;
	case PB_LESSON_COMPONENT_TYPE_IMAGE:
		write_image(o, c);
		break;
	default:
		write_quiz(o, c);
		break;
	}
	return json_string(a, o, JSON_COMPACT);
}

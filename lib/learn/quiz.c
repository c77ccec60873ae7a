/*
 * Reads one quiz. Every rule that is broken becomes a finding of its own, so
 * an author sees all of them at once.
 */
#include "learn/quiz.h"

#include <math.h>
#include <string.h>

#include "base/str.h"
#include "net/json.h"

#define MIN_OPTIONS    2
#define DEFAULT_POINTS 100

struct reader {
	struct arena *mem;
	struct findings *f;
	const char *part;
	bool ok;
};

static void PRINTF_LIKE(3, 4)
    fail(struct reader *r, const char *field, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	finding_error(r->f, r->part, field, "%s",
	    arena_vprintf(r->mem, fmt, ap));
	va_end(ap);
	r->ok = false;
}

static const char *
text_of(struct reader *r, const struct json *j, const char *key)
{
	return str_trim(r->mem, json_get_text(j, key, ""));
}

static void
read_type(struct reader *r, const struct json *j, struct model_question *q)
{
	const char *type;

	type = json_get_text(j, "question_type", "multiple_choice");
	if (str_eq(type, "multiple_choice"))
		q->type = MODEL_CHOICE;
	else if (str_eq(type, "true_false"))
		q->type = MODEL_TRUE_FALSE;
	else
		fail(r, "question_type", "this type of question is not known");
}

static char
key_at(size_t i)
{
	return (char)(i < 26 ? 'a' + (int)i : '0' + (int)(i - 26));
}

static void
read_option(struct reader *r, const struct json *j, size_t i,
    struct model_question *q)
{
	struct model_option *o;
	const char *field;
	size_t k;

	o = &q->options[i];
	o->key = key_at(i);
	o->id = text_of(r, j, "id");
	o->text = text_of(r, j, "text");
	field = arena_printf(r->mem, "options[%zu]", i);
	if (o->id[0] == '\0')
		fail(r, field, "an option needs an id");
	if (o->text[0] == '\0')
		fail(r, field, "an option needs a text");
	for (k = 0; k < i; k++) {
		if (o->id[0] != '\0' && str_eq(q->options[k].id, o->id))
			fail(r, field, "two options have the same id");
		if (o->text[0] != '\0' && str_eq(q->options[k].text, o->text))
			fail(r, field, "two options have the same text");
	}
}

static void
read_options(struct reader *r, const struct json *j, struct model_question *q)
{
	const struct json *list;
	size_t i, n;

	list = json_get_list(j, "options");
	n = json_count(list);
	if (n < MIN_OPTIONS || n > MODEL_MAX_OPTIONS) {
		fail(r, "options", "a question has %d to %d options",
		    MIN_OPTIONS, MODEL_MAX_OPTIONS);
		return;
	}
	if (q->type == MODEL_TRUE_FALSE && n != 2)
		fail(r, "options", "true or false has two options");
	q->options = arena_calloc(r->mem, n, sizeof(*q->options));
	q->noptions = n;
	for (i = 0; i < n; i++)
		read_option(r, json_at(list, i), i, q);
}

static void
read_key(struct reader *r, const struct json *j, struct model_question *q)
{
	const char *id;
	size_t i;

	id = text_of(r, j, "correct_answer_id");
	for (i = 0; i < q->noptions; i++)
		if (id[0] != '\0' && str_eq(q->options[i].id, id)) {
			q->right = i;
			return;
		}
	if (q->noptions > 0)
		fail(r, "correct_answer_id",
		    "the right answer is not among the options");
}

/* Whether an option says "false"; by id, then by text in our languages. */
static bool
says_false(const struct model_option *o)
{
	static const char *const words[] = { "f", "false", "no", "n", "0",
		"falsch", "nein", "faux", "non", "falso" };
	size_t i;

	for (i = 0; i < NITEMS(words); i++)
		if (str_ieq(o->id, words[i]) || str_ieq(o->text, words[i]))
			return true;
	return false;
}

/* SCORM knows true and false as t and f, whatever the order. */
static void
name_truth(struct model_question *q)
{
	bool swapped;

	if (q->type != MODEL_TRUE_FALSE || q->noptions != 2)
		return;
	swapped = says_false(&q->options[0]) && !says_false(&q->options[1]);
	q->options[0].key = swapped ? 'f' : 't';
	q->options[1].key = swapped ? 't' : 'f';
}

static void
read_points(struct reader *r, const struct json *j, struct model_question *q)
{
	double points;

	points = json_get_real(j, "points", 1.0);
	if (!(points >= 0.0 && points <= 100.0)) {
		fail(r, "points", "points are 0 to 100");
		points = 1.0;
	}
	q->points = (int)lround(points * DEFAULT_POINTS);
}

bool
quiz_parse(struct arena *a, const char *text, const char *part,
    struct findings *f, struct model_question *q)
{
	struct reader r = { a, f, part, true };
	const struct json *j;
	const char *error;

	j = json_parse(a, text, strlen(text), NULL, &error);
	if (j == NULL || json_kind(j) != JSON_OBJECT) {
		fail(&r, "content", "the question is not readable: %s",
		    j == NULL ? error : "not an object");
		return false;
	}
	q->text = text_of(&r, j, "question");
	if (q->text[0] == '\0')
		fail(&r, "question", "the question has no text");
	read_type(&r, j, q);
	read_options(&r, j, q);
	read_key(&r, j, q);
	name_truth(q);
	read_points(&r, j, q);
	q->explanation = text_of(&r, j, "explanation");
	q->right_feedback = text_of(&r, j, "correct_feedback");
	q->wrong_feedback = text_of(&r, j, "incorrect_feedback");
	q->hint = text_of(&r, j, "hint");
	q->required = json_get_bool(j, "required", false);
	q->objectives = json_get_texts(j, "objective_ids", &q->nobjectives);
	if (json_error(j) != NULL)
		fail(&r, "content", "%s", json_error(j));
	return r.ok;
}

bool
quiz_is(struct arena *a, const char *text)
{
	const struct json *j;

	while (*text == ' ' || *text == '\t' || *text == '\n' || *text == '\r')
		text++;
	if (*text != '{')
		return false;
	j = json_parse(a, text, strlen(text), NULL, NULL);
	return json_has(j, "question");
}

/*
 * Operations as questions to a model. What it answers fits our schema when it
 * comes here (provider_call.c); what a schema cannot say is judged here.
 */
#include "ai/provider_model.h"

#include <string.h>

#include "ai/distil.h"
#include "ai/extract.h"
#include "ai/provider_brief.h"
#include "ai/provider_match.h"
#include "ai/provider_part.h"
#include "ai/provider_prompt.h"
#include "ai/render.h"
#include "base/str.h"
#include "base/utf8.h"

#define ENHANCE_MS	INT64_C(60000)
#define TEST_MS		INT64_C(15000)
#define TEST_OUTPUT	10
#define PART_MOST	200000 /* characters of a text that is distilled at once */
#define TITLE_MOST	500
#define TEXT_MOST	2000
#define TOPIC_MOST	255
#define CONTENT_MOST	20000
#define KEYWORD_MOST	100
#define ENHANCED_MOST	1000000
#define OBJECTIVES_MOST 20

static const char *
or_empty(const char *s)
{
	return s != NULL ? s : "";
}

static enum provider_end
fail(struct provider_run *r, const char *detail)
{
	r->detail = detail;
	return PROVIDER_MALFORMED;
}

/* One question; what it gave. */
static enum provider_end
ask(struct provider_run *r, const struct provider_ask *q,
    struct provider_answer *out)
{
	enum provider_end end = provider_call(r, q, out, 1);

	return end != PROVIDER_DONE ? end : out->end;
}

/* --- distillation ------------------------------------------------------------ */

static const char *
markdown_of(struct arena *a, const struct doc *d)
{
	struct buf *b = buf_new(a);

	render_markdown(b, d->blocks, d->nblocks);
	return buf_str(b);
}

/* Bytes of the next part: it ends at a paragraph, a line or a character. */
static size_t
part_len(const char *s)
{
	size_t most = utf8_prefix(s, PART_MOST), i;

	if (s[most] == '\0')
		return most;
	for (i = most; i > most / 2 + 1; i--) {
		if (s[i - 1] == '\n' && s[i - 2] == '\n')
			return i;
	}
	for (i = most; i > most / 2; i--) {
		if (s[i - 1] == '\n')
			return i;
	}
	return most;
}

static size_t
ask_parts(struct provider_run *r, const struct ask_distil *in, const char *text,
    struct provider_ask **out)
{
	struct provider_ask *asks = NULL;
	size_t n = 0, len;

	for (; *text != '\0'; text += len, n++) {
		len = part_len(text);
		asks = arena_grow(r->a, asks, n, n + 1, sizeof(*asks));
		asks[n] = (struct provider_ask){ 0 };
		provider_prompt_fill(r->a, "distil", NULL,
		    (const struct prompt_value[]){
			{ "expert_name", in->name },
			{ "expert_domain", in->domain },
			{ "text", arena_strndup(r->a, text, len) },
			{ NULL, NULL },
		    },
		    &asks[n]);
	}
	*out = asks;
	return n;
}

static void
read_keywords(struct arena *a, const struct json *list, struct chunk *c)
{
	const char *word;
	size_t i;

	c->keywords =
	    arena_calloc(a, KNOWLEDGE_MAX_KEYWORDS + 1, sizeof(*c->keywords));
	for (i = 0;
	     i < json_count(list) && c->nkeywords < KNOWLEDGE_MAX_KEYWORDS;
	     i++) {
		word = provider_part_line(a, json_text(json_at(list, i)),
		    KEYWORD_MOST);
		if (*word != '\0')
			c->keywords[c->nkeywords++] = word;
	}
}

/* False when nothing of it can be kept. */
static bool
read_chunk(struct arena *a, const struct json *j, struct chunk *c)
{
	double score = json_get_real(j, "relevance_score", 0.5);

	*c = (struct chunk){
		.topic = provider_part_line(a, json_get_text(j, "topic", ""),
		    TOPIC_MOST),
		.content = provider_part_prose(a,
		    json_get_text(j, "content", ""), CONTENT_MOST),
		.score = score < 0.0 ? 0.0
		    : score > 1.0    ? 1.0
				     : score,
	};
	if (*c->topic == '\0' || *c->content == '\0')
		return false;
	read_keywords(a, json_get(j, "keywords"), c);
	c->id = knowledge_id(a, "chunk", c->topic, c->content);
	return true;
}

static void
read_part(struct arena *a, const struct json *j, struct knowledge *k,
    struct buf *summary)
{
	const struct json *list = json_get(j, "chunks");
	size_t i;

	if (summary->len > 0)
		buf_puts(summary, "\n\n");
	buf_puts(summary,
	    provider_part_prose(a, json_get_text(j, "summary", ""),
		CONTENT_MOST));
	k->chunks = arena_grow(a, k->chunks, k->nchunks,
	    k->nchunks + json_count(list), sizeof(*k->chunks));
	for (i = 0; i < json_count(list); i++)
		k->nchunks +=
		    read_chunk(a, json_at(list, i), &k->chunks[k->nchunks]);
}

static void
about(struct provider_run *r, const struct ask_distil *in, struct knowledge *k)
{
	const char *lang = or_empty(in->lang);

	if (in->doc != NULL) {
		distil_about(r->a, in->doc, or_empty(in->title), lang, k);
		return;
	}
	*k = (struct knowledge){ .title = or_empty(in->title),
		.lang = *lang != '\0'
		    ? lang
		    : lang_detect(in->text, strlen(in->text)) };
}

enum provider_end
provider_model_distil(struct provider_run *r, const struct ask_distil *in,
    struct knowledge *out)
{
	const char *text =
	    in->doc != NULL ? markdown_of(r->a, in->doc) : in->text;
	struct buf *summary = buf_new(r->a);
	struct provider_answer *answers;
	struct provider_ask *asks;
	struct knowledge k;
	enum provider_end end;
	size_t i, n;

	text = str_trim(r->a, text);
	if (*text == '\0')
		return PROVIDER_EMPTY;
	about(r, in, &k);
	n = ask_parts(r, in, text, &asks);
	answers = arena_calloc(r->a, n, sizeof(*answers));
	if ((end = provider_call(r, asks, answers, n)) != PROVIDER_DONE)
		return end;
	for (i = 0; i < n; i++) {
		if (answers[i].end != PROVIDER_DONE)
			return answers[i].end;
		read_part(r->a, answers[i].json, &k, summary);
	}
	if (k.nchunks == 0)
		return fail(r, "no chunk has topic and content");
	k.summary = buf_str(summary);
	*out = k;
	return PROVIDER_DONE;
}

/* --- outline: sections ------------------------------------------------------- */

static void
ask_sections(struct provider_run *r, const struct ask_course *in,
    struct provider_ask *out)
{
	struct arena *a = r->a;

	*out = (struct provider_ask){ 0 };
	provider_prompt_fill(a, "sections", NULL,
	    (const struct prompt_value[]){
		{ "title", in->title },
		{ "language", in->k->lang },
		{ "desired_outcome", in->outcome },
		{ "audience",
		    provider_brief_audience(a, in->audiences, in->naudiences,
			BRIEF_WHOLE) },
		{ "experts", provider_brief_experts(a, in, BRIEF_WHOLE) },
		{ "additional_context", in->context },
		{ "reviewer_feedback", in->feedback },
		{ NULL, NULL },
	    },
	    out);
}

/* Titles only, until their plans are there. */
static bool
read_section(struct arena *a, const struct json *j, struct outline_section *s)
{
	const struct json *titles = json_get(j, "lesson_titles");
	const char *title;
	size_t i;

	*s = (struct outline_section){
		.title = provider_part_line(a, json_get_text(j, "title", ""),
		    TITLE_MOST),
		.description = provider_part_prose(a,
		    json_get_text(j, "description", ""), TEXT_MOST),
		.lessons =
		    arena_calloc(a, json_count(titles), sizeof(*s->lessons)),
	};
	for (i = 0; i < json_count(titles); i++) {
		title = provider_part_line(a, json_text(json_at(titles, i)),
		    TITLE_MOST);
		if (*title != '\0')
			s->lessons[s->nlessons++].title = title;
	}
	return *s->title != '\0' && s->nlessons > 0;
}

static void
read_sections(struct arena *a, const struct json *j, const char *course,
    struct outline *out)
{
	const struct json *list = json_get(j, "sections");
	struct outline_section *s;
	size_t i;

	*out = (struct outline){ 0 };
	out->sections =
	    arena_calloc(a, json_count(list), sizeof(*out->sections));
	for (i = 0; i < json_count(list); i++) {
		s = &out->sections[out->nsections];
		if (!read_section(a, json_at(list, i), s))
			continue;
		s->id = knowledge_id(a, "section", course,
		    arena_printf(a, "%zu/%s", i, s->title));
		out->nsections++;
		out->nlessons += s->nlessons;
	}
}

/* --- outline: lessons -------------------------------------------------------- */

static void
ask_lessons(struct provider_run *r, const struct ask_course *in,
    const struct outline_section *s, struct provider_ask *out)
{
	struct arena *a = r->a;
	const char **titles = arena_calloc(a, s->nlessons, sizeof(*titles));
	size_t i;

	for (i = 0; i < s->nlessons; i++)
		titles[i] = s->lessons[i].title;
	*out = (struct provider_ask){ 0 };
	provider_prompt_fill(a, "lessons", NULL,
	    (const struct prompt_value[]){
		{ "title", in->title },
		{ "language", in->k->lang },
		{ "desired_outcome", in->outcome },
		{ "section_title", s->title },
		{ "section_description", s->description },
		{ "lesson_titles",
		    provider_brief_list(a, titles, s->nlessons) },
		{ "audience",
		    provider_brief_audience(a, in->audiences, in->naudiences,
			BRIEF_SHORT) },
		{ "experts", provider_brief_experts(a, in, BRIEF_SHORT) },
		{ NULL, NULL },
	    },
	    out);
}

static void
read_objectives(struct arena *a, const struct json *list,
    struct outline_lesson *l)
{
	const char *text;
	size_t i;

	l->objectives =
	    arena_calloc(a, OBJECTIVES_MOST + 1, sizeof(*l->objectives));
	for (i = 0; i < json_count(list) && l->nobjectives < OBJECTIVES_MOST;
	     i++) {
		text = provider_part_line(a, json_text(json_at(list, i)),
		    TITLE_MOST);
		if (*text != '\0')
			l->objectives[l->nobjectives++] = text;
	}
}

static const char *
read_plan(struct arena *a, const struct json *j, const char *section,
    struct outline_lesson *l)
{
	const char *title =
	    provider_part_line(a, json_get_text(j, "title", ""), TITLE_MOST);

	if (*title != '\0')
		l->title = title;
	l->id = knowledge_id(a, "lesson", section, l->title);
	l->description = provider_part_prose(a,
	    json_get_text(j, "description", ""), TEXT_MOST);
	l->minutes =
	    (unsigned)json_get_int(j, "estimated_duration_minutes", 1, 600, 10);
	l->nobjectives = 0;
	read_objectives(a, json_get(j, "learning_objectives"), l);
	return l->nobjectives > 0 ? NULL : "a lesson without objectives";
}

/* The plans of a section; NULL, or what is wrong with the answer. */
static const char *
read_lessons(struct arena *a, const struct provider_answer *answer,
    struct outline_section *s)
{
	const struct json *list = json_get(answer->json, "lessons");
	const char *why;
	size_t i;

	if (json_count(list) != s->nlessons)
		return "not one plan for each lesson title";
	for (i = 0; i < s->nlessons; i++) {
		why = read_plan(a, json_at(list, i),
		    arena_printf(a, "%s/%zu", s->id, i), &s->lessons[i]);
		if (why != NULL)
			return why;
	}
	return NULL;
}

static enum provider_end
take_lessons(struct provider_run *r, const struct provider_answer *answer,
    struct outline_section *s)
{
	const char *why;

	if (answer->end != PROVIDER_DONE)
		return answer->end;
	why = read_lessons(r->a, answer, s);
	return why == NULL ? PROVIDER_DONE : fail(r, why);
}

/* Call B of every section; one whose answer is of no use is asked once more. */
static enum provider_end
plan_lessons(struct provider_run *r, const struct ask_course *in,
    struct outline *o)
{
	size_t n = o->nsections, i;
	struct provider_answer *answers =
	    arena_calloc(r->a, n, sizeof(*answers));
	struct provider_ask *asks = arena_calloc(r->a, n, sizeof(*asks));
	enum provider_end end;

	for (i = 0; i < n; i++)
		ask_lessons(r, in, &o->sections[i], &asks[i]);
	if ((end = provider_call(r, asks, answers, n)) != PROVIDER_DONE)
		return end;
	for (i = 0; i < n; i++) {
		end = take_lessons(r, &answers[i], &o->sections[i]);
		if ((end == PROVIDER_MALFORMED || end == PROVIDER_TRUNCATED) &&
		    (end = ask(r, &asks[i], &answers[i])) == PROVIDER_DONE)
			end = take_lessons(r, &answers[i], &o->sections[i]);
		if (end != PROVIDER_DONE)
			return end;
	}
	return PROVIDER_DONE;
}

enum provider_end
provider_model_outline(struct provider_run *r, const struct ask_course *in,
    struct outline *out)
{
	struct provider_answer answer;
	struct provider_ask q;
	enum provider_end end;
	struct outline o;

	if (in->k->nchunks == 0 && in->nsources == 0)
		return PROVIDER_EMPTY;
	ask_sections(r, in, &q);
	if ((end = ask(r, &q, &answer)) != PROVIDER_DONE)
		return end;
	read_sections(r->a, answer.json, or_empty(in->title), &o);
	if (o.nsections == 0)
		return fail(r, "no section has a title and lessons");
	if (o.nlessons > KNOWLEDGE_MAX_TOTAL)
		return fail(r, "more than 100 lessons");
	if ((end = plan_lessons(r, in, &o)) != PROVIDER_DONE)
		return end;
	*out = o;
	return PROVIDER_DONE;
}

/* --- a lesson ---------------------------------------------------------------- */

static void
ask_lesson(struct provider_run *r, const struct ask_lesson *in,
    const size_t *chunks, size_t n, struct provider_ask *out)
{
	const struct ask_course *c = in->course;
	struct arena *a = r->a;

	*out = (struct provider_ask){ 0 };
	provider_prompt_fill(a, "lesson", NULL,
	    (const struct prompt_value[]){
		{ "course_title", c->title },
		{ "language", c->k->lang },
		{ "section_title", in->section },
		{ "lesson_title", in->plan->title },
		{ "lesson_description", in->plan->description },
		{ "learning_objectives",
		    provider_brief_list(a, in->plan->objectives,
			in->plan->nobjectives) },
		{ "audience",
		    provider_brief_audience(a, c->audiences, c->naudiences,
			BRIEF_SHORT) },
		{ "previous_lesson", in->previous },
		{ "next_lesson", in->next },
		{ "material", provider_brief_material(a, c, chunks, n) },
		{ NULL, NULL },
	    },
	    out);
}

/* "c3" is chunk 2 of those that were given; SIZE_MAX: no such label. */
static size_t
label_index(const char *label, size_t n)
{
	int64_t number;

	if (label[0] != 'c' || !str_to_i64(label + 1, 1, (int64_t)n, &number))
		return SIZE_MAX;
	return (size_t)number - 1;
}

/*
 * The chunks a component names; of one that names none but states something,
 * the chunk that matches it best.
 */
static void
set_sources(struct arena *a, const struct knowledge *k,
    const struct json *labels, const size_t *chunks, size_t n,
    struct component *c)
{
	size_t i, j, at;
	bool *named = arena_calloc(a, n + 1, sizeof(*named));

	c->chunk_ids = arena_calloc(a, n + 1, sizeof(*c->chunk_ids));
	for (i = 0; i < json_count(labels); i++) {
		at = label_index(json_text(json_at(labels, i)), n);
		if (at != SIZE_MAX)
			named[at] = true;
	}
	for (j = 0; j < n; j++) {
		if (named[j])
			c->chunk_ids[c->nchunk_ids++] = k->chunks[chunks[j]].id;
	}
	if (c->nchunk_ids > 0 || n == 0 ||
	    (c->type != COMPONENT_TEXT && c->type != COMPONENT_QUIZ))
		return;
	if (provider_match(k, chunks, n, c->text, 1, &at) == 1)
		c->chunk_ids[c->nchunk_ids++] = k->chunks[at].id;
}

/* NULL, or what is wrong with the answer. */
static const char *
read_lesson(struct arena *a, const struct ask_lesson *in, const struct json *j,
    const size_t *chunks, size_t n, struct lesson *out)
{
	const struct json *list = json_get(j, "components"), *one;
	bool text = false;
	const char *why;
	size_t i;

	*out = (struct lesson){ 0 };
	out->components =
	    arena_calloc(a, json_count(list), sizeof(*out->components));
	out->segue = provider_part_prose(a, json_get_text(j, "segue_text", ""),
	    TEXT_MOST);
	for (i = 0; i < json_count(list); i++) {
		struct component *c = &out->components[i];

		one = json_at(list, i);
		why = provider_part_flat(a, one,
		    arena_printf(a, "%s/%zu", or_empty(in->plan->id), i + 1),
		    c);
		if (why != NULL)
			return arena_printf(a, "component %zu: %s", i + 1, why);
		set_sources(a, in->course->k, json_get(one, "sources"), chunks,
		    n, c);
		text = text || c->type == COMPONENT_TEXT;
		out->ncomponents++;
	}
	return text ? NULL : "a lesson without text";
}

enum provider_end
provider_model_lesson(struct provider_run *r, const struct ask_lesson *in,
    struct lesson *out)
{
	struct provider_answer answer;
	struct provider_ask q;
	enum provider_end end;
	const size_t *chunks;
	struct lesson l;
	const char *why;
	size_t n;

	chunks = provider_brief_chunks(r->a, in, &n);
	if (n == 0)
		return PROVIDER_EMPTY;
	ask_lesson(r, in, chunks, n, &q);
	if ((end = ask(r, &q, &answer)) != PROVIDER_DONE)
		return end;
	why = read_lesson(r->a, in, answer.json, chunks, n, &l);
	if (why != NULL)
		return fail(r, why);
	*out = l;
	return PROVIDER_DONE;
}

/* --- a component ------------------------------------------------------------- */

enum provider_end
provider_model_component(struct provider_run *r, const struct ask_component *in,
    struct component *out)
{
	const char *type = provider_part_name(in->type), *why;
	struct provider_ask q = { 0 };
	struct provider_answer answer;
	struct arena *a = r->a;
	struct component c;
	enum provider_end end;

	provider_prompt_fill(a, "component",
	    arena_printf(a, "component_%s", type),
	    (const struct prompt_value[]){
		{ "component_type", type },
		{ "current_content", in->json },
		{ "modification_request", in->request },
		{ "lesson_title", in->lesson },
		{ "learning_objectives",
		    provider_brief_list(a, in->objectives, in->nobjectives) },
		{ "audience",
		    provider_brief_audience(a, in->audience,
			in->audience != NULL, BRIEF_SHORT) },
		{ NULL, NULL },
	    },
	    &q);
	if ((end = ask(r, &q, &answer)) != PROVIDER_DONE)
		return end;
	why = provider_part_nested(a, in->type, answer.json, in->json, &c);
	if (why != NULL)
		return fail(r, why);
	*out = c;
	return PROVIDER_DONE;
}

/* --- text from text, and the key --------------------------------------------- */

enum provider_end
provider_model_enhance(struct provider_run *r, enum ask_enhance how,
    const char *text, const char **out)
{
	struct provider_ask q = { 0 };
	struct provider_answer answer;
	enum provider_end end;
	const char *s;

	provider_prompt_fill(r->a,
	    how == ASK_SUMMARIZE ? "summarize" : "improve", NULL,
	    (const struct prompt_value[]){ { "text", text }, { NULL, NULL } },
	    &q);
	q.timeout_ms = ENHANCE_MS;
	if ((end = ask(r, &q, &answer)) != PROVIDER_DONE)
		return end;
	s = provider_part_prose(r->a, answer.text, ENHANCED_MOST);
	if (*s == '\0')
		return fail(r, "the answer is empty");
	*out = s;
	return PROVIDER_DONE;
}

enum provider_end
provider_model_test(struct provider_run *r)
{
	struct provider_ask q = { .output = TEST_OUTPUT,
		.timeout_ms = TEST_MS,
		.once = true };
	struct provider_answer answer;
	enum provider_end end;

	provider_prompt_fill(r->a, "test", NULL,
	    (const struct prompt_value[]){ { NULL, NULL } }, &q);
	q.timeout_ms = TEST_MS;
	end = ask(r, &q, &answer);
	/* Whatever it says, and however it ends: the key was taken. */
	if (end == PROVIDER_TRUNCATED || end == PROVIDER_MALFORMED ||
	    end == PROVIDER_SAFETY)
		end = PROVIDER_DONE;
	return end;
}

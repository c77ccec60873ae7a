/*
 * Course documents to and from struct pb_course. Every field survives a round
 * trip; what is unset stays unset. Ids and texts are taken as they are: what
 * is legal in a course is decided before it is stored.
 */
#include "learn/document.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mirai/v1/course.pb.h"
#include "net/json.h"

/* --- writing -------------------------------------------------------------- */

static void
put_text(struct json *o, const char *key, const char *s)
{
	json_put_text(o, key, s == NULL ? "" : s);
}

static void
put_texts(struct json *o, const char *key, const char *const *v, size_t n)
{
	struct json *l;
	size_t i;

	l = json_put_list(o, key);
	for (i = 0; i < n; i++)
		json_add_text(l, v[i] == NULL ? "" : v[i]);
}

/* 0.8f as 0.8, not as the double nearest to it. */
static void
put_float(struct json *o, const char *key, float f)
{
	char text[32];
	float back;
	int digits;

	for (digits = 1; digits <= FLT_DECIMAL_DIG; digits++) {
		(void)snprintf(text, sizeof(text), "%.*g", digits, (double)f);
		back = strtof(text, NULL);
		if (memcmp(&back, &f, sizeof(f)) == 0)
			break;
	}
	json_put_real(o, key, strtod(text, NULL));
}

static void
put_settings(struct json *doc, const struct pb_course_settings *s)
{
	struct json *o;

	if (s == NULL)
		return;
	o = json_put_object(doc, "settings");
	put_text(o, "title", s->title);
	put_text(o, "desiredOutcome", s->desired_outcome);
	put_text(o, "destinationFolder", s->destination_folder);
	put_texts(o, "categoryTags", s->category_tags, s->ncategory_tags);
	put_text(o, "dataSource", s->data_source);
}

static void
put_objectives(struct json *up, const struct pb_learning_objective *v, size_t n)
{
	struct json *l, *o;
	size_t i;

	l = json_put_list(up, "learningObjectives");
	for (i = 0; i < n; i++) {
		o = json_add_object(l);
		put_text(o, "id", v[i].id);
		put_text(o, "text", v[i].text);
	}
}

static void
put_personas(struct json *doc, const struct pb_persona *v, size_t n)
{
	struct json *l, *o;
	size_t i;

	l = json_put_list(doc, "personas");
	for (i = 0; i < n; i++) {
		o = json_add_object(l);
		put_text(o, "id", v[i].id);
		put_text(o, "name", v[i].name);
		put_text(o, "role", v[i].role);
		put_text(o, "kpis", v[i].kpis);
		put_text(o, "responsibilities", v[i].responsibilities);
		json_put_text(o, "challenges", v[i].challenges);
		json_put_text(o, "concerns", v[i].concerns);
		json_put_text(o, "knowledge", v[i].knowledge);
		put_objectives(o, v[i].learning_objectives,
		    v[i].nlearning_objectives);
	}
}

static void
put_alignment(struct json *up, const struct pb_block_alignment *a)
{
	struct json *o;

	if (a == NULL)
		return;
	o = json_put_object(up, "alignment");
	put_texts(o, "personas", a->personas, a->npersonas);
	put_texts(o, "learningObjectives", a->learning_objectives,
	    a->nlearning_objectives);
	put_texts(o, "kpis", a->kpis, a->nkpis);
}

static void
put_blocks(struct json *up, const char *key, const struct pb_course_block *v,
    size_t n)
{
	struct json *l, *o;
	size_t i;

	l = json_put_list(up, key);
	for (i = 0; i < n; i++) {
		o = json_add_object(l);
		put_text(o, "id", v[i].id);
		json_put_int(o, "type", v[i].type);
		put_text(o, "content", v[i].content);
		json_put_text(o, "prompt", v[i].prompt);
		put_alignment(o, v[i].alignment);
		json_put_int(o, "order", v[i].order);
		if (v[i].nsource_chunk_ids > 0)
			put_texts(o, "sources", v[i].source_chunk_ids,
			    v[i].nsource_chunk_ids);
	}
}

static void
put_lessons(struct json *up, const struct pb_lesson *v, size_t n)
{
	struct json *l, *o;
	size_t i;

	l = json_put_list(up, "lessons");
	for (i = 0; i < n; i++) {
		o = json_add_object(l);
		put_text(o, "id", v[i].id);
		put_text(o, "title", v[i].title);
		json_put_text(o, "content", v[i].content);
		put_blocks(o, "blocks", v[i].blocks, v[i].nblocks);
	}
}

static void
put_sections(struct json *up, const struct pb_course_section *v, size_t n)
{
	struct json *l, *o;
	size_t i;

	l = json_put_list(up, "sections");
	for (i = 0; i < n; i++) {
		o = json_add_object(l);
		put_text(o, "id", v[i].id);
		put_text(o, "name", v[i].name);
		put_lessons(o, v[i].lessons, v[i].nlessons);
	}
}

static void
put_chunks(struct json *up, const struct pb_source_chunk *v, size_t n)
{
	struct json *l, *o;
	size_t i;

	if (n == 0)
		return;
	l = json_put_list(up, "sourceChunks");
	for (i = 0; i < n; i++) {
		o = json_add_object(l);
		put_text(o, "id", v[i].id);
		put_text(o, "topic", v[i].topic);
		put_text(o, "content", v[i].content);
		put_texts(o, "keywords", v[i].keywords, v[i].nkeywords);
		put_float(o, "relevanceScore", v[i].relevance_score);
		put_texts(o, "headingPath", v[i].heading_path,
		    v[i].nheading_path);
	}
}

static void
put_content(struct json *doc, const struct pb_course_content *c)
{
	struct json *o;

	if (c == NULL)
		return;
	o = json_put_object(doc, "content");
	put_sections(o, c->sections, c->nsections);
	put_blocks(o, "courseBlocks", c->course_blocks, c->ncourse_blocks);
	put_chunks(o, c->source_chunks, c->nsource_chunks);
}

void
document_write(struct arena *a, struct buf *b, const struct pb_course *course)
{
	const struct pb_assessment_settings *s;
	struct json *doc, *o;

	doc = json_new_object(a);
	put_text(doc, "id", course->id);
	json_put_int(doc, "version", course->version);
	put_settings(doc, course->settings);
	put_personas(doc, course->personas, course->npersonas);
	put_objectives(doc, course->learning_objectives,
	    course->nlearning_objectives);
	if ((s = course->assessment_settings) != NULL) {
		o = json_put_object(doc, "assessmentSettings");
		json_put_bool(o, "enableEmbeddedKnowledgeChecks",
		    s->enable_embedded_knowledge_checks);
		json_put_bool(o, "enableFinalExam", s->enable_final_exam);
	}
	put_content(doc, course->content);
	json_write(b, doc, JSON_PRETTY);
}

/* --- reading -------------------------------------------------------------- */

static const char *
get_text(const struct json *o, const char *key)
{
	return json_get_text(o, key, "");
}

/* n zeroed elements, NULL for none; T is the element's type. */
#define ELEMENTS(a, n, T) ((n) == 0 ? NULL : (T *)arena_calloc(a, n, sizeof(T)))

static struct pb_course_settings *
get_settings(struct arena *a, const struct json *doc)
{
	struct pb_course_settings *s;
	const struct json *o;

	o = json_get_object(doc, "settings");
	s = arena_zalloc(a, sizeof(*s));
	s->title = get_text(o, "title");
	s->desired_outcome = get_text(o, "desiredOutcome");
	s->destination_folder = get_text(o, "destinationFolder");
	s->category_tags =
	    json_get_texts(o, "categoryTags", &s->ncategory_tags);
	s->data_source = get_text(o, "dataSource");
	return s;
}

static struct pb_learning_objective *
get_objectives(struct arena *a, const struct json *up, size_t *n)
{
	struct pb_learning_objective *v;
	const struct json *l, *o;
	size_t i;

	l = json_get_list(up, "learningObjectives");
	*n = json_count(l);
	v = ELEMENTS(a, *n, struct pb_learning_objective);
	for (i = 0; i < *n; i++) {
		o = json_at(l, i);
		v[i].id = json_need_text(o, "id");
		v[i].text = json_need_text(o, "text");
	}
	return v;
}

static struct pb_persona *
get_personas(struct arena *a, const struct json *doc, size_t *n)
{
	struct pb_persona *v;
	const struct json *l, *o;
	size_t i;

	l = json_get_list(doc, "personas");
	*n = json_count(l);
	v = ELEMENTS(a, *n, struct pb_persona);
	for (i = 0; i < *n; i++) {
		o = json_at(l, i);
		v[i].id = json_need_text(o, "id");
		v[i].name = get_text(o, "name");
		v[i].role = get_text(o, "role");
		v[i].kpis = get_text(o, "kpis");
		v[i].responsibilities = get_text(o, "responsibilities");
		v[i].challenges = json_get_text(o, "challenges", NULL);
		v[i].concerns = json_get_text(o, "concerns", NULL);
		v[i].knowledge = json_get_text(o, "knowledge", NULL);
		v[i].learning_objectives =
		    get_objectives(a, o, &v[i].nlearning_objectives);
	}
	return v;
}

static struct pb_block_alignment *
get_alignment(struct arena *a, const struct json *up)
{
	struct pb_block_alignment *v;
	const struct json *o;

	if ((o = json_get_object(up, "alignment")) == NULL)
		return NULL;
	v = arena_zalloc(a, sizeof(*v));
	v->personas = json_get_texts(o, "personas", &v->npersonas);
	v->learning_objectives =
	    json_get_texts(o, "learningObjectives", &v->nlearning_objectives);
	v->kpis = json_get_texts(o, "kpis", &v->nkpis);
	return v;
}

static struct pb_course_block *
get_blocks(struct arena *a, const struct json *up, const char *key, size_t *n)
{
	struct pb_course_block *v;
	const struct json *l, *o;
	size_t i;

	l = json_get_list(up, key);
	*n = json_count(l);
	v = ELEMENTS(a, *n, struct pb_course_block);
	for (i = 0; i < *n; i++) {
		o = json_at(l, i);
		v[i].id = json_need_text(o, "id");
		v[i].type = (int32_t)json_need_int(o, "type", 0, INT32_MAX);
		v[i].content = get_text(o, "content");
		v[i].prompt = json_get_text(o, "prompt", NULL);
		v[i].alignment = get_alignment(a, o);
		v[i].order =
		    (int32_t)json_get_int(o, "order", INT32_MIN, INT32_MAX, 0);
		v[i].source_chunk_ids =
		    json_get_texts(o, "sources", &v[i].nsource_chunk_ids);
	}
	return v;
}

static struct pb_lesson *
get_lessons(struct arena *a, const struct json *up, size_t *n)
{
	struct pb_lesson *v;
	const struct json *l, *o;
	size_t i;

	l = json_get_list(up, "lessons");
	*n = json_count(l);
	v = ELEMENTS(a, *n, struct pb_lesson);
	for (i = 0; i < *n; i++) {
		o = json_at(l, i);
		v[i].id = json_need_text(o, "id");
		v[i].title = get_text(o, "title");
		v[i].content = json_get_text(o, "content", NULL);
		v[i].blocks = get_blocks(a, o, "blocks", &v[i].nblocks);
	}
	return v;
}

static struct pb_course_section *
get_sections(struct arena *a, const struct json *up, size_t *n)
{
	struct pb_course_section *v;
	const struct json *l, *o;
	size_t i;

	l = json_get_list(up, "sections");
	*n = json_count(l);
	v = ELEMENTS(a, *n, struct pb_course_section);
	for (i = 0; i < *n; i++) {
		o = json_at(l, i);
		v[i].id = json_need_text(o, "id");
		v[i].name = get_text(o, "name");
		v[i].lessons = get_lessons(a, o, &v[i].nlessons);
	}
	return v;
}

static float
get_float(const struct json *o, const char *key)
{
	double d;

	d = json_get_real(o, key, 0);
	if (d >= -(double)FLT_MAX && d <= (double)FLT_MAX)
		return (float)d;
	json_fail(json_get(o, key), "out of range");
	return 0;
}

static struct pb_source_chunk *
get_chunks(struct arena *a, const struct json *up, size_t *n)
{
	struct pb_source_chunk *v;
	const struct json *l, *o;
	size_t i;

	l = json_get_list(up, "sourceChunks");
	*n = json_count(l);
	v = ELEMENTS(a, *n, struct pb_source_chunk);
	for (i = 0; i < *n; i++) {
		o = json_at(l, i);
		v[i].id = json_need_text(o, "id");
		v[i].topic = get_text(o, "topic");
		v[i].content = get_text(o, "content");
		v[i].keywords = json_get_texts(o, "keywords", &v[i].nkeywords);
		v[i].relevance_score = get_float(o, "relevanceScore");
		v[i].heading_path =
		    json_get_texts(o, "headingPath", &v[i].nheading_path);
	}
	return v;
}

static struct pb_course_content *
get_content(struct arena *a, const struct json *doc)
{
	struct pb_course_content *c;
	const struct json *o;

	o = json_get_object(doc, "content");
	c = arena_zalloc(a, sizeof(*c));
	c->sections = get_sections(a, o, &c->nsections);
	c->course_blocks = get_blocks(a, o, "courseBlocks", &c->ncourse_blocks);
	c->source_chunks = get_chunks(a, o, &c->nsource_chunks);
	return c;
}

static struct pb_assessment_settings *
get_assessment(struct arena *a, const struct json *doc)
{
	struct pb_assessment_settings *s;
	const struct json *o;

	if ((o = json_get_object(doc, "assessmentSettings")) == NULL)
		return NULL;
	s = arena_zalloc(a, sizeof(*s));
	s->enable_embedded_knowledge_checks =
	    json_get_bool(o, "enableEmbeddedKnowledgeChecks", false);
	s->enable_final_exam = json_get_bool(o, "enableFinalExam", false);
	return s;
}

int
document_read(struct arena *a, const void *p, size_t len,
    struct pb_course *course, const char **error)
{
	struct json_limits lim = { .max_bytes = DOCUMENT_MAX };
	struct json *doc;

	if ((doc = json_parse(a, p, len, &lim, error)) == NULL)
		return -1;
	if (json_kind(doc) != JSON_OBJECT)
		json_fail(doc, "not an object");
	course->id = get_text(doc, "id");
	course->version =
	    (int32_t)json_get_int(doc, "version", 0, INT32_MAX, 0);
	course->settings = get_settings(a, doc);
	course->personas = get_personas(a, doc, &course->npersonas);
	course->learning_objectives =
	    get_objectives(a, doc, &course->nlearning_objectives);
	course->assessment_settings = get_assessment(a, doc);
	course->content = get_content(a, doc);
	if (json_error(doc) == NULL)
		return 0;
	*error = json_error(doc);
	return -1;
}

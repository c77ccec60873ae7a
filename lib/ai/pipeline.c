/*
 * The pipeline and the conversion to the course document.
 */
#include "ai/pipeline.h"

#include <string.h>

#include "ai/extractive.h"
#include "ai/phrases.h"
#include "ai/render.h"
#include "base/utf8.h"

struct maker {
	struct arena *a;
	const struct knowledge *k;
	const struct outline *o;
	const struct lesson *lessons;
	const char *mark;
	struct pb_course *course;
	struct pb_learning_objective *objectives;
	size_t nobjectives;
	struct pb_course_block *all; /* every block, in order */
	size_t nall;
};

static const char *
cut(struct arena *a, const char *s, size_t nchars)
{
	return arena_strndup(a, s, utf8_prefix(s, nchars));
}

static int32_t
block_type(enum component_type type)
{
	static const int32_t types[] = {
		[COMPONENT_TEXT] = PB_BLOCK_TYPE_TEXT,
		[COMPONENT_HEADING] = PB_BLOCK_TYPE_HEADING,
		[COMPONENT_QUIZ] = PB_BLOCK_TYPE_KNOWLEDGE_CHECK,
		[COMPONENT_IMAGE] = PB_BLOCK_TYPE_TEXT,
	};

	return types[type];
}

/* The lesson's first objective stands for it in the course's list. */
static struct pb_block_alignment *
alignment(struct maker *m, const struct pb_learning_objective *o)
{
	struct pb_block_alignment *al;

	al = arena_zalloc(m->a, sizeof(*al));
	al->learning_objectives =
	    arena_calloc(m->a, 1, sizeof(*al->learning_objectives));
	al->learning_objectives[0] = o->id;
	al->nlearning_objectives = 1;
	return al;
}

static void
fill_block(struct maker *m, struct pb_course_block *b,
    const struct component *c, const struct pb_learning_objective *o,
    size_t order)
{
	b->id = c->id;
	b->type = block_type(c->type);
	b->content = c->type == COMPONENT_QUIZ ? c->json : c->text;
	b->order = (int32_t)order;
	if (*m->mark != '\0')
		b->prompt = arena_printf(m->a, "%s:%s", m->mark, c->kind);
	if (o != NULL)
		b->alignment = alignment(m, o);
	b->source_chunk_ids = c->chunk_ids;
	b->nsource_chunk_ids = c->nchunk_ids;
}

static const struct pb_learning_objective *
lesson_objective(struct maker *m, const struct outline_lesson *l)
{
	struct pb_learning_objective *o;

	if (l->nobjectives == 0)
		return NULL;
	o = &m->objectives[m->nobjectives++];
	o->id = knowledge_id(m->a, "objective", l->id, l->objectives[0]);
	o->text = l->objectives[0];
	return o;
}

static void
fill_lesson(struct maker *m, struct pb_lesson *out,
    const struct outline_lesson *plan, const struct lesson *l)
{
	const struct pb_learning_objective *o = lesson_objective(m, plan);
	size_t i;

	out->id = plan->id;
	out->title = plan->title;
	out->blocks = arena_calloc(m->a, l->ncomponents, sizeof(*out->blocks));
	out->nblocks = l->ncomponents;
	for (i = 0; i < l->ncomponents; i++) {
		fill_block(m, &out->blocks[i], &l->components[i], o, i + 1);
		m->all[m->nall] = out->blocks[i];
		m->all[m->nall].order = (int32_t)m->nall + 1;
		m->nall++;
	}
}

static struct pb_course_section *
fill_sections(struct maker *m)
{
	const struct outline *o = m->o;
	struct pb_course_section *out;
	size_t i, j, n = 0;

	out = arena_calloc(m->a, o->nsections, sizeof(*out));
	for (i = 0; i < o->nsections; i++) {
		out[i].id = o->sections[i].id;
		out[i].name = o->sections[i].title;
		out[i].nlessons = o->sections[i].nlessons;
		out[i].lessons = arena_calloc(m->a, out[i].nlessons,
		    sizeof(*out[i].lessons));
		for (j = 0; j < out[i].nlessons; j++)
			fill_lesson(m, &out[i].lessons[j],
			    &o->sections[i].lessons[j], &m->lessons[n++]);
	}
	return out;
}

struct pb_source_chunk *
pipeline_chunks(struct arena *a, const struct knowledge *k)
{
	struct pb_source_chunk *out;
	size_t i;

	out = arena_calloc(a, k->nchunks, sizeof(*out));
	for (i = 0; i < k->nchunks; i++) {
		out[i].id = k->chunks[i].id;
		out[i].topic = k->chunks[i].topic;
		out[i].content = k->chunks[i].content;
		out[i].keywords = k->chunks[i].keywords;
		out[i].nkeywords = k->chunks[i].nkeywords;
		out[i].relevance_score = (float)k->chunks[i].score;
		out[i].heading_path = k->chunks[i].path;
		out[i].nheading_path = k->chunks[i].npath;
	}
	return out;
}

static void
fill_settings(struct maker *m)
{
	struct pb_course_settings *s = arena_zalloc(m->a, sizeof(*s));
	enum lang lang = lang_of(m->k->lang);

	s->title = cut(m->a, m->k->title, 500);
	s->desired_outcome = phrases_fill(m->a, lang, PH_OUTCOME,
	    phrases_quote(m->a, lang, s->title), "");
	s->destination_folder = "";
	s->data_source = "document-upload";
	if (*m->mark != '\0') {
		s->category_tags =
		    arena_calloc(m->a, 1, sizeof(*s->category_tags));
		s->category_tags[0] = m->mark;
		s->ncategory_tags = 1;
	}
	m->course->settings = s;
}

struct pb_course *
pipeline_course(struct arena *a, const struct knowledge *k,
    const struct outline *o, const struct lesson *lessons, const char *mark)
{
	struct maker m = { .a = a,
		.k = k,
		.o = o,
		.lessons = lessons,
		.mark = mark };
	struct pb_course *c = arena_zalloc(a, sizeof(*c));
	size_t i, n = 0;

	for (i = 0; i < o->nlessons; i++)
		n += lessons[i].ncomponents;
	m.course = c;
	m.all = arena_calloc(a, n, sizeof(*m.all));
	m.objectives = arena_calloc(a, o->nlessons, sizeof(*m.objectives));
	c->id = knowledge_id(a, "course", k->title, k->chunks[0].id);
	c->version = 1;
	c->status = PB_COURSE_STATUS_GENERATED;
	fill_settings(&m);
	c->assessment_settings =
	    arena_zalloc(a, sizeof(*c->assessment_settings));
	c->assessment_settings->enable_embedded_knowledge_checks = true;
	c->content = arena_zalloc(a, sizeof(*c->content));
	c->content->sections = fill_sections(&m);
	c->content->nsections = o->nsections;
	c->content->course_blocks = m.all;
	c->content->ncourse_blocks = m.nall;
	c->content->source_chunks = pipeline_chunks(a, k);
	c->content->nsource_chunks = k->nchunks;
	c->learning_objectives = m.objectives;
	c->nlearning_objectives = m.nobjectives;
	return c;
}

/* The visible mark: a note at the end of the last lesson. */
static void
add_about(struct arena *a, const struct knowledge *k, const char *name,
    struct lesson *l, const char *seed)
{
	enum lang lang = lang_of(k->lang);
	struct component *c;
	struct buf b = BUF_INIT;
	const char *text;

	text = phrases_fill(a, lang, PH_ABOUT,
	    phrases_quote(a, lang,
		name != NULL && *name != '\0' ? name : k->title),
	    "");
	buf_puts(&b, "<p><em>");
	render_escape(&b, text, strlen(text));
	buf_puts(&b, "</em></p>");
	l->components = arena_grow(a, l->components, l->ncomponents,
	    l->ncomponents + 1, sizeof(*l->components));
	c = &l->components[l->ncomponents++];
	c->type = COMPONENT_TEXT;
	c->kind = "about";
	c->text = arena_strdup(a, buf_str(&b));
	c->id = knowledge_id(a, "about", seed, text);
	buf_free(&b);
}

/* The titles of all lessons in outline order, NULL after the last. */
static const char **
lesson_titles(struct arena *a, const struct outline *o)
{
	const char **titles = arena_calloc(a, o->nlessons + 1, sizeof(*titles));
	size_t i, j, n = 0;

	for (i = 0; i < o->nsections; i++) {
		for (j = 0; j < o->sections[i].nlessons; j++)
			titles[n++] = o->sections[i].lessons[j].title;
	}
	return titles;
}

static enum provider_end
make_lessons(struct provider_run *run, const struct pipeline_options *o,
    const struct ask_course *course, struct pipeline_result *r)
{
	const char **titles = lesson_titles(run->a, &r->outline);
	struct ask_lesson in = { .course = course };
	size_t i, j, k, n = 0;
	enum provider_end end;
	struct lesson *l;

	r->lessons =
	    arena_calloc(run->a, r->outline.nlessons, sizeof(*r->lessons));
	for (i = 0; i < r->outline.nsections; i++) {
		in.section = r->outline.sections[i].title;
		for (j = 0; j < r->outline.sections[i].nlessons; j++) {
			in.plan = &r->outline.sections[i].lessons[j];
			in.previous = n > 0 ? titles[n - 1] : NULL;
			in.next = titles[n + 1];
			l = &r->lessons[n++];
			end = run->provider->lesson(run, &in, l);
			if (end != PROVIDER_DONE)
				return end;
			for (k = 0; k < l->ncomponents; k++)
				r->nquizzes +=
				    l->components[k].type == COMPONENT_QUIZ;
			provider_progress(o->progress, "lessons", n,
			    r->outline.nlessons);
		}
	}
	return PROVIDER_DONE;
}

static enum provider_end
make_knowledge(struct provider_run *run, const struct doc *d,
    const struct pipeline_options *o, struct knowledge *k)
{
	const struct ask_distil in = { .title = o->title,
		.lang = o->lang,
		.doc = d };
	enum provider_end end;

	provider_progress(o->progress, "knowledge", 0, 1);
	if ((end = run->provider->distil(run, &in, k)) != PROVIDER_DONE)
		return end;
	if (*k->title == '\0')
		k->title = o->name != NULL && *o->name != '\0'
		    ? o->name
		    : "Untitled Course";
	provider_progress(o->progress, "knowledge", 1, 1);
	return PROVIDER_DONE;
}

/* The document as the one expert of the course. */
static void
describe(struct arena *a, const struct pipeline_options *o, struct knowledge *k,
    struct ask_course *out)
{
	enum lang lang = lang_of(k->lang);
	struct ask_source *s = arena_zalloc(a, sizeof(*s));

	*s = (struct ask_source){ .name = o->name,
		.summary = k->summary,
		.nchunks = k->nchunks };
	*out = (struct ask_course){ .title = k->title,
		.outcome = phrases_fill(a, lang, PH_OUTCOME,
		    phrases_quote(a, lang, k->title), ""),
		.sources = s,
		.nsources = 1,
		.k = k };
}

static enum provider_end
make_course(struct provider_run *run, const struct doc *d,
    const struct pipeline_options *o, struct pipeline_result *r)
{
	struct ask_course in;
	enum provider_end end;

	if ((end = make_knowledge(run, d, o, &r->knowledge)) != PROVIDER_DONE)
		return end;
	describe(run->a, o, &r->knowledge, &in);
	provider_progress(o->progress, "outline", 0, 1);
	end = run->provider->outline(run, &in, &r->outline);
	if (end != PROVIDER_DONE)
		return end;
	provider_progress(o->progress, "outline", 1, 1);
	return make_lessons(run, o, &in, r);
}

/* What a person is told. */
static const char *
reason(struct provider_run *run, enum provider_end end)
{
	if (end == PROVIDER_EMPTY)
		return "holds no text to teach";
	if (run->detail == NULL || *run->detail == '\0')
		return provider_end_text(end);
	return arena_printf(run->a, "%s (%s)", provider_end_text(end),
	    run->detail);
}

int
pipeline_run(struct arena *a, const struct doc *d,
    const struct pipeline_options *o, struct pipeline_result *out,
    const char **why)
{
	struct provider_run here = { .a = a, .provider = &extractive_provider };
	struct provider_run *run = o->run != NULL ? o->run : &here;
	const char *mark = run->provider->mark;
	struct pipeline_result r = { 0 };
	enum provider_end end;

	if ((end = make_course(run, d, o, &r)) != PROVIDER_DONE) {
		*why = reason(run, end);
		return -1;
	}
	if (*mark != '\0')
		add_about(a, &r.knowledge, o->name,
		    &r.lessons[r.outline.nlessons - 1], r.knowledge.title);
	r.course =
	    pipeline_course(a, &r.knowledge, &r.outline, r.lessons, mark);
	*out = r;
	return 0;
}

/*
 * Materialisation, what surrounds the lessons: objectives, personas and
 * settings. What a person put there stays.
 */
#include "service/generate_maker.h"
#include "service/generate_run.h"

#define MAX_OBJECTIVES 100 /* content.md 15 */
#define MAX_PERSONAS   50
#define MAX_TAGS       50

/* --- objectives --------------------------------------------------------------- */

static struct id_list
named_objectives(struct arena *a, const struct pb_course_block *b, size_t n)
{
	struct id_list out = { 0 };
	size_t i, j;

	for (i = 0; i < n; i++) {
		if (b[i].alignment == NULL)
			continue;
		for (j = 0; j < b[i].alignment->nlearning_objectives; j++)
			id_list_add(a, &out,
			    b[i].alignment->learning_objectives[j]);
	}
	id_list_sort(&out);
	return out;
}

static void
add_objective(struct pb_course *c, const char *id, const char *text)
{
	size_t i;

	for (i = 0; i < c->nlearning_objectives; i++)
		if (str_eq(c->learning_objectives[i].id, id))
			return;
	if (c->nlearning_objectives == MAX_OBJECTIVES)
		return;
	c->learning_objectives[c->nlearning_objectives].id = id;
	c->learning_objectives[c->nlearning_objectives++].text = text;
}

/*
 * What is there stays, unless only blocks that are gone served it. Then the
 * first objective of every lesson, and the others as far as there is room.
 */
static void
put_objectives(struct generate_maker *m)
{
	struct arena *a = m->r->mem;
	struct pb_course *c = m->d.course;
	const struct pb_learning_objective *old = c->learning_objectives;
	struct id_list before = named_objectives(a, m->old.course_blocks,
			   m->old.ncourse_blocks),
		       now = named_objectives(a, m->blocks, m->nblocks);
	size_t i, k, n = c->nlearning_objectives;
	bool any = true;

	c->learning_objectives = arena_calloc(a, n + MAX_OBJECTIVES + 1,
	    sizeof(*c->learning_objectives));
	c->nlearning_objectives = 0;
	for (i = 0; i < n; i++)
		if (!id_list_have(&before, old[i].id) ||
		    id_list_have(&now, old[i].id))
			add_objective(c, old[i].id, old[i].text);
	for (k = 0; any; k++) {
		any = false;
		for (i = 0; i < m->nplans; i++) {
			if (k >= m->plans[i].nobjectives)
				continue;
			any = true;
			add_objective(c,
			    generate_objective_id(a, m->plans[i].outline_id,
				m->plans[i].objectives[k]),
			    m->plans[i].objectives[k]);
		}
	}
}

/* Blocks name objectives of the list only. */
static void
align(struct generate_maker *m)
{
	struct pb_course *c = m->d.course;
	struct pb_block_alignment *al;
	struct id_list list = { 0 };
	size_t i;

	for (i = 0; i < c->nlearning_objectives; i++)
		id_list_add(m->r->mem, &list, c->learning_objectives[i].id);
	id_list_sort(&list);
	for (i = 0; i < m->nblocks; i++)
		if ((al = m->blocks[i].alignment) != NULL)
			al->learning_objectives = id_list_pick(m->r->mem, &list,
			    al->learning_objectives, &al->nlearning_objectives);
}

void
generate_frame_objectives(struct generate_maker *m)
{
	put_objectives(m);
	align(m);
}

/* --- personas ----------------------------------------------------------------- */

static const char *
join(struct arena *a, const char *const *v, size_t n)
{
	struct buf *b = buf_new(a);
	size_t i;

	for (i = 0; i < n; i++)
		buf_printf(b, "%s%s", i > 0 ? "; " : "", v[i]);
	return buf_str(b);
}

static void
make_persona(struct arena *a, const struct generate_audience *who,
    const struct ask_audience *x, const char *id, struct pb_persona *p)
{
	p->id = id;
	p->name = who->name;
	p->role = str_is_empty(x->role) ? who->name : x->role;
	p->kpis = join(a, x->goals, x->ngoals);
	p->responsibilities = x->background;
	if (x->nchallenges > 0)
		p->challenges = join(a, x->challenges, x->nchallenges);
}

enum code
generate_frame_personas(struct generate_maker *m)
{
	struct pb_course *c = m->d.course;
	const struct pb_persona *old = c->personas;
	struct arena *a = m->r->mem;
	struct generate_input in = { 0 };
	const char *id;
	enum code code;
	size_t i, j;

	code = generate_input_audiences(m->r, m->course_id, &in);
	if (code != CODE_OK)
		return code;
	c->personas = arena_calloc(a, c->npersonas + in.ask.naudiences + 1,
	    sizeof(*c->personas));
	for (i = 0; i < c->npersonas; i++)
		c->personas[i] = old[i];
	for (i = 0; i < in.ask.naudiences; i++) {
		id = arena_printf(a, "persona-%s", in.audiences[i].id);
		for (j = 0; j < c->npersonas; j++)
			if (str_eq(c->personas[j].id, id))
				break;
		if (j == c->npersonas && j < MAX_PERSONAS)
			make_persona(a, &in.audiences[i], &in.ask.audiences[i],
			    id, &c->personas[c->npersonas++]);
	}
	return CODE_OK;
}

/* --- settings ----------------------------------------------------------------- */

/* The mark of who wrote it is a tag, as of courses made on the command line. */
static void
put_mark(struct generate_maker *m, struct pb_course_settings *s)
{
	const char **tags;
	size_t i;

	for (i = 0; i < s->ncategory_tags; i++)
		if (str_eq(s->category_tags[i], m->mark))
			return;
	if (*m->mark == '\0' || s->ncategory_tags >= MAX_TAGS)
		return;
	tags = arena_calloc(m->r->mem, s->ncategory_tags + 2, sizeof(*tags));
	for (i = 0; i < s->ncategory_tags; i++)
		tags[i] = s->category_tags[i];
	tags[s->ncategory_tags++] = m->mark;
	s->category_tags = tags;
}

/* A course that gets its first content shows the questions in it. */
void
generate_frame_settings(struct generate_maker *m)
{
	struct pb_course *c = m->d.course;
	struct pb_course_settings *s = c->settings;

	if (str_is_empty(s->data_source) || str_eq(s->data_source, "open-web"))
		s->data_source = "ai-generated";
	if (str_is_empty(s->desired_outcome))
		s->desired_outcome = m->outcome;
	put_mark(m, s);
	if (m->old.nsections > 0)
		return;
	if (c->assessment_settings == NULL)
		c->assessment_settings =
		    arena_zalloc(m->r->mem, sizeof(*c->assessment_settings));
	c->assessment_settings->enable_embedded_knowledge_checks = true;
}

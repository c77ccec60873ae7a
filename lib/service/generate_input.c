/*
 * What a course is made from, read in one go: the input of GenerateCourseOutline,
 * the experts that still have knowledge, the audiences. Ids of the input that
 * name nobody any more are passed over in silence.
 */
#include "service/generate.h"

#include <string.h>

#include "ai/lang.h"
#include "base/buf.h"
#include "db/db.h"

#define CHUNKS_MOST "1200" /* of all experts; 450 pages, within 64 MiB */
#define LANG_ENOUGH 20000  /* bytes that tell a language */

enum query {
	Q_COURSE,
	Q_EXPERTS,
	Q_CHUNKS_BEST,
	Q_CHUNKS_READING,
	Q_AUDIENCES,
	Q__MAX
};

extern const struct db_query generate_input_queries[];

/* The experts s of the input i, in its order u.n. $1 tenant, $2 course. */
#define EXPERTS                                                          \
	" FROM course_generation_inputs i"                               \
	" CROSS JOIN LATERAL unnest(i.sme_ids) WITH ORDINALITY u(id, n)" \
	" JOIN subject_matter_experts s ON s.tenant_id = i.tenant_id"    \
	" AND s.id = u.id AND s.status <> 'archived'"
#define OF_COURSE " WHERE i.tenant_id = $1::uuid AND i.course_id = $2::uuid"

/* The best ones of each expert, whatever the order of the answer. */
#define CHUNKS(order)                                               \
	"SELECT s.id, c.id, c.topic, c.content, c.keywords,"        \
	" c.relevance_score, c.heading_path, c.lang" EXPERTS        \
	" CROSS JOIN LATERAL (SELECT * FROM sme_knowledge_chunks k" \
	" WHERE k.tenant_id = $1::uuid AND k.sme_id = s.id"         \
	" ORDER BY k.relevance_score DESC, k.created_at DESC, k.id" \
	" LIMIT " CHUNKS_MOST                                       \
	" / GREATEST(1, cardinality(i.sme_ids))) c" OF_COURSE       \
	" ORDER BY u.n, " order

const struct db_query generate_input_queries[] = {
	/* The reason counts when nothing came after the rejected version. */
	[Q_COURSE] = {
	    .name = "generate_input_course",
	    .nargs = 2, /* tenant, course */
	    .sql = "SELECT c.title, c.company_id, i.desired_outcome,"
		   " COALESCE(i.additional_context, ''),"
		   " COALESCE((SELECT CASE WHEN o.approval_status ="
		   " 'rejected' THEN o.rejection_reason END"
		   " FROM course_outlines o WHERE o.tenant_id = c.tenant_id"
		   " AND o.course_id = c.id ORDER BY o.version DESC LIMIT 1),"
		   " '') FROM courses c JOIN course_generation_inputs i"
		   " ON i.tenant_id = c.tenant_id AND i.course_id = c.id"
		   " WHERE c.tenant_id = $1::uuid AND c.id = $2::uuid",
	},
	[Q_EXPERTS] = {
	    .name = "generate_input_experts",
	    .nargs = 2, /* tenant, course */
	    .sql = "SELECT s.id, s.name, s.domain,"
		   " COALESCE(s.knowledge_summary, ''),"
		   " ARRAY(SELECT w FROM sme_knowledge_chunks k,"
		   " unnest(k.keywords) w WHERE k.tenant_id = $1::uuid"
		   " AND k.sme_id = s.id GROUP BY w"
		   " ORDER BY max(k.relevance_score) DESC, w LIMIT 100)"
		   EXPERTS OF_COURSE " ORDER BY u.n",
	},
	[Q_CHUNKS_BEST] = {
	    .name = "generate_input_chunks_best",
	    .nargs = 2, /* tenant, course */
	    .sql = CHUNKS("c.relevance_score DESC, c.created_at DESC, c.id"),
	},
	[Q_CHUNKS_READING] = {
	    .name = "generate_input_chunks_reading",
	    .nargs = 2, /* tenant, course */
	    .sql = CHUNKS("c.created_at, c.submission_id, c.position, c.id"),
	},
	[Q_AUDIENCES] = {
	    .name = "generate_input_audiences",
	    .nargs = 2, /* tenant, course */
	    .sql = "SELECT t.id, t.name, t.role, t.experience_level,"
		   " COALESCE(t.industry_context, ''),"
		   " COALESCE(t.typical_background, ''), t.learning_goals,"
		   " t.prerequisites, t.challenges, t.motivations"
		   " FROM course_generation_inputs i CROSS JOIN LATERAL"
		   " unnest(i.target_audience_ids) WITH ORDINALITY u(id, n)"
		   " JOIN target_audience_templates t"
		   " ON t.tenant_id = i.tenant_id AND t.id = u.id"
		   OF_COURSE " ORDER BY u.n",
	},
	[Q__MAX] = { 0 },
};

struct reader {
	struct req *r;
	const char *course_id;
	struct generate_input *in;
	struct ask_source *sources;
	const char **sme_ids; /* of sources */
};

static struct db_rows *
ask(struct reader *g, enum query q)
{
	return db_run(g->r->db, &generate_input_queries[q],
	    DB_ARGS(g->r->who.tenant_id, g->course_id));
}

static enum code
read_course(struct reader *g)
{
	struct db_rows *rows = ask(g, Q_COURSE);
	struct generate_input *in = g->in;

	if (rows == NULL)
		return req_fail_db(g->r);
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	in->course_title = db_text(rows, 0);
	in->company_id = db_text(rows, 1);
	in->ask.title = in->course_title;
	in->ask.outcome = db_text(rows, 2);
	in->ask.context = db_text(rows, 3);
	in->ask.feedback = db_text(rows, 4);
	return CODE_OK;
}

static enum code
read_experts(struct reader *g)
{
	struct db_rows *rows = ask(g, Q_EXPERTS);
	struct ask_source *s;
	size_t n = 0;

	if (rows == NULL)
		return req_fail_db(g->r);
	g->sources =
	    arena_calloc(g->r->mem, db_count(rows) + 1, sizeof(*g->sources));
	g->sme_ids =
	    arena_calloc(g->r->mem, db_count(rows) + 1, sizeof(*g->sme_ids));
	while (db_next(rows)) {
		g->sme_ids[n] = db_text(rows, 0);
		s = &g->sources[n++];
		s->name = db_text(rows, 1);
		s->domain = db_text(rows, 2);
		s->summary = db_text(rows, 3);
		s->keywords = db_array(rows, 4, &s->nkeywords);
	}
	g->in->ask.nsources = n;
	return CODE_OK;
}

/* --- chunks ------------------------------------------------------------------ */

static void
read_chunk(const struct db_rows *rows, struct chunk *c)
{
	*c = (struct chunk){ .id = db_text(rows, 1),
		.topic = db_text(rows, 2),
		.content = db_text(rows, 3),
		.score = db_real(rows, 5) };
	c->keywords = db_array(rows, 4, &c->nkeywords);
	c->path = db_array(rows, 6, &c->npath);
}

/* Rows come expert by expert, in the order in which experts were read. */
static enum code
read_chunks(struct reader *g, enum generate_order order)
{
	struct knowledge *k = g->in->ask.k;
	struct db_rows *rows =
	    ask(g, order == GENERATE_BEST ? Q_CHUNKS_BEST : Q_CHUNKS_READING);
	size_t at = 0;

	if (rows == NULL)
		return req_fail_db(g->r);
	k->chunks =
	    arena_calloc(g->r->mem, db_count(rows) + 1, sizeof(*k->chunks));
	while (db_next(rows)) {
		while (at < g->in->ask.nsources &&
		    strcmp(g->sme_ids[at], db_text(rows, 0)) != 0)
			at++;
		if (at == g->in->ask.nsources)
			break; /* came after the experts were read */
		if (g->sources[at].nchunks++ == 0)
			g->sources[at].first = k->nchunks;
		read_chunk(rows, &k->chunks[k->nchunks++]);
		if (k->lang == NULL && *db_text(rows, 7) != '\0')
			k->lang = db_text(rows, 7);
	}
	return CODE_OK;
}

/* Who has nothing to say does not count. */
static void
drop_empty(struct reader *g)
{
	struct ask_course *c = &g->in->ask;
	size_t i, n = 0;

	for (i = 0; i < c->nsources; i++) {
		if (g->sources[i].nchunks == 0 &&
		    str_is_empty(g->sources[i].summary))
			continue;
		if (g->sources[i].nchunks == 0)
			g->sources[i].first = 0;
		g->sources[n++] = g->sources[i];
	}
	c->nsources = n;
	c->sources = g->sources;
}

/* Title, summary and language of all knowledge together. */
static void
describe(struct reader *g)
{
	struct buf *b = buf_new(g->r->mem);
	struct ask_course *c = &g->in->ask;
	size_t i;

	for (i = 0; i < c->nsources; i++) {
		if (b->len > 0 && !str_is_empty(c->sources[i].summary))
			buf_puts(b, "\n\n");
		buf_puts(b, c->sources[i].summary);
	}
	c->k->title = c->title;
	c->k->summary = arena_strdup(g->r->mem, buf_str(b));
	if (c->k->lang != NULL)
		return;
	for (i = 0; i < c->k->nchunks && b->len < LANG_ENOUGH; i++)
		buf_printf(b, "\n%s", c->k->chunks[i].content);
	c->k->lang = lang_detect(buf_str(b), b->len);
}

/* --- audiences --------------------------------------------------------------- */

static enum code
read_audiences(struct reader *g)
{
	struct generate_input *in = g->in;
	struct db_rows *rows = ask(g, Q_AUDIENCES);
	struct ask_audience *list, *x;
	size_t n = 0;

	if (rows == NULL)
		return req_fail_db(g->r);
	list = arena_calloc(g->r->mem, db_count(rows) + 1, sizeof(*list));
	in->audiences =
	    arena_calloc(g->r->mem, db_count(rows) + 1, sizeof(*in->audiences));
	while (db_next(rows)) {
		in->audiences[n].id = db_text(rows, 0);
		in->audiences[n].name = db_text(rows, 1);
		x = &list[n++];
		x->role = db_text(rows, 2);
		x->level = db_text(rows, 3);
		x->industry = db_text(rows, 4);
		x->background = db_text(rows, 5);
		x->goals = db_array(rows, 6, &x->ngoals);
		x->prerequisites = db_array(rows, 7, &x->nprerequisites);
		x->challenges = db_array(rows, 8, &x->nchallenges);
		x->motivations = db_array(rows, 9, &x->nmotivations);
	}
	in->ask.audiences = list;
	in->ask.naudiences = n;
	return CODE_OK;
}

enum code
generate_input_audiences(struct req *r, const char *course_id,
    struct generate_input *out)
{
	struct reader g = { .r = r, .course_id = course_id, .in = out };

	return read_audiences(&g);
}

enum code
generate_input_read(struct req *r, const char *course_id,
    enum generate_order order, struct generate_input *out)
{
	struct reader g = { .r = r, .course_id = course_id, .in = out };
	enum code code;

	*out = (struct generate_input){ 0 };
	out->ask.k = arena_zalloc(r->mem, sizeof(*out->ask.k));
	if ((code = read_course(&g)) != CODE_OK ||
	    (code = read_experts(&g)) != CODE_OK ||
	    (code = read_chunks(&g, order)) != CODE_OK ||
	    (code = read_audiences(&g)) != CODE_OK)
		return code;
	drop_empty(&g);
	describe(&g);
	return out->ask.nsources > 0 ? CODE_OK : CODE_FAILED_PRECONDITION;
}

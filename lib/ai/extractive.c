/*
 * The extractive provider: lessons are the source's blocks in their order
 * under their headings, with questions after the part they are about.
 */
#include "ai/extractive.h"

#include <stdlib.h>
#include <string.h>

#include "ai/corpus.h"
#include "ai/distil.h"
#include "ai/extract.h"
#include "ai/outline.h"
#include "ai/phrases.h"
#include "ai/pick.h"
#include "ai/provider_brief.h"
#include "ai/quiz.h"
#include "ai/render.h"
#include "net/json.h"

#define WORDS_PER_QUIZ	 100
#define MAX_QUIZZES	 6
#define CONDENSE	 1400 /* words of a lesson; more is cut to the best */
#define KEY_POINTS_LEAST 220  /* words of a lesson that gets key points */
#define KEY_POINTS	 3
#define TEXT_MAX	 ((size_t)48 * 1024) /* bytes of one component */

struct maker {
	struct arena *a;
	struct knowledge *k;
	struct corpus *c;
	enum lang lang;
	const struct outline_lesson *plan;
	struct lesson *out;
	size_t cap;
	const char *seed; /* the lesson's id, for those of components */
};

/* --- components ----------------------------------------------------------- */

static struct component *
component_add(struct maker *m, enum component_type type, const char *kind)
{
	struct lesson *l = m->out;
	struct component *c;
	size_t cap;

	if (l->ncomponents == m->cap) {
		cap = m->cap == 0 ? 16 : m->cap * 2;
		l->components = arena_grow(m->a, l->components, l->ncomponents,
		    cap, sizeof(*l->components));
		m->cap = cap;
	}
	c = &l->components[l->ncomponents++];
	*c = (struct component){ .type = type, .kind = kind };
	return c;
}

static void
component_from(struct maker *m, struct component *c, const size_t *chunks,
    size_t n)
{
	size_t i;

	c->chunk_ids = arena_calloc(m->a, n, sizeof(*c->chunk_ids));
	for (i = 0; i < n; i++)
		c->chunk_ids[i] = m->k->chunks[chunks[i]].id;
	c->nchunk_ids = n;
}

static void
component_close(struct maker *m, struct component *c, const struct json *j)
{
	c->json = json_string(m->a, j, JSON_COMPACT);
	c->id = knowledge_id(m->a, "component",
	    arena_printf(m->a, "%s/%zu", m->seed, m->out->ncomponents),
	    c->json);
}

static void
add_heading(struct maker *m, unsigned level, const char *text,
    const size_t *chunks, size_t n)
{
	struct component *c = component_add(m, COMPONENT_HEADING, "source");
	struct json *j = json_new_object(m->a);

	c->level = level;
	c->text = text;
	component_from(m, c, chunks, n);
	json_put_int(j, "level", level);
	json_put_text(j, "text", text);
	component_close(m, c, j);
}

static void
add_text(struct maker *m, const char *kind, const char *html, const char *plain,
    const size_t *chunks, size_t n)
{
	struct component *c = component_add(m, COMPONENT_TEXT, kind);
	struct json *j = json_new_object(m->a);

	c->text = html;
	component_from(m, c, chunks, n);
	json_put_text(j, "html", html);
	json_put_text(j, "plaintext", plain);
	component_close(m, c, j);
}

static void
add_blocks(struct maker *m, const struct doc_block *b, size_t n, size_t chunk)
{
	struct buf html = BUF_INIT, plain = BUF_INIT;

	render_html(&html, b, n);
	render_plain(&plain, b, n);
	add_text(m, "source", arena_strdup(m->a, buf_str(&html)),
	    arena_strdup(m->a, buf_str(&plain)), &chunk, 1);
	buf_free(&html);
	buf_free(&plain);
}

/* A list of sentences or objectives as a component of its own. */
static void
add_points(struct maker *m, const char *kind, const char *lead,
    const char *const *points, size_t n, const size_t *chunks, size_t nchunks)
{
	struct buf html = BUF_INIT, plain = BUF_INIT;
	size_t i;

	if (lead != NULL) {
		buf_puts(&html, "<p>");
		render_escape(&html, lead, strlen(lead));
		buf_puts(&html, "</p>");
		buf_printf(&plain, "%s\n", lead);
	}
	buf_puts(&html, "<ul>");
	for (i = 0; i < n; i++) {
		buf_puts(&html, "<li>");
		render_escape(&html, points[i], strlen(points[i]));
		buf_puts(&html, "</li>");
		buf_printf(&plain, "%s%s", i > 0 ? "\n" : "", points[i]);
	}
	buf_puts(&html, "</ul>");
	add_text(m, kind, arena_strdup(m->a, buf_str(&html)),
	    arena_strdup(m->a, buf_str(&plain)), chunks, nchunks);
	buf_free(&html);
	buf_free(&plain);
}

static void
add_note(struct maker *m, const char *text)
{
	struct buf html = BUF_INIT;

	buf_puts(&html, "<p><em>");
	render_escape(&html, text, strlen(text));
	buf_puts(&html, "</em></p>");
	add_text(m, "note", arena_strdup(m->a, buf_str(&html)), text, NULL, 0);
	buf_free(&html);
}

static void
add_quiz(struct maker *m, const struct quiz *q)
{
	static const char *const ids[] = { "a", "b", "c", "d" };
	static const char *const truth[] = { "true", "false" };
	struct component *c =
	    component_add(m, COMPONENT_QUIZ, quiz_kind_name(q->kind));
	const char *const *id = q->kind == QUIZ_TRUE ? truth : ids;
	struct json *j = json_new_object(m->a), *options, *o;
	size_t i;

	component_from(m, c, &q->chunk, 1);
	json_put_text(j, "question", q->question);
	json_put_text(j, "question_type",
	    q->kind == QUIZ_TRUE ? "true_false" : "multiple_choice");
	options = json_put_list(j, "options");
	for (i = 0; i < q->noptions; i++) {
		o = json_add_object(options);
		json_put_text(o, "id", id[i]);
		json_put_text(o, "text", q->options[i]);
	}
	json_put_text(j, "correct_answer_id", id[q->right]);
	json_put_text(j, "explanation", q->explanation);
	component_close(m, c, j);
	c->text = c->json;
}

/* --- condensing ----------------------------------------------------------- */

/* The score below which sentences go, so that about CONDENSE words stay. */
struct rate {
	double score;
	size_t words;
};

static int
rate_cmp(const void *x, const void *y)
{
	const struct rate *a = x, *b = y;

	return a->score > b->score ? -1 : a->score < b->score;
}

static double
threshold(struct maker *m)
{
	const struct corpus_sentence *s;
	struct rate *r;
	size_t i, j, n = 0, words = 0;
	double limit = 0.0;

	for (i = 0; i < m->plan->nchunks; i++)
		words += m->k->chunks[m->plan->chunks[i]].words;
	if (words <= CONDENSE)
		return -1.0;
	for (i = 0; i < m->plan->nchunks; i++)
		n += m->c->first[m->plan->chunks[i] + 1] -
		    m->c->first[m->plan->chunks[i]];
	r = arena_calloc(m->a, n + 1, sizeof(*r));
	for (n = 0, i = 0; i < m->plan->nchunks; i++) {
		for (j = m->c->first[m->plan->chunks[i]];
		     j < m->c->first[m->plan->chunks[i] + 1]; j++) {
			s = &m->c->sentences[j];
			r[n++] = (struct rate){ s->score, s->nwords };
		}
	}
	qsort(r, n, sizeof(*r), rate_cmp);
	for (words = 0, i = 0; i < n && words < CONDENSE; i++) {
		words += r[i].words;
		limit = r[i].score;
	}
	return limit;
}

/* The sentences of a paragraph that reach the limit, as a new block. */
static bool
condense_block(struct maker *m, size_t chunk, size_t block, double limit,
    struct doc_block *out)
{
	const struct corpus_sentence *s;
	struct buf b = BUF_INIT;
	size_t i, all = 0, kept = 0;

	for (i = m->c->first[chunk]; i < m->c->first[chunk + 1]; i++) {
		s = &m->c->sentences[i];
		if (s->block != block)
			continue;
		all++;
		if (s->score < limit)
			continue;
		if (kept++ > 0)
			buf_putc(&b, ' ');
		buf_put(&b, s->text, s->len);
	}
	m->out->kept += kept;
	m->out->dropped += all - kept;
	if (kept < all) {
		out->text = arena_strdup(m->a, buf_str(&b));
		out->len = b.len;
		out->nspans = 0;
	}
	buf_free(&b);
	return kept > 0;
}

/* The blocks of a chunk, condensed when the lesson must be. */
static size_t
chunk_blocks(struct maker *m, size_t chunk, double limit, struct doc_block *out)
{
	const struct chunk *c = &m->k->chunks[chunk];
	size_t i, n = 0;

	for (i = 0; i < c->nblocks; i++) {
		out[n] = c->blocks[i];
		if (limit >= 0.0 &&
		    (out[n].kind == DOC_PARA || out[n].kind == DOC_QUOTE) &&
		    !condense_block(m, chunk, i, limit, &out[n]))
			continue;
		if (limit >= 0.0 && out[n].kind == DOC_CODE &&
		    out[n].len > 2000)
			continue;
		n++;
	}
	return n;
}

/* --- a lesson ------------------------------------------------------------- */

/* The heading a chunk needs inside the lesson, NULL when the title says it. */
static const char *
inner_heading(const struct maker *m, size_t i)
{
	const struct chunk *c = &m->k->chunks[m->plan->chunks[i]], *prev;
	const char *head;

	if (c->npath == 0)
		return NULL;
	head = c->path[c->npath - 1];
	if (i > 0) {
		prev = &m->k->chunks[m->plan->chunks[i - 1]];
		if (prev->npath == c->npath &&
		    strcmp(prev->path[prev->npath - 1], head) == 0)
			return NULL;
	}
	return i == 0 && strcmp(head, m->plan->title) == 0 ? NULL : head;
}

/* Levels inside a lesson: 2 for the outermost heading that occurs. */
static unsigned
inner_level(const struct maker *m, size_t i)
{
	size_t least = SIZE_MAX, j, depth;

	for (j = 0; j < m->plan->nchunks; j++) {
		depth = m->k->chunks[m->plan->chunks[j]].npath;
		if (inner_heading(m, j) != NULL && depth < least)
			least = depth;
	}
	depth = m->k->chunks[m->plan->chunks[i]].npath - least + 2;
	return depth > 4 ? 4 : (unsigned)depth;
}

/* Blocks as components small enough to store, never cutting a list. */
static void
add_chunk_text(struct maker *m, const struct doc_block *b, size_t n,
    size_t chunk)
{
	size_t i, from = 0, size = 0;
	bool bound;

	for (i = 0; i < n; i++) {
		bound = i > 0 && b[i].group != 0 &&
		    b[i].kind == b[i - 1].kind && b[i].group == b[i - 1].group;
		if (size + b[i].len > TEXT_MAX / 2 && i > from &&
		    (!bound || size + b[i].len > TEXT_MAX)) {
			add_blocks(m, b + from, i - from, chunk);
			from = i;
			size = 0;
		}
		size += b[i].len;
	}
	if (from < n)
		add_blocks(m, b + from, n - from, chunk);
}

static void
add_chunks(struct maker *m, const struct quiz *quizzes, size_t nquizzes)
{
	double limit = threshold(m);
	struct doc_block *blocks;
	const char *head;
	size_t i, n, chunk, next = 0;

	for (i = 0; i < m->plan->nchunks; i++) {
		chunk = m->plan->chunks[i];
		blocks = arena_calloc(m->a, m->k->chunks[chunk].nblocks,
		    sizeof(*blocks));
		n = chunk_blocks(m, chunk, limit, blocks);
		head = inner_heading(m, i);
		if (head != NULL && n > 0)
			add_heading(m, inner_level(m, i), head, &chunk, 1);
		add_chunk_text(m, blocks, n, chunk);
		for (; next < nquizzes && quizzes[next].chunk == chunk; next++)
			add_quiz(m, &quizzes[next]);
	}
}

/* The best sentences that stand alone, at most one of each chunk. */
static size_t
pick_points(const struct maker *m, struct pick *p)
{
	const struct corpus_sentence *s;
	size_t i, j, n = 0, chunk;

	for (i = 0; i < m->plan->nchunks; i++) {
		struct pick best = { 0, 0.0 };

		chunk = m->plan->chunks[i];
		for (j = m->c->first[chunk]; j < m->c->first[chunk + 1]; j++) {
			s = &m->c->sentences[j];
			if (s->whole && s->nwords >= 6 && s->nwords <= 32 &&
			    s->score > best.score)
				best = (struct pick){ j, s->score };
		}
		if (best.score > 0.0)
			p[n++] = best;
	}
	return pick_best(p, n, KEY_POINTS);
}

static void
add_key_points(struct maker *m)
{
	struct pick *p = arena_calloc(m->a, m->plan->nchunks + 1, sizeof(*p));
	const char *points[KEY_POINTS];
	size_t chunks[KEY_POINTS], i, n, words = 0;

	for (i = 0; i < m->plan->nchunks; i++)
		words += m->k->chunks[m->plan->chunks[i]].words;
	if (words < KEY_POINTS_LEAST || (n = pick_points(m, p)) < 2)
		return;
	for (i = 0; i < n; i++) {
		points[i] = m->c->sentences[p[i].sentence].text;
		chunks[i] = m->c->sentences[p[i].sentence].chunk;
	}
	add_heading(m, 2, phrases_get(m->lang, PH_KEY_POINTS), chunks, n);
	add_points(m, "key-points", NULL, points, n, chunks, n);
}

static size_t
quiz_count(const struct maker *m)
{
	size_t i, n, words = 0;

	for (i = 0; i < m->plan->nchunks; i++)
		words += m->k->chunks[m->plan->chunks[i]].words;
	n = (words + WORDS_PER_QUIZ / 2) / WORDS_PER_QUIZ;
	return n < 1 ? 1 : n > MAX_QUIZZES ? MAX_QUIZZES : n;
}

/*
 * The plan with its chunks: its own, those of the lesson of that title in the
 * outline that would be made, or those that match it best.
 */
static struct outline_lesson
with_chunks(struct arena *a, const struct ask_lesson *in)
{
	struct outline_lesson plan = *in->plan;
	struct outline o;
	size_t i, j;

	if (plan.nchunks > 0)
		return plan;
	outline_make(a, in->course->k, &o);
	for (i = 0; i < o.nsections; i++) {
		for (j = 0; j < o.sections[i].nlessons; j++) {
			if (strcmp(o.sections[i].lessons[j].title,
				plan.title) != 0)
				continue;
			plan.chunks = o.sections[i].lessons[j].chunks;
			plan.nchunks = o.sections[i].lessons[j].nchunks;
			return plan;
		}
	}
	plan.chunks = provider_brief_chunks(a, in, &plan.nchunks);
	return plan;
}

static enum provider_end
make_lesson(struct provider_run *r, const struct ask_lesson *in,
    struct lesson *out)
{
	struct maker m = { .a = r->a, .k = in->course->k, .out = out };
	struct arena *a = r->a;
	struct outline_lesson plan;
	struct quiz *quizzes;
	size_t n;

	if (m.k->nchunks == 0)
		return PROVIDER_EMPTY;
	m.c = distil_corpus(a, m.k);
	m.lang = lang_of(m.k->lang);
	plan = with_chunks(a, in);
	m.plan = &plan;
	m.seed = plan.id != NULL ? plan.id : plan.title;
	*out = (struct lesson){ 0 };
	n = quiz_make(a, m.k, plan.chunks, plan.nchunks, quiz_count(&m),
	    &quizzes);
	if (plan.nobjectives > 0)
		add_points(&m, "objectives", phrases_get(m.lang, PH_AFTER),
		    plan.objectives, plan.nobjectives, plan.chunks,
		    plan.nchunks);
	add_chunks(&m, quizzes, n);
	add_key_points(&m);
	if (out->dropped > 0)
		add_note(&m,
		    phrases_fill(a, m.lang, PH_CONDENSED,
			arena_printf(a, "%zu", out->kept),
			arena_printf(a, "%zu", out->kept + out->dropped)));
	out->segue = in->next == NULL
	    ? phrases_get(m.lang, PH_END)
	    : phrases_fill(a, m.lang, PH_NEXT, in->next, "");
	return PROVIDER_DONE;
}

/* --- the row -------------------------------------------------------------- */

/* A text that came without a file. */
static const struct doc *
doc_of(struct arena *a, const char *text)
{
	struct doc_maker *m = doc_maker_new(a, "line");
	const char *why;

	/* Markdown cannot fail; what is none of it is a paragraph. */
	(void)extract_md(m, text, strlen(text), &why);
	return doc_finish(m);
}

static enum provider_end
distil(struct provider_run *r, const struct ask_distil *in,
    struct knowledge *out)
{
	const struct doc *d =
	    in->doc != NULL ? in->doc : doc_of(r->a, in->text);
	struct knowledge k;

	distil_document(r->a, d, in->title != NULL ? in->title : "",
	    in->lang != NULL ? in->lang : "", &k);
	if (k.nchunks == 0)
		return PROVIDER_EMPTY;
	*out = k;
	return PROVIDER_DONE;
}

static enum provider_end
outline(struct provider_run *r, const struct ask_course *in,
    struct outline *out)
{
	struct outline o;

	if (in->k->nchunks == 0)
		return PROVIDER_EMPTY;
	distil_corpus(r->a, in->k);
	outline_make(r->a, in->k, &o);
	if (o.nlessons == 0)
		return PROVIDER_EMPTY;
	*out = o;
	return PROVIDER_DONE;
}

static enum provider_end
component(struct provider_run *r, const struct ask_component *in,
    struct component *out)
{
	(void)r;
	(void)in; /* a wish in words is for a model */
	(void)out;
	return PROVIDER_UNABLE;
}

/* The summary; or the text as it is, its paragraphs and lists set in order. */
static enum provider_end
enhance(struct provider_run *r, enum ask_enhance how, const char *text,
    const char **out)
{
	const struct doc *d = doc_of(r->a, text);
	struct buf *b = buf_new(r->a);
	struct knowledge k;

	if (how == ASK_IMPROVE) {
		render_markdown(b, d->blocks, d->nblocks);
	} else {
		distil_document(r->a, d, "", "", &k);
		buf_puts(b, k.nchunks > 0 ? k.summary : "");
	}
	/* Too short to choose from. */
	if (b->len == 0)
		render_plain(b, d->blocks, d->nblocks);
	if (b->len == 0)
		return PROVIDER_EMPTY;
	*out = buf_str(b);
	return PROVIDER_DONE;
}

static enum provider_end
test(struct provider_run *r)
{
	(void)r; /* there is no key to test */
	return PROVIDER_DONE;
}

const struct provider extractive_provider = {
	.name = "extractive",
	.mark = "extractive",
	.distil = distil,
	.outline = outline,
	.lesson = make_lesson,
	.component = component,
	.enhance = enhance,
	.test = test,
};

/*
 * What a provider wrote, made whole: every component has an id, every text and
 * every question says where it comes from, and what was written without a model
 * says so.
 */
#include "service/generate_lesson.h"

#include <string.h>

#include "ai/phrases.h"
#include "ai/provider_match.h"
#include "ai/render.h"
#include "net/json.h"

static bool
states_something(const struct component *c)
{
	return c->type == COMPONENT_TEXT || c->type == COMPONENT_QUIZ;
}

/* The sources of a component that names none: the chunks it matches best. */
static void
find_sources(struct generate_lesson *m, const size_t *from, size_t n,
    struct component *c)
{
	const struct knowledge *k = m->in.ask.k;
	struct arena *a = m->run->r->mem;
	size_t at;

	if (n == 0 || provider_match(k, from, n, c->text, 1, &at) != 1)
		return;
	c->chunk_ids = arena_calloc(a, 1, sizeof(*c->chunk_ids));
	c->chunk_ids[0] = k->chunks[at].id;
	c->nchunk_ids = 1;
}

/* "Anna, Ben": who the knowledge is from. */
static const char *
expert_names(struct generate_lesson *m)
{
	struct buf *b = buf_new(m->run->r->mem);
	size_t i;

	for (i = 0; i < m->in.ask.nsources; i++)
		buf_printf(b, "%s%s", i > 0 ? ", " : "",
		    m->in.ask.sources[i].name);
	return buf_str(b);
}

/*
 * What was made without a model says so, to its readers, too: a note at the end
 * of the last lesson.
 */
static void
add_about(struct generate_lesson *m)
{
	enum lang lang = lang_of(m->in.ask.k->lang);
	struct arena *a = m->run->r->mem;
	struct lesson *l = &m->lesson;
	struct json *j = json_new_object(a);
	struct buf *html = buf_new(a);
	struct component *c;
	const char *text;

	text = phrases_fill(a, lang, PH_ABOUT,
	    phrases_quote(a, lang, expert_names(m)), "");
	buf_puts(html, "<p><em>");
	render_escape(html, text, strlen(text));
	buf_puts(html, "</em></p>");
	json_put_text(j, "html", buf_str(html));
	json_put_text(j, "plaintext", text);
	l->components = arena_grow(a, l->components, l->ncomponents,
	    l->ncomponents + 1, sizeof(*l->components));
	c = &l->components[l->ncomponents++];
	*c = (struct component){ .type = COMPONENT_TEXT,
		.kind = "about",
		.json = json_string(a, j, JSON_COMPACT),
		.text = buf_str(html) };
}

/* Every text and every question says where it comes from. */
static void
set_sources(struct generate_lesson *m)
{
	const struct knowledge *k = m->in.ask.k;
	struct arena *a = m->run->r->mem;
	const size_t *from = m->plan.chunks;
	size_t i, n = m->plan.nchunks, *all;
	char id[STR_UUID_LEN + 1];
	struct component *c;

	if (n == 0) {
		all = arena_calloc(a, k->nchunks + 1, sizeof(*all));
		for (n = 0; n < k->nchunks; n++)
			all[n] = n;
		from = all;
	}
	m->ids = arena_calloc(a, m->lesson.ncomponents + 1, sizeof(*m->ids));
	for (i = 0; i < m->lesson.ncomponents; i++) {
		c = &m->lesson.components[i];
		str_uuid_new(id);
		m->ids[i] = arena_strdup(a, id);
		if (c->nchunk_ids == 0 && states_something(c))
			find_sources(m, from, n, c);
		if (c->nchunk_ids > GENERATE_REFS_MAX)
			c->nchunk_ids = GENERATE_REFS_MAX;
	}
}

void
generate_lesson_complete(struct generate_lesson *m)
{
	if (*m->mark != '\0' && m->next == NULL)
		add_about(m);
	set_sources(m);
}

/*
 * Pieces of knowledge on the page of an expert: cards, a search among them, and
 * correcting and deleting one (spec web.md 19.6).
 */
#include <string.h>

#include "base/utf8.h"
#include "note.h"
#include "pages.h"
#include "service/sme_knowledge.h"
#include "smes.h"
#include "web/assets.h"

#define SHOWN_MAX 60
#define START_MAX 200 /* characters before one asks for more */
#define WORDS_MAX 5

static const struct entry_rule rules[] = {
	{ "content", "content", NULL },
	{ "topic", "topic", NULL },
	{ "keywords", "keywords", NULL },
	{ NULL, NULL, NULL },
};

/* --- cards ---------------------------------------------------------------------- */

static const char *
words_of(struct arena *a, const struct pb_sme_knowledge_chunk *k, size_t max)
{
	struct buf *b = buf_new(a);
	size_t i;

	for (i = 0; i < k->nkeywords && i < max; i++)
		buf_printf(b, "%s%s", i == 0 ? "" : ", ", k->keywords[i]);
	if (k->nkeywords > max)
		buf_printf(b, ", +%zu more", k->nkeywords - max);
	return buf_str(b);
}

static void
put_content(struct page *p, const char *text)
{
	if (utf8_count(text) <= START_MAX)
		tmpl_chunk_text(&p->h,
		    &(struct tmpl_chunk_text){ .text = text });
	else
		tmpl_chunk_long(&p->h,
		    &(struct tmpl_chunk_long){
			.start = arena_strndup(p->r->mem, text,
			    utf8_prefix(text, START_MAX)),
			.text = text });
}

static void
put_chunk(struct page *p, const struct smes_view *v,
    const struct pb_sme_knowledge_chunk *k)
{
	const char *topic = str_is_empty(k->topic) ? "Untitled" : k->topic;
	struct tmpl_chunk card = { .id = k->id,
		.topic = topic,
		.score = (int64_t)((double)k->relevance_score * 100 + 0.5),
		.origin = k->submission_id == NULL
		    ? "Its submission was deleted"
		    : "From an approved submission",
		.at = page_time(p->r->mem, k->created_at),
		.at_text = page_day(p->r->mem, k->created_at),
		.words = words_of(p->r->mem, k, WORDS_MAX) };

	tmpl_chunk_open(&p->h, &card);
	put_content(p, k->content);
	if (v->manages)
		tmpl_chunk_deeds(&p->h,
		    &(struct tmpl_chunk_deeds){ .sme = v->sme->id,
			.id = k->id,
			.topic = topic });
	tmpl_chunk_close(&p->h, &card);
}

/* --- the section ------------------------------------------------------------------ */

struct found {
	struct pb_sme_knowledge_chunk *chunks;
	size_t n;
};

static enum code
find(struct page *p, const struct smes_view *v, const char *q,
    struct found *out)
{
	const char *ids[] = { v->sme->id };
	const struct pb_search_knowledge_request search = { .sme_ids = ids,
		.nsme_ids = 1,
		.query = q,
		.limit = SHOWN_MAX };
	const struct pb_get_knowledge_request all = { .sme_id = v->sme->id };
	struct pb_search_knowledge_response hits = { 0 };
	struct pb_get_knowledge_response whole = { 0 };
	enum code code;

	if (*q != '\0') {
		code = rpc_sme_search_knowledge(p->r, &search, &hits);
		*out = (struct found){ hits.chunks, hits.nchunks };
	} else {
		code = rpc_sme_get_knowledge(p->r, &all, &whole);
		*out = (struct found){ whole.chunks, whole.nchunks };
	}
	return code;
}

static const char *
count_of(struct page *p, const struct found *f, const char *q)
{
	if (*q != '\0')
		return page_count(p->r->mem, (int64_t)f->n, "piece found",
		    "pieces found");
	if (f->n > SHOWN_MAX)
		return arena_printf(p->r->mem,
		    "The best %d of %zu pieces: search for the others",
		    SHOWN_MAX, f->n);
	return page_count(p->r->mem, (int64_t)f->n, "piece, best first",
	    "pieces, best first");
}

static void
put_found(struct page *p, const struct smes_view *v, const struct found *f,
    const char *q)
{
	size_t i;

	if (f->n == 0) {
		page_empty(p, "document",
		    *q == '\0' ? "No knowledge yet" : "Nothing found",
		    *q == '\0'
			? "What is approved of submissions stands here."
			: "No piece of knowledge holds all these words.");
		return;
	}
	tmpl_chunks_list_open(&p->h);
	for (i = 0; i < f->n && i < SHOWN_MAX; i++)
		put_chunk(p, v, &f->chunks[i]);
	tmpl_chunks_list_close(&p->h);
}

void
smes_knowledge_part(struct page *p, const struct smes_view *v)
{
	const char *q = req_query(p->r, "kq");
	struct found f = { 0 };

	if (q == NULL)
		q = "";
	if (find(p, v, q, &f) != CODE_OK)
		req_unfail(p->r); /* the rest of the page stands without it */
	tmpl_chunks_open(&p->h);
	tmpl_chunks_head(&p->h,
	    &(struct tmpl_chunks_head){ .count = count_of(p, &f, q),
		.sme = v->sme->id,
		.q = q });
	put_found(p, v, &f, q);
	tmpl_chunks_close(&p->h, &(struct tmpl_chunks){ .assets = WEB_ASSETS });
}

/* --- one piece ----------------------------------------------------------------------- */

static const char *
back_of(struct page *p)
{
	return arena_printf(p->r->mem, "/smes?sme=%s#knowledge", p->arg[0]);
}

/* The piece p->arg[1] of the expert; false after an answer was sent. */
static bool
load(struct page *p, struct smes_view *v, struct pb_sme_knowledge_chunk **k)
{
	const struct pb_get_knowledge_request in = { .sme_id = p->arg[0] };
	struct pb_get_knowledge_response out = { 0 };
	size_t i;

	if (!smes_need_editor(p) || !smes_load(p, v))
		return false;
	if (rpc_sme_get_knowledge(p->r, &in, &out) != CODE_OK) {
		page_fail(p);
		return false;
	}
	for (i = 0; i < out.nchunks; i++)
		if (str_eq(out.chunks[i].id, p->arg[1])) {
			*k = &out.chunks[i];
			return true;
		}
	page_not_found(p);
	return false;
}

struct values {
	const char *topic;
	const char *content;
	const char *keywords;
};

static void
put_edit(struct page *p, const struct pb_sme_knowledge_chunk *k,
    const struct entry *e, const struct values *v)
{
	bool wrong = str_eq(e->field, "content");

	page_card_open(p, "Edit Knowledge",
	    arena_printf(p->r->mem, "%d %% relevant, from %s.",
		(int)((double)k->relevance_score * 100 + 0.5),
		page_day(p->r->mem, k->created_at)),
	    back_of(p), "Back to the expert");
	entry_put_summary(p, e);
	tmpl_form_open(&p->h,
	    &(struct tmpl_form){
		.to = smes_under(p,
		    arena_printf(p->r->mem, "chunks/%s/edit", k->id)),
		.csrf = p->csrf });
	entry_put_line(p, e,
	    &(struct entry_line){ .name = "topic",
		.label = "Topic",
		.value = v->topic,
		.required = true,
		.max = SME_CHUNK_TOPIC_MAX });
	tmpl_chunk_edit(&p->h,
	    &(struct tmpl_chunk_edit){ .invalid = wrong ? "true" : "false",
		.content = v->content,
		.error = wrong ? e->text : "" });
	entry_put_line(p, e,
	    &(struct entry_line){ .name = "keywords",
		.label = "Keywords",
		.value = v->keywords,
		.note = "With commas between them; left empty they stay.",
		.max = 2000 });
	tmpl_form_close(&p->h,
	    &(struct tmpl_form){ .button = "Save",
		.busy = "Saving …",
		.back = back_of(p) });
	page_card_close(p);
	page_send(p, e->field == NULL ? 200 : e->status);
}

void
smes_chunk_page(struct page *p)
{
	struct pb_sme_knowledge_chunk *k = NULL;
	const struct entry none = { 0 };
	struct smes_view view = { 0 };

	if (!load(p, &view, &k))
		return;
	put_edit(p, k, &none,
	    &(struct values){ .topic = k->topic,
		.content = k->content,
		.keywords = words_of(p->r->mem, k, k->nkeywords) });
}

/* "a, b,, c" as a list; empty entries go. */
static const char **
split(struct arena *a, const char *s, size_t *n)
{
	const char **out = arena_calloc(a, strlen(s) + 1, sizeof(*out));
	size_t len;

	for (*n = 0; *s != '\0'; s += len, s += *s == ',') {
		len = strcspn(s, ",");
		out[*n] = str_trim(a, arena_strndup(a, s, len));
		*n += *out[*n] != '\0';
	}
	return out;
}

void
smes_chunk_save(struct page *p)
{
	struct values v = { .topic = entry_posted(p, "topic"),
		.content = entry_posted(p, "content"),
		.keywords = entry_posted(p, "keywords") };
	struct pb_update_knowledge_chunk_request in = { .chunk_id = p->arg[1],
		.content = v.content,
		.topic = v.topic };
	struct pb_update_knowledge_chunk_response out = { 0 };
	struct pb_sme_knowledge_chunk *k = NULL;
	struct smes_view view = { 0 };
	struct entry e = { 0 };

	in.keywords = split(p->r->mem, v.keywords, &in.nkeywords);
	if (!load(p, &view, &k))
		return;
	if (rpc_sme_update_knowledge_chunk(p->r, &in, &out) == CODE_OK) {
		note_leave(p, "chunk-saved");
		page_redirect(p, back_of(p));
	} else if (entry_fault(p, rules, &e))
		put_edit(p, k, &e, &v);
	else
		page_fail(p);
}

void
smes_chunk_ask(struct page *p)
{
	struct pb_sme_knowledge_chunk *k = NULL;
	struct smes_view view = { 0 };

	if (!load(p, &view, &k))
		return;
	page_card_open(p,
	    arena_printf(p->r->mem, "Delete “%s”?",
		str_is_empty(k->topic) ? "Untitled" : k->topic),
	    "Courses keep what was written from it; new ones are written"
	    " without it.",
	    back_of(p), "Back to the expert");
	tmpl_confirm(&p->h,
	    &(struct tmpl_confirm){
		.to = smes_under(p,
		    arena_printf(p->r->mem, "chunks/%s/delete", k->id)),
		.csrf = p->csrf,
		.back = back_of(p),
		.busy = "Deleting …",
		.button = "Delete" });
	page_card_close(p);
	page_send(p, 200);
}

void
smes_chunk_delete(struct page *p)
{
	const struct pb_delete_knowledge_chunk_request in = { .chunk_id =
								  p->arg[1] };
	struct pb_delete_knowledge_chunk_response out = { 0 };

	smes_done(p, rpc_sme_delete_knowledge_chunk(p->r, &in, &out),
	    "chunk-deleted", back_of(p));
}

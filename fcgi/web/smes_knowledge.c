/*
 * Pieces of knowledge on the page of an expert: cards, best first, in pages,
 * and a search among them (spec web.md 19.6). Changes nothing.
 */
#include "asked.h"
#include "base/utf8.h"
#include "service/sme_knowledge.h"
#include "smes.h"
#include "web/assets.h"

#define PAGE_SIZE 50
#define OPEN_SIZE 5  /* pieces of a page that stand open */
#define FOLD_SIZE 15 /* and of what is folded behind them */
#define TOPICS	  3  /* named of pieces that are folded */
#define WORDS_MAX 5

/* --- cards ---------------------------------------------------------------------- */

static const char *
topic_of(const struct pb_sme_knowledge_chunk *k)
{
	return str_is_empty(k->topic) ? "Untitled" : k->topic;
}

static void
put_content(struct page *p, const char *text)
{
	size_t n = utf8_prefix_words(text, SME_EXCERPT_MAX);

	if (text[n] == '\0')
		tmpl_chunk_text(&p->h,
		    &(struct tmpl_chunk_text){ .text = text });
	else
		tmpl_chunk_long(&p->h,
		    &(struct tmpl_chunk_long){
			.start = arena_strndup(p->r->mem, text, n),
			.text = text });
}

static void
put_chunk(struct page *p, const struct smes_view *v,
    const struct pb_sme_knowledge_chunk *k)
{
	struct arena *a = p->r->mem;

	tmpl_chunk_open(&p->h,
	    &(struct tmpl_chunk){ .id = k->id,
		.topic = topic_of(k),
		.score = (int64_t)((double)k->relevance_score * 100 + 0.5) });
	put_content(p, k->content);
	tmpl_chunk_facts(&p->h,
	    &(struct tmpl_chunk_facts){ .origin = k->submission_id == NULL
		    ? "Its submission was deleted"
		    : "From an approved submission",
		.at = page_time(a, k->created_at),
		.at_text = page_day(a, k->created_at),
		.words = smes_chunk_words(a, k, WORDS_MAX) });
	if (v->manages)
		tmpl_chunk_deeds(&p->h,
		    &(struct tmpl_chunk_deeds){ .sme = v->sme->id,
			.id = k->id,
			.topic = topic_of(k) });
	tmpl_chunk_close(&p->h);
}

/* --- the section ------------------------------------------------------------------ */

/* What the address asks for. */
struct ask {
	const char *q;	    /* "": all, in pages */
	const char *cursor; /* "": the first page */
	int64_t before; /* pieces on the pages before; as the address says */
};

struct found {
	struct pb_sme_knowledge_chunk *chunks;
	size_t n;
	const char *next; /* cursor; NULL: the last page */
};

static void
read_ask(struct page *p, struct ask *ask)
{
	ask->q = asked_search(p, "kq");
	ask->cursor = asked_text(p, "after");
	if (ask->cursor[0] == '\0' ||
	    !str_to_i64(asked_text(p, "shown"), 1, INT32_MAX, &ask->before))
		ask->before = 0;
}

static enum code
search(struct page *p, const struct smes_view *v, const char *q,
    struct found *out)
{
	const char *ids[] = { v->sme->id };
	const struct pb_search_knowledge_request in = { .sme_ids = ids,
		.nsme_ids = 1,
		.query = q,
		.limit = PAGE_SIZE };
	struct pb_search_knowledge_response hits = { 0 };
	enum code code;

	code = rpc_sme_search_knowledge(p->r, &in, &hits);
	*out = (struct found){ hits.chunks, hits.nchunks, NULL };
	return code;
}

static enum code
list(struct page *p, const struct smes_view *v, const char *cursor,
    struct found *out)
{
	const struct pb_get_knowledge_request in = { .sme_id = v->sme->id,
		.limit = PAGE_SIZE,
		.cursor = cursor };
	struct pb_get_knowledge_response page = { 0 };
	enum code code;

	code = rpc_sme_get_knowledge(p->r, &in, &page);
	*out = (struct found){ page.chunks, page.nchunks, page.next_cursor };
	return code;
}

/* An address that names no page is as if it named the first. */
static enum code
find(struct page *p, const struct smes_view *v, struct ask *ask,
    struct found *out)
{
	enum code code;

	if (ask->q[0] != '\0')
		return search(p, v, ask->q, out);
	code = list(p, v, ask->cursor, out);
	if (code != CODE_INVALID_ARGUMENT)
		return code;
	req_unfail(p->r);
	ask->cursor = "";
	ask->before = 0;
	return list(p, v, "", out);
}

static const char *
count_of(struct page *p, const struct smes_view *v, const struct ask *ask,
    const struct found *f)
{
	struct arena *a = p->r->mem;

	if (ask->q[0] != '\0' && f->n == PAGE_SIZE)
		return arena_printf(a, "The best %d pieces found", PAGE_SIZE);
	if (ask->q[0] != '\0')
		return page_count(a, (int64_t)f->n, "piece found",
		    "pieces found");
	if (f->n == 0 || (f->next == NULL && ask->before == 0))
		return page_count(a, (int64_t)f->n, "piece, best first",
		    "pieces, best first");
	return arena_printf(a, "%lld to %lld of %d pieces, best first",
	    (long long)ask->before + 1,
	    (long long)ask->before + (long long)f->n, (int)v->sme->chunk_count);
}

static void
put_none(struct page *p, const char *q)
{
	page_empty(p, "document",
	    *q == '\0' ? "No knowledge yet" : "Nothing found",
	    *q == '\0' ? "What is approved of submissions stands here."
		       : "No piece of knowledge holds all these words.");
}

/* To the first page, and to the next one. */
static void
put_pages(struct page *p, const struct smes_view *v, const struct ask *ask,
    const struct found *f)
{
	const char *first = smes_knowledge_of(p, v->sme->id);
	struct arena *a = p->r->mem;

	if (f->next == NULL && ask->cursor[0] == '\0')
		return;
	tmpl_chunks_pages_open(&p->h);
	if (ask->cursor[0] != '\0')
		tmpl_chunks_page(&p->h,
		    &(struct tmpl_chunks_page){ .to = first,
			.label = "Back to the best" });
	if (f->next != NULL)
		tmpl_chunks_page(&p->h,
		    &(struct tmpl_chunks_page){
			.to = arena_printf(a,
			    "/smes?sme=%s&after=%s&shown=%lld#knowledge",
			    v->sme->id, str_url_encode(a, f->next),
			    (long long)ask->before + (long long)f->n),
			.label = "More pieces" });
	tmpl_chunks_pages_close(&p->h);
}

static bool
is_among(const struct pb_sme_knowledge_chunk *k, size_t n, const char *topic)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (str_eq(topic_of(&k[i]), topic))
			return true;
	return false;
}

/* What n pieces are about, in few words. */
static const char *
topics_of(struct arena *a, const struct pb_sme_knowledge_chunk *k, size_t n)
{
	struct buf *b = buf_new(a);
	size_t i, named = 0;

	for (i = 0; i < n; i++) {
		if (is_among(k, i, topic_of(&k[i])))
			continue;
		if (named++ == TOPICS) {
			buf_printf(b, ", …");
			break;
		}
		buf_printf(b, "%s%s", named == 1 ? "" : ", ", topic_of(&k[i]));
	}
	return buf_str(b);
}

static void
put_list(struct page *p, const struct smes_view *v,
    const struct pb_sme_knowledge_chunk *k, size_t n)
{
	size_t i;

	tmpl_chunks_list_open(&p->h);
	for (i = 0; i < n; i++)
		put_chunk(p, v, &k[i]);
	tmpl_chunks_list_close(&p->h);
}

/* The first pieces stand open; behind them, some at a time are folded. */
static void
put_found(struct page *p, const struct smes_view *v, const struct ask *ask,
    const struct found *f)
{
	struct arena *a = p->r->mem;
	size_t i, n = f->n < OPEN_SIZE ? f->n : OPEN_SIZE;

	put_list(p, v, f->chunks, n);
	for (i = n; i < f->n; i += n) {
		n = f->n - i < FOLD_SIZE ? f->n - i : FOLD_SIZE;
		tmpl_chunks_fold_open(&p->h,
		    &(struct tmpl_chunks_fold){
			.places = arena_printf(a, "%lld to %lld",
			    (long long)ask->before + (long long)i + 1,
			    (long long)ask->before + (long long)(i + n)),
			.topics = topics_of(a, &f->chunks[i], n) });
		put_list(p, v, &f->chunks[i], n);
		tmpl_chunks_fold_close(&p->h);
	}
}

void
smes_knowledge_part(struct page *p, const struct smes_view *v)
{
	struct found f = { 0 };
	struct ask ask = { 0 };

	read_ask(p, &ask);
	if (find(p, v, &ask, &f) != CODE_OK)
		req_unfail(p->r); /* the rest of the page stands without it */
	tmpl_chunks_open(&p->h);
	tmpl_chunks_head(&p->h,
	    &(struct tmpl_chunks_head){ .count = count_of(p, v, &ask, &f),
		.sme = v->sme->id,
		.q = ask.q });
	if (f.n == 0)
		put_none(p, ask.q);
	else
		put_found(p, v, &ask, &f);
	put_pages(p, v, &ask, &f);
	tmpl_chunks_close(&p->h, &(struct tmpl_chunks){ .assets = WEB_ASSETS });
}

/*
 * One piece of knowledge of an expert: correcting and deleting it (spec web.md
 * 19.6). A form that was refused comes back as it was typed.
 */
#include <string.h>

#include "note.h"
#include "pages.h"
#include "service/sme_knowledge.h"
#include "smes.h"

static const struct entry_rule rules[] = {
	{ "content", "content", NULL },
	{ "topic", "topic", NULL },
	{ "keywords", "keywords", NULL },
	{ NULL, NULL, NULL },
};

const char *
smes_chunk_words(struct arena *a, const struct pb_sme_knowledge_chunk *k,
    size_t max)
{
	struct buf *b = buf_new(a);
	size_t i;

	for (i = 0; i < k->nkeywords && i < max; i++)
		buf_printf(b, "%s%s", i == 0 ? "" : ", ", k->keywords[i]);
	if (k->nkeywords > max)
		buf_printf(b, ", +%zu more", k->nkeywords - max);
	return buf_str(b);
}

static const char *
back_of(struct page *p)
{
	return smes_knowledge_of(p, p->arg[0]);
}

/* The piece p->arg[1] of the expert; false after an answer was sent. */
static bool
load(struct page *p, struct smes_view *v, struct pb_sme_knowledge_chunk **k)
{
	const struct pb_get_knowledge_request in = { .sme_id = p->arg[0],
		.chunk_id = p->arg[1] };
	struct pb_get_knowledge_response out = { 0 };

	if (!smes_need_editor(p) || !smes_load(p, v))
		return false;
	if (rpc_sme_get_knowledge(p->r, &in, &out) == CODE_OK) {
		*k = out.chunks;
		return true;
	}
	if (p->r->code == CODE_NOT_FOUND || p->r->code == CODE_INVALID_ARGUMENT)
		page_not_found(p);
	else
		page_fail(p);
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
		.keywords = smes_chunk_words(p->r->mem, k, k->nkeywords) });
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

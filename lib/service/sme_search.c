/*
 * SMEService/SearchKnowledge: full text over the chunks that the caller may
 * see. sme_search() in the database finds and ranks; here a query is cut into
 * terms. What has no word in it, or none that is found, is looked for as it
 * stands, in the best chunks.
 */
#include "mirai/v1/sme.rpc.h"

#include <ctype.h>
#include <string.h>

#include "ai/lang.h"
#include "base/utf8.h"
#include "service/field.h"
#include "service/sme_knowledge.h"

#define QUERY_MAX     200 /* characters */
#define TERMS_MAX     12
#define IDS_MAX	      200
#define LIMIT_DEFAULT 20
#define LIMIT_MAX     100
#define LITERAL_MAX   "1000" /* chunks looked through, 20,000 characters each */
#define BEST	      SME_CHUNK_BEST

/* The sources asked for, or all that are not archived; $5: ids or NULL. */
#define SOURCES                                                                  \
	"ARRAY(SELECT s.id FROM subject_matter_experts s"                        \
	" WHERE s.tenant_id = $1::uuid AND " SME_SEES(                           \
	    "s") " AND CASE WHEN $5::uuid[] IS NULL THEN s.status <> 'archived'" \
		 " ELSE s.id = ANY ($5::uuid[]) END)"

enum query {
	Q_SEARCH,
	Q_LITERAL,
	Q__MAX
};

extern const struct db_query sme_search_queries[];

const struct db_query sme_search_queries[] = {
	[Q_SEARCH] = {
	    .name = "sme_search_words",
	    .nargs = 8, /* viewer, ids, terms, query, limit */
	    .sql = "SELECT " SME_CHUNK_COLUMNS
		   " FROM (SELECT k.*, f.rank, " SME_CHUNK_BYTES(
		       "f.rank DESC, " BEST) " FROM sme_search(" SOURCES
		   ", $6::text[], $7, $8::int) f JOIN sme_knowledge_chunks k"
		   " ON k.tenant_id = $1::uuid AND k.id = f.chunk_id) k"
		   " WHERE k.bytes <= " SME_CHUNK_BYTES_MAX
		   " ORDER BY k.rank DESC, " BEST,
	},
	[Q_LITERAL] = {
	    .name = "sme_search_literal",
	    .nargs = 7, /* viewer, ids, query, limit */
	    .sql = "SELECT " SME_CHUNK_COLUMNS
		   " FROM (SELECT k.*, " SME_CHUNK_BYTES(BEST)
		   " FROM (SELECT c.*"
		   " FROM sme_knowledge_chunks c WHERE c.tenant_id = $1::uuid"
		   " AND c.sme_id = ANY (" SOURCES ")"
		   " ORDER BY c.relevance_score DESC, c.created_at DESC, c.id"
		   " LIMIT " LITERAL_MAX ") k"
		   " WHERE strpos(lower(k.topic), lower($6)) > 0"
		   " OR strpos(lower(left(k.content, 20000)), lower($6)) > 0"
		   " ORDER BY " BEST " LIMIT $7::int) k"
		   " WHERE k.bytes <= " SME_CHUNK_BYTES_MAX " ORDER BY " BEST,
	},
	[Q__MAX] = { 0 },
};

/* --- terms ------------------------------------------------------------------------- */

struct terms {
	const char *item[TERMS_MAX];
	size_t n;
	const char *typing; /* the last word, which may go on; NULL: none */
};

/* A word that stands in every text of one of the languages. */
static bool
is_stop_word(struct arena *a, const char *term)
{
	struct lang_word *w;
	enum lang lang;

	if (strchr("\"*", term[strlen(term) - 1]) != NULL)
		return false; /* wanted as it is */
	for (lang = LANG_EN; lang < LANG__MAX; lang++)
		if (lang_words(a, lang, term, strlen(term), &w) == 1 &&
		    (w[0].flags & LANG_STOP) != 0)
			return true;
	return false;
}

/* Stop words go, unless there is nothing else. */
static void
drop_stop_words(struct arena *a, struct terms *t)
{
	struct terms kept = { .typing = t->typing };
	size_t i;

	for (i = 0; i < t->n; i++)
		if (!is_stop_word(a, t->item[i]))
			kept.item[kept.n++] = t->item[i];
	if (kept.n > 0)
		*t = kept;
	if (t->n > 0 && t->item[t->n - 1] == t->typing)
		t->item[t->n - 1] = arena_printf(a, "%s*", t->typing);
}

static void
add_term(struct terms *t, const char *term)
{
	if (t->n < TERMS_MAX && *term != '\0')
		t->item[t->n++] = term;
}

/* What no word ends in, while it is typed. */
static bool
is_mark(char c)
{
	return (unsigned char)c < 0x80 && !isalnum((unsigned char)c);
}

/* "phrases" and words; the word that is still being typed may go on. */
static void
cut(struct arena *a, const char *query, struct terms *t)
{
	const char *p = query, *term;
	size_t n;

	while (*p != '\0') {
		if (*p == '"') {
			n = strcspn(++p, "\"");
			term = str_trim(a, arena_strndup(a, p, n));
			if (*term != '\0')
				add_term(t, arena_printf(a, "\"%s\"", term));
			p += n + (p[n] == '"');
			continue;
		}
		n = strcspn(p, "\" ");
		term = arena_strndup(a, p, n);
		add_term(t, term);
		if (p[n] == '\0' && n > 1 && !is_mark(p[n - 1]))
			t->typing = term;
		p += n;
		p += strspn(p, " ");
	}
}

/* --- the call ------------------------------------------------------------------------ */

struct search {
	const char *query;
	const char *ids; /* array argument; NULL: all */
	const char *limit;
	struct terms terms;
};

static enum code
check_ids(struct req *r, const struct pb_search_knowledge_request *in,
    const char **out)
{
	const char **ids;
	size_t i;
	enum code code;

	*out = NULL;
	if (in->nsme_ids == 0)
		return CODE_OK;
	if (in->nsme_ids > IDS_MAX)
		return req_fail_field(r, "sme_ids",
		    "must have at most %d entries", IDS_MAX);
	ids = arena_calloc(r->mem, in->nsme_ids, sizeof(*ids));
	for (i = 0; i < in->nsme_ids; i++)
		if ((code = field_uuid(r, "sme_ids", in->sme_ids[i],
			 &ids[i])) != CODE_OK)
			return code;
	*out = db_arg_array(r->mem, ids, in->nsme_ids);
	return CODE_OK;
}

static enum code
check(struct req *r, const struct pb_search_knowledge_request *in,
    struct search *s)
{
	int limit = in->limit;
	enum code code;

	if ((code = field_line(r, "query", in->query, 1, QUERY_MAX,
		 &s->query)) != CODE_OK ||
	    (code = check_ids(r, in, &s->ids)) != CODE_OK)
		return code;
	if (limit <= 0)
		limit = LIMIT_DEFAULT;
	if (limit > LIMIT_MAX)
		limit = LIMIT_MAX;
	s->limit = db_arg_int(r->mem, limit);
	cut(r->mem, s->query, &s->terms);
	drop_stop_words(r->mem, &s->terms);
	return CODE_OK;
}

enum code
sme_search_knowledge(struct req *r,
    const struct pb_search_knowledge_request *in,
    struct pb_search_knowledge_response *out)
{
	struct search s = { 0 };
	struct db_rows *rows;
	enum code code;

	if ((code = check(r, in, &s)) != CODE_OK)
		return code;
	rows = db_run(r->db, &sme_search_queries[Q_SEARCH],
	    DB_ARGS(SME_VIEWER(r), s.ids,
		db_arg_array(r->mem, s.terms.item, s.terms.n), s.query,
		s.limit));
	if (rows != NULL && db_count(rows) == 0)
		rows = db_run(r->db, &sme_search_queries[Q_LITERAL],
		    DB_ARGS(SME_VIEWER(r), s.ids, s.query, s.limit));
	if (rows == NULL)
		return req_fail_db(r);
	out->chunks =
	    arena_calloc(r->mem, db_count(rows), sizeof(*out->chunks));
	while (db_next(rows))
		sme_chunk_read(r, rows, 0, &out->chunks[out->nchunks++]);
	return CODE_OK;
}

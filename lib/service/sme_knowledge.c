/*
 * SMEService: what sources know. Whoever changes a chunk holds its source, and
 * the source's summary is written anew from what is there then.
 */
#include "service/sme_knowledge.h"

#include <string.h>

#include "ai/lang.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "mirai/v1/sme.rpc.h"
#include "net/json.h"
#include "net/store.h"
#include "service/field.h"

#define PAGE_MAX   2000	  /* chunks of one answer */
#define OBJECT_MAX "5000" /* chunks of a storage object */
#define BEST	   SME_CHUNK_BEST
#define BYTES	   SME_CHUNK_BYTES(BEST)

/* Before the best: what no row comes before. */
#define FIRST_SCORE "2"
#define FIRST_TIME  "infinity"
#define FIRST_ID    "00000000-0000-0000-0000-000000000000"

#define SCORE_BITS_MAX INT64_C(0x3f800000) /* of 1.0, the highest */

enum query {
	Q_LIST,
	Q_OF,
	Q_UPDATE,
	Q_DELETE,
	Q_EMPTY,
	Q_OBJECT,
	Q_PATH,
	Q__MAX
};

extern const struct db_query sme_knowledge_queries[];

const struct db_query sme_knowledge_queries[] = {
	/* What comes after a row in the order of BEST; last, how many do. */
	[Q_LIST] = {
	    .name = "sme_knowledge_list",
	    /* tenant, source, score, time and id before, chunk, limit */
	    .nargs = 7,
	    .sql = "SELECT " SME_CHUNK_COLUMNS ", k.found"
		   " FROM (SELECT k.*, " BYTES ", count(*) OVER () AS found"
		   " FROM (SELECT k.* FROM sme_knowledge_chunks k"
		   " WHERE k.tenant_id = $1::uuid AND k.sme_id = $2::uuid"
		   " AND k.relevance_score <= $3::real"
		   " AND (k.relevance_score < $3::real"
		   " OR k.created_at < $4::timestamptz"
		   " OR (k.created_at = $4::timestamptz AND k.id > $5::uuid))"
		   " AND ($6::uuid IS NULL OR k.id = $6::uuid)"
		   " ORDER BY " BEST " LIMIT $7::int) k) k"
		   " WHERE k.bytes <= " SME_CHUNK_BYTES_MAX
		   " ORDER BY " BEST,
	},
	[Q_OF] = {
	    .name = "sme_knowledge_of",
	    .nargs = 2, /* tenant, chunk */
	    .sql = "SELECT sme_id FROM sme_knowledge_chunks"
		   " WHERE tenant_id = $1::uuid AND id = $2::uuid",
	},
	[Q_UPDATE] = {
	    .name = "sme_knowledge_update",
	    /* tenant, chunk, content, topic, keywords, lang */
	    .nargs = 6,
	    .sql = "UPDATE sme_knowledge_chunks k SET content = $3,"
		   " topic = COALESCE($4, k.topic),"
		   " keywords = COALESCE($5::text[], k.keywords), lang = $6"
		   " WHERE k.tenant_id = $1::uuid AND k.id = $2::uuid"
		   " RETURNING " SME_CHUNK_COLUMNS,
	},
	[Q_DELETE] = {
	    .name = "sme_knowledge_delete",
	    .nargs = 2, /* tenant, chunk */
	    .sql = "DELETE FROM sme_knowledge_chunks"
		   " WHERE tenant_id = $1::uuid AND id = $2::uuid",
	},
	[Q_EMPTY] = {
	    .name = "sme_knowledge_empty",
	    .nargs = 2, /* tenant, source */
	    .sql = "UPDATE subject_matter_experts s SET status = 'draft'"
		   " WHERE s.tenant_id = $1::uuid AND s.id = $2::uuid"
		   " AND s.status = 'active' AND NOT EXISTS (SELECT 1"
		   " FROM sme_knowledge_chunks k WHERE k.tenant_id = $1::uuid"
		   " AND k.sme_id = $2::uuid)",
	},
	[Q_OBJECT] = {
	    .name = "sme_knowledge_object",
	    .nargs = 2, /* tenant, source */
	    .sql = "SELECT s.knowledge_summary, " SME_CHUNK_COLUMNS
		   " FROM subject_matter_experts s"
		   " LEFT JOIN (SELECT k.*, " BYTES
		   " FROM sme_knowledge_chunks k WHERE k.tenant_id = $1::uuid"
		   " AND k.sme_id = $2::uuid ORDER BY " BEST
		   " LIMIT " OBJECT_MAX ") k ON k.bytes <= 4 *"
		   " " SME_CHUNK_BYTES_MAX
		   " WHERE s.tenant_id = $1::uuid AND s.id = $2::uuid"
		   " ORDER BY " BEST,
	},
	[Q_PATH] = {
	    .name = "sme_knowledge_path",
	    .nargs = 3, /* tenant, source, key */
	    .sql = "UPDATE subject_matter_experts"
		   " SET knowledge_content_path = $3"
		   " WHERE tenant_id = $1::uuid AND id = $2::uuid",
	},
	[Q__MAX] = { 0 },
};

void
sme_chunk_read(struct req *r, const struct db_rows *rows, unsigned col,
    struct pb_sme_knowledge_chunk *out)
{
	out->id = db_text(rows, col);
	out->sme_id = db_text(rows, col + 1);
	out->submission_id = db_text_null(rows, col + 2);
	out->content = db_text(rows, col + 3);
	out->topic = db_text(rows, col + 4);
	out->keywords = db_array(rows, col + 5, &out->nkeywords);
	out->relevance_score = (float)db_real(rows, col + 6);
	out->created_at = pb_time(r->mem, db_time(rows, col + 7));
}

/* --- the object ------------------------------------------------------------------- */

static struct json *
object_of(struct req *r, struct db_rows *rows)
{
	struct json *o = json_new_object(r->mem), *list = NULL, *k;
	struct pb_sme_knowledge_chunk chunk;
	size_t i;

	while (db_next(rows)) {
		if (list == NULL) {
			json_put_text(o, "summary", db_text(rows, 0));
			list = json_put_list(o, "chunks");
		}
		if (db_null(rows, 1))
			continue; /* none: the empty side of the join */
		chunk = (struct pb_sme_knowledge_chunk){ 0 };
		sme_chunk_read(r, rows, 1, &chunk);
		k = json_add_object(list);
		json_put_text(k, "id", chunk.id);
		json_put_text(k, "content", chunk.content);
		json_put_text(k, "topic", chunk.topic);
		json_put_real(k, "relevance_score",
		    (double)chunk.relevance_score);
		k = json_put_list(k, "keywords");
		for (i = 0; i < chunk.nkeywords; i++)
			json_add_text(k, chunk.keywords[i]);
	}
	return o;
}

enum code
sme_knowledge_write(struct req *r, const char *sme_id)
{
	const char *key;
	struct db_rows *rows;

	if (r->env->store == NULL)
		return CODE_UNAVAILABLE;
	rows = db_run(r->db, &sme_knowledge_queries[Q_OBJECT],
	    DB_ARGS(r->who.tenant_id, sme_id));
	if (rows == NULL)
		return db_fault_code(db_fault(r->db));
	key = arena_printf(r->mem, "sme/%s/knowledge.json", sme_id);
	if (store_put_json(r->env->store, r->who.tenant_id, key,
		object_of(r, rows)) != CODE_OK)
		return CODE_UNAVAILABLE;
	rows = db_run(r->db, &sme_knowledge_queries[Q_PATH],
	    DB_ARGS(r->who.tenant_id, sme_id, key));
	return rows == NULL ? db_fault_code(db_fault(r->db)) : CODE_OK;
}

/* --- reading ------------------------------------------------------------------------ */

/* What is asked for, as arguments of Q_LIST. */
struct place {
	const char *score;
	const char *time;
	const char *id;
	const char *chunk; /* NULL: all */
	int32_t limit;
};

static enum code
no_chunk(struct req *r)
{
	return req_fail(r, CODE_NOT_FOUND, "chunk not found");
}

/* "score|time|id" of the last chunk of a page, the score by its bits. */
static const char *
cursor_of(struct arena *a, const struct pb_sme_knowledge_chunk *k)
{
	uint32_t bits;

	memcpy(&bits, &k->relevance_score, sizeof(bits));
	return arena_printf(a, "%u|%s|%s", bits,
	    clock_rfc3339(a, pb_time_us(k->created_at)), k->id);
}

/* Cuts *rest at its next bar; NULL without one. */
static char *
cut(char **rest)
{
	char *part = *rest, *bar = strchr(part, '|');

	if (bar == NULL)
		return NULL;
	*bar = '\0';
	*rest = bar + 1;
	return part;
}

static bool
parse_cursor(struct arena *a, const char *cursor, struct place *p)
{
	char *rest = arena_strdup(a, cursor), *score, *time;
	char id[STR_UUID_LEN + 1];
	uint32_t bits;
	int64_t n, us;
	float real;

	if ((score = cut(&rest)) == NULL || (time = cut(&rest)) == NULL ||
	    !str_to_i64(score, 0, SCORE_BITS_MAX, &n) ||
	    !clock_parse_rfc3339(time, &us) || us < 0 ||
	    !str_uuid_canon(rest, id))
		return false;
	bits = (uint32_t)n;
	memcpy(&real, &bits, sizeof(real));
	p->score = arena_printf(a, "%.9g", (double)real);
	p->time = db_arg_time(a, us);
	p->id = arena_strdup(a, id);
	return true;
}

static enum code
check_place(struct req *r, const struct pb_get_knowledge_request *in,
    struct place *p)
{
	*p = (struct place){ FIRST_SCORE, FIRST_TIME, FIRST_ID, NULL,
		in->limit };
	if (p->limit <= 0 || p->limit > PAGE_MAX)
		p->limit = PAGE_MAX;
	if (!str_is_empty(in->cursor) && !parse_cursor(r->mem, in->cursor, p))
		return req_fail_field(r, "cursor",
		    "must be the next_cursor of a page");
	return str_is_empty(in->chunk_id)
	    ? CODE_OK
	    : field_uuid(r, "chunk_id", in->chunk_id, &p->chunk);
}

/*
 * Reads a page of limit chunks or as many as an answer takes; found counts one
 * more than limit when others follow.
 */
static void
read_page(struct req *r, struct db_rows *rows, size_t limit,
    struct pb_get_knowledge_response *out)
{
	int64_t found = 0;

	out->chunks =
	    arena_calloc(r->mem, db_count(rows), sizeof(*out->chunks));
	while (out->nchunks < limit && db_next(rows)) {
		sme_chunk_read(r, rows, 0, &out->chunks[out->nchunks++]);
		found = db_int(rows, SME_CHUNK_NCOLUMNS);
	}
	if (found > (int64_t)out->nchunks)
		out->next_cursor =
		    cursor_of(r->mem, &out->chunks[out->nchunks - 1]);
}

enum code
sme_get_knowledge(struct req *r, const struct pb_get_knowledge_request *in,
    struct pb_get_knowledge_response *out)
{
	struct db_rows *rows;
	struct place p;
	enum code code;

	if ((code = check_place(r, in, &p)) != CODE_OK ||
	    (code = sme_load(r, in->sme_id, SME_READ, &out->sme)) != CODE_OK)
		return code;
	rows = db_last(r->db, &sme_knowledge_queries[Q_LIST],
	    DB_ARGS(r->who.tenant_id, out->sme->id, p.score, p.time, p.id,
		p.chunk, db_arg_int(r->mem, p.limit + 1)));
	if (rows == NULL)
		return req_fail_db(r);
	read_page(r, rows, (size_t)p.limit, out);
	return p.chunk != NULL && out->nchunks == 0 ? no_chunk(r) : CODE_OK;
}

/* --- changing ------------------------------------------------------------------------ */

/* The chunk of that id and its source, which is held and open to the caller. */
static enum code
hold(struct req *r, const char *value, const char **id, const char **sme_id)
{
	struct pb_subject_matter_expert *sme = NULL;
	struct db_rows *rows;
	enum code code;

	if ((code = field_uuid(r, "chunk_id", value, id)) != CODE_OK)
		return code;
	rows = db_run(r->db, &sme_knowledge_queries[Q_OF],
	    DB_ARGS(r->who.tenant_id, *id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return no_chunk(r);
	*sme_id = db_text(rows, 0);
	return sme_load(r, *sme_id, SME_LOCK, &sme);
}

/* Keywords as an array argument; NULL: they stay. */
static enum code
check_keywords(struct req *r,
    const struct pb_update_knowledge_chunk_request *in, const char **out)
{
	const char **words, *word;
	size_t i, n = 0;
	enum code code;

	*out = NULL;
	if (in->nkeywords == 0)
		return CODE_OK;
	if (in->nkeywords > SME_CHUNK_KEYWORDS)
		return req_fail_field(r, "keywords",
		    "must have at most %d entries", SME_CHUNK_KEYWORDS);
	words = arena_calloc(r->mem, in->nkeywords + 1, sizeof(*words));
	for (i = 0; i < in->nkeywords; i++) {
		code = field_line(r, "keywords", in->keywords[i], 1,
		    SME_CHUNK_KEYWORD, &word);
		if (code != CODE_OK)
			return code;
		if (!str_is_listed(words, word))
			words[n++] = word;
	}
	*out = db_arg_array(r->mem, words, n);
	return CODE_OK;
}

static enum code
check_chunk(struct req *r, const struct pb_update_knowledge_chunk_request *in,
    const char **content, const char **topic, const char **keywords)
{
	enum code code;

	code = field_text(r, "content", in->content, SME_CHUNK_MAX, content);
	if (code != CODE_OK)
		return code;
	if (**content == '\0')
		return req_fail_missing(r, "content", "must not be empty");
	*topic = NULL;
	if (in->topic != NULL &&
	    (code = field_line(r, "topic", in->topic, 1, SME_CHUNK_TOPIC_MAX,
		 topic)) != CODE_OK)
		return code;
	return check_keywords(r, in, keywords);
}

enum code
sme_update_knowledge_chunk(struct req *r,
    const struct pb_update_knowledge_chunk_request *in,
    struct pb_update_knowledge_chunk_response *out)
{
	const char *content = "", *topic = NULL, *keywords = NULL;
	const char *id = "", *sme_id = "";
	struct db_rows *rows;
	enum code code;

	if ((code = hold(r, in->chunk_id, &id, &sme_id)) != CODE_OK ||
	    (code = check_chunk(r, in, &content, &topic, &keywords)) != CODE_OK)
		return code;
	rows = db_run(r->db, &sme_knowledge_queries[Q_UPDATE],
	    DB_ARGS(r->who.tenant_id, id, content, topic, keywords,
		lang_detect(content, strlen(content))));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows)) /* deleted before the source was held */
		return no_chunk(r);
	out->chunk = arena_zalloc(r->mem, sizeof(*out->chunk));
	sme_chunk_read(r, rows, 0, out->chunk);
	return sme_summary_write(r, sme_id) == CODE_OK ? CODE_OK
						       : req_fail_db(r);
}

enum code
sme_delete_knowledge_chunk(struct req *r,
    const struct pb_delete_knowledge_chunk_request *in,
    struct pb_delete_knowledge_chunk_response *out)
{
	const char *id = "", *sme_id = "";
	struct db_rows *rows;
	enum code code;

	(void)out;
	if ((code = hold(r, in->chunk_id, &id, &sme_id)) != CODE_OK)
		return code;
	rows = db_run(r->db, &sme_knowledge_queries[Q_DELETE],
	    DB_ARGS(r->who.tenant_id, id));
	if (rows == NULL)
		return req_fail_db(r);
	if (db_affected(rows) == 0)
		return no_chunk(r);
	db_queue(r->db, &sme_knowledge_queries[Q_EMPTY],
	    DB_ARGS(r->who.tenant_id, sme_id));
	return sme_summary_write(r, sme_id) == CODE_OK ? CODE_OK
						       : req_fail_db(r);
}

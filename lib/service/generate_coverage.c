/*
 * How far a course stands on its sources: what share of the knowledge it uses,
 * and which of its texts say where they come from. Texts and questions count;
 * headings and pictures state nothing.
 */
#include "service/generate.h"

#include <stdlib.h>
#include <string.h>

#include "db/db.h"

enum query {
	Q_READ,
	Q__MAX
};

extern const struct db_query generate_coverage_queries[];

const struct db_query generate_coverage_queries[] = {
	/* Chunks that are named and still there, of all the input's experts. */
	[Q_READ] = {
	    .name = "generate_coverage_read",
	    .nargs = 2, /* tenant, course */
	    .sql = "WITH o AS MATERIALIZED (SELECT id FROM course_outlines"
		   " WHERE tenant_id = $1::uuid AND course_id = $2::uuid"
		   " AND approval_status = 'approved'"
		   " ORDER BY version DESC LIMIT 1),"
		   " k AS MATERIALIZED (SELECT k.sme_chunk_ids AS ids FROM o"
		   " JOIN outline_sections s ON s.tenant_id = $1::uuid"
		   " AND s.outline_id = o.id"
		   " JOIN outline_lessons l ON l.tenant_id = $1::uuid"
		   " AND l.section_id = s.id"
		   " JOIN generated_lessons g ON g.tenant_id = $1::uuid"
		   " AND g.outline_lesson_id = l.id"
		   " JOIN lesson_components k ON k.tenant_id = $1::uuid"
		   " AND k.lesson_id = g.id AND k.type IN ('text', 'quiz')),"
		   " c AS MATERIALIZED (SELECT c.id"
		   " FROM course_generation_inputs i"
		   " JOIN subject_matter_experts e ON e.tenant_id ="
		   " i.tenant_id AND e.id = ANY (i.sme_ids)"
		   " AND e.status <> 'archived'"
		   " JOIN sme_knowledge_chunks c ON c.tenant_id = $1::uuid"
		   " AND c.sme_id = e.id WHERE i.tenant_id = $1::uuid"
		   " AND i.course_id = $2::uuid)"
		   " SELECT (SELECT count(*) FROM c),"
		   " (SELECT count(*) FROM c WHERE c.id IN"
		   " (SELECT unnest(k.ids) FROM k)),"
		   " (SELECT count(*) FROM k),"
		   " (SELECT count(*) FROM k WHERE k.ids = '{}')",
	},
	[Q__MAX] = { 0 },
};

static int
by_text(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static const char **
chunk_ids(struct arena *a, const struct pb_course_content *c)
{
	const char **ids = arena_calloc(a, c->nsource_chunks, sizeof(*ids));
	size_t i;

	for (i = 0; i < c->nsource_chunks; i++)
		ids[i] = c->source_chunks[i].id;
	qsort(ids, c->nsource_chunks, sizeof(*ids), by_text);
	return ids;
}

/* Notes the chunks a block names; whether there was one. */
static bool
note(const struct pb_course_block *b, const char **ids, bool *used, size_t n)
{
	const char **found;
	bool any = false;
	size_t i;

	for (i = 0; i < b->nsource_chunk_ids; i++) {
		found = bsearch(&b->source_chunk_ids[i], ids, n, sizeof(*ids),
		    by_text);
		if (found == NULL)
			continue;
		used[found - ids] = true;
		any = true;
	}
	return any;
}

struct pb_source_coverage *
generate_coverage(struct arena *a, const struct pb_course_content *c)
{
	struct pb_source_coverage *out;
	const struct pb_course_block *b;
	const char **ids;
	bool *used, any;
	size_t i;

	if (c == NULL || c->nsource_chunks == 0)
		return NULL;
	out = arena_zalloc(a, sizeof(*out));
	ids = chunk_ids(a, c);
	used = arena_calloc(a, c->nsource_chunks, sizeof(*used));
	out->chunks_total = (int32_t)c->nsource_chunks;
	for (i = 0; i < c->ncourse_blocks; i++) {
		b = &c->course_blocks[i];
		any = note(b, ids, used, c->nsource_chunks);
		if (b->type != PB_BLOCK_TYPE_TEXT &&
		    b->type != PB_BLOCK_TYPE_KNOWLEDGE_CHECK)
			continue;
		out->components_total++;
		out->components_without_source += !any;
	}
	for (i = 0; i < c->nsource_chunks; i++)
		out->chunks_used += used[i];
	return out;
}

enum code
generate_coverage_read(struct req *r, const char *course_id,
    struct pb_source_coverage *out)
{
	struct db_rows *rows;

	rows = db_run(r->db, &generate_coverage_queries[Q_READ],
	    DB_ARGS(r->who.tenant_id, course_id));
	if (rows == NULL || !db_next(rows))
		return req_fail_db(r);
	out->chunks_total = (int32_t)db_int(rows, 0);
	out->chunks_used = (int32_t)db_int(rows, 1);
	out->components_total = (int32_t)db_int(rows, 2);
	out->components_without_source = (int32_t)db_int(rows, 3);
	return CODE_OK;
}

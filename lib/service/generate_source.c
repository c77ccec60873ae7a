/*
 * Materialisation, the chunks: those of the experts a course is made from go
 * along in its document, and those that blocks name.
 */
#include "service/generate_maker.h"

#define MAX_CHUNKS "5000" /* content.md 15 */

enum query {
	Q_CHUNKS,
	Q__MAX
};

extern const struct db_query generate_source_queries[];

const struct db_query generate_source_queries[] = {
	/*
	 * Those that are named come first, should there be too many. What a
	 * person wrote into a block is no way to knowledge that the course is
	 * not made from: only ids of generated components are followed anywhere.
	 */
	[Q_CHUNKS] = {
	    .name = "generate_source_chunks",
	    /* tenant, course, ids of components, ids of blocks */
	    .nargs = 4,
	    .sql = "SELECT k.id, k.topic, k.content, k.keywords,"
		   " k.relevance_score, k.heading_path"
		   " FROM sme_knowledge_chunks k WHERE k.tenant_id = $1::uuid"
		   " AND (k.id = ANY ($3::text[]::uuid[]) OR k.sme_id = ANY ("
		   "SELECT e.id FROM course_generation_inputs i"
		   " JOIN subject_matter_experts e ON e.tenant_id ="
		   " i.tenant_id AND e.id = ANY (i.sme_ids)"
		   " AND e.status <> 'archived' WHERE i.tenant_id = $1::uuid"
		   " AND i.course_id = $2::uuid))"
		   " ORDER BY k.id = ANY ($3::text[]::uuid[])"
		   " OR k.id = ANY ($4::text[]::uuid[]) DESC, k.sme_id,"
		   " k.created_at, k.submission_id, k.position, k.id"
		   " LIMIT " MAX_CHUNKS,
	},
	[Q__MAX] = { 0 },
};

/* What components name. */
static char *
part_chunks(struct generate_maker *m)
{
	struct id_list named = { 0 };
	size_t i, j;

	for (i = 0; i < m->nparts; i++)
		for (j = 0; j < m->parts[i].nchunks; j++)
			id_list_add(m->r->mem, &named, m->parts[i].chunks[j]);
	return db_arg_array(m->r->mem, named.v, named.n);
}

/* What blocks name that are there already. */
static char *
block_chunks(struct generate_maker *m)
{
	struct id_list named = { 0 };
	const struct pb_course_block *b;
	size_t i, j;

	for (i = 0; i < m->old.ncourse_blocks; i++) {
		b = &m->old.course_blocks[i];
		for (j = 0; j < b->nsource_chunk_ids; j++)
			if (str_is_uuid(b->source_chunk_ids[j]))
				id_list_add(m->r->mem, &named,
				    b->source_chunk_ids[j]);
	}
	return db_arg_array(m->r->mem, named.v, named.n);
}

enum code
generate_source_read(struct generate_maker *m, struct pb_course_content *c)
{
	struct pb_source_chunk *out;
	struct db_rows *rows;
	size_t i;

	rows = db_run(m->r->db, &generate_source_queries[Q_CHUNKS],
	    DB_ARGS(m->r->who.tenant_id, m->course_id, part_chunks(m),
		block_chunks(m)));
	if (rows == NULL)
		return req_fail_db(m->r);
	c->source_chunks =
	    arena_calloc(m->r->mem, db_count(rows) + m->old.nsource_chunks + 1,
		sizeof(*c->source_chunks));
	for (c->nsource_chunks = 0; db_next(rows);) {
		out = &c->source_chunks[c->nsource_chunks++];
		out->id = db_text(rows, 0);
		out->topic = db_text(rows, 1);
		out->content = db_text(rows, 2);
		out->keywords = db_array(rows, 3, &out->nkeywords);
		out->relevance_score = (float)db_real(rows, 4);
		out->heading_path = db_array(rows, 5, &out->nheading_path);
		id_list_add(m->r->mem, &m->chunks, out->id);
	}
	id_list_sort(&m->chunks);
	m->nstored = c->nsource_chunks;
	for (i = 0; i < m->old.nsource_chunks; i++)
		if (!id_list_have(&m->chunks, m->old.source_chunks[i].id))
			c->source_chunks[c->nsource_chunks++] =
			    m->old.source_chunks[i];
	for (i = m->nstored; i < c->nsource_chunks; i++)
		id_list_add(m->r->mem, &m->chunks, c->source_chunks[i].id);
	id_list_sort(&m->chunks);
	return CODE_OK;
}

void
generate_source_drop(struct generate_maker *m, struct pb_course_content *c)
{
	struct id_list named = { 0 };
	size_t i, j, n = m->nstored;

	for (i = 0; i < m->nblocks; i++)
		for (j = 0; j < m->blocks[i].nsource_chunk_ids; j++)
			id_list_add(m->r->mem, &named,
			    m->blocks[i].source_chunk_ids[j]);
	id_list_sort(&named);
	for (i = n; i < c->nsource_chunks; i++)
		if (id_list_have(&named, c->source_chunks[i].id))
			c->source_chunks[n++] = c->source_chunks[i];
	c->nsource_chunks = n;
}

/*
 * Chunks of knowledge as rows, and the summary that a source has of them (spec
 * content.md 4, 5, 14.3).
 */
#ifndef MIRAI_SERVICE_SME_KNOWLEDGE_H
#define MIRAI_SERVICE_SME_KNOWLEDGE_H

#include "service/sme.h"

#define SME_CHUNK_MAX	    20000 /* characters of an edited chunk */
#define SME_CHUNK_TOPIC_MAX 255
#define SME_CHUNK_SCORE	    "0.8" /* of what a person approved */
#define SME_CHUNK_KEYWORDS  20
#define SME_CHUNK_KEYWORD   100 /* characters of one */

/*
 * The best rows of chunks k whose contents have so many bytes together: more
 * is no answer. k.bytes counts in that order.
 */
#define SME_CHUNK_BYTES(order) \
	"sum(octet_length(k.content)) OVER (ORDER BY " order ") AS bytes"
#define SME_CHUNK_BYTES_MAX "16777216"

/* The order of chunks k. */
#define SME_CHUNK_BEST "k.relevance_score DESC, k.created_at DESC, k.id"

/* Columns of sme_chunk_read(), from alias k. */
#define SME_CHUNK_COLUMNS                                      \
	"k.id, k.sme_id, k.submission_id, k.content, k.topic," \
	" k.keywords, k.relevance_score, k.created_at"
#define SME_CHUNK_NCOLUMNS 8

void sme_chunk_read(struct req *r, const struct db_rows *rows, unsigned col,
    struct pb_sme_knowledge_chunk *out);

/*
 * Writes the summary of a source anew from what it knows (sme_summary.c): how
 * many chunks, the best of them with their beginnings, and below a rule each
 * what was distilled from approved submissions. Inside the caller's
 * transaction, which holds the source's row. CODE_OK or the database's failure.
 */
enum code sme_summary_write(struct req *r, const char *sme_id) MUST_CHECK;

/* Characters of a chunk's beginning, on pages as in the summary. */
#define SME_EXCERPT_MAX 200

/*
 * The storage object of a source's knowledge (summary and chunks), written from
 * the same transaction, and its key on the source's row. CODE_UNAVAILABLE
 * without storage, else as above.
 */
enum code sme_knowledge_write(struct req *r, const char *sme_id) MUST_CHECK;

#endif

/*
 * mirai-ingest: reads what people submitted as experts' knowledge, and distils
 * what was approved. The engine is lib/service/genjob_work.c, the work itself
 * lib/service/ingest*.c; here is the table.
 */
#include "service/genjob_work.h"
#include "service/ingest.h"

static const struct genjob_kind kinds[] = {
	{ GENJOB_INGESTION, ingest_run, ingest_failed },
};

int
main(int argc, char **argv)
{
	static const struct genjob_work work = { .name = "mirai-ingest",
		.kinds = kinds,
		.nkinds = NITEMS(kinds),
		.check = ingest_check };

	return genjob_work_main(&work, argc, argv);
}

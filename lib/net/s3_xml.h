/*
 * What S3 answers in XML. Anything but the document that was asked for is an
 * error; what it says in elements we do not know is skipped.
 */
#ifndef MIRAI_NET_S3_XML_H
#define MIRAI_NET_S3_XML_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/xmalloc.h"

struct s3_item {
	const char *key;
	int64_t len;
	int64_t modified_at; /* us since 1970 */
};

/* Pages are added to one another; strings in the arena. Zero it first. */
struct s3_listing {
	struct s3_item *items;
	size_t nitems, capitems;
	const char **prefixes; /* up to the delimiter */
	size_t nprefixes, capprefixes;
	const char *next; /* token of the next page; NULL: this was the last */
};

/* A ListBucketResult of version 2; -1: it is none, *l is of no use then. */
int s3_xml_listing(struct arena *a, const char *p, size_t len,
    struct s3_listing *l) MUST_CHECK;

/* An upload in parts that was not ended. */
struct s3_upload {
	const char *key;
	const char *id;
	int64_t begun_at; /* us since 1970 */
};

struct s3_uploads {
	struct s3_upload *uploads;
	size_t nuploads, capuploads;
	const char *next_key; /* both NULL: this was the last page */
	const char *next_id;
};

/* A ListMultipartUploadsResult; as above. */
int s3_xml_uploads(struct arena *a, const char *p, size_t len,
    struct s3_uploads *u) MUST_CHECK;

/* The identifier an InitiateMultipartUploadResult gives; NULL: none. */
const char *s3_xml_upload_id(struct arena *a, const char *p, size_t len);

/*
 * What kind of error a document is, as "NoSuchKey": letters and digits, fit
 * for the log. NULL: it is no Error.
 */
const char *s3_xml_error(struct arena *a, const char *p, size_t len);

#endif

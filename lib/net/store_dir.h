/*
 * Object storage in a directory: DIR/BASE/TENANT/KEY, one file per object.
 * For the store itself, and for the program that serves signed URLs, which
 * needs descriptors instead of whole objects.
 */
#ifndef MIRAI_NET_STORE_DIR_H
#define MIRAI_NET_STORE_DIR_H

#include "net/store_ops.h"

struct store_dir;

extern const struct store_ops store_dir_ops;

/* NULL after one logged line. Makes the directory when it is missing. */
struct store_dir *store_dir_open(const struct conf *conf);
void store_dir_close(struct store_dir *d);

/* What a signed URL grants; strings in the arena of the check. */
struct store_grant {
	char tenant[37];
	const char *key;
	const char *filename;	  /* GET; NULL for none */
	const char *content_type; /* PUT */
	int64_t len;		  /* PUT */
	bool put;
};

/*
 * Reads and checks a signed URL. CODE_OK; CODE_NOT_FOUND when the path is not
 * a storage address; CODE_PERMISSION_DENIED when the signature is missing,
 * made for something else, or past its time. HEAD is served by a GET's URL.
 */
enum code store_dir_verify(struct store_dir *d, struct arena *a,
    const char *method, const char *path, const char *query,
    struct store_grant *out) MUST_CHECK;

/* The object open for reading; *fd is the caller's to close. */
struct store_object {
	int fd;
	int64_t len;
	int64_t modified_at; /* us since 1970 */
	uint64_t inode;	     /* another one after each write */
};
enum code store_dir_object(struct store_dir *d, const char *tenant,
    const char *key, struct store_object *out) MUST_CHECK;

/*
 * An object being written piece by piece. Nothing is visible before
 * store_dir_commit(), which takes the writer in any case; store_dir_abort()
 * drops it (NULL is fine).
 */
struct store_writer;
struct store_writer *store_dir_writer(struct store_dir *d) MUST_CHECK;
int store_dir_write(struct store_writer *w, const void *p,
    size_t len) MUST_CHECK;
enum code store_dir_commit(struct store_writer *w, const char *tenant,
    const char *key) MUST_CHECK;
void store_dir_abort(struct store_writer *w);

#endif

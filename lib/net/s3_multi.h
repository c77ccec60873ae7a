/*
 * Uploads in parts: for objects that are too large for one call.
 */
#ifndef MIRAI_NET_S3_MULTI_H
#define MIRAI_NET_S3_MULTI_H

#include "net/s3.h"

/* As s3_put(); a failure leaves no part behind, if the server still answers. */
enum code s3_multi_put(struct s3 *s, const char *key, const char *type,
    const struct s3_body *body) MUST_CHECK;

/* Drops what uploads below prefix left that were begun age_s ago or before. */
enum code s3_multi_clean(struct s3 *s, const char *prefix,
    int64_t age_s) MUST_CHECK;

#endif

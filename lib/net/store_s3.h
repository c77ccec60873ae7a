/*
 * Object storage in S3: BUCKET, BASE/TENANT/KEY. An upload is whole or not
 * there, as S3 promises; signed URLs are of the S3 server itself.
 */
#ifndef MIRAI_NET_STORE_S3_H
#define MIRAI_NET_STORE_S3_H

#include "net/store_ops.h"

extern const struct store_ops store_s3_ops;

#endif

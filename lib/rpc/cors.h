/*
 * Who may call from a browser page of another origin (spec rpc.md, sections
 * 8 and 9).
 */
#ifndef MIRAI_RPC_CORS_H
#define MIRAI_RPC_CORS_H

#include "rpc/req.h"

/* Whether origin is on the list: allowed_origin, else url.app. */
bool cors_listed(const struct conf *conf, const char *origin);

/* Whether origin is one of list. */
bool cors_in(const char *const *list, const char *origin);

/* Sets the headers of an answer; none for an origin that is not listed. */
void cors_apply(struct req *r);

/* Answers an OPTIONS request. */
void cors_preflight(struct req *r);

/*
 * a call whose credential the browser added by itself must come from a
 * page we know. CODE_OK, or the request has failed.
 */
enum code cors_check_cookie(struct req *r);

#endif

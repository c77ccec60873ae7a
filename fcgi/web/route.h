/* From a request to a page: host, path, method, session. */
#ifndef MIRAI_WEB_ROUTE_H
#define MIRAI_WEB_ROUTE_H

#include "rpc/req.h"

/* Answers one request. */
void route_serve(struct req *r);

#endif

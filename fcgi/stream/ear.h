/*
 * The ear of mirai-stream: a process that hears of events and of revoked
 * sessions on the databases and tells the event loop.
 */
#ifndef MIRAI_STREAM_EAR_H
#define MIRAI_STREAM_EAR_H

#include "rpc/req.h"

/* Serves the loop at the other end of fd until that is gone. */
void ear_run(const struct conf *conf, int fd);

#endif

/*
 * The checkers of mirai-stream: processes that do for the event loop what may
 * block. They take a request through every check to the head of its stream or
 * to the refusal, look again whether its session stands, and read what a
 * stream missed.
 */
#ifndef MIRAI_STREAM_CHECK_H
#define MIRAI_STREAM_CHECK_H

#include "rpc/req.h"

/* Serves the loop at the other end of fd until that is gone. */
void check_run(const struct conf *conf, int fd);

#endif

/*
 * mirai-stream's event loop: one process, thousands of streams, nothing that
 * blocks.
 */
#ifndef MIRAI_STREAM_LOOP_H
#define MIRAI_STREAM_LOOP_H

#include "base/conf.h"

/*
 * Serves the listening socket fd until SIGTERM, which is blocked, comes; then
 * ends every stream. The process' exit status.
 */
int loop_run(const struct conf *conf, int fd);

#endif

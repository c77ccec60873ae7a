/*
 * The least a FastCGI pool can be: a socket, forked workers, an accept loop.
 * What the benchmark compares with; the product has lib/rpc/pool.h.
 */
#ifndef MIRAI_TESTS_BENCH_POOL_H
#define MIRAI_TESTS_BENCH_POOL_H

#include <fcgiapp.h>

/* usage: program SOCKET WORKERS; never returns. */
_Noreturn void pool_run(int argc, char **argv,
    void (*serve)(FCGX_Request *request));

#endif

/*
 * The FastCGI side of the conformance program.
 */
#ifndef MIRAI_TESTS_CONFORMANCE_SERVICE_H
#define MIRAI_TESTS_CONFORMANCE_SERVICE_H

#include "rpc/pool.h"

extern const struct pool_program service_program;

#endif

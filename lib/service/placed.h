/*
 * Which program answers what. What is not here mirai-api answers, or a program
 * of its own (mirai.served_apart). The web servers' samples in etc/ say the
 * same by path; a test holds them against this list.
 */
#ifndef MIRAI_SERVICE_PLACED_H
#define MIRAI_SERVICE_PLACED_H

#include "rpc/rpc.h"

/* What mirai-account answers, and pages pass on to it; NULL-terminated. */
extern const struct rpc_service *const placed_account[];

#endif

/*
 * The web server in front of the conformance workers.
 */
#ifndef MIRAI_TESTS_CONFORMANCE_FRONT_H
#define MIRAI_TESTS_CONFORMANCE_FRONT_H

#include <sys/types.h>

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "conformance/config.pb.h"

/* Writes a file in dir and returns its path; ends the program on failure. */
const char *front_file(struct arena *a, const char *dir, const char *name,
    const struct buf *content);

/*
 * Starts the server on a port of 127.0.0.1 and waits until it accepts; its
 * workers answer at dir/socket. Returns its process; ends the program on
 * failure.
 */
pid_t front_start(struct arena *a, const char *dir,
    const struct pb_server_compat_request *in, uint16_t *port);

#endif

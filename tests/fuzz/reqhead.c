/*
 * A whole request as a FastCGI front server would send it: any bytes in, over
 * a real socket, through libfcgi, req.c and the RPC layer. Each connection is
 * answered or closed, and the next one works.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "mirai/v1/health.rpc.h"
#include "rpc/resp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct req_io *io;
static struct sockaddr_un sun = { .sun_family = AF_UNIX };
static socklen_t sunlen;

static void
start(void)
{
	static struct req_env env;
	int fd;

	log_open("reqhead", LOG_FORM_JSON, LOG_LEVEL_ERROR + 1);
	setenv("MIRAI_CONF", "/dev/null", 1);
	env.conf = conf_load(NULL);
	assert(env.conf != NULL);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	sunlen = sizeof(sa_family_t); /* the kernel picks a name */
	assert(bind(fd, (const struct sockaddr *)&sun, sunlen) == 0);
	assert(listen(fd, 4) == 0);
	sunlen = sizeof(sun);
	assert(getsockname(fd, (struct sockaddr *)&sun, &sunlen) == 0);
	io = req_open(fd, &env);
	assert(io != NULL);
}

static void
look_around(struct req *r)
{
	const char *name, *value;
	size_t i;

	for (i = 0; req_header_at(r, i, &name, &value); i++)
		assert(name[0] != '\0' || value != NULL);
	(void)req_cookie(r, "ory_kratos_session");
	(void)req_query(r, "message");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct rpc_service *const services[] = {
		&health_service,
		NULL,
	};
	struct req *r;
	int fd;

	if (io == NULL)
		start();
	if (size > 100000)
		return 0;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert(connect(fd, (const struct sockaddr *)&sun, sunlen) == 0);
	assert(write(fd, data, size) == (ssize_t)size);
	shutdown(fd, SHUT_WR);
	if ((r = req_accept(io, 0)) != NULL) {
		look_around(r);
		rpc_serve(r, services);
		assert(resp_sent(r));
		req_done(r);
	}
	close(fd);
	return 0;
}

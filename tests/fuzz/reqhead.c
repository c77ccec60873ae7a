/*
 * A whole request over a real socket, through libfcgi, req.c and the RPC
 * layer. The input is lines of NAME=value, the front server's variables, then
 * an empty line and the body; the records around them are well-formed, because
 * the front server is not the attacker (and libfcgi 2.4.2 trusts lengths).
 * Each request is answered.
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
#include "rpc/fastcgi.h"
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

	log_open("reqhead", LOG_FORM_JSON, LOG_LEVEL_ERROR);
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

static void
put_param(struct buf *b, const char *line, size_t len)
{
	const char *eq = memchr(line, '=', len);
	size_t name = eq == NULL ? len : (size_t)(eq - line);
	size_t value = eq == NULL ? 0 : len - name - 1;

	fastcgi_param(b, line, name, line + len - value, value);
}

/* The request as records. */
static void
pack(struct buf *b, const char *p, size_t size)
{
	struct buf params = BUF_INIT;
	const char *end = p + size, *eol;

	while ((eol = memchr(p, '\n', (size_t)(end - p))) != NULL && eol > p) {
		put_param(&params, p, (size_t)(eol - p));
		p = eol + 1;
	}
	if (eol != NULL)
		p = eol + 1;
	fastcgi_request(b, &params, p, (size_t)(end - p));
	buf_free(&params);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct rpc_service *const services[] = {
		&health_service,
		NULL,
	};
	struct buf b = BUF_INIT;
	struct req *r;
	int fd;

	if (io == NULL)
		start();
	if (size > 6000)
		return 0;
	pack(&b, (const char *)data, size);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert(connect(fd, (const struct sockaddr *)&sun, sunlen) == 0);
	assert(write(fd, b.data, b.len) == (ssize_t)b.len);
	shutdown(fd, SHUT_WR);
	r = req_accept(io, 0);
	assert(r != NULL);
	look_around(r);
	rpc_serve(r, services);
	assert(resp_sent(r));
	req_done(r);
	close(fd);
	buf_free(&b);
	return 0;
}

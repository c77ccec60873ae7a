/*
 * lighttpd for HTTP/1.1, Apache for HTTP/2: lighttpd 1.4.69 answers 411 to a
 * POST over HTTP/2 that has no Content-Length, which the runner sends.
 */
#include "front.h"

#include <sys/prctl.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LISTEN_FD 3
#define START_MS  8000

const char *
front_file(struct arena *a, const char *dir, const char *name,
    const struct buf *content)
{
	const char *path = arena_printf(a, "%s/%s", dir, name);
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd == -1 ||
	    write(fd, content->data, content->len) != (ssize_t)content->len)
		err(1, "%s", path);
	close(fd);
	return path;
}

static const char *
pem_file(struct arena *a, const char *dir, const char *name,
    const struct pb_bytes *pem)
{
	struct buf *b = buf_new(a);

	buf_put(b, pem->data, pem->len);
	return front_file(a, dir, name, b);
}

/* A socket on a port of the kernel's choice, listening. */
static int
bind_port(uint16_t *port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	int fd;

	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd == -1 ||
	    bind(fd, (const struct sockaddr *)&sin, sizeof(sin)) == -1 ||
	    listen(fd, 511) == -1 ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) == -1)
		err(1, "socket");
	*port = ntohs(sin.sin_port);
	return fd;
}

static void
wait_port(uint16_t port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd, i, rc;

	for (i = 0; i < START_MS / 5; i++) {
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		rc = connect(fd, (const struct sockaddr *)&sin, sizeof(sin));
		close(fd);
		if (rc == 0)
			return;
		usleep(5000);
	}
	errx(1, "the web server does not start");
}

/* --- lighttpd -------------------------------------------------------------- */

static const char *
lighttpd_conf(struct arena *a, const char *dir,
    const struct pb_server_compat_request *in, uint16_t port)
{
	struct buf *b = buf_new(a);

	buf_printf(b,
	    "server.document-root = \"%s\"\n"
	    "server.bind = \"127.0.0.1\"\n"
	    "server.port = %u\n"
	    "server.systemd-socket-activation = \"enable\"\n"
	    "server.modules = ( \"mod_fastcgi\"%s )\n"
	    "server.feature-flags = ( \"server.h2proto\" => \"disable\","
	    " \"server.h2c\" => \"disable\" )\n"
	    /* An idle end that crosses a request looks like a failure. */
	    "server.max-keep-alive-idle = 600\n"
	    "server.max-keep-alive-requests = 1000000\n"
	    "server.max-request-field-size = 32768\n"
	    "server.max-request-size = 65536\n"
	    "server.stream-response-body = 1\n"
	    "fastcgi.server = ( \"/\" => (( \"socket\" => \"%s/socket\","
	    " \"check-local\" => \"disable\" )) )\n",
	    dir, port, in->use_tls ? ", \"mod_openssl\"" : "", dir);
	if (in->use_tls)
		buf_printf(b,
		    "ssl.engine = \"enable\"\n"
		    "ssl.pemfile = \"%s\"\nssl.privkey = \"%s\"\n",
		    pem_file(a, dir, "cert.pem", &in->server_creds->cert),
		    pem_file(a, dir, "key.pem", &in->server_creds->key));
	return front_file(a, dir, "front.conf", b);
}

/* The bound socket is handed over, so that no port is ever free to be taken. */
static void
exec_lighttpd(struct arena *a, const char *conf, int fd)
{
	if (fd != LISTEN_FD && dup2(fd, LISTEN_FD) == -1)
		err(1, "dup2");
	setenv("LISTEN_FDS", "1", 1);
	setenv("LISTEN_PID", arena_printf(a, "%d", (int)getpid()), 1);
	execlp("lighttpd", "lighttpd", "-D", "-f", conf, NULL);
	execl("/usr/sbin/lighttpd", "lighttpd", "-D", "-f", conf, NULL);
	err(1, "lighttpd");
}

/* --- Apache ---------------------------------------------------------------- */

static const char *
apache_conf(struct arena *a, const char *dir,
    const struct pb_server_compat_request *in, uint16_t port)
{
	static const char *const modules[] = { "mpm_event", "authz_core",
		"proxy", "proxy_fcgi", "http2", "ssl" };
	struct buf *b = buf_new(a);
	size_t i;

	for (i = 0; i < sizeof(modules) / sizeof(modules[0]); i++)
		buf_printf(b,
		    "LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n",
		    modules[i], modules[i]);
	if (getuid() == 0)
		buf_puts(b, "User www-data\nGroup www-data\n");
	buf_printf(b,
	    "ServerRoot \"%s\"\nServerName localhost\n"
	    "DefaultRuntimeDir \"%s\"\nPidFile \"%s/front.pid\"\n"
	    "Mutex pthread\nErrorLog \"/dev/stderr\"\nLogLevel error\n"
	    "Listen 127.0.0.1:%u\n"
	    "StartServers 1\nThreadsPerChild 64\nMaxRequestWorkers 64\n"
	    "ServerLimit 1\nMinSpareThreads 1\nMaxSpareThreads 64\n"
	    "LimitRequestFieldSize 32768\nLimitRequestBody 0\n"
	    "Protocols h2 h2c http/1.1\nH2Direct on\n"
	    "ProxyTimeout 60\nProxyFCGIBackendType GENERIC\n"
	    "<Location \"/\">\nCGIPassAuth On\n"
	    "ProxyPass \"unix:%s/socket|fcgi://localhost/\" flushpackets=on\n"
	    "</Location>\n",
	    dir, dir, dir, port, dir);
	if (in->use_tls)
		buf_printf(b,
		    "SSLEngine on\nSSLSessionCache none\n"
		    "SSLCertificateFile \"%s\"\n"
		    "SSLCertificateKeyFile \"%s\"\n",
		    pem_file(a, dir, "cert.pem", &in->server_creds->cert),
		    pem_file(a, dir, "key.pem", &in->server_creds->key));
	return front_file(a, dir, "front.conf", b);
}

static void
exec_apache(const char *conf)
{
	execlp("apache2", "apache2", "-D", "FOREGROUND", "-f", conf, NULL);
	execl("/usr/sbin/apache2", "apache2", "-D", "FOREGROUND", "-f", conf,
	    NULL);
	err(1, "apache2");
}

pid_t
front_start(struct arena *a, const char *dir,
    const struct pb_server_compat_request *in, uint16_t *port)
{
	bool apache = in->http_version == PB_HTTP_VERSION_2;
	const char *conf;
	pid_t pid;
	int fd;

	fd = bind_port(port);
	conf = apache ? apache_conf(a, dir, in, *port)
		      : lighttpd_conf(a, dir, in, *port);
	/* Apache binds by itself: the port is free for a moment. */
	if (apache)
		close(fd);
	if ((pid = fork()) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		dup2(STDERR_FILENO, STDOUT_FILENO);
		if (apache)
			exec_apache(conf);
		exec_lighttpd(a, conf, fd);
	}
	if (!apache)
		close(fd);
	wait_port(*port);
	return pid;
}

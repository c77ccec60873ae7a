/*
 * Client addresses: believed as far as trusted proxies wrote them.
 */
#include "rpc/proxy.h"

#include <stdlib.h>

#include "tests/test.h"

static struct arena *mem;

static struct conf *
conf_with(const char *proxies)
{
	struct conf *c;

	setenv("MIRAI_CONF", "/dev/null", 1);
	c = conf_load(NULL);
	if (c == NULL || conf_set(c, "proxies", proxies) == -1)
		exit(1);
	return c;
}

int
main(void)
{
	struct conf *c;

	mem = arena_new();
	c = conf_with("127.0.0.1 10.0.0.0/8 192.168.5.64/26 2001:db8::/33");
	CHECK(proxy_trusted(c, "127.0.0.1"));
	CHECK(!proxy_trusted(c, "127.0.0.2"));
	CHECK(proxy_trusted(c, "10.255.0.1"));
	CHECK(!proxy_trusted(c, "11.0.0.1"));
	CHECK(proxy_trusted(c, "192.168.5.127"));
	CHECK(!proxy_trusted(c, "192.168.5.128"));
	CHECK(proxy_trusted(c, "2001:db8:7fff::1"));
	CHECK(!proxy_trusted(c, "2001:db8:8000::1"));
	CHECK(!proxy_trusted(c, "localhost"));
	CHECK(!proxy_trusted(c, ""));
	CHECK_STR(proxy_client(mem, c, "127.0.0.1", NULL), "127.0.0.1");
	CHECK_STR(proxy_client(mem, c, "127.0.0.1", "1.2.3.4"), "1.2.3.4");
	CHECK_STR(proxy_client(mem, c, "127.0.0.1", "9.9.9.9, 1.2.3.4"),
	    "1.2.3.4");
	CHECK_STR(proxy_client(mem, c, "127.0.0.1",
		      "9.9.9.9, 1.2.3.4 , 10.0.0.7"),
	    "1.2.3.4");
	CHECK_STR(proxy_client(mem, c, "127.0.0.1", "10.0.0.8, 10.0.0.7"),
	    "10.0.0.8");
	CHECK_STR(proxy_client(mem, c, "127.0.0.1", "<script>, 10.0.0.7"),
	    "10.0.0.7");
	CHECK_STR(proxy_client(mem, c, "127.0.0.1", ""), "127.0.0.1");
	conf_free(c);
	c = conf_with("");
	CHECK(!proxy_trusted(c, "127.0.0.1"));
	conf_free(c);
	arena_free(mem);
	return test_done();
}

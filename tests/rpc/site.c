/* site: which host plays which part, and which return addresses are ours. */
#include "rpc/site.h"

#include <stdlib.h>

#include "tests/test.h"

static struct arena *mem;
static struct conf *conf;

/* A configuration with these addresses; marketing may be NULL. */
static void
setup(const char *app, const char *marketing, const char *api, const char *auth,
    const char *domains)
{
	conf_free(conf);
	if ((conf = conf_load("/dev/null")) == NULL ||
	    conf_set(conf, "url.app", app) == -1 ||
	    (marketing != NULL &&
		conf_set(conf, "url.marketing", marketing) == -1) ||
	    conf_set(conf, "url.api", api) == -1 ||
	    conf_set(conf, "url.auth", auth) == -1 ||
	    conf_set(conf, "url.domains", domains) == -1)
		exit(1);
}

static enum site_part
part(const char *host)
{
	return site_find(mem, conf, host).part;
}

static void
test_single(void)
{
	struct site s;

	setup("http://localhost:8080", NULL, "http://localhost:8080",
	    "http://localhost:8080", "mirai.localhost:8080");
	CHECK(part("localhost:8080") == SITE_SINGLE);
	CHECK(part("127.0.0.1:8080") == SITE_SINGLE);
	CHECK(part("") == SITE_SINGLE);
	s = site_find(mem, conf, "localhost:8080");
	CHECK(!s.alias);
	CHECK(s.cookie_domain == NULL);
	CHECK_STR(s.marketing, "http://localhost:8080");
	/* one more site below the domain */
	CHECK(part("app.mirai.localhost:8080") == SITE_APP);
	CHECK(part("GET.mirai.localhost:8080") == SITE_MARKETING);
	CHECK(part("api.mirai.localhost:8080") == SITE_API);
	CHECK(part("auth.mirai.localhost:8080") == SITE_AUTH);
	CHECK(part("app.mirai.localhost") == SITE_SINGLE); /* another port */
	CHECK(part("app.mirai.localhost:8080.evil.example") == SITE_SINGLE);
	s = site_find(mem, conf, "get.mirai.localhost:8080");
	CHECK(s.alias);
	CHECK_STR(s.cookie_domain, "mirai.localhost");
	CHECK_STR(s.app, "http://app.mirai.localhost:8080");
	CHECK_STR(s.auth, "http://auth.mirai.localhost:8080");
}

static void
test_four(void)
{
	setup("https://app.mirai.example", "https://get.mirai.example",
	    "https://api.mirai.example", "https://auth.mirai.example", "");
	CHECK(part("app.mirai.example") == SITE_APP);
	CHECK(part("App.Mirai.Example") == SITE_APP);
	CHECK(part("get.mirai.example") == SITE_MARKETING);
	CHECK(part("api.mirai.example") == SITE_API);
	CHECK(part("auth.mirai.example") == SITE_AUTH);
	CHECK(part("other.example") == SITE_APP);
	CHECK(!site_find(mem, conf, "app.mirai.example").alias);
}

static void
test_owns(void)
{
	struct site s;

	setup("https://app.mirai.example", "https://get.mirai.example",
	    "https://api.mirai.example", "https://auth.mirai.example", "");
	s = site_find(mem, conf, "app.mirai.example");
	CHECK(site_owns(&s, "/dashboard?x=y#z"));
	CHECK(site_owns(&s, "https://app.mirai.example"));
	CHECK(site_owns(&s, "https://app.mirai.example/x"));
	CHECK(site_owns(&s, "https://get.mirai.example?x"));
	CHECK(!site_owns(&s, "https://api.mirai.example/"));
	CHECK(!site_owns(&s, "https://app.mirai.example.evil.example/"));
	CHECK(!site_owns(&s, "https://app.mirai.example@evil.example/"));
	CHECK(!site_owns(&s, "https://app.mirai.example:444/"));
	CHECK(!site_owns(&s, "http://app.mirai.example/"));
	CHECK(!site_owns(&s, "//evil.example"));
	CHECK(!site_owns(&s, "/\\evil.example"));
	CHECK(!site_owns(&s, "/\t/evil.example"));
	CHECK(!site_owns(&s, "javascript:alert(1)"));
	CHECK(!site_owns(&s, "dashboard"));
	CHECK(!site_owns(&s, ""));
}

static void
test_authority(void)
{
	CHECK_STR(site_authority(mem, "https://x.org:81/y?z"), "x.org:81");
	CHECK_STR(site_authority(mem, "x.org"), "x.org");
}

int
main(void)
{
	mem = arena_new();
	test_single();
	test_four();
	test_owns();
	test_authority();
	conf_free(conf);
	arena_free(mem);
	return test_done();
}

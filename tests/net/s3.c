/*
 * Signatures against the examples of the S3 API reference, and answers in XML,
 * good and bad. With arguments: one call of the client, for tests/net/s3.mjs.
 */
#include "net/s3.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "net/crypt.h"
#include "net/s3_multi.h"
#include "tests/test.h"

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SCOPE                                                                  \
	"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/" \
	"s3/aws4_request, "

static struct arena *mem;

/* --- signatures ------------------------------------------------------------ */

/* "Authenticating Requests: Using the Authorization Header", its examples. */
static const struct s3_credentials example = { "AKIAIOSFODNN7EXAMPLE",
	"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1" };
static int64_t example_at;

static const char *
example_header(struct s3_sign *s)
{
	s->at = example_at;
	return s3_sign_header(mem, &example, s);
}

static void
test_get_object(void)
{
	struct s3_pair h[] = { { "host", "examplebucket.s3.amazonaws.com" },
		{ "range", "bytes=0-9" }, { "x-amz-content-sha256", EMPTY },
		{ "x-amz-date", "20130524T000000Z" } };
	struct s3_sign s = { .method = "GET",
		.path = "/test.txt",
		.headers = h,
		.nheaders = 4,
		.payload = EMPTY };

	CHECK_STR(example_header(&s),
	    SCOPE
	    "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
	    "Signature="
	    "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

static void
test_put_object(void)
{
	const char *hash = crypt_sha256_hex(mem, "Welcome to Amazon S3.", 21);
	struct s3_pair h[] = { { "date", "Fri, 24 May 2013 00:00:00 GMT" },
		{ "host", "examplebucket.s3.amazonaws.com" },
		{ "x-amz-content-sha256", hash },
		{ "x-amz-date", "20130524T000000Z" },
		{ "x-amz-storage-class", "REDUCED_REDUNDANCY" } };
	struct s3_sign s = { .method = "PUT",
		.path = s3_sign_path(mem, "/test$file.text"),
		.headers = h,
		.nheaders = 5,
		.payload = hash };

	CHECK_STR(s.path, "/test%24file.text");
	CHECK_STR(example_header(&s),
	    SCOPE
	    "SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;"
	    "x-amz-storage-class, Signature="
	    "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

static void
test_bucket(void)
{
	struct s3_pair h[] = { { "host", "examplebucket.s3.amazonaws.com" },
		{ "x-amz-content-sha256", EMPTY },
		{ "x-amz-date", "20130524T000000Z" } };
	struct s3_pair lifecycle[] = { { "lifecycle", "" } };
	struct s3_pair list[] = { { "prefix", "J" }, { "max-keys", "2" } };
	struct s3_sign s = { .method = "GET",
		.path = "/",
		.query = lifecycle,
		.nquery = 1,
		.headers = h,
		.nheaders = 3,
		.payload = EMPTY };

	CHECK_STR(example_header(&s),
	    SCOPE
	    "SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature="
	    "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
	s.query = list;
	s.nquery = 2;
	CHECK_STR(example_header(&s),
	    SCOPE
	    "SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature="
	    "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

static void
test_url(void)
{
	struct s3_pair h[] = { { "host", "examplebucket.s3.amazonaws.com" } };
	struct s3_sign s = { .method = "GET",
		.path = "/test.txt",
		.headers = h,
		.nheaders = 1,
		.at = example_at };

	CHECK_STR(s3_sign_url(mem, &example, &s, 86400),
	    "X-Amz-Algorithm=AWS4-HMAC-SHA256"
	    "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2F"
	    "s3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400"
	    "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957"
	    "d157751f604d404&X-Amz-SignedHeaders=host");
}

/* --- answers --------------------------------------------------------------- */

static int
listing(const char *xml, struct s3_listing *l)
{
	return s3_xml_listing(mem, xml, strlen(xml), l);
}

#define LIST(x) "<ListBucketResult xmlns=\"urn:x\">" x "</ListBucketResult>"
#define FILE_A                                                               \
	"<Contents><Key>a&amp;b</Key><LastModified>2026-11-21T10:00:00.000Z" \
	"</LastModified><Size>12</Size><Owner><ID>9</ID></Owner></Contents>"
#define MORE(t)                                                    \
	"<IsTruncated>true</IsTruncated><NextContinuationToken>" t \
	"</NextContinuationToken>"

static void
test_listing(void)
{
	struct s3_listing l = { 0 };

	CHECK(listing(LIST(FILE_A MORE("t1")), &l) == 0);
	CHECK(l.nitems == 1 && l.items[0].len == 12);
	CHECK_STR(l.items[0].key, "a&b");
	CHECK_STR(clock_rfc3339(mem, l.items[0].modified_at),
	    "2026-11-21T10:00:00Z");
	CHECK_STR(l.next, "t1");
	CHECK(listing(LIST("<EncodingType>url</EncodingType><Contents><Key>a+"
			   "%2B%C3%A9</Key></Contents><CommonPrefixes><Prefix>"
			   "p%2F</Prefix></CommonPrefixes>"),
		  &l) == 0);
	CHECK(l.nitems == 2 && l.nprefixes == 1 && l.next == NULL);
	CHECK_STR(l.items[0].key, "a&b"); /* is not decoded again */
	CHECK_STR(l.items[1].key, "a +\xc3\xa9");
	CHECK_STR(l.prefixes[0], "p/");
}

static void
test_bad_listing(void)
{
	static const char *const bad[] = { "", "{}", "<a/>", LIST("<Contents>"),
		"<Error><Code>X</Code></Error>",
		LIST("<Contents><Size>1</Size></Contents>"),
		LIST("<Contents><Key>a</Key><Size>-1</Size></Contents>"),
		LIST("<Contents><Key>a</Key><Size>1x</Size></Contents>"),
		LIST("<Contents><Key>a</Key><LastModified>now</LastModified>"
		     "</Contents>"),
		LIST("<IsTruncated>true</IsTruncated>"), LIST(MORE("")),
		LIST("<EncodingType>url</EncodingType><Contents><Key>%zz</Key>"
		     "</Contents>"),
		"<!DOCTYPE a [<!ENTITY b 'c'>]>" LIST(FILE_A) };
	struct s3_listing l;
	char *text, *xml;
	size_t i;

	for (i = 0; i < NITEMS(bad); i++) {
		memset(&l, 0, sizeof(l));
		CHECK(listing(bad[i], &l) == -1 ||
		    printf("# accepted: %s\n", bad[i]) < 0);
	}
	memset(&l, 0, sizeof(l));
	CHECK(listing(LIST(MORE("t")), &l) == 0);
	CHECK(listing(LIST(MORE("t")), &l) == -1); /* would never end */
	text = arena_zalloc(mem, 20001);
	memset(text, 'k', 20000);
	xml =
	    arena_printf(mem, LIST("<Contents><Key>%s</Key></Contents>"), text);
	memset(&l, 0, sizeof(l));
	CHECK(listing(xml, &l) == -1);
}

static void
test_others(void)
{
	struct s3_uploads u = { 0 };
	const char *p;

	p = "<InitiateMultipartUploadResult><Key>k</Key><UploadId>i-1</UploadId>"
	    "</InitiateMultipartUploadResult>";
	CHECK_STR(s3_xml_upload_id(mem, p, strlen(p)), "i-1");
	CHECK(s3_xml_upload_id(mem, "<a/>", 4) == NULL);
	p = "<Error><Code>SlowDown</Code><Message>x</Message></Error>";
	CHECK_STR(s3_xml_error(mem, p, strlen(p)), "SlowDown");
	p = "<Error><Code>a\nb</Code></Error>";
	CHECK(s3_xml_error(mem, p, strlen(p)) == NULL);
	p = "<html><body>502</body></html>";
	CHECK(s3_xml_error(mem, p, strlen(p)) == NULL);
	p = "<ListMultipartUploadsResult><IsTruncated>true</IsTruncated>"
	    "<NextKeyMarker>k</NextKeyMarker><NextUploadIdMarker>i"
	    "</NextUploadIdMarker><Upload><Key>k</Key><UploadId>i</UploadId>"
	    "<Initiated>2026-11-21T10:00:00.000Z</Initiated></Upload>"
	    "</ListMultipartUploadsResult>";
	CHECK(s3_xml_uploads(mem, p, strlen(p), &u) == 0 && u.nuploads == 1);
	CHECK_STR(u.next_key, "k");
	CHECK(s3_xml_uploads(mem, p, strlen(p), &u) == -1);
}

/* --- opening --------------------------------------------------------------- */

/* Where a signed URL of this configuration leads, up to its query. */
static const char *
address(const char *endpoint, const char *region, const char *bucket)
{
	struct conf *c;
	struct s3 *s;
	char *url;

	c = conf_load("/dev/null");
	if (c == NULL || conf_set(c, "s3.access_key", "AK") == -1 ||
	    conf_set(c, "s3.secret_key", "SK") == -1 ||
	    conf_set(c, "s3.bucket", bucket) == -1 ||
	    conf_set(c, "s3.region", region) == -1 ||
	    (endpoint != NULL && conf_set(c, "s3.endpoint", endpoint) == -1))
		abort();
	CHECK(s3_wanted(c));
	s = s3_open(c);
	conf_free(c);
	if (s == NULL)
		return NULL;
	url = s3_url_get(s, mem, "a/b c", "attachment", clock_now_us());
	s3_close(s);
	url[strcspn(url, "?")] = '\0';
	return url;
}

static void
test_address(void)
{
	CHECK_STR(address(NULL, "eu-west-1", "my-bucket"),
	    "https://my-bucket.s3.eu-west-1.amazonaws.com/a/b%20c");
	CHECK_STR(address(NULL, "us-east-1", "my.bucket"),
	    "https://s3.us-east-1.amazonaws.com/my.bucket/a/b%20c");
	CHECK_STR(address(NULL, "cn-north-1", "my-bucket"),
	    "https://my-bucket.s3.cn-north-1.amazonaws.com.cn/a/b%20c");
	CHECK_STR(address("http://Minio:9000", "x", "my.bucket"),
	    "http://minio:9000/my.bucket/a/b%20c");
	CHECK_STR(address("https://h.example:443/s3/", "x", "bbb"),
	    "https://h.example/s3/bbb/a/b%20c");
	CHECK_STR(address("http://h.example:80", "x", "bbb"),
	    "http://h.example/bbb/a/b%20c");
	CHECK(address(NULL, "eu/west", "my-bucket") == NULL);
	CHECK(address(NULL, "eu-west-1", "my/bucket") == NULL);
	CHECK(address(NULL, "eu-west-1", "b?") == NULL);
}

/* --- one call, for tests/net/s3.mjs ----------------------------------------- */

static enum code
call_put(struct s3 *s, char **argv)
{
	struct s3_body body = { .fd = open(argv[2], O_RDONLY | O_CLOEXEC) };
	enum code code;

	body.len = lseek(body.fd, 0, SEEK_END);
	code = s3_put(s, argv[1], argv[3], &body);
	(void)close(body.fd);
	return code;
}

static enum code
call_get(struct s3 *s, char **argv)
{
	enum code code;
	int64_t len;
	int fd;

	fd = open(argv[2], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	(void)lseek(fd, 0, SEEK_END);
	code = s3_get_fd(s, argv[1], fd, INT64_MAX, &len);
	if (code == CODE_OK)
		printf("len %lld\n", (long long)len);
	(void)close(fd);
	return code;
}

static enum code
call_list(struct s3 *s, char **argv)
{
	struct s3_listing l;
	enum code code;
	size_t i;

	code = s3_list(s, mem, argv[1], argv[2], &l);
	for (i = 0; code == CODE_OK && i < l.nitems; i++)
		printf("item %lld %s\n", (long long)l.items[i].len,
		    l.items[i].key);
	for (i = 0; code == CODE_OK && i < l.nprefixes; i++)
		printf("prefix %s\n", l.prefixes[i]);
	return code;
}

static enum code
call_head(struct s3 *s, char **argv)
{
	enum code code;
	int64_t len;

	code = s3_head(s, argv[1], &len);
	if (code == CODE_OK)
		printf("len %lld\n", (long long)len);
	return code;
}

static enum code
call_delete(struct s3 *s, char **argv)
{
	return s3_delete(s, argv[1]);
}

static enum code
call_clean(struct s3 *s, char **argv)
{
	return s3_multi_clean(s, argv[1], atoll(argv[2]));
}

static enum code
call_url_get(struct s3 *s, char **argv)
{
	printf("url %s\n",
	    s3_url_get(s, mem, argv[1], argv[2],
		clock_now_us() + atoll(argv[3]) * 1000000));
	return CODE_OK;
}

static enum code
call_url_put(struct s3 *s, char **argv)
{
	printf("url %s\n",
	    s3_url_put(s, mem, argv[1], argv[2], atoll(argv[3]),
		clock_now_us() + atoll(argv[4]) * 1000000));
	return CODE_OK;
}

/* A call that may take for ever, given up after so many ms of silence. */
static enum code
call_stall(struct s3 *s, char **argv)
{
	struct http_call call = { .url = argv[1], .stall_ms = atoll(argv[2]) };
	struct http_answer answer;
	const char *error;
	struct http *http;
	int rc;

	(void)s;
	http = http_open();
	rc = http_do(http, mem, &call, &answer, &error);
	if (rc == 0)
		printf("len %zu\n", answer.len);
	else if (http_fault(http) == HTTP_FAULT_TIMEOUT)
		rc = 1;
	http_close(http);
	return rc == 0 ? CODE_OK
	    : rc == 1  ? CODE_DEADLINE_EXCEEDED
		       : CODE_UNAVAILABLE;
}

static const struct {
	const char *name;
	int nargs;
	enum code (*call)(struct s3 *s, char **argv);
} calls[] = {
	{ "put", 3, call_put },		/* key, file, type */
	{ "get", 2, call_get },		/* key, file */
	{ "list", 1, call_list },	/* prefix, delimiter or nothing */
	{ "head", 1, call_head },	/* key */
	{ "delete", 1, call_delete },	/* key */
	{ "clean", 2, call_clean },	/* prefix, seconds */
	{ "url_get", 3, call_url_get }, /* key, disposition, seconds */
	{ "url_put", 4, call_url_put }, /* key, type, length, seconds */
	{ "stall", 2, call_stall },	/* URL, ms */
};

/* The most memory this process had, in KiB. (Not rusage, which exec keeps.) */
static long
most_memory(void)
{
	char line[256];
	long kib;
	FILE *f;

	kib = -1;
	f = fopen("/proc/self/status", "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (str_starts(line, "VmHWM:"))
			kib = atol(line + 6);
	if (f != NULL)
		(void)fclose(f);
	return kib;
}

static int
one_call(int argc, char **argv)
{
	enum code code;
	struct conf *c;
	struct s3 *s;
	size_t i;

	if ((c = conf_load("/dev/null")) == NULL || (s = s3_open(c)) == NULL)
		return 2;
	if (getenv("S3_UNTIL_MS") != NULL)
		s3_until(s, clock_mono_ms() + atoll(getenv("S3_UNTIL_MS")));
	code = CODE_UNIMPLEMENTED;
	for (i = 0; i < NITEMS(calls); i++)
		if (strcmp(argv[0], calls[i].name) == 0 &&
		    argc > calls[i].nargs)
			code = calls[i].call(s, argv);
	printf("rss %ld\n%s\n", most_memory(), code_name(code));
	s3_close(s);
	conf_free(c);
	return 0;
}

int
main(int argc, char **argv)
{
	int rc;

	log_open("s3", LOG_FORM_PLAIN, LOG_LEVEL_WARN);
	mem = arena_new();
	if (argc > 1) {
		rc = one_call(argc - 1, argv + 1);
		arena_free(mem);
		return rc;
	}
	CHECK(clock_parse_rfc3339("2013-05-24T00:00:00Z", &example_at));
	test_get_object();
	test_put_object();
	test_bucket();
	test_url();
	test_listing();
	test_bad_listing();
	test_others();
	test_address();
	arena_free(mem);
	return test_done();
}

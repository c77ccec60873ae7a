/*
 * A token is "o:OFFSET" or "a:ID" in base64: opaque to clients, checked here.
 */
#include "identity/page.h"

#include <string.h>

#include "rpc/query.h"
#include "rpc/resp.h"

#define DEFAULT_PAGE 250
#define MAX_PAGE     1000
#define MAX_OFFSET   1000000

/* A number of the query; false: there, but out of range. */
static bool
query_number(struct visit *c, const char *name, int64_t min, int64_t max,
    int64_t *out)
{
	const char *value = req_query(c->r, name);

	return str_is_empty(value) || str_to_i64(value, min, max, out);
}

static bool
read_token(struct visit *c, struct page *p)
{
	const char *value = req_query(c->r, "page_token"), *text;
	size_t len;

	if (str_is_empty(value))
		return true;
	text = (const char *)crypt_unbase64(c->mem, value, strlen(value), &len);
	if (text == NULL)
		return false;
	if (str_starts(text, "a:") && str_is_uuid(text + 2)) {
		p->after = text + 2;
		return true;
	}
	return str_starts(text, "o:") &&
	    str_to_i64(text + 2, 0, MAX_OFFSET, &p->offset);
}

static bool
read_query(struct visit *c, struct page *p)
{
	int64_t number = 1;

	memset(p, 0, sizeof(*p));
	p->size = DEFAULT_PAGE;
	p->numbered = req_query(c->r, "page") != NULL ||
	    req_query(c->r, "per_page") != NULL;
	if (!p->numbered)
		return query_number(c, "page_size", 1, MAX_PAGE, &p->size) &&
		    read_token(c, p);
	if (!query_number(c, "page", 0, MAX_OFFSET, &number) ||
	    !query_number(c, "per_page", 1, MAX_PAGE, &p->size))
		return false;
	p->offset = number < 1 ? 0 : (number - 1) * p->size;
	return true;
}

bool
page_read(struct visit *c, struct page *p)
{
	if (read_query(c, p))
		return true;
	visit_refuse_simple(c, 400, NULL,
	    "page_size must be 1 to 1000 and page_token one that was given.");
	return false;
}

static bool
is_ours(const struct query_pair *pair)
{
	static const char *const own[] = { "page", "per_page", "page_size",
		"page_token" };
	size_t i;

	for (i = 0; i < NITEMS(own); i++)
		if (query_is(pair, own[i]))
			return true;
	return false;
}

/* The query without what is said of pages, each pair followed by "&". */
static const char *
other_pairs(struct visit *c)
{
	struct buf *b = buf_new(c->mem);
	const char *text = c->r->query, *name, *value;
	struct query_pair pair;
	size_t len;

	while (query_next(&text, &pair)) {
		name =
		    query_decode(c->mem, pair.name, pair.namelen, true, &len);
		value =
		    query_decode(c->mem, pair.value, pair.valuelen, true, &len);
		if (name != NULL && value != NULL && !is_ours(&pair))
			buf_printf(b, "%s=%s&", str_url_encode(c->mem, name),
			    str_url_encode(c->mem, value));
	}
	return buf_str(b);
}

static const char *
link_to(struct visit *c, const struct page *p, const char *url,
    const char *token, const char *rel)
{
	return arena_printf(c->mem,
	    "<%s?%spage_size=%lld&page_token=%s>; rel=\"%s\"", url,
	    other_pairs(c), (long long)p->size,
	    crypt_base64url(c->mem, token, strlen(token)), rel);
}

static const char *
offset_token(struct visit *c, int64_t offset)
{
	return arena_printf(c->mem, "o:%lld", (long long)offset);
}

void
page_headers(struct visit *c, const struct page *p, const char *url, size_t n,
    int64_t total)
{
	const char *link = link_to(c, p, url, offset_token(c, 0), "first");
	int64_t end = p->offset + (int64_t)n;

	if (end < total)
		link = arena_printf(c->mem, "%s,%s", link,
		    link_to(c, p, url, offset_token(c, end), "next"));
	resp_header(c->r, "link", link);
	if (p->numbered)
		resp_header(c->r, "x-total-count",
		    arena_printf(c->mem, "%lld", (long long)total));
}

void
page_headers_after(struct visit *c, const struct page *p, const char *url,
    const char *after)
{
	const char *link = link_to(c, p, url, offset_token(c, 0), "first");

	if (after != NULL)
		link = arena_printf(c->mem, "%s,%s", link,
		    link_to(c, p, url, arena_printf(c->mem, "a:%s", after),
			"next"));
	resp_header(c->r, "link", link);
}

const char *
page_last_id(const struct page *p, const struct json *list)
{
	size_t n = json_count(list);

	if ((int64_t)n < p->size)
		return NULL;
	return json_get_text(json_at(list, n - 1), "id", NULL);
}

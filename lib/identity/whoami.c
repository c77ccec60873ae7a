/*
 * The data routes of sessions: always JSON, never a CSRF cookie. whoami is the
 * hot path: one statement, and no credential is read.
 */
#include "identity/whoami.h"

#include <string.h>

#include "identity/self.h"
#include "rpc/resp.h"

#define PREFIX	     "/sessions/"
#define DEFAULT_PAGE 250
#define MAX_PAGE     1000

static void
refuse_inactive(struct visit *c)
{
	visit_refuse_simple(c, 401, "session_inactive",
	    "No active session was found in this request.");
}

/* Leaves the transaction open; false: answered. */
static bool
need_session(struct visit *c, enum db_tx tx)
{
	c->json_only = true;
	visit_begin(c, tx);
	if (!visit_session(c))
		return false;
	if (c->session == NULL)
		refuse_inactive(c);
	return c->session != NULL;
}

void
whoami_show(struct visit *c)
{
	c->json_only = true;
	if (!visit_session_alone(c))
		return;
	if (c->session == NULL) {
		refuse_inactive(c);
		return;
	}
	if (!str_is_empty(req_query(c->r, "tokenize_as"))) {
		visit_refuse_simple(c, 400, NULL,
		    "No tokenizer of this name is set up.");
		return;
	}
	resp_header(c->r, "x-kratos-authenticated-identity-id",
	    c->session->identity.id);
	visit_json(c, 200, c->session->json);
}

/* --- paging (N-11) --------------------------------------------------------- */

struct page {
	int64_t offset;
	int64_t size;
	bool numbered; /* by page and per_page */
};

/* A number of the query; false: there, but out of range. */
static bool
query_number(struct visit *c, const char *name, int64_t min, int64_t max,
    int64_t *out)
{
	const char *value = req_query(c->r, name);

	return str_is_empty(value) || str_to_i64(value, min, max, out);
}

/* The opaque token is the offset in base64. */
static bool
token_offset(struct visit *c, int64_t *offset)
{
	const char *value = req_query(c->r, "page_token");
	const uint8_t *raw;
	size_t len;

	if (str_is_empty(value))
		return true;
	raw = crypt_unbase64(c->mem, value, strlen(value), &len);
	return raw != NULL && str_starts((const char *)raw, "o:") &&
	    str_to_i64((const char *)raw + 2, 0, 1000000, offset);
}

static bool
read_page(struct visit *c, struct page *p)
{
	int64_t number = 1;

	p->offset = 0;
	p->size = DEFAULT_PAGE;
	p->numbered = req_query(c->r, "page") != NULL ||
	    req_query(c->r, "per_page") != NULL;
	if (p->numbered) {
		if (!query_number(c, "page", 0, 1000000, &number) ||
		    !query_number(c, "per_page", 1, MAX_PAGE, &p->size))
			return false;
		p->offset = number < 1 ? 0 : (number - 1) * p->size;
		return true;
	}
	return query_number(c, "page_size", 1, MAX_PAGE, &p->size) &&
	    token_offset(c, &p->offset);
}

static const char *
page_link(struct visit *c, const struct page *p, int64_t offset,
    const char *rel)
{
	const char *token = arena_printf(c->mem, "o:%lld", (long long)offset);

	return arena_printf(c->mem,
	    "<%s/sessions?page_size=%lld&page_token=%s>; rel=\"%s\"",
	    c->p->base_url, (long long)p->size,
	    crypt_base64url(c->mem, token, strlen(token)), rel);
}

static void
page_headers(struct visit *c, const struct page *p, size_t n, int64_t total)
{
	const char *link = page_link(c, p, 0, "first");

	if (p->offset + (int64_t)n < total)
		link = arena_printf(c->mem, "%s,%s", link,
		    page_link(c, p, p->offset + (int64_t)n, "next"));
	resp_header(c->r, "link", link);
	if (p->numbered)
		resp_header(c->r, "x-total-count",
		    arena_printf(c->mem, "%lld", (long long)total));
}

void
whoami_list(struct visit *c)
{
	struct json *list = json_new_list(c->mem);
	struct session *sessions;
	struct page page;
	int64_t total;
	size_t n, i;

	if (!need_session(c, DB_TX_READ))
		return;
	if (!read_page(c, &page)) {
		visit_refuse_simple(c, 400, NULL,
		    "page_size must be 1 to 1000 and page_token one that was "
		    "given.");
		return;
	}
	if (!visit_end(c,
		session_list(c->db, c->mem, c->p->base_url,
		    c->session->identity.id, c->session->id, page.offset,
		    page.size, &sessions, &n, &total)))
		return;
	for (i = 0; i < n; i++)
		json_add(list, sessions[i].json);
	page_headers(c, &page, n, total);
	visit_json(c, 200, list);
}

/* --- ending ---------------------------------------------------------------- */

void
whoami_end_others(struct visit *c)
{
	struct json *o = json_new_object(c->mem);
	const char **hashes;
	enum code code;
	size_t n = 0, i;

	if (!need_session(c, DB_TX_WRITE))
		return;
	code = session_revoke_all(c->db, c->mem, c->session->identity.id,
	    c->session->id, &hashes, &n);
	for (i = 0; code == CODE_OK && i < n; i++)
		visit_forget(c, hashes[i]);
	if (code == CODE_OK)
		code = self_trail(c, "session.revoke_others", NULL,
		    c->session->identity.id, c->session->id);
	if (!visit_end(c, code))
		return;
	json_put_int(o, "count", (int64_t)n);
	visit_json(c, 200, o);
}

void
whoami_end_one(struct visit *c)
{
	const char *hash;
	char id[STR_UUID_LEN + 1];
	enum code code = CODE_NOT_FOUND;

	if (!need_session(c, DB_TX_WRITE))
		return;
	if (str_uuid_canon(c->r->path + strlen(PREFIX), id)) {
		if (strcmp(id, c->session->id) == 0) {
			visit_refuse_simple(c, 400, NULL,
			    "The current session ends by logging out.");
			return;
		}
		code = session_revoke(c->db, c->mem, id,
		    c->session->identity.id, &hash);
	}
	if (code == CODE_NOT_FOUND) {
		visit_refuse_simple(c, 404, NULL, "There is no such session.");
		return;
	}
	if (code == CODE_OK) {
		visit_forget(c, hash);
		code = self_trail(c, "session.revoke", NULL,
		    c->session->identity.id, id);
	}
	if (visit_end(c, code))
		visit_empty(c, 204);
}

/*
 * Only a sign-in with a provider, which happens in a browser, leaves something
 * to fetch here. Password flows answer their token directly.
 */
void
whoami_exchange(struct visit *c)
{
	c->json_only = true;
	if (str_is_empty(req_query(c->r, "init_code")) ||
	    str_is_empty(req_query(c->r, "return_to_code")))
		visit_refuse_simple(c, 400, NULL,
		    "init_code and return_to_code must be given.");
	else
		visit_refuse_simple(c, 404, NULL,
		    "There is no session for these codes.");
}

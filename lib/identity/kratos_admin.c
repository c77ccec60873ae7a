/*
 * Each function is one call and the table of its answers. What is put into a
 * path or query is percent-encoded, always.
 */
#include "identity/kratos_admin.h"

#include <string.h>

#include "base/log.h"
#include "identity/nfc.h"

/*
 * A Kratos takes 500 ids in one query and gives 250 per page. An id takes 41
 * bytes of the request line; a web server in front of one may have 8 KiB for
 * that and says so, and is asked for fewer.
 */
#define IDS	  ((size_t)250)
#define IDS_SHORT ((size_t)150)

static enum code
call_admin(struct kratos *k, struct arena *a, const char *method,
    const char *path, const struct json *body, struct kratos_answer *out)
{
	const struct kratos_call call = {
		.side = KRATOS_ADMIN,
		.method = method,
		.path = path,
		.body = body,
	};

	return kratos_do(k, a, &call, out);
}

/* An answer that none of the expected ones is. */
static enum code
strange(const char *path, const struct kratos_answer *answer)
{
	const struct kratos_call call = { .path = path };

	return kratos_strange(&call, answer);
}

static const char *
identity_path(struct arena *a, const char *id, const char *more)
{
	return arena_printf(a, "/admin/identities/%s%s", str_url_encode(a, id),
	    more);
}

/* --- reading --------------------------------------------------------------- */

static enum code
get_raw(struct kratos *k, struct arena *a, const char *id,
    struct kratos_answer *out)
{
	const char *path = identity_path(a, id, "");
	enum code code;

	if ((code = call_admin(k, a, NULL, path, NULL, out)) != CODE_OK)
		return code;
	if (out->status == 404)
		return CODE_NOT_FOUND;
	return out->status == 200 ? CODE_OK : strange(path, out);
}

/* The list that a query gives. */
static enum code
query_list(struct kratos *k, struct arena *a, const char *path,
    struct kratos_answer *out)
{
	enum code code;

	if ((code = call_admin(k, a, NULL, path, NULL, out)) != CODE_OK)
		return code;
	return out->status == 200 && json_kind(out->json) == JSON_LIST
	    ? CODE_OK
	    : strange(path, out);
}

/* The identity that signs in with an address; CODE_NOT_FOUND: none. */
static enum code
find_raw(struct kratos *k, struct arena *a, const char *email,
    const struct json **out)
{
	struct kratos_answer answer;
	const char *path;
	enum code code;

	path = arena_printf(a, "/admin/identities?credentials_identifier=%s",
	    str_url_encode(a, nfc_identifier(a, email)));
	if ((code = query_list(k, a, path, &answer)) != CODE_OK)
		return code;
	*out = json_at(answer.json, 0);
	return *out == NULL ? CODE_NOT_FOUND : CODE_OK;
}

enum code
kratos_admin_find(struct kratos *k, struct arena *a, const char *email,
    struct ident_person *out)
{
	const struct kratos_answer ok = { .status = 200 };
	const struct json *identity;
	enum code code;

	memset(out, 0, sizeof(*out));
	if ((code = find_raw(k, a, email, &identity)) != CODE_OK)
		return code;
	return kratos_read_person(identity, out)
	    ? CODE_OK
	    : strange("/admin/identities", &ok);
}

/* Whether an identity proved an address that is in normal form. */
static bool
has_verified(const struct json *identity, const char *email)
{
	const struct json *list, *v;
	size_t i;

	list = json_get_list(identity, "verifiable_addresses");
	for (i = 0; i < json_count(list); i++) {
		v = json_at(list, i);
		if (str_eq(json_get_text(v, "value", ""), email) &&
		    json_get_bool(v, "verified", false))
			return true;
	}
	return false;
}

enum code
kratos_admin_find_about(struct kratos *k, struct arena *a, const char *email,
    struct kratos_admin_about *out)
{
	const struct kratos_answer ok = { .status = 200 };
	const struct json *identity;
	enum code code;

	memset(out, 0, sizeof(*out));
	if ((code = find_raw(k, a, email, &identity)) != CODE_OK)
		return code;
	if (!kratos_read_person(identity, &out->person))
		return strange("/admin/identities", &ok);
	out->verified = has_verified(identity, nfc_identifier(a, email));
	out->metadata_admin = json_get_object(identity, "metadata_admin");
	return CODE_OK;
}

/*
 * One page of people, added to out. CODE_OUT_OF_RANGE: too many for what
 * stands in front.
 */
static enum code
list_some(struct kratos *k, struct arena *a, const char *const *ids, size_t n,
    struct ident_person *out, size_t *nout)
{
	struct kratos_answer answer;
	struct buf *path = buf_new(a);
	enum code code;
	size_t i;

	buf_printf(path, "/admin/identities?page_size=%zu", n);
	for (i = 0; i < n; i++)
		buf_printf(path, "&ids=%s", str_url_encode(a, ids[i]));
	code = call_admin(k, a, NULL, buf_str(path), NULL, &answer);
	if (code != CODE_OK)
		return code;
	if ((answer.status == 414 || answer.status == 431) && n > IDS_SHORT)
		return CODE_OUT_OF_RANGE;
	if (answer.status != 200 || json_kind(answer.json) != JSON_LIST)
		return strange("/admin/identities", &answer);
	for (i = 0; i < json_count(answer.json) && i < n; i++)
		if (kratos_read_person(json_at(answer.json, i), &out[*nout]))
			(*nout)++;
	return CODE_OK;
}

enum code
kratos_admin_list(struct kratos *k, struct arena *a, const char *const *ids,
    size_t n, struct ident_person **out, size_t *nout)
{
	struct ident_person *list = arena_calloc(a, n + 1, sizeof(*list));
	size_t some, most = IDS;
	enum code code;

	*nout = 0;
	*out = list;
	while (n > 0) {
		some = n < most ? n : most;
		code = list_some(k, a, ids, some, list, nout);
		if (code == CODE_OUT_OF_RANGE) {
			most = IDS_SHORT;
			continue;
		}
		if (code != CODE_OK)
			return code;
		ids += some;
		n -= some;
	}
	return CODE_OK;
}

/* --- making ---------------------------------------------------------------- */

static void
put_password(struct json *body, const char *password, const char *hash)
{
	struct json *o;

	if (password == NULL && hash == NULL)
		return;
	o = json_put_object(body, "credentials");
	o = json_put_object(json_put_object(o, "password"), "config");
	json_put_text(o, "password", password);
	json_put_text(o, "hashed_password", hash);
}

static const struct json *
new_body(struct arena *a, const struct kratos_admin_new *in)
{
	struct json *body = json_new_object(a), *o;

	json_put_text(body, "schema_id", "user");
	json_put_text(body, "state", "active");
	json_put(body, "traits", in->traits);
	put_password(body, in->password, in->hash);
	if (in->verified) {
		o = json_add_object(
		    json_put_list(body, "verifiable_addresses"));
		json_put_text(o, "value", in->email);
		json_put_text(o, "via", "email");
		json_put_bool(o, "verified", true);
		json_put_text(o, "status", "completed");
	}
	o = json_put_object(body, "metadata_admin");
	json_put_text(o, in->origin, in->origin_id);
	return body;
}

/* After an answer that got lost: whether the person was made all the same. */
static enum code
find_made(struct kratos *k, struct arena *a, const struct kratos_admin_new *in,
    struct ident_person *out)
{
	const struct json *identity, *meta;
	enum code code;

	code = find_raw(k, a, in->email, &identity);
	if (code == CODE_NOT_FOUND)
		return CODE_UNAVAILABLE;
	if (code != CODE_OK)
		return code;
	meta = json_get_object(identity, "metadata_admin");
	if (!str_eq(json_get_text(meta, in->origin, NULL), in->origin_id))
		return CODE_ALREADY_EXISTS;
	return kratos_read_person(identity, out) ? CODE_OK : CODE_UNAVAILABLE;
}

enum code
kratos_admin_create(struct kratos *k, struct arena *a,
    const struct kratos_admin_new *in, struct ident_person *out)
{
	static const char path[] = "/admin/identities";
	struct kratos_answer answer;

	memset(out, 0, sizeof(*out));
	if (call_admin(k, a, "POST", path, new_body(a, in), &answer) != CODE_OK)
		return find_made(k, a, in, out);
	switch (answer.status) {
	case 200:
	case 201:
		return kratos_read_person(answer.json, out)
		    ? CODE_OK
		    : find_made(k, a, in, out);
	case 409:
		return CODE_ALREADY_EXISTS;
	case 400:
		(void)strange(path, &answer); /* logged; not an outage */
		return CODE_INVALID_ARGUMENT;
	default:
		return strange(path, &answer);
	}
}

/* --- changing -------------------------------------------------------------- */

/* A replacement takes everything but the password as it was. */
static const struct json *
same_but_password(struct arena *a, const struct json *was, const char *password)
{
	static const char *const kept[] = { "schema_id", "traits", "state",
		"metadata_public", "metadata_admin", "external_id",
		"organization_id" };
	struct json *body = json_new_object(a);
	size_t i;

	for (i = 0; i < NITEMS(kept); i++)
		if (json_get(was, kept[i]) != NULL)
			json_put(body, kept[i], json_get(was, kept[i]));
	put_password(body, password, NULL);
	return body;
}

enum code
kratos_admin_set_password(struct kratos *k, struct arena *a, const char *id,
    const char *password)
{
	const char *path = identity_path(a, id, "");
	struct kratos_answer answer;
	enum code code;

	if ((code = get_raw(k, a, id, &answer)) != CODE_OK)
		return code;
	code = call_admin(k, a, "PUT", path,
	    same_but_password(a, answer.json, password), &answer);
	if (code != CODE_OK)
		return code;
	if (answer.status == 404)
		return CODE_NOT_FOUND;
	return answer.status == 200 ? CODE_OK : strange(path, &answer);
}

/* A DELETE; what is gone already is as good as deleted. */
static enum code
delete_at(struct kratos *k, struct arena *a, const char *path)
{
	struct kratos_answer answer;
	enum code code;

	code = call_admin(k, a, "DELETE", path, NULL, &answer);
	if (code != CODE_OK)
		return code;
	return answer.status == 204 || answer.status == 404
	    ? CODE_OK
	    : strange(path, &answer);
}

enum code
kratos_admin_remove(struct kratos *k, struct arena *a, const char *id)
{
	return delete_at(k, a, identity_path(a, id, ""));
}

enum code
kratos_admin_revoke_sessions(struct kratos *k, struct arena *a, const char *id)
{
	return delete_at(k, a, identity_path(a, id, "/sessions"));
}

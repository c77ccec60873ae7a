/*
 * struct ident over the client of a Kratos.
 */
#include "identity/external.h"

#include <stdlib.h>

#include "base/xmalloc.h"
#include "identity/kratos_admin.h"

struct external {
	struct ident ident;
	struct kratos *kratos;
};

static enum code
whoami(void *ctx, struct arena *a, const char *token, const char *cookie,
    struct ident_session *out)
{
	const struct external *e = ctx;

	return kratos_whoami(e->kratos, a, token, cookie, out);
}

static enum code
people(void *ctx, struct arena *a, const char *const *ids, size_t n,
    struct ident_person **out, size_t *nout)
{
	const struct external *e = ctx;

	return kratos_admin_list(e->kratos, a, ids, n, out, nout);
}

static enum code
find_email(void *ctx, struct arena *a, const char *email,
    struct ident_person *out)
{
	const struct external *e = ctx;

	return kratos_admin_find(e->kratos, a, email, out);
}

static enum code
revoke_sessions(void *ctx, const char *identity_id)
{
	const struct external *e = ctx;
	struct arena *a = arena_new();
	enum code code;

	code = kratos_admin_revoke_sessions(e->kratos, a, identity_id);
	arena_free(a);
	return code;
}

struct ident *
external_open(const struct conf *conf)
{
	struct external *e;

	e = xcalloc(1, sizeof(*e));
	if ((e->kratos = kratos_open(conf)) == NULL) {
		free(e);
		return NULL;
	}
	e->ident.ctx = e;
	e->ident.whoami = whoami;
	e->ident.people = people;
	e->ident.find_email = find_email;
	e->ident.revoke_sessions = revoke_sessions;
	return &e->ident;
}

void
external_close(struct ident *ident)
{
	struct external *e;

	if (ident == NULL)
		return;
	e = ident->ctx;
	kratos_close(e->kratos);
	free(e);
}

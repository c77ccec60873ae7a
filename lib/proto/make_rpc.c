/*
 * Writes X.rpc.h and X.rpc.c: handler prototypes and the dispatch table; and
 * the table of every service, which has no handlers.
 */
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "proto/make.h"

static void
put_handler(struct buf *b, const char *prefix, const struct service *s,
    const struct method *m, const char *end)
{
	buf_printf(b,
	    "enum code%s%s%s_%s(struct req *r, const struct pb_%s *in,\n"
	    "    struct pb_%s *out)%s",
	    end[0] == ';' ? " " : "\n", prefix, s->cname, m->cname,
	    m->in->cname, m->out->cname, end);
}

/* A handler of ours answers it; otherwise the row says that it is known. */
static bool
has_handler(const struct method *m)
{
	return !m->apart && !m->client_stream;
}

/* Which rows a table has. */
enum rows {
	ROWS_ALL = 0, /* without handlers */
	ROWS_HERE,
	ROWS_OUTSIDE
};

static const struct table {
	const char *methods; /* what follows the service's name */
	const char *service;
	const char *linkage;
} tables[] = {
	[ROWS_ALL] = { "methods", "known", "static " },
	[ROWS_HERE] = { "methods", "service", "" },
	[ROWS_OUTSIDE] = { "outside_methods", "outside", "" },
};

static bool
is_in(const struct method *m, enum rows rows)
{
	return rows == ROWS_ALL || m->outside == (rows == ROWS_OUTSIDE);
}

static size_t
count_rows(const struct service *s, enum rows rows)
{
	size_t i, n = 0;

	for (i = 0; i < s->nmethods; i++)
		n += is_in(&s->methods[i], rows);
	return n;
}

static void
put_tables_h(struct buf *b, const struct service *s)
{
	buf_printf(b, "extern const struct rpc_service %s_service;\n",
	    s->cname);
	if (count_rows(s, ROWS_OUTSIDE) > 0)
		buf_printf(b,
		    "/* Methods that wait for somebody outside. */\n"
		    "extern const struct rpc_service %s_outside;\n",
		    s->cname);
}

char *
make_rpc_h(const struct file *f)
{
	const struct service *s;
	const struct method *m;
	struct buf *b;

	b = buf_new(contracts.mem);
	make_head(b, f, "_RPC_H");
	buf_printf(b, "#include \"%s.pb.h\"\n#include \"rpc/rpc.h\"\n\n",
	    f->stem);
	for (s = f->services; s < f->services + f->nservices; s++) {
		put_tables_h(b, s);
		buf_puts(b, "\n/* Handlers, written by hand. */\n");
		for (m = s->methods; m < s->methods + s->nmethods; m++)
			if (has_handler(m))
				put_handler(b, "", s, m, ";\n");
		buf_puts(b,
		    "\n/* Calls inside the process, by rpc_call(). */\n");
		for (m = s->methods; m < s->methods + s->nmethods; m++)
			if (has_handler(m) && !m->server_stream)
				put_handler(b, "rpc_", s, m, ";\n");
	}
	buf_puts(b, "\n#endif\n");
	return b->data;
}

static void
put_wrapper(struct buf *b, const struct service *s, const struct method *m)
{
	buf_printf(b,
	    "static enum code\ncall_%s_%s(struct req *r, const void *in, "
	    "void *out)\n{\n\treturn %s_%s(r, in, out);\n}\n\n",
	    s->cname, m->cname, s->cname, m->cname);
}

static const char *
tx_name(const struct method *m)
{
	if (m->tx == TX_NONE)
		return "DB_TX_NONE";
	if (m->tx == TX_READ)
		return "DB_TX_READ";
	if (m->tx == 0 && m->idempotency == NO_SIDE_EFFECTS)
		return "DB_TX_READ";
	return "DB_TX_WRITE";
}

static void
put_row(struct buf *b, const struct service *s, const struct method *m,
    bool handlers)
{
	static const char *const needs[NEED__MAX] = { NULL, "ADMIN", "EDITOR",
		"MEMBER", "USER", "SESSION", "PUBLIC" };

	buf_printf(b, "\t{\n\t    .path = \"/%s/%s\",\n", s->full, m->name);
	buf_printf(b, "\t    .in = &pb_%s_desc,\n\t    .out = &pb_%s_desc,\n",
	    m->in->cname, m->out->cname);
	buf_printf(b, "\t    .need = RPC_NEED_%s,\n\t    .tx = %s,\n",
	    needs[m->need], tx_name(m));
	buf_printf(b, "\t    .get = %s,\n\t    .stream = %s,\n",
	    m->idempotency == NO_SIDE_EFFECTS ? "true" : "false",
	    m->server_stream ? "true" : "false");
	buf_printf(b,
	    "\t    .never_compress = %s,\n\t    .while_suspended = %s,\n",
	    m->never_compress ? "true" : "false",
	    m->while_suspended ? "true" : "false");
	buf_printf(b, "\t    .max_bytes = %llu,\n",
	    (unsigned long long)(m->max_bytes != 0 ? m->max_bytes
						   : s->max_bytes));
	if (handlers && has_handler(m))
		buf_printf(b, "\t    .call = call_%s_%s,\n", s->cname,
		    m->cname);
	buf_puts(b, "\t},\n");
}

static void
put_service(struct buf *b, const struct service *s, enum rows rows)
{
	const struct table *t = &tables[rows];
	const struct method *m;

	buf_printf(b, "static const struct rpc_method %s_%s[] = {\n", s->cname,
	    t->methods);
	for (m = s->methods; m < s->methods + s->nmethods; m++)
		if (is_in(m, rows))
			put_row(b, s, m, rows != ROWS_ALL);
	buf_printf(b,
	    "};\n%sconst struct rpc_service %s_%s = {\n"
	    "\t.name = \"%s\",\n\t.methods = %s_%s,\n"
	    "\t.nmethods = %zu,\n};\n\n",
	    t->linkage, s->cname, t->service, s->full, s->cname, t->methods,
	    count_rows(s, rows));
}

/* i counts the rows of the method's table. */
static void
put_caller(struct buf *b, const struct service *s, const struct method *m,
    size_t i)
{
	put_handler(b, "rpc_", s, m, "\n{\n");
	buf_printf(b, "\treturn rpc_call(r, &%s_%s[%zu], in, out);\n}\n\n",
	    s->cname, tables[m->outside ? ROWS_OUTSIDE : ROWS_HERE].methods, i);
}

/* A table, and the callers of its methods. */
static void
put_part(struct buf *b, const struct service *s, enum rows rows)
{
	const struct method *m;
	size_t i = 0;

	put_service(b, s, rows);
	for (m = s->methods; m < s->methods + s->nmethods; m++) {
		if (!is_in(m, rows))
			continue;
		if (has_handler(m) && !m->server_stream)
			put_caller(b, s, m, i);
		i++;
	}
}

char *
make_rpc_c(const struct file *f)
{
	const struct service *s;
	struct buf *b;
	size_t i;

	b = buf_new(contracts.mem);
	buf_printf(b,
	    "/* Made from %s; do not edit. */\n#include \"%s.rpc.h\"\n\n",
	    f->name, f->stem);
	for (s = f->services; s < f->services + f->nservices; s++) {
		for (i = 0; i < s->nmethods; i++)
			if (has_handler(&s->methods[i]))
				put_wrapper(b, s, &s->methods[i]);
		put_part(b, s, ROWS_HERE);
		if (count_rows(s, ROWS_OUTSIDE) > 0)
			put_part(b, s, ROWS_OUTSIDE);
	}
	return b->data;
}

/* --- every known service, without handlers --------------------------------- */

bool
make_is_asked(const struct request *rq, const struct file *f)
{
	size_t i;

	for (i = 0; i < rq->nasked; i++)
		if (strcmp(rq->asked[i], f->name) == 0)
			return true;
	return false;
}

char *
make_services_c(const struct request *rq)
{
	const struct service *s;
	const struct file *f;
	struct buf *b, *list;

	b = buf_new(contracts.mem);
	list = buf_new(contracts.mem);
	buf_puts(b,
	    "/* Made from the contracts; do not edit. */\n"
	    "#include \"mirai/services.h\"\n\n");
	for (f = contracts.files; f != NULL; f = f->next)
		if (make_is_asked(rq, f) && f->nservices > 0)
			buf_printf(b, "#include \"%s.pb.h\"\n", f->stem);
	buf_puts(b, "\n");
	for (f = contracts.files; f != NULL; f = f->next) {
		if (!make_is_asked(rq, f))
			continue;
		for (s = f->services; s < f->services + f->nservices; s++) {
			put_service(b, s, ROWS_ALL);
			buf_printf(list, "\t&%s_known,\n", s->cname);
		}
	}
	buf_printf(b,
	    "const struct rpc_service *const pb_all_services[] = {\n%s"
	    "\tNULL\n};\n",
	    buf_str(list));
	return b->data;
}

const char make_services_h[] =
    "/* Made from the contracts; do not edit. */\n"
    "#ifndef GEN_MIRAI_SERVICES_H\n#define GEN_MIRAI_SERVICES_H\n\n"
    "#include \"rpc/rpc.h\"\n\n"
    "/*\n * Every service of every contract, NULL-terminated; rows have no\n"
    " * handler. For telling \"not built\" from \"never heard of\".\n */\n"
    "extern const struct rpc_service *const pb_all_services[];\n\n#endif\n";

/*
 * Connects fields and methods with the types they name, and refuses a method
 * that does not say who may call it.
 */
#include "proto/contract.h"

#include <err.h>
#include <string.h>

struct contracts contracts;

static const struct message *
find_message(const char *full)
{
	const struct message *m;

	for (m = contracts.messages; m != NULL; m = m->next)
		if (strcmp(m->full, full) == 0)
			return m;
	errx(1, "no message %s", full);
}

static const struct enumeration *
find_enum(const char *full)
{
	const struct enumeration *e;

	for (e = contracts.enums; e != NULL; e = e->next)
		if (strcmp(e->full, full) == 0)
			return e;
	errx(1, "no enum %s", full);
}

static void
resolve_fields(struct message *m)
{
	struct field *f;
	size_t i;

	if (m->nfields > 256) /* PB_MAX_FIELDS */
		errx(1, "%s: more than 256 fields", m->full);
	for (i = 0; i < m->nfields; i++) {
		f = &m->fields[i];
		if (f->type == TYPE_MESSAGE)
			f->msg = find_message(f->type_name);
		else if (f->type == TYPE_ENUM)
			f->en = find_enum(f->type_name);
	}
}

/* The text of the first broken rule, NULL when the method is sound. */
static const char *
check_method(const struct service *s, const struct method *m)
{
	const char *rule;

	rule = NULL;
	if (m->need == 0 || m->need >= NEED__MAX)
		rule = "says not who may call it: option (mirai.need)";
	else if (m->tx > TX_NONE)
		rule = "has an unknown transaction kind";
	else if (m->idempotency == NO_SIDE_EFFECTS &&
	    (m->client_stream || m->server_stream))
		rule = "is a stream and cannot be NO_SIDE_EFFECTS";
	if (rule == NULL)
		return NULL;
	return arena_printf(contracts.mem, "%s/%s %s", s->full, m->name, rule);
}

static const char *
resolve_service(struct service *s)
{
	const char *error;
	struct method *m;
	size_t i;

	for (i = 0; i < s->nmethods; i++) {
		m = &s->methods[i];
		m->in = find_message(m->in_name);
		m->out = find_message(m->out_name);
		if ((error = check_method(s, m)) != NULL)
			return error;
	}
	return NULL;
}

const char *
contract_resolve(void)
{
	struct message *m;
	struct file *f;
	const char *error;
	size_t i;

	for (m = contracts.messages; m != NULL; m = m->next)
		resolve_fields(m);
	for (f = contracts.files; f != NULL; f = f->next)
		for (i = 0; i < f->nservices; i++)
			if ((error = resolve_service(&f->services[i])) != NULL)
				return error;
	return NULL;
}

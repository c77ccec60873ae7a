/*
 * Forms of the pages. A failure is matched by its stable reason, else by the
 * field that the call names; its text is ours in either case.
 */
#include "entry.h"

#include <ctype.h>
#include <string.h>

#include "google/rpc/error_details.pb.h"
#include "rpc/query.h"
#include "service/field.h"

/* The field that a failed call names, and what it says about it. */
static const struct pb_bad_request_field_violation *
violation(const struct req *r)
{
	const struct pb_bad_request *bad;
	const struct req_detail *d;

	for (d = r->details; d != NULL; d = d->next) {
		if (d->desc != &pb_bad_request_desc)
			continue;
		bad = d->msg;
		if (bad->nfield_violations > 0)
			return &bad->field_violations[0];
	}
	return NULL;
}

/* "must not be empty" as a sentence. */
static const char *
sentence(struct arena *a, const char *text)
{
	char *s;

	s = arena_printf(a, "%s.", text);
	s[0] = (char)toupper((unsigned char)s[0]);
	return s;
}

static int
status_of(enum code code)
{
	if (code == CODE_PERMISSION_DENIED)
		return 403;
	if (code == CODE_ALREADY_EXISTS || code == CODE_FAILED_PRECONDITION ||
	    code == CODE_ABORTED)
		return 409;
	if (code == CODE_RESOURCE_EXHAUSTED)
		return 429;
	return code == CODE_UNAVAILABLE || code == CODE_DEADLINE_EXCEEDED ? 503
									  : 400;
}

/* What can go wrong with any form, and may go well a minute later. */
static const char *
passing(enum code code)
{
	if (code == CODE_UNAVAILABLE || code == CODE_DEADLINE_EXCEEDED)
		return "A part of Mirai does not answer. Try again in a"
		       " minute.";
	if (code == CODE_RESOURCE_EXHAUSTED)
		return "That was tried too often. Try again in some minutes.";
	if (code == CODE_ABORTED)
		return "Somebody else changed this at the same moment. Try"
		       " again.";
	return NULL;
}

/* The field of a rule, or an element of the list that it names. */
static bool
is_of(const char *cause, const char *field)
{
	size_t n = strlen(cause);

	return strncmp(cause, field, n) == 0 &&
	    (field[n] == '\0' || field[n] == '[');
}

bool
entry_fault(struct page *p, const struct entry_rule *rules, struct entry *out)
{
	const struct pb_bad_request_field_violation *v;
	const struct entry_rule *rule;

	v = violation(p->r);
	for (rule = rules; rule->cause != NULL; rule++) {
		if (!str_eq(rule->cause, p->r->reason) &&
		    (v == NULL || !is_of(rule->cause, v->field)))
			continue;
		out->field = rule->field;
		out->text = rule->text != NULL ? rule->text
		    : v != NULL ? sentence(p->r->mem, v->description)
				: "That did not work.";
		out->status = status_of(p->r->code);
		return true;
	}
	if (passing(p->r->code) == NULL)
		return false;
	out->field = "";
	out->text = passing(p->r->code);
	out->status = status_of(p->r->code);
	return true;
}

const char *
entry_posted(struct page *p, const char *name)
{
	const char *s;

	s = req_form(p->r, name);
	return s == NULL ? "" : field_lines(p->r->mem, s);
}

void
entry_put_summary(struct page *p, const struct entry *e)
{
	if (e->field == NULL)
		return;
	if (e->field[0] == '\0')
		page_banner(p, PAGE_ERROR, e->text);
	else
		tmpl_entry_summary(&p->h,
		    &(struct tmpl_entry_summary){ .id = e->field,
			.text = e->text });
}

/* What is wrong with a field; "" for nothing. */
static const char *
error_of(const struct entry *e, const char *name)
{
	return e->field != NULL && str_eq(e->field, name) ? e->text : "";
}

static const char *
or_empty(const char *s)
{
	return s == NULL ? "" : s;
}

void
entry_put_line(struct page *p, const struct entry *e,
    const struct entry_line *line)
{
	const char *error;

	error = error_of(e, line->name);
	tmpl_entry_line(&p->h,
	    &(struct tmpl_entry_line){ .name = line->name,
		.label = line->label,
		.mark = line->required ? "label-required" : "label-optional",
		.value = or_empty(line->value),
		.type = line->type == NULL ? "text" : line->type,
		.note = or_empty(line->note),
		.max = line->max,
		.invalid = error[0] == '\0' ? "false" : "true",
		.error = error,
		.required = line->required,
		.autofocus = error[0] != '\0' });
}

void
entry_put_text(struct page *p, const struct entry *e,
    const struct entry_line *line)
{
	const char *error;

	error = error_of(e, line->name);
	tmpl_entry_text(&p->h,
	    &(struct tmpl_entry_text){ .name = line->name,
		.label = line->label,
		.mark = line->required ? "label-required" : "",
		.value = or_empty(line->value),
		.note = or_empty(line->note),
		.max = line->max,
		.invalid = error[0] == '\0' ? "false" : "true",
		.error = error,
		.autofocus = error[0] != '\0' });
}

static struct tmpl_entry_choice
choice_of(const struct entry *e, const struct entry_line *line)
{
	const char *error;

	error = error_of(e, line->name);
	return (struct tmpl_entry_choice){ .name = line->name,
		.label = line->label,
		.note = or_empty(line->note),
		.invalid = error[0] == '\0' ? "false" : "true",
		.error = error };
}

void
entry_put_choice_open(struct page *p, const struct entry *e,
    const struct entry_line *line)
{
	const struct tmpl_entry_choice c = choice_of(e, line);

	tmpl_entry_choice_open(&p->h, &c);
}

void
entry_put_option(struct page *p, const char *value, const char *label,
    bool selected)
{
	tmpl_entry_option(&p->h,
	    &(struct tmpl_entry_option){ .value = value,
		.label = label,
		.selected = selected });
}

void
entry_put_options(struct page *p, const struct entry_option *rows,
    int32_t chosen)
{
	for (; rows->value != NULL; rows++)
		entry_put_option(p, rows->value, rows->label,
		    rows->wire == chosen);
}

bool
entry_chosen(struct page *p, const char *name, const struct entry_option *rows,
    int32_t *out)
{
	const char *posted = entry_posted(p, name);

	while (rows->value != NULL && !str_eq(posted, rows->value))
		rows++;
	if (rows->value == NULL)
		return false;
	*out = rows->wire;
	return true;
}

void
entry_put_choice_close(struct page *p, const struct entry *e,
    const struct entry_line *line)
{
	const struct tmpl_entry_choice c = choice_of(e, line);

	tmpl_entry_choice_close(&p->h, &c);
}

const char **
entry_posted_all(struct page *p, const char *name, size_t *n)
{
	const char *text = (const char *)p->r->body;
	struct query_pair pair;
	const char **all;
	size_t cap = 1, len;

	for (*n = 0; text != NULL && query_next(&text, &pair);)
		cap += query_is(&pair, name);
	all = arena_calloc(p->r->mem, cap, sizeof(*all));
	text = (const char *)p->r->body;
	while (text != NULL && query_next(&text, &pair))
		if (query_is(&pair, name)) {
			all[*n] = query_decode(p->r->mem, pair.value,
			    pair.valuelen, true, &len);
			*n += all[*n] != NULL;
		}
	return all;
}

static struct tmpl_entry_radios
radios_of(const struct entry *e, const struct entry_line *line)
{
	return (struct tmpl_entry_radios){ .name = line->name,
		.label = line->label,
		.error = error_of(e, line->name) };
}

void
entry_put_radios_open(struct page *p, const struct entry *e,
    const struct entry_line *line)
{
	const struct tmpl_entry_radios r = radios_of(e, line);

	tmpl_entry_radios_open(&p->h, &r);
}

void
entry_put_radios_close(struct page *p, const struct entry *e,
    const struct entry_line *line)
{
	const struct tmpl_entry_radios r = radios_of(e, line);

	tmpl_entry_radios_close(&p->h, &r);
}

void
entry_put_radio(struct page *p, const struct entry_radio *radio)
{
	tmpl_entry_radio(&p->h,
	    &(struct tmpl_entry_radio){ .type = radio->several ? "checkbox"
							       : "radio",
		.name = radio->name,
		.value = radio->value,
		.checked = radio->checked,
		.label = radio->label,
		.note = or_empty(radio->note) });
}

/*
 * Forms of the pages: fields with their label and, beside them, what is wrong
 * with them. What was typed stays.
 */
#ifndef MIRAI_WEB_ENTRY_H
#define MIRAI_WEB_ENTRY_H

#include "page.h"

/* What a failed call means for a form; the table ends with an empty row. */
struct entry_rule {
	const char *cause; /* reason, or field of the call or a list in it */
	const char *field; /* of the form; "" for the form as a whole */
	const char *text;  /* NULL: as the call says it */
};

/* What is wrong with a form; field NULL: nothing. */
struct entry {
	const char *field;
	const char *text;
	int status; /* for page_send() */
};

/*
 * Takes the failure in r->code as one of the form. False: it is none, and
 * page_fail() has to say what happened.
 */
bool entry_fault(struct page *p, const struct entry_rule *rules,
    struct entry *out);

/* What was posted as that field, its lines ended by LF; "" when it was not. */
const char *entry_posted(struct page *p, const char *name);

/* "Check ..." on top of the form, with a link to the field; maybe nothing. */
void entry_put_summary(struct page *p, const struct entry *e);

/* One field; attributes left out are empty. */
struct entry_line {
	const char *name; /* also its id */
	const char *label;
	const char *value;
	const char *type; /* NULL: "text" */
	const char *note; /* NULL: none */
	bool required;
	int64_t max; /* characters */
};

void entry_put_line(struct page *p, const struct entry *e,
    const struct entry_line *line);
void entry_put_text(struct page *p, const struct entry *e,
    const struct entry_line *line);

/* A choice: the options are put between the two. */
void entry_put_choice_open(struct page *p, const struct entry *e,
    const struct entry_line *line);
void entry_put_option(struct page *p, const char *value, const char *label,
    bool selected);
void entry_put_choice_close(struct page *p, const struct entry *e,
    const struct entry_line *line);

/* A value of the contract as an option; a NULL value ends a table of them. */
struct entry_option {
	int32_t wire;
	const char *value; /* in forms */
	const char *label;
};

void entry_put_options(struct page *p, const struct entry_option *rows,
    int32_t chosen);

/* What was posted as that field; false: none of them. */
bool entry_chosen(struct page *p, const char *name,
    const struct entry_option *rows, int32_t *out);

/* Every value that was posted as that field; NULL-terminated, in r->mem. */
const char **entry_posted_all(struct page *p, const char *name, size_t *n);

/* A choice that is seen at once: its options are put between the two. */
void entry_put_radios_open(struct page *p, const struct entry *e,
    const struct entry_line *line);
void entry_put_radios_close(struct page *p, const struct entry *e,
    const struct entry_line *line);

/* One of them; several may be chosen with several. */
struct entry_radio {
	const char *name;
	const char *value;
	const char *label;
	const char *note; /* NULL: none */
	bool several;
	bool checked;
};
void entry_put_radio(struct page *p, const struct entry_radio *radio);

#endif

/*
 * What a company is asked when it signs up: fields, plans and seats, for the
 * registration and for people who have an account already.
 */
#ifndef MIRAI_WEB_WIZARD_PARTS_H
#define MIRAI_WEB_WIZARD_PARTS_H

#include "page.h"

/* What was posted, as it was typed; "" where nothing was. */
struct wizard_company {
	const char *name;
	const char *industry;
	const char *team_size;
	const char *plan; /* a slug of plans.h */
	const char *seats;
};

/* The field that is wrong, by its name in the form; NULL: none. */
struct wizard_flaw {
	const char *field;
	const char *text; /* of the field, or of the whole */
};

/* A posted value without white space at its ends. */
const char *wizard_parts_value(struct page *p, const char *name);

/*
 * A posted password, as it was typed. It is wiped where it was posted, and here
 * when the request ends.
 */
const char *wizard_parts_secret(struct page *p, const char *name);

/*
 * True when companies are not set up here (accounts.registration): a page that
 * says so was sent.
 */
bool wizard_parts_closed(struct page *p);

void wizard_parts_take(struct page *p, struct wizard_company *out);

/* Seats as a number; 0: none. The service refuses what is out of range. */
int32_t wizard_parts_seats(const struct wizard_company *c);
int wizard_parts_plan(const struct wizard_company *c);

/* "" unless the flaw is of that field. */
const char *wizard_parts_error(const struct wizard_flaw *flaw,
    const char *field);

struct wizard_line {
	const char *name; /* also its id */
	const char *label;
	const char *type;
	const char *value;
	const char *autocomplete;
	int max;
	bool autofocus;
};

/* A line that must be filled in. */
void wizard_parts_line(struct page *p, const struct wizard_line *line,
    const struct wizard_flaw *flaw);

/* Company name, industry, team size. */
void wizard_parts_put_company(struct page *p, const struct wizard_company *c,
    const struct wizard_flaw *flaw);

/*
 * The plans and how many seats; by_contract: Enterprise is one of them. Where
 * nothing is paid it says what a company gets.
 */
void wizard_parts_put_plans(struct page *p, const struct wizard_company *c,
    const struct wizard_flaw *flaw, bool by_contract);

/*
 * What a failed call means, in words of the form: the field it names, as the
 * form calls it, or NULL.
 */
struct wizard_flaw wizard_parts_failed(struct page *p);

/* The banner over a form; nothing without a flaw. */
void wizard_parts_put_flaw(struct page *p, const struct wizard_flaw *flaw);

/* Whether a form came from a page of this site, as far as the browser says. */
bool wizard_parts_own_form(struct page *p);

/* On to the checkout, by redirect, or by a page that script follows. */
void wizard_parts_go(struct page *p, const char *url);

void wizard_parts_frame_open(struct page *p, const char *title);
void wizard_parts_frame_close(struct page *p);

#endif

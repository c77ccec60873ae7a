/* What can be bought, in the words of the pages (spec accounts.md 2). */
#ifndef MIRAI_WEB_PLANS_H
#define MIRAI_WEB_PLANS_H

#include "page.h"

#define PLANS 3

struct plan {
	int32_t wire;	  /* enum pb_plan */
	const char *slug; /* as stored, in ?tier= and in forms */
	const char *name;
	const char *pitch;
	const char *has[8];	/* NULL ends it */
	const char *planned[4]; /* sold with it, but not there yet */
};

extern const struct plan plans[PLANS];

/* The plan of a wire value or a slug; NULL when there is none. */
const struct plan *plans_find(int32_t wire);
const struct plan *plans_by_slug(const char *slug);

/* What comes with it, and what is planned, as items of a list. */
void plans_put_items(struct page *p, const struct plan *plan);

/* A card, for what follows at its foot; marked says why it stands out. */
void plans_card_open(struct page *p, const struct plan *plan,
    const char *marked);
void plans_card_close(struct page *p);

/* The price of a seat and month; 0: by contract. */
int64_t plans_cents(const struct plan *plan);

/* Its seats when none were bought. */
int64_t plans_seats(const struct plan *plan);

/* "$12", in whole dollars. */
const char *plans_dollars(struct arena *a, int64_t cents);

/* Whether this installation takes money. */
bool plans_are_paid(const struct page *p);

#endif

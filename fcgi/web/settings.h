/*
 * The settings of a company and of oneself, as tabs. A tab draws itself; what
 * it posts to comes back to it, with what is wrong if something was.
 */
#ifndef MIRAI_WEB_SETTINGS_H
#define MIRAI_WEB_SETTINGS_H

#include "entry.h"
#include "page.h"

/*
 * The whole page with that tab, for a GET with an e that has no fault, or
 * after a form of it was refused.
 */
void settings_show(struct page *p, const char *tab, const struct entry *e);

/*
 * After a call of one of the tab's forms: on to the tab with a message, back
 * to the form with what is wrong by the rules, or the page for the failure.
 */
void settings_done(struct page *p, enum code code, const char *tab,
    const char *note, const struct entry_rule *rules);

/*
 * What is in the tabs. Not CODE_OK: the request has failed, and whatever was
 * written is dropped.
 */
enum code settings_company_put(struct page *p, const struct entry *e);
enum code settings_team_put(struct page *p, const struct entry *e);
enum code settings_billing_put(struct page *p, const struct entry *e);
enum code settings_ai_put(struct page *p, const struct entry *e);
/* The part of it that shows what was used (settings_usage.c). */
enum code settings_usage_put(struct page *p);

/* The role that was posted; false: none that one can give. */
bool settings_team_role(struct page *p, int32_t *out);

#endif

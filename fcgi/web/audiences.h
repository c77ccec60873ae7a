/* What the pages of target audiences share: a profile and its words. */
#ifndef MIRAI_WEB_AUDIENCES_H
#define MIRAI_WEB_AUDIENCES_H

#include "entry.h"
#include "mirai/v1/target_audience.rpc.h"
#include "page.h"

/* The levels as values of forms; the same order has the tones of badges. */
extern const struct entry_option audiences_levels[];
const char *audiences_level(int32_t wire);
const char *audiences_level_tone(int32_t wire);

/* The profile of that id; false after an answer was sent. */
bool audiences_load(struct page *p, const char *id,
    const struct pb_target_audience_template **out);

/* The page with that profile open beside the list. */
const char *audiences_page_of(struct page *p, const char *id);

/* Says that editors alone do this; false when the caller is none. */
bool audiences_need_editor(struct page *p);

#endif

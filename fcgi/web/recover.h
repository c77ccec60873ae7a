/* What the settings page must know of a recovery under way. */
#ifndef MIRAI_WEB_RECOVER_H
#define MIRAI_WEB_RECOVER_H

#include "shown.h"

/*
 * Whether a settings flow belongs to the page of the new password: it came
 * from a recovery, or this browser has shown it there. True: sent there.
 */
bool recover_takes(struct page *p, const struct shown *s);

#endif

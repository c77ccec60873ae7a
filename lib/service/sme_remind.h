/*
 * Reminders of tasks that are due within a day (spec content.md 12.2).
 */
#ifndef MIRAI_SERVICE_SME_REMIND_H
#define MIRAI_SERVICE_SME_REMIND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/code.h"
#include "db/db.h"

/*
 * Tells each assignee of an open task that it is due within 24 hours, once per
 * task and due date, in small transactions of a worker's handle; *n is how many
 * were told. A failure of the database ends it, what was told stays told. dry:
 * only counts.
 */
enum code sme_remind(struct db *db, struct arena *a, bool dry,
    int64_t *n) MUST_CHECK;

#endif

/*
 * What time brings and ends: reminders of tasks that are due soon, sign-ups that
 * were never paid, invitations nobody took, and rows that are kept for a while
 * only (spec accounts.md 14.5, content.md 12.2).
 */
#ifndef MIRAI_SERVICE_CLEANUP_H
#define MIRAI_SERVICE_CLEANUP_H

#include "service/provision_run.h"

/*
 * Once, now. Each rule is told to say(), with how many rows it was about. A failure of the database ends it; a payment provider that does
 * not answer keeps the registrations it was asked about for the next time, and
 * is what comes back at the end (logged). dry: changes nothing, tells what
 * would be.
 */
enum code cleanup_run(struct provision_env *e, struct arena *a, bool dry,
    void (*say)(void *arg, const char *what, int64_t n), void *arg) MUST_CHECK;

#endif

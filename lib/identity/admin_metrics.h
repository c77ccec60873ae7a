/*
 * What a monitoring system reads of the identity service (spec identity.md
 * D-5).
 */
#ifndef MIRAI_IDENTITY_ADMIN_METRICS_H
#define MIRAI_IDENTITY_ADMIN_METRICS_H

#include "identity/visit.h"

void admin_metrics_show(struct visit *c); /* GET /admin/metrics/prometheus */

extern const struct db_query admin_metrics_queries[];

#endif

/*
 * A configuration of Ory Kratos (YAML) as ours: each of its keys is offered
 * under the name it has in mirai.conf(5), where it counts unless that file or
 * the environment says otherwise (spec identity.md S-3). Keys nobody knows
 * give a warning; keys with a meaning for security that this service lacks
 * stop the start.
 */
#ifndef MIRAI_IDENTITY_KRATOS_CONF_H
#define MIRAI_IDENTITY_KRATOS_CONF_H

#include "base/conf.h"

/* To be called first in main(): identity.config is read from then on. */
void kratos_conf_know(void);

#endif

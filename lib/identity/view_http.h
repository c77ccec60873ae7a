/*
 * view.h by the public routes of a Kratos.
 */
#ifndef MIRAI_IDENTITY_VIEW_HTTP_H
#define MIRAI_IDENTITY_VIEW_HTTP_H

#include "identity/view.h"

extern const struct view_way view_http;

#endif

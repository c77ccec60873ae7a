/* The connection of the sign-in pages to the identity database. */
#ifndef MIRAI_WEB_LOGIN_H
#define MIRAI_WEB_LOGIN_H

#include "base/conf.h"

/* Connects on first use. Each process opens its own, once. */
void login_open(const struct conf *conf);

/* Gives the connection back if unused for idle_ms. */
void login_idle(int64_t idle_ms);

#endif

/* Messages for those who come to the dashboard from elsewhere. */
#ifndef MIRAI_WEB_ARRIVE_H
#define MIRAI_WEB_ARRIVE_H

#include "page.h"

/* Writes the message that the address asks for, if it asks for one. */
void arrive_put(struct page *p);

#endif

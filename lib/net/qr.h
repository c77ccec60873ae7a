/*
 * QR codes as pictures. The only user of libqrencode and of libpng.
 */
#ifndef MIRAI_NET_QR_H
#define MIRAI_NET_QR_H

#include "base/arena.h"

#define QR_SIZE 256 /* pixels in each direction */

/*
 * A PNG of QR_SIZE pixels that says text, as a data URL, in a; quiet zone
 * included. NULL: the text is too long for one.
 */
char *qr_data_url(struct arena *a, const char *text);

#endif

/*
 * How many guesses a password withstands from those who know how people make
 * them: words, names, keyboards, dates, repetitions. The only user of
 * libzxcvbn.
 */
#ifndef MIRAI_NET_STRENGTH_H
#define MIRAI_NET_STRENGTH_H

/* Bits: the logarithm to base 2 of the guesses. password is UTF-8. */
double strength_bits(const char *password);

#endif

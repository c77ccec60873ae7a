/*
 * A frame around one call. The library looks at the first hundred bytes.
 */
#include "net/strength.h"

#include <zxcvbn.h>

double
strength_bits(const char *password)
{
	return ZxcvbnMatch(password, NULL, NULL);
}

/*
 * Password hashes of other systems: any text in. It is refused with a rule, or
 * its parts are bounded; the costly ones are not computed.
 */
#include "net/passhash.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/xmalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xmalloc(size + 1);

	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (str_starts(text, "$pbkdf2") || str_starts(text, "$scrypt") ||
	    str_starts(text, "$5$") || str_starts(text, "$6$") ||
	    strstr(text, "-crypt$") != NULL)
		(void)passhash_why(text);
	else if (passhash_why(text) != NULL)
		assert(!passhash_verify("secret", text));
	else
		(void)passhash_verify("secret", text);
	free(text);
	return 0;
}

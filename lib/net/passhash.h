/*
 * Password hashes of other systems, in the forms Ory Kratos 1.3 imports them
 * (spec identity.md P-6). They are only verified, never made.
 *
 *   $pbkdf2-sha256$i=N,l=N$SALT$KEY    sha1 sha224 sha256 sha384 sha512
 *   $scrypt$ln=N,r=N,p=N$SALT$KEY      ln below 64 is the logarithm of the cost
 *   $1$ $5$ $6$, or $md5-crypt$ $sha256-crypt$ $sha512-crypt$ in their place
 *   {SSHA}BASE64 {SSHA256} {SSHA512}   hash and salt
 *   $sha1$pf=FORM$SALT$KEY             sha256 sha512 md5; FORM is base64 of
 *                                      "{SALT}{PASSWORD}" or the like
 *   $md5$KEY
 *   $hmac-sha256$KEY$SECRET            md5 sha1 sha224 sha384 sha512; KEY is
 *                                      base64 of the hash, raw or in hex
 */
#ifndef MIRAI_NET_PASSHASH_H
#define MIRAI_NET_PASSHASH_H

#include <stdbool.h>

/*
 * NULL: a hash passhash_verify() reads, of a cost it is willing to pay. Else
 * the rule it breaks ("pbkdf2 iterations above 10000000").
 */
const char *passhash_why(const char *hash);

/* False also for what passhash_why() refuses. Constant-time comparison. */
bool passhash_verify(const char *password, const char *hash);

#endif

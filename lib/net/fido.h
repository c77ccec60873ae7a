/*
 * WebAuthn as its server sees it (W3C Web Authentication, Level 2): whether a
 * browser's answer to a challenge makes a new credential (7.1), or proves that
 * one is at hand (7.2). The only user of libfido2.
 */
#ifndef MIRAI_NET_FIDO_H
#define MIRAI_NET_FIDO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "net/json.h"

#define FIDO_ID_MAX	   1023 /* bytes of a credential id */
#define FIDO_AAGUID_LEN	   16
#define FIDO_ANSWER_MAX	   ((size_t)64 * 1024)
#define FIDO_CHALLENGE_LEN 32

/* COSE numbers of the algorithms we know, in the order we ask for them. */
#define FIDO_ES256 (-7)
#define FIDO_EDDSA (-8)
#define FIDO_RS256 (-257)

/* What an answer is held against. */
struct fido_rules {
	const char *rp_id;	    /* "app.example" */
	const char *const *origins; /* NULL-terminated; compared exactly */
	const char *challenge;	    /* base64url, as it was sent */
	bool verified;		    /* the person must have been verified */
};

struct fido_bytes {
	const uint8_t *p;
	size_t len;
};

/* A credential as it is kept. */
struct fido_key {
	struct fido_bytes id;
	struct fido_bytes cose; /* public key, a COSE_Key (RFC 9052) */
	uint8_t aaguid[FIDO_AAGUID_LEN];
	uint32_t count;	  /* signatures so far; 0: it does not count */
	bool verified;	  /* the person was, when it was made */
	bool kind_known;  /* whether may_back_up is: older imports lack it */
	bool may_back_up; /* backup eligible: may exist on several devices */
	bool backed_up;
};

/* What a proof said. */
struct fido_proof {
	uint32_t count;
	bool verified;
	bool may_back_up;
	bool backed_up;
};

/* The credential an answer names, and whose; borrowed from answer's arena. */
struct fido_claim {
	struct fido_bytes id;
	struct fido_bytes user; /* empty: it does not say */
};

/*
 * The PublicKeyCredential of a browser as JSON, its buffers in base64url; NULL
 * if text is no such thing.
 */
const struct json *fido_read(struct arena *a, const char *text);

/*
 * A new credential. False: *why says what is wrong, without quoting; out is
 * undefined then. Attestation: "none", or a "packed" one by the key itself.
 */
bool fido_register(struct arena *a, const struct json *answer,
    const struct fido_rules *rules, struct fido_key *out,
    const char **why) MUST_CHECK;

/* Whom an assertion claims to be of; false: it names no credential. */
bool fido_claims(struct arena *a, const struct json *answer,
    struct fido_claim *out) MUST_CHECK;

/*
 * Whether an assertion is by key, of which id, cose, count and may_back_up are
 * looked at. False: *why, as above.
 */
bool fido_prove(struct arena *a, const struct json *answer,
    const struct fido_rules *rules, const struct fido_key *key,
    struct fido_proof *out, const char **why) MUST_CHECK;

/* Whether cose is a public key of an algorithm and size we can hold. */
bool fido_key_ok(struct arena *a, struct fido_bytes cose);

#endif

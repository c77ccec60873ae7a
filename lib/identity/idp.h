/*
 * What the identity service is set to: read once from the configuration,
 * checked, and shared by all workers of a pool.
 */
#ifndef MIRAI_IDENTITY_IDP_H
#define MIRAI_IDENTITY_IDP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/conf.h"
#include "identity/breach.h"
#include "identity/gate.h"
#include "identity/oidc.h"
#include "identity/oidc_config.h"
#include "identity/rp.h"
#include "identity/schema.h"
#include "net/crypt.h"
#include "rpc/resp.h"

struct hooks;

#define IDP_SESSION_COOKIE "ory_kratos_session"
#define IDP_TOKEN_COOKIE   "ory_session_token"
#define IDP_PARKED_COOKIE  "ory_kratos_continuity"

#define IDP_FLOWS      5 /* = FLOW__MAX */
#define IDP_PAGE_ERROR IDP_FLOWS
#define IDP_PAGES      (IDP_FLOWS + 1)

/* Which ways to prove or set who one is are offered at all. */
struct idp_methods {
	bool password;
	bool code;	 /* mailed codes: recovery, verification, and ... */
	bool code_login; /* ... signing in and up without a password */
	bool code_mfa;	 /* ... as a second factor */
	bool link;	 /* mailed links: recovery, verification */
	bool totp;	 /* linking authenticator apps; those linked work */
	bool lookup;	 /* making back-up codes; those made work */
};

struct idp {
	const char *base_url; /* of this service, as clients see it */
	const char *pages;    /* "https://app.example/auth": where forms are */
	const char
	    *page[IDP_PAGES]; /* of each flow, and of errors; NULL: there */
	const char *default_return;
	const char *const *after[IDP_FLOWS]; /* "URL", "password=URL" */
	const char *const *return_to;	     /* what a flow may return to */
	const char *issuer;	    /* what authenticator apps call us */
	const char *const *secrets; /* the first one writes, all verify */
	const char *csrf_cookie;    /* its name */
	const char *cookie_domain;  /* NULL: host-only */
	bool cookie_secure;
	bool cookie_persistent;
	enum resp_same_site same_site;
	bool token_cookie;	   /* ory_session_token is read too */
	bool highest_aal;	   /* who has a second factor must prove it */
	bool settings_highest_aal; /* the same of settings */
	bool limits;		   /* section 18 */
	bool registration;
	bool registration_session; /* signing up signs in */
	bool registration_verify;  /* signing up leads to verification */
	bool profile_first;	   /* signing up in two steps */
	bool identifier_first;	   /* signing in in two steps */
	bool mitigate;		   /* nobody learns which addresses are known */
	bool recovery;
	bool recovery_link; /* by link, not code */
	bool verification;
	bool verification_link;
	bool continue_with;  /* scripts get continue_with, not 422 */
	bool notify_unknown; /* tell addresses nobody has, once a day */
	struct idp_methods methods;
	int64_t session_us;
	int64_t idle_us;   /* a session ends when unused so long; 0: never */
	int64_t extend_us; /* renewed in use with so little left; 0: never */
	int64_t flow_us[IDP_FLOWS]; /* life of a flow, by enum flow_kind */
	int64_t code_us;	    /* of a one-time code */
	int64_t privileged_us;	    /* how fresh a proof settings ask for */
	int64_t grace_us;	    /* between asking for deletion and it */
	bool verify_new_address;    /* a new address counts once proven */
	bool new_device_alerts;	    /* a sign-in from one is told by mail */
	struct crypt_cost cost;
	const char *dummy_hash; /* what unknown identifiers are held against */
	struct rp rp;		/* of security keys and passkeys */
	const struct schema *const *schemas;
	size_t nschemas;
	const struct schema *schema; /* the one of people who sign up */
	struct gate *gate;
	struct breach *breach;
	const struct oidc_config *oidc_config;
	struct oidc *oidc;
	struct hooks *hooks; /* identity/hook.h */
	struct arena *mem;
};

/*
 * NULL after one logged line that names the setting. The caller owns it.
 * workers processes will share it.
 */
struct idp *idp_open(const struct conf *conf, size_t workers);
void idp_close(struct idp *p);

/* NULL: there is none of that id. */
const struct schema *idp_schema(const struct idp *p, const char *id);

/*
 * Where a browser goes after a flow of that number (enum flow_kind) that was
 * completed by method (NULL: none) and names no address itself.
 */
const char *idp_after(const struct idp *p, size_t flow, const char *method);

/* The hash cost alone, for commands. */
struct crypt_cost idp_cost(const struct conf *conf);

#endif

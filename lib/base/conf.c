/*
 * The configuration table and its reader. Every key the product knows is one
 * row here; mirai.conf(5) and the sample are checked against it. Values are
 * checked while reading, so nobody else parses them again.
 */
#include "base/conf.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#ifndef MIRAI_CONF
#define MIRAI_CONF "/etc/mirai/mirai.conf"
#endif
#ifndef MIRAI_STATEDIR
#define MIRAI_STATEDIR "/var/lib/mirai"
#endif
#ifndef MIRAI_DATADIR
#define MIRAI_DATADIR "/usr/local/share/mirai"
#endif

#define MAX_LINE ((size_t)16 * 1024)

/* Sorted by key: the reader searches by bisection. */
const struct conf_key conf_keys[] = {
	{ "account.socket", NULL, NULL,
	    "Socket of the pool of mirai-account, for pages", CONF_PATH, false,
	    0, 0 },
	{ "accounts.limits", NULL, "yes",
	    "Limits on how often may be signed up, invited and paid", CONF_BOOL,
	    false, 0, 0 },
	{ "accounts.registration", NULL, "yes",
	    "Visitors may set up companies; who is invited may always join",
	    CONF_BOOL, false, 0, 0 },
	{ "ai.allow_private", NULL, NULL,
	    "Addresses and networks, besides public ones, where AI servers of"
	    " tenants may be",
	    CONF_LIST, false, 0, 0 },
	{ "ai.burst", NULL, "5", "Calls of one AI key that may be made at once",
	    CONF_INT, false, 1, 60 },
	{ "ai.gemini.key", "GEMINI_API_KEY", NULL, "Key for gemini", CONF_TEXT,
	    true, 0, 0 },
	{ "ai.gemini.model", "GEMINI_MODEL", "gemini-2.5-flash",
	    "Model of gemini", CONF_TEXT, false, 0, 0 },
	{ "ai.gemini.url", "GEMINI_BASE_URL",
	    "https://generativelanguage.googleapis.com", "Where gemini is",
	    CONF_URL, false, 0, 0 },
	{ "ai.openai.key", "OPENAI_API_KEY", NULL,
	    "Key for openai; a server of one's own may need none", CONF_TEXT,
	    true, 0, 0 },
	{ "ai.openai.model", "OPENAI_MODEL", "gpt-4o-mini", "Model of openai",
	    CONF_TEXT, false, 0, 0 },
	{ "ai.openai.url", "OPENAI_BASE_URL", "https://api.openai.com/v1",
	    "Where openai is, up to the part before /chat/completions: any"
	    " server that speaks its form, as Ollama, vLLM and llama.cpp do",
	    CONF_URL, false, 0, 0 },
	{ "ai.output", NULL, "8192", "Tokens of one AI answer at most",
	    CONF_INT, false, 256, 1000000 },
	{ "ai.provider", "AI_PROVIDER", NULL,
	    "Who writes where a tenant has not chosen: gemini, openai or"
	    " extractive; unset: whichever of the first two has a key, else"
	    " extractive",
	    CONF_TEXT, false, 0, 0 },
	{ "ai.rate", NULL, "15",
	    "Calls of one AI key per minute; 0 for no limit", CONF_INT, false,
	    0, 6000 },
	{ "ai.timeout", NULL, "120s",
	    "Time for one AI call, from connecting to its last byte",
	    CONF_SECONDS, false, 1, 3600 },
	{ "alert.address", "ADMIN_EMAIL", NULL,
	    "Who is told by mail of what needs a person", CONF_TEXT, false, 0,
	    0 },
	{ "allowed_origin", "ALLOWED_ORIGIN", NULL,
	    "Origins that may call the API from a browser", CONF_LIST, false, 0,
	    0 },
	{ "billing.seats", NULL, "999",
	    "Seats of a company that signs up where nothing is paid", CONF_INT,
	    false, 1, 1000000 },
	{ "cache.path", NULL, MIRAI_STATEDIR "/cache/cache.db",
	    "File of the per-host cache; empty for none", CONF_PATH, false, 0,
	    0 },
	{ "cache.size", NULL, "256M", "Upper bound of the cache", CONF_SIZE,
	    false, 1048576, INT64_C(1) << 40 },
	{ "cookie.domain", "COOKIE_DOMAIN", NULL,
	    "Domain attribute of session cookies; unset for host-only",
	    CONF_TEXT, false, 0, 0 },
	{ "cookie.same_site", NULL, "lax",
	    "SameSite attribute of session cookies: lax, strict, none",
	    CONF_TEXT, false, 0, 0 },
	{ "cookie.secure", "COOKIE_SECURE", "yes",
	    "Secure attribute of cookies", CONF_BOOL, false, 0, 0 },
	{ "courier.delivery_strategy", "COURIER_DELIVERY_STRATEGY", NULL,
	    "How mails go: smtp, http or maildir; unset for smtp with a server",
	    CONF_TEXT, false, 0, 0 },
	{ "courier.http.authorization", "COURIER_HTTP_AUTHORIZATION", NULL,
	    "Authorization header of deliveries by HTTP", CONF_TEXT, true, 0,
	    0 },
	{ "courier.http.url", "COURIER_HTTP_URL", NULL,
	    "Where mails are posted as JSON", CONF_URL, false, 0, 0 },
	{ "courier.keep", NULL, "7d",
	    "How long mails that were sent or given up are shown", CONF_SECONDS,
	    false, 86400, 31536000 },
	{ "courier.maildir", "COURIER_MAILDIR", NULL,
	    "Maildir of mails without a server; unset for mail in state.dir",
	    CONF_PATH, false, 0, 0 },
	{ "courier.smtp.connection_uri", "COURIER_SMTP_CONNECTION_URI", NULL,
	    "SMTP server that mails are sent to", CONF_TEXT, true, 0, 0 },
	{ "courier.smtp.from_address", "COURIER_SMTP_FROM_ADDRESS", NULL,
	    "Sender of mails; unset: smtp.from, or no-reply at url.app's host",
	    CONF_TEXT, false, 0, 0 },
	{ "courier.smtp.from_name", "COURIER_SMTP_FROM_NAME", "Mirai",
	    "Name of the sender of mails", CONF_TEXT, false, 0, 0 },
	{ "courier.smtp.headers", "COURIER_SMTP_HEADERS", NULL,
	    "Further headers of mails, separated by semicolons", CONF_TEXT,
	    false, 0, 0 },
	{ "courier.templates", "COURIER_TEMPLATE_OVERRIDE_PATH", NULL,
	    "Directory of templates that replace the built-in ones", CONF_PATH,
	    false, 0, 0 },
	{ "courier.timeout", NULL, "30s", "Longest delivery of one mail",
	    CONF_SECONDS, false, 1, 120 },
	{ "data.dir", NULL, MIRAI_DATADIR, "Installed data files: migrations",
	    CONF_PATH, false, 0, 0 },
	{ "database.admin_url", "DATABASE_ADMIN_URL", "dbname=postgres",
	    "Superuser's connection for mirai-migrate -s", CONF_TEXT, true, 0,
	    0 },
	{ "database.idle", NULL, "1m",
	    "Unused connections are given back after this time", CONF_SECONDS,
	    false, 1, 86400 },
	{ "database.owner_url", "DATABASE_OWNER_URL", NULL,
	    "Application database as its owner, for mirai-migrate", CONF_TEXT,
	    true, 0, 0 },
	{ "database.url", "DATABASE_URL", NULL,
	    "Application database of the serving programs", CONF_TEXT, true, 0,
	    0 },
	{ "database.worker_url", "DATABASE_WORKER_URL", NULL,
	    "Application database of the programs run by cron", CONF_TEXT, true,
	    0, 0 },
	{ "encryption.keys", "ENCRYPTION_KEY", NULL,
	    "Keys that seal secrets of companies; the first one writes",
	    CONF_KEYS, true, 0, 0 },
	{ "identity.admin.client_certificates", NULL, "no",
	    "Client certificates that the web server verified are administrators",
	    CONF_BOOL, false, 0, 0 },
	{ "identity.admin.open", NULL, "no",
	    "Clients of a Unix socket are administrators", CONF_BOOL, false, 0,
	    0 },
	{ "identity.admin.secrets", "IDENTITY_ADMIN_SECRETS", NULL,
	    "Bearer secrets of administrators", CONF_LIST, true, 0, 0 },
	{ "identity.admin.session_issue", NULL, "no",
	    "Administrators may issue sessions of others", CONF_BOOL, false, 0,
	    0 },
	{ "identity.admin.session_lifespan", NULL, "24h",
	    "Life of a session that an administrator issued", CONF_SECONDS,
	    false, 60, 31536000 },
	{ "identity.after.login", NULL, NULL,
	    "Where to after signing in: URL, or method=URL", CONF_LIST, false,
	    0, 0 },
	{ "identity.after.recovery", NULL, NULL,
	    "Where to after recovering an account", CONF_LIST, false, 0, 0 },
	{ "identity.after.registration", NULL, NULL,
	    "Where to after signing up: URL, or method=URL", CONF_LIST, false,
	    0, 0 },
	{ "identity.after.settings", NULL, NULL,
	    "Where to after a change of settings: URL, or method=URL",
	    CONF_LIST, false, 0, 0 },
	{ "identity.after.verification", NULL, NULL,
	    "Where to after proving an address", CONF_LIST, false, 0, 0 },
	{ "identity.allowed_origin", NULL, NULL,
	    "Origins whose pages may call the identity service; unset: "
	    "allowed_origin",
	    CONF_LIST, false, 0, 0 },
	{ "identity.argon2.lanes", NULL, "1",
	    "argon2id lanes of new password hashes", CONF_INT, false, 1, 16 },
	{ "identity.argon2.memory", NULL, "19M",
	    "argon2id memory of new password hashes", CONF_SIZE, false, 65536,
	    INT64_C(1) << 30 },
	{ "identity.argon2.passes", NULL, "2",
	    "argon2id passes of new password hashes", CONF_INT, false, 1, 10 },
	{ "identity.bcrypt.cost", "BCRYPT_COST", "10",
	    "Cost of password hashes that are handed to a Kratos", CONF_INT,
	    false, 10, 14 },
	{ "identity.breach.file", NULL, NULL,
	    "SHA-1 hashes of breached passwords with counts, sorted by hash",
	    CONF_PATH, false, 0, 0 },
	{ "identity.breach.ignore_errors", NULL, "yes",
	    "A password is fine when the range service does not answer",
	    CONF_BOOL, false, 0, 0 },
	{ "identity.breach.max", NULL, "0",
	    "How often a password may have been seen in breaches", CONF_INT,
	    false, 0, 1000000000 },
	{ "identity.breach.url", NULL, NULL,
	    "Range service asked about new passwords", CONF_URL, false, 0, 0 },
	{ "identity.config", "KRATOS_CONFIG", NULL,
	    "Kratos configuration whose keys count where none is set here",
	    CONF_PATH, false, 0, 0 },
	{ "identity.continue_with_transitions", NULL, "no",
	    "Scripts that recovered an account are told by continue_with",
	    CONF_BOOL, false, 0, 0 },
	{ "identity.database.url", "IDENTITY_DATABASE_URL", NULL,
	    "Identity database of the identity service", CONF_TEXT, true, 0,
	    0 },
	{ "identity.default_return", NULL, NULL,
	    "Where browsers go from a flow; unset: the dashboard below url.app",
	    CONF_URL, false, 0, 0 },
	{ "identity.default_schema", NULL, "user",
	    "Schema of people who sign up", CONF_TEXT, false, 0, 0 },
	{ "identity.deletion.grace", NULL, "14d",
	    "Time to change one's mind after asking for the deletion of one's account",
	    CONF_SECONDS, false, 0, 31536000 },
	{ "identity.enumeration.mitigate", NULL, "no",
	    "Signing up does not tell which addresses have an account",
	    CONF_BOOL, false, 0, 0 },
	{ "identity.hash_queue", NULL, "0",
	    "Requests of a pool that hash a password or wait to; 0 for all",
	    CONF_INT, false, 0, 64 },
	{ "identity.hash_slots", NULL, "2",
	    "Password hashes computed at the same time", CONF_INT, false, 1,
	    64 },
	{ "identity.hooks.allow_private", NULL, NULL,
	    "Addresses and networks of web hooks that are not public",
	    CONF_LIST, false, 0, 0 },
	{ "identity.hooks.dir", NULL, "/etc/mirai/hooks",
	    "Where the files of web hooks are", CONF_PATH, false, 0, 0 },
	{ "identity.hooks.login", NULL, NULL, "Hooks of signing in", CONF_LIST,
	    false, 0, 0 },
	{ "identity.hooks.recovery", NULL, NULL, "Hooks of recovery", CONF_LIST,
	    false, 0, 0 },
	{ "identity.hooks.registration", NULL, NULL, "Hooks of signing up",
	    CONF_LIST, false, 0, 0 },
	{ "identity.hooks.settings", NULL, NULL, "Hooks of account settings",
	    CONF_LIST, false, 0, 0 },
	{ "identity.hooks.verification", NULL, NULL, "Hooks of verification",
	    CONF_LIST, false, 0, 0 },
	{ "identity.hooks.waiting", NULL, "4",
	    "Requests that may wait for web hooks at the same time", CONF_INT,
	    false, 1, 64 },
	{ "identity.kratos.admin_token", "KRATOS_ADMIN_TOKEN", NULL,
	    "Bearer secret for the administrator's address of a Kratos",
	    CONF_TEXT, true, 0, 0 },
	{ "identity.kratos.admin_url", "KRATOS_ADMIN_URL", NULL,
	    "Administrator's address of a Kratos, with identity.mode kratos",
	    CONF_URL, false, 0, 0 },
	{ "identity.kratos.public_url", "KRATOS_URL", NULL,
	    "Public address of a Kratos as the programs reach it, with identity.mode kratos",
	    CONF_URL, false, 0, 0 },
	{ "identity.kratos.timeout", NULL, "10s",
	    "Longest wait for an answer of a Kratos", CONF_SECONDS, false, 1,
	    60 },
	{ "identity.kratos.whoami_timeout", NULL, "5s",
	    "Longest wait for a Kratos to say whose session it is",
	    CONF_SECONDS, false, 1, 60 },
	{ "identity.lifespan.code", NULL, "1h",
	    "Life of a code or link sent by mail", CONF_SECONDS, false, 60,
	    86400 },
	{ "identity.lifespan.login", NULL, "10m", "Life of a sign-in form",
	    CONF_SECONDS, false, 60, 86400 },
	{ "identity.lifespan.recovery", NULL, "1h",
	    "Life of a form to recover an account", CONF_SECONDS, false, 60,
	    86400 },
	{ "identity.lifespan.registration", NULL, "10m",
	    "Life of a sign-up form", CONF_SECONDS, false, 60, 86400 },
	{ "identity.lifespan.settings", NULL, "1h",
	    "Life of an account settings form", CONF_SECONDS, false, 60,
	    86400 },
	{ "identity.lifespan.verification", NULL, "1h",
	    "Life of a form to verify an address", CONF_SECONDS, false, 60,
	    86400 },
	{ "identity.limits", NULL, "yes",
	    "Limits on how often may be tried, per identifier and address",
	    CONF_BOOL, false, 0, 0 },
	{ "identity.login.style", NULL, "unified",
	    "Sign-in forms: unified, identifier_first", CONF_TEXT, false, 0,
	    0 },
	{ "identity.methods.code", NULL, "yes",
	    "Codes by mail: to recover, to verify", CONF_BOOL, false, 0, 0 },
	{ "identity.methods.code.mfa", NULL, "no",
	    "Codes by mail as a second factor", CONF_BOOL, false, 0, 0 },
	{ "identity.methods.code.passwordless", NULL, "no",
	    "Codes by mail to sign in and up", CONF_BOOL, false, 0, 0 },
	{ "identity.methods.link", NULL, "no",
	    "Links by mail: to recover, to verify", CONF_BOOL, false, 0, 0 },
	{ "identity.methods.lookup_secret", NULL, "yes",
	    "Making back-up codes; those made work in any case", CONF_BOOL,
	    false, 0, 0 },
	{ "identity.methods.password", NULL, "yes", "Passwords", CONF_BOOL,
	    false, 0, 0 },
	{ "identity.methods.totp", NULL, "yes",
	    "Linking authenticator apps; those linked work in any case",
	    CONF_BOOL, false, 0, 0 },
	{ "identity.mode", "IDENTITY_MODE", "embedded",
	    "Where logins are kept: embedded, or kratos for a service elsewhere",
	    CONF_TEXT, false, 0, 0 },
	{ "identity.new_device_alerts", NULL, "yes",
	    "A sign-in from a device never seen before is told by mail",
	    CONF_BOOL, false, 0, 0 },
	{ "identity.notify_unknown_recipients", NULL, "no",
	    "Addresses that nobody has are told so, once a day", CONF_BOOL,
	    false, 0, 0 },
	{ "identity.oidc.allow_private", NULL, NULL,
	    "Addresses and networks of providers that are not public",
	    CONF_LIST, false, 0, 0 },
	{ "identity.oidc.dir", NULL, "/etc/mirai/oidc",
	    "Where the providers' files are", CONF_PATH, false, 0, 0 },
	{ "identity.oidc.providers", NULL, NULL,
	    "Providers people may sign in with: names of files, without .conf",
	    CONF_LIST, false, 0, 0 },
	{ "identity.oidc.timeout", NULL, "5s",
	    "Longest wait for one answer of a provider", CONF_SECONDS, false, 1,
	    20 },
	{ "identity.oidc.waiting", NULL, "4",
	    "Requests that may wait for providers at the same time", CONF_INT,
	    false, 1, 64 },
	{ "identity.owner_url", "IDENTITY_OWNER_URL", NULL,
	    "Identity database as its owner, for mirai-migrate", CONF_TEXT,
	    true, 0, 0 },
	{ "identity.page.error", NULL, NULL,
	    "Page that shows errors; unset: below url.app", CONF_URL, false, 0,
	    0 },
	{ "identity.page.login", NULL, NULL,
	    "Page of the sign-in form; unset: below url.app", CONF_URL, false,
	    0, 0 },
	{ "identity.page.recovery", NULL, NULL,
	    "Page to recover an account; unset: below url.app", CONF_URL, false,
	    0, 0 },
	{ "identity.page.registration", NULL, NULL,
	    "Page of the sign-up form; unset: below url.app", CONF_URL, false,
	    0, 0 },
	{ "identity.page.settings", NULL, NULL,
	    "Page of account settings; unset: below url.app", CONF_URL, false,
	    0, 0 },
	{ "identity.page.verification", NULL, NULL,
	    "Page to prove an address; unset: below url.app", CONF_URL, false,
	    0, 0 },
	{ "identity.passkey", NULL, "no", "Signing in and up by passkey",
	    CONF_BOOL, false, 0, 0 },
	{ "identity.passkey.aal2", NULL, "no",
	    "A passkey that verified its owner is a second factor as well",
	    CONF_BOOL, false, 0, 0 },
	{ "identity.reader_url", "IDENTITY_READER_URL", NULL,
	    "Identity database of the programs that only ask who is who",
	    CONF_TEXT, true, 0, 0 },
	{ "identity.recovery", NULL, "yes", "Recovery of accounts by mail",
	    CONF_BOOL, false, 0, 0 },
	{ "identity.recovery.method", NULL, "code",
	    "What is mailed to recover an account: code, link", CONF_TEXT,
	    false, 0, 0 },
	{ "identity.registration", NULL, "yes", "Self-service registration",
	    CONF_BOOL, false, 0, 0 },
	{ "identity.registration.show_verification", NULL, "no",
	    "Signing up leads to the form that verifies the address", CONF_BOOL,
	    false, 0, 0 },
	{ "identity.registration.style", NULL, "unified",
	    "Sign-up forms: unified, profile_first", CONF_TEXT, false, 0, 0 },
	{ "identity.registration_session", NULL, "yes", "Signing up signs in",
	    CONF_BOOL, false, 0, 0 },
	{ "identity.return_to", NULL, NULL, "Further URLs a flow may return to",
	    CONF_LIST, false, 0, 0 },
	{ "identity.schemas", NULL, NULL,
	    "Identity schemas: id=path of a JSON Schema; user is built in",
	    CONF_LIST, false, 0, 0 },
	{ "identity.secrets", "SECRETS_DEFAULT", NULL,
	    "Secrets that sign and encrypt; the first one writes", CONF_LIST,
	    true, 0, 0 },
	{ "identity.settings.privileged", NULL, "15m",
	    "How fresh a sign-in must be to change what one signs in with",
	    CONF_SECONDS, false, 10, 86400 },
	{ "identity.settings.required_aal", NULL, "highest_available",
	    "Level a session must have to see its settings: aal1 or highest_available",
	    CONF_TEXT, false, 0, 0 },
	{ "identity.settings.verify_new_address", NULL, "no",
	    "A changed address takes effect only once its code was entered",
	    CONF_BOOL, false, 0, 0 },
	{ "identity.totp.issuer", NULL, "Mirai",
	    "Name of this service in authenticator apps", CONF_TEXT, false, 0,
	    0 },
	{ "identity.verification", NULL, "yes",
	    "Verification of addresses by mail", CONF_BOOL, false, 0, 0 },
	{ "identity.verification.method", NULL, "code",
	    "What is mailed to verify an address: code, link", CONF_TEXT, false,
	    0, 0 },
	{ "identity.webauthn", NULL, "yes", "Security keys as a second factor",
	    CONF_BOOL, false, 0, 0 },
	{ "identity.webauthn.origins", NULL, NULL,
	    "Origins of the pages that use security keys and passkeys; unset for that of url.app",
	    CONF_LIST, false, 0, 0 },
	{ "identity.webauthn.rp_id", NULL, NULL,
	    "Name that security keys and passkeys are bound to; unset for the host of url.app",
	    CONF_TEXT, false, 0, 0 },
	{ "identity.webauthn.rp_name", NULL, "Mirai",
	    "What browsers call this site when they ask for a key", CONF_TEXT,
	    false, 0, 0 },
	{ "log.level", "LOG_LEVEL", "info",
	    "Least level logged: debug, info, warn, error", CONF_TEXT, false, 0,
	    0 },
	{ "proxies", "TRUSTED_PROXIES", NULL,
	    "Addresses whose X-Forwarded-For is believed", CONF_LIST, false, 0,
	    0 },
	{ "rpc.json_emit_defaults", NULL, "no",
	    "Write JSON members that are at their default", CONF_BOOL, false, 0,
	    0 },
	{ "rpc.json_strict", NULL, "no", "Refuse unknown JSON members",
	    CONF_BOOL, false, 0, 0 },
	{ "rpc.message_limit", NULL, "4M",
	    "Largest request message unless the method says otherwise",
	    CONF_SIZE, false, 1024, INT64_C(1) << 30 },
	{ "rpc.prefix", NULL, NULL,
	    "Path in front of /package.Service/Method, without a final slash",
	    CONF_TEXT, false, 0, 0 },
	{ "rpc.require_protocol_version", NULL, "no",
	    "Refuse Connect calls without Connect-Protocol-Version", CONF_BOOL,
	    false, 0, 0 },
	{ "rpc.stream_max_age", NULL, "1h",
	    "Life of a stream, which then ends so that its client reconnects",
	    CONF_SECONDS, false, 1, 86400 },
	{ "rpc.workers", "RPC_WORKERS", "0",
	    "Processes of a pool; 0 is twice the processors, at least 8",
	    CONF_INT, false, 0, 1024 },
	{ "s3.access_key", "S3_ACCESS_KEY", NULL,
	    "Access key of S3; with s3.secret_key objects are kept there",
	    CONF_TEXT, true, 0, 0 },
	{ "s3.bucket", "S3_BUCKET", "mirai", "Bucket of S3", CONF_TEXT, false,
	    0, 0 },
	{ "s3.endpoint", "S3_ENDPOINT", NULL,
	    "Server that speaks S3; unset for that of AWS", CONF_URL, false, 0,
	    0 },
	{ "s3.region", "S3_REGION", "us-east-1", "Region of S3", CONF_TEXT,
	    false, 0, 0 },
	{ "s3.secret_key", "S3_SECRET_KEY", NULL, "Secret key of S3", CONF_TEXT,
	    true, 0, 0 },
	{ "sales.address", "SALES_EMAIL", NULL,
	    "Who gets inquiries of visitors; unset for alert.address",
	    CONF_TEXT, false, 0, 0 },
	{ "scan.clamd", NULL, NULL,
	    "Virus scanner that sees every upload: socket path or HOST:PORT",
	    CONF_TEXT, false, 0, 0 },
	{ "session.earliest_possible_extend", NULL, "0",
	    "A session in use with less time left is renewed; 0 for never",
	    CONF_SECONDS, false, 0, 31536000 },
	{ "session.idle_timeout", NULL, "0",
	    "A session that is not used for this time ends; 0 for never",
	    CONF_SECONDS, false, 0, 31536000 },
	{ "session.lifespan", NULL, "24h", "Life of a session", CONF_SECONDS,
	    false, 60, 31536000 },
	{ "session.persistent", NULL, "yes",
	    "Session cookies outlive the browser", CONF_BOOL, false, 0, 0 },
	{ "session.required_aal", NULL, "highest_available",
	    "Level a session must have: aal1 or highest_available", CONF_TEXT,
	    false, 0, 0 },
	{ "session.token_cookie", NULL, "no",
	    "The identity service reads ory_session_token too", CONF_BOOL,
	    false, 0, 0 },
	{ "smtp.allow_plaintext", "SMTP_ALLOW_PLAINTEXT", "no",
	    "Mails may go to smtp.host without encryption", CONF_BOOL, false, 0,
	    0 },
	{ "smtp.from", "SMTP_FROM", NULL,
	    "Sender of the application's mails; unset: courier.smtp.from_address",
	    CONF_TEXT, false, 0, 0 },
	{ "smtp.host", "SMTP_HOST", NULL,
	    "Mail server of the application; unset: mails go as courier.* says",
	    CONF_TEXT, false, 0, 0 },
	{ "smtp.password", "SMTP_PASSWORD", NULL, "Password at smtp.host",
	    CONF_TEXT, true, 0, 0 },
	{ "smtp.port", "SMTP_PORT", "1025", "Port of smtp.host; 465 is TLS",
	    CONF_INT, false, 1, 65535 },
	{ "smtp.username", "SMTP_USERNAME", NULL, "User at smtp.host",
	    CONF_TEXT, false, 0, 0 },
	{ "state.dir", "MIRAI_STATE", MIRAI_STATEDIR,
	    "Where programs keep files", CONF_PATH, false, 0, 0 },
	{ "store.base", "S3_BASE_PATH", "data",
	    "Base path below the storage directory, or in the bucket",
	    CONF_TEXT, false, 0, 0 },
	{ "store.dir", "LOCAL_STORAGE_DIR", MIRAI_STATEDIR "/store",
	    "Storage directory, without S3", CONF_PATH, false, 0, 0 },
	{ "store.secret", "STORE_SECRET", NULL,
	    "Signs storage URLs; at least 16 characters", CONF_TEXT, true, 0,
	    0 },
	{ "stream.keepalive", NULL, "15",
	    "Time between the keep-alive messages of a stream", CONF_SECONDS,
	    false, 5, 50 },
	{ "stream.limit", NULL, "5000",
	    "Streams that one process of mirai-stream holds open", CONF_INT,
	    false, 1, 100000 },
	{ "stripe.api", "STRIPE_API_BASE", "https://api.stripe.com",
	    "Address of the payment provider", CONF_URL, false, 0, 0 },
	{ "stripe.pro_price", "STRIPE_PRO_PRICE_ID", NULL,
	    "Price of a seat of plan Pro at the payment provider", CONF_TEXT,
	    false, 0, 0 },
	{ "stripe.secret_key", "STRIPE_SECRET_KEY", NULL,
	    "Key of the payment provider; unset: nothing is paid", CONF_TEXT,
	    true, 0, 0 },
	{ "stripe.starter_price", "STRIPE_STARTER_PRICE_ID", NULL,
	    "Price of a seat of plan Starter at the payment provider",
	    CONF_TEXT, false, 0, 0 },
	{ "stripe.webhook_secret", "STRIPE_WEBHOOK_SECRET", NULL,
	    "Signs what the payment provider reports", CONF_TEXT, true, 0, 0 },
	{ "url.api", "BACKEND_URL", "http://localhost:8080",
	    "Address of the API host", CONF_URL, false, 0, 0 },
	{ "url.app", "FRONTEND_URL", "http://localhost:8080",
	    "Address of the application host", CONF_URL, false, 0, 0 },
	{ "url.auth", "AUTH_URL", "http://localhost:8080",
	    "Address of the identity host", CONF_URL, false, 0, 0 },
	{ "url.domains", NULL, NULL,
	    "Parent domains that answer as get., app., api. and auth. besides",
	    CONF_LIST, false, 0, 0 },
	{ "url.marketing", "MARKETING_URL", NULL,
	    "Address of the marketing host; unset for that of the application",
	    CONF_URL, false, 0, 0 },
	{ "worker.slots", "WORKER_SLOTS", "10",
	    "Jobs that mirai-generate works on at once, and mirai-ingest too",
	    CONF_INT, false, 1, 200 },
	{ "worker.stale", "STALE_JOB_TIMEOUT_MINUTES", "30",
	    "Minutes that one attempt at a job may take; what nobody works on"
	    " any more is noticed within two",
	    CONF_INT, false, 1, 1440 },
	{ "worker.tenant_max", NULL, "5",
	    "Jobs of one company among them while nobody else waits", CONF_INT,
	    false, 1, 200 },
	{ "worker.tenant_share", NULL, "2",
	    "Jobs of one company among them while others wait", CONF_INT, false,
	    1, 200 },
};
const size_t conf_nkeys = NITEMS(conf_keys);

struct value {
	char *text; /* as given, trimmed; NULL = unset */
	int64_t number;
	char **list; /* NULL-terminated; NULL = not a list or unset */
	bool given;  /* by the file or the environment */
};

struct conf {
	struct value values[NITEMS(conf_keys)];
};

static const char *const no_items[] = { NULL };

static ssize_t
key_index(const char *key)
{
	size_t lo = 0, hi = conf_nkeys, mid;
	int c;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		c = strcmp(key, conf_keys[mid].key);
		if (c == 0)
			return (ssize_t)mid;
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return -1;
}

static const struct value *
value_of(const struct conf *c, const char *key)
{
	ssize_t i = key_index(key);

	assert(i != -1);
	return &c->values[i];
}

/* Number with one of the suffixes in units ("KMG" or "smhd"). */
static bool
read_scaled(const char *s, const char *units, const int64_t *scales,
    int64_t *out)
{
	char digits[32];
	const char *u;
	size_t len = strlen(s);
	int64_t n, scale = 1;

	if (len == 0 || len >= sizeof(digits))
		return false;
	memcpy(digits, s, len + 1);
	if ((u = strchr(units, digits[len - 1])) != NULL) {
		scale = scales[u - units];
		digits[len - 1] = '\0';
	}
	if (!str_to_i64(digits, 0, INT64_MAX / scale, &n))
		return false;
	*out = n * scale;
	return true;
}

static bool
read_bool(const char *s, int64_t *out)
{
	static const char *const yes[] = { "yes", "true", "on", "1" };
	static const char *const no[] = { "no", "false", "off", "0" };
	size_t i;

	for (i = 0; i < NITEMS(yes); i++) {
		if (str_ieq(s, yes[i])) {
			*out = 1;
			return true;
		}
		if (str_ieq(s, no[i])) {
			*out = 0;
			return true;
		}
	}
	return false;
}

/* http(s)://host[:port][/path], nothing else. */
static bool
url_ok(const char *s)
{
	const char *p;

	if (str_starts(s, "https://"))
		p = s + 8;
	else if (str_starts(s, "http://"))
		p = s + 7;
	else
		return false;
	if (*p == '\0' || *p == '/' || *p == ':')
		return false;
	return strpbrk(p, "?#@\\ \"'<>") == NULL;
}

static char **
split_list(const char *s)
{
	char **out = NULL;
	size_t n = 0, len;

	for (;;) {
		s += strspn(s, ", \t");
		if (*s == '\0')
			break;
		len = strcspn(s, ", \t");
		out = xreallocarray(out, n + 2, sizeof(*out));
		out[n++] = xstrndup(s, len);
		s += len;
	}
	if (out == NULL)
		out = xcalloc(1, sizeof(*out));
	out[n] = NULL;
	return out;
}

static bool
keys_ok(char *const *list)
{
	for (; *list != NULL; list++) {
		if (strlen(*list) != 64 ||
		    strspn(*list, "0123456789abcdefABCDEF") != 64)
			return false;
	}
	return true;
}

static void
value_clear(struct value *v)
{
	size_t i;

	if (v->text != NULL)
		explicit_bzero(v->text, strlen(v->text));
	free(v->text);
	for (i = 0; v->list != NULL && v->list[i] != NULL; i++) {
		explicit_bzero(v->list[i], strlen(v->list[i]));
		free(v->list[i]);
	}
	free(v->list);
	memset(v, 0, sizeof(*v));
}

/* NULL, or the rule that text breaks. */
static const char *
value_read(const struct conf_key *k, const char *text, struct value *v)
{
	static const int64_t sizes[] = { 1024, 1048576, 1073741824 };
	static const int64_t spans[] = { 1, 60, 3600, 86400 };
	size_t len = strlen(text);

	switch (k->type) {
	case CONF_INT:
		if (!str_to_i64(text, INT64_MIN, INT64_MAX, &v->number))
			return "must be a whole number";
		break;
	case CONF_SIZE:
		if (!read_scaled(text, "KMG", sizes, &v->number))
			return "must be a size such as 64M";
		break;
	case CONF_SECONDS:
		if (!read_scaled(text, "smhd", spans, &v->number))
			return "must be a time such as 30s, 5m or 24h";
		break;
	case CONF_BOOL:
		if (!read_bool(text, &v->number))
			return "must be yes or no";
		break;
	case CONF_URL:
		if (!url_ok(text))
			return "must be an http or https URL without query";
		while (len > 0 && text[len - 1] == '/')
			len--;
		break;
	case CONF_LIST:
		v->list = split_list(text);
		break;
	case CONF_KEYS:
		v->list = split_list(text);
		if (!keys_ok(v->list))
			return "must be keys of 64 hex digits";
		break;
	case CONF_PATH:
	case CONF_TEXT:
		break;
	}
	if ((k->min != 0 || k->max != 0) &&
	    (v->number < k->min || v->number > k->max))
		return "is out of range";
	v->text = xstrndup(text, len);
	return NULL;
}

/* NULL, or the rule that is broken; then the value is as it was. */
static const char *
set_value(struct conf *c, size_t i, const char *text)
{
	struct value v = { .text = NULL };
	const char *rule;

	if ((rule = value_read(&conf_keys[i], text, &v)) != NULL) {
		value_clear(&v);
		return rule;
	}
	value_clear(&c->values[i]);
	c->values[i] = v;
	return NULL;
}

int
conf_set(struct conf *c, const char *key, const char *value)
{
	ssize_t i = key_index(key);

	if (i == -1 || set_value(c, (size_t)i, value) != NULL)
		return -1;
	return 0;
}

static int
read_line(struct conf *c, const char *path, unsigned lineno, char *line)
{
	const char *rule;
	char *key, *value;
	size_t len;
	ssize_t i;

	key = line + strspn(line, " \t");
	len = strlen(key);
	while (len > 0 && strchr(" \t\r\n", key[len - 1]) != NULL)
		key[--len] = '\0';
	if (*key == '\0' || *key == '#')
		return 0;
	value = key + strcspn(key, " \t");
	if (*value != '\0') {
		*value++ = '\0';
		value += strspn(value, " \t");
	}
	if ((i = key_index(key)) == -1) {
		fprintf(stderr, "%s:%u: %s: unknown key\n", path, lineno, key);
		return -1;
	}
	if ((rule = set_value(c, (size_t)i, value)) != NULL) {
		fprintf(stderr, "%s:%u: %s: %s\n", path, lineno, key, rule);
		return -1;
	}
	c->values[i].given = true;
	return 0;
}

static int
read_file(struct conf *c, const char *path, bool must_exist)
{
	char *line = NULL;
	size_t cap = 0;
	unsigned lineno = 0;
	ssize_t len;
	FILE *f;
	int ret = 0;

	if ((f = fopen(path, "re")) == NULL) {
		if (!must_exist && errno == ENOENT)
			return 0;
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	while (ret == 0 && (len = getline(&line, &cap, f)) != -1) {
		lineno++;
		if ((size_t)len > MAX_LINE || strlen(line) != (size_t)len) {
			fprintf(stderr, "%s:%u: line too long or binary\n",
			    path, lineno);
			ret = -1;
		} else {
			ret = read_line(c, path, lineno, line);
		}
	}
	if (line != NULL)
		explicit_bzero(line, cap);
	free(line);
	fclose(f);
	return ret;
}

static int
read_environment(struct conf *c)
{
	const char *text, *rule;
	size_t i;

	for (i = 0; i < conf_nkeys; i++) {
		if (conf_keys[i].env == NULL ||
		    (text = getenv(conf_keys[i].env)) == NULL)
			continue;
		if (conf_keys[i].type == CONF_URL && *text == '\0')
			continue; /* how containers say that there is none */
		if ((rule = set_value(c, i, text)) != NULL) {
			fprintf(stderr, "environment: %s (%s): %s\n",
			    conf_keys[i].env, conf_keys[i].key, rule);
			return -1;
		}
		c->values[i].given = true;
	}
	return 0;
}

const char *
conf_offer(struct conf *c, const char *key, const char *value)
{
	ssize_t i = key_index(key);

	assert(i != -1);
	return c->values[i].given ? NULL : set_value(c, (size_t)i, value);
}

static struct {
	const char *key;
	int (*read)(struct conf *c, const char *path);
} foreign;

void
conf_know(const char *key, int (*read)(struct conf *c, const char *path))
{
	foreign.key = key;
	foreign.read = read;
}

static int
read_foreign(struct conf *c)
{
	const char *path =
	    foreign.key == NULL ? NULL : conf_text(c, foreign.key);

	return path == NULL ? 0 : foreign.read(c, path);
}

struct conf *
conf_load(const char *path)
{
	const char *from = path;
	const char *rule;
	struct conf *c;
	size_t i;

	c = xcalloc(1, sizeof(*c));
	for (i = 0; i < conf_nkeys; i++) {
		if (conf_keys[i].def == NULL)
			continue;
		rule = set_value(c, i, conf_keys[i].def);
		assert(rule == NULL);
	}
	if (from == NULL)
		from = getenv("MIRAI_CONF");
	if (read_file(c, from == NULL ? MIRAI_CONF : from, from != NULL) ==
		-1 ||
	    read_environment(c) == -1 || read_foreign(c) == -1) {
		conf_free(c);
		return NULL;
	}
	return c;
}

void
conf_free(struct conf *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < conf_nkeys; i++)
		value_clear(&c->values[i]);
	free(c);
}

const char *
conf_text(const struct conf *c, const char *key)
{
	const char *text = value_of(c, key)->text;

	return text == NULL || *text == '\0' ? NULL : text;
}

int64_t
conf_int(const struct conf *c, const char *key)
{
	return value_of(c, key)->number;
}

bool
conf_bool(const struct conf *c, const char *key)
{
	return value_of(c, key)->number != 0;
}

const char *const *
conf_list(const struct conf *c, const char *key)
{
	const struct value *v = value_of(c, key);

	return v->list == NULL ? no_items : (const char *const *)v->list;
}

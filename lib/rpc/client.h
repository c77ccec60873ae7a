/*
 * Calls a running Mirai over HTTP, as mirai(1) does: signs in through the
 * identity service and speaks Connect in binary form.
 */
#ifndef MIRAI_RPC_CLIENT_H
#define MIRAI_RPC_CLIENT_H

#include "net/http.h"
#include "rpc/pb.h"

struct client;

/* base: "http://localhost:8080". NULL only if libcurl will not start. */
struct client *client_open(const char *base);
void client_close(struct client *c);

/* Uses a session token that the caller has already. */
void client_token(struct client *c, const char *token);

/*
 * Signs in with a password through the API login flow. 0, or -1 and *error,
 * a sentence in a.
 */
int client_login(struct client *c, struct arena *a, const char *email,
    const char *password, const char **error) MUST_CHECK;

/*
 * One unary call. CODE_OK and *out (a zeroed struct of d_out's size) filled
 * in a; otherwise the code and *error: the server's message, or what went
 * wrong on the way.
 */
enum code client_call(struct client *c, struct arena *a, const char *path,
    const struct pb_desc *d_in, const void *in, const struct pb_desc *d_out,
    void *out, const char **error) MUST_CHECK;

/*
 * Fetches url, which may be relative to the base, into the open file fd,
 * without the session. progress may be NULL.
 */
int client_fetch(struct client *c, struct arena *a, const char *url, int fd,
    void (*progress)(void *, int64_t, int64_t), void *arg,
    const char **error) MUST_CHECK;

/*
 * Puts len bytes of the open file fd, from its start, at url, which may be
 * relative to the base, without the session.
 */
int client_put(struct client *c, struct arena *a, const char *url,
    const char *type, int fd, int64_t len, const char **error) MUST_CHECK;

#endif

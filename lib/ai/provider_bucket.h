/*
 * A token bucket per key that the processes of a host share: so many calls at
 * once, then one per interval. No locks: a key's state is one atomic word.
 */
#ifndef MIRAI_AI_PROVIDER_BUCKET_H
#define MIRAI_AI_PROVIDER_BUCKET_H

#include <stdint.h>

struct provider_bucket;

/*
 * path: a file, made when it is missing; NULL, or a file that cannot be had:
 * memory of this process. The caller owns it.
 */
struct provider_bucket *provider_bucket_open(const char *path);
void provider_bucket_close(struct provider_bucket *b);

/*
 * Takes a token of key, of per_minute tokens a minute and burst at most at
 * once, and returns 0; or takes none and returns after how many milliseconds
 * the next one is there. now_ms: clock_mono_ms().
 */
int64_t provider_bucket_take(struct provider_bucket *b, const char *key,
    unsigned per_minute, unsigned burst, int64_t now_ms);

#endif

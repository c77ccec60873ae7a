/*
 * HealthService: whether this process answers. Kept as the smallest whole
 * handler; the one to copy.
 */
#include "mirai/v1/health.rpc.h"

enum code
health_check(struct req *r, const struct pb_check_request *in,
    struct pb_check_response *out)
{
	(void)r;
	(void)in;

	out->status = "ok";
	return CODE_OK;
}

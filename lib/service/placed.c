/*
 * The services of mirai-account: those that wait for somebody outside or look
 * across tenants.
 */
#include "service/placed.h"

#include "mirai/v1/auth.rpc.h"
#include "mirai/v1/billing.rpc.h"
#include "mirai/v1/invitation.rpc.h"
#include "mirai/v1/sme.rpc.h"
#include "mirai/v1/tenant_settings.rpc.h"

const struct rpc_service *const placed_account[] = {
	&auth_service,
	&billing_service,
	&invitation_service,
	&sme_outside, /* EnhanceSubmissionContent */
	&tenant_settings_service,
	NULL,
};

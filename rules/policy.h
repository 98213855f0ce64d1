/* policy: what turns a service off, and what Entra's sign-in log calls it. */
#ifndef BASICTAP_RULES_POLICY_H
#define BASICTAP_RULES_POLICY_H

#include "dissectors/base/words.h"

/* "AllowBasicAuthImap" (Exchange Online), "BlockLegacyAuthImap" (Exchange Server), "unknown" (a
 * service that has a switch, at a server that we do not know), else "". */
const char *policy_switch(enum service service, enum target target);

/* Entra's clientAppUsed; "" for what is no Exchange service. */
const char *policy_client_app(enum service service);

#endif

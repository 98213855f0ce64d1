#include "rules/policy.h"

/*
 * New-AuthenticationPolicy, Exchange PowerShell reference: AllowBasicAuth* in Exchange Online,
 * BlockLegacyAuth* in Exchange 2019 CU2 and later, which has none for SMTP, PowerShell, Reporting
 * and the Outlook service. Client apps: Entra documentation, block legacy authentication.
 */
static const struct {
    const char *online;
    const char *onprem;
    const char *client_app;
} policies[NUM_SERVICES] = {
    [SERVICE_UNKNOWN] = {"", "", ""},
    [SERVICE_EAS] = {"AllowBasicAuthActiveSync", "BlockLegacyAuthActiveSync",
                     "Exchange ActiveSync"},
    [SERVICE_EWS] = {"AllowBasicAuthWebServices", "BlockLegacyAuthWebServices",
                     "Exchange Web Services"},
    [SERVICE_MAPI] = {"AllowBasicAuthMapi", "BlockLegacyAuthMapi", "MAPI Over HTTP"},
    [SERVICE_RPC] = {"AllowBasicAuthRpc", "BlockLegacyAuthRpc", "Outlook Anywhere (RPC over HTTP)"},
    [SERVICE_OAB] = {"AllowBasicAuthOfflineAddressBook", "BlockLegacyAuthOfflineAddressBook",
                     "Offline Address Book"},
    [SERVICE_AUTODISCOVER] = {"AllowBasicAuthAutodiscover", "BlockLegacyAuthAutodiscover",
                              "Autodiscover"},
    [SERVICE_POWERSHELL] = {"AllowBasicAuthPowershell", "", "Exchange Online PowerShell"},
    [SERVICE_REPORTING] = {"AllowBasicAuthReportingWebServices", "", "Reporting Web Services"},
    [SERVICE_OUTLOOK_SERVICE] = {"AllowBasicAuthOutlookService", "", "Universal Outlook"},
    [SERVICE_OWA] = {"", "", "Other clients"},
    [SERVICE_ECP] = {"", "", "Other clients"},
    [SERVICE_MRSPROXY] = {"", "", "Other clients"},
    [SERVICE_SHAREPOINT] = {"", "", "Other clients"},
    [SERVICE_IMAP] = {"AllowBasicAuthImap", "BlockLegacyAuthImap", "IMAP4"},
    [SERVICE_POP] = {"AllowBasicAuthPop", "BlockLegacyAuthPop", "POP3"},
    [SERVICE_SMTP] = {"AllowBasicAuthSmtp", "", "Authenticated SMTP"},
    [SERVICE_HTTP] = {"", "", ""},
    [SERVICE_PROXY] = {"", "", ""},
};

const char *policy_switch(enum service service, enum target target)
{
    if ((unsigned)service >= NUM_SERVICES) {
        return "";
    }
    if (target == TARGET_ONLINE) {
        return policies[service].online;
    }
    if (target == TARGET_ONPREM) {
        return policies[service].onprem;
    }
    return target == TARGET_UNKNOWN && policies[service].online[0] != '\0' ? "unknown" : "";
}

const char *policy_client_app(enum service service)
{
    return (unsigned)service < NUM_SERVICES ? policies[service].client_app : "";
}

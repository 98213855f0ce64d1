/* outlook_service: the synchronisation of Windows Mail and Outlook mobile, and Outlook REST. */
#include "dissectors/exchange/exchange.h"

static bool is_exchange_host(struct bytes host)
{
    static const char *const hosts[] = {"outlook.office365.com",    "outlook.office.com",
                                        "outlook.cloud.microsoft",  "outlook.office365.us",
                                        "outlook-dod.office365.us", "partner.outlook.cn"};

    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        if (bytes_is_word(host, hosts[i])) {
            return true;
        }
    }
    return false;
}

/* Anybody may call an interface /api/v1.0, so the host must be Exchange Online's, or the next part
 * of the path how Outlook REST names mailboxes. */
static bool is_rest(const struct http_head *request, const char *version, const char *me,
                    const char *users)
{
    return http_path_under(request->path, me) || http_path_under(request->path, users) ||
           (http_path_under(request->path, version) && is_exchange_host(request->host));
}

static bool claims(const struct http_head *request)
{
    return http_path_under(request->path, "/outlookservice") ||
           (http_path_under(request->path, "/api") &&
            (is_rest(request, "/api/v1.0", "/api/v1.0/me", "/api/v1.0/users('me')") ||
             is_rest(request, "/api/v2.0", "/api/v2.0/me", "/api/v2.0/users('me')") ||
             is_rest(request, "/api/beta", "/api/beta/me", "/api/beta/users('me')")));
}

const struct http_app outlook_service_app = {
    .name = "outlook_service",
    .service = SERVICE_OUTLOOK_SERVICE,
    .claims = claims,
    .request = exchange_request,
    .response = exchange_response,
};

/* oab: the offline address book, files that Outlook or BITS fetches. */
#include "dissectors/exchange/exchange.h"

static bool claims(const struct http_head *request)
{
    return http_path_under(request->path, "/oab");
}

const struct http_app oab_app = {
    .name = "oab",
    .service = SERVICE_OAB,
    .claims = claims,
    .request = exchange_request,
    .response = exchange_response,
};

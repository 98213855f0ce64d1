/* ews: Exchange Web Services, SOAP. */
#include "dissectors/exchange/exchange.h"

static bool claims(const struct http_head *request)
{
    return http_path_under(request->path, "/ews");
}

const struct http_app ews_app = {
    .name = "ews",
    .service = SERVICE_EWS,
    .claims = claims,
    .request = exchange_soap_request,
    .response = exchange_response,
};

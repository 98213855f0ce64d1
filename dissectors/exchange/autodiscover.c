/* autodiscover: autodiscover.xml, .svc (SOAP), and .json, which is anonymous by design. */
#include "dissectors/exchange/exchange.h"

static bool claims(const struct http_head *request)
{
    return http_path_under(request->path, "/autodiscover");
}

const struct http_app autodiscover_app = {
    .name = "autodiscover",
    .service = SERVICE_AUTODISCOVER,
    .claims = claims,
    .request = exchange_soap_request,
    .response = exchange_response,
};

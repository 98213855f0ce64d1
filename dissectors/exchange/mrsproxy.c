/* mrsproxy: mailbox moves between servers; lives in the folder of EWS, so it is asked before it. */
#include "dissectors/exchange/exchange.h"

static bool claims(const struct http_head *request)
{
    return http_path_under(request->path, "/ews/mrsproxy.svc");
}

const struct http_app mrsproxy_app = {
    .name = "mrsproxy",
    .service = SERVICE_MRSPROXY,
    .claims = claims,
    .request = exchange_request,
    .response = exchange_response,
};

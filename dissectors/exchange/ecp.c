/* ecp: the control panel: pages for people, who log in by form, so requests without a credential
 * say nothing. */
#include "dissectors/exchange/exchange.h"

static bool claims(const struct http_head *request)
{
    return http_path_under(request->path, "/ecp");
}

const struct http_app ecp_app = {
    .name = "ecp",
    .service = SERVICE_ECP,
    .claims = claims,
    .request = NULL,
    .response = exchange_response,
};

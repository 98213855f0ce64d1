/* owa: Outlook on the web: pages for people, who log in by form, so requests without a credential
 * say nothing. */
#include "dissectors/exchange/exchange.h"

static bool claims(const struct http_head *request)
{
    return http_path_under(request->path, "/owa");
}

const struct http_app owa_app = {
    .name = "owa",
    .service = SERVICE_OWA,
    .claims = claims,
    .request = NULL,
    .response = exchange_response,
};

/* sharepoint: the SOAP services of SharePoint, which mail clients ask beside Exchange. */
#include "dissectors/exchange/exchange.h"

/* Sites have the folder below their own path: /sites/sales/_vti_bin/lists.asmx. */
static bool claims(const struct http_head *request)
{
    return bytes_ends_nocase(request->path, BYTES(".asmx")) &&
           bytes_has_nocase(request->path, BYTES("/_vti_bin/"));
}

const struct http_app sharepoint_app = {
    .name = "sharepoint",
    .service = SERVICE_SHAREPOINT,
    .claims = claims,
    .request = exchange_request,
    .response = exchange_response,
};

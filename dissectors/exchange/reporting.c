/* reporting: the Reporting Web Service; on premises it lies in the folder of ECP, so it is asked
 * before it. */
#include "dissectors/exchange/exchange.h"

static bool claims(const struct http_head *request)
{
    return http_path_under(request->path, "/ecp/reportingwebservice") ||
           bytes_equal_nocase(request->host, BYTES("reports.office365.com"));
}

const struct http_app reporting_app = {
    .name = "reporting",
    .service = SERVICE_REPORTING,
    .claims = claims,
    .request = exchange_request,
    .response = exchange_response,
};

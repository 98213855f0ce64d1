/* powershell: Remote PowerShell over WS-Management, and the REST form of its third version. /wsman
 * is any Windows Remote Management, counted here because Exchange is managed through it too. */
#include "dissectors/exchange/exchange.h"

static bool claims(const struct http_head *request)
{
    return http_path_under(request->path, "/powershell") ||
           http_path_under(request->path, "/powershell-liveid") ||
           http_path_under(request->path, "/wsman") || http_path_under(request->path, "/adminapi");
}

const struct http_app powershell_app = {
    .name = "powershell",
    .service = SERVICE_POWERSHELL,
    .claims = claims,
    .request = exchange_request,
    .response = exchange_response,
};

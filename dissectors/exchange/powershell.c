/* powershell: Remote PowerShell over WS-Management, and the REST form of its third version. /wsman
 * is any Windows Remote Management, counted here because Exchange is managed through it too. */
#include "dissectors/exchange/exchange.h"

static bool claims(const struct http_head *request)
{
    return http_path_under(request->path, "/powershell") ||
           http_path_under(request->path, "/powershell-liveid") ||
           http_path_under(request->path, "/wsman") || http_path_under(request->path, "/adminapi");
}

/* Pages about PowerShell lie in folders of that name too, and are fetched by GET. */
static void request(struct http_exchange *exchange, const struct http_head *head,
                    const struct emitter *out)
{
    if (bytes_equal(head->method, BYTES("POST"))) {
        exchange_request(exchange, head, out);
    }
}

const struct http_app powershell_app = {
    .name = "powershell",
    .service = SERVICE_POWERSHELL,
    .claims = claims,
    .request = request,
    .response = exchange_response,
};

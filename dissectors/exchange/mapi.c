/* mapi: MAPI over HTTP ([MS-OXCMAPIHTTP]), what Outlook speaks. */
#include "dissectors/base/text.h"
#include "dissectors/exchange/exchange.h"

static bool claims(const struct http_head *request)
{
    return http_path_under(request->path, "/mapi/emsmdb") ||
           http_path_under(request->path, "/mapi/nspi");
}

/* X-ClientApplication is required and names the Outlook version; a User-Agent may be missing. */
static void request(struct http_exchange *exchange, const struct http_head *head,
                    const struct emitter *out)
{
    struct auth_event *auth = &exchange->event.auth;
    struct bytes application;

    exchange_request(exchange, head, out);
    if (auth->software[0] == '\0' &&
        http_header_find(head, BYTES("X-ClientApplication"), &application)) {
        (void)text_set(auth->software, sizeof(auth->software), application);
    }
}

const struct http_app mapi_app = {
    .name = "mapi",
    .service = SERVICE_MAPI,
    .claims = claims,
    .request = request,
    .response = exchange_response,
};

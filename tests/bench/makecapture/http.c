/*
 * http: Exchange's services over HTTP/1.1 with Basic, some after a challenge, on kept connections.
 */
#include <stdio.h>
#include <string.h>

#include "tests/bench/makecapture/makecapture.h"

enum { MAX_PATH = 300, MAX_AUTHORIZATION = 200 };

struct request {
    const char *verb;
    const char *host;
    const char *agent;
    const char *type; /* of the body; NULL: there is none */
    char path[MAX_PATH];
    struct buffer body;
};

const char *const http_services[HTTP_OTHER + 1] = {"eas", "ews", "autodiscover", "mapi",
                                                   "rpc", "oab", "http"};

static bool is_phone(const char *device)
{
    return device[0] < '5';
}

/* WBXML: <FolderSync><SyncKey>...</SyncKey></FolderSync> */
static void put_sync_key(struct buffer *out, unsigned number)
{
    unsigned long long id = draw() >> 16;
    uint32_t folder = draw_below(1u << 31);

    put_bytes(out, "\x03\x01\x6a\x00\x00\x07\x56\x52\x03", 9);
    put_text(out, "{%08x-7fd2-4c1e-9a31-%012llx}%u", folder, id, number);
    put_bytes(out, "\0\1\1", 3);
}

static void ask_eas(struct request *request, const struct login *login, unsigned number,
                    const char *device)
{
    static const char *const commands[] = {"FolderSync", "Sync",     "Ping",
                                           "Provision",  "SendMail", "Search"};

    (void)snprintf(request->path, MAX_PATH,
                   "/Microsoft-Server-ActiveSync?Cmd=%s&User=%s&DeviceId=%s&DeviceType=%s",
                   commands[number % 6], login->user, device,
                   is_phone(device) ? "iPhone" : "SamsungDevice");
    request->agent =
        is_phone(device) ? "Apple-iPhone11C2/1907.62" : "Android-SAMSUNG-SM-G960F/101.9";
    request->type = "application/vnd.ms-sync.wbxml";
    put_sync_key(&request->body, number);
}

static void ask_ews(struct request *request)
{
    (void)snprintf(request->path, MAX_PATH, "/EWS/Exchange.asmx");
    request->agent = "ExchangeServicesClient/15.00.0913.015";
    request->type = "text/xml; charset=utf-8";
    put_text(&request->body,
             "<?xml version=\"1.0\" encoding=\"utf-8\"?>"
             "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\""
             " xmlns:t=\"http://schemas.microsoft.com/exchange/services/2006/types\">"
             "<soap:Header><t:RequestServerVersion Version=\"Exchange2010_SP2\"/></soap:Header>"
             "<soap:Body><FindItem"
             " xmlns=\"http://schemas.microsoft.com/exchange/services/2006/messages\""
             " Traversal=\"Shallow\"><ItemShape><t:BaseShape>IdOnly</t:BaseShape></ItemShape>"
             "</FindItem></soap:Body></soap:Envelope>");
}

static void ask_autodiscover(struct request *request, const struct login *login)
{
    (void)snprintf(request->path, MAX_PATH, "/autodiscover/autodiscover.xml");
    request->type = "text/xml";
    put_text(
        &request->body,
        "<Autodiscover"
        " xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006\">"
        "<Request><EMailAddress>%s</EMailAddress></Request></Autodiscover>",
        login->user);
}

static void ask_mapi(struct request *request)
{
    (void)snprintf(request->path, MAX_PATH,
                   "/mapi/emsmdb/?MailboxId=%08x-0000-4000-8000-000000000000@corp.example",
                   draw_below(1u << 31));
    request->type = "application/mapi-http";
    put_bytes(&request->body, draw_bytes(), 120);
}

static void ask_rpc(struct request *request)
{
    (void)snprintf(request->path, MAX_PATH, "/rpc/rpcproxy.dll?mail.corp.example:6001");
    request->verb = "RPC_IN_DATA";
    request->agent = "MSRPC";
    request->type = "application/rpc";
    put_bytes(&request->body, draw_bytes(), 104);
}

static void ask_oab(struct request *request)
{
    (void)snprintf(request->path, MAX_PATH, "/OAB/%08x/oab.xml", draw_below(1u << 31));
    request->verb = "GET";
    request->agent = "Microsoft BITS/7.8";
}

static void ask_other(struct request *request)
{
    (void)snprintf(request->path, MAX_PATH, "/api/v1/items/%u", draw_below(9999));
    request->verb = "GET";
    request->host = DRAW_ONE_OF(web_hosts);
    request->agent = "curl/7.88.1";
}

static void ask(struct request *request, enum http_service service, const struct login *login,
                unsigned number, const char *device)
{
    switch (service) {
    case HTTP_EAS:
        ask_eas(request, login, number, device);
        break;
    case HTTP_EWS:
        ask_ews(request);
        break;
    case HTTP_AUTODISCOVER:
        ask_autodiscover(request, login);
        break;
    case HTTP_MAPI:
        ask_mapi(request);
        break;
    case HTTP_RPC:
        ask_rpc(request);
        break;
    case HTTP_OAB:
        ask_oab(request);
        break;
    case HTTP_OTHER:
    default:
        ask_other(request);
        break;
    }
}

static void put_head(struct buffer *out, const struct request *request)
{
    put_text(out, "%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nAccept: */*\r\n", request->verb,
             request->path, request->host, request->agent);
    if (request->type != NULL) {
        put_text(out, "Content-Type: %s\r\nContent-Length: %zu\r\n", request->type,
                 request->body.len);
    }
}

/* Returns where the middle of the credential is: segments may be cut there. */
static size_t put_authorization(struct buffer *out, const char *name, const char *authorization)
{
    const char *credential = strrchr(authorization, ' ') + 1;

    put_text(out, "%s: %s\r\n", name, authorization);
    return out->len - 2 - strlen(credential) + strlen(credential) / 2;
}

void say_request(const struct login *login, enum http_service service, unsigned number,
                 const char *device, const char *authorization)
{
    struct message *message;
    struct request request;
    struct buffer out;
    const char *name;
    size_t middle = 0;

    request.verb = "POST";
    request.host = DRAW_ONE_OF(mail_hosts);
    request.agent = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.4266; Pro)";
    request.type = NULL;
    request.body.len = 0;
    ask(&request, service, login, number, device);
    name = options.wild && draw_chance(0.3) ? "authorization" : "Authorization";
    out.len = 0;
    put_head(&out, &request);
    if (authorization != NULL) {
        middle = put_authorization(&out, name, authorization);
    }
    if (service == HTTP_EAS) {
        put_text(&out, "MS-ASProtocolVersion: 14.1\r\nX-MS-PolicyKey: %u\r\n",
                 draw_below(1u << 31));
    }
    put_text(&out, "Connection: keep-alive\r\n\r\n");
    put_buffer(&out, &request.body);
    message = say_buffer(CLIENT, &out);
    if (authorization != NULL) {
        mark_credential(message, login->is_basic ? (uint32_t)middle : 0);
    }
}

struct message *say_200(void)
{
    uint32_t len = 60 + draw_below(1100);
    struct buffer head;

    head.len = 0;
    put_text(&head,
             "HTTP/1.1 200 OK\r\nCache-Control: private\r\n"
             "Content-Type: application/octet-stream\r\nServer: Microsoft-IIS/10.0\r\n"
             "X-FEServer: EX01\r\nContent-Length: %u\r\n\r\n",
             len);
    return say_then_random(SERVER, &head, len);
}

struct message *say_401(void)
{
    return say(SERVER, "HTTP/1.1 401 Unauthorized\r\nServer: Microsoft-IIS/10.0\r\n"
                       "WWW-Authenticate: Basic realm=\"mail.corp.example\"\r\n"
                       "WWW-Authenticate: Negotiate\r\nX-FEServer: EX01\r\n"
                       "Content-Length: 0\r\n\r\n");
}

static enum http_service draw_service(void)
{
    uint32_t twentieth = draw_below(20);

    if (twentieth < 10) {
        return HTTP_EAS;
    }
    return twentieth < 15 ? HTTP_EWS : (enum http_service)(HTTP_AUTODISCOVER + twentieth - 15);
}

static void encode_basic(const struct login *login, char authorization[MAX_AUTHORIZATION])
{
    char text[MAX_BASE64];
    struct buffer out;

    out.len = 0;
    put_text(&out, "%s:%s", login->user, login->secret);
    base64_encode(out.at, out.len, text);
    (void)snprintf(authorization, MAX_AUTHORIZATION, "%s %.150s",
                   options.wild && draw_chance(0.3) ? "basic" : "Basic", text);
}

/* A client repeats its credential with every request of the connection, if it was accepted. */
static void say_requests(const struct login *login, enum http_service service, const char *device,
                         const char *authorization)
{
    uint32_t num_requests = login->is_accepted ? 1 + draw_below(3) : 1;

    for (uint32_t i = 0; i < num_requests; i++) {
        struct message *answer;

        say_request(login, service, i, device, authorization);
        answer = login->is_accepted ? say_200() : say_401();
        if (i == 0) {
            mark_reply(answer);
        }
    }
}

void make_http_basic(struct flow *flow)
{
    enum http_service service = draw_service();
    char authorization[MAX_AUTHORIZATION];
    char device[sizeof(((struct login *)NULL)->device)];
    struct login *login;

    flow_init(flow, draw_chance(0.8) ? 80 : 8080, false);
    dialogue_begin();
    login = truth_begin(flow, http_services[service], "Basic", true);
    (void)snprintf(device, sizeof(device), "%08X%08X", flow_client(flow) * 2654435761u,
                   flow_client(flow));
    if (service == HTTP_EAS) {
        memcpy(login->device, device, sizeof(device));
    }
    encode_basic(login, authorization);
    if (draw_chance(0.4)) {
        say_request(login, service, 0, device, NULL);
        (void)say_401();
    }
    say_requests(login, service, device, authorization);
    dialogue_end(flow);
}

#include "dissectors/http/http_exchange.h"

#include <stdlib.h>
#include <string.h>

#include "dissectors/base/text.h"
#include "dissectors/http/http_auth.h"

static const struct http_app *find_app(const struct http_head *head)
{
    for (size_t i = 0; http_apps[i] != NULL; i++) {
        if (http_apps[i]->claims(head)) {
            return http_apps[i];
        }
    }
    return NULL;
}

static bool has_header(const struct http_head *head, struct bytes name)
{
    struct bytes value;

    return http_header_find(head, name, &value);
}

/* What follows ";" may be a session's key, and so may "/(S(...))", where ASP.NET puts its own
 * without cookies. */
static struct bytes path_to_tell(struct bytes path)
{
    struct bytes rest = path;
    size_t at;

    (void)take_until(&rest, ';', &path);
    return bytes_find(path, BYTES("/("), &at) ? bytes_first(path, at) : path;
}

static void describe(struct http_exchange *exchange, enum service service,
                     const struct http_head *head, const struct emitter *out)
{
    struct auth_event *auth = &exchange->event.auth;
    struct bytes software;

    memset(exchange, 0, sizeof(*exchange));
    event_init(&exchange->event, EVENT_AUTH, service, out);
    auth->mechanism = MECHANISM_NONE;
    (void)text_set(auth->host, sizeof(auth->host), head->host);
    (void)text_set(auth->path, sizeof(auth->path), path_to_tell(head->path));
    (void)text_set(auth->method, sizeof(auth->method), head->method);
    if (http_header_find(head, BYTES("User-Agent"), &software)) {
        (void)text_set(auth->software, sizeof(auth->software), software);
    }
}

static void give(struct http_exchange *exchange, const struct http_credential *credential)
{
    struct auth_event *auth = &exchange->event.auth;

    exchange->has_credential = true;
    exchange->first_leg = credential->first_leg;
    auth->mechanism = credential->mechanism;
    auth->password_seen = credential->password_seen;
    (void)text_copy(auth->user, sizeof(auth->user), credential->user);
    if (credential->domain[0] != '\0') {
        (void)text_copy(auth->domain, sizeof(auth->domain), credential->domain);
    } else {
        auth_split_domain(auth);
    }
    (void)text_copy(exchange->workstation, sizeof(exchange->workstation), credential->workstation);
}

/* Software, device and workstation are each told once a connection. */
static void say_client(struct http_link *link, const struct http_exchange *exchange,
                       const struct emitter *out)
{
    const struct auth_event *auth = &exchange->event.auth;
    bool is_software_new = auth->software[0] != '\0' && !link->said_software;
    bool is_device_new = auth->device_id[0] != '\0' && !link->said_device;
    bool is_workstation_new = exchange->workstation[0] != '\0' && !link->said_workstation;
    struct event event;
    struct client_event *client = &event.client;

    if (!is_software_new && !is_device_new && !is_workstation_new) {
        return;
    }
    event_init(&event, EVENT_CLIENT, exchange->event.service, out);
    event.is_relayed = exchange->event.is_relayed;
    (void)text_copy(client->software, sizeof(client->software), auth->software);
    (void)text_copy(client->device_id, sizeof(client->device_id), auth->device_id);
    (void)text_copy(client->device_type, sizeof(client->device_type), auth->device_type);
    (void)text_copy(client->workstation, sizeof(client->workstation), exchange->workstation);
    link->said_software |= is_software_new;
    link->said_device |= is_device_new;
    link->said_workstation |= is_workstation_new;
    emitter_emit(out, &event);
}

static struct http_exchange *keep(const struct http_exchange *exchange)
{
    struct http_exchange *kept = malloc(sizeof(*kept));

    if (kept != NULL) {
        *kept = *exchange;
    }
    return kept;
}

static bool is_integrated(const struct http_exchange *exchange)
{
    return mechanism_family(exchange->event.auth.mechanism) == FAMILY_INTEGRATED;
}

/* A cookie stands for an earlier login; without one, an app may want the request told. What could
 * not be read may be a cookie, or a credential. */
static bool is_worth_telling(const struct http_link *link, const struct http_exchange *exchange,
                             const struct http_head *head)
{
    return exchange->has_credential || (exchange->always_report && !link->bound &&
                                        !head->is_partial && !has_header(head, BYTES("Cookie")));
}

static void request_to_server(struct http_link *link, struct http_transaction *transaction,
                              const struct http_head *head, const struct emitter *out)
{
    const struct http_app *app = find_app(head);
    bool has_authorization = has_header(head, BYTES("Authorization"));
    struct http_credential credential;
    struct http_exchange exchange;

    transaction->app = app;
    if (app == NULL && !has_authorization) {
        return; /* most of the web */
    }
    describe(&exchange, app != NULL ? app->service : SERVICE_HTTP, head, out);
    exchange.event.is_relayed = link->is_proxy;
    if (has_authorization && http_find_credential(head, BYTES("Authorization"), &credential)) {
        give(&exchange, &credential);
        link->bound |= is_integrated(&exchange) && !exchange.first_leg;
    }
    if (app != NULL && app->request != NULL) {
        app->request(&exchange, head, out);
    }
    if (app != NULL || exchange.has_credential) {
        say_client(link, &exchange, out);
    }
    exchange.always_report = is_worth_telling(link, &exchange, head);
    if (exchange.always_report || exchange.body_wanted) {
        transaction->own = keep(&exchange);
    }
}

static void request_to_proxy(struct http_link *link, struct http_transaction *transaction,
                             const struct http_head *head, const struct emitter *out)
{
    struct http_credential credential;
    struct http_exchange exchange;

    if (!http_find_credential(head, BYTES("Proxy-Authorization"), &credential)) {
        return;
    }
    link->is_proxy = true;
    describe(&exchange, SERVICE_PROXY, head, out);
    exchange.event.auth.path[0] = '\0'; /* is the server's */
    give(&exchange, &credential);
    say_client(link, &exchange, out);
    transaction->proxy = keep(&exchange);
}

void http_request(struct http_link *link, struct http_transaction *transaction,
                  const struct http_head *head, const struct emitter *out)
{
    bool connects = bytes_equal(head->method, BYTES("CONNECT"));

    link->is_proxy |= connects || head->is_relayed;
    request_to_proxy(link, transaction, head, out);
    if (!connects) {
        request_to_server(link, transaction, head, out);
    }
}

/* Headers that Exchange's front end adds, and nobody else: MS-Server-ActiveSync is of every server
 * of ActiveSync (Z-Push, Horde). */
static bool is_exchange_header(struct bytes name)
{
    static const char *const names[] = {
        "X-FEServer",  "X-BEServer",          "X-CalculatedBETarget", "X-CalculatedFETarget",
        "X-DiagInfo",  "X-FEProxyInfo",       "X-OWA-Version",        "X-FirstHopCafeEFZ",
        "X-FEEFZInfo", "X-ServerApplication", "X-BackEndHttpStatus",  "X-OAuth-Enabled"};
    uint8_t first;

    if (!peek_u8(name, &first) || (first | 0x20) != 'x') {
        return false;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (bytes_is_word(name, names[i])) {
            return true;
        }
    }
    return false;
}

/* The servers behind Exchange Online's front end have names of its own. */
static bool is_online(const struct http_header *header)
{
    return (bytes_is_word(header->name, "X-CalculatedFETarget") ||
            bytes_is_word(header->name, "X-CalculatedBETarget")) &&
           bytes_ends_nocase(header->value, BYTES(".outlook.com"));
}

/* TARGET_UNKNOWN: it is not said that this is Exchange. */
static enum target target_of(const struct http_head *head)
{
    enum target target = TARGET_UNKNOWN;

    for (size_t i = 0; i < head->num_headers; i++) {
        if (is_exchange_header(head->headers[i].name)) {
            target = TARGET_ONPREM;
            if (is_online(&head->headers[i])) {
                return TARGET_ONLINE;
            }
        }
    }
    return target;
}

static void read_challenges(const struct http_head *head, struct http_challenges *challenges)
{
    if (head->status == 401) {
        http_read_challenges(head, BYTES("WWW-Authenticate"), challenges);
    } else if (head->status == 407) {
        http_read_challenges(head, BYTES("Proxy-Authenticate"), challenges);
    }
}

/*
 * Whether the proxy itself refuses. tinyproxy 1.11 says 407 where a password is missing, but 401
 * where it is wrong; who asks for a tunnel has no other server yet that could say it.
 */
static bool is_refused_by_proxy(const struct http_transaction *transaction,
                                const struct http_head *head)
{
    struct bytes server;

    if (head->status != 401 || transaction == NULL || transaction->proxy == NULL) {
        return head->status == 407;
    }
    return strcmp(transaction->proxy->event.auth.method, "CONNECT") == 0 ||
           (http_header_find(head, BYTES("Server"), &server) &&
            bytes_starts_nocase(server, BYTES("tinyproxy/")));
}

static enum service service_of(const struct http_transaction *transaction)
{
    return transaction != NULL && transaction->app != NULL ? transaction->app->service
                                                           : SERVICE_HTTP;
}

/* An offer is told when it has news: a mechanism, or that this is Exchange. */
static void say_offer(struct http_link *link, enum service service, enum target server,
                      const struct http_head *head, struct http_challenges *challenges,
                      const struct emitter *out)
{
    bool by_proxy = service == SERVICE_PROXY; /* which says it of itself */
    bool is_exchange_new = !link->said_exchange && !by_proxy && server == TARGET_ONPREM;
    struct event event;
    struct bytes banner;

    if (!is_exchange_new && head->status != 401 && !by_proxy) {
        return; /* most of the web */
    }
    event_init(&event, EVENT_OFFER, service, out);
    event.is_relayed = link->is_proxy && !by_proxy;
    challenges->to = &event.offer;
    read_challenges(head, challenges);
    challenges->to = NULL;
    if (!is_exchange_new && (challenges->offered & ~link->offered) == 0) {
        return;
    }
    link->offered |= challenges->offered;
    link->said_exchange |= is_exchange_new;
    event.offer.exchange_headers = link->said_exchange && !by_proxy;
    if (http_header_find(head, BYTES("Server"), &banner)) {
        (void)text_set(event.offer.banner, sizeof(event.offer.banner), banner);
    }
    emitter_emit(out, &event);
}

/* A refusal that says why in fields that could not be read: Basic may be off, or the password
 * wrong.
 */
static void doubt(struct http_exchange *exchange, const struct http_head *head)
{
    struct auth_event *auth = &exchange->event.auth;

    if (head->is_partial && (head->status == 401 || head->status == 407) &&
        auth->mechanism == MECHANISM_HTTP_BASIC && !exchange->basic_offered) {
        auth->outcome = OUTCOME_UNKNOWN;
        auth->reason = REASON_UNCLEAR;
    }
}

/* Who asked for what; FNV-1a. Two that look alike cost a count. */
static uint64_t identity_of(const struct http_exchange *exchange)
{
    const struct auth_event *auth = &exchange->event.auth;
    uint64_t hash = 14695981039346656037u;

    for (const char *at = auth->user; *at != '\0'; at++) {
        hash = (hash ^ (uint8_t)*at) * 1099511628211u;
    }
    hash = (hash ^ (unsigned)auth->mechanism) * 1099511628211u;
    return ((hash ^ (unsigned)exchange->event.service) * 1099511628211u) | 1;
}

static void answer_own(struct http_link *link, struct http_transaction *transaction,
                       const struct http_head *head, const struct http_challenges *challenges,
                       const struct emitter *out)
{
    struct http_exchange *own = transaction->own;

    own->challenged = challenges->any;
    own->basic_offered = challenges->basic;
    http_judge(own, head->status, challenges->goes_on);
    if (transaction->app != NULL && transaction->app->response != NULL) {
        transaction->app->response(own, head, out);
    }
    doubt(own, head);
    if (own->has_credential) {
        link->answered = identity_of(own);
    }
    if (is_integrated(own) && !own->first_leg && head->status == 401) {
        link->bound = false;
    }
}

void http_answer(struct http_link *link, struct http_transaction *transaction,
                 const struct http_head *head, const struct emitter *out)
{
    struct http_challenges challenges = {0};
    bool by_proxy = is_refused_by_proxy(transaction, head);
    enum target server = target_of(head);

    link->is_proxy |= by_proxy;
    say_offer(link, by_proxy ? SERVICE_PROXY : service_of(transaction), server, head, &challenges,
              out);
    if (transaction == NULL) {
        return;
    }
    if (transaction->proxy != NULL) {
        transaction->proxy->challenged = challenges.any;
        transaction->proxy->basic_offered = challenges.basic;
        http_judge_proxy(transaction->proxy, head->status, by_proxy, challenges.goes_on);
        doubt(transaction->proxy, head);
    }
    if (transaction->own != NULL && !by_proxy) { /* else it never reached the server */
        transaction->own->event.auth.server = server;
        answer_own(link, transaction, head, &challenges, out);
    }
    http_transaction_end(transaction, out);
}

void http_transaction_cut(const struct http_link *link, struct http_transaction *transaction,
                          const struct emitter *out)
{
    struct http_exchange *own = transaction->own;

    if (own != NULL && own->has_credential && own->always_report &&
        identity_of(own) == link->answered) {
        own->always_report = false;
    }
    http_transaction_end(transaction, out);
}

void http_transaction_end(struct http_transaction *transaction, const struct emitter *out)
{
    if (transaction->proxy != NULL) {
        emitter_emit(out, &transaction->proxy->event);
        free(transaction->proxy);
    }
    if (transaction->own != NULL) {
        if (transaction->own->always_report) {
            emitter_emit(out, &transaction->own->event);
        }
        if (transaction->app != NULL && transaction->app->end != NULL) {
            transaction->app->end(transaction->own, out);
        }
        free(transaction->own);
    }
    memset(transaction, 0, sizeof(*transaction));
}

/* eas: Exchange ActiveSync ([MS-ASHTTP]), what phones speak. Its query names the device. */
#include "dissectors/auth/base64.h"
#include "dissectors/base/text.h"
#include "dissectors/exchange/exchange.h"

enum { MAX_QUERY = 1024 };

/* SOGo has it below a folder of its own. */
static bool claims(const struct http_head *request)
{
    return http_path_under(request->path, "/microsoft-server-activesync") ||
           bytes_ends_nocase(request->path, BYTES("/microsoft-server-activesync"));
}

/* The bytes of a query's value, %XX and '+' read. */
static void set_value(char *text, size_t size, struct bytes value)
{
    uint8_t plain[256];
    size_t len = 0;
    uint8_t byte;

    while (len < sizeof(plain) && take_u8(&value, &byte)) {
        struct bytes rest = value;
        struct bytes digits;
        uint64_t decoded;

        if (byte == '%' && take_bytes(&rest, 2, &digits) && take_hex(&digits, 0xff, &decoded) &&
            digits.len == 0) {
            byte = (uint8_t)decoded;
            value = rest;
        } else if (byte == '+') {
            byte = ' ';
        }
        plain[len++] = byte;
    }
    (void)text_set(text, size, bytes_view(plain, len));
}

/* By name, because clients send the parts in any order. */
static bool read_plain_query(struct auth_event *auth, struct bytes query)
{
    struct bytes value;
    bool found = false;

    if (http_query_find(query, BYTES("DeviceId"), &value)) {
        set_value(auth->device_id, sizeof(auth->device_id), value);
        found = true;
    }
    if (http_query_find(query, BYTES("DeviceType"), &value)) {
        set_value(auth->device_type, sizeof(auth->device_type), value);
        found = true;
    }
    return found;
}

static bool is_text(struct bytes in)
{
    uint8_t byte;

    while (take_u8(&in, &byte)) {
        if (byte < 0x21 || byte > 0x7e) {
            return false;
        }
    }
    return true;
}

/* Raw bytes: mostly text, as it stands in the plain form; else as hexadecimal digits, so that the
 * same device has the same name. */
static void set_device_id(struct auth_event *auth, struct bytes id)
{
    static const char digits[] = "0123456789abcdef";
    char hex[sizeof(auth->device_id)];
    size_t len = 0;
    uint8_t byte;

    if (is_text(id)) {
        (void)text_set(auth->device_id, sizeof(auth->device_id), id);
        return;
    }
    while (len + 2 < sizeof(hex) && take_u8(&id, &byte)) {
        hex[len++] = digits[byte >> 4];
        hex[len++] = digits[byte & 15];
    }
    hex[len] = '\0';
    (void)text_copy(auth->device_id, sizeof(auth->device_id), hex);
}

/*
 * [MS-ASHTTP] 2.2.1.1.1.1: version, command, locale (2), device id, policy key (0 or 4 bytes),
 * device type, each with its length before it, then parameters.
 */
static void read_packed_query(struct auth_event *auth, struct bytes packed)
{
    struct bytes id;
    struct bytes policy_key;
    struct bytes type;
    uint8_t version;

    if (take_u8(&packed, &version) && version >= 120 && version <= 170 && take_skip(&packed, 3) &&
        take_u8_vector(&packed, &id) && take_u8_vector(&packed, &policy_key) &&
        take_u8_vector(&packed, &type) && id.len > 0) {
        set_device_id(auth, id);
        (void)text_set(auth->device_type, sizeof(auth->device_type), type);
    }
}

/* The characters of base64 that a query may hold as %XX. */
static size_t unescape(struct bytes query, uint8_t out[MAX_QUERY])
{
    size_t len = 0;
    uint8_t byte;

    while (len < MAX_QUERY && take_u8(&query, &byte)) {
        struct bytes rest = query;
        struct bytes digits;
        uint64_t decoded;

        if (byte == '%' && take_bytes(&rest, 2, &digits) && take_hex(&digits, 0xff, &decoded)) {
            byte = (uint8_t)decoded;
            query = rest;
        }
        out[len++] = byte;
    }
    return len;
}

static void read_base64_query(struct auth_event *auth, struct bytes query)
{
    uint8_t text[MAX_QUERY];
    uint8_t packed[MAX_QUERY];
    size_t len = unescape(query, text);

    if (base64_decode(bytes_view(text, len), packed, sizeof(packed), &len)) {
        read_packed_query(auth, bytes_view(packed, len));
    }
}

static void request(struct http_exchange *exchange, const struct http_head *head,
                    const struct emitter *out)
{
    struct auth_event *auth = &exchange->event.auth;

    exchange_request(exchange, head, out);
    if (!read_plain_query(auth, head->query)) {
        read_base64_query(auth, head->query);
    }
}

/* Headers that the application adds, which answers only those who are logged in. */
static bool is_from_application(const struct http_head *response)
{
    struct bytes value;

    return http_header_find(response, BYTES("MS-Server-ActiveSync"), &value) ||
           http_header_find(response, BYTES("MS-ASProtocolVersions"), &value) ||
           http_header_find(response, BYTES("X-MS-Credential-Service-Url"), &value);
}

/*
 * [MS-ASHTTP] 2.2.2.1.1 and 4.4 of the status codes: 449 wants provisioning and 451 sends to
 * another server, both of a user who is known. 403 may come from the application (not enabled for
 * ActiveSync) or from the web server before it (TLS is required), and tells only then.
 */
static void response(struct http_exchange *exchange, const struct http_head *head,
                     const struct emitter *out)
{
    struct auth_event *auth = &exchange->event.auth;

    exchange_response(exchange, head, out);
    if (!exchange->has_credential) {
        return;
    }
    if (head->status == 449) {
        auth->outcome = OUTCOME_ACCEPTED;
        auth->reason = REASON_NOT_PROVISIONED;
    } else if (head->status == 451) {
        auth->outcome = OUTCOME_ACCEPTED;
        auth->reason = REASON_REDIRECTED;
    } else if (head->status == 403 && is_from_application(head)) {
        auth->outcome = OUTCOME_ACCEPTED;
        auth->reason = REASON_MAILBOX_UNAVAILABLE;
    } else if (head->status == 456) { /* elsewhere MFA; here: the account is blocked */
        auth->outcome = OUTCOME_BLOCKED;
        auth->reason = REASON_ACCOUNT_LOCKED;
    }
}

const struct http_app eas_app = {
    .name = "eas",
    .service = SERVICE_EAS,
    .claims = claims,
    .request = request,
    .response = response,
};

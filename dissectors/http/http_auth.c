#include "dissectors/http/http_auth.h"

#include <string.h>

#include "dissectors/auth/basic.h"
#include "dissectors/auth/token.h"
#include "dissectors/base/text.h"

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* Spaces, and the line ends of folded headers. */
static void skip_blanks(struct bytes *in)
{
    uint8_t byte;

    while (peek_u8(*in, &byte) && is_blank(byte)) {
        (void)take_skip(in, 1);
    }
}

/* One or more bytes up to a blank. */
static bool take_item(struct bytes *in, struct bytes *item)
{
    size_t len = 0;
    uint8_t byte;

    skip_blanks(in);
    while (peek_u8_at(*in, len, &byte) && !is_blank(byte)) {
        len++;
    }
    return len > 0 && take_bytes(in, len, item);
}

static void read_basic(struct bytes text, struct http_credential *credential)
{
    switch (basic_parse(text, credential->user, sizeof(credential->user))) {
    case BASIC_TOKEN:
        credential->mechanism = MECHANISM_HTTP_BEARER;
        return;
    case BASIC_PASSWORD:
        credential->password_seen = true;
        break;
    case BASIC_BROKEN:
    case BASIC_EMPTY:
        break;
    }
    credential->mechanism = MECHANISM_HTTP_BASIC;
}

static void read_token(struct bytes text, enum mechanism ntlm, struct http_credential *credential)
{
    struct token token;

    token_parse_base64(text, &token);
    credential->mechanism = ntlm;
    switch (token.kind) {
    case TOKEN_KERBEROS:
        credential->mechanism = MECHANISM_HTTP_NEGOTIATE_KERBEROS;
        break;
    case TOKEN_NTLM_NEGOTIATE:
        credential->first_leg = true;
        break;
    case TOKEN_NTLM_AUTHENTICATE:
        (void)text_copy(credential->user, sizeof(credential->user), token.user);
        (void)text_copy(credential->domain, sizeof(credential->domain), token.domain);
        (void)text_copy(credential->workstation, sizeof(credential->workstation),
                        token.workstation);
        break;
    case TOKEN_SPNEGO: /* of a mechanism that we do not know */
    case TOKEN_UNKNOWN:
    case TOKEN_NTLM_CHALLENGE:
        if (ntlm == MECHANISM_HTTP_NEGOTIATE_NTLM) {
            credential->mechanism = MECHANISM_OTHER;
        }
        break;
    }
}

/* username="bob", with backslashes before what they quote (RFC 7616, section 3.4). */
static void read_digest(struct bytes parameters, struct http_credential *credential)
{
    uint8_t name[USER_SIZE];
    size_t len = 0;
    size_t at;
    uint8_t byte;

    credential->mechanism = MECHANISM_HTTP_DIGEST;
    if (!bytes_find_nocase(parameters, BYTES("username="), &at)) {
        return;
    }
    (void)take_skip(&parameters, at + sizeof("username=") - 1);
    if (!take_prefix(&parameters, BYTES("\""))) {
        return;
    }
    while (len < sizeof(name) && take_u8(&parameters, &byte) && byte != '"') {
        if (byte == '\\' && !take_u8(&parameters, &byte)) {
            break;
        }
        name[len++] = byte;
    }
    (void)text_set(credential->user, sizeof(credential->user), bytes_view(name, len));
}

bool http_read_credential(struct bytes value, struct http_credential *credential)
{
    struct bytes scheme;

    memset(credential, 0, sizeof(*credential));
    if (!take_item(&value, &scheme)) {
        return false;
    }
    skip_blanks(&value);
    if (bytes_equal_nocase(scheme, BYTES("Basic"))) {
        read_basic(value, credential);
    } else if (bytes_equal_nocase(scheme, BYTES("Bearer"))) {
        credential->mechanism = MECHANISM_HTTP_BEARER;
    } else if (bytes_equal_nocase(scheme, BYTES("NTLM"))) {
        read_token(value, MECHANISM_HTTP_NTLM, credential);
    } else if (bytes_equal_nocase(scheme, BYTES("Negotiate")) ||
               bytes_equal_nocase(scheme, BYTES("Kerberos"))) {
        read_token(value, MECHANISM_HTTP_NEGOTIATE_NTLM, credential);
    } else if (bytes_equal_nocase(scheme, BYTES("Digest"))) {
        read_digest(value, credential);
    } else {
        credential->mechanism = MECHANISM_OTHER; /* also a token without a scheme */
        return true;
    }
    return value.len > 0;
}

bool http_find_credential(const struct http_head *head, struct bytes name,
                          struct http_credential *credential)
{
    struct http_credential next;
    bool found = false;

    for (size_t i = 0; i < head->num_headers; i++) {
        if (!bytes_equal_nocase(head->headers[i].name, name) ||
            !http_read_credential(head->headers[i].value, &next)) {
            continue;
        }
        if (!found || (next.mechanism == MECHANISM_HTTP_BASIC &&
                       credential->mechanism != MECHANISM_HTTP_BASIC)) {
            *credential = next;
        }
        found = true;
    }
    return found;
}

static enum mechanism mechanism_of_scheme(struct bytes scheme)
{
    static const struct {
        const char *name;
        enum mechanism mechanism;
    } schemes[] = {
        {"Basic", MECHANISM_HTTP_BASIC},   {"Bearer", MECHANISM_HTTP_BEARER},
        {"NTLM", MECHANISM_HTTP_NTLM},     {"Negotiate", MECHANISM_HTTP_NEGOTIATE_KERBEROS},
        {"Digest", MECHANISM_HTTP_DIGEST}, {"Kerberos", MECHANISM_HTTP_NEGOTIATE_KERBEROS},
    };

    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (bytes_is_word(scheme, schemes[i].name)) {
            return schemes[i].mechanism;
        }
    }
    return MECHANISM_OTHER;
}

/* Up to a comma that stands in no quotes; consumes at least one byte. */
static struct bytes take_element(struct bytes *in)
{
    struct bytes all = *in;
    bool quoted = false;
    uint8_t byte;

    while (take_u8(in, &byte)) {
        if (byte == ',' && !quoted) {
            return bytes_first(all, all.len - in->len - 1);
        }
        if (byte == '\\' && quoted) {
            (void)take_skip(in, 1);
        } else if (byte == '"') {
            quoted = !quoted;
        }
    }
    return all;
}

/* An element is a parameter (name=value) or begins with a scheme, of which the first parameter or a
 * token may follow: RFC 9110, section 11.6.1. */
static void read_challenge(struct bytes element, struct http_challenges *challenges)
{
    struct bytes scheme;
    enum mechanism mechanism;
    size_t equals;

    if (!take_item(&element, &scheme) || bytes_find_byte(scheme, '=', &equals)) {
        return;
    }
    skip_blanks(&element);
    if (bytes_starts(element, BYTES("="))) {
        return;
    }
    mechanism = mechanism_of_scheme(scheme);
    challenges->any = true;
    challenges->offered |= UINT64_C(1) << mechanism;
    challenges->basic |= mechanism == MECHANISM_HTTP_BASIC;
    challenges->goes_on |= element.len > 0 && (mechanism == MECHANISM_HTTP_NTLM ||
                                               mechanism == MECHANISM_HTTP_NEGOTIATE_KERBEROS);
    if (challenges->to != NULL) {
        offer_add(challenges->to, mechanism);
    }
}

void http_read_challenges(const struct http_head *head, struct bytes name,
                          struct http_challenges *challenges)
{
    for (size_t i = 0; i < head->num_headers; i++) {
        struct bytes list = head->headers[i].value;

        if (!bytes_equal_nocase(head->headers[i].name, name)) {
            continue;
        }
        while (list.len > 0) {
            read_challenge(take_element(&list), challenges);
        }
    }
}

static void judge(struct http_exchange *exchange, enum outcome outcome, enum reason reason)
{
    exchange->event.auth.outcome = outcome;
    exchange->event.auth.reason = reason;
}

static void set_code(struct auth_event *auth, unsigned status)
{
    auth->server_code[0] = '\0';
    (void)text_append_number(auth->server_code, sizeof(auth->server_code), status);
}

/* Kerberos may need the server's token for a second leg. NTLM's second leg is its last, though its
 * refusal may come with a token too (SPNEGO "reject"). */
static bool may_go_on(enum mechanism mechanism)
{
    return mechanism == MECHANISM_HTTP_NEGOTIATE_KERBEROS || mechanism == MECHANISM_OTHER;
}

static void judge_refusal(struct http_exchange *exchange, bool goes_on)
{
    const struct auth_event *auth = &exchange->event.auth;

    if (exchange->first_leg || auth->mechanism == MECHANISM_NONE ||
        (goes_on && may_go_on(auth->mechanism))) {
        judge(exchange, OUTCOME_CHALLENGED, REASON_NONE);
    } else if (auth->mechanism != MECHANISM_HTTP_BASIC || !exchange->challenged ||
               exchange->basic_offered) {
        judge(exchange, OUTCOME_REJECTED, REASON_NONE);
    } else if (exchange->event.service == SERVICE_HTTP ||
               exchange->event.service == SERVICE_PROXY) {
        judge(exchange, OUTCOME_REJECTED, REASON_MECHANISM_UNSUPPORTED);
    } else {
        judge(exchange, OUTCOME_BLOCKED, REASON_BASIC_DISABLED);
    }
}

static enum reason reason_of_status(unsigned status)
{
    if (status == 429) {
        return REASON_THROTTLED;
    }
    return status >= 500 && status <= 599 ? REASON_SERVER_ERROR : REASON_NONE;
}

static bool is_redirect(unsigned status)
{
    return status >= 300 && status <= 399 && status != 304;
}

void http_judge(struct http_exchange *exchange, unsigned status, bool goes_on)
{
    bool anonymous = exchange->event.auth.mechanism == MECHANISM_NONE;

    set_code(&exchange->event.auth, status);
    if (status == 401) {
        judge_refusal(exchange, goes_on);
    } else if (is_redirect(status)) {
        /* A redirect of an anonymous request grants nothing; one of a login came after it. */
        judge(exchange, anonymous ? OUTCOME_UNKNOWN : OUTCOME_ACCEPTED, REASON_REDIRECTED);
    } else if (status >= 200 && status <= 399) {
        judge(exchange, OUTCOME_ACCEPTED, REASON_NONE);
    } else {
        judge(exchange, OUTCOME_UNKNOWN, reason_of_status(status));
    }
}

void http_judge_proxy(struct http_exchange *exchange, unsigned status, bool is_refused,
                      bool goes_on)
{
    set_code(&exchange->event.auth, status);
    if (is_refused) {
        judge_refusal(exchange, goes_on);
    } else if (status == 403 || status >= 500) {
        /* Of the proxy's rules or from behind it: nothing tells which. */
        judge(exchange, OUTCOME_UNKNOWN, reason_of_status(status));
    } else {
        judge(exchange, OUTCOME_ACCEPTED, REASON_NONE);
    }
}

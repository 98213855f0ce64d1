/*
 * negative: sessions that must not be called Basic: STARTTLS, tokens, challenges and answers.
 */
#include <stdio.h>
#include <string.h>

#include "tests/bench/makecapture/makecapture.h"

enum { TOKEN_LEN = 200, BEARER_LEN = 150, NTLM_LEN = 40 };

/* Nobody's password: the truth has none to find. */
static struct login *begin(struct flow *flow, const char *service, const char *method)
{
    struct login *login = truth_begin(flow, service, method, false);

    login->secret[0] = '\0';
    return login;
}

static void grant_tls(const char *answer)
{
    struct message *message = say(SERVER, "%s\r\n", answer);

    mark_credential(message, 0);
    mark_reply(message);
}

static void ask_tls(uint32_t which)
{
    if (which == 0) {
        smtp_greet("XOAUTH2");
        (void)say(CLIENT, "STARTTLS\r\n");
        grant_tls("220 2.0.0 SMTP server ready");
    } else if (which == 1) {
        imap_greet("STARTTLS LOGINDISABLED");
        (void)say(CLIENT, "c2 STARTTLS\r\n");
        grant_tls("c2 OK Begin TLS negotiation now.");
    } else {
        (void)say(SERVER, "+OK The Microsoft Exchange POP3 service is ready.\r\n");
        (void)say(CLIENT, "STLS\r\n");
        grant_tls("+OK Begin TLS negotiation.");
    }
}

static void make_starttls(struct flow *flow)
{
    static const char *const services[] = {"smtp", "imap", "pop3"};
    static const uint16_t ports[] = {587, 143, 110};
    uint32_t which = draw_below(3);
    struct login *login;

    flow_init(flow, ports[which], false);
    dialogue_begin();
    login = begin(flow, services[which], "STARTTLS");
    login->user[0] = '\0';
    ask_tls(which);
    say_handshake(DRAW_ONE_OF(mail_hosts));
    for (int i = 0; i < 6; i++) {
        say_records(i % 2 == 0 ? CLIENT : SERVER, 60 + draw_below(300));
    }
    dialogue_end(flow);
}

/* NTLM's first message: the signature, the type, flags, and empty fields */
static void encode_ntlm(char text[MAX_BASE64])
{
    const uint8_t message[NTLM_LEN] = "NTLMSSP\0\1\0\0\0\7\202\10\242";

    base64_encode(message, sizeof(message), text);
}

static void make_http_token(struct flow *flow, bool is_bearer, const uint8_t *token)
{
    char text[MAX_BASE64];
    char authorization[MAX_BASE64 + 64];
    enum http_service service;
    const struct login *login;

    flow_init(flow, 80, false);
    dialogue_begin();
    service = (enum http_service)draw_below(3);
    login = begin(flow, http_services[service], is_bearer ? "Bearer" : "NTLM");
    if (is_bearer) {
        base64_encode(token, BEARER_LEN, text);
        (void)snprintf(authorization, sizeof(authorization),
                       "Bearer eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.%s", text);
    } else {
        encode_ntlm(text);
        (void)snprintf(authorization, sizeof(authorization), "NTLM %s", text);
    }
    say_request(login, service, 0, "5A0000000000AAAA", authorization);
    mark_reply(is_bearer ? say_200() : say_401());
    dialogue_end(flow);
}

static void say_xoauth2(const struct login *login)
{
    struct buffer out;
    char text[MAX_BASE64];

    out.len = 0;
    put_text(&out, "user=%s\001auth=Bearer ya29.%016llx\001\001", login->user,
             (unsigned long long)draw());
    base64_encode(out.at, out.len, text);
    mark_credential(say(CLIENT, "A1 AUTHENTICATE XOAUTH2 %s\r\n", text), 0);
}

static void say_imap_ntlm(void)
{
    char text[MAX_BASE64];

    encode_ntlm(text);
    (void)say(CLIENT, "A1 AUTHENTICATE NTLM\r\n");
    (void)say(SERVER, "+\r\n");
    mark_credential(say(CLIENT, "%s\r\n", text), 0);
}

static void make_imap_token(struct flow *flow, bool is_xoauth2)
{
    struct login *login;

    flow_init(flow, 143, false);
    dialogue_begin();
    login = begin(flow, "imap", is_xoauth2 ? "XOAUTH2" : "NTLM");
    login->is_accepted = true;
    imap_greet(is_xoauth2 ? "AUTH=XOAUTH2 SASL-IR" : "AUTH=NTLM");
    if (is_xoauth2) {
        say_xoauth2(login);
    } else {
        say_imap_ntlm();
    }
    imap_answer(login, "A1");
    dialogue_end(flow);
}

/* A user and what stands for a keyed hash of the challenge */
static void put_response(struct buffer *out, const struct login *login)
{
    unsigned long long second = draw();
    unsigned long long first = draw();

    put_text(out, "%s %016llx%016llx", login->user, first, second);
}

static void make_cram_md5(struct flow *flow)
{
    const struct login *login;
    struct buffer response;
    char text[MAX_BASE64];

    flow_init(flow, 587, false);
    dialogue_begin();
    login = begin(flow, "smtp", "CRAM-MD5");
    smtp_greet("CRAM-MD5");
    (void)say(CLIENT, "AUTH CRAM-MD5\r\n");
    (void)say(SERVER, "334 PDE4OTYuNjk3MTcwOTUyQGNvcnAuZXhhbXBsZT4=\r\n");
    response.len = 0;
    put_response(&response, login);
    base64_encode(response.at, response.len, text);
    mark_credential(say(CLIENT, "%s\r\n", text), 0);
    smtp_answer(login);
    dialogue_end(flow);
}

static void make_apop(struct flow *flow)
{
    const struct login *login;
    struct buffer command;

    flow_init(flow, 110, false);
    dialogue_begin();
    login = begin(flow, "pop3", "APOP");
    (void)say(SERVER, "+OK POP3 ready <1896.697170952@corp.example>\r\n");
    command.len = 0;
    put_text(&command, "APOP ");
    put_response(&command, login);
    put_text(&command, "\r\n");
    mark_credential(say_buffer(CLIENT, &command), 0);
    pop_answer(login);
    dialogue_end(flow);
}

void make_negative(struct flow *flow)
{
    uint32_t kind = draw_below(8);
    const uint8_t *token = draw_bytes();

    if (kind < 2) {
        make_starttls(flow);
    } else if (kind < 4) {
        make_http_token(flow, kind == 2, token);
    } else if (kind < 6) {
        make_imap_token(flow, kind == 4);
    } else if (kind == 6) {
        make_cram_md5(flow);
    } else {
        make_apop(flow);
    }
}

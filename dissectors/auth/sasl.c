#include "dissectors/auth/sasl.h"

#include <string.h>

#include "dissectors/auth/base64.h"
#include "dissectors/auth/token.h"
#include "dissectors/base/text.h"

/* Names stand in front: this holds them, and no token needs to be decoded whole. */
enum { FRONT_SIZE = 1200 };

/* "Username:" and "Password:", the prompts of LOGIN */
#define USER_PROMPT     "VXNlcm5hbWU6"
#define PASSWORD_PROMPT "UGFzc3dvcmQ6"

static const struct {
    const char *name;
    enum mechanism mechanism;
} names[] = {
    {"PLAIN", MECHANISM_SASL_PLAIN},
    {"LOGIN", MECHANISM_SASL_LOGIN},
    {"XOAUTH2", MECHANISM_SASL_XOAUTH2},
    {"OAUTHBEARER", MECHANISM_SASL_OAUTHBEARER},
    {"NTLM", MECHANISM_SASL_NTLM},
    {"GSSAPI", MECHANISM_SASL_GSSAPI},
    {"GSS-SPNEGO", MECHANISM_SASL_GSSAPI},
    {"CRAM-MD5", MECHANISM_SASL_CRAM_MD5},
    {"DIGEST-MD5", MECHANISM_SASL_DIGEST_MD5},
    {"EXTERNAL", MECHANISM_SASL_EXTERNAL},
};

enum mechanism sasl_mechanism(struct bytes name)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (bytes_is_word(name, names[i].name)) {
            return names[i].mechanism;
        }
    }
    return bytes_starts_nocase(name, BYTES("SCRAM-")) ? MECHANISM_SASL_SCRAM : MECHANISM_OTHER;
}

static void set_user(struct login *login, struct bytes user)
{
    (void)text_set(login->user, sizeof(login->user), user);
}

/* saslname = with "," and "=" written "=2C" and "=3D" (RFC 5801, section 4) */
static void set_saslname(struct login *login, struct bytes name)
{
    uint8_t plain[USER_SIZE];
    size_t len = 0;
    uint8_t byte;

    while (len < sizeof(plain) && name.len > 0) {
        if (take_prefix_nocase(&name, BYTES("=2C"))) {
            byte = ',';
        } else if (take_prefix_nocase(&name, BYTES("=3D"))) {
            byte = '=';
        } else if (!take_u8(&name, &byte)) {
            break;
        }
        plain[len++] = byte;
    }
    set_user(login, bytes_view(plain, len));
}

/*
 * [authzid] NUL authcid NUL passwd (RFC 4616). Clients that leave out the first NUL or authcid are
 * met: then the name stands in front. What has no NUL could be a bare password: no name is taken.
 */
static void on_plain(struct login *login, struct bytes message)
{
    struct bytes authzid;
    struct bytes authcid;

    if (!take_until(&message, '\0', &authzid)) {
        return;
    }
    if (!take_until(&message, '\0', &authcid) || authcid.len == 0) {
        authcid = authzid;
    }
    login->password_seen = message.len > 0;
    set_user(login, authcid);
}

static bool has_nul(struct bytes message)
{
    size_t position;

    return bytes_find_byte(message, '\0', &position);
}

/* Two messages, whatever the prompts say (a prompt may be captured before what it follows): what
 * comes second is the password and is never a name. A client that sends PLAIN's
 * message here sends a password with the name. */
static void on_login(struct login *login, struct bytes message)
{
    if (login->num_messages == 1 && has_nul(message)) {
        on_plain(login, message);
    } else if (login->num_messages == 1) {
        set_user(login, message);
    } else {
        login->password_seen = message.len > 0;
    }
}

/* user=NAME ^A auth=Bearer TOKEN ^A ^A (Microsoft and Google) */
static void on_xoauth2(struct login *login, struct bytes message)
{
    struct bytes user;

    if (take_prefix_nocase(&message, BYTES("user=")) && take_until(&message, '\x01', &user)) {
        set_user(login, user);
    }
}

/* The gs2 header in front of OAUTHBEARER and SCRAM: flag "," ["a=" saslname] "," (RFC 5801) */
static bool take_gs2(struct bytes *message, struct bytes *authzid)
{
    struct bytes flag;

    return take_until(message, ',', &flag) && take_until(message, ',', authzid);
}

static void on_oauthbearer(struct login *login, struct bytes message)
{
    struct bytes authzid;

    if (take_gs2(&message, &authzid) && take_prefix_nocase(&authzid, BYTES("a="))) {
        set_saslname(login, authzid);
    }
}

/* gs2 header, then n=NAME,r=NONCE; the proof is in the second message (RFC 5802) */
static void on_scram(struct login *login, struct bytes message)
{
    struct bytes authzid;
    struct bytes name;

    if (login->num_messages == 1 && take_gs2(&message, &authzid) &&
        take_until(&message, ',', &name) && take_prefix(&name, BYTES("n="))) {
        set_saslname(login, name);
    }
}

/* NAME SP digest (RFC 2195); the name may hold spaces, the digest does not */
static void on_cram_md5(struct login *login, struct bytes message)
{
    struct bytes rest = message;
    struct bytes word;
    size_t len = 0; /* of the name */

    while (take_until(&rest, ' ', &word)) {
        len = message.len - rest.len - 1;
    }
    set_user(login, bytes_first(message, len));
}

/* username="NAME",realm=... in any order (RFC 2831); the second message is empty */
static void on_digest_md5(struct login *login, struct bytes message)
{
    struct bytes name;
    size_t position;

    if (bytes_find_nocase(message, BYTES("username=\""), &position) &&
        take_skip(&message, position + sizeof("username=\"") - 1) &&
        take_until(&message, '"', &name)) {
        set_user(login, name);
    }
}

static void say_workstation(const char *workstation, enum service service,
                            const struct emitter *out)
{
    struct event event;

    if (workstation[0] == '\0') {
        return;
    }
    event_init(&event, EVENT_CLIENT, service, out);
    (void)text_copy(event.client.workstation, sizeof(event.client.workstation), workstation);
    emitter_emit(out, &event);
}

/* A mail program that splits "alice@contoso.com" in two (GNU SASL) means the account that others
 * send whole; a NetBIOS domain stays apart. */
static void join_name(struct token *token)
{
    struct bytes user = bytes_of_text(token->user);
    size_t at;

    if (user.len > 0 && bytes_find_byte(bytes_of_text(token->domain), '.', &at) &&
        !bytes_find_byte(user, '@', &at) &&
        user.len + 1 + strlen(token->domain) < sizeof(token->user)) {
        (void)text_append(token->user, sizeof(token->user), "@");
        (void)text_append(token->user, sizeof(token->user), token->domain);
    }
}

/* NTLM tells who in its third message; a Kerberos ticket is whole in its first and sealed. */
static void on_token(struct login *login, enum service service, struct bytes text,
                     const struct emitter *out)
{
    struct token token;

    token_parse_base64(text, &token);
    if (token.kind == TOKEN_NTLM_AUTHENTICATE) {
        join_name(&token);
        (void)text_copy(login->user, sizeof(login->user), token.user);
        login->has_domain = token.domain[0] != '\0';
        (void)text_copy(login->domain, sizeof(login->domain), token.domain);
        say_workstation(token.workstation, service, out);
    }
    login->complete =
        login->complete || token.kind == TOKEN_NTLM_AUTHENTICATE || token.kind == TOKEN_KERBEROS;
}

static void on_message(struct login *login, struct bytes message)
{
    enum mechanism mechanism = login->mechanism;

    if (mechanism == MECHANISM_SASL_PLAIN) {
        on_plain(login, message);
    } else if (mechanism == MECHANISM_SASL_LOGIN) {
        on_login(login, message);
    } else if (mechanism == MECHANISM_SASL_XOAUTH2) {
        on_xoauth2(login, message);
    } else if (mechanism == MECHANISM_SASL_OAUTHBEARER) {
        on_oauthbearer(login, message);
    } else if (mechanism == MECHANISM_SASL_SCRAM) {
        on_scram(login, message);
    } else if (mechanism == MECHANISM_SASL_CRAM_MD5) {
        on_cram_md5(login, message);
    } else if (mechanism == MECHANISM_SASL_DIGEST_MD5) {
        on_digest_md5(login, message);
    } else if (mechanism == MECHANISM_SASL_EXTERNAL && !has_nul(message)) {
        set_user(login, message); /* RFC 4422, appendix A: who to act as, may be empty, no NUL */
    }
}

/* The client messages of which the last holds the credential; 0: the token itself says. */
static unsigned messages_needed(enum mechanism mechanism)
{
    if (mechanism == MECHANISM_SASL_NTLM || mechanism == MECHANISM_SASL_GSSAPI) {
        return 0;
    }
    return mechanism == MECHANISM_SASL_LOGIN || mechanism == MECHANISM_SASL_SCRAM ? 2 : 1;
}

static bool is_empty(struct bytes line)
{
    return line.len == 0 || bytes_equal(line, BYTES("="));
}

void sasl_on_response(struct login *login, enum service service, struct bytes line,
                      const struct emitter *out)
{
    unsigned needed = messages_needed(login->mechanism);
    uint8_t message[FRONT_SIZE];
    size_t len = 0;

    line = bytes_trim(line);
    if (bytes_equal(line, BYTES("*"))) {
        login->cancelled = !login->complete;
        login->at = login->complete ? login->at : emitter_mark(out);
        return;
    }
    if (login->gapped || (login->complete && needed > 0)) {
        return; /* a client's empty answer to the reasons for a refusal, or to the server's proof */
    }
    if (needed == 1 && is_empty(line) && login->mechanism != MECHANISM_SASL_EXTERNAL) {
        return; /* "=": no initial response after all (RFC 4954, section 4) */
    }
    login->num_messages = login->num_messages < 2 ? (uint8_t)(login->num_messages + 1) : 2;
    login->at = emitter_mark(out);
    login->answer_due = true;
    if (needed == 0) {
        on_token(login, service, line, out);
        return;
    }
    login->complete = login->num_messages >= needed;
    if (base64_decode_front(line, message, sizeof(message), &len)) {
        on_message(login, bytes_view(message, len));
    }
    bytes_wipe(message, sizeof(message));
}

/* {"status":"401",...} in base64 (RFC 7628, section 3.2.2); XOAUTH2 does likewise. */
void sasl_on_challenge(struct login *login, struct bytes text)
{
    char reasons[FRONT_SIZE];
    size_t len;

    login->answer_due = false;
    if (login->mechanism == MECHANISM_SASL_LOGIN && login->num_messages == 0 &&
        bytes_equal(bytes_trim(text), BYTES(PASSWORD_PROMPT))) {
        login->num_messages = 1; /* the name was not seen; what follows is never one */
    }
    if (login->complete && mechanism_family(login->mechanism) == FAMILY_MODERN &&
        base64_decode_front(bytes_trim(text), reasons, sizeof(reasons), &len)) {
        login->token_refused = bytes_has_nocase(bytes_view(reasons, len), BYTES("\"status\""));
    }
}

bool sasl_is_done(const struct login *login)
{
    return login->cancelled || (login->complete && (login->mechanism == MECHANISM_SASL_PLAIN ||
                                                    login->mechanism == MECHANISM_SASL_LOGIN ||
                                                    login->mechanism == MECHANISM_SASL_CRAM_MD5));
}

bool sasl_open_by_prompt(struct login *login, struct bytes text, const struct emitter *out)
{
    struct bytes prompt = bytes_trim(text);
    bool password = bytes_equal(prompt, BYTES(PASSWORD_PROMPT));

    if (!password && !bytes_equal(prompt, BYTES(USER_PROMPT))) {
        return false;
    }
    login_open(login, MECHANISM_SASL_LOGIN, out);
    login->prompted = true;
    login->num_messages = password;
    return true;
}

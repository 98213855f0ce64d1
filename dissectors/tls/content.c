#include "dissectors/tls/alert.h"
#include "dissectors/tls/state.h"

enum { ALERT_FATAL = 2 };

/* Whether a message may be the first of a side that is seen; others are the middle of something. */
static bool is_expected(const struct tls_state *tls, enum side from, uint8_t type)
{
    if (from == SIDE_CLIENT) {
        return tls->params.has_client || type == HANDSHAKE_CLIENT_HELLO;
    }
    return tls->params.has_server || type == HANDSHAKE_SERVER_HELLO ||
           type == HANDSHAKE_HELLO_REQUEST;
}

void content_handshake(struct tls_state *tls, enum side from, struct bytes body)
{
    struct tls_side *side = &tls->sides[from];

    while (body.len > 0 && !side->over) {
        struct bytes message;
        uint8_t type;

        if (side->handshake.len == 0 && peek_u8(body, &type) && !is_expected(tls, from, type)) {
            tls_side_end(tls, from);
            return;
        }
        switch (handshake_take(&side->handshake, &body, &type, &message)) {
        case HANDSHAKE_WHOLE:
            message_read(tls, from, type, message);
            /* it is the last of its record (RFC 8446, section 5.1), and costly */
            body = type == HANDSHAKE_KEY_UPDATE ? BYTES("") : body;
            break;
        case HANDSHAKE_PART:
            return;
        case HANDSHAKE_REFUSED:
            tls_side_end(tls, from);
            return;
        }
    }
}

/* level(1) description(1); a fatal one in clear is the end of it */
void content_alert(struct tls_state *tls, enum side from, struct bytes body)
{
    uint8_t level = 0;

    alert_read(body, from == SIDE_SERVER, tls->facts);
    if (peek_u8(body, &level) && level == ALERT_FATAL) {
        tls->over = true;
    }
}

static void on_application_data(struct tls_state *tls, enum side from, struct bytes plain,
                                const struct emitter *out)
{
    tls->facts->reading = TLS_READING_DECRYPTED;
    tls_say(tls, out);
    if (plain.len > 0 && !tls->outlet->plain(tls->outlet_ctx, from, plain)) {
        tls->over = true;
    }
}

void content_opened(struct tls_state *tls, enum side from, const struct opened *opened,
                    const struct emitter *out)
{
    if (opened->ahead > 0 || opened->lost > 0) {
        handshake_clear(&tls->sides[from].handshake);
        if (!tls->outlet->lost(tls->outlet_ctx, from, opened->lost)) {
            tls->over = true;
            return;
        }
    }
    switch (opened->type) {
    case RECORD_APPLICATION_DATA:
        on_application_data(tls, from, opened->plain, out);
        break;
    case RECORD_HANDSHAKE:
        content_handshake(tls, from, opened->plain);
        break;
    case RECORD_ALERT:
        alert_read(opened->plain, from == SIDE_SERVER, tls->facts);
        break;
    case RECORD_CHANGE_CIPHER_SPEC:
        message_change_cipher(tls, from);
        break;
    default:
        break;
    }
}

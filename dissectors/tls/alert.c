#include "dissectors/tls/alert.h"

#include <stdio.h>

#include "dissectors/base/text.h"

enum { ALERT_WARNING = 1, ALERT_FATAL = 2, ALERT_CLOSE_NOTIFY = 0, ALERT_USER_CANCELED = 90 };

/* Numbers that are missing were never given out, or belong to DTLS alone. */
static const struct {
    uint8_t description;
    const char *word;
} words[] = {
    {ALERT_CLOSE_NOTIFY, "close_notify"},
    {10, "unexpected_message"},
    {20, "bad_record_mac"},
    {21, "decryption_failed"}, /* up to TLS 1.0 */
    {22, "record_overflow"},
    {30, "decompression_failure"},
    {40, "handshake_failure"},
    {41, "no_certificate"}, /* SSL 3: what an empty Certificate message says since */
    {42, "bad_certificate"},
    {43, "unsupported_certificate"},
    {44, "certificate_revoked"},
    {45, "certificate_expired"},
    {46, "certificate_unknown"},
    {47, "illegal_parameter"},
    {48, "unknown_ca"},
    {49, "access_denied"},
    {50, "decode_error"},
    {51, "decrypt_error"},
    {60, "export_restriction"}, /* TLS 1.0 */
    {70, "protocol_version"},
    {71, "insufficient_security"},
    {80, "internal_error"},
    {86, "inappropriate_fallback"},
    {ALERT_USER_CANCELED, "user_canceled"},
    {100, "no_renegotiation"},
    {109, "missing_extension"},
    {110, "unsupported_extension"},
    {111, "certificate_unobtainable"},
    {112, "unrecognized_name"},
    {113, "bad_certificate_status_response"},
    {114, "bad_certificate_hash_value"},
    {115, "unknown_psk_identity"},
    {116, "certificate_required"},
    {117, "general_error"},
    {120, "no_application_protocol"},
    {121, "ech_required"},
};

const char *alert_word(uint8_t description)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (words[i].description == description) {
            return words[i].word;
        }
    }
    return NULL;
}

static bool is_farewell(uint8_t description)
{
    return description == ALERT_CLOSE_NOTIFY || description == ALERT_USER_CANCELED;
}

/* level(1) description(1); anything longer is encrypted */
void alert_read(struct bytes body, bool by_server, struct tls_event *event)
{
    uint8_t level;
    uint8_t description;
    const char *word;

    if (event->alert[0] != '\0' || !take_u8(&body, &level) || !take_u8(&body, &description) ||
        body.len > 0 || (level != ALERT_WARNING && level != ALERT_FATAL) ||
        is_farewell(description)) {
        return;
    }
    word = alert_word(description);
    if (word != NULL) {
        (void)text_copy(event->alert, sizeof(event->alert), word);
    } else {
        (void)snprintf(event->alert, sizeof(event->alert), "alert-%u", description);
    }
    event->alert_by_server = by_server;
}

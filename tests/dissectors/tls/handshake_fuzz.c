/* Every reader of handshake messages; the first byte chooses the type and what has been read
 * before. */
#include <stdlib.h>
#include <string.h>

#include "dissectors/tls/alert.h"
#include "dissectors/tls/certificate.h"
#include "dissectors/tls/hello.h"
#include "tests/support/test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_text(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

/* What every event must be, whatever was read. */
static void check(const struct tls_event *event)
{
    if (!is_text(event->server_name, sizeof(event->server_name)) ||
        !is_text(event->alpn_offered, sizeof(event->alpn_offered)) ||
        !is_text(event->next_protocol, sizeof(event->next_protocol)) ||
        !is_text(event->certificate_subject, sizeof(event->certificate_subject)) ||
        !is_text(event->certificate_issuer, sizeof(event->certificate_issuer)) ||
        !is_text(event->certificate_names, sizeof(event->certificate_names)) ||
        (strlen(event->ja3) != 0 && strlen(event->ja3) != 32) ||
        (strlen(event->ja3s) != 0 && strlen(event->ja3s) != 32) ||
        (strlen(event->ja4) != 0 && strlen(event->ja4) != 36)) {
        abort();
    }
}

static void read_message(struct crypto *crypto, uint8_t kind, struct bytes body)
{
    struct tls_event event = {0};
    struct tls_params params = {0};
    struct bytes rest = body;
    size_t want = 0;
    bool flag = false;

    switch (kind % 8) {
    case 0:
    case 1:
        (void)(kind % 2 == 0 ? hello_read_client(crypto, body, &event, &params)
                             : hello_read_quic_client(crypto, body, &event, &params));
        (void)hello_read_server(crypto, body, &event, &params, &flag);
        break;
    case 2:
        (void)hello_read_server(crypto, body, &event, &params, &flag);
        (void)hello_read_client(crypto, body, &event, &params);
        break;
    case 3:
    case 4:
        certificate_read(body, kind % 2 == 0, &event);
        (void)certificate_is_empty(body, kind % 2 == 0);
        break;
    case 5:
        hello_read_encrypted_extensions(body, &event, &flag);
        break;
    case 6:
        alert_read(body, true, &event);
        break;
    default:
        flag = hello_note_v2(body, &params);
        if (flag != hello_take_v2(&rest, &event, &want)) {
            abort();
        }
        break;
    }
    check(&event);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct crypto *crypto;
    struct bytes rest = bytes_view(data, size);
    uint8_t kind;
    uint8_t *block;

    if (crypto == NULL && (crypto = crypto_new()) == NULL) {
        abort();
    }
    if (!take_u8(&rest, &kind)) {
        return 0;
    }
    block = malloc(rest.len + (rest.len == 0)); /* exactly its size */
    if (block != NULL) {
        size_t len = rest.len;

        (void)take_into(&rest, block, len);
        read_message(crypto, kind, bytes_view(block, len));
    }
    free(block);
    return 0;
}

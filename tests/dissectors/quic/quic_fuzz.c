/*
 * QUIC: data is a list of records { u8 kind, u16 len, bytes }. A datagram as it is, or (kind 1)
 * the frames of an Initial, which is sealed here: no fuzzer would find a packet that opens.
 */
#include <stdlib.h>
#include <string.h>

#include "dissectors/context.h"
#include "dissectors/quic/quic.h"
#include "tests/dissectors/quic/initial.h"

enum { SEALED = 1, OTHER_FLOW = 2, OTHER_KEYS = 4, MAX_RECORDS = 32, MAX_FRAMES = 8192 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct context context;
static size_t num_bytes; /* said, so that nobody leaves the reading of it out */

static void on_event(void *ctx, struct event *event)
{
    const struct schema *schema = event_schema(event->kind);
    char scratch[FIELD_TEXT_MAX];

    (void)ctx;
    for (size_t i = 0; i < schema->num_fields; i++) {
        num_bytes += field_text(&schema->fields[i], event, scratch).len;
    }
}

static void feed(uint8_t kind, struct bytes bytes, const struct emitter *emitter)
{
    static struct draft datagram;
    struct origin origin = {.client_port = (kind & OTHER_FLOW) != 0 ? 2 : 1, .server_port = 443};
    struct initial initial = {
        .version = (kind & OTHER_KEYS) != 0 ? VERSION_2 : VERSION_1,
        .destination = BYTES("whoever it is"),
        .frames = bytes_first(bytes, MAX_FRAMES),
        .size = 1200,
    };
    uint8_t *copy;

    datagram.len = 0;
    if ((kind & SEALED) != 0) {
        initial_seal(&initial, &datagram);
    } else {
        draft_put(&datagram, bytes);
    }
    copy = malloc(datagram.len + (datagram.len == 0));
    if (copy == NULL) {
        abort();
    }
    memcpy(copy, datagram.at, datagram.len);
    (void)quic_dissector.probe(bytes_view(copy, datagram.len), BYTES(""));
    quic_dissector.datagram(&context, &origin, bytes_view(copy, datagram.len), emitter);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t seed[HMAP_SEED_SIZE];
    struct moment now = {0};
    struct emitter emitter = {on_event, NULL, &now};
    struct bytes in = bytes_view(data, size);
    struct bytes bytes;
    uint8_t kind;

    if (!context_init(&context, 1, seed, NULL)) {
        abort();
    }
    for (size_t i = 0; i < MAX_RECORDS && take_u8(&in, &kind) && take_u16_vector(&in, &bytes);
         i++) {
        feed(kind, bytes, &emitter);
    }
    context_clear(&context);
    return 0;
}

/* Any dissector of datagrams: DISSECTOR is its symbol. */
#include <stdlib.h>
#include <string.h>

#include "dissectors/dissector.h"

extern const struct dissector DISSECTOR;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is said must be text that ends. */
static void on_event(void *ctx, struct event *event)
{
    const struct name_event *name = &event->name;

    (void)ctx;
    if (memchr(name->name, '\0', sizeof(name->name)) == NULL ||
        memchr(name->client_id, '\0', sizeof(name->client_id)) == NULL ||
        memchr(name->vendor, '\0', sizeof(name->vendor)) == NULL) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct moment now = {0};
    struct emitter emitter = {on_event, NULL, &now};
    struct bytes in = bytes_view(data, size);

    (void)DISSECTOR.probe(in, bytes_view("", 0));
    DISSECTOR.datagram(NULL, NULL, in, &emitter); /* even what no probe lets through */
    return 0;
}

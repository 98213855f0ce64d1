/* Recorded sessions that cannot be read and are followed by their records, with holes and damage.
 * The endpoint is of the service that the length of the input chooses. */
#include <stdlib.h>

#include "tests/support/model.h"
#include "tests/support/talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void find_endpoint(void *ctx, const char *server_name, const struct origin *origin,
                          struct endpoint *endpoint)
{
    static const enum service services[] = {SERVICE_IMAP, SERVICE_POP, SERVICE_SMTP, SERVICE_HTTP};
    const size_t *size = ctx;

    (void)server_name;
    (void)origin;
    *endpoint = (struct endpoint){services[*size % 4], TARGET_UNKNOWN, true};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct shape_model model;
    static struct context context;
    struct diag diag;

    if (context.shapes == NULL && !model_load(&model, &diag)) {
        abort();
    }
    context.shapes = &model;
    context.endpoint = find_endpoint;
    context.endpoint_ctx = &size;
    return talk_fuzz_with(data, size, NULL, &context);
}

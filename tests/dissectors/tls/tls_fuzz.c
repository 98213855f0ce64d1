#include "tests/support/talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte chooses whether the probes are asked. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes rest = bytes_view(data, size);
    uint8_t hinted;

    return take_u8(&rest, &hinted) ? talk_fuzz(rest.at, rest.len, hinted % 2 == 0 ? "tls" : NULL)
                                   : 0;
}

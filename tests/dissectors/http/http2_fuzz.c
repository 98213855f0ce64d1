/* A conversation for the HTTP/2 dissector: frames, header blocks, holes. */
#include "tests/support/talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return talk_fuzz(data, size, "http2");
}

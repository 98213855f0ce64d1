/* Both sides of a conversation that nobody has named: probes decide, layers are stacked. */
#include "tests/support/talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return talk_fuzz(data, size, NULL);
}

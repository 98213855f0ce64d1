/* Any bytes as a token, and as the base64 of one and of a Basic credential. */
#include <string.h>

#include "dissectors/auth/basic.h"
#include "dissectors/auth/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct token token;
    char user[64];

    token_parse(bytes_view(data, size), &token);
    token_parse_base64(bytes_view(data, size), &token);
    (void)basic_parse(bytes_view(data, size), user, sizeof(user));
    return strlen(user) >= sizeof(user);
}

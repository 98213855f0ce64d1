/* What a server, and a configuration, may say: error replies and URLs. Words must be there, and the
 * server's own sentence must not. */
#include <stdlib.h>

#include "export/sink/redis_error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[600];
    size_t len = 0;
    struct redis_place place = {0};
    struct redis_url url;
    struct diag diag = {{0}};
    enum redis_answer answer;

    answer = redis_error_read(bytes_view(data, size), "basictap:v1", &place, &diag);
    require(answer != REDIS_DONE && answer != REDIS_LOST && diag.text[0] != '\0');
    if (answer == REDIS_MOVED || answer == REDIS_ASK) {
        require(place.port[0] != '\0');
    }
    if (bytes_copy(bytes_view(data, size), text, sizeof(text) - 1, &len)) {
        text[len] = '\0';
        diag.text[0] = '\0';
        require(redis_url_parse(text, &url, &diag) == (diag.text[0] == '\0'));
    }
    return 0;
}
